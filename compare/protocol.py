"""How fourfold talks to an implementation in another process: one JSON object a line, a question and its answer.

The first question is {"call": "hello", "protocol": 1}; the answer names what can be asked for:

    {"functions": ["gradients", "trace", "train"]}       any of the three

Every other question has the same fields, on one line, and its answer is one line too:

    {"call": "gradients", "dtype": "float64", "activation": "sigmoid", "N": 4, "d_in": 2, "d_hidden": 3, "d_out": 1,
     "X": [[0.0, 0.0], ...], "Y": [[0.0], ...], "W1": [[...], [...]], "W2": [[...], [...], [...]]}
    {"L": 0.37, "dL_dW1": [[...], [...]], "dL_dW2": [[...], [...], [...]]}

X (N, d_in), Y (N, d_out), W1 (d_in, d_hidden), W2 (d_hidden, d_out), row by row. "trace" is asked the same and
answers with any of the fields of impls.model.Trace. "train" is asked with "lr" and "steps" as well and answers

    {"W1": the weights after all steps, "W2": ..., "losses": [the loss before every step]}

A number is written as any decimal that is read back as the same bits (17 digits are enough for float64, 9 for
float32), or as a string: a hexadecimal float such as "0x1.8p-3", or "nan", "inf", "-inf". Questions have the shortest
such decimals. An answer {"error": "why not"} says that a question cannot be answered. The process is to end when
its standard input does; what it has to say to people goes to standard error.
"""

import json
import math

import numpy as np

VERSION = 1
FUNCTIONS = ("gradients", "trace", "train")
ANSWER = {"gradients": ("L", "dL_dW1", "dL_dW2"), "train": ("W1", "W2", "losses")}


def question(call, X, Y, W1, W2, **more):
    """The line, as bytes; `more` is dtype, activation and, for "train", lr and steps."""
    sizes = {"N": len(X), "d_in": len(W1), "d_hidden": len(W2), "d_out": W2.shape[1]}
    arrays = {name: numbers(Z) for name, Z in (("X", X), ("Y", Y), ("W1", W1), ("W2", W2))}
    return line({"call": call, **more, **sizes, **arrays})


def line(message):
    return json.dumps(message, allow_nan=False).encode() + b"\n"


def numbers(Z):
    """An array as nested lists; what JSON cannot hold as "nan", "inf", "-inf"."""
    if isinstance(Z, np.ndarray) and np.isfinite(Z).all():
        return Z.tolist()
    if np.ndim(Z) == 0:
        return float(Z) if math.isfinite(Z) else str(float(Z))
    return [numbers(z) for z in Z]


def array(value):
    """Nested lists of numbers as a float64 array. Raises ValueError where they are none."""
    if isinstance(value, list):
        parts = [array(v) for v in value]
        if len({part.shape for part in parts}) > 1:
            raise ValueError("rows of different lengths")
        return np.array(parts, np.float64)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{json.dumps(value)[:40]} where a number should be")
    try:
        return np.array(float.fromhex(value) if isinstance(value, str) and "x" in value else float(value))
    except (ValueError, OverflowError):
        raise ValueError(f"{json.dumps(value)[:40]} where a number should be") from None
