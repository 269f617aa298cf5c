"""The optimiser that --update asks for: NAME, or NAME,key=value,..."""

import math

from fourfold.compare.cases import suites
from fourfold.compare.cases.data import LARGEST_NUMBER
from fourfold.compare.errors import UsageError, nearest
from fourfold.compare.judge import updates

# For people: what a key means
KEYS = {
    "lr": "the rate, in the place of --lr",
    "momentum": "μ, what is left of the last step",
    "rho": "ρ, what is left of the mean of squares",
    "beta1": "β₁, what is left of the mean of gradients",
    "beta2": "β₂, what is left of the mean of squares",
    "eps": "ε, what keeps a divisor from 0",
    "l2": "coupled weight decay: added to gradients, times the weights",
    "decay": "decoupled weight decay: taken from the weights themselves",
}
SHARES = {"momentum", "rho", "beta1", "beta2"}  # below 1
ADAMW_DECAY = 0.01
# Cases that are asked beside the default one: any depth and biases, far from 0, no numbers
BESIDE = ("deep-xor", "saturated-sigmoid", "nan-in-data")


def parse(text):
    """(the UpdateRule, the rate or None) that a text asks for. Raises UsageError."""
    name, *pairs = [part.strip() for part in text.split(",")]
    if name.startswith(("momentum=", "nesterov=")):  # the one number it has
        name, _, value = name.partition("=")
        pairs.insert(0, f"momentum={value}")
    if name not in updates.RULES:
        near = nearest(name.lower(), [*updates.RULES])
        hint = f"did you mean {near}?" if near else f"choose from {', '.join(updates.RULES)}."
        raise UsageError(f"There is no optimiser {name!r}: {hint}")
    _, own = updates.RULES[name]
    settings = {**own, **updates.DECAYS}
    if name == "adamw":
        settings["decay"] = ADAMW_DECAY
    points = _points(name)
    seen, demanded, lr = set(), [], None
    for pair in pairs:
        key, equals, value = (part.strip() for part in pair.partition("="))
        if key in seen:
            raise UsageError(f"--update {text} gives {key} twice.")
        seen.add(key)
        if key in points:
            demanded.append((key, _choice(key, value, points[key])))
        elif key == "lr":
            lr = _number(name, key, value)
        elif key in settings:
            settings[key] = _number(name, key, value)
        else:
            known = ["lr", *settings, *points]
            near = nearest(key, known)
            hint = f"did you mean {near}?" if near else f"it takes {', '.join(known)}."
            raise UsageError(f"{name} takes no {key!r}: {hint}")
        if not equals:
            raise UsageError(f"--update takes {key}=VALUE, not {pair!r}.")
    return updates.UpdateRule(name, tuple(settings.items()), tuple(demanded)), lr


def _points(name):
    """{point: choices} of all that can differ for an optimiser."""
    asked = updates.UpdateRule(name, (("decay", 1.0),))
    points = {}
    for convention in updates.conventions(asked, "float64"):
        for point, choice in convention.items():
            points[point] = dict.fromkeys([*points.get(point, ()), choice])
    return points


def _choice(point, value, choices):
    if value not in choices:
        raise UsageError(f"{point} must be {' or '.join(choices)}, not {value!r}.")
    return value


def _number(name, key, text):
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{key} of {name} must be a number, not {text!r}.") from None
    if key in SHARES:
        lowest = "more than 0" if key == "momentum" else "at least 0"
        if not (0 < value < 1 or (value == 0 and key != "momentum")):
            raise UsageError(f"{key} of {name} must be {lowest} and less than 1, not {text}.")
    elif key == "lr" and not 0 < value <= LARGEST_NUMBER:
        raise UsageError(f"The learning rate must be a positive number, at most {LARGEST_NUMBER:g}, not {text}.")
    elif not (math.isfinite(value) and 0 <= value <= LARGEST_NUMBER):
        raise UsageError(f"{key} of {name} must be at least 0 and at most {LARGEST_NUMBER:g}, not {text}.")
    return value


def every_rule(case, dtypes):
    """The Case's first seed in the first precision by every other optimiser, as it is by default, at the same rate."""
    others = []
    for name in updates.RULES:
        if name != case.update.name:
            rule, _ = parse(name)
            others.append(case.first_seeds(1)._replace(name=f"{case.name}, {name}", update=rule, dtypes=(dtypes[0],)))
    return others


def by_update(cases, update, beside=False):
    """The same Cases by an optimiser, or the first and those BESIDE, without what is asked of plain descent alone."""
    if beside:
        table = suites.by_name(*suites.TABLE, *suites.DEEP)
        cases = [cases[0], *(suites.build(table[name]) for name in BESIDE)]
    return [case._replace(update=update, exact=False, shapes=False) for case in cases]
