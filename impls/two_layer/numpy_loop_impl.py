"""The two-layer network in NumPy; the backward pass by hand, weight by weight in loops (E20)."""

import numpy as np

from fourfold.impls.model import Trace


@np.errstate(over="ignore")  # exp(-h) = inf is on its way to the right limit, 0
def sigmoid(H):
    return 1 / (1 + np.exp(-H))  # E2


ACTIVATIONS = {  # E2: σ, and E16: σ' in terms of A = σ(H)
    "sigmoid": (sigmoid, lambda A: A * (1 - A)),
    "tanh": (np.tanh, lambda A: 1 - A**2),
    "relu": (lambda H: np.maximum(H, 0), lambda A: np.heaviside(A, 0)),
    "identity": (lambda H: H, np.ones_like),
}


def array(values, dtype):
    return np.array(values, dtype)


def to_numpy(Z):
    return np.array(Z)


def forward(X, W1, W2, activation):
    sigma, _ = ACTIVATIONS[activation]
    H = X @ W1  # E1
    A = sigma(H)  # E2
    Y_hat = A @ W2  # E3
    return H, A, Y_hat


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y  # E4
    L = (R**2).sum(axis=(-2, -1)) / (2 * N)  # E5
    return R, L


def trace(X, Y, W1, W2, activation):
    _, sigma_prime = ACTIVATIONS[activation]
    N = Y.shape[-2]
    H, A, Y_hat = forward(X, W1, W2, activation)  # E1-E3
    R, L = loss(Y_hat, Y)  # E4, E5
    dL_dY_hat = R / N  # E10
    dL_dW2 = (dL_dY_hat.mT @ A).mT  # E13 is a row for each output, W2 a column
    dL_dA, dL_dH, dL_dW1 = np.empty_like(A), np.empty_like(H), np.empty_like(W1)
    for j in range(W1.shape[-1]):  # E20
        dL_dA[..., j] = (dL_dY_hat * W2[..., None, j, :]).sum(axis=-1)  # E15
        dL_dH[..., j] = dL_dA[..., j] * sigma_prime(A[..., j])  # E16
        for i in range(W1.shape[-2]):
            dL_dW1[..., i, j] = (dL_dH[..., j] * X[..., i]).sum(axis=-1)  # E19
    return Trace(H, A, Y_hat, R, L, dL_dY_hat, dL_dW2, dL_dA, dL_dH, dL_dW1)


def step(X, Y, W1, W2, lr, activation):
    T = trace(X, Y, W1, W2, activation)
    return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L  # E23


def train(X, Y, W1, W2, lr, steps, activation):
    path = []
    for _ in range(steps):  # E24
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        path.append((W1, W2, L))
    return tuple(np.stack(Z) for Z in zip(*path, strict=True))


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X, Y = array([[0, 0], [0, 1], [1, 0], [1, 1]], "float64"), array([[0], [1], [1], [0]], "float64")
    W1, W2 = array(rng.normal(size=(2, 3)), "float64"), array(rng.normal(size=(3, 1)), "float64")
    W1s, W2s, L = train(X, Y, W1, W2, 0.1, 10_000, "sigmoid")
    print(*(f"step {t:5,}  loss {float(L[t]):.6f}" for t in range(0, 10_000, 1_000)), sep="\n")
    print("predictions", to_numpy(forward(X, W1s[-1], W2s[-1], "sigmoid")[-1]).ravel())
