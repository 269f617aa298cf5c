"""Recognises networks that are lists of layers, each a list of neurons: dicts with weights, an output and a delta."""

import re

import numpy as np

from fourfold.compare.check.forms import names, slopes, trials
from fourfold.compare.check.forms.recipe import Recipe, Roles
from fourfold.compare.exact.updated import Updated

WIDTHS = 5, 4, 3
RATE = 0.5
X, Y, NETWORK, WEIGHTS, BIAS = "row", "expected", "network", "weights", "bias"
DELTAS = {"delta", "error", "gradient", "grad", "errors", "deltas"}
FORWARD = re.compile(r"forward|feed|predict|activat|fwd", re.IGNORECASE)
BACKWARD = re.compile(r"back|delta|error|grad", re.IGNORECASE)
UPDATE = re.compile(r"update|adjust|learn|step|descent", re.IGNORECASE)
STEPS = (FORWARD, (BACKWARD, UPDATE)), (BACKWARD, (UPDATE,)), (UPDATE, (FORWARD,))
LOSSES = {
    "half the sum of squared errors": lambda P, Y: ((P - Y) ** 2).sum() / 2,
    "binary cross-entropy, summed": lambda P, Y: -(Y * np.log(P) + (1 - Y) * np.log(1 - P)).sum(),
}


def find(written):
    """The Recipe of functions that pass such a network on: forward, backward, update; or None."""
    keys = {key for several in written.keys.values() for key in several}
    deltas = keys & DELTAS
    weights = [key for key in keys if names.is_weight(key)]
    if not deltas or len(weights) != 1:
        return None
    steps = [_step(written, *patterns) for patterns in STEPS]
    if None in steps:
        return None
    biases = [key for key in keys if names.is_bias(key)]
    network = NeuronNetwork(steps, weights[0], biases[0] if biases else "", _has_class(written, steps[-1]))
    return network.recipe(written)


def _step(written, wanted, others):
    """The first function that takes a network, and is called like what is wanted and like nothing else."""
    for name, function in written.functions.items():
        takes = any(names.is_one(argument, names.NETWORKS) for argument in function.arguments)
        many = any(names.is_one(argument, names.STEPS | names.PAIRS | {"train"}) for argument in function.arguments)
        others_fit = any(other.search(name) for other in others)
        if takes and not many and not others_fit and wanted.search(name) and len(function.arguments) > 1:
            return function
    return None


def _has_class(written, update):
    """Whether a row ends with its class, which is no input."""
    return update.uses(r"\[:-1\]") or bool(re.search(r"row\[-1\]", written.text))


class NeuronNetwork:
    """Three functions, and the keys under which a neuron has its weights and its bias."""

    def __init__(self, steps, weights, bias, has_class):
        self.steps, self.weights, self.bias, self.has_class = steps, weights, bias, has_class
        self.layers = range(len(WIDTHS) - 1)
        self.loss = ""

    def recipe(self, written):
        """The Recipe with the loss that goes with the gradients, or None where the functions do not run."""
        right = {}
        for self.loss in LOSSES:
            right[self.loss] = self._right(written.namespace)
        first = next(iter(LOSSES))
        if right[first] is None:
            return None
        parameters = (*self._names(WEIGHTS), *self._names(BIAS))
        self.loss = next((loss for loss, count in right.items() if count == len(parameters)), first)
        called = ", ".join(function.name for function in self.steps)
        words = f"{called}: neurons in lists of layers, one sample at a time; it updates its parameters; "
        roles = Roles(X, Y, self._names(WEIGHTS), self._names(BIAS), augmented=not self.bias)
        return Recipe(
            f"{words}no loss found, so this one is assumed: {self.loss}", self.example, parameters, self.run, roles
        )

    def _names(self, which):
        if which == BIAS and not self.bias:
            return ()
        key = self.weights if which == WEIGHTS else self.bias
        return tuple(f'{NETWORK}[{k}]["{key}"]' for k in self.layers)

    def _right(self, namespace):
        """How many gradients are right; None where something raises."""
        inputs = self.example(np.random.default_rng(1))
        try:
            with trials.quiet():
                _, given = self.run(namespace, inputs)
                parameters = (*self._names(WEIGHTS), *self._names(BIAS))
                truth = slopes.slopes(lambda moved: float(self.run(namespace, moved)[0]), inputs, parameters)
        except Exception:
            return None
        return sum(slopes.alike(trials.as_array(given[name]), truth[name]) for name in truth)

    def example(self, rng, n=0):
        """The inputs of a point: a row, its targets, and a matrix of weights for every layer."""
        inputs = {X: rng.normal(size=WIDTHS[0]), Y: np.eye(WIDTHS[-1])[n % WIDTHS[-1]]}
        for k, (weights, d_in, d_out) in enumerate(zip(self._names(WEIGHTS), WIDTHS, WIDTHS[1:], strict=False)):
            inputs[weights] = 0.7 * rng.normal(size=(d_out, d_in + (not self.bias)))
            if self.bias:
                inputs[self._names(BIAS)[k]] = 0.7 * rng.normal(size=d_out)
        return inputs

    def run(self, namespace, inputs):
        """(L, {parameter: Updated}) of a pass forward, one back, and an update."""
        network = [self._layer(inputs, k) for k in self.layers]
        row, expected = list(inputs[X]), [int(y) for y in inputs[Y]]
        if self.has_class:
            row.append(expected.index(1))
        given = {NETWORK: network, X: row, Y: expected}
        forward, backward, update = self.steps
        output = namespace[forward.name](*_arguments(forward, given))
        L = LOSSES[self.loss](np.array(output), np.array(expected))
        namespace[backward.name](*_arguments(backward, given))
        changed = namespace[update.name](*_arguments(update, given))
        network = changed if isinstance(changed, list) and len(changed) == len(network) else network
        gradients = {}
        for which, key in ((WEIGHTS, self.weights), (BIAS, self.bias)):
            for k, name in enumerate(self._names(which)):
                new = np.array([neuron[key] for neuron in network[k]])
                gradients[name] = Updated(inputs[name].copy(), new, RATE, -1)
        return L, gradients

    def _layer(self, inputs, k):
        rows = inputs[self._names(WEIGHTS)[k]]
        neurons = [{self.weights: list(row)} for row in rows]
        for neuron, b in zip(neurons, inputs[self._names(BIAS)[k]] if self.bias else (), strict=False):
            neuron[self.bias] = b
        return neurons


def _arguments(function, given):
    """What a function takes, by the names of its arguments; what has no known name is the row."""
    values = []
    for name in function.arguments:
        if names.is_one(name, names.NETWORKS):
            values.append(given[NETWORK])
        elif names.is_one(name, names.TARGETS):
            values.append(given[Y])
        elif names.is_one(name, names.RATES):
            values.append(RATE)
        elif name not in function.defaults:
            values.append(given[X])
    return values
