# pyright: reportAttributeAccessIssue=false
"""The network with HIPS autograd: gradients by reverse accumulation over NumPy."""

import autograd.numpy as np
from autograd import grad
from autograd.numpy import exp

ACTIVATIONS = {
    "sigmoid": lambda H: 1 / (1 + exp(-H)),
    "tanh": np.tanh,
    "relu": lambda H: H * (H > 0),
    "identity": lambda H: H,
}


def loss(W1, W2, X, Y, activation):
    A = ACTIVATIONS[activation](X @ W1)
    return np.sum((A @ W2 - Y) ** 2) / (2 * len(X))


def gradients(X, Y, W1, W2, activation="sigmoid"):
    arguments = W1, W2, X, Y, activation
    return loss(*arguments), grad(loss, 0)(*arguments), grad(loss, 1)(*arguments)


def train(X, Y, W1, W2, lr, steps, activation="sigmoid"):
    losses = []
    for _ in range(steps):
        L, dL_dW1, dL_dW2 = gradients(X, Y, W1, W2, activation)
        W1, W2 = W1 - lr * dL_dW1, W2 - lr * dL_dW2
        losses.append(L)
    return W1, W2, losses
