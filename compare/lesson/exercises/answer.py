"""An answer as data: sentences whose numbers come from runs, each with whether the runs bear it out."""

from typing import NamedTuple

import msgspec

from fourfold.compare.lesson.exercises.questions import EXERCISES


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    says: str  # one or more sentences, in numbers
    holds: bool = True  # a sentence that merely tells what came out always does


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    headers: list[str]
    rows: list[list[str]]


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str  # of its file; reports/exercises/pictures.py draws it by this name
    title: str
    text: str  # what it shows: caption and alternative text


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: int
    title: str
    question: str
    short: str  # the answer in a sentence, in numbers that were measured; that there is none where a claim fails
    columns: list[str]
    tried: str  # what was run
    claims: list[Claim]  # what was seen
    means: str  # why it is so
    onward: list[str]  # where to go on: an equation, a command
    tables: list[Table]
    figures: list[Figure]
    certified: int  # numbers that were judged against exact values, all of them right
    certificate: str  # which numbers those are

    def holds(self):
        return all(claim.holds for claim in self.claims)


class Answered(NamedTuple):
    """What an exercise's `answer(columns, seeds)` returns."""

    answer: Answer
    arrays: dict  # {name: NumPy array}: what its figures are drawn from


def answered(number, columns, *, short, tried, claims, means, certificate, tables=(), figures=(), arrays=None):
    """The Answered of these Examinees: a number of theirs that is wrong is a claim that fails.

    `short` stands only where every claim holds.
    """
    exercise = EXERCISES[number - 1]
    claims, certified = list(claims), 0
    for column in columns.by_name.values():
        certified += column.certified
        for complaint in column.complaints:
            claims.append(Claim(f"A number is not what exact arithmetic gives: {complaint}.", holds=False))
    failing = sum(not claim.holds for claim in claims)
    if failing:
        short = f"Not answered here: {failing} of {len(claims)} findings do not hold. They are marked ✗ below."
    answer = Answer(
        number=number,
        title=exercise.title,
        question=exercise.says,
        short=short,
        columns=list(columns.names),
        tried=tried,
        claims=claims,
        means=means,
        onward=list(exercise.onward),
        tables=list(tables),
        figures=list(figures),
        certified=certified,
        certificate=certificate,
    )
    return Answered(answer, arrays or {})


def table(title, labels, cells):
    """A Table: `labels` {heading: the texts below it} stand first, `cells` {column: its texts} beside them.

    Columns that all say the same become one.
    """
    cells = {name: list(texts) for name, texts in cells.items()}
    first, *others = cells.values()
    if others and all(texts == first for texts in others):
        cells = {f"all {len(cells)} columns": first}
    lines = zip(*labels.values(), *cells.values(), strict=True)
    return Table(title, [*labels, *cells], [*map(list, lines)])


def seen(claim):
    """A Claim as text, marked where it does not hold."""
    return claim.says if claim.holds else f"✗ This does not hold here: {claim.says}"


def work(answer):
    """One sentence: by whom it was run, and what was certified."""
    return f"By {', '.join(answer.columns)}; {answer.certified:,} numbers certified: {answer.certificate}."
