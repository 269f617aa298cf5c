"""How far a correct evaluation in the working precision may be from the truth.

Every quantity carries a value v and a limit E: whatever order of summation, fused or separate multiply-add,
reciprocal for division, or a (1 - a), a - a², 1 - a², (1 + a)(1 - a) for σ' a column uses, its number v̂ obeys
|v̂ - v| <= E. Forms that cancel where these do not, such as ½(1 + tanh(h/2)) for a saturated σ, are not within it.
This is running error analysis (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., SIAM 2002, sections
3.1 and 3.3), with u the unit roundoff, γ_n = n u / (1 - n u) (Higham, lemma 3.1) and η the smallest normal number.

- Rounding. Each operation multiplies by (1 + δ), |δ| <= u; an inner product of length n in any order by at most
  (1 + θ_n), |θ_n| <= γ_n, term by term (Higham, equation 3.4).
- Underflow. A subnormal result may be flushed to zero when it is written, or when it is next read: 2η an operation.
  Inputs may be flushed when they are read: E = η for an input that is itself subnormal.
- Zeros. What is exactly zero for structural reasons (all factors zero) keeps E = 0, and must be exactly zero.
- Overflow is not bounded: `reaches` says how large an intermediate result may have been, and the caller stops there.
- Half precision. u is 2^-11 (float16) or 2^-8 (bfloat16), and all of the above holds of operations that round to it.
  γ_n covers any order of summation there, and sums in float32 that are rounded once: less rounding is within every
  limit, as all are sums of what each operation may do. Where n u >= 1 nothing is certified. N itself rounds, once,
  where it is made a number of the format. A compiler may go on with the float32 that it rounded only to show it: what
  is computed from a number shown (`own`) knows it within u. The rate is rounded before anybody is given it.
- Mixed precision. Layers are computed in bfloat16, forwards and backwards, or only the factors of their products are
  rounded to it; each such rounding is one more. The loss, and the steps of float32 weights, are float32.

All limits are computed in float64; its rounding, and the rounding of the truth itself, are part of `slack`.
"""

import numpy as np

from fourfold.compare.judge.formats import format_of
from fourfold.compare.judge.products import matmul
from fourfold.compare.judge.truth import narrow, unit_roundoff

# Error of the libraries' sigmoid and tanh, in eps relative to the result: the one measured constant.
C_ACTIVATION = 8
# In half precision exp, 1 + and 1 / may round one by one, which is 1.5 eps. Of all inputs the worst has 1.24.
C_ACTIVATION_HALF = 2
# At least max|φ''|/2, for the remainder of φ(h + E): sigmoid 1/(12 √3) = 0.0482, tanh 2/(3 √3) = 0.385
HALF_CURVATURE = {"sigmoid": 0.05, "tanh": 0.39}
# At least φ'(t) for every t >= 0, for where φ'(h) is too small for that remainder; and how far φ can move at all
STEEPEST = {"sigmoid": lambda t: np.minimum(0.25, np.exp(-t)), "tanh": lambda t: np.minimum(1, 4 * np.exp(-2 * t))}
RANGE = {"sigmoid": 1, "tanh": 2}


def slack(dtype, wide):
    """Factor on every limit for the truth's own rounding.

    The truth is computed by the same formulas with a smaller u, so its error obeys the same limits with u_wide for
    u; each limit is a polynomial in u without constant term or negative coefficient, hence at most u_wide/u of it.
    64 eps cover the rounding of the limits, which are sums of positive terms in float64.
    """
    return 1 + 2 * unit_roundoff(wide) / format_of(dtype).u + 64 * np.finfo(np.float64).eps


def gamma(n, u):
    """Higham's γ_n; infinite where n roundings have no bound, so that nothing is certified."""
    return n * u / (1 - n * u) if n * u < 1 else np.inf


def magnitudes(q, number: type = np.float64):
    """{name: |exact value|} of all quantities in `q`, as arrays of `number`."""
    return {name: np.abs(narrow(Z, number)) for name, Z in q.items()}


def limits(q, X, Y, network, dtype, wide, number: type = np.float64, E_weights=None, own=None, v=None):
    """The limit of every quantity in `q` (from `truth.evaluate`), by the same names, as arrays of `number`.

    float64 is enough wherever float64 can hold the quantities; beyond, `number` may be long double. `E_weights`, an
    array a layer and then one for every layer's biases, says how far the weights used may be from those in `network`;
    as a rule they are the same. `own` is what `q` was evaluated with: what is computed from a column's own numbers
    knows them as inputs. `v` are the `magnitudes` of `q`, where the caller has them.
    """

    def magnitude(Z):
        return np.abs(narrow(Z, number))

    depth = len(network.weights)
    exact = [0.0] * depth
    with np.errstate(all="ignore"):
        W = [magnitude(Z) for Z in network.weights]
        b = [None if Z is None else magnitude(Z) for Z in network.biases]
        E_W, E_b = exact, exact
        if E_weights:
            E_W, E_b = E_weights[:depth], E_weights[depth:] or exact
        own = {name: magnitude(Z) for name, Z in (own or {}).items()}
        E = _limits(
            v or magnitudes(q, number),
            magnitude(X),
            magnitude(Y),
            W,
            E_W,
            b,
            E_b,
            network.activations,
            format_of(dtype),
            own,
        )
        factor = slack(dtype, wide)
        return {name: factor * limit for name, limit in E.items()}


def _limits(v, X, Y, W, E_W, b, E_b, activations, f, own):
    """Everything given is a magnitude."""
    K, g = len(W), f.layers or f
    N, d_out = Y.shape[-2:]
    A, E_A = [X], [_input(X, f)]
    E_W = [np.where(e > 0, e + f.eta, _input(w, f)) for w, e in zip(W, E_W, strict=True)]
    E = {}

    def used(name):
        """The magnitude of what the next quantity is computed from, and how far it is known."""
        shown = f if name == "R" else g
        return (own[name], _shown(own[name], E[name], shown)) if name in own else (v[name], E[name])

    for k in range(1, K + 1):
        name = "Y_hat" if k == K else f"A{k}"
        E[f"H{k}"] = _product(A[-1], E_A[-1], W[k - 1], E_W[k - 1], g, b[k - 1], E_b[k - 1])
        E[name], E[f"slope{k}"] = _activation(activations[k - 1], *used(f"H{k}"), v[name], v[f"slope{k}"], g)
        A_k, E_A_k = used(name)
        A.append(A_k)
        E_A.append(E_A_k)

    E["R"] = E_A[-1] + _rounded(f.u, v["R"] + E_A[-1], f) + _input(Y, f)
    R, E_R = used("R")
    # square, N d_out - 1 sums, and a scale made of 1/2, 1/N and their product: at most 3 more; or before the scale the
    # length of R, that is a root, whose rounding counts twice when it is squared, and that square
    n = N * d_out + 6 + f.half
    squares = ((2 * R + E_R) * E_R + gamma(n, f.u) * (R + E_R) ** 2).sum(axis=(-2, -1))
    E["L"] = squares / (2 * N) + 2 * n * f.eta * (R + E_R > 0).any(axis=(-2, -1))
    # 1/(2N) in two operations, times 2R in two more; in half precision N rounds too, and 1/(2N) may be subnormal
    scales = np.inf if 1 / f.eta < 2 * N else gamma(4 + f.half, f.u)
    E["dL_dY_hat"] = E_R / N + _rounded(scales, (R + E_R) / N, f, operations=4)
    if f.layers:
        E["dL_dY_hat"] = _cast((R + E_R) / N, E["dL_dY_hat"], g)
    dA, E_dA = used("dL_dY_hat")

    for k in range(K, 0, -1):
        E[f"dL_dH{k}"] = _times_slope(activations[k - 1], dA, E_dA, v[f"slope{k}"], E[f"slope{k}"], g)
        dH, E_dH = used(f"dL_dH{k}")
        E[f"dL_dW{k}"] = _product(A[k - 1].mT, E_A[k - 1].mT, dH, E_dH, g)
        if b[k - 1] is not None:
            # a fused sum adds a product that is not rounded to the number shown
            unrounded = g.u * dH if f"dL_dH{k}" in own and activations[k - 1] in HALF_CURVATURE else 0.0
            E[f"dL_db{k}"] = _column_sum(dH, E_dH + unrounded, g)
        if k > 1:
            E[f"dL_dA{k - 1}"] = _product(dH, E_dH, W[k - 1].mT, E_W[k - 1].mT, g)
            dA, E_dA = used(f"dL_dA{k - 1}")
    return E


def _input(Z, f):
    """An input is exact, unless it is subnormal and read as zero."""
    return np.where((np.abs(Z) > 0) & (np.abs(Z) < f.eta), f.eta, 0.0)


def _shown(Z, E, f):
    """How far what was computed with may be from the number shown: only in half precision does a compiler keep more."""
    if not f.half:
        return _input(Z, f)
    return np.where(E > 0, f.u * Z + np.where(f.eta > Z, f.eta, 0.0), 0.0)


def _rounded(relative, magnitude, f, operations=1):
    return relative * magnitude + 2 * operations * f.eta * (magnitude > 0)


def _cast(Z, E, f):
    """The limit of a number that is rounded once more, before it is used."""
    return E + f.u * (Z + E) + np.where((Z + E > 0) & (f.eta > Z), f.eta, 0.0)


def _product(a, E_a, b, E_b, f, bias=None, E_bias=0.0):
    """Limit of a @ b, or of a @ b + bias: one more term of the sums, wherever in their order it is added."""
    n = a.shape[-1] + (bias is not None)
    if f.casts:
        E_a, E_b = _cast(a, E_a, f), _cast(b, E_b, f)
        E_bias = 0.0 if bias is None else _cast(bias, E_bias, f)
    a_most, b_most = a + E_a, b + E_b
    most = matmul(a_most, b_most)
    if bias is not None:
        most += bias + E_bias
    E = gamma(n, f.u) * most
    # a E_b + E_a b + E_a E_b, less the products with an exact factor
    if E_b.any():
        E += matmul(a, E_b)
    if E_a.any():
        E += matmul(E_a, b_most)
    if bias is not None:
        E += _input(bias, f) + E_bias
    return E + 4 * n * f.eta * _some(E, a_most, b_most, bias, E_bias)


def _some(E, a_most, b_most, bias, E_bias):
    """Where a @ b + bias has a term that is not exactly 0; True where all of them have one."""
    if E.min() > 0:
        return True
    some = matmul(a_most, np.sign(b_most)) > 0  # no product of two tiny factors
    return some if bias is None else some | (bias + E_bias > 0)


def _activation(activation, H, E_H, A, slope, f):
    """Limits of φ(h) and of φ'(h) for an h known within E_H."""
    if activation == "identity":
        return E_H, np.zeros_like(A)
    if activation == "relu":
        undecided = (H <= E_H) & (E_H > 0)
        return E_H, np.where(undecided, 1.0, 0.0)
    # Taylor's remainder, or the mean value theorem with the steepest slope within E_H of h; 2^-50 for t's own rounding
    steepest = STEEPEST[activation](np.maximum(H - E_H, 0) * (1 - 2.0**-50))
    moved = np.minimum(np.minimum(slope + HALF_CURVATURE[activation] * E_H, steepest) * E_H, RANGE[activation])
    E_A = moved + (C_ACTIVATION_HALF if f.half else C_ACTIVATION) * 2 * f.u * (A + moved)
    # σ is never 0, but may be beyond the truth's range
    E_A += 2 * f.eta * ((activation == "sigmoid") | (A + moved > 0))
    most = A + E_A
    if activation == "sigmoid":
        # a (1 - a), and a - a²: d/da = 1 - 2a; u for either difference or square, γ_2 for the product
        E_slope = (np.abs(1 - 2 * A) + E_A) * E_A + 2 * f.u * most + gamma(2, f.u) * (slope + E_A)
    else:
        # 1 - a², and (1 + a)(1 - a) = (1 - a) + a (1 - a): d/da = -2a; u for a² or for the product, γ_3 for the rest
        E_slope = (2 * A + E_A) * E_A + 2 * f.u * most + gamma(3, f.u) * (slope + 2 * most * E_A)
    return E_A, E_slope + 4 * f.eta


def _times_slope(activation, dA, E_dA, slope, E_slope, f):
    if activation == "identity":
        return E_dA
    E = dA * E_slope + E_dA * (slope + E_slope)
    if activation == "relu":  # times 0 or 1: exact
        return E
    most = (dA + E_dA) * (slope + E_slope)
    return E + gamma(2, f.u) * most + 4 * f.eta * (dA + E_dA > 0)


def _column_sum(dH, E_dH, f):
    n = dH.shape[-2]
    most = (dH + E_dH).sum(axis=-2, keepdims=True)
    return E_dH.sum(axis=-2, keepdims=True) + gamma(n - 1, f.u) * most + 2 * n * f.eta * (most > 0)


def step_limit(lr, gradient, E_gradient, old, exact, dtype, wide):
    """How far w - λ g, as a column computes it, may be from `exact`, w - λ g with the exact g at the column's own w.

    `old`: the column's weights before; `gradient`, `E_gradient`: exact value and its limit; arrays of one shape. The
    product rounds once, then the difference once, to within u of its exact value (Higham, theorem 2.2), and both may
    be flushed. The truth's own two operations cost 2 u_wide (|w| + λ |g|).
    """
    f = format_of(dtype)
    lr, g = abs(lr), np.abs(gradient)
    product = lr * (E_gradient * (1 + f.u) + f.u * g) + _input(lr, f) * (g + E_gradient)
    own = 2 * unit_roundoff(wide) * (np.abs(old) + lr * g)
    return slack(dtype, wide) * (product + f.u * (np.abs(exact) + product) + own + 4 * f.eta)


def per_point(mask, values):
    """A mask of points (*S), given the axes that `values` (*S, ...) has beyond them."""
    return mask.reshape(mask.shape + (1,) * (values.ndim - mask.ndim))


def roundless(q, X, Y, network, dtype):
    """Where (per point, *S) no operation can round, so that the exact values are to be met bit for bit.

    A sum of terms that are all multiples of 2^-g, with magnitudes that add up to M, is exact in every order, fused or
    not, if M 2^g <= 2^p for p bits of significand, and 2^-g is a normal number. `grain` follows 2^g, `total` M. Only
    for networks of ReLU and identity, and for a number of samples that is a power of two.
    """
    W, K, N = network.weights, len(network.weights), Y.shape[-2]
    points = np.broadcast_shapes(*(w.shape[:-2] for w in W))
    only_straight_lines = set(network.activations) <= {"relu", "identity"}
    power_of_two = not N & (N - 1)
    no_biases = all(b is None for b in network.biases)
    if not (only_straight_lines and power_of_two and no_biases):
        return np.zeros(points, bool)
    f = format_of(dtype)
    bits = 2.0 ** (f.layers or f).bits
    v = {name: np.abs(narrow(value)) for name, value in q.items()}
    grains = [_grain(narrow(w)) for w in W]
    fits = np.ones(points, bool)

    def total(M, grain):
        nonlocal fits
        largest = M.max(axis=(-2, -1)) if np.ndim(M) > len(points) else M
        fits = fits & (largest * grain <= bits) & (grain * f.eta <= 1)
        return grain

    A, grain_A = [np.abs(narrow(X))], [_grain(narrow(X))]
    for k in range(1, K + 1):
        grain_A.append(total(A[-1] @ np.abs(narrow(W[k - 1])), grain_A[-1] * grains[k - 1]))
        A.append(v["Y_hat" if k == K else f"A{k}"])
    grain = total(v["Y_hat"] + np.abs(narrow(Y)), np.maximum(grain_A[-1], _grain(narrow(Y))))
    total((v["R"] ** 2).sum(axis=(-2, -1)), grain**2)
    dH, grain = v["dL_dY_hat"], grain * 2 * N
    for k in range(K, 0, -1):
        total(A[k - 1].mT @ dH, grain_A[k - 1] * grain)
        if k > 1:
            grain = total(dH @ np.abs(narrow(W[k - 1])).mT, grain * grains[k - 1])
            dH = v[f"dL_dH{k - 1}"]
    return fits


def exact_step(lr, old, gradient, E_gradient, dtype):
    """Where (per entry) w - λ g cannot round: the gradient is exact, and so are product and difference."""
    f, old = format_of(dtype), np.asarray(old, np.float64)
    grain = np.maximum(_grain(old), _grain(gradient) * _grain(np.asarray(lr)))
    fits = (np.abs(old) + abs(lr * gradient)) * per_point(grain, old) <= 2.0**f.bits
    return fits & (E_gradient == 0) & per_point(grain * f.eta <= 1, old)


def _grain(Z):
    """The smallest 2^g >= 1 such that every entry is a multiple of 2^-g; infinite where g would be over 60."""
    axes = tuple(range(-min(2, Z.ndim), 0))
    grain = np.full(Z.shape[: Z.ndim - len(axes)], np.inf)
    for g in reversed(range(61)):
        scaled = np.ldexp(Z, g)
        grain = np.where((scaled == np.rint(scaled)).all(axis=axes), 2.0**g, grain)
    return grain


def reaches(name, magnitude, limit, Y, dtype):
    """An upper limit of every intermediate result on the way to a quantity.

    A sum of products of total magnitude P has a limit of at least γ_n P > u P, so none of its partial sums is larger
    than E / u; before it is scaled the loss is 2 N times larger.
    """
    f, scale = format_of(dtype), 1
    if name == "L":
        N, d_out = Y.shape[-2:]
        scale = 2 * N
        if f.half:  # what may be flushed is in the limit, and is no part of a sum
            limit = np.maximum(limit - 2 * (N * d_out + 7) * f.eta, 0)
    return scale * (magnitude + limit / f.u)
