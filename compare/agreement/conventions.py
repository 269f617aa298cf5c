"""By which convention each column's optimiser works: found out from its numbers, and named."""

import numpy as np
from msgspec.structs import replace

from fourfold.compare.agreement.updating import taken_apart
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import form, judgement, updated, updates
from fourfold.compare.judge.formats import HALF
from fourfold.compare.mistakes.catalogue import find
from fourfold.compare.mistakes.diagnosis import lines_of
from fourfold.compare.mistakes.optimizers import GOES_ON
from fourfold.compare.mistakes.replay import StepsSeen, explained
from fourfold.compare.results.result import Convention, number

# Steps after the first wrong one that are looked at too; and of a run, so many numbers at most
MORE, NUMBERS = 40, 400_000


def named(names, evidence, disagreeing):
    """The Conventions of all columns but those that disagree; `evidence` is {(column, case name, dtype): Evidence}."""
    every = []
    for name in names:
        seen = [one for (column, *_), one in evidence.items() if column == name and one.conventions]
        if name not in disagreeing and seen:
            every += _of_column(name, evidence)
    return every


def _of_column(name, evidence):
    """A Convention for each point, from all that was asked of one column."""
    allowed, refuting = {}, {}
    for (column, _, dtype), one in evidence.items():
        if column != name or not one.conventions:
            continue
        for point, choices in _choices(one.conventions.fitting).items():
            before = allowed.get(point, choices)
            allowed[point] = [choice for choice in before if choice in choices]
        for refuted in one.conventions.refuted:
            for point, choice in refuted.convention.items():
                others_fit = _fits_otherwise(refuted.convention, point, one.conventions.fitting)
                if choice == updates.papers_choice(point, refuted.convention) and others_fit:
                    refuting.setdefault(point, (dtype, refuted))
    conventions = []
    for point, choices in allowed.items():
        dtype, refuted = refuting.get(point, ("", None))
        convention = Convention(name, point, choices)
        if refuted:
            step, error, share = refuted.step, number(refuted.error), number(refuted.share)
            convention = replace(convention, step=step, quantity=refuted.judged.quantity, dtype=dtype)
            convention = replace(convention, error=error, share=share)
        conventions.append(convention)
    return conventions


def _choices(fitting):
    """{point: choices} of conventions."""
    choices = {}
    for convention in fitting:
        for point, choice in convention.items():
            choices[point] = [*dict.fromkeys([*choices.get(point, ()), choice])]
    return choices


def _fits_otherwise(convention, point, fitting):
    """Whether a convention fits that differs from this one at the point alone."""
    return any({**one, point: ""} == {**convention, point: ""} for one in fitting)


def diagnosed(column, case, evidence):
    """The Rejection of a run by an optimiser, with the convention or the mistake that its numbers do fit.

    column: whatever answers `ask(question)`, and may raise ColumnError.
    """
    rejection = evidence.rejection
    text, mistakes = _convention(evidence.conventions.fitting, case.update), []
    if not text and rejection.value is not None:
        mistakes, text = _mistake(column, case, rejection)
    text = f"{rejection.diagnosis}\n{text}".strip()
    return replace(rejection, diagnosis=text, mistakes=mistakes)


def _convention(fitting, update):
    """By which convention that is not accepted a run is right, in words; "" where there is none."""
    others = [one for one in fitting if not updates.is_accepted(update, one)]
    parts = []
    for point, demanded in update.demanded if others else ():
        choice = others[0].get(point, demanded)
        if choice != demanded:
            parts.append(f"{point} {choice}, {updates.POINTS[point][choice]}, not {updates.POINTS[point][demanded]}")
    return f"It is right by another convention: {'; '.join(parts)}." if parts else ""


def _mistake(column, case, rejection):
    """([names], words) of the mistakes that give the first steps of the run, asked for again."""
    asked = _Again(column, case, rejection)
    steps = asked.steps()
    if not steps:
        return [], ""
    because = explained(steps)
    mistakes = because.mistakes
    if not (mistakes or because.rule) and asked.goes_on():
        mistakes = (find(GOES_ON),)
    if not mistakes:
        return [], because.rule
    return [mistake.name for mistake in mistakes], "\n".join(lines_of([(mistake,) for mistake in mistakes]))


class _Again:
    """A run that was rejected, asked for again until a few steps after the first wrong one."""

    def __init__(self, column, case, rejection):
        # what is the same mistake in float32 has more digits to be known by
        dtype = "float32" if rejection.dtype in HALF else rejection.dtype
        self.column, self.p = column, judgement.problem(case, dtype)
        self.number = min(case.steps, rejection.step + MORE)
        _, _, *self.start = case.cast(dtype)
        self.seed = case.seeds.index(rejection.seed) if rejection.seed in case.seeds else 0
        if self.number * case.parameters() * len(case.seeds) > NUMBERS:
            self.start, self.seed = [Z[self.seed : self.seed + 1] for Z in self.start], 0

    def answer(self):
        """{name: array}; {} where it cannot be had."""
        if self.number * sum(Z.size for Z in self.start) > NUMBERS:
            return {}
        try:
            answer = self.column.ask(about(self.p, "trajectory", self.start, self.p.lr, self.number))
        except ColumnError:
            return {}
        path, _ = taken_apart(answer)
        return {} if form.malformed_path([*path.values()], self.start, self.number, self.p) else answer

    def goes_on(self):
        """Whether the same question gets other weights each time after a first step by the same loss."""
        first, _ = taken_apart(self.answer())
        second, _ = taken_apart(self.answer())
        changed = set()
        for name in first.keys() & second.keys():
            if not np.array_equal(first[name][0], second[name][0], equal_nan=True):
                changed.add(name)
        return bool(changed) and "L" not in changed

    def steps(self):
        """The StepsSeen of the seed that was rejected; None where they cannot be had."""
        path, shown = taken_apart(self.answer())
        if not path:
            return None
        of_seed = slice(self.seed, self.seed + 1)
        path = [Z[:, of_seed] for Z in path.values()]
        before = form.before_each_step([Z[of_seed] for Z in self.start], path)
        along = updated.slopes(before, path[-1], self.p)
        slopes, errors = zip(*along.gradients.values(), strict=True)
        number = int(np.logical_and.accumulate(along.in_range[:, 0]).sum())
        own = [Z[:number, self.seed] for Z in shown.values()]
        one = lambda arrays: [Z[:number, 0] for Z in arrays]
        return StepsSeen(self.p, one(before), one(path[:-1]), own, one(slopes), one(errors))
