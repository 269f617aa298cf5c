"""Found answers -> the files of a folder: index.html, answers.json, and beside them pictures, tables and arrays."""

import csv
import io
import re

import msgspec

from compare import result
from compare.errors import UsageError
from compare.exercises.answer import Answer
from reports import store
from reports.exercises import page, pictures

PARTS = re.compile(r"index\.html|answers\.json|[1-7]-[a-z0-9-]+\.(svg|csv)|[1-7]\.npz")


def files(found, made):
    """{relative path: bytes} of a folder with these Found answers; `made` says with what."""
    drawn = {f.answer.number: pictures.draw(f) for f in found}
    answers = [f.answer for f in found]
    contents = {"index.html": page.page(answers, drawn, made), "answers.json": result.encode(answers)}
    for f in found:
        n = f.answer.number
        contents |= {f"{name}.svg": svg.encode() for name, svg in drawn[n].items()}
        contents |= {f"{n}-table-{k}.csv": _csv(table) for k, table in enumerate(f.answer.tables, start=1)}
        contents |= {f"{n}.npz": store.npz(f.arrays)} if f.arrays else {}
    return contents


def strange(folder):
    """What keeps a folder from being replaced, or None: only an empty one, or answers and nothing else, may be."""
    if not folder.is_dir():
        return "is a file"
    for path in folder.iterdir():
        if not PARTS.fullmatch(path.name) or not path.is_file() or path.is_symlink():
            return f"holds something other than answers ({path.name})"
    if any(folder.iterdir()):
        try:
            msgspec.json.decode(result.read_bytes(folder / "answers.json", result.LARGEST_FILE), type=list[Answer])
        except (UsageError, msgspec.DecodeError):
            return "holds something other than answers (answers.json is missing or none of fourfold's)"
    return None


def _csv(table):
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([table.headers, *table.rows])
    return file.getvalue().encode()
