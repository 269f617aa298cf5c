"""Recognises a backward pass that takes what a forward pass kept, from the file's own or from an assumed one."""

import itertools

import numpy as np

from fourfold.compare.check.forms import (
    answers,
    assumed,
    attempts,
    functions,
    layouts,
    losses,
    names,
    signatures,
    slopes,
    trials,
    updating,
)
from fourfold.compare.check.forms.attempts import Caller, Inputs

NOTE = "no forward pass found, so this one is assumed:"


def forms(written, name):
    """Lists of Callers: a forward pass, what gives the loss's gradient where that is taken, and the function itself."""
    function = written[name]
    for other in _forwards(written, name):
        kept = frozenset(part for part in written[other].returned(None) if part)
        for before in _alone(written, written[other]):
            for way in signatures.roles(function, kept - set(before.way)):
                caller = Caller(function, way)
                if not caller.values():  # the loss alone needs the forward pass
                    if (caller.parameters() and caller.has_data()) or written.outer(name):
                        yield [before, caller]
                    continue
                if signatures.OUTPUT_GRADIENT in way.values():
                    for between in _loss_gradients(written, name, other):
                        yield [before, between, caller]
                yield [before, caller]


def _alone(written, function):
    """Callers of a function that needs only data and parameters."""
    for way in signatures.roles(function):
        caller = Caller(function, way)
        has_parameters = caller.parameters() or written.outer(function.name)
        has_data = signatures.X in way.values() or "X" in written.outer_data(function.name)
        if has_parameters and not caller.values() and has_data:
            yield caller


def _forwards(written, name):
    """Functions that may be the forward pass, the likeliest first."""
    result = []
    for other, function in written.functions.items():
        excluded = names.NUMERICAL.search(other) or names.GRADIENTS.search(other) or losses.is_loss(other)
        if (
            other != name
            and (not excluded or names.FORWARD.search(other))
            and len(function.arguments) > (not written.outer(other))
        ):
            keeps = len(function.returned(None)) > 1
            inside = any(other in one.calls for n, one in written.functions.items() if n != name and _is_forward(n))
            result.append((not _is_forward(other), inside, not keeps, len(result), other))
    return [other for *_, other in sorted(result)]


def _is_forward(name):
    return names.FORWARD.search(name) is not None


def _loss_gradients(written, name, forward):
    """Callers of functions that give the loss's gradient by the output."""
    for other, function in written.functions.items():
        if other in {name, forward} or len(function.arguments) != 2:
            continue
        if names.GRADIENTS.search(other) or losses.NO_LOSS.search(other):
            first, second = function.arguments
            targets = [a for a in function.arguments if names.is_one(a, names.TARGETS)]
            sure = [a for a in targets if names.is_one(a, names.SURE_TARGETS)] or targets
            y = sure[0] if sure else second
            output = first if y == second else second
            yield Caller(function, {output: signatures.VALUE, y: signatures.Y})


def without_forward(written, name):
    """The best Trial with an assumed forward pass and loss, or None."""
    for kind in (layouts.batches, layouts.one_output, layouts.single):
        best = None
        for caller in assumed.callers(written, name, missing=True):
            best = attempts.better(best, _assumed(written, caller, kind))
        if best is not None and best.right:
            return best
    return None


def without_loss(written, name):
    """The same for a function that computes the forward pass itself and shows no loss."""
    best = None
    for caller in assumed.callers(written, name, missing=False):
        if not caller.values():
            best = attempts.better(best, _assumed(written, caller, layouts.batches))
    return best if best is not None and best.right else None


def _assumed(written, caller, kind):
    parameters = assumed.parameters(caller, written)
    way = dict.fromkeys(parameters, signatures.PARAMETER)
    extended = Caller(caller.function, caller.way | way)
    best = None
    for group in attempts.setups([extended], written, kind):
        for setup in group:
            if signatures.Y not in caller.way.values():
                setup = setup._replace(y=setup.y or "Y")
            best = attempts.better(best, _of_setup(written, caller, setup))
            if best is not None and best.right:
                return best
        if best is not None and best.right:
            return best
    return best


def _of_setup(written, caller, setup):
    best = None
    if not written.has_attempts_left():
        return None
    point = setup.example(np.random.default_rng(1), 1)
    involved = "\n".join(f.text for f in written.involved(caller.name))
    groups = assumed.hinted(involved) if setup.packing.depth > 1 else [[""]]
    for activations in groups:
        for output, activation in itertools.product(assumed.OUTPUTS, activations):
            assumption = assumed.Assumption(activation, output)
            best = attempts.better(best, _of_assumption(written, caller, setup, assumption, point))
            if best is not None and best.all_right:
                return best
            if best is None:
                return None  # its shapes do not fit, whatever the activation
        if best is not None and best.right:
            return best
    return best


def _of_assumption(written, caller, setup, assumption, point):
    forward = assumed.forward_step(assumption, setup)
    try:
        with trials.quiet():
            results = {forward.function: forward.call(written.namespace, point, {})}
    except Exception:
        return None
    values = {}
    for name in caller.values():
        supplies = losses.supplies(written, name, caller.way[name], [forward], results, point, setup)
        if not supplies:
            return None
        values[name] = supplies[0]
    step = Inputs(setup).step(caller, values)
    if step is None:
        return None
    return _best_loss(written, caller, setup, assumption, forward, step, point)


def _best_loss(written, caller, setup, assumption, forward, step, point):
    """The best Trial of the losses that go with an output's activation; the gradients are the same for all."""
    results, held, namespace = {}, {}, written.namespace
    probe = trials.CallPlan((), step, answers.Reading(None, {}), (assumed.LOSS, ()))
    try:
        with trials.quiet():
            given = trials.copies(point)
            results[forward.function] = forward.call(namespace, given, {})
            answer = probe.ask(namespace, given, results, held)
    except Exception:
        return None
    returned = written[caller.name].returned(len(answer) if isinstance(answer, tuple | list) else None)
    theirs = answers.parts(answer, returned)
    changed = updating.changed(setup, caller, held, point)
    sizes = {part.value.size for part in theirs}
    if not changed and any(np.prod(shape) not in sizes for shape in setup.shapes().values()):
        return None
    if not changed and not any(np.any(part.value) for part in theirs):  # not filled in: these are no loss's gradients
        return None
    output = attempts.from_result(forward.function, (f"A{setup.packing.depth}",))
    losses_here = {name: assumed.loss_step(name, setup, output) for name in assumed.LOSSES[assumption.output]}
    truths = _truths(namespace, forward, list(losses_here.values()), setup, point)
    if truths is None:
        return None
    before = [forward, *list(losses_here.values())[:1]]
    loss = (assumed.LOSS, ())
    best = None
    for plan, _ in functions.plans(written, before, step, caller, theirs, loss, setup, changed, "", point):
        gradients = attempts.gradients_of(plan, setup, namespace)
        for k, (name, one) in enumerate(losses_here.items() if gradients is not None else ()):
            truth = {parameter: one.single(k) for parameter, one in truths.items()}
            trial = trials.judged(plan, setup, gradients, truth, f"{NOTE} {assumption.words()} and {name}")
            if best is None or trial.worth > best[0].worth:
                best = trial._replace(plan=plan._replace(steps=(forward, one))), truth
    return best and updating.signed(best[0], written, namespace, best[1])


def _truths(namespace, forward, loss_steps, setup, point):
    """{parameter: Slopes of several losses}, or None."""

    def all_losses(inputs):
        results = {forward.function: forward.call(namespace, inputs, {})}
        return np.array([float(one.call(namespace, inputs, results)) for one in loss_steps])

    try:
        with trials.quiet():
            return slopes.slopes(all_losses, point, setup.shapes())
    except Exception:
        return None
