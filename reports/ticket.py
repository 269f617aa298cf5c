"""What the first screen of a report says of a Result: what is wrong and where, what to do next, made with what."""

import shlex
from typing import NamedTuple

from fourfold.compare.judge.quantities import UPDATE, anatomy, every, formula, internal
from fourfold.compare.results import words

HALF_A_UNIT = (
    "Near 100% is not near wrong: an update w − lr·g is rounded once, by up to half a unit in the last place, and the "
    "limit is little more than that. Even the best possible update comes near it."
)


class Card(NamedTuple):
    """The first wrong number of a column."""

    column: str
    verb: str  # "is wrong", or "loses digits"
    facts: list  # (what, value)
    diagnosis: str
    next: list  # (sentence, the command it speaks of or "")


class Ticket(NamedTuple):
    """The first screen."""

    headline: str
    right: str  # who is right, and how that is known
    cards: list
    facts: list  # (what, value): versions, date, command, hashes
    summary: str  # all of it as plain text


def ticket(result, sha256=""):
    """The Ticket of a Result; `sha256` is that of its result.json where it is known."""
    first = words.first_rejections(result)
    made_with = facts(result, sha256)
    lines = [words.headline(result), *words.details(result)]
    for r in first:
        lines += ["", words.rejection(r)]
    for line in words.also_wrong(result):
        lines += ["", line]
    lines += [f"Not judged: {column.reason}." for column in result.columns if column.reason]
    lines += ["", *(f"{what}: {value}" for what, value in made_with)]
    cards = [_card(result, r) for r in first]
    return Ticket(words.headline(result), _right(result), cards, made_with, "\n".join(lines))


def facts(result, sha256=""):
    """(what, value) of what a Result was made with, in a few lines."""
    e = result.environment
    versions = [f"fourfold {e.fourfold}", f"Python {e.python}", *map(" ".join, e.versions.items())]
    shown = [("Command", e.command), ("Versions", ", ".join(versions)), ("Made", result.created)]
    first = result.settings[0]
    if first.update:
        shown.insert(0, ("Optimiser", f"{first.update}, learning rate {first.lr:g}"))
    shown.append((f"Inputs of {first.name}, SHA-256", first.inputs_sha256))
    return [*shown, ("result.json, SHA-256", sha256)] if sha256 else shown


def _right(result):
    """Who is right, and that nobody is right because others say the same."""
    agreeing = words.by_verdict(result.columns).agreeing
    verdict = ""
    if 1 < len(agreeing) == len(result.columns):
        verdict = " All are right."
    elif agreeing:
        verdict = f" {words.listed(agreeing)} {'is' if len(agreeing) == 1 else 'are'} right."
    return f"Every column is compared with exact values, not with the other columns.{verdict}"


def _card(result, r):
    """The Card of a Rejection."""
    seed = "" if r.seed is None else f", seed {r.seed}"
    entry = f"{words.label(r.quantity)}{r.index or ''}"
    shown = [("First wrong", f"{entry} at step {r.step:,}{seed}"), ("Where", f"{r.case}, {r.dtype}")]
    equation = words.equation(result, r)
    if equation:
        shown.append(("Equation", f"{equation}{_formula(result, r)}"))
    if r.value is not None:
        shown += [("Got", repr(words.measure(r.value))), ("Exact", repr(words.measure(r.truth)))]
        shown.append(("Error", f"{words.measure(r.error):.3g}, where {words.measure(r.limit):.3g} is allowed"))
    notes = [("Proof", r.certificate), ("Note", r.note), ("Note", words.LOSES_DIGITS if r.loses_digits else "")]
    shown += [(what, note) for what, note in notes if note]
    return Card(r.column, "loses digits" if r.loses_digits else "is wrong", shown, r.diagnosis, [*_next(r, equation)])


def _formula(result, r):
    """What a wrong quantity is computed from, to stand behind the number of its equation."""
    s = next(s for s in result.settings if s.name == r.case)
    row, depth = s.row(), s.depth()
    quantity = anatomy(row, depth, s.biases).trace.get(internal(r.quantity, row))
    text = formula(quantity, row, depth, s.biases) if quantity else ""
    if r.quantity.startswith(("W", every("W"))):
        text = f"by {s.update}" if s.update else UPDATE
    return f": {text}" if text else ""


def _next(r, equation):
    """(sentence, command) of what to do next about a Rejection."""
    for name in r.mistakes[:1]:
        yield "Read about the likely mistake:", f"fourfold mistakes --show {shlex.quote(name)}"
    if not r.mistakes and equation:
        yield f"Compare the line of {equation} with the lesson's:", f"fourfold lesson, #{equation}"
    if r.reproduce:
        yield "See the wrong number again (the file is beside this page):", "python repro.py"
