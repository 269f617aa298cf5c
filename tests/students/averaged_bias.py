import numpy as np


def relu(x):
    return np.maximum(0, x)


def compute_gradients(X, y, params):
    W1, b1, W2, b2 = params['W1'], params['b1'], params['W2'], params['b2']
    n = X.shape[0]

    z1 = X @ W1 + b1
    a1 = relu(z1)
    out = a1 @ W2 + b2
    loss = np.sum((out - y) ** 2) / (2 * n)

    dout = (out - y) / n
    grads = {}
    grads['W2'] = a1.T @ dout
    grads['b2'] = np.mean(dout, axis=0)
    dz1 = (dout @ W2.T) * (z1 > 0)
    grads['W1'] = X.T @ dz1
    grads['b1'] = np.mean(dz1, axis=0)
    return loss, grads
