"""Two graph convolutions with a normalised adjacency matrix; cross-entropy on the nodes whose label is known."""

import numpy as np


def normalise(adjacency):
    with_loops = adjacency + np.eye(len(adjacency))
    scale = 1 / np.sqrt(with_loops.sum(axis=1))
    return with_loops * np.outer(scale, scale)


def gcn(adjacency, features, known, labels, theta1, theta2, self_weight):
    S = normalise(adjacency)
    pre = S @ features @ theta1 + features @ self_weight
    hidden = np.maximum(pre, 0)
    logits = S @ hidden @ theta2
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    loss = -np.log(p[known, labels]).mean()

    g_logits = np.zeros_like(logits)
    g_logits[known] = p[known]
    g_logits[known, labels] -= 1
    g_logits /= len(known)
    g_theta2 = hidden.T @ S.T @ g_logits
    g_hidden = S.T @ g_logits @ theta2.T
    g_pre = np.where(pre > 0, g_hidden, 0)
    g_theta1 = (S @ features).T @ g_pre
    g_self = features.T @ g_pre
    return loss, {"theta1": g_theta1, "theta2": g_theta2, "self_weight": g_self}


def example(rng):
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 4], [4, 1]])
    adjacency = np.zeros((5, 5))
    adjacency[edges[:, 0], edges[:, 1]] = 1
    adjacency[edges[:, 1], edges[:, 0]] = 1
    return {
        "adjacency": adjacency,
        "features": rng.normal(size=(5, 3)),
        "known": np.array([0, 2, 3]),
        "labels": np.array([1, 0, 1]),
        "theta1": rng.normal(size=(3, 4)),
        "theta2": rng.normal(size=(4, 2)),
        "self_weight": rng.normal(size=(3, 4)),
    }
