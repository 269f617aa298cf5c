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
    columns: list[str]
    setting: str  # what was run
    claims: list[Claim]
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


def answered(number, columns, setting, claims, tables, certificate, figures=(), arrays=None):
    """The Answered of these Examinees: a number of theirs that is wrong is a claim that fails."""
    exercise = EXERCISES[number - 1]
    claims, certified = list(claims), 0
    for column in columns.by_name.values():
        certified += column.certified
        for complaint in column.complaints:
            claims.append(Claim(f"A number is not what exact arithmetic gives: {complaint}.", holds=False))
    answer = Answer(
        number=number,
        title=exercise.title,
        question=exercise.says,
        columns=list(columns.names),
        setting=setting,
        claims=claims,
        tables=list(tables),
        figures=list(figures),
        certified=certified,
        certificate=certificate,
    )
    return Answered(answer, arrays or {})


def table(title, labels, cells):
    """A Table: `labels` {heading: the texts below it} stand first, `cells` {column: its texts} beside them."""
    lines = zip(*labels.values(), *cells.values(), strict=True)
    return Table(title, [*labels, *cells], [*map(list, lines)])


def sentences(answer):
    """An answer as text, what does not hold marked; tables are shown by themselves."""
    yield f"Exercise {answer.number}: {answer.title}"
    for claim in answer.claims:
        yield claim.says if claim.holds else f"✗ This does not hold here: {claim.says}"


def work(answer):
    """One sentence: what was run, by whom, and what was certified."""
    return (
        f"{answer.setting}, by {', '.join(answer.columns)}. "
        f"{answer.certified:,} numbers certified: {answer.certificate}."
    )
