"""Inverted dropout with given masks on the input and on a hidden layer, ELU, and two outputs with a loss each."""

import numpy as np

KEEP_IN, KEEP_HIDDEN = 0.8, 0.5


def elu(z):
    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)


def forward(x, masks, p):
    cache = {}
    cache["x"] = x * masks[0] / KEEP_IN
    cache["z"] = cache["x"] @ p["W"] + p["b"]
    cache["a"] = elu(cache["z"])
    cache["h"] = cache["a"] * masks[1] / KEEP_HIDDEN
    cache["value"] = cache["h"] @ p["u"]
    cache["prob"] = 1 / (1 + np.exp(-(cache["h"] @ p["v"])))
    return cache


def backward(cache, masks, p, value, flag):
    grads = {}
    d_value = 2 * (cache["value"] - value) / len(value)
    d_score = (cache["prob"] - flag) / len(flag)
    grads["u"] = cache["h"].T @ d_value
    grads["v"] = cache["h"].T @ d_score
    d_h = np.outer(d_value, p["u"]) + np.outer(d_score, p["v"])
    d_a = d_h * masks[1] / KEEP_HIDDEN
    d_z = d_a * np.where(cache["z"] > 0, 1, cache["a"] + 1)
    grads["W"] = cache["x"].T @ d_z
    grads["b"] = d_z.sum(axis=0)
    return grads


def multi_task(x, mask_in, mask_hidden, value, flag, W, b, u, v):
    p = {"W": W, "b": b, "u": u, "v": v}
    masks = mask_in, mask_hidden
    cache = forward(x, masks, p)
    squared = np.mean((cache["value"] - value) ** 2)
    entropy = -np.mean(flag * np.log(cache["prob"]) + (1 - flag) * np.log(1 - cache["prob"]))
    return squared + entropy, backward(cache, masks, p, value, flag)


def example(rng):
    return {
        "x": rng.normal(size=(5, 3)),
        "mask_in": rng.integers(0, 2, size=(5, 3)),
        "mask_hidden": rng.integers(0, 2, size=(5, 6)),
        "value": rng.normal(size=5),
        "flag": np.array([1, 0, 0, 1, 1]),
        "W": rng.normal(size=(3, 6)),
        "b": rng.normal(size=6),
        "u": rng.normal(size=6),
        "v": rng.normal(size=6),
    }
