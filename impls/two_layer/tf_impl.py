"""The two-layer network in TensorFlow; the backward pass by `tf.GradientTape`."""

import numpy as np
import tensorflow as tf

from fourfold.impls.model import Trace

ACTIVATIONS = {
    "sigmoid": tf.sigmoid,
    "tanh": tf.tanh,
    "relu": tf.nn.relu,
    "identity": tf.identity,
}


def array(values, dtype):
    return tf.constant(np.array(values, dtype))


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
    L = tf.reduce_sum(tf.square(R), axis=(-2, -1)) / (2 * N)  # R**2 would be a power, rounded more than once
    return R, L


def trace(X, Y, W1, W2, activation):
    with tf.GradientTape() as tape:
        tape.watch((W1, W2))
        H, A, Y_hat = forward(X, W1, W2, activation)
        R, L = loss(Y_hat, Y)
        L_sum = tf.reduce_sum(L)
    gradients = tape.gradient(L_sum, (Y_hat, W2, A, H, W1))
    return Trace(H, A, Y_hat, R, L, *gradients)


def step(X, Y, W1, W2, lr, activation):
    T = trace(X, Y, W1, W2, activation)
    return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L


@tf.function(jit_compile=True)
def train(X, Y, W1, W2, lr, steps, activation):
    path = [tf.TensorArray(W1.dtype, steps) for _ in range(3)]
    for t in tf.range(steps):
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        path = [Zs.write(t, Z) for Zs, Z in zip(path, (W1, W2, L), strict=True)]
    return tuple(Zs.stack() for Zs in path)
