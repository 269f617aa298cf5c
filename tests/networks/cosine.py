"""Two towers compared by cosine similarity: the loss is the mean squared distance to a wanted similarity."""

import numpy as np


def tower(x, W, b):
    h = 1 / (1 + np.exp(-(x @ W + b)))
    return h, np.sqrt(np.sum(h * h, axis=1))


def tower_gradient(dh, h, x):
    dz = dh * h * (1 - h)
    return x.T @ dz, dz.sum(axis=0)


def cosine_loss(left, right, wanted, Wl, bl, Wr, br):
    a, na = tower(left, Wl, bl)
    b, nb = tower(right, Wr, br)
    dots = np.einsum("ij,ij->i", a, b)
    cos = dots / (na * nb)
    loss = np.mean((cos - wanted) ** 2)

    dcos = 2 * (cos - wanted) / len(wanted)
    ddots = dcos / (na * nb)
    dna = -dcos * cos / na
    dnb = -dcos * cos / nb
    da = ddots[:, None] * b + (dna / na)[:, None] * a
    db = ddots[:, None] * a + (dnb / nb)[:, None] * b
    dWl, dbl = tower_gradient(da, a, left)
    dWr, dbr = tower_gradient(db, b, right)
    return loss, dWl, dbl, dWr, dbr


def example(rng):
    return {
        "left": rng.normal(size=(4, 3)),
        "right": rng.normal(size=(4, 2)),
        "wanted": np.array([1.0, -1.0, 0.5, 0.0]),
        "Wl": rng.normal(size=(3, 5)),
        "bl": rng.normal(size=5),
        "Wr": rng.normal(size=(2, 5)),
        "br": rng.normal(size=5),
    }
