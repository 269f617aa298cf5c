"""Calls somebody's functions with small float64 inputs, and sees what comes of it."""

import contextlib
import io
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fourfold.compare.check.forms import answers, layouts, packings, slopes
from fourfold.compare.check.forms.recipe import Recipe, Roles
from fourfold.compare.exact.updated import Updated


class CallStep(NamedTuple):
    """A call: of a function of the namespace by name, or of one of ours."""

    function: str
    arguments: tuple  # (name, supply): supply(inputs, results) is the value
    keyword_only: tuple = ()
    own: Callable | None = None
    outer: tuple = ()  # inputs that it takes from variables of its module

    def call(self, namespace, inputs, results):
        self.settle(namespace, inputs)
        values = {name: supply(inputs, results) for name, supply in self.arguments}
        named = {name: values.pop(name) for name in self.keyword_only if name in values}
        function = self.own or namespace[self.function]
        return function(*values.values(), **named) if not self.own else function(**values, **named)

    def settle(self, namespace, inputs):
        """Gives the module's variables their values."""
        namespace |= {name: inputs[name] for name in self.outer}


class CallPlan(NamedTuple):
    """Calls, the last of which gives the gradients; where the loss is; what happens to the parameters."""

    steps: tuple
    goal: CallStep
    reading: answers.Reading
    loss: tuple  # (function, path)
    rate: object = None  # of an update: the gradient is (old - new) / rate
    sign: int = -1
    opposite: float = 0  # gradients are this factor times minus the gradient, as they are added to the parameters
    in_place: bool = False

    def run(self, namespace, inputs):
        """(L, {parameter: gradient or Updated})."""
        old = {name: _copy(inputs[name]) for name in self.reading.gradients} if self.rate is not None else {}
        results = {}
        for step in self.steps:
            results[step.function] = step.call(namespace, inputs, results)
        held = {}
        answer = self.ask(namespace, inputs, results, held)
        results[self.goal.function] = answer
        L = answers.at(results[self.loss[0]], self.loss[1])
        gradients = {}
        for name, path in self.reading.gradients.items():
            given = answers.at(held if self.in_place else answer, path)
            if self.rate is not None:
                given = Updated(old[name], given, self.rate, self.sign)
            elif self.opposite:
                given = Updated(_zeros(given), given, self.opposite, -1)
            gradients[name] = given
        return L, gradients

    def ask(self, namespace, inputs, results, held):
        """Calls the last function; `held` gets its arguments, as it left them."""
        goal = self.goal
        goal.settle(namespace, inputs)
        values = {name: supply(inputs, results) for name, supply in goal.arguments}
        held |= values
        named = {name: values.pop(name) for name in goal.keyword_only if name in values}
        answer = namespace[goal.function](*values.values(), **named)
        held |= {name: namespace[name] for name in goal.outer}
        return answer


def _copy(value):
    return value.copy() if isinstance(value, np.ndarray) else value


def _zeros(given):
    return np.array(given) * 0


class Setup(NamedTuple):
    """Inputs of some form: which they are, and their shapes."""

    packing: packings.Packing
    layout: layouts.DataLayout
    x: str = "X"
    y: str = "Y"  # "" without targets
    listed: bool = False
    outer: tuple = ()  # parameters that are variables of the module
    outer_data: tuple = ()  # data that are

    def shapes(self):
        weights, biases = layouts.shapes(self.layout, self.packing.depth)
        result = {}
        for (weight, bias), shape, bias_shape in zip(self.packing.layers, weights, biases, strict=True):
            result[weight] = shape
            if bias:
                result[bias] = bias_shape
        return {name: result[name] for name in self.packing.order if name in result}

    def example(self, rng, n=0):
        """The inputs of point n, by name."""
        X, Y = layouts.data(self.layout, self.packing.depth, rng, n)
        inputs = {self.x: X} | ({self.y: Y} if self.y else {})
        for name, shape in self.shapes().items():
            inputs[name] = 0.7 * rng.normal(size=shape)
        return inputs

    def words(self):
        return layouts.words(self.layout, bool(self.packing.biases))

    def roles(self):
        if self.packing.odd or not self.y:
            return None
        labels = "integers" if self.layout.targets in {layouts.INTEGERS, layouts.INTEGER_ROW} else "values"
        inside = bool(self.layout.augmented)
        packing = self.packing
        first = self.layout.augmented == layouts.FIRST
        return Roles(self.x, self.y, packing.weights, packing.biases, self.layout.columns, labels, inside, first)


class Trial(NamedTuple):
    """How a CallPlan did on inputs of some form."""

    plan: CallPlan
    setup: Setup
    tier: int  # 3: all gradients have the sizes of parameters; 2: those of the weights; 1: some
    right: int
    total: int
    shaped: int
    note: str = ""

    @property
    def all_right(self):
        return self.right == self.total and self.tier == 3

    @property
    def fits(self):
        """Whether there is no need to look further."""
        return self.tier == 3 and (self.right > 0 or self.shaped == self.total)

    @property
    def worth(self):
        return self.tier, self.right, self.shaped, self.plan.reading.named

    def recipe(self, words):
        """The Recipe of it."""
        setup = self.setup
        return Recipe(words, setup.example, tuple(setup.shapes()), self.plan.run, setup.roles())


@contextlib.contextmanager
def quiet():
    """Swallows what somebody's code writes, and its warnings."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def copies(inputs):
    return {name: _copy(value) for name, value in inputs.items()}


def number(L):
    """The loss as a float, or None."""
    try:
        if isinstance(L, bool) or np.size(L) != 1:
            return None
        L = float(np.asarray(L, float).ravel()[0])
    except (TypeError, ValueError):
        return None
    return L if np.isfinite(L) else None


def as_array(given):
    """A gradient, as it was given, as a float64 array; or None."""
    try:
        if isinstance(given, Updated):
            given = (np.asarray(given.new, float) - np.asarray(given.old, float)) / given.rate * given.sign
        return np.asarray(given, float)
    except (TypeError, ValueError):
        return None


def judged(plan, setup, gradients, truth, note=""):
    """The Trial of gradients, arrays by name or None, beside the true Slopes."""
    shapes = setup.shapes()
    sizes = {name: g is not None and g.size == truth[name].size for name, g in gradients.items()}
    weights = set(setup.packing.weights)
    tier = 3 if all(sizes.get(name) for name in shapes) else 0
    tier = tier or (2 if all(sizes.get(name) for name in weights) else 1 if any(sizes.values()) else 0)
    right = sum(slopes.alike(gradients.get(name), truth[name]) for name in shapes)
    shaped = sum(g is not None and g.shape == truth[name].shape for name, g in gradients.items())
    return Trial(plan, setup, tier, right, len(shapes), shaped, note)
