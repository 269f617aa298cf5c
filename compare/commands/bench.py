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
    """Time every column beside other libraries and a loop in C, and say which goals are met.

    Only ratios within one run can be compared. All of it takes 12 minutes on two
    quiet processors. With --layers, --bias or --activation only the columns that
    take any number of layers are timed.

    Example: fourfold bench --quick

    Parameters
    ----------
    quick
        Time only the columns and the C loop, on XOR, and the start of fourfold agree beside import tensorflow.
    subject
        Time only these, comma-separated: C, numpy, deep torch, torch nn, keras-jax fit ...
    layers
        Width of every layer, from 2 inputs to 1 target, such as 2,8,8,1.
    bias
        Add a bias to every layer.
    activation
        sigmoid, tanh, relu or identity for the hidden layers; or one for each layer, such as tanh,relu,sigmoid.
    rounds
        How many times each is timed.
    timeout
        Seconds each may take in all.
    json
        Write every figure as JSON to this file; - means standard output.
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
        err.print("Left out, as they have two layers without biases: the C loop and the other libraries.")
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
