"""A sweep's outcome as data: every configuration, over all seeds, from the chunks that are there."""

from collections import Counter

import msgspec
import numpy as np

from fourfold.compare.errors import exit_code
from fourfold.compare.results.result import Column, Number, Rejection, number
from fourfold.compare.sweep import grid, store
from fourfold.compare.sweep.store import Manifest

SCHEMA_VERSION = 1
REACHED = 1e-3
KEPT = 20  # rejections


class OverSeeds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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
    """What is in summary.json."""

    schema_version: int
    manifest: Manifest
    runs: int  # training runs that are there
    missing: int  # chunks that are not
    certified: int  # numbers of the sample
    rejected: int
    columns: list[Column]
    rows: list[OverSeeds]
    rejections: list[Rejection]

    def exit_code(self):
        verdicts = {column.verdict for column in self.columns}
        return exit_code("disagrees" in verdicts, "not judged" in verdicts)


def summarise(folder, chunks, manifest, failures):
    """The Summary of the chunks in a folder, and of engine.run's `failures`. Raises UsageError where one is damaged."""
    there = [chunk for chunk in chunks if store.is_done(folder, chunk, manifest)]
    runs, certified, rejected, rejections = 0, Counter(), Counter(), []
    parts = {}  # of the losses of a configuration: chunks have some of the seeds each
    for chunk, metadata, first, losses in store.read_all(folder, there):
        runs += chunk.runs()
        certified[chunk.column] += sum(metadata.certified)
        rejected[chunk.column] += sum(metadata.rejected)
        rejections += metadata.rejections
        for n, configuration in enumerate(chunk.configurations):
            parts.setdefault((chunk.column, chunk.dtype, configuration), []).append((first[n], losses[n]))
    columns, rows = [], []
    for name in manifest.options.columns:
        columns.append(_verdict(name, certified[name], rejected[name], failures.get(name)))
    for (column, dtype, configuration), some in parts.items():
        first, losses = (np.concatenate(Z, axis=-1) for Z in zip(*some, strict=True))
        for steps, after in zip(chunks[0].marks, losses, strict=True):
            rows.append(_over_seeds(column, dtype, configuration, steps, first, after))
    return Summary(
        schema_version=SCHEMA_VERSION,
        manifest=manifest,
        runs=runs,
        missing=len(chunks) - len(there),
        certified=certified.total(),
        rejected=rejected.total(),
        columns=columns,
        rows=rows,
        rejections=rejections[:KEPT],
    )


def _verdict(name, certified, rejected, failure):
    reason = failure or ""
    if not (failure or certified):
        reason = f"{name}: none of its numbers could be certified"
    if rejected:
        return Column(name, "disagrees", reason)
    return Column(name, "not judged" if reason else "agrees", reason)


def _over_seeds(column, dtype, configuration, steps, first, losses):
    """The OverSeeds of the first losses (seeds,) and those after so many steps."""
    return OverSeeds(
        column=column,
        dtype=dtype,
        **configuration._asdict(),
        steps=steps,
        seeds=len(losses),
        median_loss=number(np.median(np.nan_to_num(losses, nan=np.inf))),
        reached=float((losses < REACHED).mean()),
        diverged=float((~(losses <= first)).mean()),
    )


def varied(options):
    """The axes that have more than one value."""
    return [name for name in grid.AXES if len(options.grid[name]) > 1]
