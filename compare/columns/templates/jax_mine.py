"""Your own gradients in JAX, every number of them judged: fourfold agree --impl mine

X (N, d_in) and Y (N, d_out) are float64 or float32. For K layers W is a tuple of K arrays (d_in, d_out) and b one of K
arrays (1, d_out), or () without biases. Any depth: --layers 2,8,8,1 --bias --activation tanh
"""

from functools import partial

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)  # or all is float32

# Arrays may have leading axes, a network each: all are asked about at once. Without this line, one after the other.
SEEDS = True
ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu, "identity": lambda H: H}


def array(values, dtype):
    return jnp.array(values, dtype)


def predict(X, W, b, activations):
    for k, activation in enumerate(activations):
        X = ACTIVATIONS[activation](X @ W[k] + b[k] if b else X @ W[k])
    return X


def half_mean_square(Y_hat, Y):
    return ((Y_hat - Y) ** 2).sum(axis=(-2, -1)) / (2 * Y.shape[-2])


@partial(jax.jit, static_argnames="activations")
def gradients(X, Y, W, b, activations):
    """The loss, and its gradients in tuples like W and b."""

    def total(W, b):
        L = half_mean_square(predict(X, W, b, activations), Y)
        return L.sum(), L

    (dL_dW, dL_db), L = jax.grad(total, argnums=(0, 1), has_aux=True)(W, b)
    return L, dL_dW, dL_db


@partial(jax.jit, static_argnames=("steps", "activations"))
def train(X, Y, W, b, lr, steps, activations):
    """W and b after every step, along a new first axis of each array, and the loss before it."""

    def step(parameters, _):
        L, *slopes = gradients(X, Y, *parameters, activations)
        W, b = jax.tree.map(lambda Z, dL_dZ: Z - lr * dL_dZ, parameters, tuple(slopes))
        return (W, b), (W, b, L)

    _, path = jax.lax.scan(step, (W, b), length=steps)
    return path
