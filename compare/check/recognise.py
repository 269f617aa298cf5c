"""Finds somebody's functions in a file, a module or an object, and sees from their parameters what they take.

Imports nothing but NumPy before their code does.
"""

import importlib.util
import inspect
import linecache
import os
import sys
import traceback
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

from fourfold import impls
from fourfold.compare.check import cells, protocol
from fourfold.compare.check.forms import sources
from fourfold.compare.columns import lacking
from fourfold.compare.errors import UsageError, nearest

# What a function is given between X, Y and the rest: two arrays, or lists with an array a layer.
TWO_ARRAYS, WEIGHTS, WEIGHTS_AND_BIASES = ("W1", "W2"), ("W",), ("W", "b")
MORE = {"gradients": (), "trace": (), "train": ("lr", "steps")}
# `from numpy import *` brings a `trace` along that is another thing
FRAMEWORKS = {"autograd", *map(impls.framework, impls.NAMES)} - {"numpy"}
NOT_MEANT = {"numpy", *FRAMEWORKS}
NOT_THEIRS = ("<", str(Path(__file__).parent), str(Path(os.__file__).parent))  # files, as a traceback names them


def maker_of_arrays(f):
    """The `array(values, dtype)` that a function's module has as columns do, for its framework's arrays; or None."""
    array = getattr(sys.modules.get(getattr(f, "__module__", "")), "array", None)
    if not inspect.isfunction(array) or array.__module__ != f.__module__:
        return None
    return array if [*inspect.signature(array).parameters] == ["values", "dtype"] else None


def load(target, folder, layers=False, biases=False):
    """The functions of a target {name of protocol.FUNCTIONS: function}, and what they take; or a Model and ().

    `folder` is where a relative path, or a module that is not installed, is looked for; `layers` and `biases` are as
    in `takes`. Raises UsageError where there is no such thing, where it lacks `gradients`, or where a function cannot
    be called.
    """
    where, name = sources.split(target)
    namespace = module_of(where, folder)
    for part in name.split(".") if name else ():
        if not hasattr(namespace, part):
            raise UsageError(f"{where} has no {name}.{_did_you_mean(part, vars(namespace))}")
        namespace = getattr(namespace, part)
    if all(callable(getattr(namespace, f, None)) for f in lacking.FUNCTIONS):
        return namespace, ()
    functions = _functions(namespace, target)
    given = takes(functions["gradients"], layers, biases)
    for name, function in functions.items():
        check_signature(name, function, given)
    return functions, given


@contextmanager
def compiled():
    """Where modules of ours are imported: Python may keep what it compiles, but beside nobody else's files."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@cache
def module_of(where, folder):
    """The module of a file or a name, imported. Raises UsageError where it is not there, or does not import."""
    return _file(Path(folder) / where, where) if where.endswith((".py", ".ipynb")) else _module(where, folder)


def _file(path, shown):
    if not path.is_file():
        raise UsageError(f"There is no file {shown}.")
    sys.path.append(str(path.resolve().parent))  # last, so that it shadows nothing
    if path.suffix == ".ipynb":
        return _notebook(path, shown)
    spec = importlib.util.spec_from_file_location(f"checked_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    _imported(shown, spec.loader.exec_module, module)
    return module


def _notebook(path, shown):
    """The module that the cells of a notebook make together."""
    text = sources.source(path).text
    linecache.cache[str(path)] = len(text), None, text.splitlines(keepends=True), str(path)
    module = sys.modules[f"checked_{path.stem}"] = ModuleType(f"checked_{path.stem}")
    _imported(shown, lambda names: exec(compile(text, str(path), "exec"), names), vars(module))
    return module


def _module(name, folder):
    sys.path.append(str(folder))
    try:
        there = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        there = False
    if (Path(folder) / name).is_dir():
        raise UsageError(f"{name} is a folder: fourfold check --course {name} checks every file in it.")
    if not there:
        raise UsageError(f"There is no module {name!r}: give one that can be imported here, or a .py file.")
    return _imported(name, importlib.import_module, name)


def _imported(shown, load_it, argument):
    try:
        return load_it(argument)
    except BaseException as error:
        raise UsageError(f"{shown} does not import: {explain('it', error)}.") from None


def _functions(namespace, target):
    """{name: function} of a module, an object or a function. Raises UsageError where there is no `gradients`."""
    if inspect.isclass(namespace):
        raise UsageError(f"{target} is a class: give the name of an instance, or of a function.")
    if callable(namespace) and not hasattr(namespace, "gradients"):
        return {"gradients": namespace}
    functions = {}
    for name in protocol.FUNCTIONS:
        function = getattr(namespace, name, None)
        if _is_theirs(function):
            functions[name] = function
    if "gradients" not in functions:
        if lacks := lacking.lacking(namespace, _is_theirs):
            enough = "or give it gradients(X, Y, W1, W2) alone"
            raise UsageError(f"{target} lacks {', '.join(lacks)}: a whole Model has {_listed()}; {enough}.")
        others = [name for name in dir(namespace) if callable(getattr(namespace, name))]
        near = _did_you_mean("gradients", others)
        wanted = "gradients(X, Y, W1, W2) that returns (L, dL_dW1, dL_dW2)"
        raise UsageError(f"{target} has no function {wanted}; if it has another name, write {target}:NAME.{near}")
    return functions


def _listed():
    *names, last = lacking.FUNCTIONS
    return f"{', '.join(names)} and {last}"


def _is_theirs(function):
    return callable(function) and package_of(function) not in NOT_MEANT


def package_of(thing):
    """The package in which a function or a type is defined; "" where that is not known."""
    return (getattr(thing, "__module__", None) or "").partition(".")[0]


def _did_you_mean(word, words):
    near = nearest(word, words)
    return f" Did you mean {near}?" if near else ""


def takes(f, layers=False, biases=False):
    """What `gradients` is given beside X and Y: TWO_ARRAYS, WEIGHTS or WEIGHTS_AND_BIASES.

    A parameter called b, or three parameters alone, say so; or else `layers` and `biases`, as they are asked for.
    """
    signature = _signature(f)
    parameters = signature.parameters if signature else {}
    if biases or "b" in parameters:
        return WEIGHTS_AND_BIASES
    positional = 0
    for name, parameter in parameters.items():
        may_be_positional = parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
        positional += may_be_positional and not name.startswith("activation")
    return WEIGHTS if layers or positional == 3 else TWO_ARRAYS


def takes_activation(f, given):
    """The parameter of a function that the activation is given to, or that of every layer; or None."""
    signature = _signature(f)
    name = "activation" if given == TWO_ARRAYS else "activations"
    return name if signature and name in signature.parameters else None


def check_signature(name, f, given):
    """Raises UsageError where a function cannot be called with X, Y and what is `given` beside them."""
    signature = _signature(f)
    arguments = ("X", "Y", *given, *MORE[name])
    activation = takes_activation(f, given)
    try:
        if signature:
            signature.bind(*arguments, **({activation: activation} if activation else {}))
    except TypeError as error:
        called = getattr(f, "__name__", name)
        raise UsageError(f"{called}{signature} cannot be called as {name}({', '.join(arguments)}): {error}.") from None


def _signature(f):
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):  # some built-in functions have none
        return None


def explain(who, error):
    """What somebody's code raised, with the line of theirs that did, and no traceback."""
    if isinstance(error, SystemExit):
        sentence = f"{who} called sys.exit({'' if error.code is None else repr(error.code)})"
    else:
        sentence = f"{who} raised {type(error).__name__}: {brief(error)}"
    if isinstance(error, SyntaxError) and error.filename:
        return f"{sentence.partition(' (')[0]} ({_where(error.filename, error.lineno)})"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(NOT_THEIRS) and "site-packages" not in frame.filename:
            return f"{sentence} ({_where(frame.filename, frame.lineno)})"
    return sentence


def _where(filename, line):
    path = Path(filename)
    places = sources.source(path).places if path.suffix == ".ipynb" and path.is_file() else {}
    return f"{path.name}, {cells.where(line, places)}"


def brief(error):
    """The message of an exception, cut short."""
    return " ".join(str(error).split())[:300].rstrip(".") or "no message"
