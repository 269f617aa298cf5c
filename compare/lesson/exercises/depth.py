"""Exercise 6: one more layer, and more: forward, backward and update of each, and how training takes it."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import make_case
from fourfold.compare.columns import calls
from fourfold.compare.judge import judgement
from fourfold.compare.lesson.exercises import success, training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, Table, found

SEEDS = range(50)
STEPS, LR, WIDTH = 10_000, 0.1, 3
HIDDEN_LAYERS = (1, 2, 3, 4)
ACTIVATIONS = ("sigmoid", "tanh")


def answer(columns, seeds):
    """Found: one step of 2-3-3-1 quantity by quantity, and training with one to four hidden layers."""
    made = {(a, n): case(a, n, seeds) for a in ACTIVATIONS for n in HIDDEN_LAYERS}
    shown = made["sigmoid", 2]._replace(steps=1)
    by_column = columns.each(
        lambda name: (
            [training.train(columns, name, c) for c in made.values()],
            one_step(columns, name, shown),
            {a: gradient_sizes(columns, name, made[a, HIDDEN_LAYERS[-1]]) for a in ACTIVATIONS},
        )
    )
    runs = {name: of for name, (of, _, _) in by_column.items()}
    steps = {name: of for name, (_, of, _) in by_column.items()}
    sizes = {name: of for name, (_, _, of) in by_column.items()}
    labels = [f"{a}, {_hidden(n)}" for a, n in made]
    first = sizes[columns.names[0]]
    fall = {a: size[0] / size[-1] for a, (size, _) in first.items()}
    right = all(ratio <= 1 for of in steps.values() for _, _, ratio in of.rows)
    claims = [
        Claim(
            f"Another layer repeats two lines of the forward pass, H₂ = A₁W₂ + b₂ and A₂ = σ(H₂), and three of the "
            "backward pass, ∂L/∂A₁ = ∂L/∂H₂·W₂ᵀ, ∂L/∂H₁ = ∂L/∂A₁ ∘ σ'(H₁) and ∂L/∂W₁ = Xᵀ·∂L/∂H₁; the update is "
            f"the same for each. All {len(steps[columns.names[0]].rows)} quantities of one step of {shown.name} are "
            "within what rounding allows in every column.",
            right,
        ),
        success.ranking(labels, runs),
        Claim(
            f"At the first step of {HIDDEN_LAYERS[-1]} hidden layers a weight's gradient in the first layer is "
            + " and ".join(f"{share:.2g} of that in the last with {a}" for a, share in fall.items())
            + " (root mean square, median over the seeds): each layer multiplies by σ', which is at most ¼ for the "
            "sigmoid and 1 for tanh."
        ),
    ]
    shapes = [[what, shape, *(f"{of.rows[n][2]:.2f}" for of in steps.values())] for n, (what, shape, _) in
              enumerate(steps[columns.names[0]].rows)]  # fmt: skip
    layers = [f"layer {k}" for k in range(1, HIDDEN_LAYERS[-1] + 2)]
    tables = [
        Table(
            f"One step of {shown.name}, in order of computation: largest error as a share of its limit",
            ["quantity", "shape", *columns.names],
            shapes,
        ),
        success.table(f"Seeds that reach L < {success.LEARNED:g}, and their median step", labels, runs),
        Table(
            f"Size of a weight's gradient at the first step, {HIDDEN_LAYERS[-1]} hidden layers",
            ["activation", *layers],
            [[a, *(f"{x:.2g}" for x in size)] for a, (size, _) in first.items()],
        ),
    ]
    figure = Figure(
        "6-depth",
        "Training with one to four hidden layers",
        f"Share of {len(seeds)} seeds of {columns.names[0]} whose loss has been below {success.LEARNED:g}, over the "
        "steps.",
    )
    counts = [
        *(t.count for of in runs.values() for t in of),
        *(of.count for of in steps.values()),
        *(count for of in sizes.values() for _, count in of.values()),
    ]
    setting = (
        f"XOR, hidden layers {WIDTH} wide, with biases, learning rate {LR:g}, {STEPS:,} steps, "
        f"{training.named(seeds)}, {training.DTYPE}"
    )
    arrays = success.curves(labels, runs[columns.names[0]], STEPS)
    return found(6, columns, setting, claims, tables, counts, training.CERTIFICATE, [figure], arrays)


def case(activation, hidden_layers, seeds):
    widths = [2, *(WIDTH,) * hidden_layers, 1]
    made = make_case("xor", activation, LR, STEPS, WIDTH, seeds, widths, bias=True)
    return made._replace(name="-".join(map(str, widths)))


class OneStep(NamedTuple):
    rows: list  # (quantity, shape of one seed's, largest error as a share of its limit)
    count: training.Count


def one_step(columns, name, c):
    """Every quantity of a step of a column: forward, backward, then the parameters after it."""
    p, (X, Y, *parameters) = judgement.problem(c, training.DTYPE), c.cast(training.DTYPE)
    judged = training.trace(columns, name, parameters, p)
    path = columns.workers.call(name, calls.train, c.row, X, Y, parameters, c.lr, 1, c.activations)
    training.formed(name, judgement.malformed_path(path, parameters, 1, p))
    _, *after = judgement.judge_steps([Z[None] for Z in parameters], path, p)
    rows = [(j.quantity, _shape(j.value[0]), float(j.ratio.max())) for j in judged]
    rows += [(f"{j.quantity} after it", _shape(j.value[0, 0]), float(j.ratio.max())) for j in after]
    return OneStep(rows, training.together([training.counted(name, judged), training.counted(name, after)]))


def gradient_sizes(columns, name, c):
    """Root mean square of dL_dW1 ... dL_dWK at the initial weights, median over the seeds; and the Count."""
    judged = training.trace(columns, name, c.cast(training.DTYPE)[2:], judgement.problem(c, training.DTYPE))
    of = {j.quantity: j.value for j in judged}
    size = lambda Z: float(np.median(np.sqrt((Z**2).mean(axis=(-2, -1)))))
    return [size(of[f"dL_dW{k}"]) for k in range(1, len(c.activations) + 1)], training.counted(name, judged)


def _hidden(n):
    return f"{n} hidden layer{'s' * (n > 1)}"


def _shape(Z):
    return "×".join(map(str, Z.shape)) or "a number"
