# pyright: reportArgumentType=false
"""scikit-learn's MLPRegressor. It cannot leave biases out: they start at zero, and are trained."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor


def trainer(X, Y, W1, W2, lr):
    plain = {"alpha": 0, "momentum": 0, "nesterovs_momentum": False, "shuffle": False, "n_iter_no_change": np.inf}
    sizes = {"hidden_layer_sizes": W1.shape[1:], "batch_size": len(X), "learning_rate_init": lr}
    model = MLPRegressor(activation="logistic", solver="sgd", **sizes, **plain)
    model.set_params(warm_start=True, max_iter=1)
    Y = Y if Y.shape[1] > 1 else Y[:, 0]

    def train(steps):
        model.set_params(max_iter=steps)
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            return model.fit(X, Y).loss_curve_[-steps:]

    train(1)  # draws weights
    for own, given in zip((*model.coefs_, *model.intercepts_), (W1, W2, 0, 0), strict=True):
        own[...] = given
    return train
