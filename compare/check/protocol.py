"""How fourfold talks to an implementation in another process: one JSON object a line, a question and its answer.

The first question is {"call": "hello", "protocol": 2}; the answer names what can be asked for:

    {"functions": ["gradients", "trace", "train"]}       any of the three, of two layers without biases
    {"functions": [...], "protocol": 2}                  of any depth, with biases; or "biases": false

Every other question has the same fields, on one line, and its answer is one line too:

    {"call": "gradients", "dtype": "float64", "activation": "sigmoid", "N": 4, "d_in": 2, "d_hidden": 3, "d_out": 1,
     "X": [[0.0, 0.0], ...], "Y": [[0.0], ...], "W1": [[...], [...]], "W2": [[...], [...], [...]]}
    {"L": 0.37, "dL_dW1": [[...], [...]], "dL_dW2": [[...], [...], [...]]}

X (N, d_in), Y (N, d_out), W1 (d_in, d_hidden), W2 (d_hidden, d_out), row by row. "trace" is asked the same and
answers with any of the fields of impls.model.Trace. "train" is asked with "lr" and "steps" as well and answers

    {"W1": the weights after all steps, "W2": ..., "losses": [the loss before every step]}

Of any depth, "activations" has a name a layer and "widths" all widths, instead of "activation" and the three sizes:

    {"call": "gradients", "dtype": "float64", "activations": ["tanh", "sigmoid"], "N": 4, "widths": [2, 3, 1],
     "X": [...], "Y": [...], "W1": [...], "W2": [...], "b1": [[0.1, 0.2, 0.3]], "b2": [[0.4]]}
    {"L": 0.37, "dL_dW1": [...], "dL_dW2": [...], "dL_db1": [[...]], "dL_db2": [[...]]}

and so on for more layers; a layer's biases are one row, (1, d_k). "trace" then answers with any of the names of
impls.model.DeepTrace.named.

A number is written as any decimal that is read back as the same bits (17 digits are enough for float64, 9 for
float32), or as a string: a hexadecimal float such as "0x1.8p-3", or "nan", "inf", "-inf". Questions have the shortest
such decimals. An answer {"error": "why not"} says that a question cannot be answered. The process is to end when
its standard input does; what it has to say to people goes to standard error.
"""

import json
import math
from typing import NamedTuple

import numpy as np

from fourfold.compare.judge.quantities import trace_names

VERSION = 2
FUNCTIONS = ("gradients", "trace", "train")


class Question(NamedTuple):
    """What an implementation is asked."""

    call: str
    row: str  # of impls.ROWS
    dtype: str
    activations: tuple  # a name a layer
    X: np.ndarray  # (N, d_in)
    Y: np.ndarray  # (N, d_out)
    parameters: dict  # W1 ... WK (d_k-1, d_k) and, with biases, b1 ... bK (1, d_k), in this order
    train: dict  # lr and steps, for that call

    def wanted(self):
        """The names of all that a call may answer with; of a trace any, else all."""
        K = len(self.activations)
        if self.call == "trace":
            return trace_names(self.row, K, len(self.parameters) > K)
        gradients = ("L", *(f"dL_d{name}" for name in self.parameters))
        return gradients if self.call == "gradients" else (*self.parameters, "losses")

    def line(self):
        """As bytes."""
        N, K, arrays = len(self.X), len(self.activations), [*self.parameters.values()]
        widths = [len(arrays[0]), *(W.shape[1] for W in arrays[:K])]
        if self.row == "two_layer":
            network = {"activation": self.activations[0], "N": N}
            network |= zip(("d_in", "d_hidden", "d_out"), widths, strict=True)
        else:
            network = {"activations": self.activations, "N": N, "widths": widths}
        arrays = {name: numbers(Z) for name, Z in {"X": self.X, "Y": self.Y, **self.parameters}.items()}
        return line({"call": self.call, "dtype": self.dtype, **network, **self.train, **arrays})


def question(message):
    """The Question that a message puts."""
    deep = "activations" in message
    activations = tuple(message["activations"]) if deep else (message["activation"], "identity")
    layers = [f"{z}{k}" for z in "Wb" for k in range(1, len(activations) + 1)]
    arrays = {z: array(message[z]).astype(message["dtype"]) for z in ("X", "Y", *layers) if z in message}
    train = {name: message[name] for name in ("lr", "steps") if name in message}
    row = "deep" if deep else "two_layer"
    X, Y = arrays.pop("X"), arrays.pop("Y")
    return Question(message["call"], row, message["dtype"], activations, X, Y, arrays, train)


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
