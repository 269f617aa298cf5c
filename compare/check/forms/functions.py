"""Recognises a function that gives gradients, with its loss or with one that another function gives."""

import itertools
import re

import numpy as np

from fourfold.compare.check.forms import answers, attempts, layouts, losses, names, signatures, slopes, trials, updating
from fourfold.compare.check.forms.attempts import Caller, Inputs

BATCH = re.compile(r"axis|keepdims|shape\[|mean\(|/ ?[mMnN]\b|\.size\b|\blen\((\w+)\)")
ARRAYS = r" @ |\.dot\(|\.T\b|\.shape\b|np\.outer|axis ?="
WAYS = 3  # in which a function in the middle may be called
KINDS = layouts.batches, layouts.one_output, layouts.single, layouts.single_output
ONE_OUTPUT = layouts.one_output, layouts.single_output


def recognise(written, name, forwards, assume=False):
    """The best Trial of the function of this name; `forwards` gives lists of Callers, the function itself last.

    assume: whether the loss may be one that is not in the file.
    """
    best = None
    for kind in (*KINDS, *map(_of_classes, written.classes())):
        if _needless(kind, best, written, name):
            continue
        for callers in forwards(written, name):
            for listed in (False, True)[: 1 if _of_arrays(written, name) else 2]:
                trial = _over_setups(written, callers, kind, listed, assume)
                best = _chosen(best, trial, kind, written)
                if best is not None and best.fits:
                    break
            if best is not None and best.fits:
                break
    if best is not None and best.plan.rate is not None and not best.all_right and updating.is_adaptive(written, name):
        return _without_history(written, name, forwards)
    if best is not None and best.plan.rate is not None and not best.all_right and _goes_through_samples(written, best):
        for callers in forwards(written, name):
            trial = _over_setups(written, callers, layouts.few, False, assume)
            best = trial if trial is not None and trial.right >= best.right and trial.tier == 3 else best
    return best


def _without_history(written, name, forwards):
    """The best Trial of steps that are scaled, with constants that leave the gradient as it is; or None."""
    best = None
    for callers in forwards(written, name):
        way = signatures.without_history(callers[-1].way, callers[-1].function)
        if way:
            callers = [*callers[:-1], callers[-1]._replace(way=way)]
            best = attempts.better(best, _over_setups(written, callers, layouts.batches, False, False))
    return best


def _of_classes(number):
    """Layouts of as many outputs as the text has classes."""

    def layouts_of_classes(has_biases):
        for layout in layouts.batches(has_biases):
            yield layout._replace(outputs=number)

    return layouts_of_classes


def _goes_through_samples(written, trial):
    """Whether an update has a loop over samples: it learns from each, and the next one is asked with other weights."""
    x = re.escape(trial.setup.x)
    return any(f.uses(rf"for [^\n]* in [^\n]*\b{x}\b") for f in written.involved(trial.plan.goal.function))


def _needless(kind, best, written, name):
    """Whether other layouts are not asked for: enough fits, or the code is about several samples."""
    if best is None:
        return False
    if best.tier == 3 and not best.setup.layout.single and kind in {layouts.single, layouts.single_output}:
        return True
    if kind in ONE_OUTPUT and best.tier == 3:
        return best.all_right or best.setup.layout.outputs == 1 or not written.one_output()
    if kind is layouts.one_output:
        return False
    return best.tier == 3 or (best.tier == 2 and _of_batches(written, name, best.setup.x))


def _of_batches(written, name, x):
    """Whether a function's text speaks of several samples."""
    if x[:1] == "X":
        return True
    for function in written.involved(name):
        for use in BATCH.finditer(function.text):
            if use[1] is None or names.is_one(use[1], names.DATA | names.TARGETS):
                return True
    return False


def _of_arrays(written, name):
    """Whether a function's text is about arrays, so that nested lists are not needed."""
    return any(function.uses(ARRAYS) for function in written.involved(name))


def _chosen(best, trial, kind, written):
    if trial is None or best is None:
        return best or trial
    if kind in ONE_OUTPUT and best.tier == 3:
        return trial if trial.all_right or (trial.tier == 3 and written.has_one_output()) else best
    return trial if trial.tier > best.tier or (trial.tier == best.tier and trial.right > best.right) else best


def _over_setups(written, callers, kind, listed, assume):
    best = None
    for group in attempts.setups(callers, written, kind):
        here = None
        for setup in group:
            here = attempts.better(here, _attempt(written, callers, setup._replace(listed=listed), assume))
            if here is not None and here.all_right:
                break
        best = attempts.better(best, here)
        if best is not None and best.fits:
            return best
    return best


def _attempt(written, callers, setup, assume):
    """The best Trial with inputs of one form, or None."""
    *before, goal = callers
    inputs = Inputs(setup)
    if not written.has_attempts_left():
        return None
    if any(inputs.step(caller, dict.fromkeys(caller.values(), _nothing)) is None for caller in callers):
        return None
    point = setup.example(np.random.default_rng(1), 1)
    best = None
    for steps, supplies in _forward(written, before, inputs, point):
        for values in _values(written, goal, steps, supplies, point, setup):
            step = inputs.step(goal, values)
            if step is not None:
                best = attempts.better(best, _called(written, steps, step, goal, setup, point, assume))
            if best is not None and best.all_right:
                return best
    return best


def _nothing(inputs, results):
    """Stands for a value that is computed later."""


def _forward(written, before, inputs, point):
    """([steps before], {function: its answer at the point}), the likeliest first."""
    ways = [([], {})]
    for caller in before:
        further = []
        for steps, results in ways:
            for values in itertools.islice(_values(written, caller, steps, results, point, inputs.setup), WAYS):
                step = inputs.step(caller, values)
                answer = _answer(written, step, point, results) if step else None
                if step and answer:
                    further.append(([*steps, step], results | {step.function: answer[0]}))
        ways = further
    yield from ways


def _answer(written, step, point, results):
    """(what a call gives,), or None where it raises."""
    try:
        with trials.quiet():
            return (step.call(written.namespace, trials.copies(point), dict(results)),)
    except Exception:
        return None


def _values(written, goal, steps, results, point, setup):
    """Supplies of what the last function takes from those before it."""
    wanted = goal.values()
    if not wanted:
        yield {}
        return
    options = []
    for name in wanted:
        ways = losses.supplies(written, name, goal.way[name], steps, results, point, setup)
        if not ways:
            return
        options.append(ways)
    for k in range(max(len(ways) for ways in options)):  # the likeliest of all first, then each one's next
        if k == 0:
            yield dict(zip(wanted, [ways[0] for ways in options], strict=True))
            continue
        for position, ways in enumerate(options):
            if k < len(ways):
                chosen = [other[0] for other in options]
                chosen[position] = ways[k]
                yield dict(zip(wanted, chosen, strict=True))


def _called(written, steps, step, goal, setup, point, assume):
    """The best Trial of one call, whatever is read from what it gives."""
    namespace, results, given = written.namespace, {}, trials.copies(point)
    probe = trials.CallPlan(tuple(steps), step, answers.Reading(None, {}), (step.function, ()))
    held = {}
    try:
        with trials.quiet():
            for one in steps:
                results[one.function] = one.call(namespace, given, results)
            answer = probe.ask(namespace, given, results, held)
    except Exception:
        return None
    returned = written[goal.name].returned(len(answer) if isinstance(answer, tuple | list) else None)
    theirs = answers.parts(answer, returned)
    changed = updating.changed(setup, goal, held, point)
    if not theirs and not changed:
        return None
    best = None
    for loss_steps, loss, note in losses.of_call(written, goal, steps, results, theirs, setup, point, assume):
        truth = _truth(namespace, [*steps, *loss_steps], probe, loss, setup, point)
        if truth is None:
            continue
        options = plans(written, [*steps, *loss_steps], step, goal, theirs, loss, setup, changed, note, point)
        trial = attempts.best_reading(options, setup, namespace, truth)
        trial = updating.signed(trial, written, namespace, truth)
        best = attempts.better(best, trial)
        if best is not None and best.tier == 3 and (best.all_right or not note):
            break
    return best


def _truth(namespace, steps, probe, loss, setup, point):
    """The Slopes of the loss by central differences; None where it is no number, or does not depend on the weights."""
    plan = probe._replace(steps=tuple(steps), loss=loss)

    def L(inputs):
        if loss[0] != probe.goal.function:
            results = {}
            for one in steps:
                results[one.function] = one.call(namespace, inputs, results)
            return trials.number(answers.at(results[loss[0]], loss[1]))
        return trials.number(plan.run(namespace, inputs)[0])

    try:
        with trials.quiet():
            if L(trials.copies(point)) is None:
                return None
            truth = slopes.slopes(L, point, setup.shapes())
    except Exception:
        return None
    finite = all(np.isfinite(g.values).all() for g in truth.values())
    return truth if finite and all(truth[name].moves for name in setup.packing.weights) else None


def plans(written, steps, step, goal, theirs, loss, setup, changed, note, point):
    """(CallPlan, note) for every reading of what a call gave."""
    shapes, orders = setup.shapes(), answers.groups(setup.packing)
    rest = [part for part in theirs if loss[0] != goal.name or part.path != loss[1][: len(part.path)]]
    if changed:
        yield from updating.in_place(steps, step, goal, loss, setup, note)
        return
    moves = updating.depends_on_rate(written, steps, step, goal, theirs, point)
    named = False
    if attempts.is_joined(setup.packing):
        for reading in answers.joined(rest, shapes):
            yield attempts.plan_of(steps, step, reading, loss), note
        return
    if not moves:
        for reading in answers.readings(rest, shapes, orders):
            named = named or (reading.named and len(reading.gradients) == len(shapes))
            yield attempts.plan_of(steps, step, reading, loss), note
    if moves or (not named and names.UPDATES.search(goal.name)):
        yield from updating.returned(steps, step, goal, rest, loss, setup, note, orders)


def words_of(trial, written):
    """A recognised function in words."""
    plan = trial.plan
    others = [step.function for step in plan.steps if step.own is None]
    arguments = ", ".join(name for name, _ in plan.goal.arguments)
    called = f"{plan.goal.function}({arguments})"
    if others:
        called = f"{', '.join(others)} and {called}"
    text = f"{called}: {trial.setup.words()}"
    if plan.opposite:
        text += f"; its gradients have the opposite sign, to be added to the weights{_half(plan.opposite)}"
    if plan.rate is not None:
        text += "; it updates its parameters"
    return text + (f"; {trial.note}" if trial.note else "")


def _half(factor):
    return "" if factor == 1 else ", and are half as large"


def forms(written, name):
    """Callers for a function that needs no other."""
    for way in signatures.roles(written[name]):
        caller = Caller(written[name], way)
        has_data = caller.has_data() or "X" in written.outer_data(name)
        if (caller.parameters() or written.outer(name)) and not caller.values() and has_data:
            yield [caller]
