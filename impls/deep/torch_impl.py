"""A network of any depth in PyTorch; the backward pass by autograd."""

import numpy as np
import torch

from fourfold.impls.model import DeepTrace

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda H: H}  # E2


def array(values, dtype):
    return torch.tensor(values, dtype=getattr(torch, dtype))


def to_numpy(Z):
    Z = Z.detach()
    return (Z.float() if Z.dtype == torch.bfloat16 else Z).numpy().copy()  # NumPy has no bfloat16


def forward(X, W, b, activations):
    H, A = [], [X]
    for k, (W_k, activation) in enumerate(zip(W, activations, strict=True)):
        sigma = ACTIVATIONS[activation]
        H.append(A[k] @ W_k + b[k] if b else A[k] @ W_k)  # E1
        A.append(sigma(H[k]))  # E2, E3
    return tuple(H), tuple(A[1:-1]), A[-1]


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y  # E4
    L = (R**2).sum(dim=(-2, -1)) / (2 * N)  # E5
    return R, L


def trace(X, Y, W, b, activations):
    W = tuple(W_k.detach().requires_grad_() for W_k in W)
    b = tuple(b_k.detach().requires_grad_() for b_k in b)
    H, A, Y_hat = forward(X, W, b, activations)  # E1-E3
    R, L = loss(Y_hat, Y)  # E4, E5
    Zs = (Y_hat, *H, *W, *b, *A)
    dL_d = dict(zip(Zs, torch.autograd.grad(L.sum(), Zs), strict=True))  # E10, E13, E15, E16, E19
    gradients = lambda Zs: tuple(dL_d[Z] for Z in Zs)
    dL_dY_hat, dL_dH, dL_dW, dL_db, dL_dA = dL_d[Y_hat], *map(gradients, (H, W, b, A))
    values = lambda Zs: tuple(Z.detach() for Z in Zs)
    H, A, (Y_hat, R, L) = map(values, (H, A, (Y_hat, R, L)))
    return DeepTrace(H, A, Y_hat, R, L, dL_dY_hat, dL_dH, dL_dW, dL_db, dL_dA)


def step(X, Y, W, b, lr, activations):
    T = trace(X, Y, W, b, activations)
    W = tuple(W_k - lr * dL_dW_k for W_k, dL_dW_k in zip(W, T.dL_dW, strict=True))  # E23
    b = tuple(b_k - lr * dL_db_k for b_k, dL_db_k in zip(b, T.dL_db, strict=True))  # E23
    return W, b, T.L


def train(X, Y, W, b, lr, steps, activations):
    path = []
    for _ in range(steps):  # E24
        W, b, L = step(X, Y, W, b, lr, activations)
        path.append((*W, *b, L))
    *Wb, L = (torch.stack(Z) for Z in zip(*path, strict=True))
    return tuple(Wb[: len(W)]), tuple(Wb[len(W) :]), L


if __name__ == "__main__":
    rng, sigma = np.random.default_rng(0), ("sigmoid", "identity")
    X, Y = array([[0, 0], [0, 1], [1, 0], [1, 1]], "float64"), array([[0], [1], [1], [0]], "float64")
    W = array(rng.normal(size=(2, 3)), "float64"), array(rng.normal(size=(3, 1)), "float64")
    (W1s, W2s), _, L = train(X, Y, W, (), 0.1, 10_000, sigma)
    print(*(f"step {t:5,}  loss {float(L[t]):.6f}" for t in range(0, 10_000, 1_000)), sep="\n")
    print("predictions", to_numpy(forward(X, (W1s[-1], W2s[-1]), (), sigma)[-1]).ravel())
