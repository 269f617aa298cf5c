"""What user's code gets for the libraries and builtins it uses, so that it runs on exact numbers."""

import builtins as python_builtins
import importlib
import math
import random
import types

import numpy as np

from fourfold.compare.exact import draws, functions, linear, makers, numbers, scalars
from fourfold.compare.exact.functions import METHODS as methods

__all__ = ["builtins", "drew", "formatted", "methods", "modules", "operands", "start"]

ROUNDING = {"Add", "Sub", "Mult", "Div", "Pow"}  # operators
MOST_ENTRIES = 100_000  # of an array that is made exact unasked
SCIPY = {"special": scalars.special, "stats": lambda: {"norm": scalars.normal()}, "signal": lambda: scalars.SIGNAL}


class StandInModule(types.ModuleType):
    """A module with names of its own; what else the real one has is taken from there, by `otherwise`."""

    def __init__(self, name, own, otherwise):
        super().__init__(name)
        self.__path__ = []
        self.__dict__.update(own)
        self.__dict__["_otherwise"] = otherwise

    def __getattr__(self, name):
        value = self.__dict__[name] = self._otherwise(name)
        return value


def start():
    """Before a run: random draws begin anew, and none has been made."""
    draws.start()


def drew():
    """Whether random numbers were drawn since."""
    return draws.draws.happened


def formatted(text, values):
    """text % values, where some are exact."""
    return text % functions.as_floats(values)


def operands(name, a, b):
    """The operands of an operator (an `ast` class's name), so that nothing is rounded and texts can be filled in.

    1 / 3, and 3 * 0.1, are exact numbers, though neither operand is one.
    """
    if name == "Mod" and isinstance(a, str):
        return a, functions.as_floats(b)
    if name in ROUNDING and _is_plain(a) and _is_plain(b) and (name == "Div" or _is_float(a) or _is_float(b)):
        return (makers.all_exact(a) if isinstance(a, np.ndarray) else numbers.number(a)), b
    return a, b


def _is_plain(x):
    if isinstance(x, np.ndarray):
        return x.dtype.kind in makers.PLAIN and x.size <= MOST_ENTRIES
    return isinstance(x, int | float | np.number | np.bool_) and not isinstance(x, np.complexfloating)


def _is_float(x):
    return isinstance(x, float | np.floating) or (isinstance(x, np.ndarray) and x.dtype.kind == "f")


def builtins():
    """Replacements for what the builtins module has."""
    return {"float": makers.floating_type(python_builtins.float)}


def modules():
    """{name: what `import name` gives}. No library but NumPy is imported before code asks for it."""
    floating = makers.types()
    own = makers.MAKERS | functions.FUNCTIONS | floating | scalars.constants()
    numpy = StandInModule("numpy", own, _from_numpy)
    linalg = StandInModule("numpy.linalg", linear.FUNCTIONS, _from_linalg)
    fft = StandInModule("numpy.fft", {}, _refused("numpy.fft"))
    drawing = StandInModule("numpy.random", draws.FUNCTIONS, _from_random)
    testing = StandInModule("numpy.testing", {}, _on_floats("numpy.testing"))
    tricks = StandInModule("numpy.lib.stride_tricks", {}, _guarded("numpy.lib.stride_tricks"))
    library = StandInModule("numpy.lib", {"stride_tricks": tricks}, lambda name: getattr(np.lib, name))
    numpy.__dict__.update(linalg=linalg, fft=fft, random=drawing, testing=testing, lib=library)
    parts = (numpy, linalg, fft, drawing, testing, library, tricks)
    return {part.__name__: part for part in parts} | _scipy() | _python()


def _from_numpy(name):
    value = getattr(np, name)
    if isinstance(value, np.ufunc):
        return functions.Ufunc(value)
    return functions.guarded(value, f"numpy.{name}") if _is_function(value) else value


def _is_function(value):
    return callable(value) and not isinstance(value, type)


def _from_linalg(name):
    value = getattr(np.linalg, name)
    if not _is_function(value):
        return value
    wrap = functions.guarded if name in linear.THROUGH else functions.refused
    return wrap(value, f"numpy.linalg.{name}")


def _from_random(name):
    return getattr(draws.numpys, name) if hasattr(np.random.RandomState, name) else getattr(np.random, name)


def _guarded(module):
    return lambda name: _wrapped(module, name, functions.guarded)


def _refused(module):
    return lambda name: _wrapped(module, name, functions.refused)


def _wrapped(module, name, wrap):
    value = getattr(importlib.import_module(module), name)
    return wrap(value, f"{module}.{name}") if _is_function(value) else value


def _on_floats(module):
    return lambda name: _wrapped(module, name, lambda value, _: functions.on_floats(value))


def _from_scipy(name):
    """Reads names of a module of SciPy's, which is imported when the first is asked for."""

    def otherwise(attribute):
        try:
            return _wrapped(name, attribute, functions.refused)
        except ModuleNotFoundError as error:
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}") from error

    return otherwise


def _scipy():
    parts = {}
    for part, own in SCIPY.items():
        names = own()
        parts[part] = StandInModule(f"scipy.{part}", names | {"__all__": list(names)}, _from_scipy(f"scipy.{part}"))
    top = StandInModule("scipy", parts, _from_scipy("scipy"))
    return {"scipy": top} | {f"scipy.{part}": module for part, module in parts.items()}


def _python():
    drawing = {name: getattr(draws.pythons, name) for name in dir(random) if hasattr(draws.pythons._real, name)}
    drawing = {name: value for name, value in drawing.items() if not name.startswith("_")}
    return {
        "math": StandInModule("math", scalars.mathematics(), lambda name: getattr(math, name)),
        "random": StandInModule("random", drawing, lambda name: getattr(random, name)),
    }
