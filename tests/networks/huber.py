"""Leaky ReLU and the Huber loss, for lists of layers of any depth."""

from itertools import pairwise

import numpy as np


def leaky(z, slope):
    return np.where(z > 0, z, slope * z)


def huber(r, delta):
    small = np.abs(r) <= delta
    return np.where(small, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta))


def huber_slope(r, delta):
    return np.where(np.abs(r) <= delta, r, delta * np.sign(r))


def objective(X, T, weights, biases, slope=0.1, delta=1.0):
    zs, outputs = [], [X]
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        zs.append(outputs[-1] @ W + b)
        outputs.append(leaky(zs[-1], slope))
    prediction = outputs[-1] @ weights[-1] + biases[-1]
    residual = prediction - T
    loss = huber(residual, delta).mean()

    grad_weights = [np.empty_like(W) for W in weights]
    grad_biases = [np.empty_like(b) for b in biases]
    grad = huber_slope(residual, delta) / residual.size
    for k in range(len(weights) - 1, -1, -1):
        grad_weights[k][...] = outputs[k].T @ grad
        grad_biases[k][...] = grad.sum(axis=0)
        if k > 0:
            grad = grad @ weights[k].T
            grad = grad * np.where(zs[k - 1] > 0, 1, slope)
    return loss, {"weights": grad_weights, "biases": grad_biases}


def example(rng):
    widths = [3, 5, 4, 2]
    weights = [rng.normal(size=(m, n)) for m, n in pairwise(widths)]
    biases = [rng.normal(size=n) for n in widths[1:]]
    return {"X": rng.normal(size=(6, 3)), "T": 3 * rng.normal(size=(6, 2)), "weights": weights, "biases": biases}
