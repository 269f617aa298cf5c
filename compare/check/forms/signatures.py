"""What every argument of a function is, by its name: data, targets, parameters, a rate, what a forward pass kept."""

from fourfold.compare.check.forms import names

X, Y, PAIRS, PARAMETER, VALUE, OUTPUT_GRADIENT = "X", "Y", "pairs", "parameter", "value", "output gradient"
RATE, STEPS, SCALAR, KEPT, COUNT, IN, HIDDEN, OUT, DEPTH = (
    *("rate", "steps", "scalar", "kept", "count", "in", "hidden", "out", "depth"),
)
ONE, ZERO = "one", "zero"
CONSTANTS = {RATE: 0.5, STEPS: 1, SCALAR: 0.25, KEPT: 1.0, ONE: 1.0, ZERO: 0.0}
WORDS = (
    (names.RATES, RATE),
    (names.STEPS, STEPS),
    (names.SCALARS, SCALAR),
    (names.KEPT, KEPT),
    (names.IN_SIZES, IN),
    (names.HIDDEN_SIZES, HIDDEN),
    (names.OUT_SIZES, OUT),
    (names.LAYER_COUNTS, DEPTH),
)
MANY = {"data", "samples", "examples", "points", "batch"}
LITTLE = {"m", "n", "N"}  # M may be a matrix


def roles(function, kept=frozenset()):
    """Ways in which the arguments may be meant, [{name: role}]; those left to their defaults are missing.

    `kept`: names that a forward pass returns.
    """
    result, free = {}, []
    arguments = function.arguments
    targets = [name for name in arguments if names.is_one(name, names.TARGETS)]
    sure = [name for name in targets if names.is_one(name, names.SURE_TARGETS)]
    the_targets = (sure or targets)[:1]
    data = [name for name in arguments if names.is_one(name, names.DATA) and name not in the_targets][:1]
    for name in arguments:
        role = _role(name, data, the_targets, kept)
        if (
            name in function.defaults
            and role not in {X, Y, RATE, STEPS}
            and not (role == SCALAR and _is_off(function, name))
        ):
            continue
        if role:
            result[name] = role
        else:
            free.append(name)
    return _completed(result, free, function)


def _is_off(function, name):
    """Whether a default is 0 or None, which leaves out what is to be judged."""
    return function.default_of[name] is None or function.default_of[name] == 0


def _role(name, data, targets, kept):
    if name in data:
        return X
    if name in targets:
        return Y
    if name in kept and not names.is_one(name, names.CONTAINERS):
        return VALUE
    if names.is_one(name, names.PAIRS) and not (data or targets):
        return PAIRS
    for words, role in WORDS:
        if names.is_one(name, words) or (name == "C" and role == SCALAR):
            return role
    return COUNT if name in LITTLE or names.is_one(name, names.COUNTS - LITTLE - {"m", "n"}) else None


def _completed(result, free, function):
    """What is left are parameters, what was kept, and data where none have such a name."""
    parameters = [name for name in free if names.is_one(name, names.CONTAINERS)]
    parameters += [name for name in free if name not in parameters and (names.is_bias(name) or names.is_weight(name))]
    unknown = [name for name in free if name not in parameters]
    plain, sure = [], {}
    for name in unknown:
        if names.is_one(name, names.OUTPUT_GRADIENTS):
            sure[name] = OUTPUT_GRADIENT
        elif names.is_value(name):
            sure[name] = VALUE
        else:
            plain.append(name)
    result |= dict.fromkeys(parameters, PARAMETER)
    missing = [role for role in (X, Y) if role not in result.values() and PAIRS not in result.values()]
    ways = []
    for k in range(len(missing) + 1):  # so many of the unknown arguments are data, the others parameters
        ways.append(_way(result, sure, plain, missing[: len(missing) - k]))
    if len(missing) == 2 and len(plain) >= 1:
        ways.append(_way(result, sure, plain, [Y]))
        ways.append(_way(result, sure, plain, [Y, X]))
    ways = [in_order(way, function) for way in ways if way is not None]
    ways += [moved for moved in map(_moved, ways) if moved]
    for way in list(ways):
        plural = [name for name, role in way.items() if role == X and names.plain(name) in MANY]
        if plural and Y not in way.values():  # data may be samples with their targets
            ways.append({name: PAIRS if role == X else role for name, role in way.items()})
    return _distinct(ways)


def _way(result, sure, plain, missing):
    if len(missing) > len(plain):
        return None
    data = dict(zip(plain, missing, strict=False))
    return result | sure | {name: data.get(name, PARAMETER) for name in plain}


def _moved(way):
    """The same, where what has two meanings has the other: p, out, state."""
    other = {}
    for name, role in way.items():
        doubtful = names.is_one(name, names.CONTAINERS) and names.is_value(name)
        if role == PARAMETER and doubtful:
            other[name] = VALUE
        elif role == VALUE and not names.is_one(name, names.CACHES | names.PREDICTIONS):
            other[name] = PARAMETER
    return way | other if other else None


def _distinct(ways):
    result = []
    for way in ways:
        if way not in result:
            result.append(way)
    return result


def without_history(way, function):
    """The same, with the constants that make a step of RMSprop the gradient's; None where they are no arguments."""
    ones = [name for name in function.arguments if names.is_one(name, names.DECAYS | names.EPSILONS)]
    if len(ones) < 2:
        return None
    zeros = [name for name in function.arguments if names.plain(name) == "beta1"]
    return in_order(way | dict.fromkeys(ones, ONE) | dict.fromkeys(zeros, ZERO), function)


def of_role(way, *wanted):
    """The names that have a role, in the order of the signature."""
    return [name for name, role in way.items() if role in wanted]


def in_order(way, function):
    """The same, in the order of the arguments."""
    return {name: way[name] for name in function.arguments if name in way}
