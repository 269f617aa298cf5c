"""Constants a gradient may be off by: a sign, a 2, a count; at the error, on the way back, in one gradient."""

from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np

from fourfold.compare.mistakes.anywhere import kinds
from fourfold.compare.mistakes.anywhere.kinds import Kind, known, of_back, of_biases, of_error, of_penalty, of_weights

COUNTS = {
    "": lambda N, d_in, d: 1,
    "N": lambda N, d_in, d: N,
    "1/N": lambda N, d_in, d: 1 / N,
    "d": lambda N, d_in, d: d,
    "1/d": lambda N, d_in, d: 1 / d,
    "N d": lambda N, d_in, d: N * d,
    "1/(N d)": lambda N, d_in, d: 1 / (N * d),
    "N/d": lambda N, d_in, d: N / d,
    "N/d_in": lambda N, d_in, d: N / d_in,
    "N/(N - 1)": lambda N, d_in, d: N / (N - 1) if N > 1 else np.inf,
    "1/d_in": lambda N, d_in, d: 1 / d_in,
}
TWOS = {"": 1, "2": 2, "1/2": 0.5}
SIGNS = {"": 1, "-1": -1}
OTHER_CONSTANT = "A constant is applied here, but the loss has none in this place."
ERROR, BACK, WEIGHTS, BIASES, PENALTY = "error", "back", "weights", "biases", "penalty"


class Scale(NamedTuple):
    """A constant as its factors; `constant` is one that is none of the known."""

    sign: str = ""
    two: str = ""
    count: str = ""
    constant: float = 1.0

    def at(self, sizes):
        """Its value for (N, d_in, d_out)."""
        return SIGNS[self.sign] * TWOS[self.two] * COUNTS[self.count](*sizes) * self.constant

    @property
    def parts(self):
        """The factors that are not 1."""
        constant = "" if self.constant == 1 else "constant"
        return tuple(part for part in (self.sign, self.two, self.count, constant) if part)


NONE = Scale()
ALL = sorted(
    (Scale(*parts) for parts in product(SIGNS, TWOS, COUNTS) if any(parts)),
    key=lambda scale: (len(scale.parts), bool(scale.count)),
)


@cache
def _values(sizes):
    return np.array([scale.at(sizes) for scale in ALL])


def scales(ratio, sizes):
    """The Scales that have this value, those of fewest factors; or the constant itself."""
    if not np.isfinite(ratio) or abs(ratio) < 1e-12:
        return []
    fitting = [ALL[n] for n in np.flatnonzero(abs(_values(sizes) - ratio) <= 1e-9 * abs(ratio))]
    if not fitting:
        return [Scale(constant=float(ratio))]
    fewest = len(fitting[0].parts)
    return [scale for scale in fitting if len(scale.parts) == fewest][:4]


def _catalogued(name, wrong, **names):
    return known(name, kinds.ERROR, wrong, kinds.ERROR_LINE, **names)


SIGN_OF_ERROR = _catalogued("sign of the gradient", "dL_dY_hat = -({E})")
TWO_LEFT = _catalogued("factor 2 left over", "dL_dY_hat = 2 * ({E})")
TWICE_HALF = _catalogued("½ counted twice", "dL_dY_hat = {E} / 2")
TWO_MISSING = of_error(
    "factor 2 missing", "dL_dY_hat = {E} / 2", "The derivative of r² is 2r, and only a ½ in the loss cancels the 2."
)
N_MISSING = _catalogued("1/N missing", "dL_dY_hat = {S}")
N_TWICE = of_error("1/N twice", "dL_dY_hat = {E} / N", "It is divided by N here, and again later.")
N_TOO_MANY = N_TWICE._replace(
    name="mean where the loss is a sum", why="The loss is summed, but its gradient is averaged."
)
OVER_ENTRIES = _catalogued("gradient of the mean over all elements", "dL_dY_hat = {S} / Y.size")
D_MISSING = of_error(
    "1/d_out missing",
    "dL_dY_hat = {S} / N",
    "The loss is averaged over all entries, but its gradient over the samples. With a single output that is the same.",
)
ND_MISSING = N_MISSING._replace(why="The loss is averaged over all entries, but its gradient is summed.")
WRONG_AXIS = _catalogued("N from the wrong axis", "N = Y.shape[1]; dL_dY_hat = {S} / N")
WIDTH = _catalogued("N from the inputs' width", "N = X.shape[1]; dL_dY_hat = {S} / N")
BESSEL = _catalogued("N - 1 for N", "dL_dY_hat = {S} / (N - 1)")._replace(equation="E10")
CONSTANT = of_error(
    "a constant factor", "dL_dY_hat = c * ({E})", "Every gradient after this is off by the same constant.", odd=True
)
OF_ERROR = {
    "-1": SIGN_OF_ERROR,
    "N": N_MISSING,
    "d": D_MISSING,
    "1/d": OVER_ENTRIES,
    "N d": ND_MISSING,
    "1/(N d)": N_TOO_MANY._replace(why="The loss is summed, but its gradient is averaged over all entries."),
    "N/d": WRONG_AXIS,
    "N/d_in": WIDTH,
    "N/(N - 1)": BESSEL,
    "1/d_in": WIDTH,
    "constant": CONSTANT,
}
WEIGHT_NAMES = {
    "-1": (
        "sign of W{k}'s gradient",
        "sign of the weights' gradients",
        "The minus sign of the update is put into one gradient.",
    ),
    "2": ("factor 2 left over in W{k}'s gradient", "factor 2 left over in the weights' gradients", OTHER_CONSTANT),
    "1/2": ("factor 2 missing in W{k}'s gradient", "factor 2 missing in the weights' gradients", OTHER_CONSTANT),
    "N": (
        "1/N missing in W{k}'s gradient",
        "1/N missing in the weights' gradients",
        "The product sums over the samples, but leaves out 1/N.",
    ),
    "1/N": (
        "1/N twice in W{k}'s gradient",
        "1/N twice in the weights' gradients",
        "The gradient that comes back is already divided by N.",
    ),
}
BIAS_NAMES = {
    "-1": ("sign of the bias gradient", "dL_db{k} = -dL_dH{k}.sum(axis=0)"),
    "N": ("bias gradient without 1/N", "dL_db{k} = dL_dH{k}.sum(axis=0) * N"),
    "1/N": ("bias gradient averaged", "dL_db{k} = dL_dH{k}.mean(axis=0)"),
}
DATA = "dL_dW{k} = {B}.T @ dL_dH{k}"
PENALTY_NAMES = {
    "-1": ("penalty subtracted", f"{DATA} - lam * W{{k}}", kinds.PENALTY_LINE, "The penalty's gradient is + λW."),
    "2": (
        "factor 2 left over in the penalty",
        f"{DATA} + 2 * lam * W{{k}}",
        kinds.PENALTY_LINE,
        "λ/2 W² has the derivative λW.",
    ),
    "1/2": (
        "factor 2 missing in the penalty",
        f"{DATA} + lam * W{{k}}",
        f"{DATA} + 2 * lam * W{{k}}",
        "λW² has the derivative 2λW.",
    ),
    "N": (
        "1/N missing beside the penalty",
        f"{DATA} + lam * W{{k}}",
        f"{DATA} + lam / N * W{{k}}",
        "The loss divides data and penalty by N, but the gradient does not divide the penalty.",
    ),
    "1/N": (
        "penalty divided by N in the gradient alone",
        f"{DATA} + lam / N * W{{k}}",
        kinds.PENALTY_LINE,
        "The gradient divides data and penalty by N, but the loss divides only the data.",
    ),
}


def kinds_of(scale, level, network):
    """The Kinds that a Scale at a level is made of."""
    return tuple(_kind(part, level, "half" in network.reduction, "mean" in network.reduction) for part in scale.parts)


@cache
def _kind(part, level, halved, averaged) -> Kind:
    if level == ERROR:
        own = {
            "2": TWO_LEFT,
            "1/2": TWICE_HALF if halved else TWO_MISSING,
            "1/N": N_TWICE if averaged else N_TOO_MANY,
        }
        return (OF_ERROR | own)[part]
    return {WEIGHTS: _of_weights, BIASES: _of_biases, BACK: _of_back, PENALTY: _of_penalty}[level](part)


def _of_weights(part):
    name, everywhere, why = WEIGHT_NAMES.get(part, (f"W{{k}}'s gradient times {part}", "", OTHER_CONSTANT))
    return of_weights(name, why, f"{kinds.WEIGHTS_LINE} * c", everywhere=everywhere, odd=part not in WEIGHT_NAMES)


def _of_biases(part):
    if part not in BIAS_NAMES:
        return of_biases(f"b{{k}}'s gradient times {part}", OTHER_CONSTANT, f"{kinds.BIASES_LINE} * c", odd=True)
    name, wrong = BIAS_NAMES[part]
    return known(name, kinds.BIASES, wrong, kinds.BIASES_LINE)


def _of_back(part):
    if part == "1/N":
        return known("1/N once a layer", kinds.BACK, "dL_dA{j} = dL_dH{k} @ W{k}.T / N", kinds.BACK_LINE)
    names = {"-1": "sign on the way back", "N": "1/N missing on the way back"}
    title = names.get(part, f"{part} on the way back")
    return of_back(title, OTHER_CONSTANT, f"{kinds.BACK_LINE} * c", odd=part not in names)


def _of_penalty(part):
    other = f"penalty's gradient times {part}", f"{DATA} + c * lam * W{{k}}", kinds.PENALTY_LINE, OTHER_CONSTANT
    name, wrong, right, why = PENALTY_NAMES.get(part, other)
    return of_penalty(name, why, wrong, odd=part not in PENALTY_NAMES)._replace(right=right)
