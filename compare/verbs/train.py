"""`fourfold train`."""

import numpy as np

from compare import agree, options, result, run
from compare.errors import UsageError
from compare.options import One, Training
from compare.terminal import out, progress, write_json

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
    case = options.case(training, options.seeds(f"{one.seed}:{one.seed + 1}"))
    options.in_range(case, [precision])
    say = (lambda line: None) if one.json == "-" else (lambda line: out.print(line, markup=False))
    say(f"{name}: {case.parameters()} parameters, seed {one.seed}, {case.steps:,} epochs, learning rate {case.lr:g}")
    losses = []
    with run.workers(options.timeout(one.timeout)) as pool, progress() as bar:
        advance = bar(name, case.steps)
        for epoch, path in run.stream(pool, name, case, precision, EPOCHS_BETWEEN_LINES):
            W1, W2 = path[0][-1, 0], path[1][-1, 0]
            losses.append((epoch, float(path[2][0, 0])))
            say(f"epoch {epoch:>9,}   loss {losses[-1][1]:.10g}")
            advance(len(path[2]))
        p = agree.problem(case, precision)
        final = pool.call(name, run.trace, p.X, p.Y, W1, W2, case.activation)
    losses.append((case.steps, float(final.L)))
    say(f"epoch {case.steps:>9,}   loss {losses[-1][1]:.10g}\n")
    for x, y_hat, y in zip(p.X.tolist(), final.Y_hat.tolist(), p.Y.tolist(), strict=True):
        say(f"{_vector(x)} → {_vector(y_hat)}   class {_vector(np.round(y_hat))}, target {_vector(y)}")
    record = {"column": name, "dtype": precision, "seed": one.seed, "parameters": case.parameters(), "losses": losses}
    weights = {"W1": W1, "W2": W2, "Y_hat": final.Y_hat}
    write_json(one.json, result.encode(record | {key: result.numbers(Z) for key, Z in weights.items()}))


def _vector(values):
    return f"({', '.join(f'{v:.4g}' for v in values)})"
