"""A report's folder: result.json, inputs.npz and arrays/CASE-COLUMN-DTYPE.npz, cases counted from 0."""

import io
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from compare import result
from compare.errors import UsageError

# All that a report's folder may hold
FOLDERS = ("arrays", "proved")
PARTS = re.compile(r"result\.json|inputs\.npz|index\.html|report\.md|junit\.xml|[^/]*\.svg|(arrays|proved)/[^/]*\.npz")


class Report(NamedTuple):
    result: result.Result
    inputs: dict  # X (N, d_in), Y (N, d_out), W1, W2 of all seeds, grid (points, d_in) where it could be drawn
    arrays: dict  # (column, case name, dtype) -> dict of arrays


def files(report):
    """Everything of a Report as {relative path: bytes}."""
    position = {s.name: n for n, s in enumerate(report.result.settings)}
    found = [(column, position[case], dtype, a) for (column, case, dtype), a in report.arrays.items() if a]
    arrays = {f"arrays/{case}-{column}-{dtype}.npz": npz(a) for column, case, dtype, a in found}
    return {"result.json": result.encode(report.result), "inputs.npz": npz(report.inputs), **arrays}


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
    """Raises UsageError now, rather than after the work, where `write_folder` could not write or must not replace."""
    if not str(folder):
        raise UsageError("--out takes the name of a folder.")
    name, folder = folder, _target(folder)
    if folder in (Path.cwd(), *Path.cwd().parents):
        raise UsageError(f"You are in {name}, and a report replaces its folder: choose another --out.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        probe = folder.with_name(f".{folder.name}.{os.getpid()}")
        probe.mkdir()
        probe.rmdir()
        strange = folder.exists() and _strange(folder)
    except OSError as error:
        raise UsageError(f"Cannot write the folder {name}: {error.strerror}.") from None
    if strange:
        raise UsageError(f"{name} {strange}: choose another --out, or empty it.")


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


def write_folder(folder, contents):
    """Write {relative path: bytes} as a folder that is there whole or not at all; an older report is replaced.

    Raises UsageError, and leaves what was there, where it cannot be written or holds something else.
    """
    check_writable(folder)
    folder = _target(folder)
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
