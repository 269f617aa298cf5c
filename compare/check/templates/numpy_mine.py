"""Your own backward pass, in NumPy. Fill it in, then: fourfold check mine.py

N samples, d_in inputs, d_hidden hidden units, d_out outputs; no biases:

    H = X W1      A = σ(H)      Y_hat = A W2      R = Y_hat - Y      L = 1/(2N) Σ R²
"""

import numpy as np


def gradients(X, Y, W1, W2):
    """X (N, d_in), Y (N, d_out), W1 (d_in, d_hidden), W2 (d_hidden, d_out), all float64 (or float32: keep it so).

    Returns the loss, one number, and its gradients, of the shapes of W1 and W2. Another activation than sigmoid is
    judged with --activation tanh, relu or identity; a parameter `activation` here is given its name.
    """
    L = np.zeros((), X.dtype)  # to do: the loss
    dL_dW1 = np.zeros_like(W1)  # to do
    dL_dW2 = np.zeros_like(W2)  # to do
    return L, dL_dW1, dL_dW2


# Optional: what you have in between, so that the first wrong quantity can be named. Any of these, under these names.
#
# def trace(X, Y, W1, W2):
#     return {"H": H, "A": A, "Y_hat": Y_hat, "R": R, "L": L, "dL_dY_hat": dL_dY_hat, "dL_dW2": dL_dW2,
#             "dL_dA": dL_dA, "dL_dH": dL_dH, "dL_dW1": dL_dW1}
#
# Optional: gradient descent. `losses` has the loss before each of the steps.
#
# def train(X, Y, W1, W2, lr, steps):
#     return W1, W2, losses
