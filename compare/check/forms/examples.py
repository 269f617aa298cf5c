"""Recognises the function that an `example(rng)` of the file is meant for."""

import inspect

import numpy as np

from fourfold.compare.check.forms import answers, names, slopes, trials
from fourfold.compare.check.forms.recipe import Recipe

NAME = "example"


def has_example(namespace):
    return inspect.isfunction(namespace.get(NAME))


def given(namespace, rng, n=0):
    """What the file's example gives: point n takes other random numbers."""
    function = namespace[NAME]
    return function(rng, n) if len(inspect.signature(function).parameters) > 1 else function(rng)


def flat(value, name):
    """{name: array or number} of an argument, with parts of lists and dicts by themselves."""
    if isinstance(value, dict):
        items = [(part, f'{name}["{key}"]') for key, part in value.items()]
    elif isinstance(value, list | tuple) and not _is_data(value):
        items = [(part, f"{name}[{k}]") for k, part in enumerate(value)]
    else:
        return {name: value}
    result = {}
    for part, called in items:
        result |= flat(part, called)
    return result


def _is_data(value):
    return not value or not any(isinstance(part, np.ndarray | list | tuple | dict | float) for part in value)


def rebuilt(value, name, inputs):
    """An argument like `value`, of what `inputs` has for its parts."""
    if isinstance(value, dict):
        return {key: rebuilt(part, f'{name}["{key}"]', inputs) for key, part in value.items()}
    if isinstance(value, list | tuple) and not _is_data(value):
        return type(value)([rebuilt(part, f"{name}[{k}]", inputs) for k, part in enumerate(value)])
    return inputs[name]


class ExampleFit:
    """A function that takes the example's arguments, and where its loss and gradients are."""

    def __init__(self, name, arguments, loss, gradients, right, elsewhere=None):
        self.name, self.arguments, self.loss, self.gradients = name, arguments, loss, gradients
        self.right, self.elsewhere = right, elsewhere

    def recipe(self, namespace):
        arguments, loss, gradients, function, elsewhere = (
            *(self.arguments, self.loss, self.gradients, self.name, self.elsewhere),
        )

        def example(rng, n=0):
            result = {}
            for key, value in given(_fresh(namespace), rng, n).items():
                result |= flat(value, key)
            return result

        def run(other, inputs):
            return _run(other, function, arguments, inputs, loss, gradients, elsewhere)

        text = f"{function}({', '.join(arguments)}) with your example"
        return Recipe(text, example, tuple(gradients), run)


def _fresh(namespace):
    return {NAME: namespace[NAME]}


def _run(namespace, function, arguments, inputs, loss, gradients, elsewhere):
    values = {key: rebuilt(value, key, inputs) for key, value in arguments.items()}
    L = None
    if elsewhere:
        taken = list(inspect.signature(namespace[elsewhere]).parameters)
        L = namespace[elsewhere](**{key: values[key] for key in taken if key in values})
    answer = namespace[function](**values)
    L = answers.at(answer, loss) if loss is not None else L
    return L, {name: answers.at(answer, path) for name, path in gradients.items()}


def recognise(written, name=None):
    """The Fits of functions of the file that take the example's arguments by name, the best first."""
    namespace = written.namespace
    arguments = given(namespace, np.random.default_rng(1), 1)
    fits = []
    for function in [written[name]] if name in written.functions else written.functions.values():
        needed = [a for a in function.arguments if a not in function.defaults]
        if function.name != NAME and set(needed) <= set(arguments) <= set(function.arguments):
            fit = _fit(written, function, arguments)
            fits += [fit] if fit else []
    return sorted(fits, key=lambda fit: -fit.right)


def _fit(written, function, arguments):
    inputs = {}
    for key, value in arguments.items():
        inputs |= flat(value, key)
    try:
        with trials.quiet():
            answer = _answer(written.namespace, function.name, arguments, inputs)
    except Exception:
        return None
    returned = function.returned(len(answer) if isinstance(answer, tuple | list) else None)
    theirs = answers.parts(answer, returned)
    best = None
    for path, elsewhere in _losses(written, function, arguments, theirs):
        best = _better(best, _of_loss(written, function, arguments, inputs, theirs, path, elsewhere))
        if best is not None and best.right == 1:
            break
    return best


def _losses(written, function, arguments, theirs):
    for path in answers.loss_paths(theirs, ()):
        yield path, None
    for name, other in written.functions.items():
        needed = [a for a in other.arguments if a not in other.defaults]
        if name not in {function.name, NAME} and names.LOSS.search(name) and needed and set(needed) <= set(arguments):
            yield None, name


def _of_loss(written, function, arguments, inputs, theirs, path, elsewhere):
    namespace = written.namespace

    def L(values):
        return trials.number(_run(namespace, function.name, arguments, values, path, {}, elsewhere)[0])

    real = {}
    for key, value in inputs.items():
        if isinstance(value, float | np.floating) or (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
            real[key] = value
    try:
        with trials.quiet():
            if L(trials.copies(inputs)) is None:
                return None
            truth = slopes.slopes(L, inputs, real)
    except Exception:
        return None
    rest = [part for part in theirs if part.path != (path or ())[: len(part.path)] or path is None]
    best = None
    for gradients in _readings(rest, real, truth):
        given_there = {key: _value_at(rest, where) for key, where in gradients.items()}
        right = sum(slopes.alike(given_there[key], truth[key]) for key in gradients) / max(len(gradients), 1)
        best = _better(
            best, ExampleFit(function.name, arguments, path, gradients, right, elsewhere) if gradients else None
        )
    return best


def _value_at(parts, path):
    return next(part.value for part in parts if part.path == path)


def _readings(rest, real, truth):
    """{input: path}: by the names of what was returned, or by order among the last inputs."""
    named, taken = {}, set()
    for key in real:
        for part in rest:
            meant = _meant(part, key)
            if part.path not in taken and key not in named and meant:
                named[key] = part.path
                taken.add(part.path)
    if len(named) == len(rest):
        yield named
    keys = list(real)
    by_name = [k for k in keys if not names.is_one(k, names.DATA | names.TARGETS | names.SCALARS)]
    for pool in (by_name, keys):
        for tail in (pool[-len(rest) :], pool[: len(rest)]):
            if len(tail) == len(rest):
                yield {key: part.path for key, part in zip(tail, rest, strict=True)}
        shaped = _shaped(rest, pool, real)
        if shaped:
            yield shaped
    if named:
        yield named


def _shaped(rest, pool, real):
    result, k = {}, 0
    for part in rest:
        while k < len(pool) and np.shape(real[pool[k]]) != part.value.shape:
            k += 1
        if k == len(pool):
            return None
        result[pool[k]] = part.path
        k += 1
    return result


def _meant(part, key):
    """Whether a part is the gradient of an input: by its name, or by the way there, as in {"weights": [...]}."""
    way = "".join(f"[{k}]" if isinstance(k, int) else f'["{k}"]' for k in part.path)
    if any(isinstance(step, str) for step in part.path):
        first = next(k for k, step in enumerate(part.path) if isinstance(step, str))
        rest = part.path[first + 1 :]
        base = key.split("[")[0]
        tail = "".join(f"[{k}]" if isinstance(k, int) else f'["{k}"]' for k in rest)
        if key == base + tail and names.belongs(part.path[first], base):
            return True
    return names.belongs(part.name, key) or (
        way and key.endswith(way) and part.name and names.belongs(part.name, key.split("[")[0])
    )


def _better(best, fit):
    if best is None or fit is None:
        return best or fit
    return fit if fit.right > best.right else best


def _answer(namespace, function, arguments, inputs):
    values = trials.copies(inputs)
    return namespace[function](**{key: rebuilt(value, key, values) for key, value in arguments.items()})
