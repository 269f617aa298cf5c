"""What a known mistake is called, and how it is told: the catalogue's names and reasons, and the equation in words."""

from functools import cache
from typing import NamedTuple

from fourfold.compare.mistakes import catalogue


class Kind(NamedTuple):
    """A mistake of one step of the backward pass. Its texts are templates: {k} is the layer, {A} its activation ..."""

    name: str
    equation: str
    why: str
    formula: str  # the right equation
    wrong: str
    right: str
    output: str = ""  # its name where it is the output's
    layer: str = ""  # its name in one of several hidden layers
    everywhere: str = ""  # its name in every layer
    odd: bool = False  # seldom made: others that give the same numbers come first


@cache
def known(name, formula="", wrong="", right="", **other_names):
    """The Kind of a mistake of the catalogue, under its name and for its reason."""
    mistake = catalogue.find(name)
    return Kind(mistake.name, mistake.equation, mistake.why, formula, wrong, right, **other_names)


def named_at(kind, k, depth, **fields):
    """(name, equation, why, formula, wrong, right) of a Kind at layer k; `fields` are those of texts.py."""
    fields |= {
        "k": k,
        "j": k - 1,
        "i": k + 1,
        "A": "Y_hat" if k == depth else f"A{k}",
        "B": f"A{k - 1}" if k > 1 else "X",
        "a": "ŷ" if k == depth else f"A{k}",
    }
    return tuple(text.format(**fields) for text in kind[:6])


def name_of(kind, layers, depth, applicable):
    """The name of a Kind made in these layers; `applicable` are all where it could have been made."""
    if kind.everywhere and len(layers) > 1 and set(layers) >= set(applicable):
        return kind.everywhere
    if kind.output and set(layers) == {depth}:
        return kind.output
    if kind.layer and len(layers) == 1 and depth > 2 and layers[0] < depth:
        return kind.layer
    return kind.name.format(k=max(layers), j=max(layers) - 1)


# The steps' equations, as right lines.
ERROR = "∂L/∂ŷ is the derivative of {F}"
SLOPE = "∂L/∂H{k} = ∂L/∂{a} ∘ σ'(H{k})"
BACK = "∂L/∂A{j} = ∂L/∂H{k} W{k}ᵀ"
WEIGHTS = "∂L/∂W{k} = {B}ᵀ ∂L/∂H{k}"
BIASES = "∂L/∂b{k} = Σ_samples ∂L/∂H{k}"
PENALTY = "∂L/∂W{k} = {B}ᵀ ∂L/∂H{k} + λ W{k}, where λ/2 ΣW² is in L"
ERROR_LINE = "dL_dY_hat = {E}"
SLOPE_LINE = "dL_dH{k} = dL_d{A} * slope(H{k})"
BACK_LINE = "dL_dA{j} = dL_dH{k} @ W{k}.T"
WEIGHTS_LINE = "dL_dW{k} = {B}.T @ dL_dH{k}"
BIASES_LINE = "dL_db{k} = dL_dH{k}.sum(axis=0, keepdims=True)"
PENALTY_LINE = "dL_dW{k} = {B}.T @ dL_dH{k} + lam * W{k}"


def of_error(name, wrong, why="", right=ERROR_LINE, formula=ERROR, **more):
    """A Kind of dL_dY_hat."""
    return Kind(name, "E10", why, formula, wrong, right, **more)


def of_slope(name, why, wrong, formula=SLOPE, right=SLOPE_LINE, **more):
    """A Kind of dL_dH."""
    return Kind(name, "E16", why, formula, wrong, right, **more)


def of_back(name, why, wrong, **more):
    """A Kind of dL_dA."""
    return Kind(name, "E15", why, BACK, wrong, BACK_LINE, **more)


def of_weights(name, why, wrong, **more):
    """A Kind of dL_dW."""
    return Kind(name, "E19", why, WEIGHTS, wrong, WEIGHTS_LINE, **more)


def of_biases(name, why, wrong, **more):
    """A Kind of dL_db."""
    return Kind(name, "E7", why, BIASES, wrong, BIASES_LINE, **more)


def of_penalty(name, why, wrong, **more):
    """A Kind of the penalty's part of a gradient."""
    return Kind(name, "E19", why, PENALTY, wrong, PENALTY_LINE, **more)
