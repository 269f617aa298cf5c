"""Where the loss comes from: the answer itself, the forward pass, another function of the file, or an assumption."""

import itertools
import re

import numpy as np

from fourfold.compare.check.forms import answers, assumed, attempts, names, signatures, trials
from fourfold.compare.check.forms.attempts import Caller, Inputs

NO_LOSS = re.compile(r"prime|delta|_d$|^d_|deriv", re.IGNORECASE)
TRIES = 8  # ways in which one function's arguments may be given


def is_loss(name):
    """Whether a function is one that gives the loss, by its name."""
    if names.NUMERICAL.search(name) or names.GRADIENTS.search(name) or NO_LOSS.search(name):
        return False
    return names.LOSS.search(name) is not None


def is_elsewhere(written, name):
    """Whether a function returns no loss that is called so, and another one gives it."""
    returned = " ".join(written[name].returned(None))
    shown = [other for other in written.functions if other != name and is_loss(other)]
    return bool(shown) and not names.LOSS.search(returned) and not is_loss(name)


def supplies(written, name, role, steps, results, point, setup):
    """Supplies of an argument that others have computed, the likeliest first."""
    result = []
    Y = point.get(setup.y)
    for step in reversed(steps):
        answer = results[step.function]
        if step.own is not None:
            result += assumed.supplies(written, name, step.function, answer, setup)
            continue
        gives_gradient = names.GRADIENTS.search(step.function) is not None or NO_LOSS.search(step.function) is not None
        if gives_gradient != (role == signatures.OUTPUT_GRADIENT):
            continue
        returned = written[step.function].returned(len(answer) if isinstance(answer, tuple | list) else None)
        paths = attempts.values_at(name, answer, returned, Y)
        result += [attempts.from_result(step.function, path) for path in paths]
    return result


def of_call(written, goal, steps, results, theirs, setup, point, assume):
    """(further steps, (function, path of the loss), note), the likeliest first."""
    for path in answers.loss_paths(theirs, answers.named_gradients(theirs, setup.shapes())):
        yield [], (goal.name, path), ""
    for step in steps:
        if step.own is None:
            answer = results[step.function]
            returned = written[step.function].returned(len(answer) if isinstance(answer, tuple | list) else None)
            theirs_before = [p for p in answers.parts(answer, returned) if names.LOSS.search(p.name)]
            for path in answers.loss_paths(theirs_before, ()):
                yield [], (step.function, path), ""
    others = [name for name in written.functions if is_loss(name) and name != goal.name]
    for name in sorted(others, key=lambda name: _length(written, name), reverse=True):
        for step, path in _called(written, name, steps, results, setup, point):
            yield [step], (name, path), ""
    if assume:
        yield from assumed.losses(steps, results, setup)


def _length(written, name):
    """How many functions it involves: the loss is what adds penalties to other losses."""
    return len(written.involved(name))


def _called(written, name, steps, results, setup, point):
    """(CallStep, path) of a function of theirs that may give the loss."""
    function, inputs = written[name], Inputs(setup)
    for way in _ways(function):
        caller = Caller(function, way)
        options = []
        for argument in caller.values():
            options.append(supplies(written, argument, way[argument], steps, results, point, setup))
        for chosen in itertools.islice(itertools.product(*options), TRIES):
            step = inputs.step(caller, dict(zip(caller.values(), chosen, strict=True)))
            if step is None:
                continue
            try:
                with trials.quiet():
                    answer = step.call(written.namespace, trials.copies(point), dict(results))
            except Exception:
                continue
            for path in _number_in(answer):
                yield step, path


def _ways(function):
    """Roles of a loss's arguments; what two arguments are is decided by trying both ways."""
    ways = signatures.roles(function)
    for way in list(ways):
        free = [name for name in function.arguments if name not in function.defaults]
        if len(free) >= 2 and set(free) <= set(way):
            first, second, *_ = free
            pair = {way[first], way[second]}
            if pair <= {signatures.X, signatures.Y, signatures.PARAMETER, signatures.VALUE, signatures.OUTPUT_GRADIENT}:
                ways.append(way | {first: signatures.VALUE, second: signatures.Y})
                ways.append(way | {first: signatures.Y, second: signatures.VALUE})
    result = []
    for way in ways:
        if way not in result:
            result.append(way)
    return result


def _number_in(answer):
    """Paths of the one number that an answer is, or that its first part is."""
    if trials.number(answer) is not None:
        yield (0,) * np.ndim(answer)
    elif isinstance(answer, tuple) and answer:
        yield from answers.loss_paths(answers.parts(answer), ())
