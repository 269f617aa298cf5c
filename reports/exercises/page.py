"""Answers -> sections of a page, with their pictures inside."""

from pathlib import Path

import msgspec
from markupsafe import Markup

from fourfold.compare.lesson.exercises.answer import Answer, seen, work
from fourfold.reports import jinja
from fourfold.reports.exercises import svg

REFERENCE = Path(__file__).parents[1] / "reference" / "exercises"


def sections(folder=REFERENCE):
    """{exercise number: Markup} of the answers in a folder, as `fourfold exercise` writes it; {} where there are none.

    A section needs no styles, scripts or files: its pictures are inside, in the page's own colours.
    """
    file = Path(folder, "answers.json")
    if not file.is_file():
        return {}
    shown = {}
    for answer in msgspec.json.decode(file.read_bytes(), type=list[Answer]):
        pictures = {}
        for figure in answer.figures:
            pictures[figure.name] = Path(folder, f"{figure.name}.svg").read_text(encoding="utf-8")
        shown[answer.number] = section(answer, pictures)
    return shown


def section(answer, pictures):
    """One answer as Markup; `pictures` has the SVG text of every figure by its name."""
    inside = {name: Markup(svg.inline(text)) for name, text in pictures.items()}
    template = jinja.templates("fourfold.reports.exercises").get_template("section.html.j2")
    return Markup(template.render(answer=answer, pictures=inside, seen=seen, work=work))
