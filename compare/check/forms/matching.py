"""Which of the arrays that code returns, or leaves behind, is the gradient of which parameter."""

import ast
import re
from functools import lru_cache

import numpy as np

from fourfold.compare.check.forms import class_trials, names

# Names that say where things are kept, not what they are.
CONTAINERS = {
    *("params", "parameters", "param", "grads", "gradients", "grad", "gradient", "layers", "self", "model", "net"),
    *("network", "p", "g", "dparams", "grad_params", "_params", "_grads", "parameters_", "derivatives", "nabla"),
}
VALUES = {"value", "data", "val", "v", "w", "array", "tensor", "weight"}
OF_GRADIENTS = re.compile(
    r"d[A-Z_].*|d(w|b|u|v|x|k|f|weights?|bias(es)?|gamma|beta|theta|inputs?|kernels?|filters?|params)\w*|(g|grad|nabla|delta|d[ljce])_.*"
    r"|.*(grad(ient)?s?|_g|_d|delta|prime|derivative)\d*"
)
LONG = 50  # times
HOLD_GRADIENTS = re.compile(r"^_?(d|g|grads?|gradients?|derivatives?|nabla|delta|dparams)s?_?$|grad", re.IGNORECASE)


@lru_cache(16)
def _nodes(text):
    """All nodes of a text."""
    return list(ast.walk(ast.parse(text)))


def returned_names(text, cls, method):
    """The names in the last `return a, b` of a method, or of a function where cls is None: [("fc1", "dW"), ("db",)]."""
    for node in _nodes(text):
        if isinstance(node, ast.ClassDef) and node.name == cls:
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name == method:
                    return _long_last_return(inner)
        if cls is None and isinstance(node, ast.FunctionDef) and node.name == method:
            return _long_last_return(node)
    return []


@lru_cache(16)
def endless(text):
    """Names of methods and functions with a loop that is long, whatever they are given."""
    long = set()
    for node in _nodes(text):
        if isinstance(node, ast.FunctionDef):
            loops = [inner.iter for inner in ast.walk(node) if isinstance(inner, ast.For)]
            if any(_is_long(loop) for loop in loops):
                long.add(node.name)
    return long


def _is_long(iterated):
    if not (isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name) and iterated.func.id == "range"):
        return False
    return any(
        isinstance(limit, ast.Constant) and isinstance(limit.value, int) and limit.value >= LONG
        for limit in iterated.args
    )


def _long_last_return(function):
    returns = [node for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    if not returns:
        return []
    value = max(returns, key=lambda node: node.lineno).value
    elements = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    return [_parts(element) for element in elements]


def _parts(node):
    """`self.fc1.dW` as ("fc1", "dW"), `grads["W1"]` as ("grads", "W1"); () of what is no name."""
    match node:
        case ast.Name(id=name):
            return () if name == "self" else (name,)
        case ast.Attribute(value=value, attr=name):
            return (*_parts(value), name)
        case ast.Subscript(value=value, slice=ast.Constant(value=key)):
            return (*_parts(value), key)
        case ast.Call(func=ast.Attribute(value=value, attr="copy")):
            return _parts(value)
    return ()


def leaves(value, labels=(), path=()) -> list:
    """[(parts of its name, path, array or number)] of what was returned."""
    if isinstance(value, dict):
        inner = [(key, (("item", key),), x) for key, x in value.items()]
    elif isinstance(value, list | tuple) and not _is_rectangular(value):
        inner = [(position, (("item", position),), x) for position, x in enumerate(value)]
    else:
        return [((), path, value)] if isinstance(value, np.ndarray) or class_trials.is_number(value) or path else []
    result = []
    for key, step, x in inner:
        own = (
            labels[key] if isinstance(value, tuple) and not path and isinstance(key, int) and key < len(labels) else ()
        )
        for parts, place, leaf in leaves(x, (), path + step):
            result.append(((*(own or (key,)), *parts), place, leaf))
    return result


def _is_rectangular(value):
    """Whether nested lists are one array of plain numbers."""
    if not value or isinstance(value, tuple):
        return False
    flat = value
    while isinstance(flat, list) and flat and isinstance(flat[0], list):
        flat = [x for row in flat for x in (row if isinstance(row, list) else [row])]
    return all(class_trials.is_number(x) and not isinstance(x, np.ndarray) for x in flat) and isinstance(value[0], list)


def assigned(labelled, parameters, by_order=True):
    """{parameter: path} of leaves to parameters; parameters: {name: (parts of its place, shape)}.

    by_order: whether shapes and order may decide where names do not.
    """
    result, rest = {}, list(labelled)
    for name, (parts, shape) in parameters.items():
        fitting = [leaf for leaf in rest if belongs(leaf[0], parts)]
        fitting.sort(key=lambda leaf: (not class_trials.fits(leaf[2], shape), len(leaf[0])))
        if fitting and (by_order or np.size(fitting[0][2]) > 0):
            result[name] = fitting[0][1]
            rest.remove(fitting[0])
    missing = [name for name in parameters if name not in result]
    if not missing or not by_order:
        return result
    arrays = [leaf for leaf in rest if isinstance(leaf[2], np.ndarray | list | np.number | float)]
    for name in missing:
        shape = parameters[name][1]
        same = [leaf for leaf in arrays if np.shape(leaf[2]) == shape]
        alike = [other for other in missing if parameters[other][1] == shape]
        if len(same) == len(alike):
            result[name] = same[alike.index(name)][1]
    if len(result) < len(parameters) and not result and len(arrays) == len(parameters):
        return {name: leaf[1] for name, leaf in zip(parameters, arrays, strict=True)}
    left = [leaf for leaf in arrays if leaf[1] not in result.values() and np.size(leaf[2]) > 1]
    missing = [name for name in parameters if name not in result]
    if len(left) == len(missing):
        result |= {name: leaf[1] for name, leaf in zip(missing, left, strict=True)}
    return result


def belongs(gradient, parameter):
    """Whether the parts of a name are those of the gradient of a parameter."""
    theirs, its = [_split(parts) for parts in (gradient, parameter)]
    if theirs[1] != its[1] or not theirs[0] or not its[0]:
        return False
    if not _owners(theirs[0]) <= _owners(its[0]) and _owners(theirs[0]):
        return False
    if _owners(its[0]) and not _owners(theirs[0]) and len(gradient) > 1:
        return False
    last, own = theirs[0][-1], its[0][-1]
    if last.lower() in CONTAINERS and own.lower() in CONTAINERS | VALUES:
        return True
    return short(own) in {short(meant) for meant in names.stripped(last)}


def is_called_after(keys, shapes, array):
    """Whether an attribute is called after a parameter of its shape: dc and c; shapes: {name: (keys, shape)}."""
    own = [meant for meant, shape in shapes.values() if meant != keys and shape == np.shape(array)]
    return any(belongs(keys, meant) for meant in own)


def _split(parts):
    return [x for x in parts if isinstance(x, str)], [x for x in parts if not isinstance(x, str)]


def _owners(strings):
    """Names of objects on the way."""
    return (
        {x.lower() for x in strings[:-1]}
        - CONTAINERS
        - {x for x in map(str.lower, strings[:-1]) if HOLD_GRADIENTS.search(x)}
    )


def short(name):
    """weights1, w_1 and W1 are the same."""
    plain = re.sub(r"weights?|wts|kernel|coef", "w", names.plain(name))
    return re.sub(r"bias(es)?|intercept|offset", "b", plain)


def says_gradient(parts):
    """Whether a name is that of a gradient, and not of a parameter, or of what else is kept of it."""
    strings = _split(parts)[0]
    if not strings:
        return False
    if any(HOLD_GRADIENTS.search(x) for x in strings):
        return True
    return OF_GRADIENTS.fullmatch(strings[-1]) is not None
