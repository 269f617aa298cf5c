"""`fourfold bench`."""

from compare import options, result, run
from compare.bench import show, subjects
from compare.errors import ColumnError, UsageError
from compare.options import Json, Whole
from compare.show import grid
from compare.terminal import command, err, out, write_json


def bench(
    *, quick: bool = False, subject: str | None = None, rounds: Whole = 5, timeout: float = 600, json: Json = None
):
    """Time the columns beside what people would otherwise use and beside a C loop, and see which goals are met.

    Ratios within one run are the figures that count. Everything takes 8 minutes on two quiet processors.

    Example: fourfold bench --quick

    Parameters
    ----------
    quick
        The columns and the C loop alone, on XOR, and a cold `agree` beside a bare `import tensorflow`.
    subject
        Only these, comma-separated, and nothing but their pace: C, numpy, deep torch, torch nn, keras-jax fit ...
    rounds
        How often every subject is timed.
    timeout
        Seconds a subject may take, in all.
    json
        Write every figure as JSON to this file; - is standard output.
    """
    entries = subjects.choose(options.names(subject), quick)
    if not 1 <= rounds <= 1000:
        raise UsageError(f"--rounds must be from 1 to 1000, not {rounds}.")
    if not run.found("pyperf"):
        raise ColumnError("bench needs pyperf, which is not installed: pip install 'fourfold[bench]'.")
    from compare.bench.measure import measure

    with err.status("") as status:
        found = measure(
            entries,
            quick=quick,
            rounds=min(rounds, 3) if quick else rounds,
            timeout=options.timeout(timeout),
            command=command(),
            alone=subject is not None,
            say=status.update,
        )
    if json != "-":
        for table in show.tables(found):
            out.print(grid(*table), "")
        for sentence in show.sentences(found):
            out.print(sentence, markup=False)
    write_json(json, result.encode(found))
