"""A network of any depth in TensorFlow; the backward pass by `tf.GradientTape`."""

import numpy as np
import tensorflow as tf

from fourfold.impls.model import DeepTrace

ACTIVATIONS = {"sigmoid": tf.sigmoid, "tanh": tf.tanh, "relu": tf.nn.relu, "identity": tf.identity}  # E2


def array(values, dtype):
    return tf.constant(np.array(values, dtype))


def to_numpy(Z):
    return np.array(Z.numpy())


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
    L = tf.reduce_sum(tf.square(R), axis=(-2, -1)) / (2 * N)  # E5; R**2 would be a power, rounded more than once
    return R, L


def trace(X, Y, W, b, activations):
    with tf.GradientTape() as tape:
        tape.watch((W, b))
        H, A, Y_hat = forward(X, W, b, activations)  # E1-E3
        R, L = loss(Y_hat, Y)  # E4, E5
        L_sum = tf.reduce_sum(L)
    Zs: list = [Y_hat, H, W, b, A]
    dL_dY_hat, dL_dH, dL_dW, dL_db, dL_dA = tape.gradient(L_sum, Zs)  # E10, E13, E15, E16, E19
    return DeepTrace(H, A, Y_hat, R, L, dL_dY_hat, dL_dH, dL_dW, dL_db, dL_dA)


def step(X, Y, W, b, lr, activations):
    T = trace(X, Y, W, b, activations)
    W = tuple(W_k - lr * dL_dW_k for W_k, dL_dW_k in zip(W, T.dL_dW, strict=True))  # E23
    b = tuple(b_k - lr * dL_db_k for b_k, dL_db_k in zip(b, T.dL_db, strict=True))  # E23
    return W, b, T.L


@tf.function(jit_compile=True)
def train(X, Y, W, b, lr, steps, activations):
    path = [tf.TensorArray(X.dtype, steps) for _ in (*W, *b, X)]
    for t in tf.range(steps):  # E24
        W, b, L = step(X, Y, W, b, lr, activations)
        path = [Zs.write(t, Z) for Zs, Z in zip(path, (*W, *b, L), strict=True)]
    *Wb, L = (Zs.stack() for Zs in path)
    return tuple(Wb[: len(W)]), tuple(Wb[len(W) :]), L


if __name__ == "__main__":
    rng, sigma = np.random.default_rng(0), ("sigmoid", "identity")
    X, Y = array([[0, 0], [0, 1], [1, 0], [1, 1]], "float64"), array([[0], [1], [1], [0]], "float64")
    W = array(rng.normal(size=(2, 3)), "float64"), array(rng.normal(size=(3, 1)), "float64")
    (W1s, W2s), _, L = train(X, Y, W, (), 0.1, 10_000, sigma)
    print(*(f"step {t:5,}  loss {float(L[t]):.6f}" for t in range(0, 10_000, 1_000)), sep="\n")
    print("predictions", to_numpy(forward(X, (W1s[-1], W2s[-1]), (), sigma)[-1]).ravel())
