"""The chain rule on the Jacobians of the two-layer network in NumPy, each Jacobian by hand."""

import numpy as np

from fourfold.impls.model import Jacobians

ACTIVATIONS = {  # E2: σ, and E16: σ' in terms of A = σ(H)
    "sigmoid": (lambda H: 1 / (1 + np.exp(-H)), lambda A: A * (1 - A)),
    "tanh": (np.tanh, lambda A: 1 - A**2),
    "relu": (lambda H: np.maximum(H, 0), lambda A: np.heaviside(A, 0)),
    "identity": (lambda H: H, np.ones_like),
}


def array(values, dtype):
    return np.array(values, dtype)


def to_numpy(Z):
    return np.array(Z)


def jacobians(X, Y, W1, W2, activation):
    sigma, sigma_prime = ACTIVATIONS[activation]
    A, (N, d_out) = sigma(X @ W1), Y.shape  # E1, E2
    dL_dY_hat = (A @ W2 - Y).reshape(1, -1) / N  # E3, E4, E10
    dY_hat_dW2 = np.kron(A, np.eye(d_out, dtype=A.dtype))  # E12
    dY_hat_dA = np.kron(np.eye(N, dtype=A.dtype), W2.mT)  # E15
    dA_dH = np.diag(sigma_prime(A).ravel())  # E16
    dH_dW1 = np.kron(X, np.eye(len(W2), dtype=A.dtype))  # E17
    return Jacobians(dL_dY_hat, dY_hat_dW2, dY_hat_dA, dA_dH, dH_dW1)


def sums(dz_dy, dy_dx):
    return (dz_dy[:, :, None] * dy_dx[None, :, :]).sum(axis=1)  # E7


def product(dz_dy, dy_dx):
    return dz_dy @ dy_dx  # E9
