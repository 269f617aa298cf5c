"""A bag of words: integer tokens look up vectors, their mean goes through tanh to a sigmoid; np.add.at collects."""

import numpy as np


def forward_backward(tokens, y, E, W, b, w):
    vectors = E[tokens]  # (samples, words, d)
    bag = vectors.mean(axis=1)
    hidden = np.tanh(bag @ W + b)
    score = hidden @ w
    prob = 1 / (1 + np.exp(-score))
    loss = -np.sum(y * np.log(prob) + (1 - y) * np.log(1 - prob))

    dscore = prob - y
    dw = hidden.T @ dscore
    dhidden = dscore[:, None] * w
    dpre = dhidden * (1 - hidden * hidden)
    dW = bag.T @ dpre
    db = dpre.sum(0)
    dbag = dpre @ W.T
    dvectors = np.repeat(dbag[:, None, :] / tokens.shape[1], tokens.shape[1], axis=1)
    dE = np.zeros_like(E)
    np.add.at(dE, tokens, dvectors)
    return loss, {"E": dE, "W": dW, "b": db, "w": dw}


def example(rng):
    return {
        "tokens": np.array([[0, 3, 3, 5], [1, 3, 2, 0], [4, 4, 1, 5]]),
        "y": np.array([1, 0, 1]),
        "E": rng.normal(size=(6, 2)),
        "W": rng.normal(size=(2, 5)),
        "b": rng.normal(size=5),
        "w": rng.normal(size=5),
    }
