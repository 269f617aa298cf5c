"""The engine of the lesson's page as a column: every function is asked of one process of node, a network at a time."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np

from fourfold.compare.check import protocol
from fourfold.impls.model import Trace

ANSWERS = Path(__file__).parents[2] / "reports/lesson/scripts/answers.mjs"


def array(values, dtype):
    return np.array(values, dtype)


def to_numpy(Z):
    return np.array(Z)


def forward(X, W1, W2, activation):
    return _asked("forward", ("H", "A", "Y_hat"), activation=activation, X=X, W1=W1, W2=W2)


def loss(Y_hat, Y):
    return _asked("loss", ("R", "L"), Y_hat=Y_hat, Y=Y)


def trace(X, Y, W1, W2, activation):
    return Trace(*_asked("trace", Trace._fields, activation=activation, X=X, Y=Y, W1=W1, W2=W2))


def step(X, Y, W1, W2, lr, activation):
    return _asked("step", ("W1", "W2", "L"), activation=activation, lr=lr, X=X, Y=Y, W1=W1, W2=W2)


def train(X, Y, W1, W2, lr, steps, activation):
    more = {"activation": activation, "lr": lr, "steps": steps}
    path = _asked("path", ("W1", "W2", "L"), **more, X=X, Y=Y, W1=W1, W2=W2)
    seeds = W1.ndim - 2
    return tuple(np.moveaxis(Z, seeds, 0) for Z in path)


def _asked(call, names, **fields):
    """The named parts of the answer; what leads the arrays is gone through network by network."""
    arrays = {name: Z for name, Z in fields.items() if isinstance(Z, np.ndarray)}
    dtype = next(iter(arrays.values())).dtype
    leading = np.broadcast_shapes(*(Z.shape[:-2] for Z in arrays.values()))
    answers = []
    for place in np.ndindex(leading):
        question = {"call": call, "dtype": str(dtype)} | fields
        for name, Z in arrays.items():
            question[name] = protocol.numbers(np.broadcast_to(Z, leading + Z.shape[-2:])[place])
        answers.append(_answer(question))
    parts = []
    for name in names:
        part = np.array([protocol.array(answer[name]) for answer in answers], dtype)
        parts.append(part.reshape(leading + part.shape[1:]))
    return tuple(parts)


def _answer(question):
    node = _node()
    node.stdin.write(protocol.line(question))
    node.stdin.flush()
    answer = json.loads(node.stdout.readline())
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer


@cache
def _node():
    """It ends when its standard input does: with this process."""
    program = shutil.which("node")
    if program is None:
        raise ImportError("node is not installed")
    return subprocess.Popen([program, ANSWERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
