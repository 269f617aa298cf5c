"""`make soak`, or python -m tests.makers.soak."""

import signal

from rich.control import Control

from fourfold.compare.cases.case import DTYPES
from fourfold.compare.columns import workers
from fourfold.compare.commands import cli, options
from fourfold.compare.commands.options import Json, Timeout, Whole
from fourfold.compare.commands.terminal import animated, command, err, out, write_json
from fourfold.compare.judge.quantities import is_of_every_step, of_every_step
from fourfold.compare.results import result
from fourfold.compare.system import files
from tests.makers import false_alarms
from tests.makers.programs import program

PROGRAM = "python -m tests.makers.soak"


def soak(
    file: str = "reports/out/soak.json",
    *,
    configurations: Whole = 1000,
    numbers: float = 0,
    impl: str | None = None,
    timeout: Timeout = 600,
    json: Json = None,
):
    """Search for a false alarm: judge the columns on random configurations, and keep the count in FILE.

    It goes on until FILE holds as many configurations and certified numbers as asked for. Interrupted at any time, it
    is taken up again by the same command.

    Example: make soak SOAK="--configurations 10000 --numbers 1e9"

    Parameters
    ----------
    file
        JSON; written whole after every batch of configurations.
    configurations
        How many random configurations, those already in FILE included.
    numbers
        How many certified numbers, those already in FILE included.
    impl
        Columns, comma-separated. Default: all whose framework is here.
    timeout
        Seconds a column may take for one batch.
    json
        Write what FILE holds at the end as JSON to this file as well; - is standard output.
    """
    names, _ = options.columns(impl)
    interrupted = 0
    with workers.open_pool(timeout) as pool:
        record = false_alarms.resume(file, names, command(PROGRAM))
        files.write_whole(file, result.encode(record))  # better now than after an hour, should it be impossible
        try:
            for _ in false_alarms.batches(pool, record, configurations, numbers):
                files.write_whole(file, result.encode(record))
                if animated():
                    err.print(_count(record), Control.move_to_column(0), end="")
        except KeyboardInterrupt as interrupt:
            interrupted = 128 + (interrupt.args or (signal.SIGINT,))[0]
    if json != "-":
        _print(record)
        if interrupted:
            out.print(f"Interrupted: the same command goes on from {file}.", markup=False)
    write_json(json, result.encode(record))
    return interrupted or (1 if record.rejected else 0)


def _count(record):
    return (
        f"{record.configurations:,} configurations × {len(record.columns)} columns: "
        f"{record.numbers():,} numbers certified, {record.rejected:,} rejections"
    )


def _print(record):
    if record.totals:
        out.print("largest error as a fraction of its limit (configuration, column)")
        out.print(f"{'':<16}" + "".join(map("{:<30}".format, DTYPES)))
    for quantity, largest in false_alarms.largest_ratios(record).items():
        name = f"{of_every_step(quantity)}, every step" if is_of_every_step(quantity) else quantity
        line = f"{name:<16}"
        for dtype in DTYPES:
            line += f"{_cell(largest.get(dtype)):<30}"
        out.print(line.rstrip(), markup=False)
    for r in record.rejections[:20]:
        where = f"{r.column} at step {r.step}, seed {r.seed}, {r.quantity}{r.index}"
        numbers = f"got {r.value}, exact {r.truth}, limit {r.limit}"
        out.print(f"{r.case}, {r.dtype}: {where}: {numbers}. {r.note}", markup=False)
    out.print(_count(record) + ".", style="bold", markup=False)


def _cell(total):
    return f"{float(total.worst_ratio):.3f}  ({total.worst_at}, {total.column})" if total else ""


app = program(PROGRAM, soak)

if __name__ == "__main__":
    cli.main(app)
