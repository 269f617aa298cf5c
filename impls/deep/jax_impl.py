"""A network of any depth in JAX; the backward pass by `jax.grad` of named functions of L."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from fourfold.impls.model import DeepTrace

jax.config.update("jax_enable_x64", True)  # without it float64 is silently float32

ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu, "identity": lambda H: H}  # E2


def array(values, dtype):
    return jnp.array(values, dtype)


def to_numpy(Z):
    return np.array(Z)


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
    L = (R**2).sum(axis=(-2, -1)) / (2 * N)  # E5
    return R, L


@partial(jax.jit, static_argnames=["activations"])
def trace(X, Y, W, b, activations):
    H, A, Y_hat = forward(X, W, b, activations)  # E1-E3
    R, L = loss(Y_hat, Y)  # E4, E5
    L_of_Y_hat = lambda Y_hat: loss(Y_hat, Y)[1].sum()  # E4, E5
    L_of_W_b = lambda W, b: L_of_Y_hat(forward(X, W, b, activations)[-1])  # E1-E3
    # what comes after A_k is a network too
    L_of_A = lambda A_k, k: L_of_Y_hat(forward(A_k, W[k:], b[k:], activations[k:])[-1])  # E1-E3
    L_of_H = lambda H_k, k: L_of_A(ACTIVATIONS[activations[k - 1]](H_k), k)  # E2
    dL_dY_hat = jax.grad(L_of_Y_hat)(Y_hat)  # E10
    dL_dH = tuple(jax.grad(L_of_H)(H_k, k) for k, H_k in enumerate(H, start=1))  # E16
    dL_dW, dL_db = jax.grad(L_of_W_b, argnums=(0, 1))(W, b)  # E13, E19
    dL_dA = tuple(jax.grad(L_of_A)(A_k, k) for k, A_k in enumerate(A, start=1))  # E15
    return DeepTrace(H, A, Y_hat, R, L, dL_dY_hat, dL_dH, dL_dW, dL_db, dL_dA)


def step(X, Y, W, b, lr, activations):
    T = trace(X, Y, W, b, activations)
    W = tuple(W_k - lr * dL_dW_k for W_k, dL_dW_k in zip(W, T.dL_dW, strict=True))  # E23
    b = tuple(b_k - lr * dL_db_k for b_k, dL_db_k in zip(b, T.dL_db, strict=True))  # E23
    return W, b, T.L


@partial(jax.jit, static_argnames=["steps", "activations"])
def train(X, Y, W, b, lr, steps, activations):
    def next_step(Wb, _):
        W, b = Wb
        W, b, L = step(X, Y, W, b, lr, activations)
        return (W, b), (W, b, L)

    _, path = jax.lax.scan(next_step, (W, b), length=steps)  # E24
    return path


if __name__ == "__main__":
    rng, sigma = np.random.default_rng(0), ("sigmoid", "identity")
    X, Y = array([[0, 0], [0, 1], [1, 0], [1, 1]], "float64"), array([[0], [1], [1], [0]], "float64")
    W = array(rng.normal(size=(2, 3)), "float64"), array(rng.normal(size=(3, 1)), "float64")
    (W1s, W2s), _, L = train(X, Y, W, (), 0.1, 10_000, sigma)
    print(*(f"step {t:5,}  loss {float(L[t]):.6f}" for t in range(0, 10_000, 1_000)), sep="\n")
    print("predictions", to_numpy(forward(X, (W1s[-1], W2s[-1]), (), sigma)[-1]).ravel())
