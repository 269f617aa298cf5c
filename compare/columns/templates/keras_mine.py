"""Your own network in Keras, on TensorFlow, every number of it judged: fourfold agree --impl mine

What is yours comes first; put your own there. Below it is what fourfold calls: leave it, or leave one function out.
Any depth: --layers 2,8,8,1 --bias --activation tanh
"""

from functools import cache

import keras
import numpy as np
import tensorflow as tf


def network(widths, activations, bias):
    layers = [keras.Input(widths[:1])]
    for width, activation in zip(widths[1:], activations, strict=True):
        layers.append(keras.layers.Dense(width, None if activation == "identity" else activation, use_bias=bias))
    return keras.Sequential(layers)


def half_mean_square(Y_hat, Y):
    return tf.reduce_sum((Y_hat - Y) ** 2) / (2 * Y.shape[0])


def descent(lr):
    return keras.optimizers.SGD(lr)


# What fourfold calls, with one network at a time, in NumPy arrays of float64 or float32: X (N, d_in), Y (N, d_out), and
# for K layers tuples, W of K arrays (d_in, d_out) and b of K arrays (1, d_out), or () without biases.


def gradients(X, Y, W, b, activations):
    """The loss, and its gradients in tuples like W and b."""
    _, slopes, _ = filled(W, b, activations)
    L, dL_dZ = slopes(X, Y)
    dL_dW, dL_db = (dL_dZ[::2], dL_dZ[1::2]) if b else (dL_dZ, ())
    return L, dL_dW, [Z[None] for Z in dL_db]


def train(X, Y, W, b, lr, steps, activations):
    """W and b after every step, along a new first axis of each array, and the loss before it."""
    model, _, step = filled(W, b, activations, lr)
    path, losses = [], []
    for _ in range(steps):
        losses.append(step(X, Y).numpy())
        path.append([Z.numpy() for Z in model.trainable_variables])
    parameters = [*map(np.stack, zip(*path, strict=True))]  # weights and biases in turn
    weights, biases = (parameters[::2], parameters[1::2]) if b else (parameters, ())
    return weights, [Z[:, None] for Z in biases], np.stack(losses)


def filled(W, b, activations, lr=0.1):
    """The model with these weights, and two functions: its gradients, and one step of a new optimiser."""
    widths = (len(W[0]), *(Z.shape[1] for Z in W))
    model, optimiser, fresh, *functions = compiled(widths, activations, bool(b), lr, W[0].dtype.name)
    for Z, value in zip(optimiser.variables, fresh, strict=True):
        Z.assign(value)
    biases = [Z[0] for Z in b]
    model.set_weights([Z for layer in zip(W, biases, strict=True) for Z in layer] if b else W)
    return model, *functions


@cache  # to compile takes longer than a step
def compiled(widths, activations, bias, lr, dtype):
    keras.config.set_dtype_policy(dtype)  # of the layers
    keras.config.set_floatx(dtype)  # of the learning rate
    model, optimiser = network(widths, activations, bias), descent(lr)
    optimiser.build(model.trainable_variables)

    @tf.function
    def slopes(X, Y):
        with tf.GradientTape() as tape:
            L = half_mean_square(model(X, training=True), Y)
        return L, tape.gradient(L, model.trainable_variables)

    @tf.function
    def step(X, Y):
        L, dL_dZ = slopes(X, Y)
        optimiser.apply_gradients(zip(dL_dZ, model.trainable_variables, strict=True))
        return L

    return model, optimiser, [Z.numpy() for Z in optimiser.variables], slopes, step
