"""The chain rule on the Jacobians of the two-layer network in JAX, each Jacobian by `jax.jacobian`."""

import jax
import jax.numpy as jnp
import numpy as np

from fourfold.impls.model import Jacobians

jax.config.update("jax_enable_x64", True)  # without it float64 is silently float32

ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu, "identity": lambda H: H}  # E2


def array(values, dtype):
    return jnp.array(values, dtype)


def to_numpy(Z):
    return np.array(Z)


def jacobians(X, Y, W1, W2, activation):
    sigma, N = ACTIVATIONS[activation], len(Y)
    H = X @ W1  # E1
    A = sigma(H)  # E2
    L_of_Y_hat = lambda Y_hat: ((Y_hat - Y) ** 2).sum() / (2 * N)  # E4, E5
    dL_dY_hat = jax.jacobian(L_of_Y_hat)(A @ W2).reshape(1, -1)  # E3, E10
    dY_hat_dW2 = jax.jacobian(lambda W2: A @ W2)(W2).reshape(Y.size, -1)  # E12
    dY_hat_dA = jax.jacobian(lambda A: A @ W2)(A).reshape(Y.size, -1)  # E15
    dA_dH = jax.jacobian(sigma)(H).reshape(A.size, -1)  # E16
    dH_dW1 = jax.jacobian(lambda W1: X @ W1)(W1).reshape(H.size, -1)  # E17
    return Jacobians(dL_dY_hat, dY_hat_dW2, dY_hat_dA, dA_dH, dH_dW1)


def sums(dz_dy, dy_dx):
    return (dz_dy[:, :, None] * dy_dx[None, :, :]).sum(axis=1)  # E7


def product(dz_dy, dy_dx):
    return dz_dy @ dy_dx  # E9
