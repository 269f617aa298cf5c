"""A sweep's folder: manifest.json says what it is of, chunks/000012.parquet is one finished chunk, written whole.

A row of a chunk is one training run after so many steps. What its file says of itself, as JSON in the metadata: the
manifest's hash, the numbers certified and rejected in every configuration, and the first rejections.
"""

import hashlib
from pathlib import Path

import msgspec
import numpy as np

from fourfold.compare.columns import workers
from fourfold.compare.errors import UsageError
from fourfold.compare.results import environment, result
from fourfold.compare.results.result import Environment, Rejection
from fourfold.compare.sweep.grid import Configuration
from fourfold.compare.system import files

SCHEMA_VERSION = 1
KEY = b"fourfold"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sweep is of: everything that decides which numbers it gives."""

    data: str
    data_sha256: str
    columns: list[str]
    dtypes: list[str]
    grid: dict[str, list]  # every axis, also those with one value
    first_seed: int
    seeds: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema_version: int
    options: Options
    options_sha256: str
    made_with: dict[str, str]  # chunk.made_with
    environment: Environment  # where it was begun


class Judged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a chunk's file says of itself."""

    options_sha256: str
    index: int
    certified: list[int]  # numbers, a configuration
    rejected: list[int]
    rejections: list[Rejection]


def need_pyarrow():
    if not workers.package_installed("pyarrow"):
        raise UsageError("A sweep is kept in Parquet files: pip install 'fourfold[sweep]', for pyarrow.")


def begin(folder, options, made_with, command):
    """The Manifest of a folder, which is made where there is none. Raises UsageError.

    What was begun with other options or other versions is refused, and so is a folder that holds anything else.
    """
    folder, digest = Path(folder), hashlib.sha256(msgspec.json.encode(options)).hexdigest()
    here = environment.environment(options.columns, options.dtypes, command)
    new = Manifest(SCHEMA_VERSION, options, digest, made_with, here)
    with files.alone(folder.parent):
        old = _begun(folder, new)
    for name, was, now in _differences(old, new):
        raise UsageError(f"{folder} was begun with {name} {was}, and this is {now}: choose another --out.")
    return old


def _begun(folder, new):
    """The Manifest that is there, or now is."""
    if not (folder / "manifest.json").exists():
        try:
            strange = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
        except OSError as error:
            raise UsageError(f"Cannot read {folder}: {error.strerror}.") from None
        if strange:
            raise UsageError(f"{folder} holds something other than a sweep: choose another --out, or empty it.")
        files.write_whole(folder / "manifest.json", result.encode(new))
        return new
    return read(folder)


def read(folder):
    """The Manifest of a folder. Raises UsageError."""
    path = Path(folder) / "manifest.json"
    content = files.read_bytes(path, files.LARGEST_FILE)
    try:
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not the manifest of a sweep: {error}.") from None


def _differences(old, new):
    for then, now in ((_plain(old.options), _plain(new.options)), (old.made_with, new.made_with)):
        for name in [*then, *(now.keys() - then.keys())]:
            if then.get(name) != now.get(name):
                yield name, _said(then.get(name)), _said(now.get(name))


def _plain(options):
    plain = msgspec.to_builtins(options)
    return plain | {f"--grid {name}": values for name, values in plain.pop("grid").items()}


def _said(value):
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) < 60 else f"{text[:57]}..."


def path(folder, chunk):
    return Path(folder) / "chunks" / f"{chunk.index:06}.parquet"


def is_done(folder, chunk, manifest):
    """Whether a chunk is there. Raises UsageError where its file is damaged, or another sweep's."""
    if not path(folder, chunk).exists():
        return False
    judged = _judged(path(folder, chunk))
    if (judged.options_sha256, judged.index) != (manifest.options_sha256, chunk.index):
        raise UsageError(f"{path(folder, chunk)} is of another sweep: remove it, and it will be computed again.")
    return True


def _judged(file):
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return msgspec.json.decode(pq.read_metadata(file).metadata[KEY], type=Judged)
    except (pa.ArrowException, OSError, TypeError, KeyError, msgspec.DecodeError) as error:
        said = str(error).splitlines()[0][:150]
        raise UsageError(f"{file} is damaged ({said}): remove it, and it will be computed again.") from None


def write(folder, chunk, found, manifest):
    """Keep a Found; the file is there whole or not at all. Raises UsageError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    judged = Judged(manifest.options_sha256, chunk.index, found.certified, found.rejected, found.rejections)
    table = pa.table(_columns(chunk, found.losses), metadata={KEY: msgspec.json.encode(judged)})
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="zstd")
    files.write_whole(path(folder, chunk), buffer.getvalue().to_pybytes())


def _columns(chunk, losses):
    import pyarrow as pa

    S, M, types = len(chunk.seeds), len(chunk.marks), dict(zip(Configuration._fields, _types(pa), strict=True))
    of_each = np.repeat(np.arange(len(chunk.configurations)), S * M)
    named = lambda name: pa.array([getattr(c, name) for c in chunk.configurations], types[name]).take(of_each)
    return {
        "column": pa.repeat(chunk.column, len(of_each)),
        "dtype": pa.repeat(chunk.dtype, len(of_each)),
        **{name: named(name) for name in types},
        "steps": np.tile(np.repeat(chunk.marks, S), len(chunk.configurations)),
        "seed": np.tile(np.array(chunk.seeds), len(chunk.configurations) * M),
        "first_loss": np.repeat(losses[:, :1], M, axis=1).ravel().astype(np.float64),
        "loss": losses[:, 1:].ravel().astype(np.float64),
    }


def _types(pa):
    """Of a Configuration's fields."""
    return pa.string(), pa.int64(), pa.string(), pa.bool_(), pa.float64()


def read_all(folder, chunks):
    """Yields (chunk, Judged, first losses (configurations, seeds), losses (configurations, marks, seeds))."""
    import pyarrow.parquet as pq

    for chunk in chunks:
        file = path(folder, chunk)
        table = pq.read_table(file, columns=["first_loss", "loss"])
        shape = len(chunk.configurations), len(chunk.marks), len(chunk.seeds)
        first, losses = (table[name].to_numpy().reshape(shape) for name in ("first_loss", "loss"))
        yield chunk, _judged(file), first[:, 0], losses
