"""Judges a run by an optimiser: by every convention at once, until its numbers refute it."""

from typing import NamedTuple

from fourfold.compare.judge import judgement, updated, updates
from fourfold.compare.judge.quantities import parameter_kept_for


class Refuted(NamedTuple):
    """A convention that a column does not have, and the first number that says so."""

    convention: dict
    step: int
    judged: judgement.Judged
    index: tuple

    @property
    def error(self):
        return float(self.judged.error[self.index])

    @property
    def share(self):
        """The error as a fraction of its limit."""
        return float(self.judged.ratio[self.index])


class Conventions(NamedTuple):
    """What a run has said of them: those that fit all its numbers, and those that do not."""

    fitting: list
    refuted: list


class Updating:
    """The steps of one column on one case in one precision."""

    def __init__(self, p):
        self.p, self.refuted = p, []
        self._carried = []

    def begin(self, parameters):
        """Other seeds begin, at parameters (S, ...)."""
        gone = [one.convention for one in self.refuted]
        self._carried = [c for c in updated.begin(parameters, self.p) if c.convention not in gone]

    def judge(self, first, before, path, shown):
        """The steps of a piece from `first` on: [Judged] by a convention that fits, if an accepted one does.

        `shown` {name: array} is what the column says its optimiser keeps after each step.
        """
        *after, losses = path
        along, results = updated.slopes(before, losses, self.p), []
        for carried in self._carried:
            judged, following = updated.judge_piece(carried, first, before, after, shown, along, self.p)
            results.append((judged, following, judgement.first_wrong(judged)))
        accepted = [one for one in results if updates.is_accepted(self.p.update, one[1].convention)]
        best = min(accepted, key=lambda one: -_steps_right(one[2], len(losses)))
        self._carried = []
        for judged, following, wrong in results:
            if wrong is None or judged is best[0]:
                self._carried.append(following)
            if wrong is not None:
                refuted = Refuted(following.convention, first + int(wrong.index[0]), wrong.judged, wrong.index)
                self.refuted.append(refuted)
        return best[0]

    def conventions(self):
        """The Conventions, at the end."""
        gone = [one.convention for one in self.refuted]
        return Conventions([c.convention for c in self._carried if c.convention not in gone], self.refuted)


def _steps_right(wrong, steps):
    return steps if wrong is None else int(wrong.index[0])


def taken_apart(answer):
    """({name: array} of weights and L, the same of what the optimiser keeps) of a column's answer."""
    path, shown = {}, {}
    for name, Z in answer.items():
        (shown if parameter_kept_for(name) else path)[name] = Z
    return path, shown


def malformed(shown, path, p):
    """What is wrong with the form of what is kept, in a sentence; "" where nothing is."""
    for name, Z in shown.items():
        like = path[parameter_kept_for(name)]
        if (Z.dtype, Z.shape) != (like.dtype, like.shape):
            return f"{name} is {Z.dtype} of shape {Z.shape}, not {like.dtype} of shape {like.shape}"
    return ""
