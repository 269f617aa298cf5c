"""Finds a class that is a whole network, and how its loss and its gradients are got from it."""

import ast
import re
from typing import NamedTuple

import numpy as np

from fourfold.compare.check.forms import attributes, class_trials, constructing, names
from fourfold.compare.check.forms.constructing import Placeholder, Sizes
from fourfold.compare.check.forms.loss_sources import BACKWARD, LOSS, TRAIN
from fourfold.compare.check.forms.recipe import Recipe, Roles
from fourfold.compare.check.forms.searching import UsageSearch

N = 5


class Layout(NamedTuple):
    """How samples are arranged."""

    name: str
    samples: str  # "rows", "columns" or "one"
    labels: str = "values"

    def data(self, rng, inputs, outputs):
        """X and Y of a few samples; Y has one 1 a sample, or zeros and ones, or classes."""
        if self.name == "sequence":
            return constructing.random_array(rng, (N, inputs)), np.eye(outputs)[int(rng.integers(0, outputs))]
        n = 1 if self.samples == "one" else N
        X = constructing.random_array(rng, (n, inputs))
        if self.name == "tokens":
            return rng.integers(0, inputs, n), rng.integers(0, outputs, n)
        classes = (np.arange(n) + int(rng.integers(0, 5))) % max(outputs, 2)
        if self.labels == "integers":
            Y = classes
        else:
            Y = np.eye(outputs)[classes] if outputs > 1 else classes[:, None].astype(float)
        if self.name in {"flat targets", "one flat row"}:
            Y = Y.ravel()
        if self.name == "vector":
            return X[0], Y[0]
        turn = self.samples == "columns" or self.name == "one column"
        return (X.T, Y.T if Y.ndim == 2 else Y) if turn else (X, Y)


LAYOUTS = (
    Layout("rows", "rows"),
    Layout("columns", "columns"),
    Layout("rows", "rows", "integers"),
    Layout("columns", "columns", "integers"),
    Layout("flat targets", "rows"),
    Layout("one column", "one"),
    Layout("vector", "one"),
    Layout("vector", "one", "integers"),
    Layout("one row", "one"),
    Layout("one flat row", "one"),
    Layout("sequence", "one"),
    Layout("tokens", "rows", "integers"),
)


def find(namespace, text, name=None):
    """A Recipe of the first class of a file that is a network with gradients; None where there is none.

    name: of the class, where there may be several.
    """
    best = None
    for cls in own_classes(namespace, text):
        if name not in (None, cls.__name__) or not _has_methods(cls):
            continue
        candidate = _best(namespace, text, cls)
        if candidate and name is None and _is_a_layer(candidate, namespace, text):
            continue
        if candidate and (best is None or candidate.score > best.score):
            best = candidate
    return _recipe(best, namespace) if best and _is_likely(best) else None


def _is_a_layer(candidate, namespace, text):
    """Whether it is one of several classes with the same way back, which is given what may be an output's gradient."""
    last = candidate.program.steps[-1]
    upstream = not last.call.uses("Y") and (last.call.uses("error") or last.call.uses("output"))
    others = [cls for cls in own_classes(namespace, text) if cls.__name__ != candidate.program.cls]
    return upstream and any(last.method in vars(cls) for cls in others)


def _is_likely(candidate):
    """Whether more than chance speaks for it: a right gradient, a loss of theirs, or gradients of the right shapes."""
    score = candidate.score
    return bool(score.some or score.own or score.fitting == 1.0)


def own_classes(namespace, text):
    """Classes that a file defines; those with the most in them, which are made of the others, last."""
    nodes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    return [namespace[name] for name in nodes if isinstance(namespace.get(name), type)][::-1]


def _has_methods(cls):
    methods = [name for name in dir(cls) if callable(getattr(cls, name, None)) and not name.startswith("__")]
    return any(
        TRAIN.search(name.lower()) or BACKWARD.search(name.lower()) or LOSS.search(name.lower()) for name in methods
    )


def _best(namespace, text, cls):
    """The Usage of one class with the best score."""
    best = None
    for outputs in (2, 1):
        for columns in (False, True):
            hidden = sum(
                constructing.kind(p.name, constructing.SIZES) == "hidden" for p in constructing.parameters(cls)
            )
            sizes = Sizes(3, (4, 6, 7)[: max(hidden, 1)], outputs)
            for construct in constructing.constructions(cls, sizes, namespace, columns):
                for candidate in _of_construction(namespace, text, cls, construct, sizes):
                    if best is None or candidate.score > best.score:
                        best = candidate
                    if is_perfect(best):
                        return best
            if not construct_takes_arrays(cls):
                break
        several = best is not None and best.score.fitting == 1.0 and not _is_one_by_one(best, text)
        if best is not None and (several or _is_natural(best, text)):
            break
    return best


def is_perfect(candidate):
    """Whether all gradients are right."""
    return candidate.score.fitting == 1.0 and candidate.score.share == 1.0 and candidate.score.direct >= 0


def construct_takes_arrays(cls):
    """Whether a constructor is given weights."""
    kinds = {constructing.kind(p.name, constructing.SIZES, constructing.ARRAYS) for p in constructing.parameters(cls)}
    return bool(kinds & {"weight", "bias"})


def _of_construction(namespace, text, cls, construct, sizes):
    """Usages with the best layout in which an object that is constructed in one way can be used."""
    best = []
    for inputs, outputs in _dimensions(namespace, cls, construct, sizes):
        for layout in LAYOUTS:
            if layout.name in {"flat targets", "one flat row"} and outputs != 1:
                continue
            if layout.name in {"one row", "one flat row"} and not re.search(
                r"for .* in .*(zip|len|shape|enumerate|X|x)", text
            ):
                continue
            if layout.name == "one column" and _speaks_of_batches(text):
                continue
            X, Y = layout.data(np.random.default_rng(3), inputs, outputs)
            search = UsageSearch(namespace, text, cls, construct, layout, {"X": X, "Y": Y})
            for candidate in search.candidates(Sizes(inputs, sizes.hidden, outputs)):
                best.append(candidate)
                if is_perfect(candidate) and candidate.score.own:
                    return [candidate]
            if any(_is_natural(candidate, text) for candidate in best):
                return best
    return best


def _is_natural(candidate, text):
    """Whether nothing else need be tried, right or not: several samples at a time, or something is right."""
    score = candidate.score
    if score.fitting < 1.0 or score.direct < 0:
        return False
    several = candidate.layout.samples != "one" and not _is_one_by_one(candidate, text)
    return bool(score.some or (score.own and several))


def _is_one_by_one(candidate, text):
    """Whether it may update after every sample: it updates, and there is a loop."""
    loop = re.search(r"\bfor\b.* in .*(zip|len|shape|enumerate|X|x)", text)
    return candidate.score.direct <= 0 and loop is not None


def _speaks_of_batches(text):
    return bool(re.search(r"axis ?= ?1|keepdims|shape\[1\]|/ ?(self\.)?(m|n|N|batch_size)\b", text))


def _dimensions(namespace, cls, construct, sizes):
    """(inputs, outputs) that an object may take: those it was made for, or those of its arrays."""
    if construct.arguments or construct.keywords:
        ours = [*construct.arguments, *(value for _, value in construct.keywords)]
        if any(
            isinstance(x, Placeholder) or x in (sizes.inputs, sizes.outputs) or isinstance(x, list | tuple)
            for x in ours
        ):
            alone = sizes.outputs not in ours and all(type(x) in (int, float, bool) for x in ours)
            back = [(sizes.inputs, sizes.inputs)] if alone and sizes.inputs in ours else []  # as many out as in
            return [(sizes.inputs, sizes.outputs), *back]
    arguments = construct.bound(lambda given: None)
    thing = class_trials.attempt(cls, *arguments[0], **arguments[1])
    shapes = [np.shape(array) for _, array in attributes.arrays(thing)] if thing is not None else []
    shapes = [shape for shape in shapes if len(shape) == 2 and 1 not in shape[:1]] or [s for s in shapes if s]
    if not shapes:
        return [(sizes.inputs, sizes.outputs)]
    first, last = shapes[0], shapes[-1]
    pairs = [(i, o) for i in first for o in last[::-1]] + [(i, 1) for i in first]
    return list(dict.fromkeys([(first[0], last[-1]), (first[-1], last[0]), *pairs]))[:8]


def _takes_real_targets(candidate, namespace):
    """Whether the loss is a squared error: quadratic in the targets, so that these may be any numbers."""
    if candidate.layout.labels == "integers" or candidate.layout.name == "tokens":
        return False
    inputs = _example(candidate, np.random.default_rng(1))
    direction = constructing.random_array(np.random.default_rng(2), np.shape(inputs["Y"]))
    losses = []
    for size in range(4):
        moved = class_trials.copied(inputs) | {"Y": inputs["Y"] + size * direction}
        answer = class_trials.attempt(candidate.program.run, namespace, moved)
        if answer is None:
            return False
        losses.append(class_trials.as_float(answer[0]))
    second, third = np.diff(losses, 2), np.diff(losses, 3)
    return bool(np.isfinite(losses).all() and abs(third[0]) < 1e-9 * abs(second[0]))


def _example(candidate, rng, real=False):
    """Inputs; real: whether targets are any numbers."""
    layout, sizes = candidate.layout, candidate.sizes
    X, Y = layout.data(rng, sizes.inputs, sizes.outputs)
    if real:
        Y = constructing.random_array(rng, np.shape(Y))
    drawn = {name: constructing.random_array(rng, shape) for name, shape in candidate.shapes.items()}
    return {"X": X, "Y": Y} | {name: value if value.shape else float(value) for name, value in drawn.items()}


def _recipe(candidate, namespace):
    program, layout = candidate.program, candidate.layout
    real = _takes_real_targets(candidate, namespace)

    def example(rng, n):
        return _example(candidate, rng, real and n > 0)

    methods = ", ".join(f"{stage.method}()" for stage in program.steps)
    samples = {"rows": "samples in rows", "columns": "samples in columns", "one": "one sample at a time"}[
        layout.samples
    ]
    words = f"class {program.cls}: {methods}; {samples}; loss: {candidate.loss}"
    return Recipe(words, example, tuple(candidate.shapes), program.run, _roles(candidate))


def _roles(candidate):
    """What is what in a network of layers; None where that is not plain."""
    shapes, layout = candidate.shapes, candidate.layout
    if layout.name in {"vector", "sequence"}:
        return None
    weights = [name for name, shape in shapes.items() if len(shape) == 2 and not _is_bias(name)]
    biases = [name for name in shapes if _is_bias(name)]
    if len(weights) + len(biases) != len(shapes) or len(biases) not in (0, len(weights)):
        return None
    first, last = candidate.sizes.inputs, candidate.sizes.outputs
    for columns in (False, True):
        sizes = [shapes[name][::-1] if columns else shapes[name] for name in weights]
        ends = [first, *(after for _, after in sizes)]
        if [before for before, _ in sizes] == ends[:-1] and ends[-1] == last and len({*ends}) > 1:
            turned = layout.samples == "columns" or layout.name == "one column"
            if turned == columns:
                return Roles("X", "Y", tuple(weights), tuple(biases), columns, layout.labels)
    return None


def _is_bias(name):
    last = name.split(".")[-1].split("[")[0].split("_")[0]
    return names.is_bias(last) or names.is_bias(names.base(name))
