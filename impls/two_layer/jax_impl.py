"""The two-layer network in JAX; the backward pass by `jax.grad` of named functions of L."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from fourfold.impls.model import Trace

jax.config.update("jax_enable_x64", True)  # without it float64 is silently float32
ACTIVATIONS = {  # E2
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "identity": lambda H: H,
}


def array(values, dtype):
    return jnp.array(values, dtype)


def to_numpy(Z):
    return np.array(Z)


def forward(X, W1, W2, activation):
    sigma = ACTIVATIONS[activation]
    H = X @ W1  # E1
    A = sigma(H)  # E2
    Y_hat = A @ W2  # E3
    return H, A, Y_hat


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y  # E4
    L = (R**2).sum(axis=(-2, -1)) / (2 * N)  # E5
    return R, L


@partial(jax.jit, static_argnames=["activation"])
def trace(X, Y, W1, W2, activation):
    H, A, Y_hat = forward(X, W1, W2, activation)  # E1-E3
    R, L = loss(Y_hat, Y)  # E4, E5
    L_of_Y_hat = lambda Y_hat: loss(Y_hat, Y)[1].sum()  # E4, E5
    L_of_W2 = lambda W2: L_of_Y_hat(A @ W2)  # E3
    L_of_A = lambda A: L_of_Y_hat(A @ W2)  # E3
    L_of_H = lambda H: L_of_A(ACTIVATIONS[activation](H))  # E2
    L_of_W1 = lambda W1: L_of_H(X @ W1)  # E1
    dL_dY_hat = jax.grad(L_of_Y_hat)(Y_hat)  # E10
    dL_dW2 = jax.grad(L_of_W2)(W2)  # E13
    dL_dA = jax.grad(L_of_A)(A)  # E15
    dL_dH = jax.grad(L_of_H)(H)  # E16
    dL_dW1 = jax.grad(L_of_W1)(W1)  # E19
    return Trace(H, A, Y_hat, R, L, dL_dY_hat, dL_dW2, dL_dA, dL_dH, dL_dW1)


def step(X, Y, W1, W2, lr, activation):
    T = trace(X, Y, W1, W2, activation)
    return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L  # E23


@partial(jax.jit, static_argnames=["steps", "activation"])
def train(X, Y, W1, W2, lr, steps, activation):
    def next_step(W, _):
        W1, W2, L = step(X, Y, W[0], W[1], lr, activation)
        return (W1, W2), (W1, W2, L)

    return jax.lax.scan(next_step, (W1, W2), length=steps)[1]  # E24


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X, Y = array([[0, 0], [0, 1], [1, 0], [1, 1]], "float64"), array([[0], [1], [1], [0]], "float64")
    W1, W2 = array(rng.normal(size=(2, 3)), "float64"), array(rng.normal(size=(3, 1)), "float64")
    W1s, W2s, L = train(X, Y, W1, W2, 0.1, 10_000, "sigmoid")
    print(*(f"step {t:5,}  loss {float(L[t]):.6f}" for t in range(0, 10_000, 1_000)), sep="\n")
    print("predictions", to_numpy(forward(X, W1s[-1], W2s[-1], "sigmoid")[-1]).ravel())
