"""`fourfold train`."""

from typing import Annotated

import numpy as np
from cyclopts import Parameter

from fourfold.compare.cases.case import check_range
from fourfold.compare.columns import calls, workers
from fourfold.compare.columns.questions import about
from fourfold.compare.commands import options
from fourfold.compare.commands.options import Begun, One
from fourfold.compare.commands.terminal import out, progress, unsaid, write_json
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge import form, judgement
from fourfold.compare.judge.quantities import parameter_kept_for, parameter_names
from fourfold.compare.judge.updates import words
from fourfold.compare.results import result
from fourfold.compare.results.words import count

EPOCHS_BETWEEN_LINES = 200
MOST_STEPS = 20_000  # of one call by an optimiser


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
    case, begins = _case(training, one.seed)
    check_range(case, [precision])
    options.of_rows([name], {case.row})
    options.of_precisions([name], [precision])

    def say(line):
        if one.json != "-":
            out.print(line, markup=False)

    p = judgement.problem(case, precision)
    _, _, *now = case.cast(precision)
    question = about(p, "trajectory", now, case.rate(precision))
    losses, is_finite = [], True
    with workers.open_pool(one.timeout) as pool, progress() as bar:
        able = pool.call(name, calls.abilities, case.row)
        _check_trains(name, able, case)
        size, epochs = count(case.parameters(), "parameter"), count(case.steps, "epoch")
        by = f", {words(case.update)}" if case.update else ""
        say(f"{name}: {size}, {begins}, {epochs}, learning rate {case.lr:g}{by}")
        advance = bar(name, case.steps)
        piece = min(case.steps, MOST_STEPS) if case.update else EPOCHS_BETWEEN_LINES  # some compile every call anew
        for epoch, answer in workers.trajectory(pool, name, question, case.steps, piece):
            steps = min(piece, case.steps - epoch)
            path = [Z for quantity, Z in answer.items() if not parameter_kept_for(quantity)]
            _demand(name, able.runs(), form.malformed_path(path, now, steps, p))
            now = [Z[-1] for Z in path[:-1]]
            path_L = answer["L"][:, 0]
            for t in range(0, steps, EPOCHS_BETWEEN_LINES):
                losses.append((epoch + t, result.number(path_L[t])))
                say(f"epoch {epoch + t:>9,}   loss {path_L[t]:.10g}")
            if is_finite and not np.isfinite(path_L).all():
                is_finite = False
                say(_diverged(epoch + int(np.argmin(np.isfinite(path_L)))))
            advance(steps)
            if unsaid and not one.json:
                return  # to nobody
        L, Y_hat = _final(pool, name, able, p, now, case.rate(precision))
    losses.append((case.steps, result.number(L)))
    say(f"epoch {case.steps:>9,}   loss {L:.10g}")
    if is_finite and not np.isfinite(L):
        say(_diverged(case.steps))
    say("")
    if Y_hat is None:
        say(f"{name} has neither trace nor forward: there are no predictions to show.")
    else:
        for x, y_hat, y in zip(p.X.tolist(), Y_hat.tolist(), p.Y.tolist(), strict=True):
            say(f"{_vector(x)} → {_vector(y_hat)}   class {_vector(np.round(y_hat))}, target {_vector(y)}")
    record = {"column": name, "dtype": precision, "seed": one.seed, "parameters": case.parameters(), "losses": losses}
    for parameter, Z in zip(parameter_names(len(p.activations), len(now)), now, strict=True):
        record[parameter] = result.numbers(Z[0])
    if Y_hat is not None:
        record["Y_hat"] = result.numbers(Y_hat)
    write_json(one.json, result.encode(record))


def _case(training, seed):
    """(the Case of one network, its first weights in words): of a seed, or of that number in a file of weights."""
    if training.weights is None:
        return options.case(training, range(seed, seed + 1)), f"seed {seed}"
    case = options.case(training, None)
    networks = len(case.seeds)
    if seed >= networks:
        here = count(networks, "network")
        raise UsageError(f"{training.weights} has {here}, the first called 0: there is no --seed {seed}.")
    which = f" (network {seed} of {networks}, counted from 0: --seed chooses)" if networks > 1 else ""
    return case.some_seeds(slice(seed, seed + 1)), f"{training.weights}{which}"


def _check_trains(name, able, case):
    """Raises ColumnError where a column cannot train this network."""
    if not able.runs():
        raise ColumnError(f"{name} has no train and no step: add one of them, or judge what it has with fourfold agree")
    able.check(name, case)


def _final(pool, name, able, p, now, lr):
    """The loss and the predictions (N, d_out) at the last parameters; None for predictions that a column has not."""
    if "trace" in able.functions:
        final = pool.ask(name, about(p, "trace", now))
        _demand(name, "trace", form.malformed_trace(final, now, p))
        return final["L"][0], final["Y_hat"][0]
    step = pool.ask(name, about(p, "trajectory", now, lr, 1))  # one more gives the loss before it
    _demand(name, able.runs(), form.malformed_path([*step.values()], now, 1, p))
    Y_hat = pool.ask(name, about(p, "predict", now))["Y_hat"][0] if "forward" in able.functions else None
    return step["L"][0, 0], Y_hat


def _diverged(epoch):
    # it can become a number again, where all units of relu have died
    return f"The loss at epoch {epoch:,} is no finite number: the run diverged. Take a smaller --lr."


def _demand(name, function, complaint):
    if complaint:
        raise ColumnError(f"{name}: {function} gives the wrong kind of array: {complaint.sentence}")


def _vector(values):
    return f"({', '.join(f'{v:.4g}' for v in values)})"
