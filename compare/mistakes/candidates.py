"""Who gives the same wrong numbers: every known mistake is made at the same points, alone and in pairs."""

from functools import cache
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
from fourfold.compare.mistakes.mistake import Mistake


class Candidate(NamedTuple):
    """One mistake, or two made together, that give all the numbers a target gave."""

    mistakes: tuple
    firsts: tuple  # what each of them breaks first


class _Made(NamedTuple):
    """A mistake made at every point."""

    mistake: Mistake
    first: str  # what it breaks first
    broken: set  # quantities it breaks, of those shown
    reproduced: set  # quantities that are the target's, at every point


def candidates(views, wrong, seen):
    """Candidates of a single mistake that give all that was seen, or else of two; `wrong` is what of it is wrong."""
    in_trace, of_run = _split(seen)
    evaluation, training = _made(views, seen, bool(of_run))
    fitting = [Candidate((m.mistake,), (m.first,)) for m in (*evaluation, *training) if seen <= m.reproduced]
    if fitting:
        return fitting
    wrong_in_trace, _ = _split(wrong)
    if not wrong_in_trace:
        return _pairs(views, combinations(training, 2), wrong, seen)
    explained = [m for m in evaluation if in_trace <= m.reproduced]
    if explained:  # what is wrong in the trace comes from one mistake; another one is in the training
        return _pairs(views, product(explained, training), wrong, seen)
    return _pairs(views, combinations(evaluation, 2), wrong_in_trace, in_trace)


def _split(names):
    """(those of a trace, those of every step)."""
    of_run = set(filter(is_of_every_step, names))
    return names - of_run, of_run


def _made(views, seen, with_training):
    """All mistakes that break anything shown, made: those in one evaluation, and those in the training."""
    right = [_given((), view) for view in views]
    evaluation, training = [], []
    for mistake in _known(views[0].p.row):
        in_training = is_of_every_step(mistake.quantity)
        if with_training or not in_training:
            made = _make(mistake, views, right, seen)
            if made.broken:
                (training if in_training else evaluation).append(made)
    return evaluation, training


@cache
def _known(row):
    """Mistakes that can be planted in a row's NumPy column, whichever row they were found in: a loss is a loss."""
    return [m for m in MISTAKES.values() if "numpy" in m.planted and _fits_in(row, m.planted["numpy"])]


def _fits_in(row, texts):
    try:
        return bool(planted.wrong_source("numpy", *texts, row=row))
    except ValueError:
        return False


def _make(mistake, views, right, seen):
    network = views[0].network
    reproduced, broken = set(seen), set()
    for view, right_here in zip(views, right, strict=True):
        given = _given(mistake.planted["numpy"], view)
        broken |= _broken(view, given, right_here)
        reproduced -= {name for name in view.values if not _is_same(view, name, given)}
    first = mistake.quantity
    if broken and not (is_of_every_step(first) and first in network.run):  # training goes on from what is wrong
        first = network.first(broken)
    return _Made(mistake, first, broken & seen, reproduced)


def _broken(view, given, right):
    """Quantities that a planted column gets wrong; those of the run by comparison with the right column's."""
    broken = set()
    for name, value in given.items():
        of_run = is_of_every_step(name)
        if (of_run and not _near_in_run(view, value, right[name])) or (not of_run and view.is_wrong(name, value)):
            broken.add(name)
    return broken


def _pairs(views, pairs, wrong, names):
    """Two mistakes in different lines that together give the numbers of these names, of which some are wrong.

    What only one of the two breaks, it must reproduce alone; so few pairs have to be tried.
    """
    fitting = []
    for one, other in pairs:
        alone = (one.broken - other.broken) & names <= one.reproduced
        alone = alone and (other.broken - one.broken) & names <= other.reproduced
        if alone and (one.broken | other.broken) & names == wrong:
            texts = _together(one.mistake, other.mistake, views[0].p.row)
            if texts and all(_fits(view, texts, names) for view in views):
                fitting.append(Candidate((one.mistake, other.mistake), (one.first, other.first)))
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


def _fits(view, texts, names):
    given = _given(texts, view)
    return all(_is_same(view, name, given) for name in names & view.values.keys())


@cache
def _module(texts, row):
    return planted.changed("numpy", *texts, row=row)


def _given(texts, view):
    """{name: array}: what the NumPy column with these texts replaced gives at a point; {} where it raises."""
    column = InProcess("numpy", _module(texts, view.p.row))
    p = view.p._replace(X=view.p.X.copy(), Y=view.p.Y.copy())  # some mistakes write into what they are given
    parameters = [Z.copy() for Z in view.parameters]
    try:
        given = column.ask(about(p, "trace", parameters))
        if view.steps:
            for name, Z in column.ask(about(p, "trajectory", parameters, p.lr, view.steps)).items():
                given[every(name)] = Z
    except ColumnError:  # a planted mistake may raise anything, as on shapes that do not fit
        return {}
    return given


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
    finite = np.isfinite(target)
    distance = np.max(np.abs(target - value)[finite], initial=0)
    exact, limit = view.exact[name], view.limit[name]
    if exact.shape == value.shape:
        off = np.abs(value - exact)
        if not (off <= limit)[finite].all() and not distance <= 0.1 * np.max(off[finite]):
            return False
    size = np.max(np.abs(value[finite]), initial=0)
    relative = np.max(limit) / max(np.max(np.abs(exact)), np.finfo(np.float64).tiny)
    return bool(distance <= 4 * (np.max(limit) + min(relative, 1e-3) * size))


def _near_in_run(view, target, value):
    """Rounding errors of steps add up; a step's own is a few units in the last place of the largest weight."""
    if target.shape != value.shape:
        return False
    if not np.isfinite(target).all():
        return target.tobytes() == value.tobytes()
    limit = 64 * len(target) * bounds.format_of(view.p.dtype).u * np.max(np.abs(value), initial=0)
    return bool((np.abs(target - value) <= limit).all())
