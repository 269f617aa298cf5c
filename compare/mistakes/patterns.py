"""What is odd about a wrong array: a factor, a sign, a transpose, something missing, digits lost."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.judge.bounds import format_of
from fourfold.compare.judge.judgement import Problem
from fourfold.compare.judge.quantities import Anatomy, is_of_every_step, kind_of, of_every_step, shown
from fourfold.compare.mistakes.precision import rounded


class Look(NamedTuple):
    """A wrong quantity of a trace at one point."""

    quantity: str
    value: np.ndarray
    exact: np.ndarray
    limit: np.ndarray
    given: dict  # quantity -> array: what the target gave, where it is right, else what is
    network: Anatomy
    parameters: tuple
    p: Problem
    is_direct: bool  # all that it is computed from was shown, and is right


def pattern(quantity, views):
    """A sentence on a wrong quantity: the first oddity that it has at every point looked at; "" if it has none."""
    name = shown(of_every_step(quantity), views[0].p.row)
    if is_of_every_step(quantity):
        return f"{name} goes wrong in training."
    oddity = _oddity([_look(quantity, view) for view in views])
    return f"{name} {oddity}." if oddity else ""


def _look(quantity, view):
    right = view.values.keys() - view.wrong
    given = view.exact | {name: view.values[name] for name in right & view.exact.keys()}
    is_direct = {*view.network.all[quantity].inputs} <= right
    value, exact, limit = view.values[quantity], view.exact[quantity], view.limit[quantity]
    return Look(quantity, value, exact, limit, given, view.network, view.parameters, view.p, is_direct)


def _oddity(looks):
    misshapen = [look for look in looks if look.value.shape != look.exact.shape]
    if misshapen:  # where the shape is right by accident nothing else is to be learned
        if all(look.value.shape == look.exact.T.shape for look in misshapen):
            return "is transposed"
        N = [len(look.exact) for look in misshapen if look.exact.shape[1:] == (1,)]
        every_pair = [look.value.shape for look in misshapen] == [(n, n) for n in N]
        return "is N × N: a column less N flat numbers is every pair of them" if every_pair else "has the wrong shape"
    for look in looks:
        are_numbers, should_be = np.isfinite(look.value), np.isfinite(look.exact)
        if should_be.all() and not are_numbers.all():
            return "is not a number"
        if (are_numbers & ~should_be).any():
            return "is finite where the right value is not"
    for describe in (_zero, _factor, _offset, _transposed, _sample, _lines, _batches):
        if describe is _offset and len(looks) == looks[0].value.size == 1:
            continue  # one number is always off by a constant
        first, *others = map(describe, looks)
        for text in first:
            if all(text in texts for texts in others):
                return text
    return _number(looks) or rounded(looks)


# Each of the following gives what can be said of a look, best first.


def _zero(look):
    return [] if look.value.any() else ["is zero"]


def _is(look, expected):
    """Whether the value is what is expected, within the limit scaled to the size of that."""
    smallest = np.finfo(float).tiny
    scale = max(1.0, np.max(np.abs(expected)) / max(np.max(np.abs(look.exact)), smallest))
    allowed = 4 * (look.limit + np.max(look.limit)) * scale + 16 * format_of(look.p.dtype).u * np.max(np.abs(expected))
    return bool((np.abs(look.value - expected) <= allowed).all())


def factors(p):
    """Factors people get wrong, by name, in the order they are thought of."""
    N, d_in, d_out = len(p.X), p.X.shape[1], p.Y.shape[1]
    return {
        "½": 1 / 2,
        "N": N,
        "1/N": 1 / N,
        "2": 2,
        "2N": 2 * N,
        "1/(2N)": 1 / (2 * N),
        "1/d_out": 1 / d_out,
        "d_out": d_out,
        "2/d_out": 2 / d_out,
        "N/d_out": N / d_out,
        "N/d_in": N / d_in,
        "N/(N - 1)": N / max(N - 1, 1),
        "N/4": N / 4,
        "N²": N * N,
    }


def _ratio(look):
    """The factor c that all entries have in common, and how far rounding may have moved it; or None."""
    exact = look.exact
    size = float((exact * exact).sum())
    c = float((look.value * exact).sum()) / size if size else 1.0
    uncertain = 4 * max(1.0, abs(c)) * float(np.max(look.limit)) / (np.max(np.abs(exact)) or 1.0)
    return (c, uncertain) if _is(look, c * exact) and abs(c - 1) > uncertain else None


def _factor(look):
    if not (ratio := _ratio(look)):
        return []
    c, uncertain = ratio
    if abs(c + 1) <= uncertain:
        return ["has the wrong sign"]
    sign = "-" if c < 0 else ""
    names = [name for name, factor in factors(look.p).items() if abs(abs(c) - factor) <= uncertain * factor]
    return [f"is {sign}{name} times what it should be" for name in names]


def _number(looks):
    """The factor that all looks have in common, with all digits that are certain."""
    ratios, is_number = [*filter(None, map(_ratio, looks))], looks[0].exact.size == 1
    if len(ratios) < len(looks) or (is_number and len(looks) == 1):
        return ""
    c, uncertain = min(ratios, key=lambda ratio: ratio[1])
    if any(abs(c - other) > uncertain + more for other, more in ratios):
        return "" if is_number else "is a multiple of what it should be, with a different factor at every point"
    digits = max(0, min(15, int(-np.log10(4 * max(uncertain, 1e-16)))))
    return f"is {c:.{digits}f}".rstrip("0").rstrip(".") + " times what it should be"


def _offset(look):
    off, limit = look.value - look.exact, np.max(look.limit)
    constant = np.ptp(off) <= 4 * limit and np.abs(off).min() > 100 * limit
    if not constant:
        return []
    return [f"is too {'large' if off.mean() > 0 else 'small'} by {abs(off.mean()):.2g} everywhere"]


def _transposed(look):
    exact = look.exact
    square = exact.ndim == 2 and exact.shape[0] == exact.shape[1] > 1
    return ["is transposed"] if square and _is(look, exact.T) else []


def _sample(look):
    left_out, only = [], []
    for number, part in enumerate(_parts(look), start=1):
        name = f"sample {number}"
        if number in {1, len(look.p.X)}:
            name = "the first sample" if number == 1 else "the last sample"
        if _is(look, look.exact - part):
            left_out.append(f"leaves out {name}")
        if _is(look, part):
            only.append(f"has {name} only")
    return left_out + only


def _batches(look):
    """Batches of some size whose means count the same, though the last batch is smaller."""
    texts, N = [], len(look.p.X)
    for n in range(2, N) if kind_of(look.quantity) == "dL_dY_hat" else ():
        sizes = np.minimum(n, N - np.arange(N) // n * n)  # of each sample's batch
        if N % n and _is(look, look.exact * (N / sizes / -(-N // n))[:, None]):
            texts.append(f"counts every batch of {n} alike, also the last, smaller one")
    return texts


def _parts(look):
    """What every sample adds to the loss, or to the gradient of a parameter; of other quantities nothing."""
    kind, q, X = kind_of(look.quantity), look.given, look.p.X
    if kind == "L":
        return (q["R"] ** 2).sum(axis=-1) / (2 * len(X))
    if kind == "dL_dW":
        *before, dL_dH = look.network.trace[look.quantity].inputs
        A = q[before[0]] if before else X
        return A[:, :, None] * q[dL_dH][:, None, :]
    if kind == "dL_db":
        (dL_dH,) = look.network.trace[look.quantity].inputs
        return q[dL_dH][:, None, :]
    return ()


def _lines(look):
    """One row, column or entry wrong and all else right."""
    value, exact = look.value, look.exact
    wrong = ~(np.abs(value - exact) <= 2 * look.limit)
    if exact.ndim != 2 or wrong.all():
        return []
    if wrong.sum() == 1:
        return [f"is wrong in one entry, [{', '.join(map(str, np.argwhere(wrong)[0]))}]"]
    for axis, kind in ((0, "row"), (1, "column")):
        (lines,) = np.nonzero(wrong.any(axis=1 - axis))
        if len(lines) == 1 < wrong.shape[axis]:
            k = lines[0]
            verb = "is wrong" if value.take(k, axis).any() else "is zero"
            texts = [f"{verb} in {kind} {k}"]
            if k == wrong.shape[axis] - 1:
                texts.insert(0, f"{verb} in its last {kind}")
            return texts
    return []
