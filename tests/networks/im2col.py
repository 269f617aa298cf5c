"""Two layers: a convolution as one matrix product over patches, and a linear read-out with a logistic loss."""

import numpy as np


def im2col(x, size):
    n, h, w = x.shape
    columns = []
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            columns.append(x[:, i : i + size, j : j + size].reshape(n, -1))
    return np.stack(columns, axis=1)  # (n, positions, size * size)


def col2im(dcols, shape, size):
    n, h, w = shape
    dx = np.zeros(shape)
    k = 0
    for i in range(h - size + 1):
        for j in range(w - size + 1):
            dx[:, i : i + size, j : j + size] += dcols[:, k].reshape(n, size, size)
            k += 1
    return dx


def forward(x, params):
    scaled = x * params["gain"]
    cols = im2col(scaled, 2)
    feature = np.tanh(cols @ params["K"])  # (n, positions, filters)
    flat = feature.reshape(len(x), -1)
    score = flat @ params["v"] + params["c"]
    return score, (cols, feature, flat)


def backward(x, y, params):
    """y is +1 or -1; the loss is the mean of log(1 + exp(-y s))."""
    score, (cols, feature, flat) = forward(x, params)
    margin = y * score
    loss = np.mean(np.log1p(np.exp(-margin)))
    dscore = -y / (1 + np.exp(margin)) / len(y)
    grads = {"v": flat.T @ dscore, "c": dscore.sum()}
    dflat = np.outer(dscore, params["v"])
    dfeature = dflat.reshape(feature.shape)
    dpre = dfeature * (1 - feature**2)
    grads["K"] = np.einsum("npk,npf->kf", cols, dpre)
    dcols = dpre @ params["K"].T
    dscaled = col2im(dcols, x.shape, 2)
    grads["gain"] = np.sum(dscaled * x, axis=0)
    return loss, grads


def loss_and_grads(x, y, gain, K, v, c):
    return backward(x, y, {"gain": gain, "K": K, "v": v, "c": c})


def example(rng):
    return {
        "x": rng.normal(size=(4, 3, 4)),
        "y": np.array([1, -1, -1, 1]),
        "gain": rng.normal(size=(3, 4)),
        "K": rng.normal(size=(4, 2)),
        "v": rng.normal(size=12),
        "c": rng.normal(),
    }
