"""Modes of PyTorch."""

from typing import Any

import torch

from fourfold.impls.model import DeepTrace, Trace


def compile(column):
    """Every function is compiled by `torch.compile`, the backward pass with the forward pass.

    Raises ImportError where PyTorch is so old that it cannot compile a backward pass.
    """
    if not hasattr(torch._dynamo.config, "trace_autograd_ops"):
        raise ImportError(f"torch:compile needs PyTorch 2.11 or later, not {torch.__version__}")
    torch._dynamo.config.trace_autograd_ops = True  # or the forward pass alone is compiled, and no gradient found
    torch._dynamo.config.recompile_limit = 1000  # for every shape and activation; beyond it nothing is compiled
    torch._dynamo.config.fail_on_recompile_limit_hit = True
    for name in ("forward", "loss", "trace", "step"):
        setattr(column, name, torch.compile(getattr(column, name)))


def func(column):
    """Gradients by `torch.func.grad` of one network, mapped over all by `torch.func.vmap`."""
    one_network: Any = _deep_trace if hasattr(column, "DeepTrace") else _trace

    def trace(*arguments):
        *arrays, activation = arguments
        return _mapped(lambda *one: one_network(column, *one, activation), *arrays)

    column.trace = trace


def _trace(column, X, Y, W1, W2, activation):
    """Zeros are added to every value: the slope of L along them is its slope along the value."""
    sigma = column.ACTIVATIONS[activation]

    def L_of(W1, W2, to_H, to_A, to_Y_hat):
        H = X @ W1 + to_H  # E1
        A = sigma(H) + to_A  # E2
        Y_hat = A @ W2 + to_Y_hat  # E3
        return column.loss(Y_hat, Y)[1]  # E4, E5

    H, A, Y_hat = column.forward(X, W1, W2, activation)  # E1-E3
    R, L = column.loss(Y_hat, Y)  # E4, E5
    zeros = map(torch.zeros_like, (H, A, Y_hat))
    gradients = torch.func.grad(L_of, argnums=(0, 1, 2, 3, 4))(W1, W2, *zeros)
    dL_dW1, dL_dW2, dL_dH, dL_dA, dL_dY_hat = gradients  # E19, E13, E16, E15, E10
    return Trace(H, A, Y_hat, R, L, dL_dY_hat, dL_dW2, dL_dA, dL_dH, dL_dW1)


def _deep_trace(column, X, Y, W, b, activations):
    def L_of(W, b, to_H, to_A):
        Z = X
        for k, activation in enumerate(activations):
            H = Z @ W[k] + to_H[k] + (b[k] if b else 0)  # E1
            Z = column.ACTIVATIONS[activation](H) + to_A[k]  # E2, E3
        return column.loss(Z, Y)[1]  # E4, E5

    H, A, Y_hat = column.forward(X, W, b, activations)  # E1-E3
    R, L = column.loss(Y_hat, Y)  # E4, E5
    zeros = lambda Zs: tuple(map(torch.zeros_like, Zs))
    gradients = torch.func.grad(L_of, argnums=(0, 1, 2, 3))(W, b, zeros(H), zeros((*A, Y_hat)))
    dL_dW, dL_db, dL_dH, (*dL_dA, dL_dY_hat) = gradients  # E13, E19, E16, E15, E10
    return DeepTrace(H, A, Y_hat, R, L, dL_dY_hat, dL_dH, dL_dW, dL_db, tuple(dL_dA))


def _mapped(function, *arrays):
    """function(*arrays) where no array has leading axes; else mapped over the first one, and the others after it."""
    if not _leads(arrays):
        return function(*arrays)
    return torch.func.vmap(lambda *inner: _mapped(function, *inner), _axes(arrays))(*arrays)


def _leads(Z):
    """Whether an array has leading axes, or one in a tuple."""
    return any(map(_leads, Z)) if isinstance(Z, tuple) else Z.ndim > 2


def _axes(Z) -> Any:
    """The axis to map over, 0 for what has leading axes and None for what has not, nested as the arrays are."""
    if isinstance(Z, tuple):
        return tuple(map(_axes, Z))
    return 0 if _leads(Z) else None


def autocast(column):
    """Products in bfloat16 by `torch.autocast`, and all that follows from them until the loss; weights are float32."""
    for name in ("forward", "trace"):
        setattr(column, name, torch.autocast("cpu", torch.bfloat16)(getattr(column, name)))
