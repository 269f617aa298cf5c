"""One LSTM step with the gates stacked in a single matrix, as in many assignments; the loss weighs the new h and c."""

import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm_step(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H : 2 * H])
    o = sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    tanh_c = np.tanh(next_c)
    next_h = o * tanh_c
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, tanh_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, tanh_c = cache
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c**2)
    df = dc * prev_c
    di = dc * g
    dg = dc * i
    dprev_c = dc * f
    da = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)])
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    return dx, dprev_h, dprev_c, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def loss_and_gradients(x, weight_h, weight_c, prev_h, prev_c, Wx, Wh, b):
    next_h, next_c, cache = lstm_step(x, prev_h, prev_c, Wx, Wh, b)
    loss = np.sum(weight_h * next_h) + np.sum(weight_c * next_c)
    _, dprev_h, dprev_c, dWx, dWh, db = lstm_step_backward(weight_h, weight_c, cache)
    return loss, {"prev_h": dprev_h, "prev_c": dprev_c, "Wx": dWx, "Wh": dWh, "b": db}


def example(rng):
    N, D, H = 3, 2, 4
    return {
        "x": rng.normal(size=(N, D)),
        "weight_h": rng.normal(size=(N, H)),
        "weight_c": rng.normal(size=(N, H)),
        "prev_h": rng.normal(size=(N, H)),
        "prev_c": rng.normal(size=(N, H)),
        "Wx": rng.normal(size=(D, 4 * H)),
        "Wh": rng.normal(size=(H, 4 * H)),
        "b": rng.normal(size=4 * H),
    }
