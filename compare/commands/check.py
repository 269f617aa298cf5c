"""`fourfold check`."""

import dataclasses
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from fourfold.compare.cases.case import DTYPES, parse_widths
from fourfold.compare.check import peer, recognise, words
from fourfold.compare.check.checked import settled
from fourfold.compare.check.forms import sources
from fourfold.compare.commands import colours, options, terminal
from fourfold.compare.commands.options import Json, Memory, Timeout
from fourfold.compare.errors import UsageError
from fourfold.compare.results import result
from fourfold.compare.system import files

TEMPLATES = Path(peer.__file__).parent / "templates"


@Parameter(name="*")
@dataclass(frozen=True)
class How:
    """What the implementation is asked."""

    activation: str | None = None
    """Which activation it has; default: all, where its functions take an `activation` (of any depth: `activations`),
    and else sigmoid. Of any depth: that of all hidden layers, or one a layer, the output's last: tanh,relu,sigmoid."""
    layers: str | None = None
    "Its layers, where it is not of any depth: widths such as 2,8,8,1; inputs and outputs are each case's own."
    bias: bool = False
    "It is of any depth and has biases; a parameter called `b` says so too."
    suite: str = "default"
    "quick, default or full: how many cases."
    case: str | None = None
    "Only these cases, comma-separated."
    dtype: str = ",".join(DTYPES)
    "Precisions, comma-separated. Where nothing else is said, one that a function does not take costs only itself."
    seeds: str = "3"
    "How many, or a range a:b."
    timeout: Timeout = 120
    "Seconds it may take, in all."
    memory: Memory = 8
    "Gigabytes of data it may hold."
    loss: str | None = None
    "The loss that is asked for: half-mse, mse, sse, half-sse, bce or softmax-ce; default: that of the code."
    l2: float | None = None
    "The penalty that is asked for: λ of λ/2 Σ W²."
    columns: bool = False
    "Samples are asked for in columns."
    update: str | None = None
    "How `train` is to step: sgd, or momentum=0.9."
    explain: bool = False
    "Say line by line what the backward pass computes."
    hint: bool = False
    "Say where to look, but not what is wrong."
    json: Json = None
    "Write the result as JSON to this file; - is standard output."


def check(
    target: str | None = None,
    *,
    command: str | None = None,
    template: str | None = None,
    course: str | None = None,
    csv: str | None = None,
    out: str | None = None,
    how: How = How(),
):
    """Prove your own gradients, of any loss and any network that NumPy computes, and name the line that is wrong.

    A file is taken as it was written: functions or classes, lists or dicts, samples in rows or columns, a notebook.
    What is not recognised needs `def example(rng)` that returns the arguments as a dict; mine.py:NAME says which
    function is meant. gradients(X, Y, W1, W2) that returns (L, dL_dW1, dL_dW2), with half a mean squared error, is
    judged digit by digit as well, in both precisions, and so are `trace` and `train` beside it; of any depth it takes
    lists, W or W and b. --command judges any program that speaks the protocol of compare/check/protocol.py.

    Example: fourfold check mine.py --activation tanh

    Parameters
    ----------
    command
        A program, with its arguments, instead of a file or module.
    template
        Write a file to start from instead: numpy, torch, jax or tf; of any depth numpy-deep.
    course
        Judge every file of a folder, or of a pattern such as "submissions/*.py".
    csv
        Write the course's table to this file, too.
    out
        Where the template goes, instead of standard output; of a course, a page for the teacher; with --explain, a
        page that shows the file line by line.
    """
    if template is not None:
        return _template(template, out)
    if course is not None:
        return _course(course, target or command, out, csv, how)
    if csv is not None:
        raise UsageError("--csv is for --course.")
    if (target is None) == (command is None):
        raise UsageError("check takes a file, a module or --command: fourfold check mine.py")
    if out is not None:
        _check_page(out, target, how)
    return _check(target, command, how, out)


def _template(name, target):
    files = {}
    for path in TEMPLATES.glob("*_mine.py"):
        files[path.stem.removesuffix("_mine").replace("_", "-")] = path
    if name not in files:
        raise UsageError(f"There is no template {name!r}: choose from {', '.join(sorted(files))}.")
    terminal.write_json(target or "-", files[name].read_bytes())


def _course(where, target, page, table, how):
    if target is not None:
        raise UsageError("--course takes the place of a file: give one or the other.")
    if how.json:
        raise UsageError("--course writes --csv and --out, not --json.")
    from fourfold.compare.check.course import by_command
    from fourfold.compare.commands.course_check import course

    return course(where, by_command(_options(how), how.timeout), page, table, longest=how.timeout + 15)


def _options(how):
    """The options of a course as they are on every file's command line."""
    words = []
    for field in dataclasses.fields(how):
        value, plain = getattr(how, field.name), field.default
        if field.name in {"timeout", "json"} or value == plain:
            continue
        words += [f"--{field.name}"] if value is True else [f"--{field.name}", str(value)]
    return tuple(words)


def _check_page(page, target, how):
    if not how.explain:
        raise UsageError("--out is for --template, for --course, or for --explain.")
    if how.hint:
        raise UsageError("--out of --explain shows what is wrong: it goes without --hint.")
    if not page.endswith(".html"):
        raise UsageError(f"--out of --explain is a file whose name ends in .html, not {page!r}.")
    if target is None or _proof(target, how) is None:
        raise UsageError("--out shows a file line by line: it takes a .py or .ipynb file, and no options of cases.")
    files.check_writable(page)


def _check(name, program, how, page=None):
    dtypes, seeds = options.dtypes(how.dtype), options.seeds(how.seeds)
    widths = parse_widths(how.layers)
    activations = options.names(how.activation)
    if widths is not None and not (len(widths) > 1 and min(widths) >= 1):
        raise UsageError(f"--layers must be widths of at least 1, inputs and outputs included, not {how.layers}.")
    layers = bool(how.bias or widths or len(activations or ()) > 1)
    limits = how.timeout, how.memory, layers, how.bias
    opened = peer.of_command(program, *limits) if program else peer.of_target(name, *limits, _proof(name, how))
    with ExitStack() as entered:
        with terminal.status(f"reading {terminal.plain(name or program)}…"):
            p = entered.enter_context(opened)
        bar = entered.enter_context(terminal.progress())
        if p.proof and p.proof.settles:
            return _show(settled(p), how, name, page)
        from fourfold.compare.commands import asked  # most files need no questions

        if p.model:
            _check_explained(page, None)
            return asked.model(name, dtypes, seeds, how, p.row)
        checked = asked.checked(p, activations, dtypes, seeds, how, bar)
    return _show(checked, how, name, page)


def _show(checked, how, name, page):
    _check_explained(page, checked.proof)
    if how.json != "-":
        source = _source(name)
        terminal.out.print(colours.coloured(words.text(checked, source.text, how.hint, source.places)))
    terminal.write_json(how.json, result.encode(checked))
    if page is not None:
        from fourfold.reports import explained  # matplotlib is not for the other commands

        source = _source(name)
        files.write_whole(page, explained.page(checked, source.text, source.places, page))
        (terminal.err if how.json == "-" else terminal.out).print(f"Page: {page}", markup=False)
    return checked.exit_code()


def _check_explained(page, proof):
    if page is not None and proof is None:
        raise UsageError("There is no page: what the file computes was not recognised line by line.")


def _source(name):
    """The forms.sources.Source of a file; an empty one of anything else."""
    where, _ = recognise.split(name or "")
    return sources.source(Path(where)) if where.endswith((".py", ".ipynb")) else sources.Source("", {})


def _proof(name, how):
    """The options of a proof; None where the options ask for the questions of the protocol."""
    demands = {"loss": how.loss, "l2": how.l2, "columns": how.columns, "update": how.update}
    if any(value not in {None, False} for value in demands.values()):
        from fourfold.compare.check.demands import Demands  # it takes its time

        demands = Demands.parse(**demands)._asdict()
    plain = How(timeout=how.timeout, memory=how.memory, hint=how.hint, json=how.json)
    is_plain = plain == dataclasses.replace(how, loss=None, l2=None, columns=False, update=None, explain=False)
    is_file = recognise.split(name)[0].endswith((".py", ".ipynb"))
    return demands | {"explain": how.explain} if is_file and is_plain else None
