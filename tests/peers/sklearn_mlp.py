"""The network with scikit-learn's MLPRegressor: its own forward pass and `_backprop`, with biases that stay zero.

Its loss is the mean over all entries, halved: 1/(2 N d_out), while its gradients are those of 1/(2 N). `gradients`
makes up for that; `as_it_is` does not.
"""

import numpy as np
from sklearn.neural_network import MLPRegressor

NAMES = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu", "identity": "identity"}


def as_it_is(X, Y, W1, W2, activation="sigmoid"):
    model = MLPRegressor(hidden_layer_sizes=[W1.shape[1]], activation=NAMES[activation], solver="sgd", alpha=0)
    model._random_state = np.random.RandomState(0)
    layers = [X.shape[1], W1.shape[1], Y.shape[1]]
    model._initialize(Y, layers, X.dtype)
    model.coefs_ = [W1, W2]
    model.intercepts_ = [np.zeros(n, X.dtype) for n in layers[1:]]
    activations = [X] + [np.empty((len(X), n), X.dtype) for n in layers[1:]]
    deltas = [np.empty_like(A) for A in activations[1:]]
    coefs, intercepts = ([np.empty_like(Z) for Z in Zs] for Zs in (model.coefs_, model.intercepts_))
    L, (dL_dW1, dL_dW2), _ = model._backprop(X, Y, None, activations, deltas, coefs, intercepts)
    return L, dL_dW1, dL_dW2


def gradients(X, Y, W1, W2, activation="sigmoid"):
    L, dL_dW1, dL_dW2 = as_it_is(X, Y, W1, W2, activation)
    return L * Y.shape[1], dL_dW1, dL_dW2
