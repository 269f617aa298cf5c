"""The options that commands have in common, and what is made of them for the rooms that do the work."""

import sys
from dataclasses import dataclass, replace
from typing import Annotated

from cyclopts import Group, Parameter

from fourfold import impls
from fourfold.compare.cases import update
from fourfold.compare.cases.case import PRECISIONS, check_activations, make_case, parse_widths, whole
from fourfold.compare.cases.weights import read_weights
from fourfold.compare.columns import workers
from fourfold.compare.commands.kinds import FILES, Json, JunitXml, Memory, Timeout
from fourfold.compare.errors import UsageError, nearest

STEPS, HIDDEN, SEEDS = 10_000, 3, range(10)
LARGEST_SEED = 2**62  # a length, and a number that JSON's readers hold


def _check_seed(type_, seed):
    if not 0 <= seed < LARGEST_SEED:
        raise UsageError(f"--seed must be from 0 to 2**62, not {seed}.")


def _to_whole(type_, tokens):
    text = tokens[0].value
    try:
        return whole(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number.") from None


# Headings of help, in its order.
NETWORK = Group("The network", sort_key=1)
JUDGED = Group("Who is judged, and on what", sort_key=2)

Whole = Annotated[int, Parameter(converter=_to_whole)]
WholeOrDefault = Annotated[int | None, Parameter(converter=_to_whole)]
Seed = Annotated[int, Parameter(converter=_to_whole, validator=_check_seed)]


@Parameter(name="*", group=NETWORK)
@dataclass(frozen=True)
class Training:
    """What is trained, and how."""

    data: str = "xor"
    "xor, or a CSV file with a sample in every row. Targets are the columns headed y..., or else the last column."
    hidden: WholeOrDefault = None
    "Units in the hidden layer. Default: 3."
    activation: str = "sigmoid"
    "sigmoid, tanh, relu or identity for the hidden layers; or one for each layer, such as tanh,relu,sigmoid."
    layers: str | None = None
    "Width of every layer from inputs to targets, such as 2,8,8,1. Takes the place of --hidden."
    bias: bool = False
    "Add a bias to every layer."
    lr: float = 0.1
    "Learning rate."
    steps: WholeOrDefault = None
    "Steps of gradient descent. Default: 10,000; 1,000 where agree judges modes, or modules of your own."
    update: str | None = None
    "Optimiser: sgd, momentum, nesterov, rmsprop, adam or adamw, and what it takes, such as adam,lr=0.01,eps=1e-7."


@Parameter(name="*", group=NETWORK)
@dataclass(frozen=True)
class Begun(Training):
    """The same, and with which weights it begins."""

    weights: str | None = None
    "First weights W1, W2, ... and biases b1, b2, ... from this .npz or JSON file, not random ones."


@Parameter(name="*", group=JUDGED)
@dataclass(frozen=True)
class Asked:
    """Who is judged, and on how much."""

    impl: str | None = None
    "Columns to judge, comma-separated: built-in ones, or modules of your own. Default: all that are installed."
    modes: bool = False
    "Judge the other ways to run these columns too: compiled, eager, by vmap, in mixed precision. One: torch:compile."
    suite: str = "default"
    "How many cases: quick, default or full. quick makes at most 200 steps of 3 seeds; full adds all other cases."
    case: str | None = None
    "Judge only these cases of the full suite, comma-separated."
    dtype: str = "float64,float32"
    "Precisions, comma-separated; also float16 and bfloat16."
    seeds: str | None = None
    "How many random initial weights, or a range such as 5:15. Default: 10."
    timeout: Timeout = 600
    "Seconds each column may take in all."
    memory: Memory = None
    "Gigabytes of data each column may hold."
    twice: bool = False
    "Run every column again in a new process: are the bits the same? Modules of your own always are."


@Parameter(name="*", group=JUDGED)
@dataclass(frozen=True)
class Suite(Asked):
    """The same, and what is written of it."""

    ulp: Annotated[bool, Parameter(group=FILES)] = False
    "Show errors in units in the last place (ULP) too."
    details: Annotated[bool, Parameter(group=FILES)] = False
    "Show in a terminal, too, everything that was asked and what it was computed with."
    json: Json = None
    "Write the result as JSON to this file; - means standard output."
    junitxml: JunitXml = None
    "Write the result as JUnit XML to this file, for continuous integration."


@Parameter(name="*", group=FILES)
@dataclass(frozen=True)
class Drawing:
    """What the report draws, and where it goes."""

    out: str = "reports/out/latest"
    "Folder for the report. An earlier report there is replaced."
    resolution: Whole = 20
    "Points along each side of the decision boundary's grid."
    extent: Annotated[str, Parameter(allow_leading_hyphen=True)] = "0,1"
    "Lower and upper end of that grid, for both inputs."
    curves: str | None = None
    "Draw proved loss curves for these activations too, comma-separated, with one seed each."
    bench: str | None = None
    "Show this file of `fourfold bench --json` too. Default: bench.json of an earlier report there."
    open: bool = False
    "Open the page in the browser."


@Parameter(name="*", group=Group("The run", sort_key=2))
@dataclass(frozen=True)
class One:
    """One training run."""

    seed: Seed = 0
    "Number of the random initial weights."
    dtype: str = "float64"
    "float64, float32, float16 or bfloat16."
    timeout: Timeout = 600
    "Seconds the run may take."
    json: Json = None
    "Write losses, weights and predictions as JSON to this file; - means standard output."


def filled(training, steps=STEPS):
    """The Training with what is asked for where nothing is said."""
    t = training
    hidden = HIDDEN if t.hidden is None else t.hidden
    return replace(t, hidden=hidden, steps=steps if t.steps is None else t.steps)


def case(training, seeds, steps=STEPS):
    """The Case of the options; `steps` are those where none are asked for, `seeds` None where none are."""
    t, layers, given = filled(training, steps), parse_widths(training.layers), None
    if isinstance(t, Begun) and t.weights is not None:
        given = read_weights(t.weights)
        given.check(training.hidden, layers, t.bias, seeds)
    by, lr = update.parse(t.update) if t.update is not None else (None, None)
    lr = t.lr if lr is None else lr
    made = make_case(t.data, t.activation, lr, t.steps, t.hidden, seeds or SEEDS, layers, t.bias, given)
    return made._replace(update=by)


def of_rows(names, rows):
    """The columns that one of these rows has, and those that none has. Raises UsageError where nobody is left."""
    here, left_out = [], []
    for name in names:
        somebody_elses = not impls.is_built_in(name)
        (here if somebody_elses or rows & {*impls.rows_of(name)} else left_out).append(name)
    if not here:
        hint = f"choose from {', '.join(impls.ROWS['deep'])}"
        raise UsageError(f"{' and '.join(names)} can only have two layers and no biases: {hint}.")
    return here, left_out


def of_precisions(names, dtypes):
    """The columns that have one of these precisions, and those that have none. Raises UsageError."""
    left_out = [name for name in names if not impls.has_one_of(name, dtypes)]
    here = [name for name in names if name not in left_out]
    if not here and all(map(impls.is_mixed, names)):
        raise UsageError(f"{', '.join(names)}: mixed precision is float32 with bfloat16, so ask in float32.")
    if not here:
        lacking, others = " and ".join(dtypes), [name for name in impls.FRAMEWORKS if impls.has(name, dtypes[0])]
        raise UsageError(f"{', '.join(names)}: NumPy has no {lacking} of its own: choose from {', '.join(others)}.")
    return here, left_out


def columns(impl, modes=False):
    """The names asked for, or the built-in ones whose framework is installed, and those left out.

    With `modes` all modes of theirs too.
    """
    names = [*filter(workers.installed, impls.NAMES)] if impl is None else [*map(column, _split(impl))]
    if len(set(names)) < len(names):
        raise UsageError(f"--impl {impl} names a column twice.")
    left_out = [name for name in impls.NAMES if impl is None and name not in names]
    return [*names, *(_modes_of(names) if modes else ())], left_out


def _modes_of(names):
    """The modes of these columns that are not among them. Raises UsageError where they have none."""
    own = [mode for mode in impls.mode_names() if mode.partition(":")[0] in names]
    if not own:
        raise UsageError(f"--modes finds none for {', '.join(names)}: there are {', '.join(impls.mode_names())}.")
    return [mode for mode in own if mode not in names]


def names(text):
    """The names in a list with commas; None where it is not given."""
    return None if text is None else _split(text)


def _split(text):
    return [*map(str.strip, text.split(","))]


def column(name):
    """The name, if a column has it. Raises UsageError."""
    packages = {framework.package: short for short, framework in impls.FRAMEWORKS.items()}
    if impls.is_built_in(name) or (name not in packages and _importable(name)):
        return name
    if ":" in name:
        raise UsageError(_no_mode(name))
    near = nearest(name.lower(), [*impls.NAMES, *packages])
    if name.endswith(".py") and _importable(name.removesuffix(".py")):
        hint = f"write {name.removesuffix('.py')}, the name by which Python imports it."
    elif near:
        hint = f"did you mean {packages.get(near, near)}?"
    else:
        hint = f"choose from {', '.join(impls.NAMES)}, or write a module of your own: fourfold agree --template numpy"
    raise UsageError(f"There is no column {name!r}: {hint}")


def _no_mode(name):
    """What is wrong with a name that has a colon, as modes have."""
    base, _, mode = name.partition(":")
    own = impls.MODES.get(base)
    if own:
        return f"{base} has no mode {mode!r}: choose from {', '.join(f'{base}:{mode}' for mode in own)}."
    if base in impls.NAMES:
        return f"{base} has no modes: choose from {', '.join(impls.mode_names())}."
    return f"There is no column {base!r} with modes: choose from {', '.join(impls.mode_names())}."


def _importable(name):
    """Whether Python finds such a module. Nothing is imported, the packages it is in neither: workers do that."""
    parts = name.split(".")
    if not all(map(str.isidentifier, parts)):
        return False
    module, folders = "", None  # None: wherever Python looks
    for part in parts:
        if module and folders is None:  # it is in no package
            return False
        module = f"{module}.{part}".removeprefix(".")
        spec = _spec(module, folders)
        if spec is None:
            return False
        # planted is a package, though no folder: only its module knows
        folders = getattr(sys.modules.get(module), "__path__", spec.submodule_search_locations)
    return True


def _spec(module, folders):
    """What Python knows of a module that is not imported yet; or None."""
    for finder in sys.meta_path:
        spec = finder.find_spec(module, folders)
        if spec is not None:
            return spec
    return None


def dtypes(text):
    """The precisions in a list with commas, each once. Raises UsageError."""
    precisions = dict.fromkeys(_split(text))
    for name in precisions:
        if name not in PRECISIONS:
            raise UsageError(f"There is no precision {name!r}: choose from {', '.join(PRECISIONS)}.")
    return [*precisions]


def one_dtype(command, text):
    """The precision, of a command that takes one. Raises UsageError."""
    precision, *more = dtypes(text)
    if more:
        raise UsageError(f"{command} takes one --dtype.")
    return precision


def asked_seeds(text):
    """The same; None where it is not given."""
    return None if text is None else seeds(text)


def seeds(text):
    """The range in "10" or "5:15". Raises UsageError."""
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


def activations(text):
    """The activations in a list with commas, each once. Raises UsageError."""
    chosen = [*dict.fromkeys(names(text) or ())]
    check_activations(chosen)
    return chosen
