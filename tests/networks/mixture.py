"""A mixture density: softmax weights and Gaussian components; the negative log-likelihood by log-sum-exp."""

import numpy as np


def logsumexp(a):
    top = a.max(axis=1, keepdims=True)
    return top + np.log(np.exp(a - top).sum(axis=1, keepdims=True))


def nll(x, y, Wp, bp, Wm, bm, log_sigma):
    """x (n, d), y (n,), k components: weights from x @ Wp, means from x @ Wm, one width for each."""
    n = len(y)
    scores = x @ Wp + bp
    log_pi = scores - logsumexp(scores)
    means = x @ Wm + bm
    sigma = np.exp(log_sigma)
    standard = (y[:, None] - means) / sigma
    log_normal = -0.5 * standard**2 - log_sigma - 0.5 * np.log(2 * np.pi)
    joint = log_pi + log_normal
    evidence = logsumexp(joint)
    loss = -evidence.sum() / n

    responsibility = np.exp(joint - evidence)
    d_scores = (np.exp(log_pi) - responsibility) / n
    d_means = -responsibility * standard / sigma / n
    d_log_sigma = np.sum(responsibility * (1 - standard**2), axis=0) / n
    return loss, {
        "Wp": x.T @ d_scores,
        "bp": d_scores.sum(axis=0),
        "Wm": x.T @ d_means,
        "bm": d_means.sum(axis=0),
        "log_sigma": d_log_sigma,
    }


def example(rng):
    return {
        "x": rng.normal(size=(5, 2)),
        "y": rng.normal(size=5),
        "Wp": rng.normal(size=(2, 3)),
        "bp": rng.normal(size=3),
        "Wm": rng.normal(size=(2, 3)),
        "bm": rng.normal(size=3),
        "log_sigma": 0.3 * rng.normal(size=3),
    }
