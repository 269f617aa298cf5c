"""Proves or refutes somebody's gradients: their own loss and their own gradients, on exact numbers."""

import traceback
from typing import NamedTuple

import numpy as np

from fourfold.compare.exact import adjoints, code, numbers, prove, standin
from fourfold.compare.exact.blame import blamed, loss, shares, steps
from fourfold.compare.exact.examined import EXACTLY, RIGHT, WRONG, Examined, Proven
from fourfold.compare.exact.flags import WrongLines
from fourfold.compare.exact.numbers import Inexact, TooLong, Undecided
from fourfold.compare.exact.parts import changed, copies, is_one
from fourfold.compare.exact.record import Recorder
from fourfold.compare.exact.replay import Replay

BITS = 256, 512, 1024, 2048, 4096  # until everything is decided
JITTER = 2.0**-10  # moves parameters away from a kink


class LeftExact(Exception):
    """Code does what no exact number can; `args[0]` is a sentence with the line."""


class Code(NamedTuple):
    """Somebody's code: its text, where it stands, and how it is called (a check.forms.recipe.Recipe)."""

    text: str
    path: str
    recipe: object


class Evaluation(NamedTuple):
    """One run on exact numbers."""

    recorder: Recorder
    adjoints: adjoints.Adjoints
    compared: dict  # {parameter: Compared}
    sources: dict  # {parameter: events its gradient comes of}
    inputs: dict  # as they were given, not exact
    loss: float
    bits: int

    def wrong(self):
        return {name: one for name, one in self.compared.items() if one.outcome == prove.WRONG}

    def is_right(self):
        return not self.wrong()


def examine(theirs, explain=False):
    """The Examined on a Code. Raises LeftExact where it takes no exact numbers, Undecided where no bits are enough."""
    evaluation, notes = _at_point(theirs, 0)
    if evaluation.is_right():
        evaluation, more = _at_point(theirs, 1)  # of another size, where the example has such
        notes += [note for note in more if note not in notes]
    wrong = evaluation.wrong()
    for part in theirs.recipe.parts if wrong else ():
        smaller = examine(theirs._replace(recipe=part), explain)
        if smaller.blamed:
            return smaller
    if any(one.outcome == prove.ALMOST for one in evaluation.compared.values()):
        notes.append("One of your constants is rounded to float64, as 1 / 3 is. That is allowed for.")
    lines = WrongLines(evaluation.recorder, evaluation.adjoints) if wrong or explain else None
    with numbers.recording(evaluation.bits):
        return Examined(
            WRONG if wrong else RIGHT,
            theirs.recipe.words,
            EXACTLY,
            evaluation.bits,
            [_proven(one) for one in evaluation.compared.values()],
            _blamed(theirs, evaluation, lines) if wrong else [],
            loss(lines) if wrong else None,
            shares(lines) if wrong else None,
            steps(lines) if explain else [],
            notes,
        )


def _at_point(theirs, n):
    """(the Evaluation of point n, notes): without guards, or beside a kink, where it is right there and not here."""
    inputs = theirs.recipe.example(np.random.default_rng(n), n)
    evaluation = evaluate(theirs, inputs)
    if evaluation.is_right():
        return evaluation, []
    guards = code.guards(theirs.text)
    if guards:
        unguarded = evaluate(theirs, inputs, guarded=False)
        if unguarded.is_right():
            lines = ", ".join(map(str, guards))
            return unguarded, [f"Right except for the guard, a tiny constant on line {lines}."]
    kinks = sorted(place for place in evaluation.recorder.tape.kinks if place is not None)
    if kinks:
        beside = evaluate(theirs, _moved(inputs, theirs.recipe.parameters))
        if beside.is_right():
            place = evaluation.recorder.places[kinks[0]]
            return beside, [f"The example is at a kink, on line {place.line}: {place.text}. Next to it all is right."]
    return evaluation, []


def _moved(inputs, parameters):
    rng = np.random.default_rng(9)

    def move(name, Z):
        return Z + JITTER * rng.uniform(0.5, 1, np.shape(Z)) if is_one(name, parameters) else Z

    return changed(inputs, move)


def evaluate(theirs, inputs, guarded=True):
    """The Evaluation at some inputs, with as many bits as it takes."""
    for bits in BITS:
        try:
            evaluation = _with_bits(theirs, inputs, guarded, bits)
        except Undecided:
            continue
        if not any(one.outcome == prove.UNDECIDED for one in evaluation.compared.values()):
            return evaluation
    raise Undecided


def _with_bits(theirs, inputs, guarded, bits):
    recorder, recipe = Recorder(), theirs.recipe
    standin.start()
    with numbers.recording(bits) as tape:
        try:
            namespace = code.load(theirs.text, theirs.path, recorder, guarded)
            recorder.start(tape)
            given, leaves = _leaves(recorder, inputs, recipe.parameters)
            L, gradients = recipe.run(namespace, given)
        except Undecided:
            raise
        except TooLong:
            raise LeftExact("it takes more than two million operations") from None
        except (Exception, SystemExit) as error:
            raise LeftExact(_where(error, recorder)) from None
        L = _loss(L)
        derivative = adjoints.adjoints(tape, L)
        compared, sources, parts = {}, {}, by_name(inputs, gradients)
        for name, value in leaves.items():
            truth = np.asarray(derivative.entries(value), object)
            compared[name] = prove.compare(name, parts.get(name), truth)
            sources[name] = prove.sources(recorder, parts.get(name))
        if not compared:
            raise LeftExact("none of its inputs is a parameter made of floats")
        return Evaluation(recorder, derivative, compared, sources, inputs, float(L.value.mid()), bits)


def _leaves(recorder, inputs, parameters):
    """(the inputs, exact; {name: value} of the parameters). Parts of a list or dict are called W[0], params["W1"]."""
    leaves = {}

    def leaf(name, Z):
        depends = is_one(name, parameters)
        made = recorder.leaf(name, Z, depends)
        if depends:
            leaves[name] = made.copy() if isinstance(made, np.ndarray) else made
        return made

    return changed(inputs, leaf), leaves


def by_name(inputs, gradients):
    """Gradients by the names of the arrays they are of; lists and dicts are taken apart as their parameters are."""
    parts = {}
    for name, gradient in gradients.items():
        _take_apart(name, inputs.get(name), gradient, parts)
    return parts


def _take_apart(name, value, gradient, parts):
    if isinstance(value, dict) and isinstance(gradient, dict):
        for key, part in value.items():
            _take_apart(f'{name}["{key}"]', part, gradient.get(key), parts)
    elif isinstance(value, list | tuple) and isinstance(gradient, list | tuple):
        for i, (part, given) in enumerate(zip(value, gradient, strict=False)):
            _take_apart(f"{name}[{i}]", part, given, parts)
    else:
        parts[name] = gradient


def _loss(L):
    """The loss as a Number."""
    if isinstance(L, np.ndarray) and L.size == 1:
        L = L.ravel()[0]
    if not isinstance(L, numbers.Number) or L.node < 0:
        raise LeftExact("its loss is not exact: something on the way rounds")
    if not L.value.is_finite():
        raise LeftExact("its loss is not finite at the example's points")
    return L


def _where(error, recorder):
    """Where code left exact arithmetic, in words."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in recorder.files]
    what = str(error) if isinstance(error, Inexact) else f"{type(error).__name__}: {error}"
    return f"line {frames[-1].lineno} leaves exact arithmetic: {what}" if frames else what


def _proven(one):
    right = one.outcome in (prove.RIGHT, prove.ALMOST)
    shape = [] if one.truth is None else list(one.truth.shape)
    return Proven(one.name, right, list(one.index), one.got, one.exact, one.why, shape=shape)


def _blamed(theirs, evaluation, lines):
    wrong, right = {}, {}
    for name, one in evaluation.compared.items():
        (wrong if one.outcome == prove.WRONG else right)[name] = evaluation.sources[name], one
    replay = Replay(theirs.text, theirs.path)

    def again(instead):
        _, gradients = replay.run(theirs.recipe.run, copies(evaluation.inputs), instead)
        return by_name(evaluation.inputs, gradients)

    return blamed(lines, wrong, right, again)
