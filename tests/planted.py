"""The NumPy column with one line changed: faults that must be rejected, and rewritings that must not."""

import inspect
import types

from impls.two_layer import numpy_impl

TRAIN = """    path = []
    for _ in range(steps):
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
"""
COUNTED = TRAIN.replace("_ in range", "t in range")

FAULTS = {
    "sign of R": ("R = Y_hat - Y", "R = Y - Y_hat"),
    "sign of a gradient": ("dL_dW1 = X.mT @ dL_dH", "dL_dW1 = -X.mT @ dL_dH"),
    "factor 2": ("dL_dY_hat = R / N", "dL_dY_hat = 2 * R / N"),
    "1/N missing": ("dL_dY_hat = R / N", "dL_dY_hat = R"),
    "1/N for 1/(2N)": ("/ (2 * N)", "/ N"),
    "N from the wrong axis": ("N = Y.shape[-2]\n    H,", "N = Y.shape[-1]\n    H,"),
    "W2's gradient a row, broadcast": (
        "W2 - lr * T.dL_dW2",
        "(W2 - lr * T.dL_dW2.mT)[..., :1]",
    ),
    "slope missing": ("dL_dA * sigma_prime(A)", "dL_dA"),
    "slope of H, not of A": ("sigma_prime(A)", "sigma_prime(H)"),
    "slope twice": ("dL_dA * sigma_prime(A)", "dL_dA * sigma_prime(A) ** 2"),
    "W2 updated before W1's gradient": (
        "    return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L",
        "    W2 = W2 - lr * T.dL_dW2\n    return W1 - lr * trace(X, Y, W1, W2, activation).dL_dW1, W2, T.L",
    ),
    "relative 1e-12 in one entry": (
        "dL_dW1 = X.mT @ dL_dH",
        "dL_dW1 = X.mT @ dL_dH\n    dL_dW1[..., 1, 0] *= 1 + 1e-12",
    ),
    "NaN": ("dL_dW1 = X.mT @ dL_dH", "dL_dW1 = X.mT @ dL_dH\n    dL_dW1[..., 0, 0] = np.nan"),
    "float32 leak in the product": ("Y_hat = A @ W2", "Y_hat = (A.astype('f4') @ W2.astype('f4')).astype(A.dtype)"),
    "float32 leak in the loss": ("/ (2 * N)", "/ (2 * N)\n    L = np.float32(L).astype(R.dtype)"),
    "float32 leak in storage": (
        "path.append((W1, W2, L))",
        "W1 = W1.astype('f4').astype(L.dtype)\n        path.append((W1, W2, L))",
    ),
    "float32 rate": ("lr * T.dL_dW2", "float(np.float32(lr)) * T.dL_dW2"),
    "one step skipped": (TRAIN, COUNTED + "        W1, W2 = (W1, W2) if t != 5 else path[-1][:2]\n"),
    "momentum": (
        TRAIN,
        "    path, v = [], 0\n    for _ in range(steps):\n        old = W2\n"
        "        W1, W2, L = step(X, Y, W1, W2, lr, activation)\n"
        "        v = 0.1 * v + W2 - old\n        W2 = old + v\n",
    ),
    "loss after the update": (
        "return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L",
        "W1, W2 = W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2\n"
        "    return W1, W2, loss(forward(X, W1, W2, activation)[-1], Y)[1]",
    ),
    "weight decay 1e-9": ("W2 - lr * T.dL_dW2", "W2 * (1 - 1e-9) - lr * T.dL_dW2"),
}

REWRITINGS = {
    "einsum for matmul": (
        "X.mT @ dL_dH",
        "np.einsum('...ki,...kj->...ij', np.broadcast_to(X, (*H.shape[:-1], X.shape[-1])), dL_dH)",
    ),
    "samples summed backwards": ("X.mT @ dL_dH", "X[..., ::-1, :].mT @ dL_dH[..., ::-1, :]"),
    "hidden units summed backwards": ("Y_hat = A @ W2", "Y_hat = A[..., ::-1] @ W2[..., ::-1, :]"),
    "sigmoid by tanh": ("1 / (1 + np.exp(-H))", "0.5 * (1 + np.tanh(H / 2))"),
    "sigmoid by exp(h)": ("1 / (1 + np.exp(-H))", "np.exp(H) / (1 + np.exp(H))"),
    "slope as a - a²": ("A * (1 - A)", "A - A**2"),
    "reciprocal of N": ("dL_dY_hat = R / N", "dL_dY_hat = R * (1 / N)"),
    "loss as half a mean": (".sum(axis=(-2, -1)) / (2 * N)", ".sum(axis=-1).mean(axis=-1) / 2"),
    "product associated otherwise": ("dL_dW1 = X.mT @ dL_dH", "dL_dW1 = (X / N).mT @ ((R @ W2.mT) * sigma_prime(A))"),
    "update negated twice": ("W1 - lr * T.dL_dW1", "-(lr * T.dL_dW1 - W1)"),
}


def changed(wrong_for_right):
    """The NumPy column as a module of its own with one piece of text replaced; it must be there."""
    right, wrong = wrong_for_right
    source = inspect.getsource(numpy_impl)
    assert right in source, right
    module = types.ModuleType("changed")
    exec(compile(source.replace(right, wrong), "changed", "exec"), module.__dict__)
    return module
