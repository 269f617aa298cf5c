"""A linear map of an image, 2 by 2 max pooling, and softmax cross-entropy; where the maximum was is kept."""

import numpy as np


def max_pool(x):
    channels, height, width = x.shape
    out = np.zeros((channels, height // 2, width // 2))
    where = np.zeros(out.shape, dtype=int)
    for c in range(channels):
        for i in range(height // 2):
            for j in range(width // 2):
                window = x[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].ravel()
                where[c, i, j] = window.argmax()
                out[c, i, j] = window[where[c, i, j]]
    return out, where


def max_pool_backward(dout, where, shape):
    dx = np.zeros(shape)
    channels, height, width = dout.shape
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                di, dj = divmod(where[c, i, j], 2)
                dx[c, 2 * i + di, 2 * j + dj] = dout[c, i, j]
    return dx


def train_step_gradients(image, label, mix, W, b):
    mixed = np.einsum("oc,chw->ohw", mix, image)
    pooled, where = max_pool(mixed)
    features = pooled.ravel()
    logits = W @ features + b
    shifted = logits - logits.max()
    log_probs = shifted - np.log(np.sum(np.exp(shifted)))
    loss = -log_probs[label]

    dlogits = np.exp(log_probs)
    dlogits[label] -= 1
    dW = np.outer(dlogits, features)
    db = dlogits
    dpooled = (W.T @ dlogits).reshape(pooled.shape)
    dmixed = max_pool_backward(dpooled, where, mixed.shape)
    dmix = np.einsum("ohw,chw->oc", dmixed, image)
    return loss, (dmix, dW, db)


def example(rng):
    return {
        "image": rng.normal(size=(2, 4, 6)),
        "label": 2,
        "mix": rng.normal(size=(3, 2)),
        "W": 0.5 * rng.normal(size=(5, 18)),
        "b": rng.normal(size=5),
    }
