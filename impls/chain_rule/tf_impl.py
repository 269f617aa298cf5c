"""The chain rule on the Jacobians of the two-layer network in TensorFlow, each Jacobian by `tape.jacobian`."""

import numpy as np
import tensorflow as tf

from fourfold.impls.model import Jacobians

ACTIVATIONS = {"sigmoid": tf.sigmoid, "tanh": tf.tanh, "relu": tf.nn.relu, "identity": tf.identity}  # E2


def array(values, dtype):
    return tf.constant(np.array(values, dtype))


def to_numpy(Z):
    return np.array(Z.numpy())


def jacobians(X, Y, W1, W2, activation):
    sigma, N = ACTIVATIONS[activation], len(Y)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch((W1, W2))
        H = X @ W1  # E1
        A = sigma(H)  # E2
        Y_hat = A @ W2  # E3
        L = tf.reduce_sum(tf.square(Y_hat - Y)) / (2 * N)  # E4, E5
    dL_dY_hat = tf.reshape(tape.jacobian(L, Y_hat), (1, -1))  # E10
    dY_hat_dW2 = tf.reshape(tape.jacobian(Y_hat, W2), (tf.size(Y), -1))  # E12
    dY_hat_dA = tf.reshape(tape.jacobian(Y_hat, A), (tf.size(Y), -1))  # E15
    dA_dH = tf.reshape(tape.jacobian(A, H), (tf.size(A), -1))  # E16
    dH_dW1 = tf.reshape(tape.jacobian(H, W1), (tf.size(H), -1))  # E17
    return Jacobians(dL_dY_hat, dY_hat_dW2, dY_hat_dA, dA_dH, dH_dW1)


def sums(dz_dy, dy_dx):
    return tf.reduce_sum(dz_dy[:, :, None] * dy_dx[None, :, :], axis=1)  # E7


def product(dz_dy, dy_dx):
    return dz_dy @ dy_dx  # E9
