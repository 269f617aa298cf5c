"""A sweep's folder: manifest.json says what is swept, and chunks/000012.parquet is the finished chunk 12.

Every line of a chunk's table is one training run after so many steps: its column, configuration, seed and losses. The
file's metadata have, as JSON, the hash of the options, how many numbers of every configuration were certified and how
many rejected, the first rejections, and the SHA-256 of the file itself. Files are written whole: a chunk is done where
its file is there, and every byte of it is what was written.
"""

import hashlib
import re
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
LARGEST_CHUNK = 2**31  # bytes
# What a file's own SHA-256 is that of: the file with this in its place.
PLACE = "the SHA-256 of this file, with these 64 characters in its place."
DIGEST = re.compile(rb'"sha256":"([0-9a-f]{64})"')


class Damaged(UsageError):
    """The file of a chunk is not what was written."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is swept: everything the user chooses that decides which numbers come out."""

    data: str
    data_sha256: str
    columns: list[str]
    dtypes: list[str]
    grid: dict[str, list]  # every axis, also those with one value
    first_seed: int
    seeds: int
    update: str = ""  # as --update has it; "": plain descent


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a folder was begun with."""

    schema_version: int
    options: Options
    options_sha256: str
    made_with: dict[str, str]  # chunk.made_with
    environment: Environment  # where it was begun


class ChunkMetadata(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in a chunk's file beside its table."""

    options_sha256: str
    index: int
    certified: list[int]  # numbers, a configuration
    rejected: list[int]
    rejections: list[Rejection]
    sha256: str  # of the file, see PLACE


def need_pyarrow():
    if not workers.package_installed("pyarrow"):
        raise UsageError("A sweep needs pyarrow: pip install 'fourfold[sweep]'.")


def begin(folder, options, made_with, command):
    """The Manifest of a sweep's folder, whether the sweep begins now or goes on.

    Raises UsageError where it was begun with other options or other versions, or the folder holds something else.
    """
    folder, digest = Path(folder), hashlib.sha256(msgspec.json.encode(options)).hexdigest()
    here = environment.environment(options.columns, options.dtypes, command)
    new = Manifest(SCHEMA_VERSION, options, digest, made_with, here)
    with files.alone(folder.parent):  # of two that begin in one folder, the second reads what the first has written
        old = _begun(folder, new)
    for name, was, now in _differences(old, new):
        raise UsageError(f"{folder} was begun with {name} {was}, but this is {now}: choose another --out.")
    return old


def _begun(folder, new):
    """The Manifest in a folder; where there is none, the new one, which is written."""
    if (folder / "manifest.json").exists():
        return read(folder)
    try:
        strange = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        raise UsageError(f"Cannot read {folder}: {error.strerror}.") from None
    if strange:
        raise UsageError(f"{folder} holds something other than a sweep: choose another --out, or empty it.")
    files.write_whole(folder / "manifest.json", result.encode(new))
    return new


def read(folder):
    """The Manifest of a folder. Raises UsageError."""
    path = Path(folder) / "manifest.json"
    return files.decode(path, Manifest, result.LARGEST_FILE, "the manifest of a sweep")


def _differences(old, new):
    """Yields (name, what it was, what it is now) of every option and version in which two Manifests differ."""
    for then, now in ((_flat(old.options), _flat(new.options)), (old.made_with, new.made_with)):
        for name in [*then, *(now.keys() - then.keys())]:
            if then.get(name) != now.get(name):
                yield name, _brief(then.get(name)), _brief(now.get(name))


def _flat(options):
    """{name: value}, with the grid's axes called as on the command line."""
    flat = msgspec.to_builtins(options)
    for name, values in flat.pop("grid").items():
        flat[f"--grid {name}"] = values
    return flat


def _brief(value):
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) < 60 else f"{text[:57]}..."


def path(folder, chunk):
    """The file of a Chunk."""
    return Path(folder) / "chunks" / f"{chunk.index:06}.parquet"


def is_done(folder, chunk, manifest):
    """Whether a Chunk is there. Raises Damaged where its file is, and UsageError where it is another sweep's."""
    file = path(folder, chunk)
    if not file.exists():
        return False
    metadata = _metadata(_content(file))
    if (metadata.options_sha256, metadata.index) != (manifest.options_sha256, chunk.index):
        raise UsageError(f"{file} belongs to another sweep: delete it, and it will be computed again.")
    return True


def _content(file):
    """The bytes of a chunk's file. Raises Damaged."""
    content = files.read_bytes(file, LARGEST_CHUNK)
    digest = DIGEST.search(content)
    if not digest or _sha256(content.replace(digest[1], PLACE.encode())) != digest[1]:
        raise Damaged(f"{file} is damaged: the same command computes it again.")
    return content


def _sha256(content):
    return hashlib.sha256(content).hexdigest().encode()


def _metadata(content):
    """The ChunkMetadata in a chunk's file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    return msgspec.json.decode(pq.read_metadata(pa.BufferReader(content)).metadata[KEY], type=ChunkMetadata)


def write(folder, chunk, computed, manifest):
    """Keeps what was Computed of a Chunk. Raises UsageError where its file cannot be written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    verdicts = computed.certified, computed.rejected, computed.rejections
    metadata = ChunkMetadata(manifest.options_sha256, chunk.index, *verdicts, PLACE)
    table, buffer = pa.table(_columns(chunk, computed.losses)), pa.BufferOutputStream()
    with pq.ParquetWriter(buffer, table.schema, compression="zstd") as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({KEY: msgspec.json.encode(metadata)})
    content = buffer.getvalue().to_pybytes()
    files.write_whole(path(folder, chunk), content.replace(PLACE.encode(), _sha256(content)))


def _columns(chunk, losses):
    """{name: values} of a chunk's table, a line a run and mark: by configuration, then by mark, then by seed."""
    import pyarrow as pa

    C, M, S = len(chunk.configurations), len(chunk.marks), len(chunk.seeds)
    lines = np.repeat(np.arange(C), M * S)  # the configuration of every line
    columns = {"column": pa.repeat(chunk.column, len(lines)), "dtype": pa.repeat(chunk.dtype, len(lines))}
    types = pa.string(), pa.int64(), pa.string(), pa.bool_(), pa.float64()
    fields = zip(*chunk.configurations, strict=True)
    for name, type_, values in zip(Configuration._fields, types, fields, strict=True):
        columns[name] = pa.array(values, type_).take(lines)
    columns["steps"] = np.tile(np.repeat(chunk.marks, S), C)
    columns["seed"] = np.tile(np.array(chunk.seeds), C * M)
    columns["first_loss"] = np.repeat(losses[:, :1], M, axis=1).ravel().astype(np.float64)
    columns["loss"] = losses[:, 1:].ravel().astype(np.float64)
    return columns


def read_all(folder, chunks):
    """Yields (chunk, ChunkMetadata, first losses (configurations, seeds), losses (configurations, marks, seeds)).

    Raises Damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    for chunk in chunks:
        content = _content(path(folder, chunk))
        table = pq.read_table(pa.BufferReader(content), columns=["first_loss", "loss"])
        shape = len(chunk.configurations), len(chunk.marks), len(chunk.seeds)
        first_losses = table["first_loss"].to_numpy().reshape(shape)
        losses = table["loss"].to_numpy().reshape(shape)
        yield chunk, _metadata(content), first_losses[:, 0], losses
