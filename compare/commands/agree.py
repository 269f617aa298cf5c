"""`fourfold agree`."""

import os
import shlex
from dataclasses import dataclass

from cyclopts import Group, Parameter
from rich.measure import Measurement

from fourfold import impls
from fourfold.compare.agreement import half, suite
from fourfold.compare.cases import suites, update
from fourfold.compare.cases.case import check_range
from fourfold.compare.columns import starting
from fourfold.compare.commands import options
from fourfold.compare.commands.options import Begun, Suite
from fourfold.compare.commands.terminal import command, err, out, progress, write_json
from fourfold.compare.errors import UsageError
from fourfold.compare.results import mode_words, part_words, process_words, repro, result, tables, words
from fourfold.compare.results.convention_words import conventions
from fourfold.compare.system import files

COLOURS = {0: "green", 1: "red", 3: "yellow"}  # by exit code
LARGEST = 10_000  # characters a table may want
FEWER_STEPS = 1000  # by default, of modes and of modules from elsewhere: what is not compiled takes its time
WITH_BIASES = "deep-tanh"  # for modules from elsewhere that take biases, though nobody asked for them
REPRO = "reports/out/repro.py"
TITLE = "Largest error, in percent of what rounding allows"


@Parameter(name="*", group=Group("A column of your own", sort_key=3))
@dataclass(frozen=True)
class Start:
    """A file to start from."""

    template: str | None = None
    "Judge nothing, but write a column that agrees as it is: numpy, torch, torch-nn, keras, jax or flax."
    out: str | None = None
    "With --template: the file to write, which must not be there yet. Default: standard output."


def agree(*, training: Begun = Begun(), suite_: Suite = Suite(), start: Start = Start()):
    """Check every number of every training step against its exact value, in every framework.

    Example: fourfold agree --impl numpy,torch --seeds 100 --activation tanh

    Example: fourfold agree --template torch-nn --out network.py
    """
    if start.template is not None:
        return _begin(start.template, start.out)
    if start.out is not None:
        raise UsageError("--out goes with --template; fourfold report --out writes a page.")
    outcome, *_ = judge(training, suite_)
    if suite_.json != "-":
        show(outcome, suite_.ulp, save_repro(outcome), suite_.details)
    write(suite_, outcome, result.encode(outcome))
    return outcome.exit_code()


def _begin(template, target):
    """Writes a template, in the place of nothing."""
    content = starting.template(template)
    if target is not None and os.path.lexists(target) and not os.path.samefile(target, "/dev/stdout"):
        raise UsageError(f"{target} is there already: give --out the name of a new file.")
    write_json(target or "-", content)


def _is_from_elsewhere(name):
    return not impls.is_built_in(name) and not name.startswith("fourfold.")  # what is planted is ours


def judge(training, s, grid=None, curves=()):
    """(Result, arrays, the first Case) for the options, with a progress bar; `curves` are more activations of it."""
    names, left_out = options.columns(s.impl, s.modes)
    dtypes = options.dtypes(s.dtype)
    steps = FEWER_STEPS if s.modes or any(map(_is_from_elsewhere, names)) else options.STEPS
    case = options.case(training, options.asked_seeds(s.seeds), steps)
    check_range(case, dtypes)
    chosen = suites.choose(s.suite, options.names(s.case), case, deep=True, dtypes=dtypes)
    if case.update:
        chosen = update.by_update(chosen, case.update, s.suite == "default" and s.case is None)
    asked_for = len(chosen) if s.case else 1
    chosen, silent = half.certifiable(chosen, dtypes, asked_for)
    for dtype, cases in silent.items():
        err.print(f"{dtype} has no limits for what is asked, left out: {', '.join(cases)}.", markup=False)
    chosen += suites.curves(chosen[0], curves)
    if case.update and grid is not None and all(map(impls.is_built_in, names)):  # of others `train` is one optimiser
        chosen += update.every_rule(chosen[0], dtypes)
    by_default = s.suite == "default" and s.case is None and not case.update
    if by_default and case.row == "two_layer" and any(map(_is_from_elsewhere, names)):
        chosen += suites.choose("default", [WITH_BIASES], case, deep=True)
    names, lacking = options.of_precisions(names, dtypes)
    if lacking:
        err.print(f"Without {' and '.join(dtypes)} of its own, left out: {', '.join(lacking)}.")
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

        keep = grid is not None or any(map(impls.is_mode, names))  # for a page, or to compare bits
        limits = s.timeout, command(), advance, grid, s.memory
        twice = [name for name in names if s.twice or not impls.is_built_in(name)]
        outcome, arrays = suite.agreement(names, chosen, dtypes, *limits, keep=keep, asked_for=asked_for, twice=twice)
    return outcome, arrays, chosen[0]


def write(suite_, outcome, encoded):
    """The files that options ask for."""
    from fourfold.reports import junit

    try:
        write_json(suite_.json, encoded)
    finally:  # on another disk, maybe
        if suite_.junitxml:
            files.write_whole(suite_.junitxml, junit.document(outcome))


def save_repro(outcome, path=REPRO):
    """Writes the script that shows what is wrong once more; gives its path, or "" where there is none."""
    script = repro.script(outcome.rejections)
    if script:
        try:
            files.write_whole(path, script.encode(errors="backslashreplace"))
        except UsageError as error:
            err.print(f"fourfold: {error}", markup=False)
            return ""
    return path if script else ""


def show(outcome, ulps=False, again="", details=False):
    """Print a Result, the verdict first; `again` is the path of a script that shows what is wrong once more.

    A terminal gets what fits on a screen, and of more the verdict once again below it; `details` and pipes get all.
    """
    headline, style = words.headline(outcome), f"bold {COLOURS[outcome.exit_code()]}"
    out.print(headline, style=style, markup=False)
    for sentence in part_words.parts(outcome):
        out.print(sentence, markup=False)
    for table in _tables(outcome, ulps):
        out.print("", table)
    for sentence in (*mode_words.modes(outcome), *conventions(outcome), *process_words.twice(outcome)):
        out.print(sentence, markup=False)
    if hint := words.half_a_unit(outcome):
        out.print(hint, style="dim", markup=False)
    out.print("")
    _print_rejections(outcome, again)
    for column in outcome.columns:
        if column.reason:
            out.print(f"Not judged: {column.reason}.", markup=False)
    if out.is_terminal and not details:
        for line in words.brief_details(outcome):
            out.print(line, style="dim", markup=False)
    else:
        for sentence in words.details(outcome):
            out.print(sentence, markup=False)
        out.print(words.settings(outcome, 1), style="dim", markup=False)
        out.print(words.environment(outcome), style="dim", markup=False)
        for columns, text in process_words.processes(outcome.environment):
            out.print(f"Process of {columns}: {text}", style="dim", markup=False)
    if out.is_terminal and (outcome.exit_code() or ulps or details):
        out.print(f"\n{headline}", style=style, markup=False)


def _tables(outcome, ulps):
    """The tables for the terminal: as wide as it is, or one that is narrow."""
    if not outcome.rows:
        return
    wide = tables.grid(TITLE, *tables.combined(outcome), style=COLOURS[0])
    if Measurement.get(out, out.options.update(width=LARGEST), wide).maximum > out.width:
        yield tables.grid(TITLE, *tables.nearest(outcome), style=COLOURS[0])
    else:
        yield wide
    for dtype in words.dtypes(outcome) if ulps else ():
        if dtype in outcome.settings[0].dtypes:
            title = f"{outcome.settings[0].name}, {dtype}: largest error in units in the last place (ULP)"
            yield tables.grid(title, *tables.ulp_table(outcome, dtype))


def _print_rejections(outcome, again):
    """The first Rejection of every column, where else it is wrong, and what to do next."""
    first = words.first_rejections(outcome)
    for rejection in first:
        out.print(words.rejection(rejection), markup=False)
        for name in rejection.mistakes[:1]:
            out.print(f"    next   fourfold mistakes --show {shlex.quote(name)}", markup=False)
    for line in words.also_wrong(outcome):
        out.print(line, markup=False)
    if again:
        out.print(f"To see it again: python {shlex.quote(again)}", markup=False)
    if first:
        out.print("")
