"""The chain rule on the Jacobians of the two-layer network in PyTorch, each Jacobian by `torch.func.jacrev`."""

import torch
from torch.func import jacrev

from fourfold.impls.model import Jacobians

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda H: H}  # E2


def array(values, dtype):
    return torch.tensor(values, dtype=getattr(torch, dtype))


def to_numpy(Z):
    Z = Z.detach()
    return (Z.float() if Z.dtype == torch.bfloat16 else Z).numpy().copy()  # NumPy has no bfloat16


def jacobians(X, Y, W1, W2, activation):
    sigma, N = ACTIVATIONS[activation], len(Y)
    H = X @ W1  # E1
    A = sigma(H)  # E2
    L_of_Y_hat = lambda Y_hat: ((Y_hat - Y) ** 2).sum() / (2 * N)  # E4, E5
    dL_dY_hat = jacrev(L_of_Y_hat)(A @ W2).reshape(1, -1)  # E3, E10
    dY_hat_dW2 = jacrev(lambda W2: A @ W2)(W2).reshape(Y.numel(), -1)  # E12
    dY_hat_dA = jacrev(lambda A: A @ W2)(A).reshape(Y.numel(), -1)  # E15
    dA_dH = jacrev(sigma)(H).reshape(A.numel(), -1)  # E16
    dH_dW1 = jacrev(lambda W1: X @ W1)(W1).reshape(H.numel(), -1)  # E17
    return Jacobians(dL_dY_hat, dY_hat_dW2, dY_hat_dA, dA_dH, dH_dW1)


def sums(dz_dy, dy_dx):
    return (dz_dy[:, :, None] * dy_dx[None, :, :]).sum(dim=1)  # E7


def product(dz_dy, dy_dx):
    return dz_dy @ dy_dx  # E9
