"""What a sweep found, as data: a row for every configuration, from the chunks that are there."""

import msgspec
import numpy as np

from fourfold.compare.errors import UsageError
from fourfold.compare.results.result import Column, Number, Rejection, number
from fourfold.compare.sweep import grid, store
from fourfold.compare.sweep.store import Manifest
from fourfold.compare.system import files

SCHEMA_VERSION = 1
REACHED = 1e-3
KEPT = 20  # rejections


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One configuration of one column in one precision after so many steps, over all seeds."""

    column: str
    dtype: str
    layers: str | None
    hidden: int | None
    activation: str
    bias: bool
    lr: float
    steps: int
    seeds: int
    median_loss: Number
    reached: float  # share of the seeds whose loss is below REACHED
    diverged: float  # share of the seeds whose loss is no number, or larger than at the initial weights


class Summary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema_version: int
    manifest: Manifest
    runs: int  # training runs that are there
    missing: int  # chunks that are not
    certified: int  # numbers of the sample
    rejected: int
    columns: list[Column]
    rows: list[Row]
    rejections: list[Rejection]

    def exit_code(self):
        verdicts = {column.verdict for column in self.columns}
        return 1 if "disagrees" in verdicts else 3 if "not judged" in verdicts else 0


def of(folder, chunks, manifest, failures):
    """The Summary of the chunks in a folder. Raises UsageError where a file is damaged."""
    there = [chunk for chunk in chunks if store.is_done(folder, chunk, manifest)]
    found, judged, rejections = {}, {}, {}
    for chunk, said, first, losses in store.read_all(folder, there):
        certified, rejected = judged.get(chunk.column, (0, 0))
        judged[chunk.column] = certified + sum(said.certified), rejected + sum(said.rejected)
        rejections.setdefault(chunk.column, []).extend(said.rejections)
        for n, c in enumerate(chunk.configurations):
            found.setdefault((chunk.column, chunk.dtype, c), []).append((first[n], losses[n]))
    marks = chunks[0].marks
    return Summary(
        schema_version=SCHEMA_VERSION,
        manifest=manifest,
        runs=sum(len(chunk.configurations) * len(chunk.seeds) for chunk in there),
        missing=len(chunks) - len(there),
        certified=sum(certified for certified, _ in judged.values()),
        rejected=sum(rejected for _, rejected in judged.values()),
        columns=[_verdict(name, judged.get(name, (0, 0)), failures.get(name)) for name in manifest.options.columns],
        rows=[row for key, parts in found.items() for row in _rows(key, marks, parts)],
        rejections=[r for of in rejections.values() for r in of][:KEPT],
    )


def _verdict(name, judged, failure):
    certified, rejected = judged
    reason = failure or ("" if certified else f"{name}: none of its numbers could be certified")
    return Column(name, "disagrees" if rejected else "not judged" if reason else "agrees", reason)


def _rows(key, marks, parts):
    column, dtype, c = key
    first, losses = (np.concatenate(Z, axis=-1) for Z in zip(*parts, strict=True))
    for steps, loss in zip(marks, losses, strict=True):
        yield Row(
            column=column,
            dtype=dtype,
            **c._asdict(),
            steps=steps,
            seeds=len(loss),
            median_loss=number(np.median(np.nan_to_num(loss, nan=np.inf))),
            reached=float((loss < REACHED).mean()),
            diverged=float((~(loss <= first)).mean()),
        )


def varied(options):
    """The axes that have more than one value."""
    return [name for name in grid.AXES if len(options.grid[name]) > 1]


def read(path):
    """The Summary in a file. Raises UsageError."""
    content = files.read_bytes(path, 2**30)
    try:
        return msgspec.json.decode(content, type=Summary)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not the summary of a sweep: {error}.") from None
