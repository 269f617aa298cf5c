"""The grid: what `--grid NAME=VALUES` says, and the configurations it comes to."""

import difflib
import math
from itertools import product
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import whole
from fourfold.compare.errors import UsageError

MOST = 100_000  # configurations


class Configuration(NamedTuple):
    """One point of the grid; how many steps is no part of it, since shorter runs are beginnings of longer ones."""

    layers: str | None  # all widths, 2-8-8-1; or None, and then there is one hidden layer
    hidden: int | None
    activation: str  # one for all hidden layers, or one a layer: tanh-relu-sigmoid
    bias: bool
    lr: float

    def shape(self):
        """All that a compiler sees of it."""
        return self[:-1]


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


# name -> what it takes, one value, several of them in a range
AXES = {
    "layers": ("widths such as 2-8-1", lambda text: "-".join(str(whole(d)) for d in text.split("-")), None),
    "hidden": ("whole numbers, or a range such as 2:16", whole, _range),
    "activation": ("names", str, None),
    "bias": ("true or false", _bias, None),
    "lr": ("numbers, or a range and how many, such as 0.01:1:5", float, _rates),
    "steps": ("whole numbers, or a range such as 100:1100:100", whole, _range),
}


def parse(texts):
    """{name: values} of the axes given. Raises UsageError."""
    found = {}
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.strip()
        if not equals:
            raise UsageError(f"--grid takes NAME=VALUES such as lr=0.01,0.1,1, not {text!r}.")
        if name not in AXES:
            near = difflib.get_close_matches(name, AXES, 1)
            hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(AXES)}."
            raise UsageError(f"--grid cannot vary {name!r}: {hint}")
        if name in found:
            raise UsageError(f"--grid gives {name} twice: give all its values at once.")
        found[name] = _values(name, values)
    if "layers" in found and "hidden" in found:
        raise UsageError("--grid varies layers and hidden, which say the same: give one of them.")
    return found


def _values(name, text):
    takes, one, several = AXES[name]
    found = []
    for part in map(str.strip, text.split(",")):
        try:
            values = several(part) if several and ":" in part else [one(part)]
        except (ValueError, OverflowError):
            raise UsageError(f"--grid {name} takes {takes}, not {part!r}.") from None
        if len(values) == 0:
            raise UsageError(f"--grid {name}={part} is empty: it takes {takes}, the smaller end first.")
        check_size(len(values) + len(found))
        found += values
    if len(set(found)) < len(found):
        raise UsageError(f"--grid {name}={text} gives a value twice.")
    return found


def check_size(configurations):
    if configurations > MOST:
        raise UsageError(f"The grid has {configurations:,} configurations: at most {MOST:,} are one sweep.")


def configurations(axes):
    """All of {name: values of every axis}; those of one shape follow each other."""
    check_size(math.prod(len(axes[name]) for name in Configuration._fields))
    return [Configuration(*values) for values in product(*(axes[name] for name in Configuration._fields))]
