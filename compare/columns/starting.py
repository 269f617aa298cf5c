"""Columns of somebody's own to start from: files of templates, each of which agrees as it is."""

from pathlib import Path

from fourfold.compare.errors import UsageError, nearest

TEMPLATES = Path(__file__).parent / "templates"
ENDING = "_mine.py"


def names():
    """What templates there are."""
    return sorted(path.name.removesuffix(ENDING).replace("_", "-") for path in TEMPLATES.glob(f"*{ENDING}"))


def template(name):
    """The bytes of a template. Raises UsageError for one that there is not."""
    if name not in names():
        near = nearest(name.lower(), names())
        hint = f"did you mean {near}?" if near else f"choose from {', '.join(names())}."
        raise UsageError(f"There is no template {name!r}: {hint}")
    return (TEMPLATES / f"{name.replace('-', '_')}{ENDING}").read_bytes()
