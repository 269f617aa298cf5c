"""`fourfold soak`."""

import signal

from fourfold.compare.agreement import soak as s
from fourfold.compare.cases.case import DTYPES
from fourfold.compare.columns import workers
from fourfold.compare.commands import options
from fourfold.compare.commands.options import Json, Whole
from fourfold.compare.commands.terminal import command, err, out, write_json
from fourfold.compare.results import result
from fourfold.compare.system import files


def soak(
    file: str,
    *,
    configurations: Whole = 1000,
    numbers: float = 0,
    impl: str | None = None,
    timeout: float = 600,
    json: Json = None,
):
    """Search for a false alarm: judge the columns on random configurations, and keep the count in FILE.

    It goes on until FILE holds as many configurations and certified numbers as asked for. Interrupted at any time, it
    is taken up again by the same command.

    Example: fourfold soak soak.json --configurations 10000 --numbers 1e9

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
    with workers.open_pool(options.timeout(timeout)) as pool:
        found = s.resume(file, names, command())
        files.write_whole(file, result.encode(found))  # better now than after an hour, should it be impossible
        try:
            for found in s.batches(pool, found, configurations, numbers):  # noqa: B020  (the same, with more in it)
                files.write_whole(file, result.encode(found))
                if err.is_terminal:
                    err.print(_count(found), end="\r")
        except KeyboardInterrupt as interrupt:
            interrupted = 128 + (interrupt.args or (signal.SIGINT,))[0]
    if json != "-":
        _print(found)
        if interrupted:
            out.print(f"Interrupted: the same command goes on from {file}.", markup=False)
    write_json(json, result.encode(found))
    return interrupted or (1 if found.rejected else 0)


def _count(found):
    return (
        f"{found.configurations:,} configurations × {len(found.columns)} columns: "
        f"{found.numbers():,} numbers certified, {found.rejected:,} rejections"
    )


def _print(found):
    if found.totals:
        out.print("largest error as a fraction of its limit (configuration, column)")
        out.print(f"{'':<16}" + "".join(f"{dtype:<30}" for dtype in DTYPES))
    for quantity, best in s.largest_ratios(found):
        name = f"{quantity.removeprefix('every ')}, every step" if quantity.startswith("every ") else quantity
        cells = [
            f"{float(t.worst_ratio):.3f}  ({t.worst_at}, {t.column})" if (t := best.get(d)) else "" for d in DTYPES
        ]
        out.print(f"{name:<16}" + "".join(f"{cell:<30}" for cell in cells).rstrip(), markup=False)
    for r in found.rejections[:20]:
        where = f"{r.column} at step {r.step}, seed {r.seed}, {r.quantity}{r.index}"
        out.print(
            f"{r.case}, {r.dtype}: {where}: got {r.value}, exact {r.truth}, limit {r.limit}. {r.note}", markup=False
        )
    out.print(_count(found) + ".", style="bold", markup=False)


def _cell(total):
    return f"{float(total.worst_ratio):.3f}  ({total.worst_at}, {total.column})"
