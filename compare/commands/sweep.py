"""`fourfold sweep`."""

import os
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fourfold import impls
from fourfold.compare.cases.data import read_data
from fourfold.compare.commands import options
from fourfold.compare.commands.colours import BAD, GOOD, OPEN
from fourfold.compare.commands.options import Json, Timeout, Training, Whole
from fourfold.compare.commands.terminal import command, err, out, progress, status, write_json
from fourfold.compare.errors import UsageError
from fourfold.compare.results import result, tables
from fourfold.compare.results import words as show
from fourfold.compare.sweep import engine, executors, grid, plan, store, summary, words
from fourfold.compare.system import files

WITHOUT_ASKING = 1_000_000_000  # steps of all runs
SHOWN = 15  # lines of the table


def sweep(
    *,
    training: Training = Training(),
    grid_: Annotated[list[str] | None, Parameter(name="--grid", negative=())] = None,
    seeds: str = "100",
    impl: str | None = None,
    dtype: str = "float64",
    to: Annotated[str, Parameter(name="--out")] = "reports/out/sweep",
    workers: Whole | None = None,
    scheduler: str | None = None,
    dry_run: Annotated[bool, Parameter(name=["--plan", "--dry-run"], negative=())] = False,
    yes: Annotated[bool, Parameter(negative=())] = False,
    timeout: Timeout = 600,
    json: Json = None,
):
    """Train every setting of a grid, each with many seeds, and check a sample of each.

    It says first how large it is and how long it will take. It can be
    interrupted at any time: the same command goes on where it stopped.

    Example: fourfold sweep --grid lr=0.01,0.1,1 --grid hidden=2:9 --seeds 1000 --impl jax

    Parameters
    ----------
    grid_
        What varies, once for each: lr=0.1,1 or lr=0.01:1:5, hidden=2:9, activation=tanh,relu, layers=2-3-1,2-8-8-1.
    seeds
        How many random initial weights for each setting, or a range such as 5:15.
    impl
        Columns, comma-separated. Default: all that are installed.
    dtype
        Precisions, comma-separated; also float16 and bfloat16.
    to
        Folder for what is done so far, and for the summary and its page at the end.
    workers
        Processes on this machine. Default: one for each core.
    scheduler
        Address of a Dask scheduler, tcp://..., whose workers run it instead. fourfold must be installed there too.
    dry_run
        Say how many runs it is and how long they will take, and stop.
    yes
        Start even a very large sweep.
    timeout
        Seconds each chunk may take.
    json
        Write the summary as JSON to this file too; - means standard output.
    """
    store.need_pyarrow()
    names = _columns(impl)
    names, lacking = options.of_precisions(names, options.dtypes(dtype))
    if lacking:
        err.print(f"Without {dtype} of its own, left out: {', '.join(lacking)}.", markup=False)
    X, Y = read_data(training.data)
    axes = grid.parse(grid_ or [])
    swept = plan.options(options.filled(training), axes, X, Y, names, options.dtypes(dtype), options.seeds(seeds))
    processes = (os.cpu_count() or 1) if workers is None else workers
    if not 1 <= processes <= 1024:
        raise UsageError(f"--workers must be from 1 to 1024, not {processes}.")
    chunks = plan.chunks(swept, X, Y)
    say = _silent if json == "-" else _print
    say(words.size(swept, chunks))
    if plan.steps(chunks) > WITHOUT_ASKING and not (yes or dry_run):
        raise UsageError(f"This is more than {WITHOUT_ASKING:,} steps: look at --plan, then add --yes.")
    if scheduler is None:
        plan.check_memory(chunks, processes)
    here = executors.local(names, processes, timeout)
    with executors.cluster(scheduler, names, timeout) if scheduler else here as executor:
        if dry_run:
            say(words.price(_probed(executor, chunks), chunks, executor.workers))
            return 0
        manifest = store.begin(to, swept, executor.made_with, command())
        failures = _compute_missing(executor, chunks, to, manifest, say)
    return _write(summary.summarise(to, chunks, manifest, failures), to, json)


def _columns(impl):
    """The columns asked for, or by default those of any depth whose framework is here."""
    names, left_out = options.columns(impl)
    if impl is None:
        names = [name for name in names if name in impls.ROWS["deep"]]  # the others are slow, and compute the same
    if left_out:
        err.print(f"Not installed, left out: {', '.join(left_out)}.")
    return names


def _compute_missing(executor, chunks, folder, manifest, say):
    """Computes and keeps the chunks that are not in the folder yet; gives what engine.run gives."""
    missing = engine.missing(folder, chunks, manifest, _warn)
    if len(missing) < len(chunks):
        say(f"{show.count(len(chunks) - len(missing), 'chunk')} in {folder} already.")
    if missing:
        say(words.price(_probed(executor, missing), missing, executor.workers))
    priced, start = len(executor.spent), time.monotonic()
    failures = _compute(executor, missing, folder, manifest)
    if missing:
        say(words.took(time.monotonic() - start, executor.spent[priced:], executor.workers))
    return failures


def _probed(executor, chunks):
    with status("importing frameworks, and timing a few steps…"):
        return plan.probe(executor, chunks)


def _compute(executor, chunks, folder, manifest):
    """engine.run with a progress bar a column."""
    with progress() as bar:
        advance_column = {}
        for name in manifest.options.columns:
            own = [chunk for chunk in chunks if chunk.column == name]
            advance_column[name] = bar(name, plan.steps(own))

        def advance(chunk):
            advance_column[chunk.column](chunk.steps())

        try:
            return engine.run(executor, chunks, folder, manifest, advance, _warn)
        except KeyboardInterrupt:
            _warn(f"What is done is in {folder}: the same command goes on from there.")
            raise


def _write(outcome, folder, json):
    """Writes a Summary with its page into the folder, and prints it; gives the exit code."""
    from fourfold.reports.sweep import pages  # matplotlib is not for the other commands

    content = result.encode(outcome)
    for name, page in {**pages(outcome), "summary.json": content}.items():
        files.write_whole(Path(folder) / name, page)
    if json != "-":
        _print_summary(outcome, folder)
    write_json(json, content)
    return outcome.exit_code()


def _print_summary(outcome, folder):
    colour = {0: GOOD, 1: BAD}.get(outcome.exit_code(), OPEN)
    out.print(words.verdict(outcome), style=f"bold {colour}", markup=False)
    for sentence in words.best(outcome):
        out.print(sentence, style="bold", markup=False)
    out.print(tables.grid(*words.table(outcome, SHOWN)))
    for rejection in outcome.rejections:
        _print(show.rejection(rejection))
    for column in outcome.columns:
        if column.reason:
            _print(f"Not judged: {column.reason}.")
    _print(f"Page: {folder}/index.html")


def _print(line):
    out.print(line, markup=False)


def _warn(line):
    err.print(line, markup=False)


def _silent(line):
    """Standard output is for JSON alone."""
