"""From wrong numbers to the mistake behind them: the first wrong quantity, what is odd about it, who makes it so.

Pure NumPy: what a target gave at a few points is compared with what each mistake of the catalogue gives there.
"""

from functools import cache
from itertools import combinations
from types import ModuleType
from typing import NamedTuple

import numpy as np

from compare import agree, bounds, suites, truth
from compare.agree import Problem
from compare.mistakes import planted
from compare.mistakes.catalogue import MISTAKES
from compare.mistakes.mistake import Mistake
from compare.patterns import pattern
from impls.model import Trace

# Cases that tell the mistakes apart.
CASES = (
    "asymmetric-sigmoid",
    "one-output-sigmoid",
    "square-sigmoid",
    "saturated-sigmoid",
    "asymmetric-tanh",
    "asymmetric-relu",
)
PATH = ("every L", "every W2", "every W1")
ORDER = (*Trace._fields, *PATH)
EQUATIONS = dict(
    zip(ORDER, ("E1", "E2", "E3", "E4", "E5", "E10", "E13", "E15", "E16", "E19", "E24", "E23", "E23"), strict=True)
)
# What each quantity is computed from.
FROM = {
    "H": (),
    "A": ("H",),
    "Y_hat": ("A",),
    "R": ("Y_hat",),
    "L": ("R",),
    "dL_dY_hat": ("R",),
    "dL_dW2": ("A", "dL_dY_hat"),
    "dL_dA": ("dL_dY_hat",),
    "dL_dH": ("A", "dL_dA"),
    "dL_dW1": ("dL_dH",),
    "every L": ("L",),
    "every W2": ("dL_dW2",),
    "every W1": ("dL_dW1",),
}


class Observation(NamedTuple):
    """What a target gave at one point."""

    p: Problem
    W1: np.ndarray  # (d_in, d_hidden)
    W2: np.ndarray  # (d_hidden, d_out)
    found: dict  # fields of Trace -> arrays
    path: tuple | None = None  # W1 (steps, d_in, d_hidden), W2 (steps, d_hidden, d_out), L (steps,) from these weights


class Diagnosis(NamedTuple):
    """`candidates` are tuples of one Mistake, or of two made together; all of them give these numbers."""

    quantity: str | None  # the first wrong one, in order of computation; None: nothing is wrong
    equation: str
    deduced: bool  # the target did not show that quantity itself
    pattern: str  # what is odd about the first wrong quantity that it did show
    candidates: tuple[tuple[Mistake, ...], ...]


def points(dtype="float64"):
    """(Problem, W1, W2) of one network of every case of CASES."""
    entries = {entry.name: entry for entry in suites.TABLE}
    for name in CASES:
        case = suites.build(entries[name])
        *_, W1, W2 = case.cast(dtype)
        yield agree.problem(case, dtype), W1[0], W2[0]


def diagnose(observations):
    """The Diagnosis of what a target gave at one or more points.

    A candidate reproduces every number shown within what rounding allows, and gives a wrong number somewhere.
    """
    with np.errstate(all="ignore"):
        views = [_View(observation) for observation in observations]
        wrong = {q for view in views for q in view.wrong}
        if not wrong:
            return Diagnosis(None, "", False, "", ())
        first = min(wrong, key=ORDER.index)
        shown = {q for view in views for q in view.values}
        candidates = _candidates(views, wrong)
        deduced = _deduce(first, wrong, shown)
        named = {min((m.quantity for m in mistakes), key=ORDER.index) for mistakes in candidates}
        quantity = deduced if deduced in named or not named else min(named, key=ORDER.index)
        of = [view.look(first) for view in views if first in view.wrong]
        equation = candidates[0][0].equation if candidates and quantity in PATH else EQUATIONS[quantity]
        return Diagnosis(quantity, equation, quantity not in shown, pattern(first, of), tuple(candidates))


class _View:
    """One observation beside the truth: everything by quantity, the path's with the names of PATH."""

    def __init__(self, observation):
        self.o = o = observation
        q, E, in_range = agree.exact_values(o.W1, o.W2, o.p._replace(exact=False))
        self.values, self.exact, self.limit, self.wide = {}, {}, {}, {}
        for name in Trace._fields:
            key = agree.TRUTH_NAMES.get(name, name)
            self.wide[name], self.limit[name] = q[key], np.asarray(E[key])
            self.exact[name] = truth.narrow(np.asarray(q[key]))
            if name in o.found:
                self.values[name] = np.asarray(o.found[name], o.p.dtype)
        self.usable = bool(in_range)
        if o.path is not None:
            self.values |= dict(zip(PATH, (np.asarray(Z, o.p.dtype) for Z in _path_order(o.path)), strict=True))
        self.wrong = {name for name, value in self.values.items() if self.is_wrong(name, value, o.path)}

    def is_wrong(self, name, value, path):
        if not self.usable:
            return False
        if name in PATH:
            return name in _wrong_in_path(path, self.o)
        if value.shape != self.exact[name].shape:
            return True
        error = truth.narrow(np.abs(truth.widen(value, self.o.p.wide) - self.wide[name]))
        return not (error <= self.limit[name]).all()

    def look(self, name):
        """What compare.patterns looks at: (value, exact, limit, quantities, problem)."""
        return self.values[name], self.exact.get(name), self.limit.get(name), self.exact, self.o.p


def _path_order(path):
    W1, W2, L = path
    return L, W2, W1


def _wrong_in_path(path, o):
    """Names of PATH that the step certificate rejects; all of them where the arrays have the wrong shape."""
    path = tuple(np.asarray(Z, o.p.dtype) for Z in path)
    if agree.malformed_path(path, o.W1, o.W2, len(path[2]), o.p):
        return set(PATH)
    before = [np.concatenate([w[None], ws[:-1]])[:, None] for w, ws in zip((o.W1, o.W2), path, strict=False)]
    judged = agree.judge_steps(*before, [Z[:, None] for Z in path], o.p)
    return {f"every {j.quantity}" for j in judged if j.wrong.any()}


def _deduce(first, wrong, shown):
    """The earliest quantity that can be wrong where `first` is the first one seen to be, by what it is computed from.

    It must not lie behind a quantity that is right, and everything seen that lies behind it must be wrong.
    """
    cleared = {q for right in shown - wrong for q in _sources(right)} | (shown - wrong)
    if "L" in cleared:
        cleared |= {"H", "A", "Y_hat", "R"}
    suspects = (_sources(first) - cleared - shown) | {first}
    explains = lambda q: {s for s in shown if q in _sources(s) or q == s} == wrong
    return min(filter(explains, suspects), key=ORDER.index, default=first)


def _sources(quantity):
    """Everything a quantity is computed from, itself left out."""
    return {q for source in FROM[quantity] for q in (source, *_sources(source))}


# What the mistakes of the catalogue give, and whether the target gives the same.


def _candidates(views, wrong):
    singles = {}
    with_path = any(view.o.path is not None for view in views)
    for slug, mistake in MISTAKES.items():
        if "numpy" in mistake.planted and (with_path or mistake.quantity not in PATH):
            given = [_given(mistake.planted["numpy"], view) for view in views]
            broken = {q for view, values in zip(views, given, strict=True) for q in _broken(view, values)}
            if broken:
                singles[slug] = _Single(mistake, broken, _reproduced(views, given))
    fitting = [s.mistake for s in singles.values() if wrong <= s.reproduced and s.broken == wrong]
    fitting = [m for m in fitting if _fits(views, m.planted["numpy"])]
    return [(m,) for m in fitting] or _pairs(views, list(singles.values()), wrong)


class _Single(NamedTuple):
    mistake: Mistake
    broken: set  # quantities it breaks, of those shown
    reproduced: set  # quantities that are the target's, at every point


def _pairs(views, singles, wrong):
    """Two mistakes in different lines that together give the numbers.

    What only one of the two breaks, it must reproduce alone; so few pairs have to be tried.
    """
    fitting = []
    singles = [s for s in singles if s.broken <= wrong]
    for a, b in combinations(singles, 2):
        alone = [(a, a.broken - b.broken), (b, b.broken - a.broken)]
        if a.broken | b.broken != wrong or not all(only <= s.reproduced for s, only in alone):
            continue
        texts = a.mistake.planted["numpy"] + b.mistake.planted["numpy"]
        if _both_there(a.mistake, b.mistake) and _fits(views, texts):
            fitting.append((a.mistake, b.mistake))
    return fitting


def _both_there(a, b):
    """Whether two mistakes leave each other's text alone."""
    texts = a.planted["numpy"], b.planted["numpy"]
    try:
        one, other = (planted.wrong_source("numpy", *x, *y) for x, y in (texts, texts[::-1]))
    except ValueError:
        return False
    return one == other


@cache
def _module(texts):
    module = ModuleType("planted")
    exec(compile(planted.wrong_source("numpy", *texts), "planted", "exec"), module.__dict__)
    return module


def _given(texts, view):
    """What the NumPy column with these texts replaced gives at a point, or {} where it raises."""
    o = view.o
    column = _module(texts)
    data = [np.array(Z) for Z in (o.p.X, o.p.Y, o.W1, o.W2)]
    try:
        values = dict(column.trace(*data, o.p.activation)._asdict())
        if o.path is not None:
            values |= dict(
                zip(PATH, _path_order(column.train(*data, o.p.lr, len(o.path[2]), o.p.activation)), strict=True)
            )
    except Exception:  # a planted mistake may raise anything, as on shapes that do not fit
        return {}
    return {q: np.asarray(values[q]) for q in view.values}


def _broken(view, given):
    path = [given[q] for q in reversed(PATH)] if PATH[0] in given else None
    if path:
        path = path[0], path[1], path[2]
    return {q for q, value in given.items() if view.is_wrong(q, value, path)}


def _reproduced(views, given):
    same = lambda q: all(q not in v.values or (q in g and _same(v, q, g[q])) for v, g in zip(views, given, strict=True))
    return {q for q in ORDER if same(q)}


def _fits(views, texts):
    return all(all(_same(v, q, g[q]) for q in v.values) and g for v in views for g in [_given(texts, v)])


def _same(view, quantity, given):
    """Whether a planted column's number is the target's: as near as two correct evaluations of it would be.

    The certified limits are of the right quantity; they are scaled to the size of the wrong one. And it must be
    nearer to the target than to the truth, by far, or a small mistake would be taken for another one.
    """
    value = view.values[quantity]
    if value.shape != given.shape or (np.isfinite(value) != np.isfinite(given)).any():
        return False
    finite = np.isfinite(value)
    distance, size = (np.max(np.abs(Z[finite]), initial=0) for Z in (value - given, given))
    if quantity in PATH:
        # rounding errors of steps add up; a step's own is a few units in the last place of the weights
        return distance <= 64 * len(value) * bounds.format_of(view.o.p.dtype).u * size
    exact, limit = view.exact[quantity], view.limit[quantity]
    if exact.shape == given.shape and not (np.abs(given - exact) <= limit).all():
        near = distance <= 0.1 * np.max(np.abs(given - exact)[finite], initial=0)
    else:
        near = True
    relative = np.max(limit) / max(np.max(np.abs(exact)), np.finfo(np.float64).tiny)
    return near and distance <= 4 * (np.max(limit) + min(relative, 1e-3) * size)


def show_diagnosis(diagnosis, hint=False):
    """A Diagnosis in words; with `hint` only where to look."""
    d = diagnosis
    if d.quantity is None:
        return "Nothing is wrong."
    where = f"First wrong: {d.quantity} ({d.equation})"
    if hint:
        return f"{where}."
    lines = [f"{where}{', deduced' if d.deduced else ''}. {d.pattern}"]
    if not d.candidates:
        return "\n".join([*lines, "It is none of the known mistakes."])
    best, *others = d.candidates
    lines.append(f"This is what happens with: {_names(best)}.")
    for mistake in best:
        wrong, right = planted.differing_lines("numpy", *mistake.planted["numpy"])
        lines += [f"    {mistake.why}"]
        lines += [f"    {label}  {line}" for label, part in (("wrong", wrong), ("right", right)) for line in part]
    if others:
        lines.append(f"The same numbers come from: {'; '.join(map(_names, others))}.")
    return "\n".join(lines)


def _names(mistakes):
    return " and ".join(m.name for m in mistakes)
