"""Answers -> sections of a page, with their pictures inside, and a page of their own."""

from functools import cache
from pathlib import Path

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fourfold.compare.lesson.exercises.answer import Answer
from fourfold.reports.exercises import svg

REFERENCE = Path(__file__).parents[1] / "reference" / "exercises"


@cache
def _templates():
    return Environment(
        loader=PackageLoader("fourfold.reports.exercises"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def sections(folder=REFERENCE):
    """{exercise number: Markup} of the answers in a folder, as `fourfold exercise` writes it; {} where there are none.

    A section needs no styles, scripts or files: its pictures are inside, in the page's own colours.
    """
    folder = Path(folder)
    if not (folder / "answers.json").is_file():
        return {}
    answers = msgspec.json.decode((folder / "answers.json").read_bytes(), type=list[Answer])
    picture = lambda figure: (folder / f"{figure.name}.svg").read_text(encoding="utf-8")
    return {answer.number: section(answer, {f.name: picture(f) for f in answer.figures}) for answer in answers}


def section(answer, pictures):
    """One answer as Markup; `pictures` has the SVG text of every figure by its name."""
    inside = {name: Markup(svg.inline(text)) for name, text in pictures.items()}
    return Markup(_templates().get_template("section.html.j2").render(answer=answer, pictures=inside))


def page(answers, pictures, made):
    """The bytes of index.html: all answers, one self-contained file. `pictures` as above; `made` says with what."""
    shown = [(answer, section(answer, pictures)) for answer in answers]
    return _templates().get_template("page.html.j2").render(shown=shown, made=made).encode()
