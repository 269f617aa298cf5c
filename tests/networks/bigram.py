"""A bigram language model: a table of logits, and a rank-two correction; cross-entropy of each next character."""

import numpy as np


def bigram_loss(text, table, left, right):
    xs, ys = text[:-1], text[1:]
    n = len(xs)
    hidden = left[xs]
    logits = table[xs] + hidden @ right
    logits = logits - logits.max(axis=1, keepdims=True)
    counts = np.exp(logits)
    probs = counts / counts.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(n), ys]).mean()

    dlogits = probs.copy()
    dlogits[range(n), ys] -= 1
    dlogits /= n
    dtable = np.zeros(table.shape)
    dleft = np.zeros(left.shape)
    dhidden = dlogits @ right.T
    for i, x in enumerate(xs):
        dtable[x] += dlogits[i]
        dleft[x] += dhidden[i]
    dright = hidden.T @ dlogits
    return loss, dtable, dleft, dright


def example(rng):
    return {
        "text": np.array([0, 2, 1, 2, 2, 4, 3, 0]),
        "table": rng.normal(size=(5, 5)),
        "left": rng.normal(size=(5, 2)),
        "right": rng.normal(size=(2, 5)),
    }
