"""From wrong numbers to the mistake behind them: the first wrong quantity, what is odd about it, who makes it so.

Pure NumPy: what a target gave at a few points is compared with what each mistake of the catalogue gives there.
"""

from functools import cache
from itertools import combinations, product
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
    suspects: tuple[str, ...]  # what may be that quantity, itself first: what is not shown cannot always be told apart
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
            return Diagnosis(None, "", (), False, "", ())
        first = min(wrong, key=ORDER.index)
        shown = {q for view in views for q in view.values}
        candidates = _candidates(views, wrong)
        suspects = _suspects(first, wrong, shown)
        named = {min((m.quantity for m in mistakes), key=ORDER.index) for mistakes in candidates}
        suspects = sorted(named, key=ORDER.index) or suspects
        quantity = suspects[0]
        of = [view.look(first) for view in views if first in view.wrong]
        equation = candidates[0][0].equation if candidates and quantity in PATH else EQUATIONS[quantity]
        return Diagnosis(
            quantity, equation, tuple(suspects), quantity not in shown, pattern(first, of), tuple(candidates)
        )


class _View:
    """One observation beside the truth: everything by quantity, the path's with the names of PATH."""

    def __init__(self, observation):
        self.o = o = observation
        q, E, in_range = agree.exact_values((o.W1, o.W2), o.p._replace(exact=False))
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
        self.wrong = {name for name in o.found if self.is_wrong(name, self.values[name])}
        if o.path is not None and self.usable:
            self.wrong |= _wrong_in_path(o)

    def is_wrong(self, name, value):
        if not self.usable:
            return False
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


def _wrong_in_path(o):
    """Names of PATH that the step certificate rejects; all of them where the arrays have the wrong shape."""
    path = tuple(np.asarray(Z, o.p.dtype) for Z in o.path)
    if agree.malformed_path(path, (o.W1, o.W2), len(path[2]), o.p):
        return set(PATH)
    before = [np.concatenate([w[None], ws[:-1]])[:, None] for w, ws in zip((o.W1, o.W2), path, strict=False)]
    judged = agree.judge_steps(before, [Z[:, None] for Z in path], o.p)
    return {f"every {j.quantity}" for j in judged if j.wrong.any()}


def _suspects(first, wrong, shown):
    """What can be wrong first where `first` is the first one seen to be, in order of computation.

    It must not lie behind a quantity that is right, and everything seen that is computed from it must be wrong.
    """
    cleared = {q for right in shown - wrong for q in (right, *_sources(right))}
    possible = ({*_sources(first)} - cleared - shown) | {first}
    explains = lambda q: {s for s in shown if q in _sources(s) or q == s} == wrong
    return sorted(filter(explains, possible), key=ORDER.index) or [first]


def _sources(quantity):
    """Everything a quantity is computed from, itself left out."""
    return {q for source in FROM[quantity] for q in (source, *_sources(source))}


# What the mistakes of the catalogue give, and whether the target gives the same.


class _Single(NamedTuple):
    mistake: Mistake
    broken: set  # quantities it breaks, of those shown
    reproduced: set  # quantities that are the target's, at every point


def _candidates(views, wrong):
    """Single mistakes that give all the numbers shown, or else pairs of them."""
    shown = {q for view in views for q in view.values}
    in_trace, in_path = wrong - set(PATH), bool(shown & set(PATH))
    evaluation, training = [], []
    for mistake in MISTAKES.values():
        if "numpy" in mistake.planted and (in_path or mistake.quantity not in PATH):
            single = _single(mistake, views, shown)
            if single.broken:
                (training if mistake.quantity in PATH else evaluation).append(single)
    fitting = [s.mistake for s in (*evaluation, *training) if s.broken and shown <= s.reproduced]
    if fitting:
        return [(mistake,) for mistake in fitting]
    if not in_trace:
        return _pairs(views, training, training, wrong, shown) if in_path else []
    numbers = shown - set(PATH)
    explained = [s for s in evaluation if numbers <= s.reproduced]  # by one; another one is in the training
    if explained:
        return _pairs(views, explained, training, wrong, shown)
    return _pairs(views, evaluation, evaluation, in_trace, numbers)


def _single(mistake, views, shown):
    given = [_given(mistake.planted["numpy"], view) for view in views]
    broken = {q for view, values in zip(views, given, strict=True) for q in _broken(view, values)}
    same = lambda q: all(q not in v.values or (q in g and _same(v, q, g[q])) for v, g in zip(views, given, strict=True))
    return _Single(mistake, broken, {q for q in shown if same(q)})


def _pairs(views, some, others, wrong, quantities):
    """Two mistakes in different lines that together give the numbers.

    What only one of the two breaks, it must reproduce alone; so few pairs have to be tried.
    """
    fitting = []
    for a, b in combinations(some, 2) if some is others else product(some, others):
        of_one = [(a, a.broken - b.broken), (b, b.broken - a.broken)]
        if (a.broken | b.broken) & quantities != wrong:
            continue
        if all(only & quantities <= s.reproduced for s, only in of_one) and _both_there(a.mistake, b.mistake):
            texts = a.mistake.planted["numpy"] + b.mistake.planted["numpy"]
            if all(_fits(view, _given(texts, view), quantities) for view in views):
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
    return planted.changed("numpy", *texts)


def _given(texts, view):
    """What the NumPy column with these texts replaced gives at a point, or {} where it raises."""
    o, column = view.o, _module(texts)
    data = [np.array(Z) for Z in (o.p.X, o.p.Y, o.W1, o.W2)]
    try:
        values = column.trace(*data, o.p.activation)._asdict()
        if o.path is not None:
            path = column.train(*data, o.p.lr, len(o.path[2]), o.p.activation)
            values |= zip(PATH, _path_order(path), strict=True)
    except Exception:  # a planted mistake may raise anything, as on shapes that do not fit
        return {}
    return {q: np.asarray(values[q]) for q in view.values}


def _broken(view, given):
    """Quantities that a planted column gets wrong; those of a path by comparison with the right column's."""
    right = _given((), view) if PATH[0] in given else {}
    differs = lambda q: not _near_path(view, given[q], right[q]) if q in PATH else view.is_wrong(q, given[q])
    return {q for q in given if differs(q)}


def _fits(view, given, quantities):
    return all(q not in view.values or (q in given and _same(view, q, given[q])) for q in quantities)


def _same(view, quantity, given):
    """Whether a planted column's number is the target's: as near as two correct evaluations of it would be.

    The certified limits are of the right quantity; they are scaled to the size of the wrong one. And it must be
    nearer to the target than to the truth, by far, or a small mistake would be taken for another one.
    """
    value = view.values[quantity]
    if quantity in PATH:
        return _near_path(view, value, given)
    if value.shape != given.shape or (np.isfinite(value) != np.isfinite(given)).any():
        return False
    finite = np.isfinite(value)
    distance, size = (np.max(np.abs(Z[finite]), initial=0) for Z in (value - given, given))
    exact, limit = view.exact[quantity], view.limit[quantity]
    near = True
    if exact.shape == given.shape and not (np.abs(given - exact) <= limit)[finite].all():
        near = distance <= 0.1 * np.max(np.abs(given - exact)[finite])
    relative = np.max(limit) / max(np.max(np.abs(exact)), np.finfo(np.float64).tiny)
    return near and distance <= 4 * (np.max(limit) + min(relative, 1e-3) * size)


def _near_path(view, value, given):
    """Rounding errors of steps add up; a step's own is a few units in the last place of the largest weight."""
    if value.shape != given.shape or not np.isfinite(value).all():
        return value.shape == given.shape and value.tobytes() == given.tobytes()
    limit = 64 * len(value) * bounds.format_of(view.o.p.dtype).u * np.max(np.abs(given), initial=0)
    return bool((np.abs(value - given) <= limit).all())


def show_diagnosis(diagnosis, hint=False):
    """A Diagnosis in words; with `hint` only where to look."""
    d = diagnosis
    if d.quantity is None:
        return "Nothing is wrong."
    where = f"First wrong: {d.quantity} ({d.equation})"
    if len(d.suspects) > 1:
        where = f"First wrong: one of {', '.join(f'{q} ({EQUATIONS[q]})' for q in d.suspects)}"
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
