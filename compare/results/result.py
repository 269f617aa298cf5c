"""What an agreement run found, as data: `result.json` and the arrays beside it.

The schema is these classes (`reports/result.schema.json` is made from them). A number that JSON cannot hold is
written as one of the strings "nan", "inf", "-inf".
"""

import math
from typing import Literal

import msgspec
import numpy as np

from fourfold.compare.errors import exit_code
from fourfold.compare.system.files import decode

SCHEMA_VERSION = 1
Number = float | Literal["nan", "inf", "-inf"]
LARGEST_FILE = 64 * 2**20  # bytes of JSON


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One quantity of one column in one precision, over all seeds and steps at which it was certified."""

    column: str
    case: str
    dtype: str
    quantity: str  # of a trace, or "every L", "every W2", "every W1" ...: the loss and weights of every step
    checked: int  # numbers certified
    no_number: int  # had to be NaN or infinite, because the truth is or is out of range
    out_of_range: int  # neither: so near the largest number that a correct evaluation may or may not overflow
    rejected: int
    worst_ratio: Number  # largest error as a fraction of its limit
    worst_ulps: Number  # largest error in units in the last place of the truth
    # largest limit relative to the largest exact value, where that is least: of smaller faults nothing is said
    sharpness: Number | None = None


class Rejection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first wrong number of a column: first in steps, then in order of computation."""

    column: str
    case: str
    dtype: str
    step: int
    seed: int | None
    quantity: str
    index: list[int] = []  # of the entry, within one seed's array
    value: Number | None = None
    truth: Number | None = None  # rounded to float64
    error: Number | None = None
    limit: Number | None = None
    note: str = ""
    certificate: str = ""  # what ball arithmetic says of it
    reproduce: str = ""  # a Python script
    loses_digits: bool = False  # the formula is right, its arithmetic is not: no more than rounding, in both precisions
    mistakes: list[str] = []  # of the catalogue, that give these numbers
    diagnosis: str = ""  # what the numbers look like, in words


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    verdict: str  # "agrees", "disagrees", "not judged"
    reason: str  # why it was not judged, or ""
    loses_digits: bool = False  # all that is wrong with it is that its right formulas lose digits
    judged: list[str] = []  # the functions that were judged, of a column that has not all; [] of one that has
    missing: list[str] = []  # the functions that it has not
    one_at_a_time: bool = False  # its functions were asked about one network at a time
    unknown: dict[str, str] = {}  # activations that it was not judged with, and why
    left_out: str = ""  # why it was not asked about networks of the other row, where there were some


class Mode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mode of a column beside the column itself: how far their bits, and their accuracy, differ."""

    column: str  # "torch:compile"
    base: str  # "torch"
    compared: int  # numbers of the traces at the initial weights, of all cases
    moved: int  # of them, those whose bits differ
    share: Number  # largest difference, as a fraction of what two correct columns may differ by
    # where the largest errors, as fractions of their limits, differ most
    quantity: str
    case: str
    dtype: str
    ratio: Number
    base_ratio: Number


class Convention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a column's optimiser does where they differ: one point of judge/updates.POINTS."""

    column: str
    point: str
    choices: list[str]  # all that its numbers allow: one, where they can be told apart
    # where the papers' choice is refuted: the first number that does, its error, and that as a fraction of the limit
    step: int | None = None
    quantity: str = ""
    dtype: str = ""
    error: Number | None = None
    share: Number | None = None


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was asked of every column."""

    name: str  # of the case; rows and rejections refer to it
    samples: int
    widths: list[int]  # d_in, the layers', d_out
    parameters: int
    activation: str
    lr: float
    steps: int
    first_seed: int
    seeds: int
    dtypes: list[str]
    inputs_sha256: str  # of X, Y and all initial weights, in float64
    activations: list[str] = []  # a name a layer, in the row of any depth; [] in the two-layer row
    biases: bool = False
    call_steps: int = 0  # how many steps the longest calls of `train` made; 0: it is not known
    weights_file: str = ""  # where the initial weights were read; "": they were drawn, with the seeds
    update: str = ""  # the optimiser and its settings, in words; "": plain descent

    def row(self):
        return "deep" if self.activations else "two_layer"

    def depth(self):
        return len(self.widths) - 1

    def networks(self):
        """Which there are, in words."""
        return self.weights_file or f"seeds {self.first_seed}:{self.first_seed + self.seeds}"


class Environment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fourfold: str
    python: str
    versions: dict[str, str]
    system: str
    cpu: str
    cores: int
    threads: str
    wide: dict[str, str]  # the numbers that judged each precision
    command: str
    variables: dict[str, str] = {}  # of the environment, those that change what libraries compute
    # {column: {what: text}}: what its process had imported, and how that was set up, at the end of the run
    processes: dict[str, dict[str, str]] = {}


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema_version: int
    created: str  # UTC, ISO 8601
    settings: list[Setting]
    environment: Environment
    columns: list[Column]
    rows: list[Row]
    rejections: list[Rejection]
    seconds: dict[str, float]  # a column's own time, imports included; "total" is the run's
    modes: list[Mode] = []  # of columns that were judged too
    # {column that was run again in a new process: what had other bits first, "" where nothing had}
    twice: dict[str, str] = {}
    conventions: list[Convention] = []  # of the columns that agree, by an optimiser
    arrays: dict[str, str] = {}  # the SHA-256 of every .npz beside a report's result.json, by its relative path

    def exit_code(self):
        verdicts = {column.verdict for column in self.columns}
        return exit_code("disagrees" in verdicts, "not judged" in verdicts)


def number(x):
    """A float as JSON can hold it."""
    x = float(x)
    return x if math.isfinite(x) else "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"


def numbers(Z):
    """An array as nested lists that JSON can hold."""
    return number(Z) if np.ndim(Z) == 0 else [numbers(z) for z in Z]


def encode(result):
    return msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"


def schema():
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Result)), indent=1) + b"\n"


def read(path):
    """The Result in a file. Raises UsageError where it is missing, damaged, too large or of another schema version."""
    return decode(path, Result, LARGEST_FILE, "a result of fourfold", SCHEMA_VERSION)
