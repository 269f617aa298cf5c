"""The options verbs have in common, and their conversion into what the suite takes."""

import difflib
import math
import sys
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated

from cyclopts import Parameter

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, make_case, parse_widths, whole
from fourfold.compare.columns import workers
from fourfold.compare.errors import UsageError
from fourfold.compare.system import files


def _writable(type_, target):
    if target == "":
        raise UsageError("--json takes the name of a file, or - for standard output.")
    if target not in {None, "-"}:
        files.check_writable(target)


def _writable_file(type_, target):
    if target == "":
        raise UsageError("--junitxml takes the name of a file.")
    if target is not None:
        files.check_writable(target)


Json = Annotated[str | None, Parameter(allow_leading_hyphen=True, validator=_writable)]
JunitXml = Annotated[str | None, Parameter(validator=_writable_file)]
LARGEST_MEMORY = 2**20  # GB: the system takes it in bytes
LARGEST_SEED = 2**62  # a length, and a number that JSON's readers hold


def _one_whole(type_, tokens):
    try:
        return whole(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is not a whole number.") from None


Whole = Annotated[int, Parameter(converter=_one_whole)]


@Parameter(name="*")
@dataclass(frozen=True)
class Training:
    """What is trained, and how."""

    data: str = "xor"
    "xor, or a CSV file: a sample a row, columns headed y... (or else the last one) are targets."
    hidden: Whole = 3
    "Width of the hidden layer."
    activation: str = "sigmoid"
    "sigmoid, tanh, relu or identity, for all hidden layers; or one a layer, the output's last: tanh,relu,sigmoid."
    layers: str | None = None
    """Widths from the data's inputs to their targets, such as 2,8,8,1, instead of --hidden. Each number is judged
    against the exact value at the network's own weights; beyond six layers or so what rounding allows gets wide."""
    bias: bool = False
    "Every layer has biases, drawn as the weights are, after them."
    lr: float = 0.1
    "Learning rate."
    steps: Whole = 10_000
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
    memory: float | None = None
    "Gigabytes of data a column may hold."
    json: Json = None
    "Write the result as JSON to this file; - is standard output."
    junitxml: JunitXml = None
    "Write the result as JUnit XML, for continuous integration, to this file."


@Parameter(name="*")
@dataclass(frozen=True)
class Drawing:
    """What the report draws, and where it goes."""

    out: str = "reports/out/latest"
    "Folder to write, whole or not at all; an earlier report there is replaced."
    resolution: Whole = 20
    "Points a side of the decision boundary's grid."
    extent: Annotated[str, Parameter(allow_leading_hyphen=True)] = "0,1"
    "The grid's lower and upper end, for both inputs."
    curves: str | None = None
    "Further activations, comma-separated, whose proved loss curves are drawn too, with one seed each."
    bench: str | None = None
    "What `fourfold bench --json` has written, to be shown too; default: bench.json of an earlier report there."
    compare: Annotated[tuple[str, str] | None, Parameter(negative="")] = None
    """Instead: two reports, as `fourfold diff` takes them, and what moved between them on a page; goes to
    reports/out/compared where --out is not given."""
    open: bool = False
    "Show the page in the browser."


@Parameter(name="*")
@dataclass(frozen=True)
class One:
    """One training run."""

    seed: Whole = 0
    "Which initial weights."
    dtype: str = "float64"
    "float64 or float32."
    timeout: float = 600
    "Seconds it may take."
    json: Json = None
    "Write losses, weights and predictions as JSON to this file; - is standard output."


def case(training, seeds):
    t = training
    return make_case(t.data, t.activation, t.lr, t.steps, t.hidden, seeds, parse_widths(t.layers), t.bias)


def of_rows(names, rows):
    """The columns that one of these rows has, and those that none has. Raises UsageError where nobody is left."""
    has = lambda name: name not in impls.NAMES or any(name in impls.ROWS[row] for row in rows)
    here = [name for name in names if has(name)]
    if not here:
        left = f"choose from {', '.join(impls.ROWS['deep'])}"
        raise UsageError(f"{' and '.join(names)} can only be two layers without biases: {left}.")
    return here, [name for name in names if not has(name)]


def columns(impl):
    """The names asked for, or the built-in ones whose framework is installed, and those left out."""
    if impl is None:
        here = [name for name in impls.NAMES if workers.installed(name)]
        return here, [name for name in impls.NAMES if name not in here]
    asked = names(impl) or []
    if len(set(asked)) < len(asked):
        raise UsageError(f"--impl {impl} names a column twice.")
    return [column(name) for name in asked], []


def names(text):
    return None if text is None else [name.strip() for name in text.split(",")]


def column(name):
    packages = {framework.package: short for short, framework in impls.FRAMEWORKS.items()}
    if name in impls.NAMES or (name not in packages and _importable(name)):
        return name
    near = difflib.get_close_matches(name.lower(), [*impls.NAMES, *packages], 1)
    hint = (
        f"did you mean {packages.get(near[0], near[0])}?"
        if near
        else f"choose from {', '.join(impls.NAMES)}, or the name of a module that Python finds from here."
    )
    raise UsageError(f"There is no column {name!r}: {hint}")


def _importable(name):
    """Whether Python finds such a module. Nothing is imported, the packages it is in neither: workers do that."""
    if not all(part.isidentifier() for part in name.split(".")):
        return False
    within = None
    for n, module in enumerate(accumulate(name.split("."), "{}.{}".format)):
        if n and within is None:
            return False
        spec = next(filter(None, (finder.find_spec(module, within) for finder in sys.meta_path)), None)
        if spec is None:
            return False
        # planted is a package, though no folder: only its module knows
        within = getattr(sys.modules.get(module), "__path__", spec.submodule_search_locations)
    return True


def dtypes(text):
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in DTYPES:
            raise UsageError(f"There is no precision {name!r}: choose from {', '.join(DTYPES)}.")
    return list(dict.fromkeys(names))


def seeds(text):
    first, colon, last = text.partition(":")
    try:
        start, stop = (whole(first), whole(last)) if colon else (0, whole(text))
    except (ValueError, OverflowError):
        raise UsageError(f"--seeds takes a number or a range such as 5:15, not {text!r}.") from None
    if start < 0 or stop <= start:
        raise UsageError(f"--seeds {text} is empty: give at least one seed, none below 0.")
    if stop > LARGEST_SEED:
        raise UsageError(f"--seeds {text} is too much: choose fewer seeds, none above 2**62.")
    return range(start, stop)


def seed(number):
    if not 0 <= number < LARGEST_SEED:
        raise UsageError(f"--seed must be from 0 to 2**62, not {number}.")
    return range(number, number + 1)


def activations(text):
    found = list(dict.fromkeys(names(text) or []))
    for name in found:
        if name not in ACTIVATIONS:
            raise UsageError(f"There is no activation {name!r}: choose from {', '.join(ACTIVATIONS)}.")
    return found


def timeout(seconds):
    if not (math.isfinite(seconds) and seconds > 0):
        raise UsageError(f"--timeout must be a positive number of seconds, not {seconds}.")
    return seconds


def memory(gigabytes):
    if gigabytes is not None and not 0 < gigabytes <= LARGEST_MEMORY:
        raise UsageError(f"--memory must be a positive number of gigabytes, at most 2**20, not {gigabytes}.")
    return gigabytes
