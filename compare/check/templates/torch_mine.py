"""Your own gradients, with PyTorch. Fill it in, then: fourfold check mine.py

N samples, d_in inputs, d_hidden hidden units, d_out outputs; no biases:

    H = X W1      A = σ(H)      Y_hat = A W2      R = Y_hat - Y      L = 1/(2N) Σ R²
"""

import torch


def gradients(X, Y, W1, W2):
    """X (N, d_in), Y (N, d_out), W1 (d_in, d_hidden), W2 (d_hidden, d_out): NumPy arrays, float64 or float32.

    torch.from_numpy keeps their precision; torch.tensor(X.tolist()) would not. Returns the loss, one number, and its
    gradients, of the shapes of W1 and W2. Another activation than sigmoid is judged with --activation tanh, relu or
    identity; a parameter `activation` here is given its name.
    """
    X, Y, W1, W2 = (torch.from_numpy(Z) for Z in (X, Y, W1, W2))
    W1.requires_grad_()
    W2.requires_grad_()
    L = (0 * W1).sum() + (0 * W2).sum()  # to do: the loss
    dL_dW1, dL_dW2 = torch.autograd.grad(L, (W1, W2))
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
