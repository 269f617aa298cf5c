"""The command line: thin, no mathematics. The one place that knows all rooms."""

import os
import shlex
import signal
import sys
from contextlib import contextmanager

import numpy as np
from cyclopts import App, CycloptsError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from compare import agree as judge
from compare import environment, options, result, run, show, suite, suites
from compare.errors import ColumnError, UsageError
from compare.options import Drawing, Json, One, Suite, Training

INTERRUPTED = 130
EPOCHS_BETWEEN_LINES = 200

# NO_COLOR means no escape codes at all; a result is wider than the 80 columns of a pipe.
_colours = {"color_system": None if os.environ.get("NO_COLOR") else "auto", "highlight": False}
out = Console(width=None if sys.stdout.isatty() else 110, soft_wrap=not sys.stdout.isatty(), **_colours)
err = Console(stderr=True, soft_wrap=True, **_colours)

app = App(
    name="fourfold",
    help="One network, four frameworks, the same gradients.",
    help_epilogue="Exit codes: 0 agreed, 1 disagreed, 2 wrong usage or bad input, 3 something could not be judged.",
    help_format="plaintext",
    console=Console(**_colours),
    suppress_keyboard_interrupt=False,
)


def main():
    """Run one command; every error a user can cause becomes one sentence on standard error and an exit code."""
    sys.path.append(os.getcwd())  # for --impl with a module of the user's; last, so that it shadows nothing
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        code = app(print_error=False, exit_on_error=False, result_action="return_value")
        sys.stdout.flush()
    except UsageError as error:
        code = _complain(str(error), 2)
    except CycloptsError as error:
        code = _complain(f"{str(error).strip()} See fourfold --help.", 2)
    except ColumnError as error:
        code = _complain(str(error), 3)
    except MemoryError:
        code = _complain("Not enough memory: choose fewer seeds, a smaller --hidden or a coarser --resolution.", 2)
    except KeyboardInterrupt:
        code = _complain("Interrupted: nothing was written.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on; say no more
        code = 128 + signal.SIGPIPE
    sys.exit(code or 0)


def _complain(sentence, code):
    err.print(f"fourfold: {sentence}", markup=False)
    return code


@app.command
def agree(*, training: Training = Training(), suite_: Suite = Suite()):
    """Run the agreement suite and print the verdict: every step of every column against exact values.

    Example: fourfold agree --impl numpy,torch --seeds 100 --activation tanh
    """
    outcome, *_ = _judge(training, suite_)
    if suite_.json != "-":
        _print_result(outcome)
    _write_json(suite_.json, result.encode(outcome))
    return outcome.exit_code()


@app.command
def report(
    *,
    training: Training = Training(),
    suite_: Suite = Suite(),
    drawing: Drawing = Drawing(),
):
    """Run the agreement suite and write its report: index.html (one file to send), report.md, result.json, arrays.

    Example: fourfold report --seeds 5 --out /tmp/report
    """
    from reports import render, store

    grid = options.grid(drawing.resolution, drawing.extent)
    store.check_writable(drawing.out)
    outcome, arrays, case = _judge(training, suite_, grid)
    inputs = {"X": case.X, "Y": case.Y, "W1": case.W1, "W2": case.W2, "grid": grid}
    found = store.Report(outcome, inputs, arrays)
    store.write_folder(drawing.out, {**store.files(found), **render.pages(found)})
    if suite_.json != "-":
        _print_result(outcome)
        out.print(f"Report: {drawing.out}/index.html", markup=False)
    _write_json(suite_.json, result.encode(outcome))
    return outcome.exit_code()


def _judge(training, s, grid=None):
    """(Result, arrays, Case) for the options, with a progress bar."""
    names, left_out = options.columns(s.impl)
    dtypes, seeds, timeout = options.dtypes(s.dtype), options.seeds(s.seeds), options.timeout(s.timeout)
    case = options.case(training, seeds)
    options.in_range(case, dtypes)
    chosen = suites.choose(s.suite, options.names(s.case), case)
    if left_out:
        err.print(f"Not installed, left out: {', '.join(left_out)}.")
    with _progress() as bar:
        total = sum(c.steps for c in chosen for dtype in dtypes if dtype in c.dtypes)
        tasks = {name: bar(name, total) for name in names}
        advance = lambda name, steps: tasks[name](steps)
        return *suite.agreement(names, chosen, dtypes, timeout, _command(), advance, grid), case


def _print_result(outcome):
    if len(outcome.settings) > 1:
        out.print(show.rich_case_table(outcome), "")
    else:
        out.print(show.settings(outcome), "\n", markup=False)
    for dtype in show.dtypes(outcome):
        if any(row.dtype == dtype for row in outcome.rows):
            out.print(show.rich_table(outcome, dtype), "")
    for rejection in show.firsts(outcome.rejections):
        out.print(show.rejection(rejection), markup=False)
    for column in outcome.columns:
        if column.reason:
            out.print(f"Not judged: {column.reason}.", markup=False)
    out.print(show.verdict(outcome), style="bold", markup=False)
    out.print(show.environment(outcome), style="dim", markup=False)


@app.command
def train(
    column: str,
    *,
    training: Training = Training(),
    one: One = One(),
):
    """Train one network with one column, as the tutorial does.

    Example: fourfold train jax --activation tanh --seed 7
    """
    name, (precision, *more) = options.column(column), options.dtypes(one.dtype)
    if more:
        raise UsageError("train takes one --dtype.")
    case = options.case(training, options.seeds(f"{one.seed}:{one.seed + 1}"))
    options.in_range(case, [precision])
    say = (lambda line: None) if one.json == "-" else (lambda line: out.print(line, markup=False))
    say(f"{name}: {case.parameters()} parameters, seed {one.seed}, {case.steps:,} epochs, learning rate {case.lr:g}")
    losses = []
    with run.workers(options.timeout(one.timeout)) as pool, _progress() as bar:
        advance = bar(name, case.steps)
        for epoch, path in run.stream(pool, name, case, precision, EPOCHS_BETWEEN_LINES):
            W1, W2 = path[0][-1, 0], path[1][-1, 0]
            losses.append((epoch, float(path[2][0, 0])))
            say(f"epoch {epoch:>9,}   loss {losses[-1][1]:.10g}")
            advance(len(path[2]))
        p = judge.problem(case, precision)
        final = pool.call(name, run.trace, p.X, p.Y, W1, W2, case.activation)
    losses.append((case.steps, float(final.L)))
    say(f"epoch {case.steps:>9,}   loss {losses[-1][1]:.10g}\n")
    for x, y_hat, y in zip(p.X.tolist(), final.Y_hat.tolist(), p.Y.tolist(), strict=True):
        say(f"{_vector(x)} → {_vector(y_hat)}   class {_vector(np.round(y_hat))}, target {_vector(y)}")
    record = {"column": name, "dtype": precision, "seed": one.seed, "parameters": case.parameters(), "losses": losses}
    weights = {"W1": W1, "W2": W2, "Y_hat": final.Y_hat}
    _write_json(one.json, result.encode(record | {key: result.numbers(Z) for key, Z in weights.items()}))


def _vector(values):
    return f"({', '.join(f'{v:.4g}' for v in values)})"


@app.command
def doctor(*, json: Json = None, timeout: float = 120):
    """List the frameworks: version, seconds to import, and whether each computes known gradients.

    Example: fourfold doctor
    """
    found = [*environment.diagnose(options.timeout(timeout))]
    if json != "-":
        for d in found:
            out.print(f"{d['column']:<12} {d['version']:<14} {d['note']}", markup=False)
    _write_json(json, result.encode(found))
    return 3 if any(d["version"] and not d["works"] for d in found) else 0


@app.command
def bench(*, quick: bool = False, json: Json = None):
    """Time the columns beside a C loop, and a cold `agree` beside a bare `import tensorflow`.

    Ratios within one run are the figures that count: 1,000 seeds at once, 10,000 steps, float64.

    Example: fourfold bench --quick
    """
    from compare import bench as b

    steps = b.STEPS // 5 if quick else b.STEPS
    paces = [b.c_pace(b.SEEDS, steps)]
    names, _ = options.columns(None)
    with run.workers(3600) as pool:
        for name in names:
            paces.append(b.column_pace(pool, name, b.SEEDS, steps))
    limit = paces[0].ns
    if json != "-":
        out.print(f"{b.SEEDS:,} seeds × {steps:,} steps, float64, ns per seed-step (× C)")
        for p in paces:
            ratio = f"{p.ns:9.1f}  {f'×{p.ns / limit:.1f}' if limit else '':>7}" if p.ns else "–"
            out.print(f"{p.subject:<12} {ratio}  {p.note}", markup=False)
    seconds, bare = b.cold_start()
    if json != "-":
        out.print(f"\nfourfold agree from cold: {seconds:.1f} s")
        if bare:
            out.print(f"bare import tensorflow:   {bare:.1f} s (×{seconds / bare:.2f})")
    record = {"paces": [p._asdict() for p in paces], "agree_seconds": seconds, "import_tensorflow_seconds": bare}
    _write_json(json, result.encode(record))


@contextmanager
def _progress():
    """Gives a function (description, total) -> advance(steps); shown on standard error, and only on a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} steps"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:

        def start(name, total):
            task = bar.add_task(name, total=total)
            return lambda steps: bar.advance(task, steps)

        yield start


def _write_json(target, content):
    if target == "-":
        sys.stdout.write(content.decode())
    elif target:
        result.write_whole(target, content)


def _command():
    return shlex.join(["fourfold", *sys.argv[1:]])
