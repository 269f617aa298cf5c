"""An answer as data: sentences whose numbers come from runs, each with whether the runs bear it out."""

from typing import NamedTuple

import msgspec

from fourfold.compare.lesson.exercises.questions import EXERCISES


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    says: str  # one or more sentences, in numbers
    holds: bool = True  # a sentence that merely tells what was found always does


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    headers: list[str]
    rows: list[list[str]]


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str  # of the function in fourfold.reports.exercises.pictures that draws it, and of its file
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


class Found(NamedTuple):
    """What an exercise's `answer(columns, seeds)` returns."""

    answer: Answer
    arrays: dict  # {name: NumPy array}: what its figures are drawn from


def found(number, columns, setting, claims, tables, counts, certificate, figures=(), arrays=None):
    """A Found. `counts` are the training.Count of all that was judged: a wrong number there is a claim that fails."""
    exercise = EXERCISES[number - 1]
    wrong = [complaint for count in counts for complaint in count.wrong]
    failed = [Claim(f"A number is not what exact arithmetic gives: {complaint}.", holds=False) for complaint in wrong]
    answer = Answer(
        number=number,
        title=exercise.title,
        question=exercise.says,
        columns=list(columns.names),
        setting=setting,
        claims=[*claims, *failed],
        tables=list(tables),
        figures=list(figures),
        certified=sum(count.certified for count in counts),
        certificate=certificate,
    )
    return Found(answer, arrays or {})
