"""What `fourfold check` asks by the protocol: of gradients, trace and train, or of a whole Model."""

import sys
from importlib.util import find_spec
from pathlib import Path

from msgspec.structs import replace

from fourfold.compare.agreement import suite
from fourfold.compare.cases import situations, suites
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, make_case, parse_widths
from fourfold.compare.check import check as judge
from fourfold.compare.check import peer, recognise, updates
from fourfold.compare.commands import options, terminal
from fourfold.compare.commands.agree import save_repro, show
from fourfold.compare.errors import UsageError
from fourfold.compare.judge.quantities import DEEP, TWO_LAYER
from fourfold.compare.results import result


def checked(p, activations, dtypes, seeds, how, bar):
    """The Checked on a peer.Peer; `how` are the options of check, `activations` those that were asked for, or None."""
    if p.proof and p.proof.is_own:
        activations = p.proof.activations[:-1] if p.row == TWO_LAYER else p.proof.activations
    names, chosen = options.names(how.case), {}
    for dtype in dtypes:
        chosen[dtype] = _cases(p, activations, parse_widths(how.layers), how.suite, names, dtype, seeds)
    extra = situations.MAY_BE_REFUSED if names is None else ()
    if how.dtype == ",".join(DTYPES):
        extra += DTYPES[1:]
    advance = bar(p.name, len(p.functions) * sum(map(len, chosen.values())))
    stepping = updates.demanded(how.update) if how.update else None
    return replace(judge.check(p, chosen, extra, how.hint, advance, stepping), printed=p.printed())


def _cases(p, activations, widths, suite, names, dtype, seeds):
    """What a Peer is asked: all it says it can do, or what the options say it is."""
    if p.row == TWO_LAYER:
        cases = []
        for activation in activations or p.activations or ["sigmoid"]:
            cases += situations.situations(activation, suite, names, dtype, seeds)
        return cases
    takes_any = set(p.activations) == set(ACTIVATIONS)
    activations = activations or (None if takes_any else ["sigmoid"])
    hidden = None if widths is None else widths[1:-1]
    return situations.layered(activations, hidden, p.biases, suite, names, dtype, seeds)


def model(name, dtypes, seeds, how, row):
    """A whole impls.model.Model, or DeepModel, is judged like a column."""
    where, attribute = recognise.split(name)
    if attribute:
        raise UsageError(f"{name} is a whole Model, which has to be a module: give {where}.")
    deep = row == DEEP
    widths = parse_widths(how.layers) or ([2, 4, 4, 1] if deep else None)
    default = make_case("xor", how.activation or "sigmoid", 0.1, 10_000, 3, seeds, widths, how.bias or deep)
    chosen = [case for case in suites.choose(how.suite, options.names(how.case), default, deep) if case.row == row]
    module = _module(where)
    with peer.surroundings() as around:
        outcome, _ = suite.agreement(
            [module],
            chosen,
            dtypes,
            how.timeout,
            terminal.command(),
            memory=how.memory,
            surroundings=around,
            keep=False,
        )
    if how.json != "-":
        show(outcome, again=save_repro(outcome))
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
