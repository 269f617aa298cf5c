"""A network of any depth in TensorFlow; the backward pass by `tf.GradientTape`."""

import numpy as np
import tensorflow as tf

from fourfold.impls.model import DeepTrace

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
    L = tf.reduce_sum(tf.square(R), axis=(-2, -1)) / (2 * N)  # R**2 would be a power, rounded more than once
    return R, L


def trace(X, Y, W, b, activations):
    with tf.GradientTape() as tape:
        tape.watch((W, b))
        H, A, Y_hat = forward(X, W, b, activations)
        R, L = loss(Y_hat, Y)
        L_sum = tf.reduce_sum(L)
    Zs: list = [Y_hat, H, W, b, A]
    dL_dY_hat, dL_dH, dL_dW, dL_db, dL_dA = tape.gradient(L_sum, Zs)
    return DeepTrace(H, A, Y_hat, R, L, dL_dY_hat, dL_dH, dL_dW, dL_db, dL_dA)


def step(X, Y, W, b, lr, activations):
    T = trace(X, Y, W, b, activations)
    W = tuple(W_k - lr * dL_dW_k for W_k, dL_dW_k in zip(W, T.dL_dW, strict=True))
    b = tuple(b_k - lr * dL_db_k for b_k, dL_db_k in zip(b, T.dL_db, strict=True))
    return W, b, T.L


@tf.function(jit_compile=True)
def train(X, Y, W, b, lr, steps, activations):
    path = [tf.TensorArray(X.dtype, steps) for _ in (*W, *b, X)]
    for t in tf.range(steps):
        W, b, L = step(X, Y, W, b, lr, activations)
        path = [Zs.write(t, Z) for Zs, Z in zip(path, (*W, *b, L), strict=True)]
    *Wb, L = (Zs.stack() for Zs in path)
    return tuple(Wb[: len(W)]), tuple(Wb[len(W) :]), L
