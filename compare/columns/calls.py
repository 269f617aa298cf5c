"""What runs in a worker: a column is asked, and answers in NumPy arrays."""

import time
import traceback
from typing import Any, NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.errors import ColumnError
from fourfold.impls.model import DeepTrace, Jacobians, Trace


class Outcome(NamedTuple):
    """All a worker sends back: nothing of a column's own making that this process would have to unpickle or raise."""

    seconds: float
    value: Any = None
    complaint: str = ""


def timed(task, name, *args):
    start = time.monotonic()
    try:
        value, complaint = task(name, *args), ""
    except ColumnError as error:
        value, complaint = None, str(error)
    except BaseException as error:  # a column may also raise SystemExit, or GeneratorExit
        value, complaint = None, f"{name} {raised(error)}"
    return Outcome(time.monotonic() - start, value, complaint)


def raised(error):
    """Type, message, and file and line of the innermost frame."""
    try:
        text = " ".join(str(error)[:1000].split())[:300] or "no message"
    except Exception:
        text = "no message"
    frames = traceback.extract_tb(error.__traceback__)
    where = f' ("{frames[-1].filename}", line {frames[-1].lineno})' if frames else ""
    return f"raised {type(error).__name__}: {text}{where}"


def _parts(name, function, value, names):
    """What a function gives, once it is known to be as many things as it has to be."""
    if not isinstance(value, tuple | list) or len(value) != len(names):
        of = f" of {len(value)}" if isinstance(value, tuple | list) else ""
        gave = f"{type(value).__name__}{of}"
        each = ", ".join(part if isinstance(part, str) else f"({', '.join(part)})" for part in names)
        raise ColumnError(f"{name}: {function} gives a {gave}, not a tuple of {len(names)}: {each}")
    return value


def _numbers(name, column, Z, what):
    """A column's own array as a NumPy array of plain numbers."""
    back = column.to_numpy(Z)
    if not isinstance(back, np.ndarray | np.generic):
        raise ColumnError(f"{name}: to_numpy gives a {type(back).__name__} for {what}, not a NumPy array")
    if back.dtype.kind not in "biufc":
        raise ColumnError(f"{name}: to_numpy gives an array of {back.dtype.name} for {what}, not of numbers")
    return np.asarray(back)


def _native(name, column, *arrays):
    """The arrays as the column's own; `array` and `to_numpy` must give back the same bits."""
    natives = []
    for Z in arrays:
        native = column.array(Z, Z.dtype.name)
        back = _numbers(name, column, native, "an input")
        if (back.dtype, back.shape) != (Z.dtype, Z.shape) or back.tobytes() != Z.tobytes():
            raise ColumnError(f"{name}: array and to_numpy do not give back the same {Z.dtype} numbers")
        natives.append(native)
    return natives


def _taken(name, column, function, value, names):
    """What a function gives, as NumPy arrays in the same tuples; `names` are tuples of its parts' names."""
    if isinstance(names, str):
        return _numbers(name, column, value, f"{function}'s {names}")
    parts = zip(_parts(name, function, value, names), names, strict=True)
    return tuple(_taken(name, column, function, Z, part) for Z, part in parts)


def _flat(parts):
    """The arrays (or names) in tuples of tuples, in order."""
    return [Z for part in parts for Z in (_flat(part) if isinstance(part, tuple | list) else [part])]


def _arguments(row, natives, activations):
    """W1, W2, σ of two layers, or W, b, activations of any depth."""
    K = len(activations)
    return (tuple(natives[:K]), tuple(natives[K:]), activations) if row == "deep" else (*natives, activations[0])


def _names(row, function, K, biases):
    """The names of what a function gives, in tuples as in impls.model."""
    k = lambda name, n: tuple(f"{name}{i + 1}" for i in range(n))
    b = K if biases else 0
    return {
        "two_layer": {"forward": ("H", "A", "Y_hat"), "trace": Trace(*Trace._fields), "step": ("W1", "W2", "L")},
        "deep": {
            "forward": (k("H", K), k("A", K - 1), "Y_hat"),
            "trace": DeepTrace(
                k("H", K), k("A", K - 1), "Y_hat", "R", "L", "dL_dY_hat",
                k("dL_dH", K), k("dL_dW", K), k("dL_db", b), k("dL_dA", K - 1),
            ),
            "step": (k("W", K), k("b", b), "L"),
        },
        "chain_rule": {"jacobians": Jacobians(*Jacobians._fields)},
    }[row][function]  # fmt: skip


class _Asked:
    """A column of a row, and what it is asked about, in its own arrays."""

    def __init__(self, name, row, X, Y, parameters, activations):
        self.name, self.row, self.column = name, row, impls.load(name, row)
        self._arrays = X, Y, *parameters
        self._before = [Z.tobytes() for Z in self._arrays]
        self.X, self.Y, *natives = _native(name, self.column, *self._arrays)
        *self.weights, self.activations = _arguments(row, natives, activations)
        self._sizes = len(activations), len(parameters) > len(activations)

    def names(self, function):
        return _names(self.row, "step" if function == "train" else function, *self._sizes)

    def taken(self, function, value):
        return _taken(self.name, self.column, function, value, self.names(function))

    def unchanged(self):
        if any(Z.tobytes() != bytes_ for Z, bytes_ in zip(self._arrays, self._before, strict=True)):
            raise ColumnError(f"{self.name}: the arrays it was given were changed")


def train(name, row, X, Y, parameters, lr, steps, activations):
    """The path: all parameters after every step, and L before it."""
    of = _Asked(name, row, X, Y, parameters, activations)
    path = _flat(of.taken("train", of.column.train(of.X, of.Y, *of.weights, lr, steps, of.activations)))
    of.unchanged()
    return path


def pieces(name, row, X, Y, parameters, rates, length, number, activations):
    """Trains a column on and on, `length` steps at a time, and holds no more than that: yields `number` times.

    `rates` is a number, or an array (*S, 1, 1) with one for every network. What is yielded is L (length, *S), and a
    function of a slice of these steps: the parameters after them, a list of NumPy arrays.
    """
    of = _Asked(name, row, X, Y, parameters, activations)
    # TensorFlow would compile a new function for every number
    rates = rates if isinstance(rates, float) else _native(name, of.column, rates)[0]
    weights = of.weights
    for _ in range(number):
        path = of.column.train(of.X, of.Y, *weights, rates, length, of.activations)
        *layers, L = _parts(name, "train", path, of.names("train"))
        natives = _flat(layers)
        yield (
            _numbers(name, of.column, L, "train's L"),
            lambda steps: [_numbers(name, of.column, Z[steps], "a part of train") for Z in natives],  # noqa: B023
        )
        weights = _arguments(row, [Z[-1] for Z in natives], activations)[:-1]
    of.unchanged()


def trace(name, row, X, Y, parameters, activations):
    """{quantity: array}"""
    of = _Asked(name, row, X, Y, parameters, activations)
    quantities = _trace(of)
    of.unchanged()
    return quantities


def _trace(of):
    found = of.taken("trace", of.column.trace(of.X, of.Y, *of.weights, of.activations))
    return type(of.names("trace"))(*found).named()


def functions(name, row, X, Y, parameters, lr, activations):
    """What `trace` gives, and `forward` and `loss` by themselves: {quantity: array} twice; and `step`: flat."""
    of = _Asked(name, row, X, Y, parameters, activations)
    found = of.column.forward(of.X, *of.weights, of.activations)
    parts = dict(zip(_flat(of.names("forward")), _flat(of.taken("forward", found)), strict=True))
    parts |= zip("RL", _taken(name, of.column, "loss", of.column.loss(found[-1], of.Y), ("R", "L")), strict=True)
    whole = _trace(of)
    stepped = _flat(of.taken("step", of.column.step(of.X, of.Y, *of.weights, lr, of.activations)))
    of.unchanged()
    return whole, parts, stepped


def chain_rule(name, X, Y, parameters, activations):
    """{name: Jacobian} of one network of two layers; and {"sums": E7, "product": E9}, each {gradient: array}."""
    of = _Asked(name, "chain_rule", X, Y, parameters, activations)
    natives = of.column.jacobians(of.X, of.Y, *of.weights, of.activations)
    found = Jacobians(*of.taken("jacobians", natives))
    dL_dY_hat, dY_hat_dW2, dY_hat_dA, dA_dH, dH_dW1 = natives
    ways = {}
    for way in ("sums", "product"):
        chain = getattr(of.column, way)
        dL_dA = chain(dL_dY_hat, dY_hat_dA)
        dL_dH = chain(dL_dA, dA_dH)
        gradients = {"dL_dW2": chain(dL_dY_hat, dY_hat_dW2), "dL_dA": dL_dA, "dL_dH": dL_dH}
        gradients["dL_dW1"] = chain(dL_dH, dH_dW1)
        ways[way] = {q: _numbers(name, of.column, Z, f"{way}'s {q}") for q, Z in gradients.items()}
    of.unchanged()
    return found._asdict(), ways


def predict(name, row, X, parameters, activations):
    """Y_hat (*S, points, d_out), checked here because nobody judges it."""
    of = _Asked(name, row, X, X, parameters, activations)
    *_, Y_hat = _flat(of.taken("forward", of.column.forward(of.X, *of.weights, of.activations)))
    W = parameters[len(activations) - 1]
    shape = (*W.shape[:-2], len(X), W.shape[-1])
    if (Y_hat.dtype, Y_hat.shape) != (X.dtype, shape):
        gave = f"{Y_hat.dtype} of shape {Y_hat.shape}"
        raise ColumnError(f"{name}: forward gives Y_hat as {gave}, not {X.dtype} of shape {shape}")
    return Y_hat


def trainer(name, row, case, piece):
    """A function of `steps` that trains a column in float64, `piece` at a time: a whole path may fill the memory."""
    of = _Asked(name, row, case.X, case.Y, case.weights, case.activations)

    def train(steps):
        weights, activations = of.weights, of.activations
        for _ in range(max(1, steps // piece)):
            path = _flat(of.column.train(of.X, of.Y, *weights, case.lr, piece, activations))
            *weights, activations = _arguments(row, [Z[-1] for Z in path[:-1]], case.activations)
        of.column.to_numpy(_flat(weights)[0])  # waits for what is still being computed

    return train


def introduce(name):
    """Seconds to import a column, its framework included."""
    start = time.perf_counter()
    impls.load(name)
    return time.perf_counter() - start
