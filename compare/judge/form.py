"""The form of what a column gives: dtype and shape, before any number is looked at."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.judge import formats
from fourfold.compare.judge.quantities import anatomy_at, kind_of, shapes, shown


class Malformed(NamedTuple):
    """What is wrong with the form of an array."""

    quantity: str
    sentence: str


def malformed(name, value, shape, p):
    """The Malformed array, or None: dtype first, then shape."""
    if not formats.holds(p.dtype, value):
        return Malformed(name, f"{shown(name, p.row)} is {value.dtype}, not {p.dtype}")
    if value.shape != shape:
        return Malformed(name, f"{shown(name, p.row)} has shape {value.shape}, not {shape}")
    return None


def malformed_trace(values, parameters, p):
    """The first Malformed array of a trace {name: array} at parameters (*S, ...), in order of computation; or None."""
    expected = shapes(anatomy_at(parameters, p), parameters[0].shape[:-2], len(p.Y), _widths(parameters, p))
    for name in expected:
        if name not in values:
            return Malformed(name, f"{shown(name, p.row)} is missing")
    for name in values:
        if name not in expected:
            return Malformed(name, f"{name} is there, and is no quantity of this network")
    return _first_malformed(values, expected, p)


def malformed_forward(values, parameters, p):
    """The same of what `forward` and `loss` give: H1 ... Y_hat, R and L."""
    expected = shapes(anatomy_at(parameters, p), parameters[0].shape[:-2], len(p.Y), _widths(parameters, p))
    wanted = {name: shape for name, shape in expected.items() if not kind_of(name).startswith("dL")}
    return _first_malformed(values, wanted, p)


def malformed_path(path, parameters, steps, p):
    """The first Malformed array of a path, all parameters after every step and L; or None."""
    names = (*anatomy_at(parameters, p).parameters, "L")
    expected = {name: (steps, *Z.shape) for name, Z in zip(names, parameters, strict=False)}
    expected["L"] = (steps, *parameters[0].shape[:-2])
    return _first_malformed(dict(zip(names, path, strict=True)), expected, p)


def _first_malformed(values, expected, p):
    for name, shape in expected.items():
        complaint = malformed(name, values[name], shape, p)
        if complaint:
            return complaint
    return None


def _widths(parameters, p):
    """d_in, ..., d_out; what was given says how wide the inner layers are."""
    weights = parameters[: len(p.activations)]
    return (*(W.shape[-2] for W in weights), p.Y.shape[-1])


def before_each_step(first, path):
    """All parameters before every step of a path: a list of arrays, from those before the first step on."""
    before = []
    for start, after in zip(first, path, strict=False):
        before.append(np.concatenate([start[None], after[:-1]]))
    return before
