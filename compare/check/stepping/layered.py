"""The gradients of a layered network wherever a `train` may take them, as stepping.orders.Orders asks for them."""

from fourfold.compare.mistakes.anywhere.functions import back
from fourfold.compare.mistakes.anywhere.losses import LOSSES
from fourfold.compare.mistakes.anywhere.network import forward, is_penalised


def gradients_at(network, given, weights, biases=()):
    """The function of (parameters, through, rows) that gives {name: gradient} of an AnyNetwork, in canonical form.

    given: a Given, for its data; weights, biases: the names of the parameters, a layer each.
    """

    def at(parameters, through, rows):
        here = _at(given, weights, biases, parameters, rows)
        errors_through = _at(given, weights, biases, through, rows).weights
        H, A = forward(network.activations, here)
        G = network.factor(here) * LOSSES[network.loss].slope(A[-1], here.Y)
        c, gradients = 2 * network.penalty(here), {}
        for k in reversed(range(len(H))):
            D = back(network.activations[k], H[k], A[k + 1], G)
            gradients[weights[k]] = A[k].T @ D
            if biases:
                gradients[biases[k]] = D.sum(axis=0).reshape(parameters[biases[k]].shape)
            for letter, names in (("W", weights), ("b", biases)):
                if names and is_penalised(network.penalised, f"{letter}{k + 1}"):
                    gradients[names[k]] = gradients[names[k]] + c * parameters[names[k]]
            G = D @ errors_through[k].T
        return gradients

    return at


def _at(given, weights, biases, parameters, rows):
    """The Given with other parameters, of the samples `rows` alone, or of all: None."""
    W = tuple(parameters[name] for name in weights)
    b = tuple(parameters[name].reshape(1, -1) for name in biases)
    X, Y = (given.X, given.Y) if rows is None else (given.X[rows], given.Y[rows])
    return given._replace(X=X, Y=Y, weights=W, biases=b)
