"""What `fourfold check` asks by the protocol: of gradients, trace and train, or of a whole Model."""

import sys
from importlib.util import find_spec
from pathlib import Path

from msgspec.structs import replace

from fourfold.compare.cases import situations, suites, update
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, check_range, make_case, parse_widths
from fourfold.compare.check import check as judge
from fourfold.compare.check import peer, updates, words
from fourfold.compare.check.checked import first_rejection
from fourfold.compare.check.forms import sources
from fourfold.compare.commands import options, terminal
from fourfold.compare.errors import UsageError
from fourfold.compare.judge.quantities import DEEP, TWO_LAYER
from fourfold.compare.results import result

SEEDS = range(3)


def checked(p, activations, dtypes, seeds, how, bar, given=None, source=""):
    """The Checked on a peer.Peer; `how` are the options of check, `activations` and `seeds` those asked for, or None.

    given: the weights.FirstWeights that it is asked about alone; source: the file's text.
    """
    if p.proof and p.proof.is_own:
        activations = p.proof.activations[:-1] if p.row == TWO_LAYER else p.proof.activations
    names, widths, chosen = options.names(how.case), parse_widths(how.layers), {}
    if given or how.data is not None:
        names = []
        for dtype in dtypes:
            chosen[dtype] = _own_cases(p, activations, widths, how.data or "xor", seeds, given)
            for case in chosen[dtype]:
                check_range(case, [dtype])
    else:
        for dtype in dtypes:
            chosen[dtype] = _cases(p, activations, widths, how.suite, names, dtype, seeds or SEEDS)
    extra = situations.MAY_BE_REFUSED if names is None else ()
    if how.dtype == ",".join(DTYPES):
        extra += DTYPES[1:]
    advance = bar(p.name, len(p.functions) * sum(map(len, chosen.values())))
    stepping = updates.demanded(how.update) if how.update else None
    if words.to_do(source) and how.json is None:  # then the first case alone may show that nothing is there yet
        dtype, cases = next(iter(chosen.items()))
        first = judge.check(p, {dtype: cases[:1]}, extra, how.hint, undone=True)
        rejection = first_rejection(first)
        if rejection and words.is_zero(rejection):
            return replace(first, printed=p.printed())
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


def _own_cases(p, activations, widths, data, seeds, given):
    """The user's own data and weights, a Case for every activation of a two-layer network. Raises UsageError."""
    if given and p.row == TWO_LAYER and (given.biased() or given.depth != 2):
        raise UsageError(f"{p.name} takes X, Y, W1 and W2: {given.path} must have W1 and W2, and no others.")
    if given and given.biased() != p.biases:
        biases = "biases, and none are" if p.biases else "no biases, and some are"
        raise UsageError(f"{p.name} takes {biases} in {given.path}.")
    names, layers = activations or p.activations or ["sigmoid"], None
    if p.row == DEEP:
        names, layers = [",".join(activations or ["sigmoid"])], widths
    hidden = widths[1] if widths and len(widths) == 3 else 3
    cases = []
    for name in names:
        case = make_case(data, name, 0.1, 1, hidden, seeds or SEEDS, layers, p.biases, given)
        cases.append(case._replace(row=p.row))
    return cases


def model(name, dtypes, seeds, how, row, given=None):
    """A whole impls.model.Model, or DeepModel, is judged like a column."""
    from fourfold.compare.agreement import suite
    from fourfold.compare.commands.agree import save_repro, show

    where, attribute = sources.split(name)
    if attribute:
        raise UsageError(f"{name} is a whole Model, which has to be a module: give {where}.")
    deep = row == DEEP
    is_own = given or how.data is not None
    widths = parse_widths(how.layers) or ([2, 4, 4, 1] if deep and not is_own else None)
    bias = how.bias or (deep and not is_own)
    network = 0.1, 10_000, 3, seeds or SEEDS, widths, bias, given
    default = make_case(how.data or "xor", how.activation or "sigmoid", *network)
    if is_own and default.row == DEEP != row:
        raise UsageError(f"{name} has two layers, no biases and a linear output: ask for such a network.")
    chosen = [default._replace(row=row)]
    if not is_own:
        chosen = [c for c in suites.choose(how.suite, options.names(how.case), default, deep) if c.row == row]
    if how.update is not None:
        chosen = _by_update(chosen, how.update)
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


def _by_update(cases, text):
    """The Cases by an optimiser, at its rate where it says one. Raises UsageError."""
    rule, lr = update.parse(text)
    return [case._replace(lr=lr or case.lr) for case in update.by_update(cases, rule)]


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
