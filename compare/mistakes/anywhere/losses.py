"""The losses people use, the ways to average them, and the known mistakes inside a loss."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

EPSILON = "epsilon in the loss"
EPSILONS = (1e-8, 1e-15, 1e-7, 1e-9, 1e-10, 1e-12, 1e-6, 1e-5, 1e-16)


class LossMistake(NamedTuple):
    """A mistake in the loss, whose gradient is taken of the right one."""

    name: str
    why: str
    formula: str
    wrong: str
    right: str


class LossFunction(NamedTuple):
    """The sum over all entries, and its derivative with respect to Ŷ. `intended` names the loss that was meant."""

    name: str
    total: Callable
    slope: Callable
    formula: str
    intended: str = ""
    mistake: LossMistake | None = None


class Reduction(NamedTuple):
    """What the sum is multiplied with, by N, d_in and d_out."""

    name: str
    factor: Callable
    intended: str = ""
    mistake: LossMistake | None = None


def _root(P, Y):
    return np.sqrt(((P - Y) ** 2).sum())


def _margins(P, Y):
    """s_j - s_y + 1 for the classes that are not the sample's."""
    M = P - (P * Y).sum(-1, keepdims=True) + 1
    return np.where(Y == 1, 0, np.maximum(M, 0)), (M > 0) & (Y != 1)


def _margins_slope(P, Y):
    counted = _margins(P, Y)[1] * 1.0
    return counted - (Y == 1) * counted.sum(-1, keepdims=True)


def _huber(delta):
    def total(P, Y):
        R = abs(P - Y)
        return np.where(delta >= R, R**2 / 2, delta * (R - delta / 2)).sum()

    return LossFunction(
        "Huber" if delta == 1 else f"Huber ({delta:g})",
        total,
        lambda P, Y: np.clip(P - Y, -delta, delta),
        "Huber(ŷ - y)",
    )


def _log(P):
    return np.log(P)


SQUARED, ABSOLUTE, BINARY, CATEGORICAL = (
    "squared error",
    "absolute error",
    "binary cross-entropy",
    "categorical cross-entropy",
)
OF_RESIDUALS = (SQUARED, ABSOLUTE, "Huber", "Huber (0.5)")
RIGHT = (
    LossFunction(SQUARED, lambda P, Y: ((P - Y) ** 2).sum(), lambda P, Y: 2 * (P - Y), "Σ(ŷ - y)²"),
    LossFunction(
        BINARY,
        lambda P, Y: -(Y * _log(P) + (1 - Y) * _log(1 - P)).sum(),
        lambda P, Y: (P - Y) / (P * (1 - P)),
        "-Σ(y log ŷ + (1 - y) log(1 - ŷ))",
    ),
    LossFunction(CATEGORICAL, lambda P, Y: -(Y * _log(P)).sum(), lambda P, Y: -Y / P, "-Σ y log ŷ"),
    LossFunction(ABSOLUTE, lambda P, Y: abs(P - Y).sum(), lambda P, Y: np.sign(P - Y), "Σ|ŷ - y|"),
    _huber(1),
    _huber(0.5),
    LossFunction(
        "hinge loss", lambda P, Y: np.maximum(0, 1 - P * Y).sum(), lambda P, Y: -Y * (P * Y < 1), "Σ max(0, 1 - y ŷ)"
    ),
    LossFunction(
        "squared hinge loss",
        lambda P, Y: (np.maximum(0, 1 - P * Y) ** 2).sum(),
        lambda P, Y: -2 * Y * np.maximum(0, 1 - P * Y),
        "Σ max(0, 1 - y ŷ)²",
    ),
    LossFunction(
        "multi-class hinge loss", lambda P, Y: _margins(P, Y)[0].sum(), _margins_slope, "Σ max(0, s_j - s_y + 1)"
    ),
    LossFunction(
        "log-cosh loss",
        lambda P, Y: (np.logaddexp(P - Y, Y - P) - math.log(2)).sum(),
        lambda P, Y: np.tanh(P - Y),
        "Σ log cosh(ŷ - y)",
    ),
    LossFunction(
        "logistic loss",
        lambda P, Y: np.logaddexp(0, -P * Y).sum(),
        lambda P, Y: -Y / (1 + np.exp(P * Y)),
        "Σ log(1 + exp(-y ŷ))",
    ),
    LossFunction("root of the squared error", _root, lambda P, Y: (P - Y) / _root(P, Y), "√Σ(ŷ - y)²"),
)


def _mistaken(name, intended, total, slope, why, formula, wrong, right):
    return LossFunction(name, total, slope, formula, intended, LossMistake(name, why, formula, wrong, right))


BCE_LINE = "L = -np.mean(Y * np.log(Y_hat) + (1 - Y) * np.log(1 - Y_hat))"
CE_LINE = "L = -np.sum(Y * np.log(Y_hat)) / N"
WRONG = (
    _mistaken(
        "sign inside the cross-entropy",
        BINARY,
        lambda P, Y: (-Y * _log(P) + (1 - Y) * _log(1 - P)).sum(),
        lambda P, Y: -Y / P - (1 - Y) / (1 - P),
        "The minus is put in front of the first term, but the second one needs it too.",
        "L = Σ(-y log ŷ - (1 - y) log(1 - ŷ))",
        "L = np.mean(-Y * np.log(Y_hat) + (1 - Y) * np.log(1 - Y_hat))",
        "L = np.mean(-Y * np.log(Y_hat) - (1 - Y) * np.log(1 - Y_hat))",
    ),
    _mistaken(
        "second term of the cross-entropy missing",
        BINARY,
        lambda P, Y: -(Y * _log(P)).sum(),
        lambda P, Y: -Y / P,
        "-Σ y log ŷ is enough for a softmax, whose outputs add up to 1. Sigmoids do not.",
        "L = -Σ(y log ŷ + (1 - y) log(1 - ŷ))",
        "L = -np.mean(Y * np.log(Y_hat))",
        BCE_LINE,
    ),
    _mistaken(
        "first term of the cross-entropy missing",
        BINARY,
        lambda P, Y: -((1 - Y) * _log(1 - P)).sum(),
        lambda P, Y: (1 - Y) / (1 - P),
        "One of the two terms is lost.",
        "L = -Σ(y log ŷ + (1 - y) log(1 - ŷ))",
        "L = -np.mean((1 - Y) * np.log(1 - Y_hat))",
        BCE_LINE,
    ),
    _mistaken(
        "log of the wrong thing",
        BINARY,
        lambda P, Y: -(Y * _log(P) + (1 - Y) * _log(P)).sum(),
        lambda P, Y: -1 / P,
        "The second logarithm is of 1 - ŷ, not of ŷ.",
        "L = -Σ(y log ŷ + (1 - y) log(1 - ŷ))",
        "L = -np.mean(Y * np.log(Y_hat) + (1 - Y) * np.log(Y_hat))",
        BCE_LINE,
    ),
    _mistaken(
        "targets swapped in the cross-entropy",
        BINARY,
        lambda P, Y: -((1 - Y) * _log(P) + Y * _log(1 - P)).sum(),
        lambda P, Y: -(1 - Y) / P + Y / (1 - P),
        "y goes with log ŷ, and 1 - y with log(1 - ŷ).",
        "L = -Σ(y log ŷ + (1 - y) log(1 - ŷ))",
        "L = -np.mean((1 - Y) * np.log(Y_hat) + Y * np.log(1 - Y_hat))",
        BCE_LINE,
    ),
    _mistaken(
        "logarithm missing from the cross-entropy",
        CATEGORICAL,
        lambda P, Y: -(Y * P).sum(),
        lambda P, Y: -Y,
        "The probability of the true class is summed, not its logarithm.",
        "L = -Σ y log ŷ",
        "L = -np.sum(Y * Y_hat) / N",
        CE_LINE,
    ),
    _mistaken(
        "1 - y forgotten in the cross-entropy",
        BINARY,
        lambda P, Y: -(Y * _log(P) + _log(1 - P)).sum(),
        lambda P, Y: -Y / P + 1 / (1 - P),
        "The second logarithm is weighted by 1 - y.",
        "L = -Σ(y log ŷ + (1 - y) log(1 - ŷ))",
        "L = -np.mean(Y * np.log(Y_hat) + np.log(1 - Y_hat))",
        BCE_LINE,
    ),
    _mistaken(
        "mean before the logarithm",
        CATEGORICAL,
        lambda P, Y: -len(P) * np.log((P * Y).sum() / len(P)),
        lambda P, Y: -len(P) * Y / (P * Y).sum(),
        "The probabilities are averaged, but their logarithms should be.",
        "L = -1/N Σ y log ŷ",
        "L = -np.log(np.mean(np.sum(Y * Y_hat, axis=1)))",
        CE_LINE,
    ),
    _mistaken(
        "summed before squared",
        SQUARED,
        lambda P, Y: (P - Y).sum() ** 2,
        lambda P, Y: 2 * (P - Y).sum() * np.ones_like(P),
        "The square and the sum are swapped, so residuals cancel.",
        "L = Σ(ŷ - y)²",
        "L = np.sum(Y_hat - Y) ** 2",
        "L = np.sum((Y_hat - Y) ** 2)",
    ),
    _mistaken(
        "square missing from the loss",
        SQUARED,
        lambda P, Y: (P - Y).sum(),
        lambda P, Y: np.ones_like(P),
        "Residuals of both signs cancel.",
        "L = Σ(ŷ - y)²",
        "L = np.sum(Y_hat - Y)",
        "L = np.sum((Y_hat - Y) ** 2)",
    ),
)


def is_epsilon(mistake):
    """Whether a LossMistake is a small number inside a loss."""
    return mistake.name == EPSILON


def with_epsilon(name, epsilon):
    """A cross-entropy with a small number inside its logarithms."""
    mistake = LossMistake(
        EPSILON,
        "A small number is added to protect a logarithm or a division that comes later.",
        f"log(ŷ + {epsilon:g}) is differentiated as log ŷ",
        f"np.log(Y_hat + {epsilon:g})",
        "np.log(Y_hat)",
    )
    if name == BINARY:
        return LossFunction(
            f"{name}, {epsilon:g} inside its logarithms",
            lambda P, Y: -(Y * _log(P + epsilon) + (1 - Y) * _log(1 - P + epsilon)).sum(),
            lambda P, Y: -Y / (P + epsilon) + (1 - Y) / (1 - P + epsilon),
            "-Σ(y log(ŷ + ε) + (1 - y) log(1 - ŷ + ε))",
            name,
            mistake,
        )
    return LossFunction(
        f"{name}, {epsilon:g} inside its logarithm",
        lambda P, Y: -(Y * _log(P + epsilon)).sum(),
        lambda P, Y: -Y / (P + epsilon),
        "-Σ y log(ŷ + ε)",
        name,
        mistake,
    )


LOSSES = {loss.name: loss for loss in (*RIGHT, *WRONG)}
EPSILON_LOSSES = [with_epsilon(name, epsilon) for name in (BINARY, CATEGORICAL) for epsilon in EPSILONS]
LOSSES |= {loss.name: loss for loss in EPSILON_LOSSES}


def _odd(name, factor, intended, mistake_name, why, wrong):
    lines = f"L = np.sum(...) / {wrong}", "L = np.sum(...) / N"
    return Reduction(name, factor, intended, LossMistake(mistake_name, why, f"1/{wrong} for 1/N", *lines))


MEAN, HALF_MEAN, SUM = "mean over samples", "half the mean over samples", "sum"
WRONG_AXIS = "N from the wrong axis of the loss"
SIGN = "The minus in front of the sum is missing, or there is one too many."
REDUCTIONS = {
    reduction.name: reduction
    for reduction in (
        Reduction(MEAN, lambda N, d_in, d: 1 / N),
        Reduction(SUM, lambda N, d_in, d: 1.0),
        Reduction(HALF_MEAN, lambda N, d_in, d: 1 / (2 * N)),
        Reduction("half the sum", lambda N, d_in, d: 0.5),
        Reduction("mean over entries", lambda N, d_in, d: 1 / (N * d)),
        Reduction("half the mean over entries", lambda N, d_in, d: 1 / (2 * N * d)),
        _odd(
            "divided by d_out",
            lambda N, d_in, d: 1 / d,
            MEAN,
            WRONG_AXIS,
            "Y.shape[1] is the number of outputs.",
            "d_out",
        ),
        _odd(
            "divided by 2 d_out", lambda N, d_in, d: 0.5 / d, HALF_MEAN, WRONG_AXIS, "Y.shape[1] is not N.", "(2 d_out)"
        ),
        _odd("divided by d_in", lambda N, d_in, d: 1 / d_in, MEAN, WRONG_AXIS, "X.shape[1] is not N.", "d_in"),
        _odd(
            "divided by 2 d_in",
            lambda N, d_in, d: 0.5 / d_in,
            HALF_MEAN,
            WRONG_AXIS,
            "X.shape[1] is not N.",
            "(2 d_in)",
        ),
        _odd(
            "divided by N - 1",
            lambda N, d_in, d: 1 / (N - 1) if N > 1 else math.inf,
            MEAN,
            "N - 1 for N",
            "Bessel's correction belongs to a variance, not to a loss.",
            "(N - 1)",
        ),
        _odd("minus the mean over samples", lambda N, d_in, d: -1 / N, MEAN, "sign of the loss", SIGN, "(-N)"),
        _odd("minus the sum", lambda N, d_in, d: -1.0, SUM, "sign of the loss", SIGN, "(-1)"),
        _odd(
            "minus the mean over entries",
            lambda N, d_in, d: -1 / (N * d),
            "mean over entries",
            "sign of the loss",
            SIGN,
            "(-N d_out)",
        ),
        _odd(
            "mean over samples, in bits",
            lambda N, d_in, d: 1 / (N * math.log(2)),
            MEAN,
            "logarithm to base 2",
            "log2' is 1/(x log 2): the gradient is that of the natural logarithm.",
            "(N log 2)",
        ),
        _odd(
            "mean over samples, to base 10",
            lambda N, d_in, d: 1 / (N * math.log(10)),
            MEAN,
            "logarithm to base 10",
            "log10' is 1/(x log 10): the gradient is that of the natural logarithm.",
            "(N log 10)",
        ),
    )
}
