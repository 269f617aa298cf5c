"""A network of any depth in NumPy; the backward pass by hand, layer by layer from the last."""

import numpy as np

from fourfold.impls.model import DeepTrace


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


def forward(X, W, b, activations):
    H, A = [], [X]
    for k, (W_k, activation) in enumerate(zip(W, activations, strict=True)):
        sigma, _ = ACTIVATIONS[activation]
        H.append(A[k] @ W_k + b[k] if b else A[k] @ W_k)
        A.append(sigma(H[k]))
    return tuple(H), tuple(A[1:-1]), A[-1]


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y
    L = (R**2).sum(axis=(-2, -1)) / (2 * N)
    return R, L


def trace(X, Y, W, b, activations):
    N = Y.shape[-2]
    H, A, Y_hat = forward(X, W, b, activations)
    R, L = loss(Y_hat, Y)
    dL_dY_hat = R / N
    A_in, A_out, dL_dA_k, gradients = (X, *A), (*A, Y_hat), dL_dY_hat, []
    for k in reversed(range(len(W))):
        _, sigma_prime = ACTIVATIONS[activations[k]]
        dL_dH_k = dL_dA_k * sigma_prime(A_out[k])
        dL_dW_k = A_in[k].mT @ dL_dH_k
        dL_db_k = dL_dH_k.sum(axis=-2, keepdims=True)
        gradients.append((dL_dH_k, dL_dW_k, dL_db_k, dL_dA_k))
        if k > 0:
            dL_dA_k = dL_dH_k @ W[k].mT
    dL_dH, dL_dW, dL_db, dL_dA = zip(*reversed(gradients), strict=True)
    return DeepTrace(H, A, Y_hat, R, L, dL_dY_hat, dL_dH, dL_dW, dL_db if b else (), dL_dA[:-1])


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
    *Wb, L = (np.stack(Z) for Z in zip(*path, strict=True))
    return tuple(Wb[: len(W)]), tuple(Wb[len(W) :]), L
