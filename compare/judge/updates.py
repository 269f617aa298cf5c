"""What a step makes of a gradient, exactly, and how far a correct column may be from it: limits by the same analysis.

w is an array of weights, g its gradient, λ the rate, t = 1, 2, ... the step. What an optimiser keeps for w is u, v or
m and v, zero before the first step. U1 ... U11 are the equations of impls/optimizers; every rule is in them. Frameworks
differ at the POINTS, and a Convention is a choice at each: none is wrong, and no two are the same function.

A column that shows what it keeps is judged step by step, from what it itself kept before. Where it shows weights alone,
what it must have kept is computed from its own earlier weights, and how far it may be from that is carried along: an
error E of a moment becomes β E and what the step adds, so it stays below that sum / (1 - β).

- Constants. A column may round β to its format, and 1 - β after or before that; a rate twice. βᵗ is a power of such a
  number, by a library's function (C_POWER) or t products.
- Averages β m + (1 - β) g may also be had as m + (1 - β) (g - m): four roundings of |m| + (1 - β) |g| cover both.
- √ of what is known within E moves by at most min(√E, E / √v).
- A quotient n / d with errors E_n, E_d moves by at most (E_n + |n / d| E_d) / (d - E_d), and a divisor √v + ε is never
  below ε, however little is known of v.
"""

from itertools import product
from typing import NamedTuple

import numpy as np

from fourfold.compare.judge import bounds, truth
from fourfold.compare.judge.formats import rounded_number
from fourfold.compare.judge.quantities import kind_of, parameter_kept_for

# What is kept for every array of weights, and what a rule is asked with, beside the rate and the decays
RULES = {
    "sgd": ((), {}),
    "momentum": (("u",), {"momentum": 0.9}),
    "nesterov": (("u",), {"momentum": 0.9}),
    "rmsprop": (("v",), {"rho": 0.9, "eps": 1e-8}),
    "adam": (("m", "v"), {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
    "adamw": (("m", "v"), {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
}
DECAYS = {"l2": 0.0, "decay": 0.0}
# Error of the libraries' powers and roots, in eps relative to the result: measured, as bounds.C_ACTIVATION is.
C_POWER = C_ROOT = 4

# {point: {choice: what it says}}; the first choice is that of the papers
POINTS = {
    "rate-at": {"inside": "u ← μ u - λ g, w ← w + u", "outside": "u ← μ u + g, w ← w - λ u"},
    "eps-at": {
        "inside": "g / √(v + ε)",
        "outside": "g / (√v + ε)",
        "after": "m̂ / (√v̂ + ε)",
        "before": "√(1 - β₂ᵗ) / (1 - β₁ᵗ) m / (√v + ε)",
    },
    "decay-by": {"rate": "w ← w - λ d w", "itself": "w ← w - d w"},
    "numbers": {
        "exact": "β is β",
        "rate": "λ is float32's",
        "powers": "βᵗ is that of β in float32",
        "float32": "λ, μ, d and βᵗ are float32's",
    },
}


class UpdateRule(NamedTuple):
    """An optimiser: a name of RULES, all its settings, and the choices that are demanded: others are found out."""

    name: str
    settings: tuple  # of (name, number), the rate left out
    demanded: tuple = ()  # of (point, choice)

    @property
    def kept(self):
        """The names of what is kept for every array of weights."""
        return RULES[self.name][0]

    def rates(self, lr):
        """What columns are given: {name: float}."""
        return {"lr": float(lr), **dict(self.settings)}


def conventions(update, dtype):
    """All that can be told apart for an UpdateRule in a precision, the papers' first: {point: choice} each."""
    choices = {}
    if update.name in {"momentum", "nesterov"}:
        choices["rate-at"] = ("inside", "outside")
    if update.name == "rmsprop":
        choices["eps-at"] = ("inside", "outside")
    if update.name.startswith("adam"):
        choices["eps-at"] = ("after", "before")
    if dict(update.settings)["decay"]:
        choices["decay-by"] = ("rate", "itself")
    if dtype == "float64":
        own = update.name in {"momentum", "nesterov"} or update.name.startswith("adam")
        choices["numbers"] = ("exact", "rate", "powers", "float32") if own else ("exact", "float32")
    every = []
    for chosen in product(*choices.values()):
        every.append(dict(zip(choices, chosen, strict=True)))
    return every


def words(update):
    """ "adam, beta1 0.9, beta2 0.999, eps 1e-08": its settings, and what is demanded of it; "" of None."""
    if update is None:
        return ""
    parts = [update.name]
    for key, value in update.settings:
        if value or key not in DECAYS:
            parts.append(f"{key} {value:g}")
    parts += [f"{point} {choice}" for point, choice in update.demanded]
    return ", ".join(parts)


def equation(text, name):
    """The number of the equation of weights or of what is kept, "U11", by an optimiser that `words` has said; or ""."""
    if not text or kind_of(parameter_kept_for(name) or name) not in {"W", "b"}:
        return ""
    rule = text.partition(",")[0]
    kept = {"u": "U3", "m": "U8", "v": "U6" if rule == "rmsprop" else "U9"}
    weights = {"sgd": "E23", "momentum": "U4", "nesterov": "U5", "rmsprop": "U7"}
    letter, is_kept, _ = name.partition("_")
    return kept[letter] if is_kept else weights.get(rule, "U11")


def kept_by(text):
    """What an optimiser keeps that `words` has said; () of ""."""
    return RULES[text.partition(",")[0]][0] if text else ()


def papers_choice(point, convention):
    """The papers' choice at a point, among those that a Convention could have there."""
    if point == "eps-at":
        return "inside" if convention[point] in {"inside", "outside"} else "after"
    return next(iter(POINTS[point]))


def is_accepted(update, convention):
    """Whether a Convention has all choices that are demanded."""
    return all(convention.get(point, choice) == choice for point, choice in update.demanded)


class Known(NamedTuple):
    """A number in exact arithmetic, and how far a correct column may be from it."""

    value: np.ndarray  # wide
    error: np.ndarray  # float64

    @property
    def size(self):
        """The magnitude that it has at most."""
        return np.abs(truth.narrow(self.value)) + self.error


class Constants(NamedTuple):
    """The settings of an UpdateRule by a Convention, in wide numbers, as Known."""

    lr: Known
    l2: Known
    decay: Known
    momentum: Known
    rho: Known
    beta1: Known
    beta2: Known
    eps: Known
    powers: tuple  # of β₁ and β₂


def constants(update, convention, p):
    """The Constants; p.lr is the rate in the column's precision already."""
    f = bounds.format_of(p.dtype)
    single = convention.get("numbers", "exact")
    settings = dict.fromkeys(Constants._fields[1:-1], 0.0) | dict(update.settings)

    def known(value, as_float32, roundings=1):
        value = float(np.float32(value)) if as_float32 else value
        error = abs(rounded_number(value, p.dtype) - value) + (roundings - 1) * f.u * abs(value)
        return Known(truth.widen(np.array([value]), p.wide), np.array([error]))

    everything, some = single == "float32", single in {"powers", "float32"}
    powers = known(settings["beta1"], some), known(settings["beta2"], some)
    return Constants(
        lr=known(p.lr, everything or single == "rate", 3),
        l2=known(settings["l2"], False, 2),
        decay=known(settings["decay"], everything, 2),
        momentum=known(settings["momentum"], some),
        rho=known(settings["rho"], False),
        beta1=known(settings["beta1"], False),
        beta2=known(settings["beta2"], False),
        eps=known(settings["eps"], False, 2),
        powers=powers,
    )


def advance(name, convention, c, w, g, kept, t, p):
    """One step: (what is kept after it, the weights after it, the largest number on the way), Known but for the last.

    c: Constants; w: the column's own weights, exact; g and each of kept: Known; all arrays of one shape, t a number or
    an array of steps that fits them.
    """
    f = bounds.format_of(p.dtype)
    w_size = np.abs(truth.narrow(w))
    if _some(c.l2):
        g = _sum(f, g, _times(f, c.l2, Known(w, _input(w_size, f))))  # U1
    largest = g.size
    if name == "sgd":
        change = _negative(_times(f, c.lr, g))  # E23
        after = ()
    elif name in {"momentum", "nesterov"}:
        after, change = _momentum(name, convention["rate-at"], f, c, g, *kept)
    elif name == "rmsprop":
        squares = _times(f, g, g)
        v = _average(f, c.rho, kept[0], squares)  # U6
        inside = convention["eps-at"] == "inside"
        root = _root(f, _sum(f, v, c.eps)) if inside else _sum(f, _root(f, v), c.eps)
        least = _root(f, c.eps) if inside else c.eps
        change = _negative(_times(f, c.lr, _quotient(f, g, root, least=least)))  # U7
        after, largest = (v,), largest + squares.size
    else:
        squares = _times(f, g, g)
        m, v = _average(f, c.beta1, kept[0], g), _average(f, c.beta2, kept[1], squares)  # U8, U9
        change = _negative(_times(f, c.lr, _adam(convention["eps-at"], f, c, m, v, t, p)))
        after, largest = (m, v), largest + squares.size
    if _some(c.decay):
        by_rate = convention["decay-by"] == "rate"
        d = _times(f, c.lr, c.decay) if by_rate else c.decay
        change = _sum(f, change, _negative(_times(f, d, Known(w, _input(w_size, f)))))  # U2
    # two sums, and with a decay also the factor 1 - λ d
    roundings = bounds.gamma(6 if _some(c.decay) else 3, f.u) * (w_size + change.size)
    error = change.error + roundings + _input(w_size, f) + 4 * f.eta * (w_size + change.size > 0)
    new = Known(w + change.value, error)
    for one in (*after, change, new):
        largest = np.maximum(largest, one.size)
    factor = bounds.slack(p.dtype, p.wide)
    exact = tuple(Known(one.value, factor * one.error) for one in after)
    return exact, Known(new.value, factor * new.error), largest


def _momentum(name, rate_at, f, c, g, u):
    mu_u, lr_g = _times(f, c.momentum, u), _times(f, c.lr, g)
    if rate_at == "inside":
        u = _sum(f, mu_u, _negative(lr_g))  # U3
        if name == "momentum":
            return (u,), u  # U4
        return (u,), _sum(f, _times(f, c.momentum, u), _negative(lr_g))  # U5
    u = _sum(f, mu_u, g)
    direction = u if name == "momentum" else _sum(f, g, _times(f, c.momentum, u))
    return (u,), _negative(_times(f, c.lr, direction))


def _adam(eps_at, f, c, m, v, t, p):
    corrections = [_correction(f, beta, t, p) for beta in c.powers]  # of U10
    if eps_at == "after":
        m_hat, v_hat = _quotient(f, m, corrections[0]), _quotient(f, v, corrections[1])
        return _quotient(f, m_hat, _sum(f, _root(f, v_hat), c.eps), 4, c.eps)  # U11
    scale = _quotient(f, _root(f, corrections[1]), corrections[0])
    return _quotient(f, _times(f, scale, m), _sum(f, _root(f, v), c.eps), 4, c.eps)


def _correction(f, beta, t, p):
    """1 - βᵗ."""
    t = np.asarray(t, np.float64)
    power = beta.value ** truth.widen(t, p.wide)
    size, b = np.abs(truth.narrow(power)), np.abs(truth.narrow(beta.value))
    relative = np.where(b > 0, np.expm1(t * (beta.error / b + f.u) + 2 * C_POWER * f.u), 0.0)
    value = 1 - power
    return Known(value, size * relative + 2 * f.u * np.abs(truth.narrow(value)))


def _some(constant):
    return bool((truth.narrow(constant.value) != 0).all())


def _input(size, f):
    """An input is exact, unless it is subnormal and read as zero."""
    return np.where((size > 0) & (size < f.eta), f.eta, 0.0)


def _negative(a):
    return Known(-a.value, a.error)


def _sum(f, a, b):
    most = a.size + b.size
    return Known(a.value + b.value, a.error + b.error + bounds.gamma(2, f.u) * most + 2 * f.eta * (most > 0))


def _times(f, a, b):
    value = a.value * b.value
    a_size, b_size = np.abs(truth.narrow(a.value)), np.abs(truth.narrow(b.value))
    error = a.error * b_size + a_size * b.error + a.error * b.error
    most = a_size * b_size + error
    return Known(value, error + bounds.gamma(2, f.u) * most + 2 * f.eta * (a.size * (b.size > 0) > 0))


def _average(f, beta, old, new):
    """β old + (1 - β) new."""
    rest = 1 - beta.value
    b, rest_size = np.abs(truth.narrow(beta.value)), np.abs(truth.narrow(rest))
    E_rest = beta.error + f.u * rest_size
    most = old.size + rest_size * new.size
    error = b * old.error + rest_size * new.error + E_rest * (old.size + new.size)
    error = error + bounds.gamma(4, f.u) * most + 8 * f.eta * (old.size + new.size > 0)
    return Known(beta.value * old.value + rest * new.value, error)


def _root(f, a):
    value = np.sqrt(a.value)
    size = np.abs(truth.narrow(value))
    moved = np.fmin(np.sqrt(a.error), a.error / size)
    return Known(value, moved + 2 * C_ROOT * f.u * (size + moved))


def _quotient(f, a, b, operations=2, least=None):
    """a / b; `least` is what is in b whatever else is: of a root that is known to no digit, ε is left."""
    value = a.value / b.value
    size = np.abs(truth.narrow(value))
    room = np.abs(truth.narrow(b.value)) - b.error
    if least is not None:
        room = np.fmax(room, (truth.narrow(least.value) - least.error) * (1 - bounds.gamma(operations, f.u)))
    moved = np.where(room > 0, (a.error + size * b.error) / room, np.inf)
    roundings = bounds.gamma(operations, f.u) + 2 * C_ROOT * f.u  # a reciprocal root is a library's too
    return Known(value, moved + roundings * (size + moved) + 4 * f.eta * (a.size > 0))
