"""Modes of JAX."""

from typing import Any

import jax


def eager(column):
    """Nothing is compiled as a whole: `jax_disable_jit`."""
    jax.config.update("jax_disable_jit", True)


def vmap(column):
    """Every function of one network alone, mapped over all by `jax.vmap`; `train` scans the mapped step."""
    column.forward, column.trace = _over_networks(column.forward), _over_networks(column.trace)
    column.loss = lambda Y_hat, Y, loss=column.loss: _mapped(loss, Y_hat, Y)


def _over_networks(function):
    def over_networks(*arguments):
        *arrays, activation = arguments
        return _mapped(lambda *one: function(*one, activation), *arrays)

    over_networks.__name__ = function.__name__
    return over_networks


def _mapped(function, *arrays):
    """function(*arrays) where no array has leading axes; else mapped over the first one, and the others after it."""
    if not _leads(arrays):
        return function(*arrays)
    return jax.vmap(lambda *inner: _mapped(function, *inner), _axes(arrays))(*arrays)


def _leads(Z):
    """Whether an array has leading axes, or one in a tuple."""
    return any(map(_leads, Z)) if isinstance(Z, tuple) else Z.ndim > 2


def _axes(Z) -> Any:
    """The axis to map over, 0 for what has leading axes and None for what has not, nested as the arrays are."""
    if isinstance(Z, tuple):
        return tuple(map(_axes, Z))
    return 0 if _leads(Z) else None


def bfloat16(column):
    """The factors of every product, of gradients too, are rounded to bfloat16, and its sums float32, as on a TPU.

    On a CPU `jax.default_matmul_precision` changes no bit, whatever it is set to; so they are rounded here.
    """
    product = jax.lax.dot_general_p.bind
    rounded = lambda Z: Z.astype("bfloat16").astype(Z.dtype)
    jax.lax.dot_general_p.bind = lambda left, right, **more: product(rounded(left), rounded(right), **more)
