"""Answers -> the files of a folder: index.html, answers.json, and beside them pictures, tables and arrays."""

from fourfold.compare.lesson.exercises.answer import seen, work
from fourfold.compare.results import report_folder, result
from fourfold.reports import render
from fourfold.reports.exercises import page, pictures
from fourfold.reports.pictures import as_csv


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
