"""The grid: what `--grid NAME=VALUES` says, and the configurations it comes to."""

import math
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import whole
from fourfold.compare.errors import UsageError, nearest

MOST = 100_000  # configurations


class Configuration(NamedTuple):
    """One point of the grid; how many steps is no part of it, since shorter runs are beginnings of longer ones."""

    layers: str | None  # all widths, 2-8-8-1; or None, and then there is one hidden layer
    hidden: int | None
    activation: str  # one for all hidden layers, or one a layer: tanh-relu-sigmoid
    bias: bool
    lr: float

    def shape(self):
        """All that a compiler sees of it: everything but the learning rate."""
        return self[:-1]


class Axis(NamedTuple):
    """What can be varied, and how its values are written."""

    takes: str  # in words
    value: Callable  # reads one; raises ValueError
    several: Callable | None = None  # reads a range of them


def _layers(text):
    widths = map(whole, text.split("-"))
    return "-".join(map(str, widths))


def _bias(text):
    if text not in {"true", "false"}:
        raise ValueError
    return text == "true"


def _range(text):
    """2:16 and 2:16:2, without the last, as for --seeds."""
    start, stop, *by = map(whole, text.split(":"))
    (by,) = by or (1,)
    return range(start, stop, by)


def _rates(text):
    """0.01:1:5, five rates from the first to the last, evenly on a logarithmic scale."""
    low, high, number = text.split(":")
    low, high, number = float(low), float(high), whole(number)
    if not (0 < low < high < math.inf and number > 1):
        return ()
    return [float(f"{rate:.4g}") for rate in np.geomspace(low, high, min(number, MOST + 1))]


AXES = {
    "layers": Axis("widths such as 2-8-1", _layers),
    "hidden": Axis("whole numbers, or a range such as 2:16", whole, _range),
    "activation": Axis("names", str),
    "bias": Axis("true or false", _bias),
    "lr": Axis("numbers, or a range and how many, such as 0.01:1:5", float, _rates),
    "steps": Axis("whole numbers, or a range such as 100:1100:100", whole, _range),
}


def parse(texts):
    """{name: values} of the axes given. Raises UsageError."""
    axes = {}
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.strip()
        if not equals:
            raise UsageError(f"--grid takes NAME=VALUES such as lr=0.01,0.1,1, not {text!r}.")
        if name not in AXES:
            near = nearest(name, AXES)
            hint = f"did you mean {near}?" if near else f"choose from {', '.join(AXES)}."
            raise UsageError(f"--grid cannot vary {name!r}: {hint}")
        if name in axes:
            raise UsageError(f"--grid gives {name} twice: give all its values at once.")
        axes[name] = _values(name, values)
    if "layers" in axes and "hidden" in axes:
        raise UsageError("--grid varies both layers and hidden: choose one of them.")
    return axes


def _values(name, text):
    """The values of an axis as `--grid` gives them. Raises UsageError."""
    axis = AXES[name]
    values = []
    for part in map(str.strip, text.split(",")):
        try:
            more = axis.several(part) if axis.several and ":" in part else [axis.value(part)]
        except (ValueError, OverflowError):
            raise UsageError(f"--grid {name} takes {axis.takes}, not {part!r}.") from None
        if len(more) == 0:
            raise UsageError(f"--grid {name}={part} is empty: it takes {axis.takes}, the smaller end first.")
        check_size(len(values) + len(more))
        values += more
    if len(set(values)) < len(values):
        raise UsageError(f"--grid {name}={text} gives a value twice.")
    return values


def check_size(configurations):
    if configurations > MOST:
        raise UsageError(f"The grid has {configurations:,} configurations: at most {MOST:,} fit into one sweep.")


def configurations(axes):
    """All Configurations of {name: values} of every axis; those of one shape follow each other. Raises UsageError."""
    values = [axes[name] for name in Configuration._fields]
    check_size(math.prod(map(len, values)))
    return [Configuration(*combination) for combination in product(*values)]
