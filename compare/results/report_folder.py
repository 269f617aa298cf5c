"""A report's folder: result.json, inputs.npz, arrays/CASE-COLUMN-DTYPE.npz, proved/CASE-DTYPE.npz, cases from 0."""

import glob
import hashlib
import io
import os
import re
import shutil
import tokenize
import warnings
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from fourfold.compare.cases.case import LARGEST
from fourfold.compare.errors import UsageError
from fourfold.compare.judge.quantities import parameter_shapes
from fourfold.compare.results import environment, result
from fourfold.compare.results.arrays import layout, missing
from fourfold.compare.system import signals
from fourfold.compare.system.files import alone, read_bytes

# All that a report's folder may hold
FOLDERS = ("arrays", "proved")
PARTS = re.compile(
    r"(result|bench)\.json|inputs\.npz|index\.html|report\.md|junit\.xml|repro\.py|[^/]*\.(svg|csv)"
    r"|(arrays|proved)/[^/]*\.npz"
)
# A folder of ours that is not finished has the number of its process behind its name.
LEFT = re.compile(r"\d{1,9}(\.old)?")
WRITTEN = {".json", ".npz", ".html", ".md", ".xml", ".svg", ".csv", ".ipynb", ".py"}
LARGEST_NPZ = 2**30  # bytes, packed and unpacked


class Report(NamedTuple):
    result: result.Result
    inputs: dict  # X (N, d_in), Y (N, d_out), W1 ... of all seeds, grid (points, d_in) where it could be drawn
    arrays: dict  # (column, case name, dtype) -> dict of arrays
    proved: dict  # (case name, dtype) -> dict of arrays, see proved_curves.py; derived, so `load` leaves it out

    def by_dtype(self, case):
        """{dtype: {column: its arrays}} of a Case or Setting, of the columns that can be drawn."""
        there = {}
        for dtype in case.dtypes:
            for (column, name, precision), arrays in self.arrays.items():
                if (name, precision) == (case.name, dtype) and "Y_hat_final" in arrays:
                    there.setdefault(dtype, {})[column] = arrays
        return there


def files(report):
    """Everything of a Report as {relative path: bytes}; result.json lists the SHA-256 of the arrays."""
    names = [setting.name for setting in report.result.settings]
    contents = {"inputs.npz": npz(report.inputs)}
    for (column, case, dtype), arrays in report.arrays.items():
        if arrays:
            contents[_path(names.index(case), column, dtype)] = npz(arrays)
    listed = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
    contents["result.json"] = result.encode(msgspec.structs.replace(report.result, arrays=listed))
    for (case, dtype), arrays in report.proved.items():
        contents[f"proved/{names.index(case)}-{dtype}.npz"] = npz(arrays)
    return contents


def _path(n, column, dtype):
    """Where in the folder the arrays of a column on case n are."""
    return f"arrays/{n}-{column.replace(':', '+')}-{dtype}.npz"  # not every system has colons in names


def load(folder, only=None):
    """The Report in a folder, every array as its hash, name, dtype and shape in result.json demand.

    `only`: the relative path of the one column's .npz to read, instead of all. Raises UsageError.
    """
    folder = Path(folder)
    outcome = result.read(folder / "result.json")
    for setting in outcome.settings:
        if not _has_possible_sizes(setting):
            raise UsageError(
                f"{folder / 'result.json'} is not a result of fourfold: impossible sizes in {setting.name}."
            )
    if "inputs.npz" not in outcome.arrays:
        raise UsageError(f"{folder / 'result.json'} lists no arrays: make the report again.")
    inputs = _inputs(folder / "inputs.npz", outcome)
    paths = {}
    for n, setting in enumerate(outcome.settings):
        for column in outcome.columns:
            for dtype in setting.dtypes:
                paths[_path(n, column.name, dtype)] = column.name, setting, dtype
    kept = {}
    for path in outcome.arrays if only is None else [only]:
        if path == "inputs.npz":
            continue
        if path not in paths or path not in outcome.arrays:
            raise UsageError(f"{folder / path} is not one of the arrays that {folder / 'result.json'} lists.")
        column, setting, dtype = paths[path]
        content = _listed(folder / path, outcome.arrays[path])
        kept[column, setting.name, dtype] = _unpacked(folder / path, content, layout(setting, dtype), missing)
    return Report(outcome, inputs, kept, {})


def _has_possible_sizes(s):
    sizes = (s.samples, s.steps, s.seeds, *s.widths)
    if min(sizes) < 1 or max(sizes) > LARGEST:
        return False
    return len(s.widths) == 1 + len(s.activations) if s.activations else len(s.widths) == 3 and not s.biases


def _inputs(path, outcome):
    """What is in inputs.npz, which is what the first case was computed from."""
    first = outcome.settings[0]
    expected = {"X": ("float64", (first.samples, first.widths[0])), "Y": ("float64", (first.samples, first.widths[-1]))}
    for name, shape in parameter_shapes((first.seeds,), first.widths, first.biases).items():
        expected[name] = "float64", shape
    content = _listed(path, outcome.arrays["inputs.npz"])
    inputs = _unpacked(path, content, expected | {"grid": ("float64", (None, 2))}, _missing_input)
    if environment.digest(*map(inputs.get, expected)) != first.inputs_sha256:
        raise UsageError(f"{path} is not what {path.with_name('result.json')} was computed from.")
    return inputs


def _missing_input(there, expected):
    return sorted(expected.keys() - there - {"grid"})


def _listed(path, sha256):
    """The bytes of a file that has this hash."""
    if not path.is_file():
        raise UsageError(f"{path} is missing, and result.json lists it: the report is not complete.")
    content = read_bytes(path, LARGEST_NPZ)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UsageError(f"{path} was changed after the report was made: its SHA-256 is not the one in result.json.")
    return content


def _unpacked(path, content, expected, missing):
    """The arrays in an .npz, which must be {name: (dtype, shape)}; None is any length.

    missing(names that are there, expected): the names that have to be there too.
    """
    unpacked = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > LARGEST_NPZ:
                raise ValueError(f"unpacked, it is larger than {LARGEST_NPZ:,} bytes")
            for member in members:
                name = member.filename.removesuffix(".npy")
                unpacked[name] = _array(archive.read(member), member.filename, expected)
        for name in missing(unpacked.keys(), expected):
            raise ValueError(f"{name} is missing")
    # zipfile raises NotImplementedError for a compression that it does not know, RuntimeError for a password
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise UsageError(f"{path} does not hold the arrays of a fourfold report: {error}.") from None
    return unpacked


def _array(content, filename, expected):
    name = filename.removesuffix(".npy")
    if name == filename or name not in expected:
        raise ValueError(f"{filename!r} is not one of them")
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError(f"{filename} is of another version of the format")
    try:
        with warnings.catch_warnings(action="error"):  # of Python 2's headings, which are none of ours
            shape, fortran, native = np.lib.format.read_array_header_1_0(stream)
    except (SyntaxError, tokenize.TokenError, UserWarning):
        raise ValueError(f"{filename} begins with something else") from None
    if native.hasobject:
        raise ValueError(f"{filename} holds pickled Python objects, which are never read")
    dtype, wanted = expected[name]
    if fortran or native.newbyteorder("=") != np.dtype(dtype) or not _fits(shape, wanted):
        raise ValueError(f"{filename} is {native.name} {shape} where {dtype} {wanted} is expected")
    return np.frombuffer(stream.read(), native).reshape(shape).astype(dtype)


def _fits(shape, wanted):
    """Whether a shape is the wanted one, in which None is any length."""
    return len(shape) == len(wanted) and all(length in {n, None} for n, length in zip(shape, wanted, strict=True))


def npz(arrays):
    """The bytes of an .npz without pickles or time stamps: the same arrays give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def check_writable(folder, strange=None):
    """Raises UsageError now, rather than after the work, where `write_folder` could not write or must not replace.

    `strange(folder)` says what keeps a folder from being replaced, or None; it knows a report where it is not given.
    """
    if not str(folder):
        raise UsageError("--out takes the name of a folder.")
    with alone(_target(folder).parent):
        _check(folder, strange)


def _check(folder, strange):
    name, folder = folder, _target(folder)
    if folder in (Path.cwd(), *Path.cwd().parents):
        raise UsageError(f"You are in {name}, and a report replaces its folder: choose another --out.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with signals.held():
            probe = folder.with_name(f".{folder.name}.{os.getpid()}")
            probe.mkdir()
            probe.rmdir()
        reason = folder.exists() and (strange or _strange)(folder)
    except OSError as error:
        raise UsageError(f"Cannot write the folder {name}: {error.strerror}.") from None
    if reason:
        raise UsageError(f"{name} {reason}: choose another --out, or empty it.")


def _tidy(folder):
    """Removes what a killed run has left beside a folder; the old one, if it had just moved that away, is put back."""
    for left in folder.parent.glob(f".{glob.escape(folder.name)}.*"):
        _, _, rest = left.name.partition(f"{folder.name}.")
        if not LEFT.fullmatch(rest) or left.is_symlink() or not _is_nobodys(int(rest.removesuffix(".old")), left):
            continue
        with suppress(OSError):
            if rest.endswith(".old") and not folder.exists():
                left.rename(folder)
            else:
                shutil.rmtree(left)


def _is_nobodys(pid, left):
    """Whether the process is gone, and nothing but files such as we write are there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return all(path.suffix in WRITTEN or (path.is_dir() and path.name in FOLDERS) for path in left.rglob("*"))
    except PermissionError:
        pass  # it is somebody else's
    return False


def _target(folder):
    return Path(os.path.realpath(folder))


def _strange(folder):
    """What keeps a folder from being replaced, or None: only an empty one, or a report and nothing else, may be."""
    if not folder.is_dir():
        return "is a file"
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not (name in FOLDERS if path.is_dir() else PARTS.fullmatch(name)) or path.is_symlink():
            return f"holds something other than a report ({name})"
    if any(folder.iterdir()):
        try:
            result.read(folder / "result.json")
        except UsageError:
            return "holds something other than a report (result.json is missing or no result of fourfold)"
    return None


def write_folder(folder, contents, strange=None):
    """Write {relative path: bytes} as a folder that is there whole or not at all; an older report is replaced.

    Raises UsageError, and leaves what was there, where it cannot be written or holds something else.
    """
    with alone(_target(folder).parent), signals.held():
        _tidy(_target(folder))
        _check(folder, strange)
        _replace(_target(folder), contents)


def _replace(folder, contents):
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    try:
        for name, content in contents.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            if folder.exists():
                folder.rename(old)
            beside.rename(folder)
        finally:
            if old.exists() and not folder.exists():
                old.rename(folder)
    except OSError as error:
        raise UsageError(f"Cannot write the folder {folder}: {error.strerror}.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
