"""Where the loss of somebody's class may come from: what it returns, leaves behind, has a method for, or none."""

import re

import numpy as np

from fourfold.compare.check.forms import calling, class_losses, class_trials, matching
from fourfold.compare.check.forms.programs import Stage, Whereabouts

LOSS = re.compile(r"loss|cost|objective|criterion|entropy|mse|sse|error|nll|likelihood|energy|^[jle]$|^fn$")
LOSSES = re.compile(r"loss|cost|errors$|objective|^_?j_?(hist\w*)?$|history|mse")
MONITORED = re.compile(r"assumed|abs|mae|rmse|error|history|acc")
DERIVATIVE = re.compile(r"deriv|prime|delta")
CALLED = ("forward", "__call__", "fn", "loss", "compute", "calculate", "value", "compute_loss", "func", "f", "cost")
AFTER_FORWARD = ("output", "error", "returned", "cache")
BACKWARD = re.compile(r"back|grad|bprop|deriv|bptt|prime")
TRAIN = re.compile(r"train|fit|step|learn|update|sgd|optimi|descent|epoch|batch|back")


def with_losses(search, program, state):
    """(words, whether it is theirs alone, a program that gives a loss): each that there may be."""
    last = len(program.steps) - 1
    if program.loss is not None:
        yield f"{program.steps[program.loss.step].method}()", True, program
        return
    for step in range(last, -1, -1):
        stage = program.steps[step]
        for path, first in _numbers(search, state.returned[step], stage, dict(program.gradients)):
            whereabouts = Whereabouts("returned", path, step, first=first)
            yield f"what {stage.method}() returns", True, program._replace(loss=whereabouts)
    for words, stages in loss_stages(search, program):
        yield words, True, stages
    for name, value in vars(state.thing).items():
        if LOSSES.search(name.lower()) and name not in search.parameters:
            several = isinstance(value, list) and value and class_trials.is_number(value[0])
            if several or class_trials.is_number(value):
                whereabouts = Whereabouts("attribute", (("attribute", name),), last, first=bool(several))
                yield f"self.{name}", False, program._replace(loss=whereabouts)


def assumed(search, program, state):
    """([(words, key)] of losses that may have been meant, where they are read off)."""
    if program.output is None or state.output is None or program.loss is not None:
        return [], None
    Y, keys = search.data["Y"], class_losses.candidates()
    keys = [(words, key) for words, key in keys if class_losses.possible(key, state.output, Y)]
    begins = program.steps[0].role == "forward" or program.output.where == "linear"
    return keys, Whereabouts("assumed", (), 0 if begins else len(program.steps) - 1)


def is_declared(words):
    """Whether a loss is called so, or returned; not what only goes with training, as the number of errors."""
    return not MONITORED.search(words.lower())


def _numbers(search, returned, stage, gradients):
    """(path, whether it is the first of a list) of numbers in what a step returned that may be a loss."""
    if class_trials.is_number(returned):
        if DERIVATIVE.search(stage.method.lower()) and not re.search("loss_and|cost_and|back", stage.method.lower()):
            return  # of one output, y - t is a number too
        if stage.role != "forward" or stage.call.uses("Y"):
            yield (), False
    elif isinstance(returned, list) and returned and all(map(class_trials.is_number, returned)):
        yield (), True
    elif isinstance(returned, tuple | dict):
        labels = matching.returned_names(search.text, search.where_defined(stage.method), stage.method)
        used = {source.place for source in gradients.values() if source is not None}
        for parts, path, value in matching.leaves(returned, labels):
            named = not parts or not isinstance(parts[-1], str) or LOSS.search(parts[-1].lower())
            if class_trials.is_number(value) and np.ndim(value) == 0 and path not in used and named:
                yield path, False


def loss_stages(search, program):
    """(words, a program with one more step that gives a loss): by a method, an attribute, or a function."""
    forward = program.steps[0] if program.steps[0].role == "forward" else None
    named = forward and matching.returned_names(search.text, search.where_defined(forward.method), forward.method)
    labels = [parts[-1] if parts else "" for parts in named or ()]
    used = {stage.method for stage in program.steps}
    calls = []
    for method in search.methods(LOSS):
        if method not in used and not BACKWARD.search(method.lower()) and not TRAIN.search(method.lower()):
            calls.append((method, getattr(search.thing, method), (), False))
    for name, value in vars(search.thing).items():
        if LOSS.search(name.lower()) and not re.search("prime|deriv|grad", name.lower()):
            if callable(value) and not isinstance(value, type) and hasattr(value, "__code__"):
                calls.append((name, value, (), False))
                continue
            owner = (("attribute", name),)
            calls += [(m, getattr(value, m), owner, False) for m in CALLED if _has(value, m)][:1]
    for name, value in search.namespace.items():
        if (
            hasattr(value, "__code__")
            and LOSS.search(name.lower())
            and not re.search("prime|deriv|grad|d_|_d$", name.lower())
        ):
            calls.append((name, value, (), True))
    for method, function, owner, is_function in calls:
        for call in calling.method_calls(function, labels):
            if forward is None and any(call.uses(kind) for kind in AFTER_FORWARD):
                continue
            stage = Stage("loss", method, call, owner, is_function)
            at = 0 if forward is None else 1
            steps = (*program.steps[:at], stage, *program.steps[at:])
            moved = tuple(
                (name, source and source._replace(step=source.step + (source.step >= at)))
                for name, source in program.gradients
            )
            yield (
                f"{method}()",
                program._replace(steps=steps, loss=Whereabouts("returned", (), at), gradients=moved),
            )


def _has(thing, method):
    """Whether an object, or a class that is not to be constructed, has a method of its own."""
    classes = thing.__mro__ if isinstance(thing, type) else type(thing).__mro__
    return any(method in vars(cls) for cls in classes[:-1])
