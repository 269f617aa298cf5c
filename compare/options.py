"""The options verbs have in common, and their conversion into what the suite takes."""

import difflib
import math
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated

import numpy as np
from cyclopts import Parameter

import impls
from compare import cases, run
from compare.errors import UsageError

Json = Annotated[str | None, Parameter(allow_leading_hyphen=True)]


@Parameter(name="*")
@dataclass(frozen=True)
class Training:
    """What is trained, and how."""

    data: str = "xor"
    "xor, or a CSV file: a sample a row, columns headed y... (or else the last one) are targets."
    hidden: int = 3
    "Width of the hidden layer."
    activation: str = "sigmoid"
    "sigmoid, tanh, relu or identity."
    lr: float = 0.1
    "Learning rate."
    steps: int = 10_000
    "Steps of gradient descent."


@Parameter(name="*")
@dataclass(frozen=True)
class Suite:
    """Who is judged, and on how much."""

    impl: str | None = None
    "Columns, comma-separated; any other importable module by its dotted name. Default: all whose framework is here."
    suite: str = "default"
    "quick, default or full: the default case is made from the other options; full adds every case with teeth."
    case: str | None = None
    "Only these cases of the full suite, comma-separated."
    dtype: str = "float64,float32"
    "Precisions, comma-separated."
    seeds: str = "10"
    "How many, or a range a:b."
    timeout: float = 600
    "Seconds a column may take, in all."
    json: Json = None
    "Write the result as JSON to this file; - is standard output."


@Parameter(name="*")
@dataclass(frozen=True)
class Drawing:
    """What the report draws, and where it goes."""

    out: str = "reports/out/latest"
    "Folder to write, whole or not at all; an earlier report there is replaced."
    resolution: int = 20
    "Points a side of the decision boundary's grid."
    extent: Annotated[str, Parameter(allow_leading_hyphen=True)] = "0,1"
    "The grid's lower and upper end, for both inputs."
    curves: str | None = None
    "Further activations, comma-separated, whose proved loss curves are drawn too, with one seed each."


@Parameter(name="*")
@dataclass(frozen=True)
class One:
    """One training run."""

    seed: int = 0
    "Which initial weights."
    dtype: str = "float64"
    "float64 or float32."
    timeout: float = 600
    "Seconds it may take."
    json: Json = None
    "Write losses, weights and predictions as JSON to this file; - is standard output."


def case(training, seeds):
    t = training
    return cases.make(t.data, t.activation, t.lr, t.steps, t.hidden, seeds)


def in_range(case, dtypes):
    """Raises UsageError where the data are too large for a precision."""
    for dtype in dtypes:
        if not all(np.isfinite(Z).all() for Z in case.cast(dtype)):
            raise UsageError(f"{case.name} has numbers beyond the range of {dtype}: scale them, or leave {dtype} out.")


def columns(impl):
    """The names asked for, or the built-in ones whose framework is installed, and those left out."""
    if impl is None:
        here = [name for name in impls.NAMES if run.installed(name)]
        return here, [name for name in impls.NAMES if name not in here]
    asked = names(impl) or []
    if len(set(asked)) < len(asked):
        raise UsageError(f"--impl {impl} names a column twice.")
    return [column(name) for name in asked], []


def names(text):
    return None if text is None else [name.strip() for name in text.split(",")]


def column(name):
    if name in impls.NAMES or _importable(name):
        return name
    near = difflib.get_close_matches(name, impls.NAMES, 1)
    hint = (
        f"did you mean {near[0]}?" if near else f"choose from {', '.join(impls.NAMES)}, or the dotted name of a module."
    )
    raise UsageError(f"There is no column {name!r}: {hint}")


def _importable(name):
    try:
        return "." in name.strip(".") and find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def dtypes(text):
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in cases.DTYPES:
            raise UsageError(f"There is no precision {name!r}: choose from {', '.join(cases.DTYPES)}.")
    return list(dict.fromkeys(names))


def seeds(text):
    first, colon, last = text.partition(":")
    try:
        start, stop = (int(first), int(last)) if colon else (0, int(text))
    except ValueError:
        raise UsageError(f"--seeds takes a number or a range such as 5:15, not {text!r}.") from None
    if start < 0 or stop <= start:
        raise UsageError(f"--seeds {text} is empty: give at least one seed, none below 0.")
    return range(start, stop)


def activations(text):
    found = list(dict.fromkeys(names(text) or []))
    for name in found:
        if name not in cases.ACTIVATIONS:
            raise UsageError(f"There is no activation {name!r}: choose from {', '.join(cases.ACTIVATIONS)}.")
    return found


def timeout(seconds):
    if not (math.isfinite(seconds) and seconds > 0):
        raise UsageError(f"--timeout must be a positive number of seconds, not {seconds}.")
    return seconds


def grid(resolution, extent):
    """Points (resolution², 2) of a square grid, the first input varying fastest."""
    if not 2 <= resolution <= 1000:
        raise UsageError(f"--resolution must be from 2 to 1000, not {resolution}.")
    try:
        low, high = (float(end) for end in extent.split(","))
    except ValueError:
        raise UsageError(f"--extent takes two numbers such as -1,2, not {extent!r}.") from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UsageError(f"--extent {extent} is empty: the first end must be the smaller.")
    side = np.linspace(low, high, resolution)
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
