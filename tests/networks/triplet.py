"""A triplet loss: the same embedding for anchor, positive and negative, so its gradient is a sum of three."""

import numpy as np


def embed(x, A, c):
    return np.tanh(x @ A + c)


def triplet_loss(anchor, positive, negative, A, c, margin=0.5):
    ea, ep, en = embed(anchor, A, c), embed(positive, A, c), embed(negative, A, c)
    near = ((ea - ep) ** 2).sum(axis=1)
    far = ((ea - en) ** 2).sum(axis=1)
    violation = near - far + margin
    active = violation > 0
    loss = violation[active].sum() / len(anchor)

    weight = active[:, None] / len(anchor)
    d_ea = 2 * (en - ep) * weight
    d_ep = 2 * (ep - ea) * weight
    d_en = 2 * (ea - en) * weight
    dA = np.zeros_like(A)
    dc = np.zeros_like(c)
    for x, e, d_e in ((anchor, ea, d_ea), (positive, ep, d_ep), (negative, en, d_en)):
        d_pre = d_e * (1 - e**2)
        dA += x.T @ d_pre
        dc += d_pre.sum(axis=0)
    return loss, (dA, dc)


def example(rng):
    return {
        "anchor": rng.normal(size=(6, 3)),
        "positive": rng.normal(size=(6, 3)),
        "negative": rng.normal(size=(6, 3)),
        "A": rng.normal(size=(3, 4)),
        "c": rng.normal(size=4),
    }
