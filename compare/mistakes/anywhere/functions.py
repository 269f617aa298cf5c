"""The activations people use: their value, their slope at h, and their slope as it is written with a = σ(h)."""

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

LEAKY = (0.01, 0.1, 0.2, 0.05, 0.3, 0.25, 0.5, 0.001)
SELU, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
SOFTMAX, OVER_SAMPLES, OVER_ALL = "softmax", "softmax over the samples", "softmax over all entries"
CUBE, FIT = 0.044715, math.sqrt(2 / math.pi)
ROUNDED_FITS = (0.79788456, 0.797885, 0.7979)


class Activation(NamedTuple):
    """A function of h. `slope_of_a` is None where nobody writes its slope with a alone."""

    name: str
    value: Callable
    slope: Callable
    slope_of_a: Callable | None = None


def sigmoid(H):
    """1/(1 + e^-h), without overflow."""
    return 0.5 * (1 + np.tanh(H / 2))


def softmax(H, axis=-1):
    """Exponentials divided by their sum."""
    E = np.exp(H - H.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def normal(H):
    """The standard normal distribution's Φ."""
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[float])(H / math.sqrt(2)))


def density(H):
    """The standard normal distribution's density."""
    return np.exp(-(H**2) / 2) / math.sqrt(2 * math.pi)


def inner(H, fit=FIT):
    """tanh of GELU's polynomial; people round √(2/π) in several ways."""
    return np.tanh(fit * (H + CUBE * H**3))


def ones(H):
    """1 for every entry."""
    return np.ones_like(H)


def leaky_relu(alpha):
    """Leaky ReLU, `alpha` below 0."""
    return Activation(
        f"leaky ReLU ({alpha:g})",
        lambda H: np.where(H > 0, H, alpha * H),
        lambda H: np.where(H > 0, 1.0, alpha),
        lambda A: np.where(A > 0, 1.0, alpha),
    )


def _silu_slope(H):
    s = sigmoid(H)
    return s * (1 + H * (1 - s))


def _gelu(fit, name):
    def slope(H):
        t = inner(H, fit)
        return 0.5 * (1 + t) + 0.5 * H * (1 - t**2) * fit * (1 + 3 * CUBE * H**2)

    return Activation(name, lambda H: 0.5 * H * (1 + inner(H, fit)), slope)


def _rounded_gelu(fit):
    return _gelu(fit, f"GELU (tanh form, {fit:.10g})")


def _quick_gelu_slope(H):
    s = sigmoid(1.702 * H)
    return s + 1.702 * H * s * (1 - s)


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation("sigmoid", sigmoid, lambda H: sigmoid(H) * sigmoid(-H), lambda A: A * (1 - A)),
        Activation("tanh", np.tanh, lambda H: 1 - np.tanh(H) ** 2, lambda A: 1 - A**2),
        Activation("ReLU", lambda H: np.maximum(H, 0), lambda H: (H > 0) * 1.0, lambda A: (A > 0) * 1.0),
        Activation("identity", lambda H: H, ones, ones),
        leaky_relu(0.01),
        leaky_relu(0.1),
        leaky_relu(0.2),
        Activation(
            "ELU",
            lambda H: np.where(H > 0, H, np.expm1(np.minimum(H, 0))),
            lambda H: np.where(H > 0, 1, np.exp(np.minimum(H, 0))),
            lambda A: np.where(A > 0, 1, A + 1),
        ),
        Activation("softplus", lambda H: np.logaddexp(0, H), sigmoid, lambda A: 1 - np.exp(-A)),
        _gelu(FIT, "GELU (tanh form)"),
        Activation("GELU (erf form)", lambda H: H * normal(H), lambda H: normal(H) + H * density(H)),
        Activation("SiLU", lambda H: H * sigmoid(H), _silu_slope),
        *map(leaky_relu, LEAKY[3:]),
        Activation(
            "SELU",
            lambda H: SELU * np.where(H > 0, H, SELU_ALPHA * np.expm1(np.minimum(H, 0))),
            lambda H: SELU * np.where(H > 0, 1, SELU_ALPHA * np.exp(np.minimum(H, 0))),
            lambda A: np.where(A > 0, SELU, A + SELU * SELU_ALPHA),
        ),
        Activation(
            "softsign", lambda H: H / (1 + abs(H)), lambda H: 1 / (1 + abs(H)) ** 2, lambda A: (1 - abs(A)) ** 2
        ),
        Activation("arctan", np.arctan, lambda H: 1 / (1 + H**2), lambda A: np.cos(A) ** 2),
        Activation("sine", np.sin, np.cos),
        Activation("square", np.square, lambda H: 2 * H),
        Activation("exponential", np.exp, np.exp, lambda A: A),
        Activation(
            "scaled tanh",
            lambda H: 1.7159 * np.tanh(2 / 3 * H),
            lambda H: 1.7159 * 2 / 3 * (1 - np.tanh(2 / 3 * H) ** 2),
            lambda A: 2 / 3 * (1.7159 - A**2 / 1.7159),
        ),
        Activation("GELU (sigmoid form)", lambda H: H * sigmoid(1.702 * H), _quick_gelu_slope),
        *map(_rounded_gelu, ROUNDED_FITS),
    )
}
HIDDEN = tuple(ACTIVATIONS)
SOFTMAXES = {SOFTMAX: -1, OVER_SAMPLES: -2, OVER_ALL: (-2, -1)}
OUTPUT = ("identity", "sigmoid", SOFTMAX, "tanh", "ReLU", OVER_SAMPLES, OVER_ALL, *HIDDEN[4:12])


def value(name, H):
    """An activation's value."""
    return softmax(H, SOFTMAXES[name]) if name in SOFTMAXES else ACTIVATIONS[name].value(H)


def back(name, H, A, dL_dA):
    """∂L/∂H from ∂L/∂A: a softmax mixes the entries of an axis, all others take each by itself."""
    if name in SOFTMAXES:
        return A * (dL_dA - (dL_dA * A).sum(axis=SOFTMAXES[name], keepdims=True))
    return dL_dA * ACTIVATIONS[name].slope(H)


@cache
def family(name):
    """ "leaky ReLU" of "leaky ReLU (0.1)"."""
    return name.split(" (")[0]
