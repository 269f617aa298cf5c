"""A NumPy column whose update has the wrong sign for W1."""

import numpy as np

from fourfold.impls.two_layer.numpy_impl import array, forward, loss, to_numpy, trace

__all__ = ["array", "forward", "loss", "to_numpy", "trace"]


def step(X, Y, W1, W2, lr, activation):
    T = trace(X, Y, W1, W2, activation)
    return W1 + lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L


def train(X, Y, W1, W2, lr, steps, activation):
    path = []
    for _ in range(steps):
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        path.append((W1, W2, L))
    return tuple(np.stack(Z) for Z in zip(*path, strict=True))
