"""The network as somebody writes it who wants it done: NumPy, sigmoid."""

import numpy as np


def gradients(X, Y, W1, W2):
    N = len(X)
    A = 1 / (1 + np.exp(-(X @ W1)))
    R = A @ W2 - Y
    L = (R**2).sum() / (2 * N)
    dL_dW2 = A.T @ (R / N)
    dL_dW1 = X.T @ ((R / N) @ W2.T * (A * (1 - A)))
    return L, dL_dW1, dL_dW2
