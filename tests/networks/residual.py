"""Two residual blocks with GELU (tanh's form) and shared width, as layers that are called one after the other."""

import numpy as np

ROOT = np.sqrt(2 / np.pi)


class Block:
    def __init__(self, inner, outer):
        self.inner, self.outer = inner, outer

    def forward(self, x):
        self.x = x
        self.z = x @ self.inner
        self.t = np.tanh(ROOT * (self.z + 0.044715 * self.z**3))
        self.a = 0.5 * self.z * (1 + self.t)
        return x + self.a @ self.outer

    def backward(self, grad):
        self.d_outer = self.a.T @ grad
        d_a = grad @ self.outer.T
        dt = (1 - self.t**2) * ROOT * (1 + 3 * 0.044715 * self.z**2)
        d_z = d_a * (0.5 * (1 + self.t) + 0.5 * self.z * dt)
        self.d_inner = self.x.T @ d_z
        return grad + d_z @ self.inner.T


def residual_loss(x, y, inner1, outer1, inner2, outer2, head):
    blocks = [Block(inner1, outer1), Block(inner2, outer2)]
    h = x
    for block in blocks:
        h = block.forward(h)
    scores = h @ head
    loss = np.sum(np.log(1 + np.exp(-y * scores)))

    d_scores = -y / (1 + np.exp(y * scores))
    d_head = h.T @ d_scores
    d_h = np.outer(d_scores, head)
    for block in reversed(blocks):
        d_h = block.backward(d_h)
    first, second = blocks
    return loss, {
        "x": d_h,
        "inner1": first.d_inner,
        "outer1": first.d_outer,
        "inner2": second.d_inner,
        "outer2": second.d_outer,
        "head": d_head,
    }


def example(rng):
    return {
        "x": rng.normal(size=(4, 3)),
        "y": np.array([1, -1, 1, 1]),
        "inner1": 0.7 * rng.normal(size=(3, 5)),
        "outer1": 0.7 * rng.normal(size=(5, 3)),
        "inner2": 0.7 * rng.normal(size=(3, 2)),
        "outer2": 0.7 * rng.normal(size=(2, 3)),
        "head": rng.normal(size=3),
    }
