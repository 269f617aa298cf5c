"""What is odd about a wrong array: a factor, a sign, a transpose, something missing, digits lost."""

import numpy as np

from fourfold.compare.judge.bounds import format_of


def pattern(quantity, looks):
    """A sentence on a wrong quantity: the first oddity that it has at every point looked at.

    A look is (value, exact, limit, all exact quantities, problem); exact and limit are None for a path.
    """
    if looks[0][1] is None:
        return f"{quantity.removeprefix('every ')} goes wrong in training."
    misshapen = [look for look in looks if look[0].shape != look[1].shape]
    if misshapen:  # where the shape is right by accident nothing else is to be learned
        transposed = all(value.shape == exact.T.shape for value, exact, *_ in misshapen)
        return f"{quantity} {'is transposed' if transposed else 'has the wrong shape'}."
    if any(np.isfinite(exact).all() and not np.isfinite(value).all() for value, exact, *_ in looks):
        return f"{quantity} is no number."
    for describe in (_zero, _factor, _offset, _transposed, _sample, _lines, _precision):
        if describe is _offset and len(looks) == looks[0][0].size == 1:
            continue  # one number is always off by a constant
        found = [describe(quantity, *look) for look in looks]
        common = [text for text in found[0] if all(text in texts for texts in found)]
        if common:
            return f"{quantity} {common[0]}."
    return f"{quantity} differs in no simple way."


# Each of the following gives what can be said of a look, best first.


def _zero(quantity, value, exact, limit, q, p):
    return [] if value.any() else ["is zero"]


def _same(a, exact, b, limit):
    """Whether a is b, within the limit of `exact` scaled to the size of b."""
    scale = max(1.0, np.max(np.abs(b)) / max(np.max(np.abs(exact)), np.finfo(float).tiny))
    return bool((np.abs(a - b) <= 4 * (limit + np.max(limit)) * scale).all())


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


def _factor(quantity, value, exact, limit, q, p):
    size = float((exact * exact).sum())
    c = float((value * exact).sum()) / size if size else 1.0
    if not _same(value, exact, c * exact, limit) or abs(c - 1) < 1e-6:
        return []
    if abs(c + 1) < 1e-6:
        return ["has the wrong sign"]
    sign = "-" if c < 0 else ""
    names = [name for name, f in factors(p).items() if abs(abs(c) - f) <= 1e-6 * f]
    if exact.size > 1:
        names.append(f"{abs(c):.6g}")
    return [f"is {sign}{name} times what it should be" for name in names]


def _offset(quantity, value, exact, limit, q, p):
    off = value - exact
    constant = np.ptp(off) <= 4 * np.max(limit) and np.abs(off).min() > 100 * np.max(limit)
    return [f"is too {'large' if off.mean() > 0 else 'small'} by {abs(off.mean()):.2g} everywhere"] if constant else []


def _transposed(quantity, value, exact, limit, q, p):
    square = exact.ndim == 2 and exact.shape[0] == exact.shape[1] > 1
    return ["is transposed"] if square and _same(value, exact, exact.T, limit) else []


def _sample(quantity, value, exact, limit, q, p):
    """Gradients and the loss are sums over the samples."""
    N = len(p.X)
    if quantity == "L":
        parts = (q["R"] ** 2).sum(axis=-1) / (2 * N)
    elif quantity.startswith("dL_dW"):
        a, d = _factors_of(int(quantity[5:]), q, p)
        parts = a[:, :, None] * d[:, None, :]
    elif quantity.startswith("dL_db"):
        parts = q[f"dL_dH{quantity[5:]}"][:, None, :]
    else:
        return []
    names = ["the first sample", *(f"sample {k}" for k in range(2, N)), "the last sample"]
    out = [f"leaves out {n}" for n, part in zip(names, parts, strict=False) if _same(value, exact, exact - part, limit)]
    return out + [f"has {n} only" for n, part in zip(names, parts, strict=False) if _same(value, exact, part, limit)]


def _factors_of(k, q, p):
    """A of the layer before, and dL_dH: dL_dW of layer k is a product of the two."""
    if p.row == "two_layer":
        return (p.X, q["dL_dH"]) if k == 1 else (q["A"], q["dL_dY_hat"])
    return p.X if k == 1 else q[f"A{k - 1}"], q[f"dL_dH{k}"]


def _lines(quantity, value, exact, limit, q, p):
    """One row, column or entry wrong and all else right."""
    bad = ~(np.abs(value - exact) <= 2 * limit)
    if exact.ndim != 2 or bad.all():
        return []
    if bad.sum() == 1:
        return [f"is wrong in one entry, [{', '.join(map(str, np.argwhere(bad)[0]))}]"]
    for axis, kind in ((1, "row"), (0, "column")):
        (lines,) = np.nonzero(bad.any(axis=axis))
        if len(lines) == 1 < bad.shape[1 - axis]:
            k = lines[0]
            verb = "is wrong" if (value[k] if axis else value[:, k]).any() else "is zero"
            return [f"{verb} in its last {kind}"] * bool(k == bad.shape[1 - axis] - 1) + [f"{verb} in {kind} {k}"]
    return []


def _precision(quantity, value, exact, limit, q, p):
    size = np.max(np.abs(exact))
    relative = np.max(np.abs(value - exact)) / size if size else 1.0
    if not relative < 1e-3:
        return []
    digits = round(-np.log10(relative))
    like = [
        f"keeps only some digits, as many as {name} has"
        for dtype, name in (("float16", "half precision"), ("float32", "float32"))
        if p.dtype == "float64" and format_of(dtype).u / 30 < relative < 8 * format_of(dtype).u
    ]
    return [*like, *(f"keeps about {d} digits" for d in (digits, digits - 1, digits + 1))]
