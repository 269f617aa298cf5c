"""The two-layer network in JAX; the backward pass by `jax.grad` of named functions of L."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from fourfold.impls.model import Trace

jax.config.update("jax_enable_x64", True)  # without it float64 is silently float32

ACTIVATIONS = {
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
    H = X @ W1
    A = sigma(H)
    Y_hat = A @ W2
    return H, A, Y_hat


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y
    L = (R**2).sum(axis=(-2, -1)) / (2 * N)
    return R, L


@partial(jax.jit, static_argnames=["activation"])
def trace(X, Y, W1, W2, activation):
    sigma = ACTIVATIONS[activation]
    H, A, Y_hat = forward(X, W1, W2, activation)
    R, L = loss(Y_hat, Y)
    L_of_Y_hat = lambda Y_hat: loss(Y_hat, Y)[1].sum()
    L_of_W2 = lambda W2: L_of_Y_hat(A @ W2)
    L_of_A = lambda A: L_of_Y_hat(A @ W2)
    L_of_H = lambda H: L_of_A(sigma(H))
    L_of_W1 = lambda W1: L_of_H(X @ W1)
    dL_dY_hat = jax.grad(L_of_Y_hat)(Y_hat)
    dL_dW2 = jax.grad(L_of_W2)(W2)
    dL_dA = jax.grad(L_of_A)(A)
    dL_dH = jax.grad(L_of_H)(H)
    dL_dW1 = jax.grad(L_of_W1)(W1)
    return Trace(H, A, Y_hat, R, L, dL_dY_hat, dL_dW2, dL_dA, dL_dH, dL_dW1)


def step(X, Y, W1, W2, lr, activation):
    T = trace(X, Y, W1, W2, activation)
    return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L


@partial(jax.jit, static_argnames=["steps", "activation"])
def train(X, Y, W1, W2, lr, steps, activation):
    def next_step(W, _):
        W1, W2 = W
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        return (W1, W2), (W1, W2, L)

    _, path = jax.lax.scan(next_step, (W1, W2), length=steps)
    return path
