"""Functions that change their parameters, or return new ones, and show no gradient: it is (old - new) / rate."""

import re

import numpy as np

from fourfold.compare.check.forms import answers, attempts, signatures, slopes, trials

# A step of the file's own against what it calls gradients.
SUBTRACTED = re.compile(
    r"-= *\(?(lr|alpha|eta|rate|learning_rate|step_size)\b|- *(lr|alpha|eta|rate|learning_rate) *\*"
)
UPHILL = re.compile(r"likelihood|log_?lik|reward|elbo|^ll$", re.IGNORECASE)
ADDED = re.compile(r"\+=|(\b\w+) = \1 \+ ")
ADDED_TO_WEIGHTS = re.compile(
    r"(?<!\w)(?!d[A-Z_]|d\d|dw|db|g[A-Z_]|grad|nabla|v[A-Z_]|delta)"
    r"(\w*(w|weights?|b|bias(es)?|theta|syn)_?\d*(\[.*?\])?) (\+= |= \1 \+ )",
    re.IGNORECASE,
)
CALLED_GRADIENT = re.compile(r"d[A-Z]|d_|d[wb]\d?$|grads?|gradients?|nabla|dtheta|.*_grads?$")


def is_adaptive(written, name):
    """Whether a function divides its steps by the root of squared gradients."""
    return any(f.uses(r"/ ?\(?(np\.)?(math\.)?sqrt\(") and f.uses(r"\*\* ?2|square") for f in written.involved(name))


def paths(goal, setup):
    """{parameter: its path in the arguments of a call}."""
    result = {name: (name,) for name in setup.outer}
    for name in goal.parameters():
        template = attempts.template_of(name, setup.packing)
        if template is not None:
            for leaf, path in attempts.leaf_paths(template).items():
                result[leaf] = (name, *path)
    return result


def changed(setup, goal, held, point):
    """Whether a call changed its parameters, given what became of its arguments."""
    if setup.listed:
        return False
    for name, path in paths(goal, setup).items():
        after, before = answers.at(held, path), point[name]
        if np.shape(after) != np.shape(before) or not np.array_equal(after, before):
            return True
    return False


def _rate(goal, step):
    for name in signatures.of_role(goal.way, signatures.RATE):
        if name in dict(step.arguments):
            return signatures.CONSTANTS[signatures.RATE]
    return 1


def in_place(steps, step, goal, loss, setup, note):
    """The CallPlan of a call that changes its arguments."""
    reading = answers.Reading(None, paths(goal, setup), True)
    yield attempts.plan_of(steps, step, reading, loss, rate=_rate(goal, step), in_place=True), note


def returned(steps, step, goal, theirs, loss, setup, note, orders):
    """CallPlans of a call that returns new parameters."""
    for renamed in (True, False):
        for reading in answers.readings(theirs, setup.shapes(), orders, renamed):
            yield attempts.plan_of(steps, step, reading, loss, rate=_rate(goal, step)), note


def depends_on_rate(written, steps, step, goal, theirs, point):
    """Whether what a call returns depends on its rate."""
    rates = signatures.of_role(goal.way, signatures.RATE)
    arguments = [(n, (lambda i, r: 0.25) if n in rates else supply) for n, supply in step.arguments]
    if not rates:
        return False
    again, results, given = step._replace(arguments=tuple(arguments)), {}, trials.copies(point)
    try:
        with trials.quiet():
            for one in steps:
                if one.own is None or one.function not in results:
                    results[one.function] = one.call(written.namespace, given, results)
            other = answers.parts(again.call(written.namespace, given, results))
    except Exception:
        return False
    pairs = zip(theirs, other, strict=False)
    return any(
        a.value.size > 1 and a.value.shape == b.value.shape and not np.array_equal(a.value, b.value) for a, b in pairs
    )


def signed(trial, written, namespace, truth):
    """The same Trial, with the sign that its numbers have where a convention explains it."""
    if trial is None or trial.all_right:
        return trial
    plan, setup = trial.plan, trial.setup
    try:
        with trials.quiet():
            _, given = plan.run(namespace, setup.example(np.random.default_rng(1), 1))
    except Exception:
        return trial
    ratios = {name: slopes.ratio(trials.as_array(value), truth[name]) for name, value in given.items()}
    known = [ratio for ratio in ratios.values() if ratio is not None]
    if not known or max(known) > 0:
        return trial
    if plan.rate is not None:
        uphill = UPHILL.search(plan.loss[0]) and len(known) == len(truth)
        return trial._replace(plan=plan._replace(sign=1), right=len(known)) if uphill else trial
    alike = len(known) == len(truth) and max(known) - min(known) < slopes.SAME
    alike = alike or (ADDED.search(written.text) and len(set(np.round(known, 5))) == 1)
    sign_is_known = _are_called_gradients(written, plan.goal.function) and not ADDED_TO_WEIGHTS.search(written.text)
    if not alike or sign_is_known or SUBTRACTED.search(written.text):
        return trial
    factor = 0.5 if abs(known[0] + 0.5) < slopes.SAME else 1
    right = sum(abs(ratio + factor) < slopes.SAME for ratio in known)
    return trial._replace(plan=plan._replace(opposite=factor), right=right)


def _are_called_gradients(written, name):
    """Whether what a function returns is called a gradient, so that its sign is known."""
    return any(CALLED_GRADIENT.match(called) for called in written[name].returned(None))
