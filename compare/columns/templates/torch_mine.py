"""Your own gradients in PyTorch, every number of them judged: fourfold agree --impl mine

X (N, d_in) and Y (N, d_out) are NumPy arrays, float64 or float32. For K layers W is a tuple of K arrays (d_in, d_out)
and b one of K arrays (1, d_out), or () without biases. Any depth: --layers 2,8,8,1 --bias --activation tanh
"""

import torch

# Arrays may have leading axes, a network each: all are asked about at once. Without this line, one after the other.
SEEDS = True
ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda H: H}


def array(values, dtype):
    return torch.tensor(values, dtype=getattr(torch, dtype))


def predict(X, W, b, activations):
    for k, activation in enumerate(activations):
        X = ACTIVATIONS[activation](X @ W[k] + b[k] if b else X @ W[k])
    return X


def half_mean_square(Y_hat, Y):
    return ((Y_hat - Y) ** 2).sum(dim=(-2, -1)) / (2 * Y.shape[-2])


def gradients(X, Y, W, b, activations):
    """The loss, and its gradients in tuples like W and b."""
    W = [Z.detach().requires_grad_() for Z in W]
    b = [Z.detach().requires_grad_() for Z in b]
    L = half_mean_square(predict(X, W, b, activations), Y)
    slopes = torch.autograd.grad(L.sum(), [*W, *b])
    return L, slopes[: len(W)], slopes[len(W) :]


def step(X, Y, W, b, lr, activations):
    """W and b after one step, and the loss before it."""
    L, dL_dW, dL_db = gradients(X, Y, W, b, activations)
    W = [Z - lr * dL_dZ for Z, dL_dZ in zip(W, dL_dW, strict=True)]
    b = [Z - lr * dL_dZ for Z, dL_dZ in zip(b, dL_db, strict=True)]
    return W, b, L
