"""Your own backward pass through any number of layers, in NumPy. Fill it in, then: fourfold check mine.py

N samples, K layers of widths d_0 = d_in to d_K = d_out, with biases; A_0 = X:

    H_k = A_(k-1) W_k + b_k      A_k = σ_k(H_k)      Y_hat = A_K      R = Y_hat - Y      L = 1/(2N) Σ R²
"""

import numpy as np


def gradients(X, Y, W, b):
    """X (N, d_in), Y (N, d_out), lists W of (d_(k-1), d_k) and b of (1, d_k), all float64 (or float32: keep it so).

    Returns the loss, one number, and two lists of gradients, of the shapes of W and b. The hidden layers have a
    sigmoid and the output is linear; others are judged with --activation tanh or, one a layer, tanh,relu,sigmoid. A
    parameter `activations` here is given their names. Without biases: gradients(X, Y, W), which returns L and dL_dW.
    """
    L = np.zeros((), X.dtype)  # to do: the loss
    dL_dW = [np.zeros_like(W_k) for W_k in W]  # to do
    dL_db = [np.zeros_like(b_k) for b_k in b]  # to do
    return L, dL_dW, dL_db


# Optional: what you have in between, so that the first wrong quantity can be named. Any of these lists, in the order of
# the layers, or single arrays called H1, A1, dL_dW2 and so on.
#
# def trace(X, Y, W, b):
#     return {"H": H, "A": A, "Y_hat": Y_hat, "R": R, "L": L, "dL_dY_hat": dL_dY_hat, "dL_dH": dL_dH, "dL_dW": dL_dW,
#             "dL_db": dL_db, "dL_dA": dL_dA}
#
# Optional: gradient descent. `losses` has the loss before each of the steps.
#
# def train(X, Y, W, b, lr, steps):
#     return W, b, losses
