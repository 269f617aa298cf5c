"""`fourfold train`."""

from typing import Annotated

import numpy as np
from cyclopts import Parameter

from fourfold.compare.cases.case import check_range
from fourfold.compare.columns import workers
from fourfold.compare.columns.questions import about
from fourfold.compare.commands import options
from fourfold.compare.commands.options import Begun, One
from fourfold.compare.commands.terminal import out, progress, unsaid, write_json
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge import form, judgement
from fourfold.compare.judge.quantities import parameter_names
from fourfold.compare.results import result

EPOCHS_BETWEEN_LINES = 200


def train(
    column: Annotated[str, Parameter(help="numpy, torch, jax or tf, or a module of your own.")],
    /,
    *,
    training: Begun = Begun(),
    one: One = One(),
):
    """Train one network in one framework: its loss every 200 epochs, then its answers.

    Example: fourfold train jax --activation tanh --seed 7
    """
    name, precision = options.column(column), options.one_dtype("train", one.dtype)
    case = _case(training, one.seed)
    check_range(case, [precision])
    options.of_rows([name], {case.row})

    def say(line):
        if one.json != "-":
            out.print(line, markup=False)

    begins = training.weights or f"seed {one.seed}"
    say(f"{name}: {case.parameters()} parameters, {begins}, {case.steps:,} epochs, learning rate {case.lr:g}")
    p = judgement.problem(case, precision)
    _, _, *now = case.cast(precision)
    question = about(p, "trajectory", now, case.lr)
    losses = []
    with workers.open_pool(one.timeout) as pool, progress() as bar:
        advance = bar(name, case.steps)
        for epoch, answer in workers.trajectory(pool, name, question, case.steps, EPOCHS_BETWEEN_LINES):
            steps = min(EPOCHS_BETWEEN_LINES, case.steps - epoch)
            path = [*answer.values()]
            _demand(name, "train", form.malformed_path(path, now, steps, p))
            now = [Z[-1] for Z in path[:-1]]
            L = answer["L"][0, 0]
            losses.append((epoch, result.number(L)))
            say(f"epoch {epoch:>9,}   loss {L:.10g}")
            advance(steps)
            if unsaid and not one.json:
                return  # to nobody
        final = pool.ask(name, about(p, "trace", now))
        _demand(name, "trace", form.malformed_trace(final, now, p))
    Y_hat, L = final["Y_hat"][0], final["L"][0]
    losses.append((case.steps, result.number(L)))
    say(f"epoch {case.steps:>9,}   loss {L:.10g}\n")
    for x, y_hat, y in zip(p.X.tolist(), Y_hat.tolist(), p.Y.tolist(), strict=True):
        say(f"{_vector(x)} → {_vector(y_hat)}   class {_vector(np.round(y_hat))}, target {_vector(y)}")
    record = {"column": name, "dtype": precision, "seed": one.seed, "parameters": case.parameters(), "losses": losses}
    for parameter, Z in zip(parameter_names(len(p.activations), len(now)), now, strict=True):
        record[parameter] = result.numbers(Z[0])
    write_json(one.json, result.encode(record | {"Y_hat": result.numbers(Y_hat)}))


def _case(training, seed):
    """The Case of one network: of a seed, or of that number among those in a file of weights."""
    if training.weights is None:
        return options.case(training, range(seed, seed + 1))
    case = options.case(training, None)
    if seed >= len(case.seeds):
        here = f"{len(case.seeds)} networks" if len(case.seeds) > 1 else "1 network"
        raise UsageError(f"{training.weights} has {here}, the first called 0: there is no --seed {seed}.")
    return case.some_seeds(slice(seed, seed + 1))


def _demand(name, function, complaint):
    if complaint:
        raise ColumnError(f"{name}: {function} gives the wrong kind of array: {complaint.sentence}")


def _vector(values):
    return f"({', '.join(f'{v:.4g}' for v in values)})"
