"""Found answers -> the files of a folder: index.html, answers.json, and beside them pictures, tables and arrays."""

import csv
import io
import re

import msgspec

from fourfold.compare.errors import UsageError
from fourfold.compare.lesson.exercises.answer import Answer
from fourfold.compare.results import report_folder, result
from fourfold.compare.results.result import LARGEST_FILE
from fourfold.compare.system.files import read_bytes
from fourfold.reports import render
from fourfold.reports.exercises import page, pictures

PARTS = re.compile(r"index\.html|answers\.(json|md)|[1-7]-[a-z0-9-]+\.(svg|csv)|[1-7]\.npz")


def parts(found):
    """{relative path: bytes} of what one Found is drawn, tabled and stored as."""
    n, pictures_of = found.answer.number, pictures.draw(found)
    contents = {f"{name}.svg": svg.encode() for name, svg in pictures_of.items()}
    contents |= {f"{n}-table-{k}.csv": _csv(table) for k, table in enumerate(found.answer.tables, start=1)}
    return contents | ({f"{n}.npz": report_folder.npz(found.arrays)} if found.arrays else {})


def files(answers, contents, made):
    """{relative path: bytes} of a folder with these answers; `contents` are all their parts, `made` says with what."""
    drawn = {path.removesuffix(".svg"): svg.decode() for path, svg in contents.items() if path.endswith(".svg")}
    return {
        "index.html": page.page(answers, drawn, made),
        "answers.md": render.markdown("answers.md.j2", {"answers": answers, "made": made}),
        "answers.json": result.encode(answers),
        **contents,
    }


def strange(folder):
    """What keeps a folder from being replaced, or None: only an empty one, or answers and nothing else, may be."""
    if not folder.is_dir():
        return "is a file"
    for path in folder.iterdir():
        if not PARTS.fullmatch(path.name) or not path.is_file() or path.is_symlink():
            return f"holds something other than answers ({path.name})"
    if any(folder.iterdir()):
        try:
            msgspec.json.decode(read_bytes(folder / "answers.json", LARGEST_FILE), type=list[Answer])
        except (UsageError, msgspec.DecodeError):
            return "holds something other than answers (answers.json is missing or none of fourfold's)"
    return None


def _csv(table):
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([table.headers, *table.rows])
    return file.getvalue().encode()
