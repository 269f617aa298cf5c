"""`fourfold train`."""

import numpy as np

from fourfold.compare.cases.case import check_range
from fourfold.compare.columns import calls, workers
from fourfold.compare.commands import options
from fourfold.compare.commands.options import One, Training
from fourfold.compare.commands.terminal import out, progress, unsaid, write_json
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import parameter_names
from fourfold.compare.results import result

EPOCHS_BETWEEN_LINES = 200


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
    case = options.case(training, options.seed(one.seed))
    check_range(case, [precision])
    options.of_rows([name], {case.row})
    say = (lambda line: None) if one.json == "-" else (lambda line: out.print(line, markup=False))
    say(f"{name}: {case.parameters()} parameters, seed {one.seed}, {case.steps:,} epochs, learning rate {case.lr:g}")
    losses, p = [], judgement.problem(case, precision)
    _, _, *now = case.cast(precision)
    with workers.open_pool(options.timeout(one.timeout)) as pool, progress() as bar:
        advance = bar(name, case.steps)
        for epoch, path in workers.stream(pool, name, case, precision, EPOCHS_BETWEEN_LINES):
            steps = min(EPOCHS_BETWEEN_LINES, case.steps - epoch)
            _demand(name, "train", judgement.malformed_path(path, now, steps, p))
            *now, L = [*(Z[-1] for Z in path[:-1]), path[-1][0, 0]]
            losses.append((epoch, result.number(L)))
            say(f"epoch {epoch:>9,}   loss {L:.10g}")
            advance(steps)
            if unsaid and not one.json:
                return  # to nobody
        final = pool.call(name, calls.trace, p.row, p.X, p.Y, now, p.activations)
        _demand(name, "trace", judgement.malformed_trace(final, now, p))
    losses.append((case.steps, result.number(final["L"][0])))
    say(f"epoch {case.steps:>9,}   loss {final['L'][0]:.10g}\n")
    for x, y_hat, y in zip(p.X.tolist(), final["Y_hat"][0].tolist(), p.Y.tolist(), strict=True):
        say(f"{_vector(x)} → {_vector(y_hat)}   class {_vector(np.round(y_hat))}, target {_vector(y)}")
    record = {"column": name, "dtype": precision, "seed": one.seed, "parameters": case.parameters(), "losses": losses}
    final = {"Y_hat": final["Y_hat"][0]}
    weights = {**dict(zip(parameter_names(now, p), (Z[0] for Z in now), strict=True)), **final}
    write_json(one.json, result.encode(record | {key: result.numbers(Z) for key, Z in weights.items()}))


def _demand(name, function, complaint):
    if complaint:
        raise ColumnError(f"{name}: {function} gives the wrong kind of array: {complaint}")


def _vector(values):
    return f"({', '.join(f'{v:.4g}' for v in values)})"
