"""A plain recurrent network over five steps with a target at each, by backpropagation through time."""

import numpy as np


def rnn_bptt(inputs, targets, h0, Wxh, Whh, Why, bh, by):
    steps = len(inputs)
    hs = {-1: h0}
    ys = {}
    loss = 0
    for t in range(steps):
        hs[t] = np.tanh(Wxh @ inputs[t] + Whh @ hs[t - 1] + bh)
        ys[t] = Why @ hs[t] + by
        loss += 0.5 * np.sum((ys[t] - targets[t]) ** 2)

    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(h0)
    for t in reversed(range(steps)):
        dy = ys[t] - targets[t]
        dWhy += np.outer(dy, hs[t])
        dby += dy
        dh = Why.T @ dy + dhnext
        draw = (1 - hs[t] ** 2) * dh
        dbh += draw
        dWxh += np.outer(draw, inputs[t])
        dWhh += np.outer(draw, hs[t - 1])
        dhnext = Whh.T @ draw
    return loss, {"Wxh": dWxh, "Whh": dWhh, "Why": dWhy, "bh": dbh, "by": dby, "h0": dhnext}


def example(rng):
    return {
        "inputs": rng.normal(size=(5, 3)),
        "targets": rng.normal(size=(5, 2)),
        "h0": rng.normal(size=4),
        "Wxh": 0.5 * rng.normal(size=(4, 3)),
        "Whh": 0.5 * rng.normal(size=(4, 4)),
        "Why": rng.normal(size=(2, 4)),
        "bh": rng.normal(size=4),
        "by": rng.normal(size=2),
    }
