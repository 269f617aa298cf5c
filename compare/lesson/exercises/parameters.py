"""Exercise 2: how many numbers a network trains, counted in what each column changes."""

from itertools import pairwise

import numpy as np

from fourfold.compare.cases.case import Case, draw_weights
from fourfold.compare.columns import calls
from fourfold.compare.judge import judgement
from fourfold.compare.lesson.exercises import training
from fourfold.compare.lesson.exercises.answer import Claim, Table, found

SEEDS = range(3)
# widths, with biases or without
ARCHITECTURES = (
    ((2, 3, 1), False),
    ((2, 3, 1), True),
    ((2, 16, 1), False),
    ((2, 1), False),
    ((5, 4, 2), False),
    ((5, 4, 3, 2), True),
    ((2, 8, 8, 1), True),
    ((3, 4, 4, 4, 4, 2), False),
    ((20, 10, 5), True),
)


def formula(widths, biases):
    """The sum of d_(k-1) d_k over the layers, and with biases of d_k."""
    return sum(m * n for m, n in pairwise(widths)) + biases * sum(widths[1:])


def case(widths, biases, seeds):
    """One step of a network none of whose gradients is zero: smooth activations, data without zeros."""
    rng = np.random.default_rng(widths)
    X, Y = rng.standard_normal((8, widths[0])), rng.standard_normal((8, widths[-1]))
    activations = (*("tanh",) * (len(widths) - 2), "identity")
    row = "two_layer" if len(widths) == 3 and not biases else "deep"
    weights = draw_weights(seeds, widths, biases)
    return Case(_name(widths, biases), X, Y, weights, activations, 0.1, 1, seeds, row=row)


def answer(columns, seeds):
    """Found: the formula against the numbers that one step of each column changes."""
    asked = [case(*architecture, seeds) for architecture in ARCHITECTURES]
    by_column = columns.each(lambda name: [_changed(columns, name, c) for c in asked])
    expected = [formula(*architecture) for architecture in ARCHITECTURES]
    rows = [
        [c.name, str(number), *(_span(of[n][0]) for of in by_column.values())]
        for n, (c, number) in enumerate(zip(asked, expected, strict=True))
    ]
    right = all((changed == n).all() for of in by_column.values() for (changed, _), n in zip(of, expected, strict=True))
    (default, *_), last = expected, asked[-1]
    claims = [
        Claim(f"The default network, 2-3-1 without biases, has 2·3 + 3·1 = {default} parameters.", default == 9),
        Claim(
            "A network of layers d₀, d₁ … d_K wide has Σ dₖ₋₁·dₖ parameters, and with biases Σ (dₖ₋₁ + 1)·dₖ: "
            f"{expected[-1]} for {last.name}. One step of every column changes exactly as many numbers, in all "
            f"{len(asked)} architectures and with {len(seeds)} initial weights each.",
            right,
        ),
        Claim(
            "Neither samples nor activations count, and a hidden layer's width counts twice: with the layer before it "
            "and with the one behind."
        ),
    ]
    table = Table(
        "Parameters by the formula, and numbers that one step changes",
        ["network", "formula", *columns.names],
        rows,
    )
    counts = [count for of in by_column.values() for _, count in of]
    setting = f"one step of {len(asked)} networks, seeds {seeds.start} to {seeds[-1]}, {training.DTYPE}"
    return found(2, columns, setting, claims, [table], counts, "every loss and parameter of every step")


def _changed(columns, name, c):
    """(S,): how many parameters of each seed are others after the step; and the Count of what was judged."""
    p, (X, Y, *parameters) = judgement.problem(c, training.DTYPE), c.cast(training.DTYPE)
    path = columns.workers.call(name, calls.train, c.row, X, Y, parameters, c.lr, 1, c.activations)
    training.formed(name, judgement.malformed_path(path, parameters, 1, p))
    columns.advance(1)
    changed = sum((new[0] != old).sum(axis=(-2, -1)) for new, old in zip(path, parameters, strict=False))
    return changed, training.counted(name, judgement.judge_steps([Z[None] for Z in parameters], path, p))


def _name(widths, biases):
    return "-".join(map(str, widths)) + biases * " with biases"


def _span(numbers):
    low, high = numbers.min(), numbers.max()
    return str(low) if low == high else f"{low} to {high}"
