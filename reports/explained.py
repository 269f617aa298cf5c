"""What is known of somebody's file -> "your backward pass, line by line": one self-contained file."""

from pathlib import Path
from typing import NamedTuple

from fourfold.compare.check import cells, in_lesson, proof_words, words
from fourfold.compare.exact import examined
from fourfold.reports import render

WHOLE, AROUND = 150, 10  # a longer file is shown around what is marked
GOOD, BAD = "good", "bad"


class SourceLine(NamedTuple):
    """A line of the source; `number` 0 stands for lines that are left out, or for the name of a cell."""

    number: int  # in its cell, of a notebook
    code: tuple  # (before, marked, after): what is marked is to blame
    mark: str  # "✓", "✗" or ""
    what: str  # it is
    kind: str  # GOOD, BAD or ""
    sentences: tuple  # on what is wrong there

    @property
    def hang(self):
        """How far a line that is too wide is indented where it goes on."""
        text = "".join(self.code)
        return len(text) - len(text.lstrip()) + 4


def page(checked, source, places=None, to="page.html"):
    """The bytes of the page of a check.Checked with a proof.

    source: the text of the file; places: those of its lines in a notebook, as check.forms.sources has them; to: the
    page's path, from which the lesson is linked to.
    """
    proof = checked.proof
    outcome = proof.examined
    has_numbers = bool(checked.functions)
    proved = proof_words.text(proof, checked.target).splitlines()[0]
    context = {
        "file": Path(checked.target).name,
        "verdict": cells.placed(words.verdict(checked) if has_numbers else proved, places),
        "numbers": words.judged(checked) if has_numbers else "",
        "ok": not checked.exit_code(),
        "recognised": proof_words.recognised(proof),
        "source": in_cells(lines(proof, source), places),
        "diagnosis": checked.diagnosis,
        "mistakes": () if checked.diagnosis else proof.mistakes,
        "lesson": in_lesson.link(checked.lesson, to),
        "written": in_lesson.WRITTEN,
        "others": () if checked.diagnosis else proof.others[:3],
        "gradients": outcome.gradients,
        "how": f"exactly, with {outcome.bits} bits" if outcome.how == examined.EXACTLY else f"by {outcome.how}",
        "notes": [cells.placed(note, places) for note in outcome.notes],
        "learns": proof_words.LEARNS if proof_words.verdict(proof) == "RIGHT" and not has_numbers else "",
        "has_steps": bool(outcome.steps),
    }
    context["places"] = [*_places(context)]
    return render.html("explained.html.j2", context)


def _places(context):
    """(anchor, title) of all that is on the page."""
    if context["diagnosis"]:
        yield "numbers", "What the numbers show"
    for n, mistake in enumerate(context["mistakes"], start=1):
        yield f"mistake-{n}", f"The mistake: {mistake.name}"
    yield "source", context["file"]
    if context["gradients"]:
        yield "proof", "What proves it"


def lines(proof, source):
    """The SourceLines of a file: all of them, or those near what is marked."""
    outcome = proof.examined
    steps, blamed = {}, {}
    for step, mark, what in proof_words.marked(proof):
        steps.setdefault(step.line, (mark, what))
    for one in outcome.blamed:
        blamed.setdefault(one.line, one)
    if outcome.loss:
        steps.setdefault(outcome.loss.line, ("", "the loss"))
    texts = source.splitlines()
    shown = _shown(len(texts), steps.keys() | blamed.keys())
    made, last = [], 0
    for number in shown:
        if number != last + 1:
            made.append(_left_out(last + 1, number - 1))
        made.append(_line(number, texts[number - 1], steps.get(number), blamed.get(number)))
        last = number
    if last < len(texts):
        made.append(_left_out(last + 1, len(texts)))
    return made


def in_cells(shown, places):
    """SourceLines with the numbers they have in their cells, and the name of each cell above it."""
    if not places:
        return shown
    made, last = [], 0
    for line in shown:
        cell, number = places.get(line.number, (last, line.number))
        if cell != last:
            made.append(_aside(f"cell {cell}"))
        made.append(line._replace(number=number))
        last = cell
    return made


def _shown(count, marked):
    """The numbers of the lines to show."""
    if count <= WHOLE or not marked:
        return range(1, count + 1)
    near = set()
    for number in marked:
        near |= set(range(max(1, number - AROUND), min(count, number + AROUND) + 1))
    return sorted(near)


def _left_out(first, last):
    return _aside(f"⋯ lines {first} to {last} ⋯" if last > first else f"⋯ line {first} ⋯")


def _aside(text):
    return SourceLine(0, (text, "", ""), "", "", "", ())


def _line(number, text, step, blamed):
    mark, what = step or ("", "")
    if blamed is None:
        return SourceLine(number, (text.expandtabs(4), "", ""), mark.strip(), what, GOOD if mark == "✓" else "", ())
    sentences = tuple(proof_words.sentence(one) for one in blamed.sentences)
    return SourceLine(number, _parts(text, blamed), "✗", what, BAD, sentences)


def _parts(text, blamed):
    """A line before, in and after the operation that is to blame; its columns count bytes."""
    code = text.encode()
    end = blamed.end_column if blamed.end_line == blamed.line else len(code)
    parts = code[: blamed.column], code[blamed.column : end], code[end:]
    return tuple(part.decode(errors="replace").expandtabs(4) for part in parts)
