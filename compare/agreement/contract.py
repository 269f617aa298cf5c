"""Asks every function of a column in every shape of its contract: leading axes, data with and without them."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.agreement import reproduce
from fourfold.compare.agreement.rejections import Point, malformed, rejection
from fourfold.compare.columns.questions import WHOLE, abilities_of, about
from fourfold.compare.errors import Breach
from fourfold.compare.judge import form, formats, judgement, layers
from fourfold.compare.judge.quantities import anatomy_at, kind_of, shapes
from fourfold.compare.results.result import Rejection


class Shape(NamedTuple):
    """One way to ask."""

    leading: tuple  # axes of the parameters
    own_X: bool  # whether X has these axes too, or is shared
    own_Y: bool
    lr: float
    steps: int  # of `train`
    large: bool = False  # samples, inputs and outputs are SIZES

    def words(self):
        axes = f"leading axes {self.leading}" if self.leading else "no leading axes"
        own = [name for name, its_own in (("X", self.own_X), ("Y", self.own_Y)) if its_own]
        return f"{axes}, {' and '.join(own)} with them" if own else axes


# With every shape another rate and number of steps: what is kept of an earlier call is seen in a later one.
SHAPES = (
    Shape((), False, False, 0.1, 1, large=True),
    Shape((3,), True, False, 1.5, 3),
    Shape((3, 2), False, True, 0.25, 2),
)
# N, d_in, d_out beyond what people write into code, none a power of two: batches, blocks, whatever begins at some size.
SIZES = 269, 263, 257
# What an own X is multiplied with, network by network: inputs beyond ±100, of both signs, are among them.
FACTORS = (1.0, -0.5, 130.0, 2.0, -1.0, 0.25)
CALLS = {
    "gradients": "gradients",
    "forward": "forward and loss",
    "trace": "trace",
    "step": "step",
    "trajectory": "train",
}
OF_A_TRACE = {"forward", "trace", "gradients"}  # what answers with quantities of one evaluation


def examine(column, where, case, p, count):
    """The Rejections of a column: at most one a function, and what it does beside the contract.

    `column` answers `ask`; `count(judged, every_step)` is told of all that is judged. Raises ColumnError where
    something cannot be asked.
    """
    able = abilities_of(column)
    rejections = _beside_numbers(column, where, case, p) if able == WHOLE else []
    for call, function in CALLS.items():
        if function.partition(" ")[0] not in able.functions:
            continue
        for shape in SHAPES:
            wrong = _in_shape(column, where, case, p, call, function, shape, count)
            if wrong:
                rejections.append(wrong)
                break
    return rejections


def _in_shape(column, where, case, p, call, function, shape, count):
    """The Rejection of what a function gives in one Shape, or None."""
    number = int(np.prod(shape.leading))
    _, _, *weights = case.cast(p.dtype)
    some = np.arange(number) % len(case.seeds)
    parameters = [Z[some].reshape(*shape.leading, *Z.shape[1:]) for Z in weights]
    own = [_own(Z, shape.leading, p.dtype) for Z in (p.X, p.Y)]
    if shape.large:
        p, parameters = _large(p, parameters)
    asked = p._replace(
        X=own[0] if shape.own_X else p.X[::-1].copy(),
        Y=own[1] if shape.own_Y else p.Y[::-1].copy(),
        lr=formats.rounded_number(shape.lr, p.dtype),
        exact=False,
    )
    try:
        answer = column.ask(about(asked, call, parameters, asked.lr, shape.steps))
    except Breach as error:
        return _breach(where, f"`{function}`, asked with {shape.words()}: {error}")
    complaint = malformed_answer(column, call, answer, parameters, shape.steps, asked)
    if complaint:
        sentence = f"{complaint.sentence}, asked with {shape.words()}"
        return malformed(where, 0, function, complaint._replace(sentence=sentence), p.row)
    for index in np.ndindex(shape.leading):
        one = asked._replace(
            X=asked.X[index] if shape.own_X else asked.X,
            Y=asked.Y[index] if shape.own_Y else asked.Y,
        )
        wrong, before = _judged(call, answer, [Z[index] for Z in parameters], index, one, count)
        if wrong:
            able = abilities_of(column)
            return _rejection(able, where, asked, parameters, function, shape, index, one, wrong, before)
    return None


def _large(p, parameters):
    """The Problem and a network's parameters with SIZES, from the numbers that there are; inputs beyond ±100 too."""
    N, d_in, d_out = SIZES
    X, Y = np.resize(p.X, (N, d_in)), np.resize(p.Y, (N, d_out))
    with np.errstate(over="ignore"):
        X[::50] *= 100
    depth, resized = len(p.activations), []
    for n, Z in enumerate(parameters):
        rows = d_in if n == 0 else Z.shape[0]
        columns = d_out if n % depth == depth - 1 else Z.shape[1]
        resized.append(np.resize(Z, (rows, columns)) / (16 if n == 0 else 1))
    return p._replace(X=formats.rounded(X, p.dtype), Y=Y), [formats.rounded(Z, p.dtype) for Z in resized]


def _own(Z, leading, dtype):
    """Data for every network: (*leading, *Z.shape)."""
    number = int(np.prod(leading))
    many = []
    for n, factor in zip(range(number), FACTORS, strict=False):
        with np.errstate(over="ignore"):
            many.append(np.roll(Z, n + 2, axis=0) * Z.dtype.type(factor))
    return formats.rounded(np.reshape(many, (*leading, *Z.shape)), dtype)


def malformed_answer(column, call, answer, parameters, steps, p):
    """The Malformed array of an answer, or None; of the first network, where a column is asked about one at a time."""
    one = p._replace(Y=p.Y.reshape(-1, *p.Y.shape[-2:])[0])
    if abilities_of(column).one_at_a_time:
        first = (0,) * (parameters[0].ndim - 2)
        place = (slice(None), *first) if call == "trajectory" else first
        answer = {name: np.asarray(Z[place]) for name, Z in answer.items()}
        parameters = [Z[first] for Z in parameters]
    if call == "trace":
        return form.malformed_trace(answer, parameters, one)
    if call == "forward" and "R" in answer:
        return form.malformed_forward(answer, parameters, one)
    if call in OF_A_TRACE:
        return _malformed_part(answer, parameters, one)
    path = [*answer.values()]
    if call == "step":
        return form.malformed_path([Z[None] for Z in path], parameters, 1, one)
    return form.malformed_path(path, parameters, steps, one)


def _malformed_part(answer, parameters, p):
    """The first Malformed array of some quantities of a trace, or None."""
    widths = (*(W.shape[-2] for W in parameters[: len(p.activations)]), p.Y.shape[-1])
    expected = shapes(anatomy_at(parameters, p), parameters[0].shape[:-2], len(p.Y), widths)
    for name, shape in expected.items():
        if name in answer and (complaint := form.malformed(name, answer[name], shape, p)):
            return complaint
    return None


def _judged(call, answer, parameters, index, p, count):
    """(What is first wrong of one network's answer, or None; its parameters before that)."""
    if call in OF_A_TRACE:
        values = {name: Z[index][None] for name, Z in answer.items()}
        with_a_seed = [Z[None] for Z in parameters]
        whole = judgement.judge_trace(values, with_a_seed, p)
        each = [] if call == "gradients" else layers.judge(values, with_a_seed, p)
        count(layers.sharper(whole, each), False)
        return layers.first_wrong(whole, each, values), parameters
    if call == "step":
        path = [Z[index][None] for Z in answer.values()]
    else:
        path = [Z[(slice(None), *index)] for Z in answer.values()]
    before = form.before_each_step(parameters, path)
    judged = judgement.judge_steps([Z[:, None] for Z in before], [Z[:, None] for Z in path], p)
    count(judged, True)
    wrong = judgement.first_wrong(judged)
    if not wrong:
        return None, parameters
    return wrong, [Z[wrong.index[0]] for Z in before]


def _rejection(able, where, asked, parameters, function, shape, index, one, wrong, before):
    name = wrong.judged.quantity
    entry = tuple(wrong.index[2 if function in {"step", "train"} else 1 :])
    called = function
    if function == "forward and loss":
        called = "loss" if kind_of(name) in {"R", "L"} else "forward"
    step = int(wrong.index[0]) if function == "train" else 0
    note = f"`{called}` gives this, asked with {shape.words()}"
    exact, whole_index = wrong.judged.exact[wrong.index], (*index, *entry)
    script = reproduce.of_function(called, where.column, asked, parameters, name, whole_index, exact, step + 1, able)
    return rejection(where, wrong, Point(step, None, entry, before), one, note, script)


def _beside_numbers(column, where, case, p):
    """Rejections for what the contract says beside numbers: errors, and copies."""
    _, _, *weights = case.first_seeds(1).cast(p.dtype)
    answer = column.ask(about(p, "contract", [Z[0] for Z in weights], p.lr, 1))
    return [_breach(where, str(sentence)) for sentence in answer["complaints"]]


def _breach(where, sentence):
    """The Rejection of what is no number."""
    return Rejection(where.column, where.case, where.dtype, 0, None, quantity="the contract", note=sentence)
