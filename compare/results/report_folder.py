"""A report's folder: result.json, inputs.npz, arrays/CASE-COLUMN-DTYPE.npz, proved/CASE-DTYPE.npz, cases from 0."""

import hashlib
import io
import os
import re
import shutil
import tokenize
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from fourfold.compare.cases.case import LARGEST
from fourfold.compare.errors import UsageError
from fourfold.compare.judge.quantities import parameter_shapes
from fourfold.compare.results import environment, result
from fourfold.compare.system import signals
from fourfold.compare.system.files import alone, read_bytes

# All that a report's folder may hold
FOLDERS = ("arrays", "proved")
PARTS = re.compile(
    r"(result|bench)\.json|inputs\.npz|index\.html|report\.md|junit\.xml|[^/]*\.(svg|csv)|(arrays|proved)/[^/]*\.npz"
)
LARGEST_NPZ = 2**30  # bytes, packed and unpacked
OPTIONAL = {"grid", "Y_hat_grid"}


class Report(NamedTuple):
    result: result.Result
    inputs: dict  # X (N, d_in), Y (N, d_out), W1 ... of all seeds, grid (points, d_in) where it could be drawn
    arrays: dict  # (column, case name, dtype) -> dict of arrays
    proved: dict  # (case name, dtype) -> dict of arrays, see proofs.py; derived, so `load` leaves it out


def files(report):
    """Everything of a Report as {relative path: bytes}; result.json lists the SHA-256 of the arrays."""
    paths = {key: path for path, key in _paths(report.result).items()}
    arrays = {"inputs.npz": npz(report.inputs), **{paths[key]: npz(a) for key, a in report.arrays.items() if a}}
    listed = {path: hashlib.sha256(content).hexdigest() for path, content in arrays.items()}
    position = {s.name: n for n, s in enumerate(report.result.settings)}
    proved = {f"proved/{position[case]}-{dtype}.npz": npz(a) for (case, dtype), a in report.proved.items()}
    return {"result.json": result.encode(msgspec.structs.replace(report.result, arrays=listed)), **arrays, **proved}


def _paths(found):
    """{relative path: (column, case name, dtype)} of all arrays that a Result can have."""
    keys = [
        (c.name, n, s.name, dtype) for n, s in enumerate(found.settings) for c in found.columns for dtype in s.dtypes
    ]
    return {f"arrays/{n}-{column}-{dtype}.npz": (column, case, dtype) for column, n, case, dtype in keys}


def load(folder, only=None):
    """The Report in a folder, every array as its hash, name, dtype and shape in result.json demand.

    `only`: the relative path of the one column's .npz to read, instead of all. Raises UsageError.
    """
    folder = Path(folder)
    found = result.read(folder / "result.json")
    for s in found.settings:
        sizes = (s.samples, s.steps, s.seeds, *s.widths)
        fits = len(s.widths) == 1 + len(s.activations) if s.activations else len(s.widths) == 3 and not s.biases
        if not fits or not all(1 <= n <= LARGEST for n in sizes):
            raise UsageError(f"{folder / 'result.json'} is not a result of fourfold: impossible sizes in {s.name}.")
    paths, settings = _paths(found), {s.name: s for s in found.settings}
    if "inputs.npz" not in found.arrays:
        raise UsageError(f"{folder / 'result.json'} lists no arrays: make the report again.")
    inputs, arrays = {}, {}
    for path in found.arrays if only is None else ["inputs.npz", only]:
        if path != "inputs.npz" and (path not in paths or path not in found.arrays):
            raise UsageError(f"{folder / path} is not one of the arrays that {folder / 'result.json'} speaks of.")
        content = _listed(folder / path, found.arrays[path])
        if path == "inputs.npz":
            inputs = _unpacked(folder / path, content, _inputs(found.settings[0]))
        else:
            _, case, dtype = key = paths[path]
            arrays[key] = _unpacked(folder / path, content, arrays.layout(settings[case], dtype))
    if (
        environment.digest(*(inputs[name] for name in _inputs(found.settings[0]) if name != "grid"))
        != found.settings[0].inputs_sha256
    ):
        raise UsageError(f"{folder / 'inputs.npz'} is not what {folder / 'result.json'} was computed from.")
    return Report(found, inputs, arrays, {})


def _inputs(s):
    """{name: (dtype, shape)} of the arrays in inputs.npz."""
    shapes = {
        "X": (s.samples, s.widths[0]),
        "Y": (s.samples, s.widths[-1]),
        **parameter_shapes(s.seeds, s),
        "grid": (None, 2),
    }
    return {name: ("float64", shape) for name, shape in shapes.items()}


def _listed(path, sha256):
    """The bytes of a file that has this hash."""
    if not path.is_file():
        raise UsageError(f"{path} is missing, and result.json lists it: the report is not complete.")
    content = read_bytes(path, LARGEST_NPZ)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UsageError(f"{path} was changed after the report was made: its SHA-256 is not the one in result.json.")
    return content


def _unpacked(path, content, layout):
    """The arrays in an .npz, which must be {name: (dtype, shape)}; None is any length."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > LARGEST_NPZ:
                raise ValueError(f"unpacked, it is larger than {LARGEST_NPZ:,} bytes")
            arrays = {m.filename.removesuffix(".npy"): _array(archive.read(m), m.filename, layout) for m in members}
        missing = {name for name in layout.keys() - arrays.keys() - OPTIONAL if not name.startswith("ulps_")}
        if missing:
            raise ValueError(f"{min(missing)} is missing")
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise UsageError(f"{path} does not hold the arrays of a fourfold report: {error}.") from None
    return arrays


def _array(content, filename, layout):
    if not (filename.endswith(".npy") and filename.removesuffix(".npy") in layout):
        raise ValueError(f"{filename!r} is not one of them")
    dtype, shape = layout[filename.removesuffix(".npy")]
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError(f"{filename} is of another version of the format")
    try:
        with warnings.catch_warnings(action="error"):  # of Python 2's headings, which are none of ours
            found, fortran, native = np.lib.format.read_array_header_1_0(stream)
    except (SyntaxError, tokenize.TokenError, UserWarning):
        raise ValueError(f"{filename} begins with something else") from None
    if native.hasobject:
        raise ValueError(f"{filename} holds pickled Python objects, which are never read")
    fits = len(found) == len(shape) and all(n in {m, None} for m, n in zip(found, shape, strict=True))
    if fortran or native.newbyteorder("=") != np.dtype(dtype) or not fits:
        raise ValueError(f"{filename} is {native.name} {found} where {dtype} {shape} is expected")
    return np.frombuffer(stream.read(), native).reshape(found).astype(dtype)


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
