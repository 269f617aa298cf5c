# pyright: reportAttributeAccessIssue=false
"""micrograd: a Value a number. It has no sigmoid; this is how one adds a function to it."""

from math import exp
from operator import mul

from micrograd.engine import Value


def sigmoid(h):
    a = Value(1 / (1 + exp(-h.data)), (h,), "sigmoid")

    def backward():
        h.grad += a.data * (1 - a.data) * a.grad

    a._backward = backward
    return a


def trainer(X, Y, W1, W2, lr):
    hidden = [[*map(Value, weights)] for weights in W1.T.tolist()]
    output = [[*map(Value, weights)] for weights in W2.T.tolist()]
    samples = list(zip(X.tolist(), Y.tolist(), strict=True))

    def step():
        L = Value(0)
        for x, target in samples:
            A = [sigmoid(sum(map(mul, x, weights))) for weights in hidden]
            for weights, y in zip(output, target, strict=True):
                L += (sum(map(mul, A, weights)) - y) ** 2
        L = L / (2 * len(samples))
        L.backward()
        for weights in hidden + output:
            for w in weights:
                w.data -= lr * w.grad
                w.grad = 0
        return L.data

    return lambda steps: [step() for _ in range(steps)]
