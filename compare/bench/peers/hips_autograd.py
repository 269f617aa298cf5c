# pyright: reportAttributeAccessIssue=false, reportCallIssue=false
"""HIPS autograd: NumPy code, differentiated."""

import autograd.numpy as np
from autograd import value_and_grad


def trainer(X, Y, W1, W2, lr):
    def loss(W):
        W1, W2 = W
        Y_hat = 1 / (1 + np.exp(-(X @ W1))) @ W2
        return np.sum((Y_hat - Y) ** 2) / (2 * len(X))

    step = value_and_grad(loss)
    W = W1, W2

    def train(steps):
        nonlocal W
        losses = []
        for _ in range(steps):
            L, gradients = step(W)
            W = tuple(w - lr * g for w, g in zip(W, gradients, strict=True))
            losses.append(L)
        return losses

    return train
