"""How parameters may be given to functions: one by one, in lists, in a dict; and which of them make a layer."""

from itertools import permutations
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from fourfold.compare.check.forms import names

DEEPEST = 4
DEPTHS = 3, 2, 1  # of what takes any number of layers: three show the most


class Leaf(NamedTuple):
    """Stands in a template for the input of this name."""

    name: str


class AttributeTemplate(NamedTuple):
    """A template of an object with attributes."""

    parts: dict


class JoinedTemplate(NamedTuple):
    """A template of one vector, in which all parts are, one after the other."""

    parts: list


class Packing(NamedTuple):
    """`templates` has every argument, Leafs in place of arrays; `layers` the names of (weight, bias or None)."""

    templates: dict
    layers: tuple
    odd: bool = False  # some layers have a bias, and some none

    @property
    def depth(self):
        return len(self.layers)

    @property
    def weights(self):
        return tuple(weight for weight, _ in self.layers)

    @property
    def biases(self):
        return tuple(bias for _, bias in self.layers if bias)

    @property
    def order(self):
        """All parameters, as they stand in the templates."""
        return tuple(name for template in self.templates.values() for name in leaves(template))


def leaves(template):
    """The names in a template, in order."""
    if isinstance(template, Leaf):
        return [template.name]
    if isinstance(template, AttributeTemplate | JoinedTemplate):
        template = template.parts
    parts = template.values() if isinstance(template, dict) else template
    return [name for part in parts for name in leaves(part)]


def filled(template, inputs, listed=False):
    """A template with the inputs in it; `listed` makes nested lists of arrays."""
    if isinstance(template, Leaf):
        value = inputs[template.name]
        return value.tolist() if listed and hasattr(value, "tolist") else value
    if isinstance(template, AttributeTemplate):
        return SimpleNamespace(**{key: filled(part, inputs, listed) for key, part in template.parts.items()})
    if isinstance(template, JoinedTemplate):
        return np.concatenate([np.ravel(filled(part, inputs)) for part in template.parts])
    if isinstance(template, dict):
        return {key: filled(part, inputs, listed) for key, part in template.items()}
    return type(template)([filled(part, inputs, listed) for part in template])


def packings(arguments, written):
    """Packings of some arguments that are parameters, the likeliest first."""
    for packing in _packings(arguments, written):
        if packing.depth <= DEEPEST:
            yield packing


def _packings(arguments, written):
    if len(arguments) == 1:
        yield from _one(arguments[0], written)
    elif len(arguments) == 2:
        yield from _two(*arguments)
    if len(arguments) > 1:
        yield from _separate(arguments)


def _separate(arguments):
    """Every argument an array."""
    templates = {name: Leaf(name) for name in arguments}
    for layers in _layers(arguments):
        given = [bias for _, bias in layers if bias]
        yield Packing(templates, layers, 0 < len(given) < len(layers))


def _layers(arguments):
    """Ways in which some names are (weight, bias) of layers."""
    biases = [name for name in arguments if names.is_bias(name)]
    weights = [name for name in arguments if name not in biases]
    if not weights:  # names say nothing
        half = len(arguments) // 2
        biases, weights = [], list(arguments)
        if len(arguments) % 2 == 0 and half > 1:
            yield tuple(zip(arguments[::2], arguments[1::2], strict=True))
    yield from _paired(weights, biases)
    if len(biases) != len(weights) and len(arguments) % 2 == 0 and len(arguments) > 2:
        half = len(arguments) // 2
        for pairs in (
            zip(arguments[::2], arguments[1::2], strict=True),
            zip(arguments[:half], arguments[half:], strict=True),
        ):
            layers = tuple(pairs)
            yield from (layers, layers[::-1])


def _paired(weights, biases):
    if len(biases) > len(weights) or len(weights) > 4:
        return
    for order in _orders(weights):
        if not biases or len(biases) == len(weights):
            chosen = biases and _alike(order, weights, biases)
            yield tuple(zip(order, chosen or (None,) * len(order), strict=True))
        else:
            yield tuple((weight, _bias_of(weight, order, biases)) for weight in order)


def _orders(weights):
    first = _sorted(weights)
    yield tuple(first)
    if len(weights) <= 3:
        for order in permutations(weights):
            if list(order) != first:
                yield order


def _sorted(parameters):
    ranks = [names.layer_of(name) for name in parameters]
    if None in ranks or len(set(ranks)) < len(ranks):
        return list(parameters)
    return [name for _, name in sorted(zip(ranks, parameters, strict=True))]


def _alike(order, weights, biases):
    """Biases in the order that weights were put in."""
    return [_sorted(biases)[_sorted(weights).index(weight)] for weight in order]


def _bias_of(weight, order, biases):
    for bias in biases:
        if names.layer_of(bias) is not None and names.layer_of(bias) == names.layer_of(weight):
            return bias
    k = order.index(weight)
    unnumbered = [bias for bias in biases if names.layer_of(bias) is None]
    return unnumbered[k] if k < len(unnumbered) else None


def _two(first, second):
    """A list of weights and one of biases, in whichever order; or one layer's."""
    weight, bias = (second, first) if names.is_bias(first) and not names.is_bias(second) else (first, second)
    singular = names.is_bias(bias)
    if singular or names.plain(weight).endswith("s"):
        for depth in DEPTHS:
            layers = tuple((f"{weight}[{k}]", f"{bias}[{k}]") for k in range(depth))
            lists = {weight: [Leaf(w) for w, _ in layers], bias: [Leaf(b) for _, b in layers]}
            yield Packing({first: lists[first], second: lists[second]}, layers)


def _one(argument, written):
    """A single argument: a matrix, a list in one of several forms, or a dict."""
    for keys in _keys(argument, written):
        parts = {key: Leaf(f'{argument}["{key}"]') for key in keys}
        for layers in _layers(keys):
            named = tuple((parts[w].name, parts[b].name if b else None) for w, b in layers)
            yield Packing({argument: parts}, named, any(b for _, b in named) != all(b for _, b in named))
    attributes = [a for a in written.attributes.get(argument, []) if names.is_bias(a) or names.is_weight(a)]
    attributes = [a for a in attributes if a not in {"T", "mean", "sum", "copy", "shape", "size"}]
    if attributes:
        parts = AttributeTemplate({key: Leaf(f"{argument}.{key}") for key in attributes})
        for layers in _layers(attributes):
            named = tuple((f"{argument}.{w}", f"{argument}.{b}" if b else None) for w, b in layers)
            yield Packing({argument: parts}, named)
    if plural(argument):
        yield from _lists(argument, written, DEPTHS[:-1])
    yield Packing({argument: Leaf(argument)}, ((argument, None),))
    yield from _lists(argument, written, DEPTHS[-1:] if plural(argument) else DEPTHS)
    yield from _joined(argument)


def plural(argument):
    return names.is_one(argument, names.CONTAINERS) or names.plain(argument).endswith("s")


def _keys(argument, written):
    """Lists of keys that a dict may have to have."""
    keys = [key for key in written.keys.get(argument, []) if not _is_gradient_key(key, written)]
    shown = _of_gradients(written)
    if keys and set(keys) < set(shown):
        yield shown
    if keys and not written.counted:
        yield keys
    starts = [start for start in written.counted if names.is_weight(start) or names.is_bias(start)]
    weights = [start for start in starts if names.is_weight(start)]
    biases = [start for start in starts if names.is_bias(start)]
    if weights and not (keys and any(map(_numbered, keys))):
        for depth in DEPTHS:
            made = []
            for k in range(1, depth + 1):
                made += [f"{start}{k}" for start in weights[:1] + biases[:1]]
            yield made
    if keys:
        yield keys
    strings = [s for s in written.strings if (names.is_weight(s) or names.is_bias(s)) and s not in keys]
    strings = [s for s in strings if _numbered(s) or len(s) == 1]
    if strings:
        yield strings
    if names.is_one(argument, names.CONTAINERS) and (weights or not (keys or strings)):
        yield ["W1", "b1", "W2", "b2"]


def _numbered(name):
    return any(c.isdigit() for c in name)


def _of_gradients(written):
    """What the keys and names of gradients in the text are gradients of: "dW1" -> "W1"."""
    shown = written.strings + [name for f in written.functions.values() for name in f.returned(None)]
    shown = [name[1:] for name in shown if name[:1] == "d" and (names.is_weight(name[1:]) or names.is_bias(name[1:]))]
    return list(dict.fromkeys(shown))


def _is_gradient_key(key, written):
    return key[:1] == "d" and key[1:] in written.strings


def _lists(argument, written, depths):
    """One list: of matrices, of pairs, of both by turns, or two lists in one."""
    for depth in depths:
        plain = [f"{argument}[{k}]" for k in range(depth)]
        yield Packing({argument: [Leaf(name) for name in plain]}, tuple((name, None) for name in plain))
        turns = [(f"{argument}[{2 * k}]", f"{argument}[{2 * k + 1}]") for k in range(depth)]
        yield Packing({argument: [Leaf(name) for pair in turns for name in pair]}, tuple(turns))
        pairs = [(f"{argument}[{k}][0]", f"{argument}[{k}][1]") for k in range(depth)]
        yield Packing({argument: [(Leaf(w), Leaf(b)) for w, b in pairs]}, tuple(pairs))
        halves = [(f"{argument}[0][{k}]", f"{argument}[1][{k}]") for k in range(depth)]
        template = ([Leaf(w) for w, _ in halves], [Leaf(b) for _, b in halves])
        yield Packing({argument: template}, tuple(halves))
        blocks = [(f"{argument}[{k}]", f"{argument}[{k + depth}]") for k in range(depth)]
        yield Packing({argument: [Leaf(w) for w, _ in blocks] + [Leaf(b) for _, b in blocks]}, tuple(blocks))
        for w, b in _pairs_of_keys(written):
            keyed = [(f'{argument}[{k}]["{w}"]', f'{argument}[{k}]["{b}"]') for k in range(depth)]
            yield Packing({argument: [{w: Leaf(x), b: Leaf(y)} for x, y in keyed]}, tuple(keyed))


def _joined(argument):
    """One vector of all weights, or of weights and biases."""
    for depth in (2, 3, 1):
        weights = [f"{argument}: W{k}" for k in range(1, depth + 1)]
        biases = [f"{argument}: b{k}" for k in range(1, depth + 1)]
        template = JoinedTemplate([Leaf(name) for name in weights])
        yield Packing({argument: template}, tuple((name, None) for name in weights))
        layers = tuple(zip(weights, biases, strict=True))
        turns = JoinedTemplate([Leaf(name) for pair in layers for name in pair])
        yield Packing({argument: turns}, layers)
        yield Packing({argument: JoinedTemplate([Leaf(name) for name in weights + biases])}, layers)


def _pairs_of_keys(written):
    weights = [s for s in written.strings if names.is_weight(s) and not _numbered(s)]
    biases = [s for s in written.strings if names.is_bias(s) and not _numbered(s)]
    return [(w, b) for w in weights[:2] for b in biases[:2]]
