"""Forward passes and losses that are taken to belong to a backward pass that came without.

All of it runs on float64 arrays and on object arrays of exact numbers.
"""

import ast
import re
from typing import NamedTuple

import numpy as np

from fourfold.compare.check.forms import attempts, layouts, names, packings, signatures, trials
from fourfold.compare.check.forms.attempts import Caller

FORWARD, LOSS = "assumed forward pass", "assumed loss"
HIDDEN = "tanh", "sigmoid", "ReLU", "no activation"
OUTPUTS = "sigmoid", "softmax", "no activation", "tanh"
BEFORE = {"z", "s", "u", "net", "pre", "zs", "logits", "in", "hiddeninput", "zh"}  # an activation
HIDDEN_NAMES = {"h", "hidden", "hid", "hiddenlayer", "hiddenoutput"}
HINTS = (
    (
        "tanh",
        r"1(\.0*)? ?- ?(np\.)?(power|square)?\(?[\w\[\]\"']+ ?(\*\*|, ?2)|tanh|1(\.0*)? ?- ?\w*[aAhH]\w* ?\* ?[aAhH]",
    ),
    ("ReLU", r"> ?0|<=? ?0|relu"),
    ("sigmoid", r"\* ?\(1(\.0*)? ?- ?|sigmoid"),
)


class Assumption(NamedTuple):
    """A network with one hidden activation."""

    hidden: str
    output: str

    def words(self):
        return f"{self.hidden}, {self.output}" if self.hidden else self.output


def activated(name, Z, axis):
    """An activation of an array."""
    if name == "tanh":
        return np.tanh(Z)
    if name == "sigmoid":
        return 1 / (1 + np.exp(-Z))
    if name == "ReLU":
        return np.where(Z > 0, Z, 0 * Z)
    if name == "softmax":
        e = np.exp(Z)
        return e / e.sum(axis=axis, keepdims=True)
    return Z


def _squares(scale):
    return lambda P, Y, N: ((P - Y) ** 2).sum() * scale(P, N)


def _binary(scale):
    return lambda P, Y, N: -(Y * np.log(P) + (1 - Y) * np.log(1 - P)).sum() * scale(P, N)


def _entropy(scale):
    return lambda P, Y, N: -(Y * np.log(P)).sum() * scale(P, N)


def _mean(P, N):
    return 1 / N


def _sum(P, N):
    return 1


def _overall(P, N):
    return 1 / np.size(P)


def _half(scale):
    return lambda P, N: scale(P, N) / 2


SQUARES = {
    "half the mean squared error": _squares(_half(_mean)),
    "half the sum of squared errors": _squares(_half(_sum)),
    "the sum of squared errors": _squares(_sum),
    "the squared error, mean over samples": _squares(_mean),
    "the mean squared error": _squares(_overall),
}
LOSSES = {
    "sigmoid": {
        "binary cross-entropy": _binary(_mean),
        "binary cross-entropy, summed": _binary(_sum),
        "binary cross-entropy, mean over all outputs": _binary(_overall),
        **SQUARES,
    },
    "softmax": {"cross-entropy": _entropy(_mean), "cross-entropy, summed": _entropy(_sum), **SQUARES},
    "no activation": SQUARES,
    "tanh": SQUARES,
}
ALL = {**LOSSES["softmax"], **LOSSES["sigmoid"], **SQUARES}


def forward_step(assumption, setup):
    """The CallStep that computes a forward pass: {"A0": X, "Z1": ..., "A1": ..., "X": X, "Y": Y}."""
    layout, packing = setup.layout, setup.packing

    def forward(inputs):
        A = inputs[setup.x]
        values = {"A0": A, "X": A, "Y": inputs.get(setup.y)}
        for k, (weight, bias) in enumerate(packing.layers, 1):
            W, last = inputs[weight], k == packing.depth
            Z = _product(A, W, layout)
            if bias:
                Z = Z + inputs[bias]
            name = assumption.output if last else assumption.hidden
            A = activated(name, Z, 0 if layout.columns else -1)
            values |= {f"Z{k}": Z, f"A{k}": A}
        return values

    return trials.CallStep(FORWARD, (("inputs", lambda inputs, _: inputs),), (), forward)


def _product(A, W, layout):
    if np.ndim(W) == 1:
        return W @ A if layout.columns else A @ W
    if layout.columns or np.ndim(A) == 1:
        return (W if layout.out_first else W.T) @ A
    return A @ (W.T if layout.out_first else W)


def loss_step(name, setup, output):
    """The CallStep that computes a loss of what `output` gives."""

    def loss(inputs, P):
        Y = inputs[setup.y]
        d = np.shape(P)[0 if setup.layout.columns else -1]
        if setup.layout.targets in {"integers", "integer row"}:
            Y = np.eye(d)[np.ravel(Y)]
            Y = Y.T if setup.layout.columns else Y.reshape(np.shape(P))
        N = 1 if np.ndim(P) == 1 and not setup.layout.vector else np.shape(P)[-1 if setup.layout.columns else 0]
        return ALL[name](P, Y, N)

    return trials.CallStep(LOSS, (("inputs", lambda inputs, _: inputs), ("P", output)), (), loss)


def callers(written, name, missing):
    """Callers for a function with no forward pass in its file: what it takes beside data and parameters is assumed."""
    function = written[name]
    for way in signatures.roles(function):
        caller = Caller(function, way)
        if missing and not caller.values():
            continue
        yield caller


def parameters(caller, written):
    """Names of the parameters of a function, with those whose gradients it returns."""
    result = caller.parameters()
    if result and packings.plural(result[0]):
        return result
    for name in caller.function.returned(None) + written.strings:
        meant = [m for m in (name[1:], name[2:]) if m and name[:1] in "dg" and (names.is_weight(m) or names.is_bias(m))]
        result += [m for m in meant[:1] if m not in result]
    return result


def supplies(written, name, step, answer, setup):
    """Supplies of an argument from an assumed forward pass."""
    parts = _unpacked(written, name)
    depth = setup.packing.depth
    if parts is None or (parts and _key(name, depth, setup)):
        key = _key(name, depth, setup)
        return [] if key is None else [_named(step, key)]
    if isinstance(parts, dict):
        keys = {part: _key(part, depth, setup) for part in parts}
        if None in keys.values():
            return []
        return [lambda inputs, results: {part: _value(inputs, results[step], key) for part, key in keys.items()}]
    keys = [_key(part, depth, setup) for part in parts]
    if None in keys:
        return []
    return [lambda inputs, results: tuple(_value(inputs, results[step], key) for key in keys)]


def _named(step, key):
    return lambda inputs, results: _value(inputs, results[step], key)


def _value(inputs, values, key):
    return values[key] if key in values else inputs[key]


def _key(name, depth, setup):
    """What a name means in an assumed forward pass: "Z1", "A2", the name of an input; or None."""
    template = attempts.template_of(name, setup.packing)
    numbered = re.fullmatch(r"([a-zA-Z]+?)_?(\d+)", name)
    key = None
    if isinstance(template, packings.Leaf):
        key = template.name
    elif names.is_one(name, names.DATA):
        key = "X"
    elif names.is_one(name, names.SURE_TARGETS) or name in {"Y", "y"}:
        key = "Y"
    elif numbered and int(numbered[2]) <= depth:
        before = numbered[1].lower() in BEFORE and int(numbered[2]) > 0
        key = f"{'Z' if before else 'A'}{int(numbered[2])}"
    elif names.is_one(name, names.PREDICTIONS | {"a", "yh"}):
        key = f"A{depth}"
    elif names.plain(name) in HIDDEN_NAMES and depth == 2:
        key = "A1"
    elif names.plain(name) in BEFORE:
        key = "Z1"
    return key


def _unpacked(written, argument):
    """What a cache holds, by how it is taken apart: a list of names, {key: None}, or None."""
    if keys := written.keys.get(argument):
        return dict.fromkeys(keys)
    places = {}
    for node in ast.walk(written.tree):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=parts) | ast.List(elts=parts)], value=ast.Name(id=name)):
                names_of_parts = [part.id for part in parts if isinstance(part, ast.Name)]
                if name == argument and len(names_of_parts) == len(parts):
                    return names_of_parts
            case ast.Assign(targets=[ast.Name(id=part)], value=ast.Subscript(ast.Name(id=name), ast.Constant(int(k)))):
                if name == argument:
                    places[k] = part
    return [places[k] for k in range(len(places))] if places and set(places) == set(range(len(places))) else None


def losses(steps, results, setup):
    """(further steps, (function, path), note) of losses for the output of their own forward pass."""
    if not setup.y:
        return
    for step in steps:
        if step.own is not None:
            continue
        answer = results[step.function]
        _, Y = layouts.data(
            setup.layout._replace(targets=layouts.MATRIX), setup.packing.depth, np.random.default_rng(1), 1
        )
        for path in attempts.values_at("prediction", answer, [""], Y, final=True)[:3]:
            output = attempts.from_result(step.function, path)
            for name in dict.fromkeys(ALL):
                yield [loss_step(name, setup, output)], (LOSS, ()), f"no loss found, so this one is assumed: {name}"


def hinted(text):
    """Hidden activations: those that a text speaks of, and the others."""
    first = [name for name, pattern in HINTS if re.search(pattern, text)]
    others = [name for name in HIDDEN if name not in first]
    return [group for group in (first, others) if group]
