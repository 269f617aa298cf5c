"""`fourfold check`."""

import dataclasses
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from cyclopts import Group, Parameter

from fourfold.compare.check import peer
from fourfold.compare.check.forms import sources
from fourfold.compare.commands import terminal
from fourfold.compare.commands.kinds import FILES, Json, Memory, Timeout
from fourfold.compare.errors import UsageError
from fourfold.compare.system import files

TEMPLATES = Path(peer.__file__).parent / "templates"


INSTEAD = Group("Instead of a file", sort_key=1)
LIMITS = Group("Limits", sort_key=4)
DEMANDED = Group("What the code must do", sort_key=2)
CASES = Group("Checking number by number, with these cases", sort_key=3)


@Parameter(name="*", group=CASES)
@dataclass(frozen=True)
class How:
    """What the implementation is asked."""

    activation: str | None = None
    "Its activation, or one for each layer, such as tanh,relu,sigmoid. Default: sigmoid, or all that it takes."
    layers: str | None = None
    "Width of every layer, such as 2,8,8,1. Default: whatever it takes."
    bias: bool = False
    "It takes any number of layers and has biases. A parameter called b says so too."
    suite: str = "default"
    "How many cases: quick, default or full."
    case: str | None = None
    "Only these cases, comma-separated."
    data: str | None = None
    "Ask about these data alone, xor or a CSV file, with 3 hidden units or as --layers or --weights say."
    weights: str | None = None
    "Ask about these weights alone: W1, W2, ... and biases b1, b2, ... of an .npz or JSON file, and --data or xor."
    dtype: str = "float64,float32"
    "Precisions, comma-separated. By default one that a function does not take is left out."
    seeds: str | None = None
    "How many random initial weights, or a range such as 5:15. Default: 3."
    timeout: Annotated[Timeout, Parameter(group=LIMITS)] = 120
    "Seconds it may take in all."
    memory: Annotated[Memory, Parameter(group=LIMITS)] = 8
    "Gigabytes of data it may hold."
    loss: Annotated[str | None, Parameter(group=DEMANDED)] = None
    "Its loss must be half-mse, mse, sse, half-sse, bce or softmax-ce. Default: whatever it computes."
    l2: Annotated[float | None, Parameter(group=DEMANDED)] = None
    "Its loss must have the penalty λ/2 Σ W², with this λ."
    columns: Annotated[bool, Parameter(group=DEMANDED)] = False
    "It must take samples in columns."
    update: Annotated[str | None, Parameter(group=DEMANDED)] = None
    "Its train function must step by sgd, momentum=0.9, nesterov, rmsprop, or adam,eps=1e-7."
    explain: Annotated[bool, Parameter(group=FILES)] = False
    "Say line by line what the backward pass computes."
    hint: Annotated[bool, Parameter(group=FILES)] = False
    "Say where to look, but not what is wrong."
    json: Json = None
    "Write the result as JSON to this file; - means standard output."


def check(
    target: Annotated[str | None, Parameter(help="A file, mine.py or mine.py:NAME, a notebook, or a module.")] = None,
    /,
    *,
    command: Annotated[str | None, Parameter(group=INSTEAD)] = None,
    course: Annotated[str | None, Parameter(group=INSTEAD)] = None,
    template: Annotated[str | None, Parameter(group=INSTEAD)] = None,
    csv: Annotated[str | None, Parameter(group=FILES)] = None,
    out: Annotated[str | None, Parameter(group=FILES)] = None,
    how: How = How(),
):
    """Prove that your gradients are right, or name the line that is wrong.

    It takes any loss and any network that runs in NumPy, written as you like:
    functions or classes, lists or dicts, samples in rows or columns, a notebook.
    Code that it does not recognise needs a function example(rng) that returns
    the arguments by name. If your function is gradients(X, Y, W1, W2), returns
    (L, dL_dW1, dL_dW2) and has fourfold's own loss, every number is checked too.

    Example: fourfold check mine.py --activation tanh

    Parameters
    ----------
    command
        Check a program in any language, with its arguments. It must speak the protocol in compare/check/protocol.py.
    course
        Check every file of a folder, or of a pattern such as "submissions/*.py".
    template
        Write a file to start from: numpy, torch, jax, tf, or numpy-deep for any number of layers.
    csv
        With --course: write the table to this file too.
    out
        Write a page: with --course for the teacher, with --explain for the file. With --template: the file to write.
    """
    if template is not None:
        return _template(template, out)
    if course is not None:
        return _course(course, target or command, out, csv, how)
    if csv is not None:
        raise UsageError("--csv goes with --course.")
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
        raise UsageError("--out goes with --template, --course or --explain.")
    if how.hint:
        raise UsageError("--out with --explain shows what is wrong: leave out --hint.")
    if not page.endswith(".html"):
        raise UsageError(f"--out with --explain takes a file whose name ends in .html, not {page!r}.")
    if target is None or _proof(target, how) is None:
        raise UsageError("--out shows a .py or .ipynb file line by line: give one, without options such as --seeds.")
    files.check_writable(page)


def _check(name, program, how, page=None):
    proof = None if program else _proof(name, how)
    parsed = _Options.parse(how) if proof is None else None  # where a proof is asked for they are all at their defaults
    layers, bias = (parsed.layers, how.bias) if parsed else (False, False)
    limits = how.timeout, how.memory, layers, bias
    opened = peer.of_command(program, *limits) if program else peer.of_target(name, *limits, proof)
    with ExitStack() as entered:
        with terminal.status(f"reading {terminal.plain(name or program)}…"):
            p = entered.enter_context(opened)
        bar = entered.enter_context(terminal.progress())
        if p.proof and p.proof.settles:
            from fourfold.compare.check.checked import settled

            return _show(settled(p), how, name, page)
        from fourfold.compare.commands import asked  # most files need no questions

        o = parsed or _Options.parse(how)
        if p.model:
            _check_explained(page, None)
            return asked.model(name, o.dtypes, o.seeds, how, p.row, o.given)
        source = _source(name).text
        checked = asked.checked(p, o.activations, o.dtypes, o.seeds, how, bar, o.given, source)
    return _show(checked, how, name, page)


class _Options(NamedTuple):
    """What was asked for, to choose the questions."""

    dtypes: list
    seeds: range | None
    activations: list | None
    layers: bool  # more than two, or biases
    given: Any = None  # weights.FirstWeights

    @classmethod
    def parse(cls, how):
        """Raises UsageError."""
        from fourfold.compare.cases.case import DTYPES, parse_widths
        from fourfold.compare.cases.weights import read_weights
        from fourfold.compare.commands import options

        dtypes, seeds = options.dtypes(how.dtype), options.asked_seeds(how.seeds)
        if not {*dtypes} <= {*DTYPES}:
            raise UsageError(f"check judges in {' and '.join(DTYPES)} alone: fourfold agree --impl has half precision.")
        widths, given = parse_widths(how.layers), None
        activations = options.names(how.activation)
        if widths is not None and not (len(widths) > 1 and min(widths) >= 1):
            raise UsageError(f"--layers must be widths of at least 1, inputs and outputs included, not {how.layers}.")
        if how.weights is not None:
            given = read_weights(how.weights)
            given.check(None, widths, how.bias, seeds)
        if how.case is not None and (given or how.data is not None):
            raise UsageError("--case chooses among fourfold's own cases: leave it out, or --data and --weights.")
        layers = bool(how.bias or widths or len(activations or ()) > 1 or (given and given.depth != 2))
        return cls(dtypes, seeds, activations, layers, given)


def _show(checked, how, name, page):
    from fourfold.compare.check import words
    from fourfold.compare.commands import colours
    from fourfold.compare.results import result

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
    where, _ = sources.split(name or "")
    return sources.source(Path(where)) if where.endswith((".py", ".ipynb")) else sources.Source("", {})


def _proof(name, how):
    """The options of a proof; None where the options ask for the questions of the protocol."""
    demands = {"loss": how.loss, "l2": how.l2, "columns": how.columns, "update": how.update}
    if any(value not in {None, False} for value in demands.values()):
        from fourfold.compare.check.demands import Demands  # it takes its time

        demands = Demands.parse(**demands)._asdict()
    plain = How(timeout=how.timeout, memory=how.memory, hint=how.hint, json=how.json)
    is_plain = plain == dataclasses.replace(how, loss=None, l2=None, columns=False, update=None, explain=False)
    is_file = sources.split(name)[0].endswith((".py", ".ipynb"))
    return demands | {"explain": how.explain} if is_file and is_plain else None
