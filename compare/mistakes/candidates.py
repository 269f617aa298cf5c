"""Who gives the same wrong numbers: every known mistake is made at the same points, alone and in pairs."""

from functools import cache, cached_property
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from fourfold.compare.columns.calls import InProcess
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import bounds
from fourfold.compare.judge.quantities import every, is_of_every_step
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import MISTAKES
from fourfold.compare.mistakes.evidence import of_one, wrong_in_run

# Steps of training, at all points together, up to which two mistakes made together are looked for.
STEPS_OF_PAIRS, POINTS_OF_PAIRS = 50, 2
# Mistakes that give as many of the wrong numbers; of more than these none is worth a name.
MOST_NEAR = 3


class Candidate(NamedTuple):
    """One mistake, or two made together, that give all the numbers a target gave."""

    mistakes: tuple
    firsts: tuple  # what each of them breaks first


class Near(NamedTuple):
    """Mistakes that give some of the wrong numbers of a target, and not all."""

    mistakes: tuple  # each by itself
    same: tuple  # quantities that they have in common with the target, and that are wrong
    other: tuple  # quantities that are wrong too, and otherwise


def candidates(views, wrong, seen):
    """Candidates of a single mistake that give all that was seen, or else of two; `wrong` is what of it is wrong."""
    in_trace, of_run = _split(seen)
    right = _Column((), views)
    trials = []
    for mistake in _known(views[0].p.row):
        if of_run or not _in_training(mistake):
            trials.append(_Trial(mistake, right))
    fitting = [Candidate((trial.mistake,), (trial.first(),)) for trial in trials if trial.fits(seen, wrong)]
    if fitting or sum(view.steps for view in views) > STEPS_OF_PAIRS:
        return fitting
    if of_run:  # every step of every mistake is judged: where most is wrong is enough to choose by
        some = sorted(views, key=lambda view: -len(view.wrong))[:POINTS_OF_PAIRS]
        right, wrong = _Column((), some), set().union(*(view.wrong for view in some))
        trials = [_Trial(trial.mistake, right) for trial in trials]
    breaking = [trial for trial in trials if trial.broken & seen]
    evaluation = [trial for trial in breaking if not _in_training(trial.mistake)]
    training = [trial for trial in breaking if _in_training(trial.mistake)]
    wrong_in_trace, _ = _split(wrong)
    if not wrong_in_trace:
        return _pairs(views, combinations(training, 2), wrong, seen)
    explained = [trial for trial in evaluation if in_trace <= trial.reproduced]
    if explained:  # what is wrong in the trace comes from one mistake; another one is in the training
        return _pairs(views, product(explained, training), wrong, seen)
    return _pairs(views, combinations(evaluation, 2), wrong_in_trace, in_trace)


def nearest(views, wrong):
    """The Near of the mistakes that give most of the wrong quantities of a trace, and the first of them; or None."""
    in_trace, _ = _split(wrong)
    right, network, best = _Column((), views), views[0].network, None
    first = network.first(in_trace) if in_trace else None
    for mistake in _known(views[0].p.row) if in_trace else ():
        if not _in_training(mistake) and not mistake.loses_digits:
            trial = _Trial(mistake, right)
            same = in_trace & trial.reproduced & trial.broken
            if first in same and (best is None or len(same) >= len(best.same)):
                others = best.mistakes if best and len(same) == len(best.same) else ()
                best = Near((*others, mistake), _in_order(same, network), _in_order(in_trace - same, network))
    return best if best and len(best.mistakes) <= MOST_NEAR else None


def _in_order(names, network):
    return tuple(name for name in network.trace if name in names)


def _split(names):
    """(those of a trace, those of every step)."""
    of_run = set(filter(is_of_every_step, names))
    return names - of_run, of_run


def _in_training(mistake):
    return is_of_every_step(mistake.quantity)


@cache
def _known(row):
    """Mistakes that can be planted in a row's NumPy column, whichever row they were found in: a loss is a loss."""
    return [m for m in MISTAKES.values() if "numpy" in m.planted and _fits_in(row, m.planted["numpy"])]


def _fits_in(row, texts):
    try:
        return bool(planted.wrong_source("numpy", *texts, row=row))
    except ValueError:
        return False


class _Column:
    """The NumPy column with texts replaced: what it gives at each point, computed when it is asked for, and kept."""

    def __init__(self, texts, views):
        self.texts, self.views, self._kept = texts, views, {}

    def gives(self, n, of_run):
        """{name: array} at point number n, of the trace or of the run; {} where it raises."""
        if (n, of_run) not in self._kept:
            self._kept[n, of_run] = self._asked(self.views[n], of_run)
        return self._kept[n, of_run]

    def _asked(self, view, of_run):
        column = InProcess("numpy", _module(self.texts, view.p.row))
        p = view.p._replace(X=view.p.X.copy(), Y=view.p.Y.copy())  # some mistakes write into what they are given
        parameters = [Z.copy() for Z in view.together]
        steps = {"lr": p.lr, "steps": view.steps} if of_run else {}
        try:
            given = column.ask(about(p, "trajectory" if of_run else "trace", parameters, **steps))
        except ColumnError:  # a planted mistake may raise anything, as on shapes that do not fit
            return {}
        if of_run:
            return {every(name): of_one(Z, view, axis=1) for name, Z in given.items()}
        return {name: of_one(Z, view) for name, Z in given.items()}

    def differs(self, n, names):
        """Those of the names at point n whose numbers it does not give."""
        view, different = self.views[n], set()
        for name in names & view.values.keys():
            if not _is_same(view, name, self.gives(n, is_of_every_step(name))):
                different.add(name)
        return different


class _Trial:
    """A mistake made at every point."""

    def __init__(self, mistake, right):
        self.mistake, self._right = mistake, right
        self._column = _Column(mistake.planted["numpy"], right.views)

    def fits(self, seen, wrong):
        """Whether it gives all numbers seen, some of them wrong; the run is asked for where the trace is the same."""
        return all(_gives_all(self._column, some) for some in _split(seen)) and self._is_wrong(wrong)

    def _is_wrong(self, wrong):
        """Whether it has anything wrong that the target has wrong; what rounds as a right run does, bit for bit."""
        for n, view in enumerate(self._right.views):
            for name in wrong & view.wrong:
                if not is_of_every_step(name):
                    is_wrong = view.is_wrong(name, self._column.gives(n, False)[name])
                else:
                    value, right = self._column.gives(n, True)[name], self._right.gives(n, True)[name]
                    is_same = value.tobytes() == view.values[name].tobytes()
                    is_wrong = is_same or not _near_in_run(view, value, right)
                if is_wrong:
                    return True
        return False

    def first(self):
        """What it breaks first."""
        network, first = self._right.views[0].network, self.mistake.quantity
        if is_of_every_step(first) and first in network.run:  # training goes on from what is wrong
            return first
        return network.first(self.broken)

    @cached_property
    def broken(self):
        """Quantities that it gets wrong anywhere."""
        broken = set()
        for n, view in enumerate(self._right.views):
            for name, value in self._column.gives(n, False).items():
                if view.is_wrong(name, value):
                    broken.add(name)
            if view.steps:
                broken |= wrong_in_run(view, self._column.gives(n, True))
        return broken

    @cached_property
    def moved(self):
        """What comes out otherwise because of it: what it gets wrong, and where training goes on from that."""
        moved = set(self.broken)
        for n, view in enumerate(self._right.views):
            given = self._column.gives(n, True) if view.steps else {}
            for name, Z in given.items():
                if not _near_in_run(view, Z, self._right.gives(n, True)[name]):
                    moved.add(name)
        return moved

    @cached_property
    def reproduced(self):
        """Quantities that are the target's, at every point."""
        same = set()
        for view in self._right.views:
            same |= view.values.keys()
        for n in range(len(self._right.views)):
            same -= self._column.differs(n, same)
        return same


def _gives_all(column, names):
    """Whether a planted column's numbers are the target's at every point; most are not where little is computed."""
    order = sorted(range(len(column.views)), key=lambda n: (column.views[n].steps, not column.views[n].wrong))
    return not any(column.differs(n, names) for n in order)


def _pairs(views, pairs, wrong, names):
    """Two mistakes in different lines that together give the numbers of these names, of which some are wrong.

    What only one of the two moves, it must reproduce alone; so few pairs have to be tried.
    """
    fitting = []
    for one, other in pairs:
        alone = (one.broken | other.broken) & names == wrong
        alone = alone and (one.moved - other.moved) & names <= one.reproduced
        if alone and (other.moved - one.moved) & names <= other.reproduced:
            texts = _together(one.mistake, other.mistake, views[0].p.row)
            if texts and _gives_all(_Column(texts, views), names):
                fitting.append(Candidate((one.mistake, other.mistake), (one.first(), other.first())))
    return fitting


def _together(one, other, row):
    """What is planted for two mistakes; None where they do not leave each other's text alone."""
    first, second = one.planted["numpy"], other.planted["numpy"]
    try:
        source = planted.wrong_source("numpy", *first, *second, row=row)
        other_way_round = planted.wrong_source("numpy", *second, *first, row=row)
    except ValueError:
        return None
    return first + second if source == other_way_round else None


@cache
def _module(texts, row):
    return planted.changed("numpy", *texts, row=row)


def _is_same(view, name, given):
    """Whether a planted column's number is the target's: as near as two correct evaluations of it would be.

    The certified limits are of the right quantity; they are scaled to the size of the wrong one. And it must be
    nearer to the target than to the truth, by far, or a small mistake would be taken for another one.
    """
    if name not in given:
        return False
    target, value = view.values[name], given[name]
    if is_of_every_step(name):
        return _near_in_run(view, target, value)
    if target.shape != value.shape or (np.isfinite(target) != np.isfinite(value)).any():
        return False
    exact, limit, finite = view.exact[name], view.limit[name], np.isfinite(target)
    distance = np.max(np.abs(target - value)[finite], initial=0)
    if exact.shape == value.shape:
        known = finite & np.isfinite(exact)
        off, allowed = np.abs(value - exact)[known], limit[known]
        if not (off <= allowed).all() and not distance <= 0.1 * np.max(off):
            return False
        limit, exact = allowed, exact[known]
    size = np.max(np.abs(value[finite]), initial=0)
    most = np.max(limit, initial=0)
    relative = most / max(np.max(np.abs(exact), initial=0), np.finfo(np.float64).tiny)
    relative = max(min(relative, 1e-3), 16 * bounds.format_of(view.p.dtype).u)  # what is exactly 0 has no limit
    return bool(distance <= 4 * (most + relative * size))


def _near_in_run(view, target, value):
    """Rounding errors of steps add up; a step's own is a few units in the last place of the largest weight."""
    if target.shape != value.shape:
        return False
    if not np.isfinite(target).all():
        return target.tobytes() == value.tobytes()
    limit = 64 * len(target) * bounds.format_of(view.p.dtype).u * np.max(np.abs(value), initial=0)
    return bool((np.abs(target - value) <= limit).all())
