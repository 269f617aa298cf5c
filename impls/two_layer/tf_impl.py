"""The two-layer network in TensorFlow; the backward pass by `tf.GradientTape`."""

import numpy as np
import tensorflow as tf

from fourfold.impls.model import Trace

ACTIVATIONS = {  # E2
    "sigmoid": tf.sigmoid,
    "tanh": tf.tanh,
    "relu": tf.nn.relu,
    "identity": tf.identity,
}


def array(values, dtype):
    return tf.constant(np.array(values, dtype))


def to_numpy(Z):
    return np.array(Z.numpy())


def forward(X, W1, W2, activation):
    sigma = ACTIVATIONS[activation]
    H = X @ W1  # E1
    A = sigma(H)  # E2
    Y_hat = A @ W2  # E3
    return H, A, Y_hat


def loss(Y_hat, Y):
    N = Y.shape[-2]
    R = Y_hat - Y  # E4
    L = tf.reduce_sum(tf.square(R), axis=(-2, -1)) / (2 * N)  # E5; R**2 would be a power, rounded more than once
    return R, L


def trace(X, Y, W1, W2, activation):
    with tf.GradientTape() as tape:
        tape.watch((W1, W2))
        H, A, Y_hat = forward(X, W1, W2, activation)  # E1-E3
        R, L = loss(Y_hat, Y)  # E4, E5
        L_sum = tf.reduce_sum(L)
    gradients = tape.gradient(L_sum, (Y_hat, W2, A, H, W1))  # E10, E13, E15, E16, E19
    return Trace(H, A, Y_hat, R, L, *gradients)


def step(X, Y, W1, W2, lr, activation):
    T = trace(X, Y, W1, W2, activation)
    return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L  # E23


@tf.function(jit_compile=True)
def train(X, Y, W1, W2, lr, steps, activation):
    path = [tf.TensorArray(W1.dtype, steps) for _ in range(3)]
    for t in tf.range(steps):  # E24
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        path = [Zs.write(t, Z) for Zs, Z in zip(path, (W1, W2, L), strict=True)]
    return tuple(Zs.stack() for Zs in path)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X, Y = array([[0, 0], [0, 1], [1, 0], [1, 1]], "float64"), array([[0], [1], [1], [0]], "float64")
    W1, W2 = array(rng.normal(size=(2, 3)), "float64"), array(rng.normal(size=(3, 1)), "float64")
    W1s, W2s, L = train(X, Y, W1, W2, 0.1, 10_000, "sigmoid")
    print(*(f"step {t:5,}  loss {float(L[t]):.6f}" for t in range(0, 10_000, 1_000)), sep="\n")
    print("predictions", to_numpy(forward(X, W1s[-1], W2s[-1], "sigmoid")[-1]).ravel())
