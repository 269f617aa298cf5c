"""What runs in a worker: a column is asked a Question and answers in NumPy arrays.

Here, and nowhere else, the rows of columns differ: in what their functions take and what they give. Answers have the
names of judge/quantities.py, whatever the row calls them.
"""

import os
import time
import traceback
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.columns import complete, loading, updating
from fourfold.compare.columns.given import flat, names_given, parts
from fourfold.compare.columns.questions import BFLOAT16, WHOLE
from fourfold.compare.errors import Breach, ColumnError
from fourfold.compare.judge.quantities import DEEP, internal

# How the names of files begin that are of no column: Python's own, and ours but for the columns.
LIBRARIES = "<", str(Path(os.__file__).parent), str(Path(__file__).parent)


class Outcome(NamedTuple):
    """All a worker sends back: nothing of a column's own making that this process would have to unpickle or raise."""

    seconds: float
    value: Any = None
    complaint: str = ""


def timed(task, name, *args):
    """The Outcome of task(name, *args), whatever it raises."""
    start = time.monotonic()
    value, complaint = None, ""
    try:
        value = task(name, *args)
    except ColumnError as error:
        complaint = str(error)
    except BaseException as error:  # a column may also raise SystemExit, or GeneratorExit
        complaint = f"{name} {raised(error)}"
    return Outcome(time.monotonic() - start, value, complaint)


def raised(error):
    """Type, message, and file and line of the innermost frame that is no library's."""
    try:
        text = " ".join(str(error)[:1000].split())[:300] or "no message"
    except Exception:
        text = "no message"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(LIBRARIES)]
    own = [frame for frame in own if "site-packages" not in frame.filename]
    frames = [] if isinstance(error, SyntaxError) else own or frames  # it says itself where it is
    where = f' ("{frames[-1].filename}", line {frames[-1].lineno})' if frames else ""
    return f"raised {type(error).__name__}: {text}{where}"


def abilities(name, row):
    """The questions.Abilities of a column. Raises ColumnError where a module can be asked nothing."""
    _, able = complete.load(name, row)
    return able


def _loaded(name, row):
    column, _ = complete.load(name, row)
    return column


def answer(name, question):
    """{name: NumPy array}: what a column answers. Raises ColumnError, and whatever the column raises."""
    with loading.uncollected(name):
        return answer_of(_loaded(name, question.row), name, question)


def answer_of(column, name, question):
    """The same of a column's module."""
    asked = _Asked(column, name, question)
    named = ANSWERS[question.call](asked, question)
    asked.check_unchanged()
    return named


class InProcess(NamedTuple):
    """Answers Questions with a column's module in this very process."""

    name: str
    module: Any = None  # or else the column of that name

    def ask(self, question):
        """{name: NumPy array}. Raises ColumnError, whatever the column raises; an interrupt is an interrupt."""
        try:
            column = self.module or _loaded(self.name, question.row)
            return answer_of(column, self.name, question)
        except (ColumnError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise Breach(f"{self.name} {raised(error)}") from None


class _Asked:
    """A column, and what it is asked about in its own arrays."""

    def __init__(self, column, name, question):
        self.column, self.name, self.row = column, name, question.row
        self.activations, self.dtype = question.activations, question.dtype
        self._arrays = (question.X, question.Y, *question.parameters.values())
        self._bytes_before = [Z.tobytes() for Z in self._arrays]
        self.X, self.Y, *natives = [self.native(Z) for Z in self._arrays]
        self.names = names_given(self.row, len(self.activations), len(natives))
        self.weights = self.as_arguments(natives)
        self.sigma = self.activations if self.row == DEEP else self.activations[0]

    def native(self, Z):
        """An array as the column's own; `array` and `to_numpy` must give back the same bits."""
        native = self.column.array(Z, self.dtype)
        back = self.numbers(native, "an input")
        if (back.dtype, back.shape) != (Z.dtype, Z.shape) or self.bits(back) != self.bits(Z):
            raise ColumnError(f"{self.name}: array and to_numpy do not give back the same {self.dtype} numbers")
        return native

    def bits(self, Z):
        """All bits of an array, but those that a NaN loses where float32 carries it."""
        return (np.where(np.isnan(Z), np.nan, Z) if self.dtype == BFLOAT16 else Z).tobytes()

    def as_arguments(self, natives):
        """The parameters as a column takes them: W1, W2 of two layers, or the tuples W, b of any depth."""
        depth = len(self.activations)
        if self.row == DEEP:
            return tuple(natives[:depth]), tuple(natives[depth:])
        return tuple(natives)

    def numbers(self, Z, what):
        """A column's own array as a NumPy array of plain numbers."""
        back = self.column.to_numpy(Z)
        if not isinstance(back, np.ndarray | np.generic):
            kind = type(back).__name__
            raise ColumnError(f"{self.name}: to_numpy gives a {kind} for {what}, not a NumPy array")
        if back.dtype.name == self.dtype == BFLOAT16:  # ml_dtypes', of which NumPy knows nothing
            back = back.astype(np.float32)
        if back.dtype.kind not in "biufc":
            raise ColumnError(f"{self.name}: to_numpy gives an array of {back.dtype.name} for {what}, not of numbers")
        return np.asarray(back)

    def parts(self, function, value, names):
        """What a function gives, once it is known to be as many things as there are names."""
        return parts(self.name, function, value, names)

    def taken(self, function, value, names):
        """What a function gives as {internal name: NumPy array}; `names` are nested as it is."""
        named = {}
        for part, name in zip(self.parts(function, value, names), names, strict=True):
            if isinstance(name, str):
                named[internal(name, self.row)] = self.numbers(part, f"{function}'s {name}")
            else:
                named |= self.taken(function, part, name)
        return named

    def check_unchanged(self):
        for Z, before in zip(self._arrays, self._bytes_before, strict=True):
            if Z.tobytes() != before:
                raise ColumnError(f"{self.name}: the arrays it was given were changed")


def _forward(asked, question):
    given = asked.column.forward(asked.X, *asked.weights, asked.sigma)
    named = asked.taken("forward", given, asked.names["forward"])
    if "loss" not in getattr(asked.column, "able", WHOLE).functions:
        return named
    return named | asked.taken("loss", asked.column.loss(given[-1], asked.Y), ("R", "L"))


def _trace(asked, question):
    given = asked.column.trace(asked.X, asked.Y, *asked.weights, asked.sigma)
    names = asked.names["trace"]
    named = asked.taken("trace", given, names)
    order = type(names)(*names).named()
    in_order = {}
    for name in order.values():
        in_order[internal(name, asked.row)] = named[internal(name, asked.row)]
    return in_order


def _gradients(asked, question):
    given = asked.column.gradients(asked.X, asked.Y, *asked.weights, asked.sigma)
    return asked.taken("gradients", given, asked.names["gradients"])


def _step(asked, question):
    given = asked.column.step(asked.X, asked.Y, *asked.weights, question.lr, asked.sigma)
    return asked.taken("step", given, asked.names["step"])


def _trajectory(asked, question):
    if question.update:
        return updating.trajectory(asked, question)
    given = asked.column.train(asked.X, asked.Y, *asked.weights, question.lr, question.steps, asked.sigma)
    return asked.taken("train", given, asked.names["step"])


def _predict(asked, question):
    """Y_hat (*S, points, d_out), checked here because nobody judges it."""
    given = asked.column.forward(asked.X, *asked.weights, asked.sigma)
    Y_hat = asked.taken("forward", given, asked.names["forward"])["Y_hat"]
    W = [*question.parameters.values()][len(question.activations) - 1]
    shape = (*W.shape[:-2], len(question.X), W.shape[-1])
    if (Y_hat.dtype, Y_hat.shape) != (question.X.dtype, shape):
        gave = f"{Y_hat.dtype} of shape {Y_hat.shape}"
        wanted = f"{question.X.dtype} of shape {shape}"
        raise ColumnError(f"{asked.name}: forward gives Y_hat as {gave}, not {wanted}")
    return {"Y_hat": Y_hat}


def _contract(asked, question):
    """What a column does beside its contract, in sentences: {"complaints": list}."""
    column, unknown = asked.column, "softsign"
    sigma = (unknown,) * len(asked.activations) if asked.row == DEEP else unknown
    data, weights = (asked.X, asked.Y), asked.weights
    complaints = []
    for function, arguments in (
        (column.forward, (asked.X, *weights, sigma)),
        (column.trace, (*data, *weights, sigma)),
        (column.step, (*data, *weights, question.lr, sigma)),
        (column.train, (*data, *weights, question.lr, question.steps, sigma)),
    ):
        try:
            function(*arguments)
        except Exception:  # it refuses, and that is all that is asked here: of which kind is the column's own affair
            continue
        complaints.append(
            f"`{function.__name__}` computes something for the activation {unknown!r}, which there is not"
        )
    X, dtype = question.X.copy(), question.dtype
    native = column.array(X, dtype)
    X[...] = 7
    if not np.array_equal(asked.numbers(native, "an input"), question.X, equal_nan=True):
        complaints.append("`array` gives no copy: what becomes of the NumPy array becomes of its own")
    native = column.array(question.X, dtype)
    back = column.to_numpy(native)
    if back.flags.writeable:
        back[...] = 7
    if not np.array_equal(asked.numbers(native, "an input"), question.X, equal_nan=True):
        complaints.append("`to_numpy` gives no copy: what becomes of the NumPy array becomes of its own")
    return {"complaints": complaints}


ANSWERS = {
    "forward": _forward,
    "trace": _trace,
    "gradients": _gradients,
    "step": _step,
    "trajectory": _trajectory,
    "predict": _predict,
    "contract": _contract,
}


def pieces(name, question, number):
    """Trains a column on and on, `question.steps` at a time, and holds no more than that: yields `number` times.

    What is yielded is L (steps, *S), and a function of a slice of these steps: the parameters after them, a list of
    NumPy arrays.
    """
    asked = _Asked(_loaded(name, question.row), name, question)
    if question.update:
        yield from updating.pieces(asked, question, number)
        return
    # TensorFlow would compile a new function for every number
    rates = question.lr if isinstance(question.lr, float) else asked.native(question.lr)
    weights = asked.weights
    for _ in range(number):
        given = asked.column.train(asked.X, asked.Y, *weights, rates, question.steps, asked.sigma)
        *layers, L = asked.parts("train", given, asked.names["step"])
        natives = flat(layers)

        def taken(steps, natives=natives):
            return [asked.numbers(Z[steps], "a part of train") for Z in natives]

        yield asked.numbers(L, "train's L"), taken
        weights = asked.as_arguments([Z[-1] for Z in natives])
    asked.check_unchanged()


def predict_each(name, question):
    """{"Y_hat"} of many networks, one after the other: the hidden layers of all, at many points, are large."""
    asked, Y_hat = _Asked(_loaded(name, question.row), name, question), []
    for n in range(len(question.parameters["W1"])):
        alone = {name: Z[n : n + 1] for name, Z in question.parameters.items()}
        asked.weights = asked.as_arguments([*map(asked.native, alone.values())])
        Y_hat.append(_predict(asked, question._replace(parameters=alone))["Y_hat"])
    asked.check_unchanged()
    return {"Y_hat": np.concatenate(Y_hat)}


def chain_rule(name, question):
    """{name: Jacobian} of one network of two layers; and {"sums": E7, "product": E9}, each {gradient: array}."""
    asked = _Asked(loading.load(name, "chain_rule"), name, question._replace(row="chain_rule"))
    natives = asked.column.jacobians(asked.X, asked.Y, *asked.weights, asked.sigma)
    jacobians = asked.taken("jacobians", natives, asked.names["jacobians"])
    dL_dY_hat, dY_hat_dW2, dY_hat_dA, dA_dH, dH_dW1 = natives
    ways = {}
    for way in ("sums", "product"):
        chain = getattr(asked.column, way)
        dL_dA = chain(dL_dY_hat, dY_hat_dA)
        dL_dH = chain(dL_dA, dA_dH)
        gradients = {"dL_dW2": chain(dL_dY_hat, dY_hat_dW2), "dL_dA": dL_dA, "dL_dH": dL_dH}
        gradients["dL_dW1"] = chain(dL_dH, dH_dW1)
        ways[way] = {}
        for quantity, Z in gradients.items():
            ways[way][quantity] = asked.numbers(Z, f"{way}'s {quantity}")
    asked.check_unchanged()
    return jacobians, ways


def trainer(name, question, piece):
    """A function of `steps` that trains a column, `piece` at a time: a whole trajectory may fill the memory."""
    asked = _Asked(_loaded(name, question.row), name, question)

    def train(steps):
        weights = asked.weights
        for _ in range(max(1, steps // piece)):
            *layers, _ = asked.column.train(asked.X, asked.Y, *weights, question.lr, piece, asked.sigma)
            weights = asked.as_arguments([Z[-1] for Z in flat(layers)])
        asked.column.to_numpy(flat(weights)[0])  # waits for what is still being computed

    return train


def introduce(name):
    """Seconds to import a column, its framework included."""
    start = time.perf_counter()
    impls.load(name)
    return time.perf_counter() - start
