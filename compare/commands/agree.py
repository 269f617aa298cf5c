"""`fourfold agree`."""

from fourfold.compare.agreement import suite
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import check_range
from fourfold.compare.commands import options
from fourfold.compare.commands.options import Suite, Training
from fourfold.compare.commands.terminal import command, err, out, progress, write_json
from fourfold.compare.results import result, words
from fourfold.compare.system import files


def agree(*, training: Training = Training(), suite_: Suite = Suite()):
    """Run the agreement suite and print the verdict: every step of every column against exact values.

    Example: fourfold agree --impl numpy,torch --seeds 100 --activation tanh
    """
    outcome, *_ = judge(training, suite_)
    if suite_.json != "-":
        print_result(outcome)
    write(suite_, outcome, result.encode(outcome))
    return outcome.exit_code()


def judge(training, s, grid=None, curves=()):
    """(Result, arrays, the first Case) for the options, with a progress bar; `curves` are more activations of it."""
    names, left_out = options.columns(s.impl)
    dtypes = options.dtypes(s.dtype)
    case = options.case(training, options.seeds(s.seeds))
    check_range(case, dtypes)
    chosen = suites.choose(s.suite, options.names(s.case), case, deep=True, dtypes=dtypes)
    chosen += suites.curves(chosen[0], curves)
    if left_out:
        err.print(f"Not installed, left out: {', '.join(left_out)}.")
    names, shallow = options.of_rows(names, {c.row for c in chosen})
    if shallow:
        err.print(f"Two layers without biases only, left out: {', '.join(shallow)}.")
    with progress() as bar:
        advances = {}
        for name in names:
            total = sum(c.steps * len(c.seeds) for c, _ in suite.pairs(name, chosen, dtypes))
            advances[name] = bar(name, total)

        def advance(name, steps):
            advances[name](steps)

        keep = grid is not None  # for a page
        limits = s.timeout, command(), advance, grid, s.memory
        outcome, arrays = suite.agreement(names, chosen, dtypes, *limits, keep=keep)
    return outcome, arrays, chosen[0]


def write(suite_, outcome, encoded):
    """The files that options ask for."""
    from fourfold.reports import junit

    try:
        write_json(suite_.json, encoded)
    finally:  # on another disk, maybe
        if suite_.junitxml:
            files.write_whole(suite_.junitxml, junit.document(outcome))


def print_result(outcome):
    out.print(words.settings(outcome, 1), "\n", markup=False)
    if len(outcome.settings) > 1:
        out.print(words.rich_case_table(outcome), "")
    for dtype in words.dtypes(outcome):
        if any(row.dtype == dtype for row in outcome.rows):
            for table in words.rich_tables(outcome, dtype):
                out.print(table, "")
    for rejection in words.firsts(outcome.rejections):
        out.print(words.rejection(rejection), markup=False)
    for column in outcome.columns:
        if column.reason:
            out.print(f"Not judged: {column.reason}.", markup=False)
    out.print(words.verdict(outcome), style="bold", markup=False)
    out.print(words.environment(outcome), style="dim", markup=False)
