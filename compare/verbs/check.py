"""`fourfold check`."""

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cyclopts import Parameter
from msgspec.structs import replace

from compare import cases, options, peer, result, show_check, suite, suites, target, terminal
from compare import check as judge
from compare.errors import UsageError
from compare.options import Json
from compare.verbs.agree import print_result

TEMPLATES = Path(__file__).parent.parent / "templates"


@Parameter(name="*")
@dataclass(frozen=True)
class How:
    """What the implementation is asked."""

    activation: str | None = None
    "Which activation it has; default: all, where its functions take an `activation`, and else sigmoid."
    suite: str = "default"
    "quick, default or full: how many cases."
    case: str | None = None
    "Only these cases, comma-separated."
    dtype: str = "float64"
    "float64 or float32."
    seeds: str = "3"
    "How many, or a range a:b."
    timeout: float = 120
    "Seconds it may take, in all."
    memory: float = 8
    "Gigabytes of data it may hold."
    hint: bool = False
    "Say where to look, but not what is wrong."
    json: Json = None
    "Write the result as JSON to this file; - is standard output."


def check(
    target: str | None = None,
    *,
    command: str | None = None,
    template: str | None = None,
    out: str | None = None,
    how: How = How(),
):
    """Judge your own implementation: gradients(X, Y, W1, W2) that returns (L, dL_dW1, dL_dW2), in a file or module.

    A function of another name is given as mine.py:NAME. Where there are `trace` or `train` too, they are judged as
    well. --command judges any program that speaks the protocol of compare/protocol.py.

    Example: fourfold check mine.py --activation tanh

    Parameters
    ----------
    command
        A program, with its arguments, instead of a file or module.
    template
        Write a file to start from instead: numpy, torch, jax or tf.
    out
        Where the template goes, instead of standard output.
    """
    if template is not None:
        return _template(template, out)
    if (target is None) == (command is None):
        raise UsageError("check takes a file, a module or --command: fourfold check mine.py")
    if out is not None:
        raise UsageError("--out is for --template.")
    return _check(target, command, how)


def _template(name, target):
    names = sorted(path.stem.removesuffix("_mine") for path in TEMPLATES.glob("*_mine.py"))
    if name not in names:
        raise UsageError(f"There is no template {name!r}: choose from {', '.join(names)}.")
    content = (TEMPLATES / f"{name}_mine.py").read_bytes()
    terminal.write_json(target or "-", content)


def _check(name, program, how):
    (dtype, *more), seeds, timeout = options.dtypes(how.dtype), options.seeds(how.seeds), options.timeout(how.timeout)
    if more:
        raise UsageError("check takes one --dtype.")
    names, memory = options.names(how.case), options.memory(how.memory)
    opened = peer.of_command(program, timeout, memory) if program else peer.of_target(name, timeout, memory)
    with opened as p, terminal.progress() as bar:
        if p.model:
            return _model(name, dtype, seeds, timeout, how)
        activations = [how.activation] if how.activation else p.activations or ["sigmoid"]
        chosen = [case for a in activations for case in suites.situations(a, how.suite, names, dtype, seeds)]
        advance = bar(p.name, (1 + len(p.functions)) * len(chosen))
        checked = replace(judge.check(p, chosen, dtype, how.hint, advance), printed=p.printed())
    if how.json != "-":
        terminal.out.print(show_check.text(checked), markup=False)
    terminal.write_json(how.json, result.encode(checked))
    return checked.exit_code()


def _model(name, dtype, seeds, timeout, how):
    """A whole impls.model.Model is judged like a column."""
    where, attribute = target.split(name)
    if attribute:
        raise UsageError(f"{name} is a whole Model, and those are modules: give {where}.")
    default = cases.make("xor", how.activation or "sigmoid", 0.1, 10_000, 3, seeds)
    chosen = suites.choose(how.suite, options.names(how.case), default)
    module = _module(where)
    with peer.apart():
        outcome, _ = suite.agreement([module], chosen, [dtype], timeout, terminal.command(), memory=how.memory)
    if how.json != "-":
        print_result(outcome)
    terminal.write_json(how.json, result.encode(outcome))
    return outcome.exit_code()


def _module(where):
    """The name by which a worker can import it."""
    if not where.endswith(".py"):
        return where
    path = Path(where).resolve()
    sys.path.append(str(path.parent))
    spec = find_spec(path.stem)
    if not spec or not spec.origin or Path(spec.origin) != path:
        raise UsageError(f"{where} has the name of a module that is installed: call it something else.")
    return path.stem
