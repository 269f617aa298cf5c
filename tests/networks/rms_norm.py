"""Root mean square normalisation, a gated feed-forward layer (SwiGLU), and a Cauchy loss."""

import numpy as np


def rms_norm(x, g, eps=1e-6):
    r = np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    return x / r * g, r


def rms_norm_grad(dy, x, g, r):
    u = x / r
    dg = (dy * u).sum(axis=0)
    du = dy * g
    dx = du / r - u * (du * u).mean(axis=-1, keepdims=True) / r
    return dx, dg


def swiglu_loss(x, y, g, W_gate, W_up, W_down):
    n, r = rms_norm(x, g)
    gate = n @ W_gate
    up = n @ W_up
    s = 1 / (1 + np.exp(-gate))
    h = gate * s * up
    out = x + h @ W_down
    loss = np.log(1 + (out - y) ** 2).sum() / x.shape[0]

    d_out = 2 * (out - y) / (1 + (out - y) ** 2) / x.shape[0]
    d_W_down = h.T @ d_out
    d_h = d_out @ W_down.T
    d_up = d_h * gate * s
    d_swish = d_h * up
    d_gate = d_swish * (s + gate * s * (1 - s))
    d_W_gate = n.T @ d_gate
    d_W_up = n.T @ d_up
    d_n = d_gate @ W_gate.T + d_up @ W_up.T
    d_x, d_g = rms_norm_grad(d_n, x, g, r)
    d_x += d_out
    return loss, {"x": d_x, "g": d_g, "W_gate": d_W_gate, "W_up": d_W_up, "W_down": d_W_down}


def example(rng):
    return {
        "x": rng.normal(size=(4, 3)),
        "y": rng.normal(size=(4, 3)),
        "g": 1 + 0.2 * rng.normal(size=3),
        "W_gate": rng.normal(size=(3, 5)),
        "W_up": rng.normal(size=(3, 5)),
        "W_down": rng.normal(size=(5, 3)),
    }
