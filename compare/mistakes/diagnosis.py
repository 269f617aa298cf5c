"""From wrong numbers to the mistake behind them: the first wrong quantity, what is odd about it, who makes it so.

Pure NumPy: what a target gave at a few points is compared with what each mistake of the catalogue gives there.
"""

from functools import cache
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases import suites
from fourfold.compare.columns import calls
from fourfold.compare.judge import bounds, judgement, truth
from fourfold.compare.judge.judgement import Problem
from fourfold.compare.judge.quantities import TRUTH_NAMES, parameter_names, trace_names
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import MISTAKES
from fourfold.compare.mistakes.mistake import Mistake
from fourfold.compare.mistakes.patterns import pattern

# Cases that tell the mistakes apart, of one depth in the row of any depth.
CASES = {
    "two_layer": (
        "asymmetric-sigmoid",
        "one-output-sigmoid",
        "square-sigmoid",
        "saturated-sigmoid",
        "asymmetric-tanh",
        "asymmetric-relu",
    ),
    "deep": ("deep-tanh", "deep-square-relu", "deep-saturated", "deep-zero-biases"),
}
# Of a quantity without the number of its layer; a last layer's dL_dW is E13.
EQUATIONS = {
    "H": "E1",
    "A": "E2",
    "Y_hat": "E3",
    "R": "E4",
    "L": "E5",
    "dL_dY_hat": "E10",
    "dL_dA": "E15",
    "dL_dH": "E16",
    "dL_dW": "E19",
    "dL_db": "E7",
    "every L": "E24",
    "every W": "E23",
    "every b": "E23",
}


class Quantities(NamedTuple):
    """What there is to see of a network, by name."""

    order: tuple  # of computation; those of a path last
    sources: dict  # what each is computed from
    depth: int

    def first(self, names):
        return min(names, key=self.order.index)

    def equation(self, name):
        layer = name.rstrip("0123456789")
        return "E13" if name == f"dL_dW{self.depth}" else EQUATIONS[layer]

    def behind(self, name):
        """Everything a quantity is computed from, itself left out."""
        return {q for source in self.sources[name] for q in (source, *self.behind(source))}


@cache
def quantities(row, depth, biases):
    """The Quantities of a network of a row."""
    K, sources = depth, {"H1": (), "R": ("Y_hat",), "L": ("R",), "dL_dY_hat": ("R",), "every L": ("L",)}
    for k in range(1, K + 1):
        A, A_in = "Y_hat" if k == K else f"A{k}", f"A{k - 1}"
        sources |= {
            A: (f"H{k}",),
            f"dL_dH{k}": (A, f"dL_d{A}"),
            f"dL_dW{k}": (f"dL_dH{k}",),
            f"dL_db{k}": (f"dL_dH{k}",),
        }
        sources |= {f"every {z}{k}": (f"dL_d{z}{k}",) for z in "Wb"}
        if k > 1:
            sources |= {f"H{k}": (A_in,), f"dL_d{A_in}": (f"dL_dH{k}",), f"dL_dW{k}": (A_in, f"dL_dH{k}")}
    if row == "two_layer":
        # its output is linear and without a name of its own before σ: H2 is Y_hat
        same = {name: short for short, name in TRUTH_NAMES.items()} | {"H2": "Y_hat", "dL_dH2": "dL_dY_hat"}
        renamed = lambda names: tuple(same.get(name, name) for name in names)
        kept = {name: sources[name] for name in sources if name not in {"H2", "dL_dH2", "Y_hat"}}
        sources = dict(zip(renamed(kept), map(renamed, kept.values()), strict=True)) | {"Y_hat": ("A",)}
    parameters = [f"{z}{k}" for k in range(K, 0, -1) for z in ("Wb" if biases else "W")]
    order = (*trace_names(row, K, biases), "every L", *(f"every {name}" for name in parameters))
    return Quantities(order, {name: sources[name] for name in order}, K)


def of_training(quantity):
    return quantity.startswith("every ")


class Observation(NamedTuple):
    """What a target gave at one point."""

    p: Problem
    parameters: tuple  # of one network: W1 ... WK and, with biases, b1 ... bK
    found: dict  # quantities of a trace -> arrays
    path: tuple | None = None  # all parameters (steps, ...) after every step from these, and L (steps,)

    def quantities(self):
        K = len(self.p.activations)
        return quantities(self.p.row, K, len(self.parameters) > K)


class Diagnosis(NamedTuple):
    """`candidates` are tuples of one Mistake, or of two made together; all of them give these numbers."""

    quantity: str | None  # the first wrong one, in order of computation; None: nothing is wrong
    equation: str
    suspects: tuple[str, ...]  # what may be that quantity, itself first: what is not shown cannot always be told apart
    deduced: bool  # the target did not show that quantity itself
    pattern: str  # what is odd about the first wrong quantity that it did show
    candidates: tuple[tuple[Mistake, ...], ...]
    equations: tuple[str, ...] = ()  # of the suspects


def points(row="two_layer", dtype="float64"):
    """(Problem, parameters) of one network of every case of a row's CASES."""
    entries = {entry.name: entry for entry in (*suites.TABLE, *suites.DEEP)}
    for name in CASES[row]:
        case = suites.build(entries[name])
        _, _, *parameters = case.cast(dtype)
        yield judgement.problem(case, dtype), tuple(Z[0] for Z in parameters)


def diagnose(observations):
    """The Diagnosis of what a target gave at one or more points, all of one row and depth.

    A candidate reproduces every number shown within what rounding allows, and gives a wrong number somewhere.
    """
    with np.errstate(all="ignore"):
        views = [_View(observation) for observation in observations]
        wrong = {q for view in views for q in view.wrong}
        if not wrong:
            return Diagnosis(None, "", (), False, "", ())
        Q = observations[0].quantities()
        first = Q.first(wrong)
        shown = {q for view in views for q in view.values}
        candidates = _candidates(views, wrong)
        named = {Q.first(c.firsts) for c in candidates}
        suspects = sorted(named, key=Q.order.index) or _suspects(first, wrong, shown, Q)
        quantity = suspects[0]
        of = [view.look(first) for view in views if first in view.wrong]
        best = candidates[0].mistakes[0] if candidates else None
        equation = best.equation if best and of_training(quantity) else Q.equation(quantity)
        return Diagnosis(
            quantity,
            equation,
            tuple(suspects),
            quantity not in shown,
            pattern(first, of),
            tuple(c.mistakes for c in candidates),
            tuple(map(Q.equation, suspects)),
        )


class _View:
    """One observation beside the truth: everything by quantity, the path's as "every ..."."""

    def __init__(self, observation):
        self.o = o = observation
        q, E, in_range = judgement.exact_values(o.parameters, o.p._replace(exact=False))
        self.values, self.exact, self.limit, self.wide = {}, {}, {}, {}
        for name in filter(lambda name: not of_training(name), o.quantities().order):
            key = TRUTH_NAMES.get(name, name)
            self.wide[name], self.limit[name] = q[key], np.asarray(E[key])
            self.exact[name] = truth.narrow(np.asarray(q[key]))
            if name in o.found:
                self.values[name] = np.asarray(o.found[name], o.p.dtype)
        self.usable = bool(in_range)
        if o.path is not None:
            self.values |= {name: np.asarray(Z, o.p.dtype) for name, Z in _by_name(o, o.path).items()}
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
        """What fourfold.compare.mistakes.patterns looks at: (value, exact, limit, quantities, problem)."""
        return self.values[name], self.exact.get(name), self.limit.get(name), self.exact, self.o.p


def _by_name(o, path):
    names = [*parameter_names(o.parameters, o.p), "L"]
    return {f"every {name}": Z for name, Z in zip(names, path, strict=True)}


def _wrong_in_path(o):
    """What of the path the step certificate rejects; all of it where the arrays have the wrong shape."""
    path = tuple(np.asarray(Z, o.p.dtype) for Z in o.path)
    if judgement.malformed_path(path, o.parameters, len(path[-1]), o.p):
        return set(_by_name(o, path))
    before = [np.concatenate([w[None], ws[:-1]])[:, None] for w, ws in zip(o.parameters, path, strict=False)]
    judged = judgement.judge_steps(before, [Z[:, None] for Z in path], o.p)
    return {f"every {j.quantity}" for j in judged if j.wrong.any()}


def _suspects(first, wrong, shown, Q):
    """What can be wrong first where `first` is the first one seen to be, in order of computation.

    It must not lie behind a quantity that is right, and everything seen that is computed from it must be wrong.
    """
    cleared = {q for right in shown - wrong for q in (right, *Q.behind(right))}
    possible = (Q.behind(first) - cleared - shown) | {first}
    explains = lambda q: {s for s in shown if q in Q.behind(s) or q == s} == wrong
    return sorted(filter(explains, possible), key=Q.order.index) or [first]


# What the mistakes of the catalogue give, and whether the target gives the same.


class _Single(NamedTuple):
    mistake: Mistake
    first: str  # what it breaks first
    broken: set  # quantities it breaks, of those shown
    reproduced: set  # quantities that are the target's, at every point


class _Candidate(NamedTuple):
    mistakes: tuple
    firsts: tuple


def _candidates(views, wrong):
    """Single mistakes that give all the numbers shown, or else pairs of them."""
    shown = {q for view in views for q in view.values}
    in_path = any(map(of_training, shown))
    evaluation, training = [], []
    for mistake in _known(views[0].o.p.row):
        if in_path or not of_training(mistake.quantity):
            single = _single(mistake, views, shown)
            if single.broken:
                (training if of_training(mistake.quantity) else evaluation).append(single)
    fitting = [s for s in (*evaluation, *training) if s.broken and shown <= s.reproduced]
    if fitting:
        return [_Candidate((s.mistake,), (s.first,)) for s in fitting]
    in_trace = {q for q in wrong if not of_training(q)}
    if not in_trace:
        return _pairs(views, training, training, wrong, shown) if in_path else []
    numbers = {q for q in shown if not of_training(q)}
    explained = [s for s in evaluation if numbers <= s.reproduced]  # by one; another one is in the training
    if explained:
        return _pairs(views, explained, training, wrong, shown)
    return _pairs(views, evaluation, evaluation, in_trace, numbers)


@cache
def _known(row):
    """Mistakes that can be planted in a row's NumPy column, whichever row they were found in: a loss is a loss."""
    return [m for m in MISTAKES.values() if "numpy" in m.planted and _fits_in(row, m.planted["numpy"])]


def _fits_in(row, texts):
    try:
        return bool(planted.wrong_source("numpy", *texts, row=row))
    except ValueError:
        return False


def _single(mistake, views, shown):
    given = [_given(mistake.planted["numpy"], view) for view in views]
    broken = {q for view, values in zip(views, given, strict=True) for q in _broken(view, values)}
    same = lambda q: all(q not in v.values or (q in g and _same(v, q, g[q])) for v, g in zip(views, given, strict=True))
    first, Q = mistake.quantity, views[0].o.quantities()
    if broken and not (of_training(first) and first in Q.order):  # a path goes on from what is wrong
        first = Q.first(broken)
    return _Single(mistake, first, broken & shown, {q for q in shown if same(q)})


def _pairs(views, some, others, wrong, quantities):
    """Two mistakes in different lines that together give the numbers.

    What only one of the two breaks, it must reproduce alone; so few pairs have to be tried.
    """
    fitting, row = [], views[0].o.p.row
    for a, b in combinations(some, 2) if some is others else product(some, others):
        of_one = [(a, a.broken - b.broken), (b, b.broken - a.broken)]
        if (a.broken | b.broken) & quantities != wrong:
            continue
        if all(only & quantities <= s.reproduced for s, only in of_one) and _both_there(a.mistake, b.mistake, row):
            texts = a.mistake.planted["numpy"] + b.mistake.planted["numpy"]
            if all(_fits(view, _given(texts, view), quantities) for view in views):
                fitting.append(_Candidate((a.mistake, b.mistake), (a.first, b.first)))
    return fitting


def _both_there(a, b, row):
    """Whether two mistakes leave each other's text alone."""
    texts = a.planted["numpy"], b.planted["numpy"]
    try:
        one, other = (planted.wrong_source("numpy", *x, *y, row=row) for x, y in (texts, texts[::-1]))
    except ValueError:
        return False
    return one == other


@cache
def _module(texts, row):
    return planted.changed("numpy", *texts, row=row)


def _given(texts, view):
    """What the NumPy column with these texts replaced gives at a point, or {} where it raises."""
    o, column = view.o, _module(texts, view.o.p.row)
    X, Y, *natives = (np.array(Z) for Z in (o.p.X, o.p.Y, *o.parameters))
    *weights, activations = calls._arguments(o.p.row, natives, o.p.activations)
    try:
        values = column.trace(X, Y, *weights, activations).named()
        if o.path is not None:
            path = column.train(X, Y, *weights, o.p.lr, len(o.path[-1]), activations)
            values |= _by_name(o, calls._flat(path))
    except Exception:  # a planted mistake may raise anything, as on shapes that do not fit
        return {}
    return {q: np.asarray(Z) for q, Z in values.items()}


def _broken(view, given):
    """Quantities that a planted column gets wrong; those of a path by comparison with the right column's."""
    right = _given((), view) if "every L" in given else {}
    differs = lambda q: not _near_path(view, given[q], right[q]) if of_training(q) else view.is_wrong(q, given[q])
    return {q for q in given if differs(q)}


def _fits(view, given, quantities):
    return all(q not in view.values or (q in given and _same(view, q, given[q])) for q in quantities)


def _same(view, quantity, given):
    """Whether a planted column's number is the target's: as near as two correct evaluations of it would be.

    The certified limits are of the right quantity; they are scaled to the size of the wrong one. And it must be
    nearer to the target than to the truth, by far, or a small mistake would be taken for another one.
    """
    value = view.values[quantity]
    if of_training(quantity):
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
        each = (f"{q} ({equation})" for q, equation in zip(d.suspects, d.equations, strict=True))
        where = f"First wrong: one of {', '.join(each)}"
    if hint:
        return f"{where}."
    lines = [f"{where}{', deduced' if d.deduced else ''}. {d.pattern}"]
    if not d.candidates:
        return "\n".join([*lines, "It is none of the known mistakes."])
    best, *others = d.candidates
    lines.append(f"This is what happens with: {_names(best)}.")
    for mistake in best:
        wrong, right = planted.differing_lines("numpy", *mistake.planted["numpy"], row=mistake.row)
        lines += [f"    {mistake.why}"]
        lines += [f"    {label}  {line}" for label, part in (("wrong", wrong), ("right", right)) for line in part]
    if others:
        lines.append(f"The same numbers come from: {'; '.join(map(_names, others))}.")
    return "\n".join(lines)


def _names(mistakes):
    return " and ".join(m.name for m in mistakes)
