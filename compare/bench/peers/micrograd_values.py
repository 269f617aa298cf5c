# pyright: reportAttributeAccessIssue=false
"""micrograd: a Value a number. It has no sigmoid; this is how one adds a function to it."""

from math import exp

from micrograd.engine import Value


def sigmoid(h):
    a = Value(1 / (1 + exp(-h.data)), (h,), "sigmoid")

    def backward():
        h.grad += a.data * (1 - a.data) * a.grad

    a._backward = backward
    return a


def trainer(X, Y, W1, W2, lr):
    V1, V2 = ([[Value(w) for w in row] for row in W.tolist()] for W in (W1, W2))
    samples = list(zip(X.tolist(), Y.tolist(), strict=True))
    layer = lambda x, V: [sum(z * v for z, v in zip(x, column, strict=True)) for column in zip(*V, strict=True)]

    def step():
        L = Value(0)
        for x, target in samples:
            Y_hat = layer([sigmoid(h) for h in layer(x, V1)], V2)
            L += sum((out - y) ** 2 for out, y in zip(Y_hat, target, strict=True))
        L = L / (2 * len(samples))
        for v in (v for V in (V1, V2) for row in V for v in row):
            v.grad = 0
        L.backward()
        for v in (v for V in (V1, V2) for row in V for v in row):
            v.data -= lr * v.grad
        return L.data

    return lambda steps: [step() for _ in range(steps)]
