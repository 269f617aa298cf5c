"""Exercise 2: how many numbers a network trains, counted in what each column changes."""

from functools import partial
from itertools import pairwise

import numpy as np

from fourfold.compare.cases.case import Case, draw_weights
from fourfold.compare.judge.quantities import DEEP, TWO_LAYER
from fourfold.compare.lesson.examinee import DTYPE
from fourfold.compare.lesson.exercises import training
from fourfold.compare.lesson.exercises.answer import Claim, answered, table

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
    row = TWO_LAYER if len(widths) == 3 and not biases else DEEP
    name = "-".join(map(str, widths)) + biases * " with biases"
    return Case(name, X, Y, draw_weights(seeds, widths, biases), activations, 0.1, 1, seeds, row=row)


def answer(columns, seeds):
    """Answered: the formula against the numbers that one step of each column changes."""
    cases, expected = [], []
    for widths, biases in ARCHITECTURES:
        cases.append(case(widths, biases, seeds))
        expected.append(formula(widths, biases))
    (changed,) = columns.each(partial(count_changed, cases=cases))
    right = True
    for of_column in changed.values():
        right &= bool((of_column == np.array(expected)[:, None]).all())
    default, last = expected[0], cases[-1]
    claims = [
        Claim(f"The lesson's network, 2-3-1 without biases, has 2·3 + 3·1 = {default} weights.", default == 9),
        Claim(
            "Layers of width d₀, d₁ … dₙ have Σ dₖ₋₁·dₖ weights, and with biases Σ (dₖ₋₁ + 1)·dₖ parameters: "
            f"{expected[-1]} for {last.name}. One step of training changes exactly that many numbers in every column, "
            f"in all {len(cases)} networks, from {len(seeds)} initial weights each.",
            right,
        ),
    ]
    numbers = table(
        "Parameters by the formula, and numbers that one step of training changes",
        {"network": [c.name for c in cases], "formula": map(str, expected)},
        {name: map(_span, of_column) for name, of_column in changed.items()},
    )
    tried = (
        f"One step of training of {len(cases)} networks, {training.named(seeds)}, {DTYPE}: how many numbers does it "
        "change? None of their gradients is zero, so every parameter moves."
    )
    return answered(
        2,
        columns,
        short=f"The network has {default} weights, 2·3 + 3·1. Widths d₀ … dₙ give Σ dₖ₋₁·dₖ, and with biases "
        f"Σ (dₖ₋₁ + 1)·dₖ, as counted in {len(cases)} networks.",
        tried=tried,
        claims=claims,
        means="Neither samples nor activations count. A hidden layer's width counts twice, with the layer before it "
        "and with the layer behind it; so one more hidden unit here brings 2 + 1 weights, and a bias one more.",
        certificate="every loss and parameter of every step",
        tables=[numbers],
    )


def count_changed(column, cases):
    """(cases, S): how many parameters of each seed are others after one step of an Examinee."""
    changed = np.zeros((len(cases), len(cases[0].seeds)), int)
    for n, c in enumerate(cases):
        before, trajectory, judged = column.step(c)
        column.count(judged, c.row)
        column.advance(1)
        for old, new in zip(before, trajectory.values(), strict=False):
            changed[n] += (new[0] != old).sum(axis=(-2, -1))
    return changed


def _span(numbers):
    low, high = numbers.min(), numbers.max()
    return str(low) if low == high else f"{low} to {high}"
