"""A network of any depth in PyTorch; the backward pass by autograd."""

import torch

from fourfold.impls.model import DeepTrace

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


def forward(X, W, b, activations):
    H, A = [], [X]
    for k, (W_k, activation) in enumerate(zip(W, activations, strict=True)):
        sigma = ACTIVATIONS[activation]
        H.append(A[k] @ W_k + b[k] if b else A[k] @ W_k)
        A.append(sigma(H[k]))
    return tuple(H), tuple(A[1:-1]), A[-1]


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y
    L = (R**2).sum(dim=(-2, -1)) / (2 * N)
    return R, L


def trace(X, Y, W, b, activations):
    W = tuple(W_k.detach().requires_grad_() for W_k in W)
    b = tuple(b_k.detach().requires_grad_() for b_k in b)
    H, A, Y_hat = forward(X, W, b, activations)
    R, L = loss(Y_hat, Y)
    Zs = (Y_hat, *H, *W, *b, *A)
    dL_d = dict(zip(Zs, torch.autograd.grad(L.sum(), Zs), strict=True))
    dL_dH, dL_dW, dL_db, dL_dA, (dL_dY_hat,) = (tuple(dL_d[Z] for Z in Zs) for Zs in (H, W, b, A, [Y_hat]))
    H, A, (Y_hat, R, L) = (tuple(Z.detach() for Z in Zs) for Zs in (H, A, (Y_hat, R, L)))
    return DeepTrace(H, A, Y_hat, R, L, dL_dY_hat, dL_dH, dL_dW, dL_db, dL_dA)


def step(X, Y, W, b, lr, activations):
    T = trace(X, Y, W, b, activations)
    W = tuple(W_k - lr * dL_dW_k for W_k, dL_dW_k in zip(W, T.dL_dW, strict=True))
    b = tuple(b_k - lr * dL_db_k for b_k, dL_db_k in zip(b, T.dL_db, strict=True))
    return W, b, T.L


def train(X, Y, W, b, lr, steps, activations):
    path = []
    for _ in range(steps):
        W, b, L = step(X, Y, W, b, lr, activations)
        path.append((*W, *b, L))
    *Wb, L = (torch.stack(Z) for Z in zip(*path, strict=True))
    return tuple(Wb[: len(W)]), tuple(Wb[len(W) :]), L
