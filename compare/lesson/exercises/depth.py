"""Exercise 6: one more layer, and more: forward, backward and update of each, and how training takes it."""

from functools import partial
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import make_case
from fourfold.compare.judge.quantities import gradient, parameter_names
from fourfold.compare.lesson.examinee import DTYPE
from fourfold.compare.lesson.exercises import success, training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, Table, answered, table
from fourfold.compare.results.words import percent

SEEDS = range(50)
STEPS, LR, WIDTH = 10_000, 0.1, 3
HIDDEN_LAYERS = (1, 2, 3, 4)
ACTIVATIONS = ("sigmoid", "tanh")


def answer(columns, seeds):
    """Answered: one step of 2-3-3-1 quantity by quantity, and training with one to four hidden layers."""
    labels, cases = [], []
    for activation in ACTIVATIONS:
        for n in HIDDEN_LAYERS:
            labels.append(_label(activation, n))
            cases.append(case(activation, n, seeds))
    shown = case("sigmoid", 2, seeds)
    runs, steps, sizes = training.train_all(
        columns,
        cases,
        partial(one_step, c=shown),
        partial(gradient_sizes, cases=[case(activation, HIDDEN_LAYERS[-1], seeds) for activation in ACTIVATIONS]),
    )
    claims = [_another_layer(shown, steps), _first_layer(sizes[columns.names[0]])]
    tables = [
        success.table("Hidden layers", labels, runs),
        _one_step(shown, steps),
        _sizes(sizes[columns.names[0]]),
    ]
    figure = Figure(
        "6-depth",
        "Training with one to four hidden layers",
        f"The share of {len(seeds)} seeds ({columns.names[0]}) whose loss has been below {success.LEARNED:g} by that "
        "step: dashed with sigmoids, solid with tanh.",
    )
    tried = (
        f"One step of {shown.name} with sigmoids, every quantity of it judged. Then XOR with {HIDDEN_LAYERS[0]} to "
        f"{HIDDEN_LAYERS[-1]} hidden layers of {WIDTH} units with biases, sigmoid or tanh; learning rate {LR:g}, "
        f"{STEPS:,} steps, {training.named(seeds)}, {DTYPE}."
    )
    return answered(
        6,
        columns,
        short=_short(success.shares(labels, runs)),
        tried=tried,
        claims=claims,
        means="On its way back a gradient is multiplied by σ' once a layer. That is at most ¼ for the sigmoid, so the "
        "first layers of a deep network hardly move: the gradient vanishes. For tanh it is 1 at 0, and a gradient "
        "need not shrink.",
        certificate=training.CERTIFICATE,
        tables=tables,
        figures=[figure],
        arrays=success.curves(labels, runs[columns.names[0]], STEPS),
    )


def _short(learned):
    changes = []
    for activation in ACTIVATIONS:
        ends = [learned[_label(activation, n)] for n in (HIDDEN_LAYERS[0], HIDDEN_LAYERS[-1])]
        changes.append("{} {:.0%} → {:.0%}".format(activation, *ends))
    return (
        "One more layer is two more lines forward and three back. Seeds that learn XOR with "
        f"{HIDDEN_LAYERS[0]} → {HIDDEN_LAYERS[-1]} hidden layers: {', '.join(changes)}."
    )


def _label(activation, hidden_layers):
    return f"{activation}, {hidden_layers} hidden layer{'s' * (hidden_layers > 1)}"


def case(activation, hidden_layers, seeds):
    widths = [2, *(WIDTH,) * hidden_layers, 1]
    made = make_case("xor", activation, LR, STEPS, WIDTH, seeds, widths, bias=True)
    return made._replace(name="-".join(map(str, widths)))


class OneStep(NamedTuple):
    """Every quantity of a step of one column: forward, backward, then what is trained."""

    quantities: list
    shapes: list  # of one seed's, as text
    shares: list  # the largest error's of its limit

    def add(self, quantity, one, judged):
        self.quantities.append(quantity)
        self.shapes.append("×".join(map(str, one.shape)) or "a number")
        self.shares.append(float(judged.ratio.max()))


def one_step(column, c):
    """The OneStep of an Examinee on a Case."""
    judged = column.trace(c)
    _, _, (_, *trained) = column.step(c)
    column.count(trained, c.row, more=True)
    step = OneStep([], [], [])
    for j in judged.values():
        step.add(j.quantity, j.value[0], j)
    for j in trained:
        step.add(f"{j.quantity} after it", j.value[0, 0], j)
    return step


def gradient_sizes(column, cases):
    """Of every Case: root mean square of dL_dW1 ... dL_dWK at the initial weights, median over the seeds."""
    sizes = []
    for c in cases:
        judged = column.trace(c)
        by_layer = []
        for weight in parameter_names(len(c.activations), len(c.activations)):
            squares = judged[gradient(weight)].value ** 2
            by_layer.append(float(np.median(np.sqrt(squares.mean(axis=(-2, -1))))))
        sizes.append(by_layer)
    return sizes


def _another_layer(shown, steps):
    first, *_ = steps.values()
    return Claim(
        "Another layer repeats two lines of the forward pass, H₂ = A₁W₂ + b₂ and A₂ = σ(H₂), and three of the "
        "backward pass, ∂L/∂A₁ = ∂L/∂H₂·W₂ᵀ, ∂L/∂H₁ = ∂L/∂A₁ ∘ σ'(H₁) and ∂L/∂W₁ = Xᵀ·∂L/∂H₁; the update is "
        f"the same for every layer. All {len(first.quantities)} quantities of one step of {shown.name} are within "
        "rounding of their exact values, in every column.",
        all(max(step.shares) <= 1 for step in steps.values()),
    )


def _first_layer(sizes):
    shares = []
    for activation, size in zip(ACTIVATIONS, sizes, strict=True):
        shares.append(f"{size[0] / size[-1]:.2g} with {activation}")
    return Claim(
        f"With {HIDDEN_LAYERS[-1]} hidden layers, the first layer's gradient at the first step, divided by the last "
        f"layer's, is {' and '.join(shares)} (root mean square of a weight's gradient, median over the seeds)."
    )


def _one_step(shown, steps):
    first, *_ = steps.values()
    cells = {name: map(percent, step.shares) for name, step in steps.items()}
    title = f"One step of {shown.name}, in order of computation: largest error, in percent of what rounding allows"
    return table(title, {"quantity": first.quantities, "shape": first.shapes}, cells)


def _sizes(sizes):
    layers = [f"layer {k}" for k in range(1, HIDDEN_LAYERS[-1] + 2)]
    lines = []
    for activation, size in zip(ACTIVATIONS, sizes, strict=True):
        lines.append([activation, *map("{:.2g}".format, size)])
    title = f"Size of a weight's gradient at the first step, with {HIDDEN_LAYERS[-1]} hidden layers"
    return Table(title, ["activation", *layers], lines)
