"""A gated recurrent unit (GRU) over three steps for a batch; the last state is classified by a logistic output."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gru_step(x, h, p):
    z = sigmoid(x @ p["Wz"] + h @ p["Uz"] + p["bz"])
    r = sigmoid(x @ p["Wr"] + h @ p["Ur"] + p["br"])
    n = np.tanh(x @ p["Wn"] + (r * h) @ p["Un"] + p["bn"])
    return (1 - z) * h + z * n, (x, h, z, r, n)


def gru_step_backward(dh_new, cache, p, grads):
    x, h, z, r, n = cache
    dz = dh_new * (n - h)
    dn = dh_new * z
    dh = dh_new * (1 - z)

    da_n = dn * (1 - n**2)
    grads["Wn"] += x.T @ da_n
    grads["Un"] += (r * h).T @ da_n
    grads["bn"] += da_n.sum(axis=0)
    drh = da_n @ p["Un"].T
    dr = drh * h
    dh += drh * r

    da_r = dr * r * (1 - r)
    grads["Wr"] += x.T @ da_r
    grads["Ur"] += h.T @ da_r
    grads["br"] += da_r.sum(axis=0)
    dh += da_r @ p["Ur"].T

    da_z = dz * z * (1 - z)
    grads["Wz"] += x.T @ da_z
    grads["Uz"] += h.T @ da_z
    grads["bz"] += da_z.sum(axis=0)
    dh += da_z @ p["Uz"].T
    return dh


def run(xs, y, Wz, Uz, bz, Wr, Ur, br, Wn, Un, bn, v):
    p = {"Wz": Wz, "Uz": Uz, "bz": bz, "Wr": Wr, "Ur": Ur, "br": br, "Wn": Wn, "Un": Un, "bn": bn}
    h = np.zeros((len(y), Uz.shape[0]))
    caches = []
    for x in xs:
        h, cache = gru_step(x, h, p)
        caches.append(cache)
    prob = sigmoid(h @ v)
    loss = -np.mean(y * np.log(prob) + (1 - y) * np.log(1 - prob))

    grads = {name: np.zeros_like(value) for name, value in p.items()}
    dscore = (prob - y) / len(y)
    grads["v"] = h.T @ dscore
    dh = np.outer(dscore, v)
    for cache in reversed(caches):
        dh = gru_step_backward(dh, cache, p, grads)
    return loss, grads


def example(rng):
    d, k = 3, 4
    arguments = {"xs": rng.normal(size=(3, 2, d)), "y": np.array([1, 0])}
    for gate in "zrn":
        arguments["W" + gate] = 0.7 * rng.normal(size=(d, k))
        arguments["U" + gate] = 0.7 * rng.normal(size=(k, k))
        arguments["b" + gate] = rng.normal(size=k)
    arguments["v"] = rng.normal(size=k)
    return arguments
