"""A report's folder: result.json, inputs.npz, arrays/CASE-COLUMN-DTYPE.npz, proved/CASE-DTYPE.npz, cases from 0."""

import io
import os
import shutil
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from compare import result
from compare.errors import UsageError


class Report(NamedTuple):
    result: result.Result
    inputs: dict  # X (N, d_in), Y (N, d_out), W1, W2 of all seeds, grid (points, d_in) where it could be drawn
    arrays: dict  # (column, case name, dtype) -> dict of arrays
    proved: dict  # (case name, dtype) -> dict of arrays, see proofs.py


def files(report):
    """Everything of a Report as {relative path: bytes}."""
    position = {s.name: n for n, s in enumerate(report.result.settings)}
    found = [(column, position[case], dtype, a) for (column, case, dtype), a in report.arrays.items() if a]
    arrays = {f"arrays/{case}-{column}-{dtype}.npz": npz(a) for column, case, dtype, a in found}
    proved = {f"proved/{position[case]}-{dtype}.npz": npz(a) for (case, dtype), a in report.proved.items()}
    return {"result.json": result.encode(report.result), "inputs.npz": npz(report.inputs), **arrays, **proved}


def npz(arrays):
    """The bytes of an .npz without pickles or time stamps: the same arrays give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def check_writable(folder):
    """Raises UsageError now, rather than after the work, where the folder cannot be made."""
    parent = Path(folder).absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        probe = parent / f".{Path(folder).name}.{os.getpid()}"
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise UsageError(f"Cannot write the folder {folder}: {error.strerror}.") from None
    if Path(folder).exists() and not (Path(folder) / "result.json").is_file() and any(Path(folder).iterdir()):
        raise UsageError(f"{folder} holds something other than a report: choose another --out, or empty it.")


def write_folder(folder, contents):
    """Write {relative path: bytes} as a folder that is there whole or not at all; an older one is replaced."""
    folder = Path(folder).absolute()
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    try:
        for name, content in contents.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if folder.exists():
            folder.rename(old)
        beside.rename(folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise UsageError(f"Cannot write the folder {folder}: {error.strerror}.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
