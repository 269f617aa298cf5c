"""Gradient descent in exact arithmetic, enclosed, and how far from it rounding can carry a column's losses.

For two-layer networks with a smooth activation. w is all weights of one network, W1 then W2 flattened, (p,);
Φ(w) = w - λ g(w) is one step and A = I - λ Hess L its derivative. Norms are Euclidean, spectral for matrices.

- `proved`: ball arithmetic evaluates Φ at points c_t, so that |c_t+1 - Φ(c_t)| <= r_t, and the mean value inequality
  on the ball around c_t gives |c_t+1 - w_t+1| <= κ_t ρ_t + r_t for the exact trajectory w, where κ_t >= |A| all over
  that ball. The radius so grows with the dynamics alone; balls fed into the next step would grow by about half a bit
  a step more, as they forget that their entries depend on each other.
- `limits`: a column's step is Φ and an error within δ_t (`bounds.step_limit`). Its distance e from w obeys
  e_t+1 = A_t e_t + δ_t + q_t with |q_t| <= λ/2 M_t |e_t|², so that |L̂_T - L_T| <= E_L + Σ_s |a_s+1|ᵀ δ_s + remainder,
  where a_T = g(w_T) is carried back by a_s = A_s a_s+1. Two columns are within twice that of each other.

The Hessian is float64; MARGIN, a million times its rounding, is added to every norm taken of it.
"""

import math
from typing import NamedTuple

import numpy as np

from fourfold.compare.judge import bounds, judgement, truth
from fourfold.compare.judge.quantities import gradient

# Wide enough for every radius to be invisible beside a float64 column's errors
SUFFICIENT = 2.0**-128
MOST_BITS = 960  # radii are floats
# Steps x samples x weights, for the balls, and steps x weights³, for the Hessians: some ten seconds each
MOST_BALLS, MOST_PRODUCTS = 5_000_000, 1_000_000_000
NEAR = 2.0**-7  # M holds within this distance of the trajectory
MARGIN = 2.0**-30
HESSIANS = 2**21  # entries in one block
# φ'' from a = φ(h), and upper limits of |φ'|, |φ''|, |φ'''|
SECOND = {
    "sigmoid": (lambda A: A * (1 - A) * (1 - 2 * A), (0.25, 0.0963, 0.125)),
    "tanh": (lambda A: -2 * A * (1 - A * A), (1.0, 0.77, 2.0)),
    "identity": (np.zeros_like, (1.0, 0.0, 0.0)),
}


class NotProved(Exception):
    """No enclosure is to be had; the message says why."""


class Curve(NamedTuple):
    """The exact trajectory at t = 0 ... steps - 1, before each step."""

    W1: np.ndarray  # (steps, d_in, d_hidden), rounded to float64
    W2: np.ndarray  # (steps, d_hidden, d_out)
    distance: np.ndarray  # (steps,) ρ: the enclosure's radius, of all weights together
    L: np.ndarray  # (steps,) rounded to float64
    L_rest: np.ndarray  # (steps,) what that rounding left
    radius: np.ndarray  # (steps,) |L + L_rest - exact loss| is within it
    growth: float  # bits: log2 of Π κ
    bits: int  # of the balls


class Bends(NamedTuple):
    """Derivatives of L at every step, (steps,) each, as upper limits that hold everywhere NEAR the weights."""

    kappa: np.ndarray  # |A|, at the weights alone
    margin: np.ndarray  # error of A as computed in float64, at float64 weights
    first: np.ndarray  # |g|
    second: np.ndarray  # |Hess|
    third: np.ndarray  # M, the Hessian's Lipschitz constant


@np.errstate(all="ignore")
def proved(case, s, dtype):
    """The Curve of exact gradient descent from the weights of the case's seed at position s, as `dtype` holds them.

    Precision is raised until the radius is SUFFICIENT. Raises NotProved: for ReLU, whose slope jumps; where the run
    diverges or is chaotic for so long that MOST_BITS are used up; where it would take minutes.
    """
    p = judgement.problem(case, dtype)
    if case.row != "two_layer":
        raise NotProved("only two-layer networks have one")
    _, _, *weights = case.cast(dtype)
    W1, W2 = (Z[s] for Z in weights)
    if case.activation not in SECOND:
        raise NotProved(f"{case.activation} is not smooth")
    work = case.steps * case.parameters()
    if work * len(p.X) > MOST_BALLS or work * case.parameters() ** 2 > MOST_PRODUCTS:
        raise NotProved("it would take minutes")
    if not all(np.isfinite(Z).all() for Z in (p.X, p.Y, W1, W2)):
        raise NotProved("the numbers are not finite")
    bits = truth.BALL_BITS
    while bits <= MOST_BITS:
        W1s, W2s, L, L_rest, L_radius, r = _points(p, W1, W2, case.steps, bits)
        bends = derivatives(p, W1s, W2s)
        rho = _radii(bends, p.lr, r)
        growth = float(np.log2(np.maximum(bends.kappa, 1)).sum())
        if rho.max() <= SUFFICIENT:
            return Curve(W1s, W2s, rho, L, L_rest, L_radius + bends.first * rho, growth, bits)
        bits += max(truth.BALL_BITS, math.ceil(growth))
    raise NotProved(f"{MOST_BITS} bits are not enough for {case.steps:,} steps")


def _points(p, W1, W2, steps, bits):
    """c_t and the loss there as float64, and upper limits: of the loss's error, and of |c_t+1 - Φ(c_t)|."""
    X, Y = truth.widen(p.X, truth.BALL), truth.widen(p.Y, truth.BALL)
    W1, W2 = truth.widen(W1, truth.BALL), truth.widen(W2, truth.BALL)
    path = []
    for _ in range(steps):
        with truth.precision(bits):
            q = truth.evaluate(X, Y, truth.Network((W1, W2), (None, None), (p.activation, "identity")), bits)
            new = W1 - p.lr * q["dL_dW1"], W2 - p.lr * q["dL_dW2"]
            high = float(q["L"].mid())
            low = float((q["L"] - high).mid())
            left = float(abs(q["L"] - high - low).upper())
        r = np.linalg.norm([float(x.rad()) for x in (*new[0].flat, *new[1].flat)])
        path.append((truth.narrow(W1), truth.narrow(W2), high, low, _up(left), _up(r) + 2.0**-MOST_BITS))
        if not all(np.isfinite(Z).all() for Z in path[-1]):
            raise NotProved("the run diverges")
        W1, W2 = map(_point, new)
    return map(np.array, zip(*path, strict=True))


_point = np.frompyfunc(lambda x: x.mid(), 1, 1)


def _up(x):
    """At least what x was before float64 rounded it, or the few operations that made it."""
    return x * (1 + 2.0**-40)


def _radii(bends, lr, r):
    """ρ at every step."""
    rho = np.zeros(len(r))
    for t in range(len(r) - 1):
        rho[t + 1] = (bends.kappa[t] + lr * bends.third[t] * rho[t]) * rho[t] + r[t]
        if not rho[t + 1] <= NEAR:
            rho[t + 1 :] = np.inf
            break
    return rho


def derivatives(p, W1, W2):
    """The Bends at weights (steps, d_in, d_hidden) and (steps, d_hidden, d_out)."""
    _, phi_prime = truth.ACTIVATIONS[p.activation]
    phi_second, (_, d2, d3) = SECOND[p.activation]
    lr, x, kappa = p.lr, _norm(p.X.astype(float), -1)[:, None], np.zeros(len(W1))
    # Upper limits of the first three derivatives of ŷ in any direction of length 1, and of |r|: (steps, N)
    y1, y2, y3, r = np.zeros((4, len(W1), len(p.X)))
    for block in _blocks(W1, W2):
        _, hessian, A, R = hessians(p, W1[block], W2[block])
        if not np.isfinite(hessian).all():
            raise NotProved("the run leaves the range of float64")
        kappa[block] = np.abs(1 - lr * np.linalg.eigvalsh(hessian)[:, [0, -1]]).max(axis=1)
        slope, bend = np.abs(phi_prime(A)), np.abs(phi_second(A))
        w2 = _norm(W2[block], -1)[:, None]
        # the second and third are sums over hidden units, each of its own weights alone: the largest is their norm
        y3[block] = (d3 * x**3 * (w2 + NEAR) + 1.2 * d2 * x**2).max(axis=-1)
        y2[block] = (bend * x**2 * w2 + slope * x).max(axis=-1) + NEAR * y3[block]
        J = ((x * slope * w2) ** 2).sum(axis=-1) + W2.shape[-1] * (A * A).sum(axis=-1)
        y1[block] = np.sqrt(J) + NEAR * y2[block]
        r[block] = _norm(R, -1) + NEAR * y1[block]
    first = (y1 * r).mean(axis=-1)
    second = (y1**2 + r * y2).mean(axis=-1)
    third = (3 * y1 * y2 + r * y3).mean(axis=-1)
    margin = MARGIN * (1 + lr * second) + lr * third * 2.0**-52 * (_norm(W1) + _norm(W2))
    return Bends(kappa + margin, margin, first, second, third)


def _norm(Z, axis: tuple | int = (-2, -1)):
    return np.linalg.norm(Z, axis=axis)


def _blocks(W1, W2):
    """Slices of steps whose Hessians fit into memory."""
    length = max(1, HESSIANS // (W1[0].size + W2[0].size) ** 2)
    return [slice(t, t + length) for t in range(0, len(W1), length)]


def hessians(p, W1, W2):
    """Gradient (T, p), Hessian (T, p, p), A (T, N, d_hidden) and R (T, N, d_out) at weights with T in front."""
    phi, phi_prime = truth.ACTIVATIONS[p.activation]
    X, Y = np.asarray(p.X, np.float64), np.asarray(p.Y, np.float64)
    (T, d_in, h), d_out, N = W1.shape, W2.shape[-1], len(X)
    A = phi(X @ W1)
    slope, bend = phi_prime(A), SECOND[p.activation][0](A)
    R = A @ W2 - Y
    one, units = np.eye(d_out), np.eye(h)
    # dŷ_nk / dW1_ij = x_ni φ'_nj W2_jk, and / dW2_jl = a_nj where k = l
    J1 = np.einsum("ni,tnj,tjk->tnkij", X, slope, W2).reshape(T, N * d_out, -1)
    J2 = np.einsum("tnj,kl->tnkjl", A, one).reshape(T, N * d_out, -1)
    J = np.concatenate([J1, J2], axis=-1)
    # d²ŷ_nk / dW1_ij dW1_i'j = x_ni x_ni' φ''_nj W2_jk, and / dW1_ij dW2_jk = x_ni φ'_nj
    S11 = np.einsum("ni,nm,tnj,jq->tijmq", X, X, bend * (R @ W2.mT), units).reshape(T, d_in * h, -1)
    S12 = np.einsum("ni,tnj,tnl,jq->tijql", X, slope, R, units).reshape(T, d_in * h, -1)
    H = J.mT @ J
    H[:, : d_in * h, : d_in * h] += S11
    H[:, : d_in * h, d_in * h :] += S12
    H[:, d_in * h :, : d_in * h] += S12.mT
    return np.einsum("tmp,tm->tp", J, R.reshape(T, -1)) / N, H / N, A, R


def apart(curve, steps, W1, W2):
    """At most |e| of a column's weights (T, d_in, d_hidden) and (T, d_hidden, d_out), before each of the steps (T,)."""
    w = np.hypot(_norm(curve.W1[steps]), _norm(curve.W2[steps]))
    e = np.hypot(_norm(W1 - curve.W1[steps]), _norm(W2 - curve.W2[steps]))
    return e * (1 + MARGIN) + w * 2.0**-52 + curve.distance[steps]


@np.errstate(all="ignore")
def limits(case, curve, dtype, marks, within: np.ndarray | float = np.inf):
    """How far rounding can carry a column's loss from the curve's, at steps `marks` (T,), in increasing order: (T,).

    `within` (steps,) is what is known of |e| where anything is, from columns' recorded weights; without it, float32's
    remainder cannot be bounded for more than some thousand steps, and the limit is infinite from there. It is proved,
    remainder included, but for one thing: E_L and δ are those at the exact trajectory's weights and not at the
    column's, a relative change of the order of e.
    """
    p, steps = judgement.problem(case, dtype), len(curve.L)
    bends = derivatives(p, curve.W1, curve.W2)
    E_L, delta = _rounding(p, curve)
    first_order, norms = _adjoints(p, curve, delta, marks)

    e, quadratic = np.minimum(np.full(steps, np.inf), within), np.zeros(steps)
    e[0] = 0
    for t in range(steps):
        quadratic[t] = p.lr / 2 * bends.third[t] * e[t] ** 2
        if not e[t] <= NEAR:
            e[t:] = np.inf
            break
        if t + 1 < steps:
            e[t + 1] = min(e[t + 1], bends.kappa[t] * e[t] + quadratic[t] + _norm(delta[t], -1))
    remainder = quadratic + bends.margin * e
    carried = np.zeros(len(marks))
    for n, mark in enumerate(marks):
        carried[n] = norms[n, :mark] @ remainder[:mark]
    final = (2.0**-40 * bends.first + bends.second / 2 * e) * e  # of L, from its gradient as computed in float64
    limit = E_L[marks] + first_order + carried + final[marks]
    return np.where(e[marks] <= NEAR, np.nan_to_num(limit, nan=np.inf, posinf=np.inf), np.inf)


def _rounding(p, curve):
    """E_L (steps,) and δ (steps, p) along the curve; infinite where a result may leave the format's range."""
    E_L, delta = [], []
    for t in range(0, len(curve.L), judgement.BLOCK):
        block = slice(t, t + judgement.BLOCK)
        W1, W2 = curve.W1[block], curve.W2[block]
        q, E, in_range = judgement.exact_values((W1, W2), p)
        limit = []
        for name, old in (("W1", W1), ("W2", W2)):
            g, E_g = truth.narrow(q[gradient(name)]), truth.narrow(E[gradient(name)])
            new = old - p.lr * g
            limit.append(bounds.step_limit(p.lr, g, E_g, old, new, p.dtype, p.wide).reshape(len(old), -1))
        delta.append(np.where(in_range[:, None], np.concatenate(limit, axis=-1), np.inf))
        E_L.append(np.where(in_range, truth.narrow(E["L"]), np.inf))
    return np.concatenate(E_L), np.concatenate(delta)


def _adjoints(p, curve, delta, marks):
    """For each step T of `marks`, M of them: Σ_s |a_s+1|ᵀ δ_s, (M,), and |a_s+1| at every s < T, (M, steps)."""
    W1, W2 = curve.W1[: marks[-1] + 1], curve.W2[: marks[-1] + 1]
    a = np.zeros((len(marks), delta.shape[-1]))
    first_order, norms = np.zeros(len(marks)), np.zeros((len(marks), len(W1)))
    k = len(marks)
    for block in reversed(_blocks(W1, W2)):
        slopes, hessian, *_ = hessians(p, W1[block], W2[block])
        for t in reversed(range(len(hessian))):
            s = block.start + t
            first_order[k:] += np.abs(a[k:]) @ delta[s]  # from k on they have T > s, and a is a_s+1
            norms[k:, s] = _norm(a[k:], -1)
            a[k:] -= p.lr * (a[k:] @ hessian[t])
            if k and s == marks[k - 1]:
                k -= 1
                a[k] = slopes[t]
    return first_order, norms
