"""A network of any depth in NumPy; the backward pass by hand, layer by layer from the last."""

import numpy as np

from fourfold.impls.model import DeepTrace

sigmoid = np.errstate(over="ignore")(lambda H: 1 / (1 + np.exp(-H)))  # E2; exp(-h) = inf leads to the right limit, 0
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


def forward(X, W, b, activations):
    H, A = [], [X]
    for k, (W_k, activation) in enumerate(zip(W, activations, strict=True)):
        sigma, _ = ACTIVATIONS[activation]
        H.append(A[k] @ W_k + b[k] if b else A[k] @ W_k)  # E1
        A.append(sigma(H[k]))  # E2, E3
    return tuple(H), tuple(A[1:-1]), A[-1]


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y  # E4
    L = (R**2).sum(axis=(-2, -1)) / (2 * N)  # E5
    return R, L


def trace(X, Y, W, b, activations):
    N = Y.shape[-2]
    H, A, Y_hat = forward(X, W, b, activations)  # E1-E3
    R, L = loss(Y_hat, Y)  # E4, E5
    dL_dY_hat = R / N  # E10
    A_in, A_out, dL_dA_k, gradients = (X, *A), (*A, Y_hat), dL_dY_hat, []
    for k in reversed(range(len(W))):
        _, sigma_prime = ACTIVATIONS[activations[k]]
        dL_dH_k = dL_dA_k * sigma_prime(A_out[k])  # E16
        dL_dW_k = A_in[k].mT @ dL_dH_k  # E13, E19
        dL_db_k = dL_dH_k.sum(axis=-2, keepdims=True)
        gradients.append((dL_dH_k, dL_dW_k, dL_db_k, dL_dA_k))
        if k > 0:
            dL_dA_k = dL_dH_k @ W[k].mT  # E15
    dL_dH, dL_dW, dL_db, dL_dA = zip(*reversed(gradients), strict=True)
    return DeepTrace(H, A, Y_hat, R, L, dL_dY_hat, dL_dH, dL_dW, dL_db if b else (), dL_dA[:-1])


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
    *Wb, L = (np.stack(Z) for Z in zip(*path, strict=True))
    return tuple(Wb[: len(W)]), tuple(Wb[len(W) :]), L


if __name__ == "__main__":
    rng, sigma = np.random.default_rng(0), ("sigmoid", "identity")
    X, Y = array([[0, 0], [0, 1], [1, 0], [1, 1]], "float64"), array([[0], [1], [1], [0]], "float64")
    W = array(rng.normal(size=(2, 3)), "float64"), array(rng.normal(size=(3, 1)), "float64")
    (W1s, W2s), _, L = train(X, Y, W, (), 0.1, 10_000, sigma)
    print(*(f"step {t:5,}  loss {float(L[t]):.6f}" for t in range(0, 10_000, 1_000)), sep="\n")
    print("predictions", to_numpy(forward(X, (W1s[-1], W2s[-1]), (), sigma)[-1]).ravel())
