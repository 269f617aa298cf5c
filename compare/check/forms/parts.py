"""Layers, activations and losses as they are used: alone, and one after the other."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from fourfold.compare.check.forms import attributes, class_trials, constructing
from fourfold.compare.check.forms.constructing import Call, Placeholder
from fourfold.compare.exact.updated import Updated


def constructed(namespace, cls, construct):
    """An object; None where its constructor raises."""
    return class_trials.attempt(_construct, namespace, cls, construct)


def _construct(namespace, cls, construct):
    adds = []

    def value(given):
        if given.kind == "chain":
            return given.key.things(namespace)
        if given.kind in {"spread", "added"}:
            adds.append(given)
            return given
        if given.kind == "function":
            return namespace[given.key]
        if given.kind == "array":
            return np.linspace(-0.5, 0.75, int(np.prod(given.key))).reshape(given.key)
        if given.kind == "N":
            return 4
        raise LookupError(given.kind)

    arguments, keywords = construct.bound(value)
    if not adds:
        return namespace[cls](*arguments, **keywords)
    things = adds[0].key.things(namespace)
    if adds[0].kind == "spread":
        return namespace[cls](*things)
    thing = namespace[cls]()
    for layer in things:
        getattr(thing, "add" if hasattr(thing, "add") else "add_layer")(layer)
    return thing


class LayerPart(NamedTuple):
    """One class with a way forward and a way back: L = sum(output * G), or what a loss is."""

    cls: str
    construct: Call
    forward: str
    backward: str
    shape: tuple  # x's
    kind: str  # "layer" or "loss"
    target: Any = None  # a loss's
    swapped: bool = False  # a loss is given its target first
    output: tuple = ()  # its shape
    parameters: tuple = ()  # (name, places, shape) each
    form: Any = ()  # what the way back is given, and its other arguments
    gradients: tuple = ()  # (name, Whereabouts or None) each
    left: str = ""  # the attribute with the output, where its way forward returns nothing
    averaged: bool = False  # its parameters' gradients are divided by the number of samples

    def key(self):
        return self.cls, str(self.construct)

    def label(self):
        functions = [value.key for _, value in self.construct.keywords if getattr(value, "kind", "") == "function"]
        return f"{self.cls}({functions[0]})" if functions else self.cls

    def words(self):
        return self.label()

    def members(self):
        return [self]

    def draw_x(self, rng):
        if self.kind == "loss":
            return rng.uniform(0.15, 0.85, self.shape)
        return constructing.random_array(rng, self.shape)

    def inputs(self):
        """{name: how it is drawn}."""
        result = {"x": self.draw_x}
        for name, _, shape in self.parameters:
            result[name] = lambda rng, shape=shape: constructing.random_array(rng, shape)
        if self.kind == "layer":
            result["G"] = lambda rng: constructing.random_array(rng, self.output)
        return result

    def drawn(self):
        return ["x", *(name for name, _, _ in self.parameters)]

    def trained(self):
        """The inputs that have a gradient."""
        return [name for name, _ in self.gradients]

    def forwards(self, namespace, inputs):
        """(the object, its output)."""
        thing = _construct(namespace, self.cls, self.construct)
        self.set_parameters(thing, inputs)
        return thing, self.called(thing, inputs["x"])

    def set_parameters(self, thing, inputs):
        for name, places, _ in self.parameters:
            mine = inputs[name].copy()
            for place in places:
                attributes.put(thing, place, mine)

    def called(self, thing, x):
        """What its way forward gives."""
        method = getattr(thing, self.forward)
        if self.kind == "layer":
            output = method(x)
            return getattr(thing, self.left) if self.left else output
        target = self.target.copy()
        return method(target, x) if self.swapped else method(x, target)

    def go(self, namespace, inputs):
        """All that happens: the object, the loss, what the way back returned, the parameters before it."""
        thing, output = self.forwards(namespace, inputs)
        loss = output if self.kind == "loss" else (output * inputs["G"]).sum()
        old = {name: inputs[name].copy() for name, _, _ in self.parameters}
        returned = self.back(thing, inputs["x"], output, inputs.get("G"))
        return SimpleNamespace(thing=thing, loss=loss, returned=returned, old=old, G=inputs.get("G"))

    def back(self, thing, x, output, G):
        """What its way back returns."""
        names, keywords = self.form
        values = {"x": x, "output": output, "G": G, "one": 1.0, "y": self.target}
        return getattr(thing, self.backward)(*[_own(values[name]) for name in names], **dict(keywords))

    def run(self, namespace, inputs):
        """(L, {name: gradient})."""
        state = self.go(namespace, inputs)
        return state.loss, {name: self.gradient(name, state) for name in self.trained()}

    def gradient(self, name, state):
        """What the way back gave for x, or for a parameter."""
        source = dict(self.gradients)[name]
        if source is None:
            return None
        if source.where == "updated":
            places = next(places for known, places, _ in self.parameters if known == name)
            rate = next((value for _, value in self.form[1] if value == constructing.RATE), 1)
            return Updated(state.old[name], attributes.get(state.thing, places[0]), rate / self._count(name))
        if source.where == "slope":
            return state.returned * state.G
        root = state.thing if source.where == "attribute" else state.returned
        gradient = attributes.get(root, source.place)
        return Updated(0, gradient, 1 / self._count(name), 1) if self._count(name) > 1 else gradient

    def _count(self, name):
        return 4 if self.averaged and name != "x" else 1


class TriedPart(NamedTuple):
    """A part that runs, and how it does in float64."""

    part: LayerPart
    right: dict  # {name: whether it is the derivative}
    fitting: bool = True  # whether all gradients have their parameters' shapes


def _own(value):
    """An array that may be written into."""
    return value.copy() if isinstance(value, np.ndarray) else value


class Chain(NamedTuple):
    """Layers one after the other, perhaps with a loss at the end."""

    layers: tuple  # LayerParts
    loss: LayerPart | None
    shape: tuple  # x's
    output: tuple

    @classmethod
    def plain(cls, layers, square=False):
        """A layer with weights, another, and an activation in between; None where that cannot be.

        square: all as wide as the input, so that layers in a wrong order still run.
        """
        chains = cls.all_of(layers, None)
        chain = max(chains, key=lambda chain: len(chain.layers), default=None)
        if chain is None or not square:
            return chain
        row = tuple(part if not part.parameters else _widened(part, {5: 3, 2: 3}) for part in chain.layers)
        return cls(row, None, chain.shape, chain.shape)

    @classmethod
    def all_of(cls, layers, loss, sound=()):
        """Chains that may be meant; sound: classes that are right alone, of which one is in the middle."""
        linear = [part for part in layers if part.parameters and len(part.shape) == 2 and part.output != part.shape]
        alike = [part for part in layers if part.output == part.shape and not part.parameters and len(part.shape) == 2]
        result = []
        for first in linear[:1]:
            second = _widened(first, {3: 5, 2: 2})
            start = _widened(first, {3: 3, 2: 5})
            if second is None or start is None:
                continue
            hidden = [part for part in alike if part.cls in sound][:1] or alike[:1]
            for last in [*alike, None]:
                row = (start, *hidden, second, *([last] if last else []))
                result.append(cls(row, loss, first.shape, first.output))
        for last in alike if loss else ():
            result.append(cls((last,), loss, loss.shape, loss.shape))
        return result

    def label(self):
        return "chain"

    def words(self):
        return " → ".join(part.cls for part in self.members())

    def members(self):
        return [*self.layers, *([self.loss] if self.loss else [])]

    def key(self):
        return self.words()

    def _named(self):
        """(prefix, part) each."""
        return [(f"{part.cls}{position + 1}", part) for position, part in enumerate(self.layers)]

    def inputs(self):
        result = {"x": lambda rng: constructing.random_array(rng, self.shape)}
        for prefix, part in self._named():
            for name, draw in part.inputs().items():
                if name not in {"x", "G"}:
                    result[f"{prefix}.{name}"] = draw
        if self.loss is None:
            result["G"] = lambda rng: constructing.random_array(rng, self.output)
        return result

    def trained(self):
        names = [f"{prefix}.{name}" for prefix, part in self._named() for name in part.trained() if name != "x"]
        return names or ["x"]

    def things(self, namespace):
        return [_construct(namespace, part.cls, part.construct) for part in self.layers]

    def run(self, namespace, inputs):
        """(L, {name: gradient}) of the whole chain."""
        things = self.things(namespace)
        states, value = [], inputs["x"]
        for (prefix, part), thing in zip(self._named(), things, strict=True):
            own = {name: inputs[f"{prefix}.{name}"] for name, _, _ in part.parameters}
            part.set_parameters(thing, own)
            output = part.called(thing, value)
            states.append(SimpleNamespace(thing=thing, x=value, output=output, returned=None, G=None, old=own))
            value = output
        if self.loss is None:
            L, G = (value * inputs["G"]).sum(), inputs["G"]
        else:
            criterion = _construct(namespace, self.loss.cls, self.loss.construct)
            L = self.loss.called(criterion, value)
            returned = self.loss.back(criterion, value, L, None)
            source = dict(self.loss.gradients)["x"]
            G = attributes.get(criterion if source.where == "attribute" else returned, source.place)
        gradients = {}
        for (prefix, part), state in zip(self._named()[::-1], states[::-1], strict=True):
            state.returned, state.G = part.back(state.thing, state.x, state.output, G), G
            plain = part._replace(averaged=False)
            gradients |= {f"{prefix}.{name}": plain.gradient(name, state) for name in part.trained() if name != "x"}
            G = plain.gradient("x", state) if dict(part.gradients).get("x") else None
        return L, {"x": G, **gradients} if "x" in self.trained() else gradients


def _widened(part, swap):
    """The same layer with other widths: 3 → 2 becomes 3 → 5, or 5 → 2."""

    def exchanged(value):
        if isinstance(value, Placeholder):
            return value._replace(key=exchanged(value.key)) if value.kind == "array" else value
        if isinstance(value, tuple | list):
            return type(value)(swap.get(x, x) for x in value)
        return swap.get(value, value) if type(value) is int else value

    parameters = tuple((name, places, exchanged(shape)) for name, places, shape in part.parameters)
    construct = Call(
        tuple(map(exchanged, part.construct.arguments)),
        tuple((name, exchanged(value)) for name, value in part.construct.keywords),
    )
    return part._replace(construct=construct, parameters=parameters)
