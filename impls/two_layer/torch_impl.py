"""The two-layer network in PyTorch; the backward pass by autograd."""

import numpy as np
import torch

from fourfold.impls.model import Trace

ACTIVATIONS = {  # E2
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "identity": lambda H: H,
}


def array(values, dtype):
    return torch.tensor(values, dtype=getattr(torch, dtype))


def to_numpy(Z):
    Z = Z.detach()
    return (Z.float() if Z.dtype == torch.bfloat16 else Z).numpy().copy()  # NumPy has no bfloat16


def forward(X, W1, W2, activation):
    sigma = ACTIVATIONS[activation]
    H = X @ W1  # E1
    A = sigma(H)  # E2
    Y_hat = A @ W2  # E3
    return H, A, Y_hat


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y  # E4
    L = (R**2).sum(dim=(-2, -1)) / (2 * N)  # E5
    return R, L


def trace(X, Y, W1, W2, activation):
    W1 = W1.detach().requires_grad_()
    W2 = W2.detach().requires_grad_()
    H, A, Y_hat = forward(X, W1, W2, activation)  # E1-E3
    R, L = loss(Y_hat, Y)  # E4, E5
    gradients = torch.autograd.grad(L.sum(), (Y_hat, W2, A, H, W1))  # E10, E13, E15, E16, E19
    return Trace(*(Z.detach() for Z in (H, A, Y_hat, R, L, *gradients)))


def step(X, Y, W1, W2, lr, activation):
    T = trace(X, Y, W1, W2, activation)
    return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L  # E23


def train(X, Y, W1, W2, lr, steps, activation):
    path = []
    for _ in range(steps):  # E24
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        path.append((W1, W2, L))
    return tuple(torch.stack(Z) for Z in zip(*path, strict=True))


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X, Y = array([[0, 0], [0, 1], [1, 0], [1, 1]], "float64"), array([[0], [1], [1], [0]], "float64")
    W1, W2 = array(rng.normal(size=(2, 3)), "float64"), array(rng.normal(size=(3, 1)), "float64")
    W1s, W2s, L = train(X, Y, W1, W2, 0.1, 10_000, "sigmoid")
    print(*(f"step {t:5,}  loss {float(L[t]):.6f}" for t in range(0, 10_000, 1_000)), sep="\n")
    print("predictions", to_numpy(forward(X, W1s[-1], W2s[-1], "sigmoid")[-1]).ravel())
