"""Which narrower numbers are inside a wrong quantity: its inputs, its products or its result are rounded to them."""

import numpy as np

from fourfold.compare.judge.bounds import format_of

# Formats narrower than float64, by how many bits they have.
FORMATS = {8: "bfloat16", 11: "TF32 or float16", 24: "float32"}
NARROW = "TF32, float16 or bfloat16"
# A copy made with rounding has to come so much nearer to the target than what is right.
NEARER = 0.05


def rounded(looks):
    """What is to be said of a quantity that was rounded to some format, or is right to some digits; or ""."""
    narrower = [bits for bits in FORMATS if 2.0**-bits > 4 * format_of(looks[0].p.dtype).u]
    for bits in narrower:
        if all(_is_inside(bits, look) for look in looks):
            few = len(looks) * looks[0].exact.size < 4  # which may have fewer bits by chance
            return f"has {NARROW if few and bits in (8, 11) else FORMATS[bits]} inside"
    relative, one_way = [], []
    for look in looks:
        size, error = np.max(np.abs(look.exact)), look.value - look.exact
        if not size:
            return ""
        relative.append(np.max(np.abs(error)) / size)
        one_way.append((error * look.exact)[error != 0].ravel() > 0)
    scatters = len(looks) > 1 and 0.1 < np.concatenate(one_way).mean() < 0.9
    if scatters and not all(look.is_direct for look in looks):  # what comes from the right numbers was tried above
        usual = np.median(relative) if looks[0].exact.size > 1 else max(relative)
        for few, many, name in ((8, 11, NARROW), (24, 24, FORMATS[24])):
            if few in narrower and 2.0**-many / 16 < usual < 4 * 2.0**-few:
                return f"has errors that scatter, as large as rounding to {name} makes them"
    digits = round(-np.log10(max(relative)))
    return f"is right to about {digits} digits" if digits >= 3 else ""


def _is_inside(bits, look):
    """Whether a quantity is what comes of rounding to so many bits, once, what goes into it or what comes out."""
    off = np.max(np.abs(look.value - look.exact))
    if (_round(look.value, bits) == look.value).all():
        return bool(off <= 16 * 2.0**-bits * np.max(np.abs(look.exact)))
    return any(np.max(np.abs(look.value - copy)) <= NEARER * off for copy in _copies(bits, look))


def _copies(bits, look):
    """The quantity as it is where the inputs or the products of its matrix product are rounded; nothing of others."""
    product = _product(look)
    if not product:
        return
    left, right, bias = product
    for nearest in (True, False):
        narrow_left, narrow_right = _round(left, bits, nearest), _round(right, bits, nearest)
        for a, b in ((narrow_left, narrow_right), (narrow_left, right), (left, narrow_right)):
            yield a @ b + bias
    for a, b in ((left, right), (_round(left, bits), _round(right, bits))):
        yield _round(a[:, :, None] * b, bits).sum(axis=-2) + bias


def _product(look):
    """(left factor, right factor, what is added to their product), or None where a quantity is no product."""
    q = look.network.trace[look.quantity]
    inputs = [look.given[name] for name in q.inputs]
    depth = look.network.depth
    weights, biases = look.parameters[:depth], look.parameters[depth:] or (0.0,) * depth
    if q.kind == "H" or (q.kind == "Y_hat" and q.layer > look.network.trace[q.inputs[0]].layer):
        left = inputs[0] if inputs else look.p.X
        return left, weights[q.layer - 1], biases[q.layer - 1]
    if q.kind == "dL_dW":
        *before, dL_dH = inputs
        return (before[0] if before else look.p.X).T, dL_dH, 0.0
    if q.kind == "dL_dA":
        return inputs[0], weights[q.layer].T, 0.0
    return None


def _round(Z, bits, nearest=True):
    """Numbers with so many bits: the nearest ones, or those towards zero."""
    mantissa, exponent = np.frexp(np.asarray(Z, np.float64))
    cut = np.round if nearest else np.trunc
    return np.ldexp(cut(np.ldexp(mantissa, bits)), exponent - bits)
