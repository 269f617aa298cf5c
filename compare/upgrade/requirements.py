"""What `--with` names: requirements as pip takes them, or the environment at hand."""

import hashlib
import importlib.metadata
import os
import platform
import re
import sys
from pathlib import Path
from typing import NamedTuple

from fourfold import impls
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.system import files

THIS = "this"
COMMENT = re.compile(r"(^|\s)#.*")
# Where a requirement ends and the next begins: at spaces or a comma, not within "jax >= 0.5, < 0.6" or "jax[a, b]".
BETWEEN = re.compile(r"(?<![<>=!~@;,\s])\s*[\s,]\s*(?=[A-Za-z0-9./~])(?![^\[]*\])")
VERSION = r"\s*(===|==|~=|!=|<=|>=|<|>)\s*[\w.*+!-]+\s*"
REQUIREMENT = re.compile(rf"[A-Za-z0-9][\w.-]*\s*(\[[\w\s,.-]*\])?({VERSION}(,{VERSION})*)?\s*(;.+)?")
LONGEST_NAME = 40  # characters
LARGEST_LIST = 2**20  # bytes of a requirements file
# Distributions that bring a framework along, though they are called otherwise.
BROUGHT = {"jaxlib": "jax", "tensorflow-cpu": "tensorflow", "tf-nightly": "tensorflow", "tf-nightly-cpu": "tensorflow"}


class Side(NamedTuple):
    """One side of an upgrade: `requirements` are () for the environment at hand."""

    text: str  # as it was typed
    requirements: tuple

    def is_this(self):
        return not self.requirements

    def names(self):
        """The distributions that are named, as an index calls them."""
        return {distribution(requirement) for requirement in self.requirements}

    def label(self):
        """Short, and possible as the name of a folder."""
        requirements = [Path(self.text).stem] if is_list(self.text) else self.requirements
        words = [Path(requirement).name if is_path(requirement) else requirement for requirement in requirements]
        text = "-".join(words) or THIS
        return re.sub(r"[^\w.+]+", "-", text)[:LONGEST_NAME].strip("-.")


def sides(texts):
    """The two Sides. Raises UsageError."""
    if len(texts) != 2:
        raise UsageError("--with is given twice: what to install before the upgrade, and what to install after it.")
    before, after = map(side, texts)
    if before.requirements == after.requirements:
        raise UsageError(f"Both sides are {before.text!r}: give two that differ.")
    return before, after


def side(text):
    """The Side that a --with names. Raises UsageError where it is no requirement."""
    text = text.strip()
    if text == THIS:
        return Side(text, ())
    between = [text] if ";" in text else [*filter(None, BETWEEN.split(text))]
    requirements = _listed(text) if is_list(text) else between
    if not requirements:
        raise UsageError("--with takes what pip can install, such as jax==0.10.2, or the word this.")
    for requirement in requirements:
        _check(requirement)
    made = Side(text, tuple(requirements))
    if "fourfold" in made.names():
        raise UsageError("Both sides are judged by the fourfold that is here: leave it out of --with.")
    return made


def _listed(path):
    """What a requirements file names, a requirement a line."""
    if not Path(path).expanduser().exists():
        raise UsageError(f"There is no file {path}.")
    text = files.read_bytes(Path(path).expanduser(), LARGEST_LIST).decode(errors="replace")
    lines = [COMMENT.sub("", line).strip() for line in text.splitlines()]
    requirements = [*filter(None, lines)]
    for line in requirements:
        if line.startswith("-") or " --" in line or line.endswith("\\"):
            raise UsageError(
                f"{path} has the line {line!r}: --with takes files of requirements, one a line, and nothing else."
            )
    if not requirements:
        raise UsageError(f"{path} names nothing that pip could install.")
    return requirements


def _check(requirement):
    if is_path(requirement):
        if not Path(requirement).expanduser().exists():
            raise UsageError(f"There is no file or folder {requirement}.")
    elif " @ " not in requirement and not REQUIREMENT.fullmatch(requirement):
        raise UsageError(f"{requirement!r} is not something pip can install: write NAME==VERSION, such as jax==0.10.2.")


def may_bring(side, module):
    """Whether what is named for a side may have a module in it that is not here."""
    here = {canonical(about.metadata["Name"] or "") for about in importlib.metadata.distributions()}
    return not side.names() <= here or canonical(module.partition(".")[0]) in side.names()


def is_list(text):
    """Whether a --with names a requirements file."""
    return text.endswith((".txt", ".in")) and "://" not in text and "," not in text


def is_path(requirement):
    return " @ " not in requirement and ("/" in requirement or requirement.endswith((".whl", ".tar.gz", ".zip")))


def distribution(requirement):
    """What an index calls a requirement; "" for a folder."""
    if is_path(requirement):
        name = Path(requirement).name
        name = name.split("-")[0] if name.endswith(".whl") else name.rpartition("-")[0]
    else:
        name = re.split(r"[\[<>=!~;@\s]", requirement)[0]
    return canonical(name)


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def as_given_to_pip(requirement):
    return str(Path(requirement).expanduser().resolve()) if is_path(requirement) else requirement


def of_fourfold(columns, named):
    """What fourfold needs to judge these columns, beside what is named. Raises ColumnError where that is not known."""
    try:
        needs = importlib.metadata.requires("fourfold") or []
    except importlib.metadata.PackageNotFoundError:
        raise ColumnError("fourfold is not installed here: pip install it first, then diff --with.") from None
    brought = named | {BROUGHT[name] for name in named if name in BROUGHT}
    wanted = []
    for column in columns:
        short = column.partition(":")[0]
        if impls.framework(column) not in {None, "numpy", *brought}:
            wanted.append(short)
    chosen = []
    for need in needs:
        requirement, _, marker = need.partition(";")
        extra = re.search(r"extra == ['\"](.*?)['\"]", marker)
        if not extra:
            chosen.append(need)
        elif extra[1] in wanted:
            chosen.append(requirement.strip())
    return chosen


def fingerprint(side, needs):
    """Changes with anything that goes into a side's environment: its files of packages and its Python included."""
    python = [sys.implementation.name, platform.python_version(), sys.base_prefix, platform.machine()]
    newest = [_newest(Path(r).expanduser()) for r in side.requirements if is_path(r)]
    parts = [sorted(map(as_given_to_pip, side.requirements)), sorted(needs), python, newest]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:10]


def _newest(path):
    """When a file, or the newest in a folder, was changed, in nanoseconds."""
    times = [path.stat().st_mtime_ns]
    for folder, _, names in os.walk(path):
        times += [os.stat(os.path.join(folder, name), follow_symlinks=False).st_mtime_ns for name in names]
    return max(times)
