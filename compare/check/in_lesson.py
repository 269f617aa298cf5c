"""Where the lesson shows a mistake: its equation, and the mistake at work if it is one of the twenty planted there."""

import os
import re
from pathlib import Path
from urllib.parse import quote

from fourfold.compare.exact import examined
from fourfold.compare.lesson.stories import FOLDER, TWENTY

PAGE = f"{FOLDER}/index.html"
WRITTEN = "`fourfold lesson` writes it"


def place(named):
    """ "#E16&mistake=slope-missing" of the first of [(name, equation)] that the lesson plants, "#E16" of another one.

    "" where no equation of the lesson is violated.
    """
    known = [(name, equation) for name, equation in named if equation]
    for name, equation in known:
        if name in TWENTY:
            from fourfold.compare.mistakes.mistake import slug

            return f"#{equation}&mistake={slug(name).replace('_', '-')}"
    return f"#{known[0][1]}" if known else ""


def place_of(proof):
    """The place of the mistakes that a Proof names; "" where it names none, or is None."""
    if proof is None or proof.examined.verdict != examined.WRONG:
        return ""
    named = []
    for mistake in proof.mistakes:
        equation = re.match(r"E\d+", mistake.formula)
        named.append((mistake.name, equation.group() if equation else ""))
    return place(named)


def what(shown):
    """What is seen at a place."""
    return "See it happen" if "mistake=" in shown else "The equation in the lesson"


def sentence(shown):
    """How to get to a place."""
    return f"{what(shown)}: {PAGE}{shown} ({WRITTEN})."


def link(shown, page):
    """(what is seen there, how a page that is written to this path refers to it); () where there is no place."""
    if not shown:
        return ()
    lesson = Path(os.path.relpath(PAGE, Path(page).parent)).as_posix()
    return what(shown), quote(lesson) + shown
