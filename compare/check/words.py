"""A Checked in words."""

import numpy as np

from fourfold.compare.check import cells, in_lesson, proof_words
from fourfold.compare.check.checked import LOSES_DIGITS, NOT_JUDGED, RIGHT, WRONG, first_rejection
from fourfold.compare.results.words import count, listed, measure

TO_DO = "# to do"  # stands in the lines of a template that are to be filled in
START = {RIGHT: "RIGHT", LOSES_DIGITS: "RIGHT BUT LOSES DIGITS", WRONG: "WRONG", NOT_JUDGED: "NOT JUDGED"}


def text(checked, source="", hint=False, places=None):
    """The verdict; the line that is wrong, the mistake and the numbers; what was judged; where the lesson shows it.

    source: the text of the file; places: those of its lines in a notebook, as forms.sources has them.
    """
    parts = [cells.placed(_text(checked, source, hint), places)]
    if checked.lesson and not hint:
        parts.append(in_lesson.sentence(checked.lesson))
    return "\n".join(parts)


def _text(checked, source, hint):
    undone = to_do(source) if checked.verdict() == WRONG else ""
    if not checked.functions:
        first, *others = proof_words.text(checked.proof, checked.target, source, hint).splitlines()
        return "\n".join([first, *([undone] if undone else []), *others, *_printed(checked)])
    rejection = first_rejection(checked)
    if undone and rejection and is_zero(rejection):
        loss = "" if rejection.quantity == "L" else " The loss is right where it was asked."
        return f"WRONG: {checked.target} is not filled in. {undone}{loss}"
    parts = [verdict(checked), undone]
    if checked.proof and checked.proof.verdict() == WRONG:
        parts += proof_words.lines(checked.proof, source, hint)
    parts.append(checked.diagnosis)
    if checked.proof:
        parts.append(checked.proof.unlike)
    parts += [_first_wrong(rejection)] if rejection else []
    parts += [f"{f.reason}." for f in checked.functions if f.reason]
    if checked.proof and checked.proof.examined.steps:
        parts += proof_words.explained(checked.proof, source)
    return "\n".join([*filter(None, parts), judged(checked), *_printed(checked)])


def is_zero(rejection):
    """Whether the first wrong number is 0, as a template has it."""
    return not np.any(rejection.value)


def to_do(source):
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
    """One sentence: what is wrong, on which line if that is known, or what is right or could not be judged."""
    start = f"{START[checked.verdict()]}: {checked.target}"
    if checked.proof and proof_words.blames(checked.proof):
        return f"{start}{proof_words.wrong_gradients(checked.proof)}"
    functions = {WRONG: [], LOSES_DIGITS: [], RIGHT: [], NOT_JUDGED: []}
    for f in checked.functions:
        functions[f.verdict].append(f.name)
    clauses = [f"{listed(names)} {_is(names, v)}" for v, names in functions.items() if names]
    return f"{start}: {'; '.join(clauses)}."


def judged(checked):
    """Sentences on what was judged and how many numbers were wrong, then on what was not, and why."""
    left_out = {}  # in order, each once
    for f in checked.functions:
        left_out |= dict.fromkeys(f.left_out)
    numbers = f"{sum(f.numbers for f in checked.functions):,} numbers"
    numbers += f", {sum(f.wrong for f in checked.functions):,} wrong"
    sentences = [f"Judged: {_work(checked)}: {numbers}.", *(f"{sentence}." for sentence in left_out)]
    if checked.update:
        sentences.append(checked.update)
    if checked.missing:
        sentences.append(f"Not given, so not judged: {', '.join(checked.missing)}.")
    if checked.verdict() == RIGHT and "train" in checked.missing:
        sentences.append(proof_words.LEARNS)
    return "\n".join(sentences)


def _work(checked):
    names = [f.name for f in checked.functions if f.verdict != NOT_JUDGED]
    work = f"{listed(names)}, " if names else ""
    work += f"{count(len(checked.cases), 'case')} × {count(checked.seeds, 'seed')}"
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
    return f"{be} wrong" if verdict == WRONG else f"{be} exact up to rounding"


def _first_wrong(r):
    what = f"{r.quantity}{r.index or ''} of {r.note} ({r.case}, {r.dtype}, seed {r.seed})"
    lines = [
        f"Loses digits by rounding alone: {what}" if r.loses_digits else f"First wrong number: {what}",
        f"    got    {r.value!r}",
        f"    exact  {r.truth!r}",
        f"    error  {measure(r.error):.3g}, limit {measure(r.limit):.3g}",
    ]
    lines += [f"    {line}" for line in (r.certificate, r.diagnosis) if line]
    return "\n".join(lines)
