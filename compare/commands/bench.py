"""`fourfold bench`."""

from fourfold.compare.bench import subjects, words
from fourfold.compare.cases.case import parse_widths
from fourfold.compare.columns import workers
from fourfold.compare.commands import options
from fourfold.compare.commands.options import Json, Timeout, Whole
from fourfold.compare.commands.terminal import command, err, out, status, write_json
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.results import result
from fourfold.compare.results.tables import grid


def bench(
    *,
    quick: bool = False,
    subject: str | None = None,
    layers: str | None = None,
    bias: bool = False,
    activation: str | None = None,
    rounds: Whole = 5,
    timeout: Timeout = 600,
    json: Json = None,
):
    """Time the columns beside what people would otherwise use and beside a C loop, and see which goals are met.

    Ratios within one run are the figures that count. Everything takes 8 minutes on two quiet processors. With --layers,
    --bias or --activation it is the pace of the columns of any depth alone.

    Example: fourfold bench --quick

    Parameters
    ----------
    quick
        The columns and the C loop alone, on XOR, and a cold `agree` beside a bare `import tensorflow`.
    subject
        Only these, comma-separated, and nothing but their pace: C, numpy, deep torch, torch nn, keras-jax fit ...
    layers
        Widths of the network, from 2 inputs to 1 target: 2,8,8,1.
    bias
        Every layer has biases.
    activation
        Of all hidden layers; or one a layer, the output's last.
    rounds
        How often every subject is timed.
    timeout
        Seconds a subject may take, in all.
    json
        Write every figure as JSON to this file; - is standard output.
    """
    deep = layers is not None or bias or activation is not None
    contenders = subjects.choose(options.names(subject), quick, deep)
    works = subjects.WORKS
    if deep:
        works = subjects.deep_works(parse_widths(layers), bias, activation or "sigmoid")
    if not 1 <= rounds <= 1000:
        raise UsageError(f"--rounds must be from 1 to 1000, not {rounds}.")
    if not workers.package_installed("pyperf"):
        raise ColumnError("bench needs pyperf, which is not installed: pip install 'fourfold[bench]'.")
    from fourfold.compare.bench.measure import measure

    if deep:
        err.print("Two layers without biases only, left out: the C loop and the other libraries.")
    with status() as say:
        record = measure(
            contenders,
            works[:2] if quick else works,
            quick=quick,
            rounds=min(rounds, 3) if quick else rounds,
            timeout=timeout,
            command=command(),
            alone=deep or subject is not None,
            say=say,
        )
    if json != "-":
        _print(record)
    write_json(json, result.encode(record))


def _print(record):
    for table in words.tables(record):
        out.print(grid(*table), "")
    for sentence in words.sentences(record):
        out.print(sentence, markup=False)
