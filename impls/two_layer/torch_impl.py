"""The two-layer network in PyTorch; the backward pass by autograd."""

import torch

from fourfold.impls.model import Trace

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "identity": lambda H: H,
}


def array(values, dtype):
    return torch.tensor(values, dtype=getattr(torch, dtype))


def to_numpy(Z):
    return Z.detach().numpy().copy()


def forward(X, W1, W2, activation):
    sigma = ACTIVATIONS[activation]
    H = X @ W1
    A = sigma(H)
    Y_hat = A @ W2
    return H, A, Y_hat


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y
    L = (R**2).sum(dim=(-2, -1)) / (2 * N)
    return R, L


def trace(X, Y, W1, W2, activation):
    W1 = W1.detach().requires_grad_()
    W2 = W2.detach().requires_grad_()
    H, A, Y_hat = forward(X, W1, W2, activation)
    R, L = loss(Y_hat, Y)
    gradients = torch.autograd.grad(L.sum(), (Y_hat, W2, A, H, W1))
    return Trace(*(Z.detach() for Z in (H, A, Y_hat, R, L, *gradients)))


def step(X, Y, W1, W2, lr, activation):
    T = trace(X, Y, W1, W2, activation)
    return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L


def train(X, Y, W1, W2, lr, steps, activation):
    path = []
    for _ in range(steps):
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        path.append((W1, W2, L))
    return tuple(torch.stack(Z) for Z in zip(*path, strict=True))
