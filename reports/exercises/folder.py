"""What a folder of answers may hold. It is imported fast."""

import re

from fourfold.compare.errors import UsageError
from fourfold.compare.lesson.exercises.answer import Answer
from fourfold.compare.results.result import LARGEST_FILE
from fourfold.compare.system.files import decode

PARTS = re.compile(r"index\.html|answers\.(json|md)|[1-7]-[a-z0-9-]+\.(svg|csv)|[1-7]\.npz")


def strange(folder):
    """What keeps a folder from being replaced, or None: only an empty one, or answers and nothing else, may be."""
    if not folder.is_dir():
        return "is a file"
    for path in folder.iterdir():
        if not PARTS.fullmatch(path.name) or not path.is_file() or path.is_symlink():
            return f"holds something other than answers ({path.name})"
    if any(folder.iterdir()):
        try:
            decode(folder / "answers.json", list[Answer], LARGEST_FILE, "answers of fourfold")
        except UsageError:
            return "holds something other than answers (answers.json is missing or none of fourfold's)"
    return None
