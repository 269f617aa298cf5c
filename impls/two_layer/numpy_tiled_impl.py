"""The two-layer network in NumPy; the backward pass by hand, with W2 tiled over the samples (E21)."""

import numpy as np

from fourfold.impls.model import Trace


@np.errstate(over="ignore")  # exp(-h) = inf is on its way to the right limit, 0
def sigmoid(H):
    return 1 / (1 + np.exp(-H))


# σ, and σ' written in terms of A = σ(H)
ACTIVATIONS = {
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
    H = X @ W1
    A = sigma(H)
    Y_hat = A @ W2
    return H, A, Y_hat


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y
    L = (R**2).sum(axis=(-2, -1)) / (2 * N)
    return R, L


def trace(X, Y, W1, W2, activation):
    _, sigma_prime = ACTIVATIONS[activation]
    N = Y.shape[-2]
    H, A, Y_hat = forward(X, W1, W2, activation)
    R, L = loss(Y_hat, Y)
    dL_dY_hat = R / N
    dL_dW2 = A.mT @ dL_dY_hat
    W2_tiled = np.stack([W2] * N, axis=-3)  # (*S, N, d_hidden, d_out)
    dL_dA = (W2_tiled * dL_dY_hat[..., None, :]).sum(axis=-1)
    dL_dH = dL_dA * sigma_prime(A)
    dL_dW1 = X.mT @ dL_dH
    return Trace(H, A, Y_hat, R, L, dL_dY_hat, dL_dW2, dL_dA, dL_dH, dL_dW1)


def step(X, Y, W1, W2, lr, activation):
    T = trace(X, Y, W1, W2, activation)
    return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L


def train(X, Y, W1, W2, lr, steps, activation):
    path = []
    for _ in range(steps):
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        path.append((W1, W2, L))
    return tuple(np.stack(Z) for Z in zip(*path, strict=True))
