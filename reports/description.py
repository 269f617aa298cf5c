"""README.md as a package index shows it, far from the files it links to: `python -m fourfold.reports.description`.

Where pyproject.toml names the project's `Source` in [project.urls], links and pictures lead there. Where it does not,
a link becomes its words and the path, and a picture its words.
"""

import re
import tomllib

from fourfold.compare.system import files
from fourfold.reports.readme import ROOT

DESCRIPTION = "reports/reference/description.md"
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
RELATIVE = r"\((?![a-z]+:|#)([^)\s]+)\)"
LINKED_PICTURE = re.compile(rf"\[!\[([^\]]*)\]{RELATIVE}\]{RELATIVE}")
PICTURE = re.compile(rf"!\[([^\]]*)\]{RELATIVE}")
LINK = re.compile(rf"(?<!!)\[([^\]]*)\]{RELATIVE}")


def described(text, source=""):
    """README's text for a package index; `source` is the address of the project's files, such as https://host/us/ours.

    Code stays what it is.
    """
    parts = CODE.split(re.sub(r"<!-- .*? -->\n", "", text))
    for n in range(0, len(parts), 2):  # every other one is code
        parts[n] = _prose(parts[n], source.rstrip("/"))
    return "".join(parts)


def _prose(text, source):
    if not source:
        text = PICTURE.sub(r"*\1*", LINKED_PICTURE.sub(r"*\1*", text))
        return LINK.sub(_words, text)
    page, raw = f"{source}/blob/main", f"{source}/raw/main"
    text = PICTURE.sub(rf"![\1]({raw}/\2)", text)
    return re.sub(rf"\]{RELATIVE}", rf"]({page}/\1)", text)


def _words(link):
    words, path = link.groups()
    return path if path.startswith(words) else f"{words} ({path})"


def made():
    """The bytes of the description, from README.md and pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return described((ROOT / "README.md").read_text(), project.get("urls", {}).get("Source", "")).encode()


if __name__ == "__main__":
    files.write_whole(ROOT / DESCRIPTION, made())
