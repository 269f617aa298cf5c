"""A Checked in words."""

import numpy as np

from fourfold.compare.check import cells, in_lesson, proof_words
from fourfold.compare.check.checked import LOSES_DIGITS, NOT_JUDGED, RIGHT, WRONG, first_rejection
from fourfold.compare.results.words import count, listed, measure

TO_DO = "# to do"  # stands in the lines of a template that are to be filled in
START = {RIGHT: "RIGHT", LOSES_DIGITS: "RIGHT BUT LOSES DIGITS", WRONG: "WRONG", NOT_JUDGED: "NOT JUDGED"}


def text(checked, source="", hint=False, places=None):
    """What is wrong and where, then by how much; the verdict; where the lesson shows the mistake.

    source: the text of the file; places: those of its lines in a notebook, as forms.sources has them.
    """
    parts = [cells.placed(_text(checked, source, hint), places)]
    if checked.lesson and not hint:
        parts.append(in_lesson.sentence(checked.lesson))
    return "\n".join(parts)


def _text(checked, source, hint):
    to_do = _to_do(source) if checked.verdict() == WRONG else ""
    if not checked.functions:
        words = proof_words.text(checked.proof, checked.target, source, hint)
        return "\n".join([*([to_do] if to_do else []), words, *_printed(checked)])
    rejection = first_rejection(checked)
    if to_do and rejection and not np.any(rejection.value):
        loss = "" if rejection.quantity == "L" else " The loss is right."
        return f"WRONG: {checked.target} is not filled in. {to_do}{loss}"
    parts = [part for part in (to_do, checked.diagnosis) if part]
    if checked.proof and checked.proof.verdict() == WRONG:
        parts += proof_words.lines(checked.proof, source, hint)
    if checked.proof and checked.proof.unlike:
        parts.append(checked.proof.unlike)
    parts += [_first_wrong(rejection)] if rejection else []
    parts += [f"{f.reason}." for f in checked.functions if f.reason]
    if checked.proof and checked.proof.examined.steps:
        parts += proof_words.explained(checked.proof, source)
    return "\n".join([*parts, *_printed(checked), verdict(checked)])


def _to_do(source):
    """A sentence on the lines of a template that are as they were; "" where there are none."""
    numbers = [str(number) for number, line in enumerate(source.splitlines(), 1) if TO_DO in line.lstrip()[1:]]
    if not numbers:
        return ""
    return f"{'Line' if len(numbers) == 1 else 'Lines'} {listed(numbers)} {'is' if len(numbers) == 1 else 'are'} to do."


def _printed(checked):
    if not (checked.printed and checked.exit_code()):
        return []
    return ["It printed:", *(f"    {line}" for line in checked.printed.splitlines())]


def verdict(checked):
    """What is wrong, what is right, what could not be judged, on how much."""
    functions = {WRONG: [], LOSES_DIGITS: [], RIGHT: [], NOT_JUDGED: []}
    left_out = {}  # in order, each once
    for f in checked.functions:
        functions[f.verdict].append(f.name)
        left_out |= dict.fromkeys(f.left_out)
    clauses = [f"{listed(names)} {_is(names, v)}" for v, names in functions.items() if names]
    numbers = f"{sum(f.numbers for f in checked.functions):,} numbers judged"
    numbers += f", {sum(f.wrong for f in checked.functions):,} wrong"
    sentences = [
        f"{START[checked.verdict()]}: {checked.target}: {'; '.join(clauses)}.",
        f"{_work(checked)}: {numbers}.",
        *(f"{sentence}." for sentence in left_out),
    ]
    if checked.update:
        sentences.append(checked.update)
    if checked.missing:
        sentences.append(f"Not there to be judged: {', '.join(checked.missing)}.")
    if checked.verdict() == RIGHT and "train" in checked.missing:
        sentences.append(proof_words.LEARNS)
    return " ".join(sentences)


def _work(checked):
    work = f"{count(len(checked.cases), 'case')} × {count(checked.seeds, 'seed')}"
    work += f" × {listed(checked.activations)} × {checked.dtype.replace(',', ' and ')}"
    steps = max(f.steps for f in checked.functions)
    calls = f"1 to {steps:,} steps" if steps > 1 else "one step"
    return f"{work}, train in calls of {calls}" if steps else work


def _is(names, verdict):
    one = len(names) == 1
    if verdict == NOT_JUDGED:
        return "could not be judged"
    if verdict == LOSES_DIGITS:
        return f"{'is' if one else 'are'} right, but {'loses' if one else 'lose'} digits"
    be = "is" if one else "are"
    return f"{be} wrong" if verdict == WRONG else f"{be} within what rounding allows"


def _first_wrong(r):
    where = f"{r.column} ({r.case}, {r.dtype}, seed {r.seed})"
    what = f"{r.quantity}{r.index or ''} of {r.note}"
    lossy = f"{what} loses digits: in float64 and float32 alike it is no more than rounding that is wrong"
    lines = [
        f"{where}: {lossy if r.loses_digits else f'the first wrong number is {what}'}",
        f"    got    {r.value!r}",
        f"    exact  {r.truth!r}",
        f"    error  {measure(r.error):.3g}, limit {measure(r.limit):.3g}",
    ]
    lines += [f"    {line}" for line in (r.certificate, r.diagnosis) if line]
    return "\n".join(lines)
