"""The network with micrograd, a Value a number: ReLU, which it has. Answers are plain lists of Python's floats."""

from micrograd.engine import Value


def gradients(X, Y, W1, W2):
    V1, V2 = ([[Value(float(w)) for w in row] for row in W] for W in (W1, W2))
    L = Value(0.0)
    for x, y in zip(X.tolist(), Y.tolist(), strict=True):
        A = [sum((xi * w[j] for xi, w in zip(x, V1, strict=True)), Value(0.0)).relu() for j in range(len(V2))]
        for k, target in enumerate(y):
            L = L + (sum((a * v[k] for a, v in zip(A, V2, strict=True)), Value(0.0)) - target) ** 2
    L = L / (2 * len(X))
    L.backward()
    return L.data, *([[w.grad for w in row] for row in V] for V in (V1, V2))
