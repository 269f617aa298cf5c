"""Where an object keeps its arrays: in attributes, dictionaries and lists, and in objects in these."""

import re
from collections import deque

import numpy as np

DEEPEST = 5
# Parameters that may be plain numbers.
NUMBERS = re.compile(r"_?(b|bias|intercept|c)_?|theta\d?|[wb]_?\d+|w|(weight|bias)_?\d")


def arrays(thing):
    """[(places, array)] of an object: an array that is kept in several places has several, the shortest first.

    A place is a tuple of steps, each ("attribute", name) or ("item", key).
    """
    known, order, seen = {}, [], set()
    level = [((), thing)]
    for _ in range(DEEPEST):
        deeper = []
        for place, value in level:
            for step, inner in _inside(value):
                if is_array(inner) or _is_bias(step, inner):
                    key = id(inner) if isinstance(inner, np.ndarray) else (*place, step)
                    if key not in known:
                        order.append(key)
                    known.setdefault(key, ([], inner))[0].append((*place, step))
                elif id(inner) not in seen and _holds_more(inner):
                    seen.add(id(inner))
                    deeper.append(((*place, step), inner))
        level = deeper
    return [known[key] for key in order]


def is_array(value):
    """Whether it may be a parameter: an array of numbers that are no integers."""
    if isinstance(value, list):
        return _is_table(value)
    if not isinstance(value, np.ndarray) or value.size == 0:
        return False
    return value.dtype.kind == "f" or (value.dtype == object and not isinstance(value.flat[0], np.ndarray | list | str))


def _is_table(value):
    """Whether lists are a row, or rows as long as each other, of numbers with fractions."""
    if value and all(isinstance(row, list) and row for row in value):
        return len({len(row) for row in value}) == 1 and all(all(map(_is_real, row)) for row in value)
    return bool(value) and all(map(_is_real, value))


def _is_real(x):
    return isinstance(x, float) or (not isinstance(x, int | list | str | bool) and hasattr(x, "value"))


def _is_bias(step, value):
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return number and step[0] == "attribute" and NUMBERS.fullmatch(step[1]) is not None


def _inside(thing):
    if isinstance(thing, dict):
        return [(("item", key), value) for key, value in thing.items()]
    if isinstance(thing, list | tuple | deque):
        return [(("item", position), value) for position, value in enumerate(thing)]
    own = getattr(thing, "__dict__", {})
    if isinstance(thing, type) or not isinstance(own, dict):
        return []
    slots = getattr(type(thing), "__slots__", ())
    slots = [name for name in ([slots] if isinstance(slots, str) else slots) if hasattr(thing, name)]
    pairs = {**own, **{name: getattr(thing, name) for name in slots if name not in {"__dict__", "__weakref__"}}}
    return [(("attribute", name), value) for name, value in pairs.items()]


def _holds_more(value):
    if isinstance(value, dict | list | tuple | deque):
        return True
    library = type(value).__module__.partition(".")[0] in {"numpy", "builtins", "random", "fourfold", "flint"}
    return not library and (hasattr(value, "__dict__") or hasattr(value, "__slots__"))


def get(thing, place):
    """What is there; raises what Python raises where there is nothing."""
    for kind, key in place:
        thing = getattr(thing, key) if kind == "attribute" else thing[key]
    return thing


def put(thing, place, value):
    """The thing, with a value put into a place; a tuple on the way is made anew."""
    step, rest = place[0], place[1:]
    if rest:
        value = put(get(thing, (step,)), rest, value)
    kind, key = step
    if kind == "attribute":
        setattr(thing, key, value)
    elif isinstance(thing, tuple):
        return tuple(value if position == key else x for position, x in enumerate(thing))
    else:
        thing[key] = value
    return thing


def keys(place):
    """The names and positions in a place."""
    return [key for _, key in place]


def words(place):
    """How people write it: `layers[0].W`; the key alone of a dictionary that is an attribute."""
    if len(place) == 2 and place[1][0] == "item" and isinstance(place[1][1], str):
        return place[1][1]
    text = ""
    for kind, key in place:
        text += f".{key}" if kind == "attribute" else f'["{key}"]' if isinstance(key, str) else f"[{key!r}]"
    return text.removeprefix(".")
