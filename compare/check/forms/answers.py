"""Finds the loss and the gradients in what somebody's function returns."""

from itertools import permutations
from typing import NamedTuple

import numpy as np

from fourfold.compare.check.forms import names


class AnswerPart(NamedTuple):
    """An array or number in an answer: how to get there, what it is called there, its value in float64."""

    path: tuple
    name: str
    value: np.ndarray


class Slice(NamedTuple):
    """A step of a path: a part of a vector, in its own shape."""

    start: int
    stop: int
    shape: tuple


class Reading(NamedTuple):
    """Where the loss is in an answer, or None, and where every parameter's gradient is: {parameter: path}."""

    loss: tuple | None
    gradients: dict
    named: bool = False  # their names say so


def at(answer, path):
    """What is at a path in an answer."""
    for step in path:
        if isinstance(step, Slice):
            answer = answer[step.start : step.stop].reshape(step.shape)
        else:
            answer = getattr(answer, step[1]) if isinstance(step, tuple) else answer[step]
    return answer


def parts(answer, returned=()):
    """The AnswerParts of an answer; `returned` are the names of what was returned, as far as they are known."""
    if (isinstance(answer, tuple | list) and _array(answer) is None) or isinstance(answer, tuple):
        result = []
        for k, value in enumerate(answer):
            name = returned[k] if k < len(returned) and len(returned) == len(answer) else ""
            result += _parts(value, (k,), getattr(answer, "_fields", [name] * len(answer))[k])
        return result
    return _parts(answer, (), returned[0] if len(returned) == 1 else "")


def _parts(value, path, name):
    if value is None or isinstance(value, str | bytes | bool):
        return []
    if isinstance(value, dict):
        return _all([(v, (*path, k), str(k)) for k, v in value.items()])
    array = None if isinstance(value, tuple) else _array(value)
    if array is not None:
        return [AnswerPart(path, name, array)]
    if isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.dtype == object and value.ndim):
        fields = getattr(value, "_fields", None)
        return _all([(v, (*path, k), fields[k] if fields else name) for k, v in enumerate(value)])
    if hasattr(value, "__dict__") and not callable(value):
        return _all([(v, (*path, ("attribute", k)), k) for k, v in vars(value).items()])
    return []


def _all(items):
    return [part for item in items for part in _parts(*item)]


def _array(value):
    """A float64 array of a number, an array of them, or nested lists; or None."""
    if isinstance(value, np.ndarray):
        return value.astype(float) if value.dtype.kind in "fiu" else None
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return np.array(float(value))
    if not isinstance(value, list) or not value or not _is_nested(value):
        return None
    try:
        return np.array(value, float)
    except (ValueError, TypeError):
        return None


def _is_nested(value):
    return all(_is_nested(v) if isinstance(v, list) else isinstance(v, int | float | np.number) for v in value)


def loss_paths(theirs, gradients):
    """Paths at which the loss may be, the likeliest first. `gradients` are the paths that are taken."""
    small = [p for p in theirs if p.value.size == 1 and p.path not in gradients and np.isfinite(p.value).all()]
    named = [p for p in small if names.LOSS.search(p.name)]
    ends = [p for p in small if p not in named and (len(p.path) <= 1 or p.path[0] == 0)]
    return [_first_number(p) for p in named + ends]


def _first_number(part):
    """The path of the one entry, where it is in a list."""
    return part.path + (0,) * part.value.ndim


def named_gradients(theirs, shapes):
    """Paths of what is called as the gradient of a parameter."""
    return set(_by_name(theirs, shapes, False).values())


def readings(theirs, shapes, groups, renamed=False):
    """Readings of gradients, the likeliest first.

    `shapes` is {parameter: shape}, `groups` usual orders of the parameters; renamed: parts are called as the
    parameters are, not as gradients.
    """
    sizes = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    named = _by_name(theirs, shapes, renamed)
    if len(named) == len(shapes):
        yield Reading(None, named, True)
    rest = [part for part in theirs if not (part.value.size == 1 and names.LOSS.search(part.name))]
    if not any(size == 1 for size in sizes.values()):
        rest = [p for p in rest if p.value.size > 1 or not _is_first_or_last(p, theirs)]
    sized = _by_size(rest, sizes, named)
    if sized:
        yield Reading(None, sized)
    for order in groups:
        for chosen in _runs(rest, len(order)):
            yield Reading(None, {name: part.path for name, part in zip(order, chosen, strict=True)})
    if named and len(named) < len(shapes):
        yield Reading(None, named, True)


def joined(theirs, shapes):
    """The Reading of one vector that has the gradients of all parameters, one after the other."""
    total = sum(int(np.prod(shape)) for shape in shapes.values())
    for part in theirs:
        if part.value.size == total and part.value.ndim == 1:
            gradients, start = {}, 0
            for name, shape in shapes.items():
                stop = start + int(np.prod(shape))
                gradients[name] = (*part.path, Slice(start, stop, shape))
                start = stop
            yield Reading(None, gradients, True)


def _is_first_or_last(part, theirs):
    return part is theirs[0] or part is theirs[-1]


def _runs(rest, length):
    """All of them, where there are so many; or the first and last so many."""
    if len(rest) == length:
        return [rest]
    return [rest[:length], rest[-length:]] if len(rest) > length else []


def _by_name(theirs, shapes, renamed):
    result, taken = {}, set()
    for name, shape in shapes.items():
        fitting = []
        for part in theirs:
            exactly = names.plain(part.name) == names.plain(names.base(name))
            if part.path not in taken and (exactly if renamed else names.belongs(part.name, name)):
                fitting.append(
                    (not exactly if renamed else exactly, part.value.shape != shape, len(fitting), part.path)
                )
        if fitting:
            result[name] = min(fitting)[-1]
            taken.add(result[name])
    return result


def _by_size(rest, sizes, named):
    """By the numbers of entries, where these tell all parameters apart."""
    result = dict(named)
    for name, size in sizes.items():
        if name in result:
            continue
        fitting = [p for p in rest if p.value.size == size and p.path not in result.values()]
        if len(fitting) != 1:
            return None
        result[name] = fitting[0].path
    return result


def groups(packing):
    """Orders in which gradients may come."""
    weights, biases, order = packing.weights, packing.biases, packing.order
    turns = tuple(name for pair in packing.layers for name in pair if name)
    turned = tuple(name for w, b in packing.layers for name in (b, w) if name)
    orders = [order, turns, weights + biases, biases + weights, turned, order[::-1], turns[::-1], turned[::-1]]
    if len(order) <= 3:
        orders += permutations(order)
    return list(dict.fromkeys(orders))
