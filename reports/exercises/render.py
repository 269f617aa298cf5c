"""Answers -> the files of a folder: index.html, answers.json, and beside them pictures, tables and arrays."""

import re

from fourfold.compare.errors import UsageError
from fourfold.compare.lesson.exercises.answer import Answer, seen, work
from fourfold.compare.results import report_folder, result
from fourfold.compare.results.result import LARGEST_FILE
from fourfold.compare.system.files import decode
from fourfold.reports import render
from fourfold.reports.exercises import page, pictures
from fourfold.reports.pictures import as_csv

PARTS = re.compile(r"index\.html|answers\.(json|md)|[1-7]-[a-z0-9-]+\.(svg|csv)|[1-7]\.npz")


def parts(answered):
    """{relative path: bytes} of what one Answered is drawn, tabled and stored as."""
    number = answered.answer.number
    contents = {}
    for name, svg in pictures.draw(answered).items():
        contents[f"{name}.svg"] = svg.encode()
    for k, table in enumerate(answered.answer.tables, start=1):
        contents[f"{number}-table-{k}.csv"] = as_csv([table.headers, *table.rows]).encode()
    if answered.arrays:
        contents[f"{number}.npz"] = report_folder.npz(answered.arrays)
    return contents


def files(answers, contents, made):
    """{relative path: bytes} of a folder with these answers; `contents` are all their parts, `made` says with what."""
    drawn = {}
    for path, part in contents.items():
        name, _, ending = path.partition(".")
        if ending == "svg":
            drawn[name] = part.decode()
    return {
        "index.html": index(answers, drawn, made),
        "answers.md": render.markdown("answers.md.j2", {"answers": answers, "made": made, "seen": seen, "work": work}),
        "answers.json": result.encode(answers),
        **contents,
    }


def index(answers, drawn, made):
    """The bytes of index.html: all answers, one self-contained file; `drawn` has the SVG text of every figure."""
    shown = [(answer, page.section(answer, drawn)) for answer in answers]
    return render.html("exercises.html.j2", {"shown": shown, "made": made})


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
