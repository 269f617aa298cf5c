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

import numpy as np

from fourfold.compare.columns.questions import Question
from fourfold.compare.judge.quantities import DEEP, TWO_LAYER, parameter_names, shown

VERSION = 2
FUNCTIONS = ("gradients", "trace", "train")
ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity")  # as in cases/case.py, which a target's process is not to import


def question_line(question):
    """A Question as a line."""
    q = question
    message = {"call": q.call, "dtype": q.dtype}
    if q.row == TWO_LAYER:
        message |= {"activation": q.activations[0], "N": len(q.X)}
        message |= zip(("d_in", "d_hidden", "d_out"), q.widths(), strict=True)
    else:
        message |= {"activations": q.activations, "N": len(q.X), "widths": q.widths()}
    if q.call == "train":
        message |= {"lr": q.lr, "steps": q.steps}
    for name, Z in {"X": q.X, "Y": q.Y, **q.parameters}.items():
        message[name] = numbers(Z)
    return line(message)


def question(message):
    """The Question that a message puts."""
    deep = "activations" in message
    activations = tuple(message["activations"]) if deep else (message["activation"], "identity")
    depth = len(activations)

    def asked(name):
        return array(message[name]).astype(message["dtype"])

    names = filter(message.__contains__, parameter_names(depth, 2 * depth))
    return Question(
        call=message["call"],
        row=DEEP if deep else TWO_LAYER,
        activations=activations,
        X=asked("X"),
        Y=asked("Y"),
        parameters={name: asked(name) for name in names},
        lr=message.get("lr"),
        steps=message.get("steps", 0),
    )


def answer_line(answer, row):
    """An answer {name: NumPy array} as a line, by the names people know."""
    return line({shown(name, row): numbers(Z) for name, Z in answer.items()})


def line(message):
    return json.dumps(message, allow_nan=False).encode() + b"\n"


def numbers(Z):
    """An array as nested lists; what JSON cannot hold as "nan", "inf", "-inf"."""
    if isinstance(Z, np.ndarray) and np.isfinite(Z).all():
        return Z.tolist()
    if np.ndim(Z) == 0:
        return float(Z) if math.isfinite(Z) else str(float(Z))
    return list(map(numbers, Z))


def array(value):
    """Nested lists of numbers as a float64 array. Raises ValueError where they are none."""
    if isinstance(value, list):
        if set(map(type, value)) == {float}:  # as nearly always: at once, not one by one
            return np.array(value)
        parts = list(map(array, value))
        if len({part.shape for part in parts}) > 1:
            raise ValueError("rows of different lengths")
        return np.array(parts, np.float64)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _NoNumber(value)
    try:
        if isinstance(value, str) and "x" in value:
            return np.array(float.fromhex(value))
        return np.array(float(value))
    except (ValueError, OverflowError):
        raise _NoNumber(value) from None


class _NoNumber(ValueError):
    def __init__(self, value):
        super().__init__(f"{json.dumps(value)[:40]} where a number should be")
