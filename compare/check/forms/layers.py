"""Finds classes that are layers, activations or losses, and proves each one's way back, and that of some together."""

import re

import numpy as np

from fourfold.compare.check.forms import (
    attributes,
    calling,
    class_trials,
    constructing,
    matching,
    names,
    parts,
    together,
)
from fourfold.compare.check.forms.classes import own_classes
from fourfold.compare.check.forms.constructing import Placeholder, Sizes
from fourfold.compare.check.forms.parts import Chain, LayerPart, TriedPart
from fourfold.compare.check.forms.programs import Whereabouts
from fourfold.compare.check.forms.recipe import Recipe

SIZES = Sizes(3, (5,), 2)
N = 4  # a power of 2: nothing is rounded by averaging
FORWARD = (
    "forward",
    "__call__",
    "forward_pass",
    "forward_propagation",
    "forward_prop",
    "feedforward",
    "fprop",
    "call",
    "apply",
    "activate",
    "fn",
    "f",
    "function",
    "activation",
    "compute",
    "calculate",
    "loss",
    "fwd",
    "predict",
)
BACKWARD = re.compile(r"^_?(back|bprop|bwd)|backward|^backprop")
SLOPE = re.compile(r"^_?(derivative|prime|deriv|gradient|grad|d|df|delta|slope|f_prime|dfn|gradient_fn|d_?activation)$")
OF_DATA = re.compile(
    r"d_?(inputs?|x|in|prev|a_?prev)|(inputs?|x|in)_?(grad|gradient|delta|d)s?|grads?_?(wrt_)?(inputs?|x|in)s?|grad"
)
# What one may be given: in rows, in columns, one sample, images, sequences.
SHAPES = ((N, 3), (3, N), (3, 1), (1, 3), (3,), (2, 3, 4, 5), (2, 5, 4, 3), (3, 5, 4), (6, 5), (2, 5, 3))
LABELS = np.array([1, 0, 1, 1])
ONE_HOT = np.eye(2)[LABELS]


def find(namespace, text, name=None):
    """A Recipe of all classes with a way forward and a way back; None where there are none.

    name: of the only class that is meant.
    """
    tried = []
    for cls in own_classes(namespace, text)[::-1]:
        if name in (None, cls.__name__):
            tried += _of_class(namespace, text, cls)
    if not tried:
        return None
    containers = [] if name else _containers(namespace, text, tried)
    sound = {entry.part.cls for entry in tried if all(entry.right.values())}
    chains = [] if name else together.chains(namespace, [entry.part for entry in tried], sound)
    tried = together.settled(namespace, tried + containers, chains)
    return _recipe(tried) if tried else None


def _recipe(members):
    """One that adds all losses up."""
    members = {_label(members, position): member for position, member in enumerate(members)}
    shapes = {}
    for label, member in members.items():
        shapes |= {f"{label}.{name}": value for name, value in member.inputs().items()}
    parameters = tuple(f"{label}.{name}" for label, member in members.items() for name in member.trained())

    def example(rng, n):
        return {name: value(rng) for name, value in shapes.items()}

    def run(namespace, inputs):
        L, gradients = 0, {}
        for label, member in members.items():
            own = {name: inputs[f"{label}.{name}"] for name in member.inputs()}
            loss, slopes = member.run(namespace, own)
            L = L + loss
            gradients |= {f"{label}.{name}": slope for name, slope in slopes.items()}
        return L, gradients

    averaged = any(getattr(member, "averaged", False) for member in members.values())
    words = "layers, each with its backward pass: " + ", ".join(member.words() for member in members.values())
    words += "; the parameters' gradients are averaged over samples" if averaged else ""
    return Recipe(words, example, parameters, run)


def _label(members, position):
    own = members[position].label()
    same = [member for member in members[:position] if member.label() == own]
    return f"{own} {len(same) + 1}" if same else own


def _of_class(namespace, text, cls):
    """[TriedPart] of one class: one, or one for each activation that it may be given; none where it has no way back."""
    methods = [name for name in dir(cls) if callable(getattr(cls, name, None))]
    forwards = [name for name in FORWARD if name in methods and (name != "__call__" or "__call__" in _own(cls))]
    backwards = [name for name in methods if BACKWARD.search(name.lower())] or [
        name for name in methods if SLOPE.search(name.lower())
    ]
    best, functions = None, {}
    calls = constructing.constructions(cls, SIZES, namespace) + constructing.constructions(cls, SIZES, namespace, True)
    for construct in calls:
        key = tuple(x.key for _, x in construct.keywords if isinstance(x, Placeholder) and x.kind == "function")
        if best is not None and best.fitting and not key:
            break
        for forward in forwards[:2]:
            for backward in backwards[:3]:
                entry = _with_methods(namespace, text, cls, construct, forward, backward)
                if key and _goodness(entry) > _goodness(functions.get(key)):
                    functions[key] = entry
                if _goodness(entry) > _goodness(best):
                    best = entry
    return list(functions.values()) if len(functions) > 1 else [best] if best else []


def _own(cls):
    return {name for base in cls.__mro__[:-1] for name in vars(base)}


def _goodness(entry):
    """Whether the shapes are right, how many gradients there are, and the share of right ones."""
    if entry is None:
        return (-1, 0, 0.0)
    return (int(entry.fitting), len(entry.right), sum(entry.right.values()) / len(entry.right))


def _with_methods(namespace, text, cls, construct, forward, backward):
    """The TriedPart of two methods, for the first shape of data whose gradients have the right shapes, or None."""
    thing = parts.constructed(namespace, cls.__name__, construct)
    kind = thing is not None and {1: "layer", 2: "loss"}.get(len(_needed(getattr(thing, forward))))
    if not kind:
        return None
    best = None
    for shape in SHAPES if kind == "layer" else ((N, 2),):
        entries = []
        for target in (None,) if kind == "layer" else (ONE_HOT, LABELS):
            for swapped in _orders(getattr(thing, forward)) if kind == "loss" else (False,):
                part = LayerPart(cls.__name__, construct, forward, backward, shape, kind, target, swapped)
                entries += _tried(namespace, text, part)
        best = max([best, *entries], key=_goodness)
        if best is not None and best.fitting:
            return best
    return best


def _orders(method):
    """Whether a loss is given its target first: what the names say, or both where they say nothing."""
    first, second = [p.name for p in _needed(method)]
    known = [name for name in (first, second) if names.is_one(name, names.SURE_TARGETS)]
    given = [name for name in (first, second) if names.is_one(name, names.PREDICTIONS | names.DATA)]
    if len(known) == 1:
        return (known == [first],)
    return (given == [second],) if len(given) == 1 else (False, True)


def _needed(method):
    return [p for p in constructing.parameters(method) if p.default is p.empty]


def _tried(namespace, text, part):
    """[TriedPart] with all there is to know: its output's shape, its parameters, where their gradients are."""
    rng = np.random.default_rng(7)
    x = part.draw_x(rng)
    probe = class_trials.attempt(part.forwards, namespace, {"x": x})
    if probe is None:
        return []
    thing, output = probe
    if output is None and part.kind == "layer":
        left = [name for name, value in vars(thing).items() if isinstance(value, np.ndarray)]
        left = [name for name in left if names.is_one(name, names.PREDICTIONS)]
        part = part._replace(left=left[0] if left else "")
        output = getattr(thing, part.left, None)
    if part.kind == "layer":
        if not isinstance(output, np.ndarray) or output.dtype.kind != "f" or output.ndim == 0:
            return []
    elif not class_trials.is_number(output):
        return []
    part = part._replace(output=np.shape(np.asarray(output)))
    parameters = []
    for places, array in attributes.arrays(parts.constructed(namespace, part.cls, part.construct)):
        if not matching.says_gradient(attributes.keys(places[0])) and np.shape(array):
            parameters.append((attributes.words(places[0]), tuple(places), np.shape(array)))
    part = part._replace(parameters=tuple(parameters))
    entries = [
        _with_form(namespace, text, part._replace(form=form)) for form in _forms(getattr(thing, part.backward), part)
    ]
    return [entry for entry in entries if entry]


def _forms(method, part):
    """What the way back is given, each by name of what it is, to be tried in turn."""
    needed = _needed(method)
    rates = [p for p in constructing.parameters(method) if constructing.kind(p.name, constructing.KINDS) == "rate"]
    first = [p for p in needed if p not in rates]
    known = tuple((p.name, constructing.RATE) for p in rates)
    extras = [p for p in needed if constructing.kind(p.name, constructing.KINDS) == "epochs"]
    known += tuple((p.name, 1) for p in extras)
    first = [p for p in first if p not in extras]
    if part.kind == "layer" and any(calling.data_kind(p.name) == "Y" for p in first):
        return []
    if part.kind == "loss":
        forms = {0: [()], 1: [("one",), ("y",), ("x",)], 2: [("x", "y"), ("y", "x")]}.get(len(first), [])
    elif SLOPE.search(part.backward.lower()):
        forms = {0: [()], 1: [("x",), ("output",)]}.get(len(first), [])
    else:
        forms = {1: [("G",)], 2: [("G", "x"), ("x", "G"), ("G", "output")], 0: []}.get(len(first), [])
    return [(form, known) for form in forms]


def _with_form(namespace, text, part):
    inputs = {name: draw(np.random.default_rng(11)) for name, draw in part.inputs().items()}
    state = class_trials.attempt(part.go, namespace, class_trials.copied(inputs))
    if state is None:
        return None
    again = class_trials.attempt(part.go, namespace, class_trials.copied(inputs))
    if again is None or class_trials.as_float(again.loss) != class_trials.as_float(state.loss):
        return None  # it draws random numbers
    slopes = class_trials.slopes(lambda values: part.go(namespace, values).loss, inputs, part.drawn())
    if slopes is None:
        return None
    part = part._replace(parameters=tuple(p for p in part.parameters if np.abs(slopes[p[0]]).max(initial=0) > 1e-9))
    sources = _sources(text, part, state)
    if not sources:
        return None
    part = part._replace(gradients=tuple(sources.items()))
    given = class_trials.attempt(part.run, namespace, class_trials.copied(inputs))
    if given is None:
        return None
    right = {name: class_trials.agree(given[1][name], slopes[name]) for name in sources}
    scaled = [name for name in sources if name != "x" and class_trials.agree(given[1][name], slopes[name], 1 / N)]
    if right.get("x", True) and len(scaled) == len(sources) - ("x" in sources) and scaled:
        part = part._replace(averaged=True)
        right |= dict.fromkeys(scaled, True)
    fitting = all(class_trials.fits(given[1][name], slopes[name].shape) for name in sources)
    return TriedPart(part, right, fitting)


def _sources(text, part, state):
    """{name: Whereabouts} of what the way back gives: dL/dx is returned, alone or first; of the parameters anywhere."""
    sources: dict[str, Whereabouts | None] = {}
    returned = state.returned
    if isinstance(returned, tuple | list | dict):
        labels = matching.returned_names(text, part.cls, part.backward)
        leaves = [leaf for leaf in matching.leaves(returned, labels) if leaf[1] and isinstance(leaf[2], np.ndarray)]
        mine = {name: (attributes.keys(places[0]), shape) for name, places, shape in part.parameters}
        paths = matching.assigned(leaves, {**mine, "x": (["x"], part.shape)})
        sources = {name: Whereabouts("returned", path) for name, path in paths.items()}
    elif isinstance(returned, np.ndarray | float):
        slope = SLOPE.search(part.backward.lower()) and part.kind == "layer"
        sources["x"] = Whereabouts("slope" if slope else "returned")
    left = []
    places = {place for _, known, _ in part.parameters for place in known}
    for known, array in attributes.arrays(state.thing):
        if not places & set(known) and matching.says_gradient(attributes.keys(known[0])):
            left.append((attributes.keys(known[0]), known[0], array))
    if "x" not in sources and returned is None:
        own = [place for _, place, _ in left if len(place) == 1 and OF_DATA.fullmatch(place[0][1])]
        if own:
            sources["x"] = Whereabouts("attribute", own[0])
    missing = {n: (attributes.keys(known[0]), shape) for n, known, shape in part.parameters if n not in sources}
    for name, place in matching.assigned(left, missing, by_order=False).items():
        sources[name] = Whereabouts("attribute", place)
    for name, known, _ in part.parameters:
        if name not in sources:
            now = class_trials.attempt(attributes.get, state.thing, known[0])
            if now is not None and np.any(now != state.old[name]):
                sources[name] = Whereabouts("updated")
    for name, _, _ in part.parameters if sources else ():
        sources.setdefault(name, None)
    return sources


def _containers(namespace, text, tried):
    """[TriedPart] of classes that are given a list of layers."""
    layers = [
        entry.part for entry in tried if entry.part.kind == "layer" and BACKWARD.search(entry.part.backward.lower())
    ]
    chain = Chain.plain(layers)
    if chain is None:
        return []
    result = []
    for cls in own_classes(namespace, text):
        methods = _own(cls)
        forward = next((name for name in FORWARD if name in methods), None)
        backward = next((name for name in methods if BACKWARD.search(name.lower())), None)
        if not forward or not backward or any(entry.part.cls == cls.__name__ for entry in tried):
            continue
        for construct in (*together.constructs(chain), *together.constructs(Chain.plain(layers, square=True))):
            part = LayerPart(cls.__name__, construct, forward, backward, chain.shape, "layer")
            entry = class_trials.attempt(_tried, namespace, text, part)
            if entry:
                result.append(max(entry, key=_goodness))
                break
    return result
