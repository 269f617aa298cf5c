"""The multiclass hinge of a support vector machine on a layer that is trained with it; integer labels."""

import numpy as np


def svm(X, y, W1, W2, reg):
    n = X.shape[0]
    rows = np.arange(n)
    features = np.tanh(X.dot(W1))
    scores = features.dot(W2)
    correct = scores[rows, y][:, np.newaxis]
    margins = np.maximum(0, scores - correct + 1)
    margins[rows, y] = 0
    loss = margins.sum() / n + 0.5 * reg * ((W1**2).sum() + (W2**2).sum())

    counts = (margins > 0).astype(int)
    counts[rows, y] = -counts.sum(axis=1)
    dW2 = features.T.dot(counts) / n + reg * W2
    dfeatures = counts.dot(W2.T) / n
    dW1 = X.T.dot(dfeatures * (1 - features**2)) + reg * W1
    return loss, {"W1": dW1, "W2": dW2}


def example(rng):
    return {
        "X": rng.normal(size=(5, 3)),
        "y": np.array([0, 3, 1, 2, 3]),
        "W1": rng.normal(size=(3, 6)),
        "W2": rng.normal(size=(6, 4)),
        "reg": 0.25,
    }
