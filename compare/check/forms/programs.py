"""How to use an object of somebody's class: construct it, set its parameters, call methods, read off."""

from typing import Any, NamedTuple

import numpy as np

from fourfold.compare.check.forms import attributes, class_losses, names
from fourfold.compare.check.forms.constructing import Call
from fourfold.compare.exact.updated import Updated

LOOPS = (
    "epochs",
    "n_epochs",
    "num_epochs",
    "iterations",
    "n_iterations",
    "num_iterations",
    "n_iters",
    "n_iter",
    "max_iter",
)


class Stage(NamedTuple):
    """One call: of a method, of a function, or of a method of an object that is an attribute."""

    role: str  # "forward", "loss", "backward"
    method: str
    call: Call
    owner: tuple = ()  # the place of the object whose method it is
    function: bool = False


class Whereabouts(NamedTuple):
    """Where something is when all is done."""

    where: str  # "returned", "attribute", "updated" or "assumed"
    place: tuple = ()  # in what a step returned, or in the object
    step: int = 0
    key: object = None  # which loss is assumed; a list of several
    first: bool = False  # the first of a list
    sign: int = 1


class Program(NamedTuple):
    """All there is to know to get a loss and gradients from a class; nothing of it is a value."""

    cls: str
    construct: Call
    parameters: tuple  # (name, places) each
    steps: tuple
    output: Whereabouts | None = None
    loss: Whereabouts | None = None
    gradients: tuple = ()  # (name, Whereabouts) each
    late: bool = False  # whether parameters are there only once a step has begun
    samples: str = "rows"  # "rows", "columns" or "one"
    rate: float = 1.0

    def run(self, namespace, inputs):
        """(L, {parameter: gradient or Updated})."""
        state = State(self, namespace, inputs)
        state.go()
        return state.loss, {name: state.gradient(name, source) for name, source in self.gradients}


class State:
    """An object of theirs, and what its steps have given so far."""

    def __init__(self, program, namespace, inputs):
        self.program, self.namespace, self.inputs = program, namespace, inputs
        self.returned, self.old = [], {}
        self.output: Any = None
        self.loss: Any = None
        cls = namespace[program.cls]
        self.thing = None
        if program.late:
            cls = _later(cls, {places[0][0][1]: inputs[name] for name, places in program.parameters})
        arguments, keywords = program.construct.bound(self.value)
        self.thing = cls(*arguments, **keywords)
        for name in LOOPS:
            if isinstance(getattr(self.thing, name, None), int):
                setattr(self.thing, name, 1)
        for name, value in list(getattr(self.thing, "__dict__", {}).items()):
            if value is None and names.is_one(name, names.DATA):
                setattr(self.thing, name, inputs["X"])
            elif value is None and names.is_one(name, names.TARGETS):
                setattr(self.thing, name, inputs["Y"])
        self._set_parameters()

    def _set_parameters(self):
        for name, places in self.program.parameters:
            value = self.inputs[name]
            self.old[name] = value.copy() if isinstance(value, np.ndarray) else value
            mine = value.copy() if isinstance(value, np.ndarray) else value
            for place in () if self.program.late else places:
                if isinstance(attributes.get(self.thing, place), list) and isinstance(mine, np.ndarray):
                    mine = mine.tolist()
                attributes.put(self.thing, place, mine)
        if self.program.late:
            object.__setattr__(self.thing, "_armed", True)

    def go(self):
        """Does all steps; the loss is known before anything can be updated."""
        source = self.program.loss
        if self.program.output is not None and self.program.output.where == "linear":
            self.output = self._linear(self.program.output.key)
        for position, step in enumerate(self.program.steps):
            self.returned.append(self.called(step))
            if source is not None and source.step == position:
                self._read_loss(source)

    def finished(self):
        """True, when all steps are done."""
        self.go()
        return True

    def _linear(self, method):
        """What a class with one layer would put out, which has no method for that."""
        given = [self.inputs[name] for name, _ in self.program.parameters]
        weights = next(value for value in given if np.ndim(value))
        bias = next((value for value in given if not np.ndim(value)), 0)
        output = self.inputs["X"] @ weights + bias
        return output if method is None else getattr(self.thing, method)(output)

    def called(self, step):
        """What one step returns."""
        if step.function:
            method = self.namespace[step.method]
        else:
            method = getattr(attributes.get(self.thing, step.owner), step.method)
        arguments, keywords = step.call.bound(self.value)
        result = method(*arguments, **keywords)
        if step.role == "forward" and self.output is None:
            self._read_output(result)
        return result

    def _read_output(self, result):
        source = self.program.output
        if source is None or source.where == "linear":
            return
        root = self.thing if source.where == "attribute" else result
        output = attributes.get(root, source.place)
        self.output = np.array(output) if isinstance(output, list) else output

    def _read_loss(self, source):
        if source.where == "assumed":
            if self.output is None:  # a class whose output is left in an attribute
                self._read_output(self.returned[-1])
            keys = source.key if isinstance(source.key, list) else [source.key]
            losses = [class_losses.loss(key, self.output, self.inputs["Y"], self.count()) for key in keys]
            self.loss = losses if isinstance(source.key, list) else losses[0]
        else:
            root = self.thing if source.where == "attribute" else self.returned[source.step]
            self.loss = attributes.get(root, source.place)
        if source.first:
            self.loss = self.loss[0]

    def count(self):
        """How many samples there are."""
        X = self.inputs["X"]
        if self.program.samples == "one":
            return 1
        return X.shape[1] if self.program.samples == "columns" else len(X)

    def pairs(self):
        """Samples as a list of pairs."""
        X, Y = self.inputs["X"], self.inputs["Y"]
        if self.program.samples == "one":
            return [(X, Y)]
        if self.program.samples == "columns":
            return [(X[:, [i]], Y[:, [i]]) for i in range(X.shape[1])]
        return list(zip(X, Y, strict=True))

    def value(self, given):
        """What stands for a Placeholder."""
        known = {
            "X": lambda: self.inputs["X"],
            "Y": lambda: self.inputs["Y"],
            "first": lambda: self.inputs["X"][0],
            "N": self.count,
            "output": lambda: self.output,
            "error": lambda: self._error(given.key),
            "samples": self.pairs,
            "function": lambda: self.namespace[given.key],
            "array": lambda: np.linspace(-0.5, 0.75, int(np.prod(given.key))).reshape(given.key),
            "state": lambda: np.full(given.key, 0.25),
            "returned": lambda: self.returned[0][given.key],
            "cache": lambda: self.returned[0][-1],
        }
        return known[given.kind]()

    def _error(self, sign):
        Y = class_losses.as_target(self.output, self.inputs["Y"])
        return Y - self.output if sign == -1 else self.output - Y

    def gradient(self, name, source):
        """The gradient of one parameter, as the user gives it."""
        if source is None:
            return None
        places = dict(self.program.parameters)[name]
        if source.where == "updated":
            return Updated(self.old[name], attributes.get(self.thing, places[0]), self.program.rate)
        root = self.thing if source.where == "attribute" else self.returned[source.step]
        gradient = attributes.get(root, source.place)
        # What is added to the parameters is the gradient's negative.
        return Updated(0, gradient, 1, -1) if source.sign < 0 else gradient


def _later(cls, values):
    """A class of the same kind whose attributes get these values when they are first set in a method."""
    waiting = dict(values)

    def __setattr__(self, name, value):
        if name in waiting and self.__dict__.get("_armed"):
            value = waiting.pop(name)
            value = value.copy() if isinstance(value, np.ndarray) else value
        object.__setattr__(self, name, value)

    return type(cls.__name__, (cls,), {"__setattr__": __setattr__})
