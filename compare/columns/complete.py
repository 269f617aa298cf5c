"""Makes a column of what a module has: some functions of the contract, for one network or many, NumPy in and out.

Nothing is put in the place of what is not there, but that `step` over and over makes a trajectory.
"""

import inspect
from typing import Any, NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.columns import lacking, loading
from fourfold.compare.columns.given import as_numpy, flat, names_given, parts
from fourfold.compare.columns.questions import BFLOAT16, WHOLE, Abilities
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge.quantities import DEEP
from fourfold.impls.model import DeepModel, Model, Trace

FUNCTIONS = ("gradients", *WHOLE.functions)
START = "start from one that agrees: fourfold agree --template numpy"
# `from numpy import *` brings a `trace` along that is another thing
NOT_THEIRS = {"numpy", "builtins"} | {framework.package for framework in impls.FRAMEWORKS.values()}


def load(name, row):
    """(the column, its Abilities): a module that has everything as it is, any other made a Completed one.

    Raises ColumnError where a module has nothing that could be asked.
    """
    module = loading.load(name, row)
    if impls.is_built_in(name):
        return module, WHOLE
    return completed(module, name, row)


def completed(module, name, row):
    """The same of a module."""
    whole = not [function for function in lacking.FUNCTIONS if not callable(getattr(module, function, None))]
    seeds, activations = getattr(module, "SEEDS", whole), getattr(module, "ACTIVATION", "")
    if not isinstance(seeds, bool):
        raise ColumnError(f"{name}: SEEDS is {seeds!r}: write True where functions take many networks, or False")
    if not isinstance(activations, str):
        raise ColumnError(f'{name}: ACTIVATION is {activations!r}: write "tanh", or a name a layer: "tanh,sigmoid"')
    takes_layers = _takes_layers(module, name)
    if row == DEEP and not takes_layers:
        raise ColumnError(f"{name} takes W1 and W2, two layers: for any depth let it take tuples, W and b")
    if whole and seeds and not activations and takes_layers == (row == DEEP) and _takes_activation(module):
        return module, WHOLE
    functions = {}
    for function in WHOLE.functions if whole else FUNCTIONS:
        if _is_theirs(getattr(module, function, None)):
            functions[function] = _Function(name, function, getattr(module, function), takes_layers)
    if [*functions] == ["loss"]:
        raise ColumnError(f"{name} has loss alone, which is judged at what forward gives: {START}")
    if "forward" not in functions:
        functions.pop("loss", None)
    if not functions:
        raise ColumnError(f"{name} has none of {', '.join(FUNCTIONS)}: {START}")
    if not all(f.activation for f in functions.values() if f.name != "loss"):
        activations = activations or "sigmoid"
    missing = [f for f in FUNCTIONS if f not in functions and not (f == "gradients" and "trace" in functions)]
    able = Abilities(tuple(functions), tuple(missing), whole, not seeds, activations)
    return Completed(module, name, row, functions, takes_layers, able, {}), able


def _is_theirs(function):
    package = (getattr(function, "__module__", None) or "builtins").partition(".")[0]
    return callable(function) and package not in NOT_THEIRS


def _signature(function):
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions have none
        return None


def _takes_any(signature):
    return any(parameter.kind == parameter.VAR_POSITIONAL for parameter in signature.parameters.values())


def _takes_layers(module, name):
    """Whether functions take tuples W and b, an array a layer, and not W1 and W2."""
    both = {}
    for function in FUNCTIONS:
        theirs = getattr(module, function, None)
        signature = _signature(theirs) if _is_theirs(theirs) else None
        if signature and function != "loss" and not _takes_any(signature):
            both.setdefault("W" in signature.parameters, function)
    if len(both) > 1:
        raise ColumnError(f"{name}: {both[True]} takes W, and {both[False]} does not: take W1, W2 or W, b in all")
    return True in both


def _takes_activation(module):
    """Whether no function of a whole column is seen to take none."""
    for function in ("forward", "trace", "step", "train"):
        signature = _signature(getattr(module, function))
        names = [] if not signature or _takes_any(signature) else [*signature.parameters]
        if names and not any(name.startswith("activation") for name in names):
            return False
    return True


class _Function:
    """One function of theirs, and which parameters of the contract it takes."""

    def __init__(self, column, name, call, takes_layers):
        self.column, self.name, self.call = column, name, call
        signature = _signature(call)
        names = signature.parameters if signature else {}
        contract = parameters_of(name, takes_layers)
        takes_any = bool(signature) and _takes_any(signature)
        last = contract[-1] if contract[-1].startswith("activation") else ""
        self.activation = last if not names or takes_any or last in names else ""
        self.parameters = [parameter for parameter in contract if parameter not in {last, "b"} or parameter in names]
        if takes_any and last:
            self.parameters = [*contract]
        try:
            if signature:
                signature.bind(*self.parameters)
        except TypeError:
            call, instead = f"{name}({', '.join(self.parameters)})", "give it these parameters, or another name"
            raise ColumnError(f"{column}: {name}{signature} cannot be called as {call}: {instead}") from None


def parameters_of(function, takes_layers):
    """The names of what a function of the contract is given, in order."""
    contract = getattr(DeepModel if takes_layers else Model, "trace" if function == "gradients" else function)
    return [name for name in inspect.signature(contract).parameters if name != "self"]


class Completed(NamedTuple):
    """A column whose arrays are NumPy's, around a module: what it answers is what the module's functions give."""

    module: Any
    name: str
    row: str
    functions: dict
    takes_layers: bool
    able: Abilities
    asked: dict  # the "dtype" of the last question, which arrays cannot always say

    def array(self, values, dtype):
        if dtype == BFLOAT16 and not _is_theirs(getattr(self.module, "array", None)):
            raise ColumnError(f"{self.name} has no array that makes {dtype} of the float32 it is given: NumPy has none")
        self.asked["dtype"] = dtype
        return np.array(values)

    def to_numpy(self, Z):
        return np.array(Z)

    def forward(self, *arguments):
        return self._asked("forward", arguments)

    def loss(self, Y_hat, Y):
        return self._asked("loss", (Y_hat, Y))

    def trace(self, *arguments):
        return self._asked("trace", arguments)

    def gradients(self, *arguments):
        return self._asked("gradients", arguments)

    def step(self, *arguments):
        return self._asked("step", arguments)

    def train(self, X, Y, *arguments):
        """What `train` gives; where there is none, what `step` gives again and again."""
        if "train" in self.functions or "step" not in self.functions:
            return self._asked("train", (X, Y, *arguments))
        *weights, lr, steps, sigma = arguments
        path = []
        for _ in range(steps):
            *weights, L = self.step(X, Y, *weights, lr, sigma)
            path.append((*weights, L))
        return _stacked(path)

    def _asked(self, function, arguments):
        """What a function gives for what the row's own function is given, in NumPy arrays."""
        if function not in self.functions:
            raise ColumnError(f"{self.name} has no {function}")
        named = dict(zip(parameters_of(function, self.row == DEEP), arguments, strict=True))
        if self.takes_layers and self.row != DEEP:
            named = _as_layers(named)
        first = named["Y_hat"] if function == "loss" else next(iter(flat([named.get("W", named.get("W1"))])))
        leading = first.shape[:-2]
        depth, biases = len(named["W"]) if "W" in named else 2, len(named.get("b", ()))
        names = names_given(DEEP if self.takes_layers else self.row, depth, depth + biases)[function]
        if self.able.one_at_a_time:
            each = [self._once(function, _one(named, index), names) for index in np.ndindex(leading)]
            try:
                given = _placed(_stacked(each), leading, function == "train")
            except ValueError:
                raise ColumnError(f"{self.name}: {function} gives arrays of other shapes for other weights") from None
        else:
            given = self._once(function, named, names)
        return _as_two_layers(function, given) if self.takes_layers and self.row != DEEP else given

    def _once(self, function, named, names):
        """One call: its arguments are copies, or the module's own arrays, and what it gives becomes NumPy arrays."""
        dtype = self.asked["dtype"]
        theirs, copies = self.functions[function], []
        no_biases = self.takes_layers and function in {"gradients", "step", "train"} and "b" not in theirs.parameters
        if no_biases and named["b"]:
            raise ColumnError(f"{self.name}: {function} takes no b: leave out --bias")
        values = [self._native(named[parameter], dtype, copies) for parameter in theirs.parameters]
        given = theirs.call(*values)
        for Z, copy in copies:
            if Z.tobytes() != copy.tobytes():
                raise ColumnError(f"{self.name}: {function} changes an array that it is given: let it work on a copy")
        if not no_biases:
            return self._numbers(function, given, names, dtype)
        place = names.index(())
        given = self._numbers(function, given, names[:place] + names[place + 1 :], dtype)
        return (*given[:place], (), *given[place:])

    def _native(self, value, dtype, copies):
        if isinstance(value, tuple | list):
            if not any(isinstance(part, np.ndarray) for part in value):
                return value
            return tuple(self._native(part, dtype, copies) for part in value)
        if not isinstance(value, np.ndarray):
            return value
        if _is_theirs(getattr(self.module, "array", None)):
            return self.module.array(value, dtype)
        copies.append((value, value.copy()))
        return copies[-1][1]

    def _numbers(self, function, value, names, dtype):
        """NumPy arrays of what a function gives, nested as names are."""
        if isinstance(names, str):
            if _is_theirs(getattr(self.module, "to_numpy", None)):
                return self.module.to_numpy(value)
            return as_numpy(value, f"{self.name}: {function} gives {names}", dtype)
        arrays = []
        for part, name in zip(parts(self.name, function, value, names), names, strict=True):
            arrays.append(self._numbers(function, part, name, dtype))
        return type(names)(*arrays) if hasattr(names, "_fields") else tuple(arrays)


def _as_layers(named):
    """What functions of any depth are given, from what functions of two layers are."""
    layers = {}
    for name, value in named.items():
        if name == "W1":
            layers |= {"W": (value, named["W2"]), "b": ()}
        elif name == "activation":
            layers["activations"] = (value, "identity")
        elif name != "W2":
            layers[name] = value
    return layers


def _as_two_layers(function, given):
    """What functions of two layers give, from what functions of any depth do."""
    if function == "forward":
        (H, _), (A,), Y_hat = given
        return H, A, Y_hat
    if function == "gradients":
        L, dL_dW, _ = given
        return L, *dL_dW
    if function in {"step", "train"}:
        (W1, W2), _, L = given
        return W1, W2, L
    if function == "trace":
        (dL_dW1, dL_dW2), (dL_dA,) = given.dL_dW, given.dL_dA
        before = given.H[0], given.A[0], given.Y_hat, given.R, given.L, given.dL_dY_hat
        return Trace(*before, dL_dW2, dL_dA, given.dL_dH[0], dL_dW1)
    return given


def _one(named, index):
    """The arguments of one network: what has no axes before the last two is shared."""
    own = {}
    for name, value in named.items():
        if isinstance(value, tuple):
            own[name] = tuple(_one({0: part}, index)[0] for part in value)
        else:
            own[name] = value[index] if isinstance(value, np.ndarray) and value.ndim > 2 else value
    return own


def _stacked(results):
    """Results nested alike as one result, whose arrays have a new first axis."""
    first = results[0]
    if isinstance(first, tuple):
        parts_of_all = tuple(_stacked(same) for same in zip(*results, strict=True))
        return type(first)(*parts_of_all) if hasattr(first, "_fields") else parts_of_all
    return np.stack(results)


def _placed(value, leading, behind_time):
    """Arrays with a first axis of networks as arrays with their leading axes, which stand behind the axis of time."""
    if isinstance(value, tuple):
        placed = tuple(_placed(part, leading, behind_time) for part in value)
        return type(value)(*placed) if hasattr(value, "_fields") else placed
    Z = value.reshape((*leading, *value.shape[1:]))
    return np.moveaxis(Z, len(leading), 0) if behind_time and Z.ndim > len(leading) else Z
