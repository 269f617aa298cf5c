"""The last word: ball arithmetic, at a precision raised until the enclosure is far narrower than the verdict needs.

Every rejection is confirmed here before it is reported, and the bulk evaluation is checked here on samples.
"""

import flint
import numpy as np

from fourfold.compare.errors import JudgeError
from fourfold.compare.judge import bounds, truth
from fourfold.compare.judge.judgement import exact_values, network_of
from fourfold.compare.judge.quantities import gradient, parameter_names

MOST_BITS = 16384


def enclose(parameters, p, sufficient, own=None):
    """Exact quantities at one point, one seed's parameters, as balls: ({name: array of arb}, bits).

    `sufficient(q)` says whether they are narrow enough; precision is doubled until it does. `own` is that of
    `truth.evaluate`.
    """
    network = network_of(parameters, p, truth.BALL)
    X, Y = truth.widen(p.X, truth.BALL), truth.widen(p.Y, truth.BALL)
    own = {name: truth.widen(Z, truth.BALL) for name, Z in (own or {}).items()}
    bits = truth.BALL_BITS
    while bits <= MOST_BITS:
        q = truth.evaluate(X, Y, network, bits, own)
        if sufficient(q):
            return q, bits
        bits *= 2
    raise JudgeError(f"{MOST_BITS} bits do not enclose the exact value narrowly enough")


def confirm(quantity, index, value, limit, parameters, p, own=None):
    """A sentence that certifies a rejection: `value` is farther than `limit` from the exact value.

    `quantity` is one of a trace, or the name of a parameter after one step from those given (one seed's); `index`
    is the entry's; `own` is that of `truth.evaluate`. Raises JudgeError where the balls do not bear the rejection out.
    """
    if not np.isfinite(value):
        return "certified: it is no finite number, and the exact value is"
    limit = flint.arb(float(limit))

    def error(q):
        exact = _entry(q, quantity, index, parameters, p)
        return abs(flint.arb(float(value)) - exact)

    narrow_enough = lambda q: error(q).rad() <= max(limit, error(q)).mid() * 2.0**-20
    q, bits = enclose(parameters, p, narrow_enough, own)
    if not error(q) > limit:
        raise JudgeError(f"{quantity}{list(index)} was rejected, but ball arithmetic encloses it within the limit")
    return (
        f"confirmed in ball arithmetic, {bits} bits: off by {error(q).str(3, radius=False)}, limit {float(limit):.2g}"
    )


def _entry(q, quantity, index, parameters, p):
    names = parameter_names(len(p.activations), len(parameters))
    if quantity not in names:
        return np.asarray(q[quantity])[index]
    old = parameters[names.index(quantity)]
    return flint.arb(float(old[index])) - flint.arb(p.lr) * q[gradient(quantity)][index]


def audit(parameters, p):
    """Check the bulk evaluation at one point; raises JudgeError where its error is more than `bounds.slack` allows."""
    with np.errstate(all="ignore"):
        q, E, in_range = exact_values(parameters, p)
    if p.wide == truth.BALL or not in_range or _undecided(E, p):
        return
    share = 2 * truth.unit_roundoff(p.wide) / bounds.format_of(p.dtype).u
    allowed = {name: share * np.asarray(limit) for name, limit in E.items()}
    narrower = np.frompyfunc(lambda ball, most: flint.arb(ball).rad() <= most / 16, 2, 1)
    balls, _ = enclose(parameters, p, lambda q: all(np.all(narrower(q[name], E)) for name, E in allowed.items()))
    for name, most in allowed.items():
        wide = np.asarray(q[name])
        for index in np.ndindex(wide.shape):
            error = abs(_exactly(wide[index]) - np.asarray(balls[name])[index])
            if not error <= flint.arb(float(most[index])):
                raise JudgeError(f"the exact {name}{list(index)} is off by {error.str(3)}: the judge is wrong")


def _undecided(E, p):
    """Whether an input of a ReLU may be on either side of 0: the bulk evaluation may be too, as the limits allow."""
    slopes = [f"slope{k}" for k, activation in enumerate(p.activations, start=1) if activation == "relu"]
    return any(E[name].any() for name in slopes)


def _exactly(x):
    """A wide number as a ball without rounding: its leading and trailing float64 halves."""
    high = float(x)
    return flint.arb(high) + flint.arb(float(x - type(x)(high)))
