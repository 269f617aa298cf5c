"""An autoencoder whose decoder is the encoder's transpose: W is used twice, and its gradient has two parts."""

import numpy as np

sigmoid = lambda z: 1 / (1 + np.exp(-z))


def autoencode(X, W, hidden_bias, visible_bias, sparsity=0.3, beta=0.5):
    """Samples are columns of X, with entries between 0 and 1. KL divergence keeps the units' mean near the sparsity."""
    m = X.shape[1]
    H = sigmoid(W @ X + hidden_bias)
    R = sigmoid(W.T @ H + visible_bias)
    rho = H.mean(axis=1, keepdims=True)
    cost = -np.sum(X * np.log(R) + (1 - X) * np.log(1 - R)) / m
    cost += beta * np.sum(sparsity * np.log(sparsity / rho) + (1 - sparsity) * np.log((1 - sparsity) / (1 - rho)))

    delta_R = (R - X) / m
    d_rho = beta * (-sparsity / rho + (1 - sparsity) / (1 - rho))
    delta_H = (W @ delta_R + d_rho / m) * H * (1 - H)
    dW = delta_H @ X.T
    dW += H @ delta_R.T
    d_hidden = delta_H.sum(axis=1, keepdims=True)
    d_visible = delta_R.sum(axis=1, keepdims=True)
    return cost, (dW, d_hidden, d_visible)


def example(rng):
    return {
        "X": rng.uniform(0.1, 0.9, size=(4, 5)),
        "W": rng.normal(size=(3, 4)),
        "hidden_bias": rng.normal(size=(3, 1)),
        "visible_bias": rng.normal(size=(4, 1)),
    }
