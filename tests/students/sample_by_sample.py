import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def backprop_one(x, t, w_ih, w_ho):
    """One training example: x and t are vectors. Gradients of 1/2 * sum (t - o)^2."""
    hidden = sigmoid(np.dot(x, w_ih))
    output = sigmoid(np.dot(hidden, w_ho))

    error = output - t
    delta_o = error * output * (1 - output)
    delta_h = np.dot(w_ho, delta_o) * hidden * (1 - hidden)

    grad_ho = np.outer(hidden, error)
    grad_ih = np.outer(x, delta_h)
    return 0.5 * np.sum(error ** 2), grad_ih, grad_ho
