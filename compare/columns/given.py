"""What functions of columns give: the names of it, in which order and how nested, and NumPy arrays of it."""

import numpy as np

from fourfold.compare.columns.questions import BFLOAT16
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge.quantities import DEEP
from fourfold.impls.model import DeepTrace, Jacobians, Trace


def as_numpy(value, gives, dtype):
    """A tensor, an array, or a list of them as a NumPy array; numbers of Python's have no precision of their own.

    `gives` begins the sentence of the ColumnError that is raised where it is none of these.
    """
    if value is None:
        raise ColumnError(f"{gives} as None")
    try:
        Z = np.array(_detached(value))
    except Exception as error:
        kind, text = type(value).__name__, " ".join(str(error).split())[:200]
        raise ColumnError(f"{gives} as a {kind}, which NumPy cannot take: {text}") from None
    if Z.dtype.name == dtype == BFLOAT16:
        Z = Z.astype(np.float32)
    if Z.dtype.kind not in "biufc":
        raise ColumnError(f"{gives} as a {type(value).__name__}, which holds no numbers")
    return Z.astype(np.float32 if dtype == BFLOAT16 else dtype) if _is_plain(value) else Z


def _detached(value):
    """A tensor without what it was computed by, on this machine's own memory."""
    if isinstance(value, list | tuple):
        return [np.asarray(_detached(part)) for part in value]
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if str(getattr(value, "dtype", "")).endswith(BFLOAT16):  # NumPy has none
            value = value.float()
    return value.numpy() if callable(getattr(value, "numpy", None)) else np.asarray(value)


def _is_plain(value):
    return all(map(_is_plain, value)) if isinstance(value, list | tuple) else type(value) in {int, float}


def parts(column, function, value, names):
    """What a function gives, once it is known to be as many things as there are names."""
    is_tuple = isinstance(value, tuple | list)
    if is_tuple and len(value) == len(names):
        return value
    length = f" of {len(value)}" if is_tuple else ""
    gave = "nothing" if value is None else f"a {type(value).__name__}{length}"
    each = ", ".join(map(_in_brackets, names))
    biases = "; with biases too, ask with --bias" if is_tuple and len(value) == 2 * len(names) else ""
    raise ColumnError(f"{column}: {function} gives {gave}, not a tuple of {len(names)}: {each}{biases}")


def _in_brackets(name):
    return name if isinstance(name, str) else f"({', '.join(name)})"


def flat(nested):
    """The arrays (or names) in tuples of tuples, in order."""
    together = []
    for part in nested:
        together += flat(part) if isinstance(part, tuple | list) else [part]
    return together


def names_given(row, depth, count):
    """{function: the names of what it gives}, nested as in impls.model; `count` is how many parameters there are."""
    if row == "chain_rule":
        return {"jacobians": Jacobians(*Jacobians._fields)}
    if row != DEEP:
        step = ("W1", "W2", "L")
        forward, gradients = ("H", "A", "Y_hat"), ("L", "dL_dW1", "dL_dW2")
        trace = Trace(*Trace._fields)
    else:

        def layers(name, number):
            return tuple(f"{name}{k}" for k in range(1, number + 1))

        biases = count - depth
        H, A, W, b = layers("H", depth), layers("A", depth - 1), layers("W", depth), layers("b", biases)
        dL_dH, dL_dW = layers("dL_dH", depth), layers("dL_dW", depth)
        dL_db, dL_dA = layers("dL_db", biases), layers("dL_dA", depth - 1)
        trace = DeepTrace(H, A, "Y_hat", "R", "L", "dL_dY_hat", dL_dH, dL_dW, dL_db, dL_dA)
        forward, gradients, step = (H, A, "Y_hat"), ("L", dL_dW, dL_db), (W, b, "L")
    given = {"forward": forward, "loss": ("R", "L"), "trace": trace}
    return given | {"gradients": gradients, "step": step, "train": step}
