"""PReLU with a slope for each unit that is learned too, then maxout, and the mean absolute error."""

import numpy as np


def fit_gradients(x, y, V, c, slopes, M, q):
    n = len(y)
    z = x @ V + c
    negative = z < 0
    h = z.copy()
    h[negative] = (z * slopes)[negative]
    pieces = np.einsum("nh,hop->nop", h, M) + q
    choice = pieces.argmax(axis=2)
    i, j = np.indices(choice.shape)
    out = pieces[i, j, choice]
    loss = np.abs(out - y).sum() / n

    d_out = np.where(out > y, 1.0, -1.0) / n
    d_pieces = np.zeros_like(pieces)
    d_pieces[i, j, choice] = d_out
    d_M = np.einsum("nh,nop->hop", h, d_pieces)
    d_q = d_pieces.sum(axis=0)
    d_h = np.einsum("nop,hop->nh", d_pieces, M)
    d_slopes = (d_h * z * negative).sum(axis=0)
    d_z = d_h * np.where(negative, slopes, 1)
    return loss, {"V": x.T @ d_z, "c": d_z.sum(axis=0), "slopes": d_slopes, "M": d_M, "q": d_q}


def example(rng):
    return {
        "x": rng.normal(size=(5, 3)),
        "y": 1 + 2 * rng.normal(size=(5, 2)),
        "V": rng.normal(size=(3, 4)),
        "c": rng.normal(size=4),
        "slopes": 0.2 + 0.1 * rng.normal(size=4),
        "M": rng.normal(size=(4, 2, 3)),
        "q": rng.normal(size=(2, 3)),
    }
