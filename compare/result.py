"""What an agreement run found, as data: `result.json` and the arrays beside it.

The schema is these classes (`reports/result.schema.json` is made from them). A number that JSON cannot hold is
written as one of the strings "nan", "inf", "-inf".
"""

import errno
import fcntl
import math
import os
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from compare import signals
from compare.errors import UsageError

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


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    verdict: str  # "agrees", "disagrees", "not judged"
    reason: str  # why it was not judged, or ""


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

    def row(self):
        return "deep" if self.activations else "two_layer"

    def depth(self):
        return len(self.widths) - 1


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


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema_version: int
    created: str  # UTC, ISO 8601
    settings: list[Setting]
    environment: Environment
    columns: list[Column]
    rows: list[Row]
    rejections: list[Rejection]
    seconds: dict[str, float]  # a column's own time, imports included; "total" is the run's
    arrays: dict[str, str] = {}  # the SHA-256 of every .npz beside a report's result.json, by its relative path

    def exit_code(self):
        verdicts = {column.verdict for column in self.columns}
        return 1 if "disagrees" in verdicts else 3 if "not judged" in verdicts else 0


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
    content = read_bytes(path, LARGEST_FILE)
    try:
        version = msgspec.json.decode(content).get("schema_version")
        if version != SCHEMA_VERSION:
            raise UsageError(f"{path} has schema version {version}; this fourfold reads version {SCHEMA_VERSION}.")
        return msgspec.json.decode(content, type=Result)
    except (msgspec.DecodeError, AttributeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not a result of fourfold: {error}.") from None


def read_bytes(path, largest):
    """What is in a file of at most `largest` bytes. Raises UsageError."""
    try:
        with open(path, "rb") as file:
            content = file.read(largest + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"Cannot read {path}: {getattr(error, 'strerror', error)}.") from None
    if len(content) > largest:
        raise UsageError(f"{path} is larger than {largest:,} bytes, the most that is read of such a file.")
    return content


def check_writable(path):
    """Raises UsageError now, rather than after the work, where `write_whole` could not write."""
    path = _target(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not _is_written_through(path):
            tempfile.TemporaryFile(dir=path.parent).close()
        elif not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}.") from None


def write_whole(path, content):
    """Write bytes to a file, whole or not at all; symlinks are followed, pipes and devices written through.

    Raises UsageError where it cannot be written.
    """
    path = _target(path)
    try:
        if _is_written_through(path):
            path.write_bytes(content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with signals.held():
            _replace(path, content)
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}.") from None


def _replace(path, content):
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    finally:
        Path(beside).unlink(missing_ok=True)


@contextmanager
def alone(folder):
    """Of several runs that write into a folder one is in here, and the others wait; where its system has such locks."""
    with ExitStack() as until_the_end:
        with suppress(OSError):
            Path(folder).mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY)
            until_the_end.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _target(path):
    path = Path(path)
    return path if str(path).startswith("/dev/") else Path(os.path.realpath(path))


def _is_written_through(path):
    """A pipe or a device, or one's own open file under a name in /dev: not to be replaced by another file."""
    return str(path).startswith("/dev/") or (path.exists() and not path.is_file() and not path.is_dir())
