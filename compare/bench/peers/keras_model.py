# pyright: reportAttributeAccessIssue=false, reportOptionalOperand=false, reportArgumentType=false
"""Keras 3, by `fit` and by `train_on_batch`; the environment variable KERAS_BACKEND says on which framework."""

import keras
from keras import layers, ops, optimizers

keras.config.set_floatx("float64")


def half_mse(Y, Y_hat):
    return ops.mean(ops.square(Y_hat - Y)) / 2


def compiled(W1, W2, lr):
    hidden = layers.Dense(W1.shape[1], activation="sigmoid", use_bias=False)
    model = keras.Sequential([keras.Input(W1.shape[:1]), hidden, layers.Dense(W2.shape[1], use_bias=False)])
    model.set_weights([W1, W2])
    model.compile(optimizers.SGD(lr), half_mse)
    return model


def by_fit(X, Y, W1, W2, lr):
    model = compiled(W1, W2, lr)
    return lambda steps: model.fit(X, Y, len(X), steps, verbose=0, shuffle=False).history["loss"]


def by_batch(X, Y, W1, W2, lr):
    model = compiled(W1, W2, lr)
    return lambda steps: [model.train_on_batch(X, Y) for _ in range(steps)]
