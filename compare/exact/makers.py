"""Stand-ins for NumPy's floating types and for what makes arrays: they give exact numbers."""

import builtins

import numpy as np

from fourfold.compare.exact import numbers
from fourfold.compare.exact.numbers import Number, TooLong
from fourfold.compare.exact.tape import LONGEST

OBJECT = np.dtype(object)
PLAIN = "biuf"  # kinds of arrays that can be made exact
_fresh = np.frompyfunc(numbers.number, 1, 1)


class _FloatingType(type):
    """A class that numbers of `stands_for` belong to, exact ones too, and that converts none of these."""

    def __call__(cls, x=0.0, *rest):
        if isinstance(x, Number):
            return x
        if isinstance(x, np.ndarray | list | tuple):
            Z = array(x, float)
            return Z.item() if cls.stands_for is builtins.float or Z.ndim == 0 else Z
        own = getattr(type(x), "__float__", None)
        if own and isinstance(converted := own(x), Number):  # a class of the user's
            return converted
        return cls.stands_for(x, *rest)

    def __instancecheck__(cls, x):
        return isinstance(x, Number | cls.stands_for)

    def __subclasscheck__(cls, other):
        return type(other) is _FloatingType or issubclass(other, cls.stands_for)

    def __getattr__(cls, name):
        return getattr(cls.stands_for, name)


def floating_type(real):
    """What stands for `float` or one of NumPy's: to call, as a dtype, and for isinstance."""
    attributes = {"stands_for": real, "dtype": OBJECT, "__module__": real.__module__, "__doc__": real.__doc__}
    return _FloatingType(real.__name__, (), attributes)


def types():
    """{name: stand-in} of NumPy's floating types."""
    names = ("float16", "float32", "float64", "double", "single", "half", "longdouble", "floating", "float128")
    return {name: floating_type(getattr(np, name)) for name in names if hasattr(np, name)}


def is_floating(dtype):
    """Whether it stands for floating-point numbers, which are exact ones here."""
    return dtype is not None and dtype is not object and np.dtype(dtype).kind in "fO"


def real_dtype(dtype):
    """The one that NumPy is given: objects in place of floating-point numbers."""
    return OBJECT if is_floating(dtype) else dtype


def exactly(Z):
    """Exact numbers in place of floating-point ones, in an array; anything else as it is."""
    if not isinstance(Z, np.ndarray) or Z.dtype.kind not in "fO" or Z.dtype.names:
        return Z
    return numbers.filled(Z) if Z.dtype == OBJECT else all_exact(Z)


def all_exact(Z):
    """Exact numbers in place of whatever numbers an array has."""
    if Z.size > LONGEST:
        raise TooLong
    if Z.dtype == OBJECT:
        return numbers.filled(Z)
    return np.asarray(_fresh(Z), object)


def operand(x):
    """Lists as arrays; floating-point entries beside exact ones made exact."""
    return array(x) if isinstance(x, list | tuple) else numbers.filled(x)


def _of(x, dtype):
    return all_exact(x) if is_floating(dtype) else exactly(x)


def array(x, dtype=None, **how):
    return _of(np.array(x, real_dtype(dtype), **how), dtype)


def asarray(x, dtype=None, order=None, **how):
    if isinstance(x, np.ndarray) and x.dtype == OBJECT and (dtype is None or is_floating(dtype)):
        if x.size:
            x[...] = numbers.filled(x)
        return x  # itself, as what is stored in it shall be seen
    return _of(np.asarray(x, real_dtype(dtype), order, **how), dtype)


def asfarray(x, dtype=float):
    return asarray(x, dtype)


def copy(x, *_, **__):
    return array(x)


def zeros(shape, dtype=float, *_, **__):
    return full(shape, 0, dtype)


def ones(shape, dtype=float, *_, **__):
    return full(shape, 1, dtype)


def full(shape, fill_value, dtype=None, *_, **__):
    if not (is_floating(dtype) or (dtype is None and isinstance(fill_value, Number | float | np.floating))):
        return exactly(np.full(shape, operand(fill_value), dtype))
    filler = numbers.number(fill_value)
    result = np.full(shape, operand(fill_value) if filler is None else filler, object)
    return result if filler is not None else all_exact(result)


def zeros_like(a, dtype=None, *_, shape=None, **__):
    return full_like(a, 0, dtype, shape=shape)


def ones_like(a, dtype=None, *_, shape=None, **__):
    return full_like(a, 1, dtype, shape=shape)


def full_like(a, fill_value, dtype=None, *_, shape=None, **__):
    prototype = operand(a) if isinstance(a, np.ndarray | list | tuple) else array(a)
    shape = prototype.shape if shape is None else shape
    return full(shape, fill_value, prototype.dtype if dtype is None else dtype)


def eye(N, M=None, k=0, dtype=float, *_, **__):
    return _of(np.eye(N, M, k, real_dtype(dtype)), dtype)


def identity(n, dtype=None, **__):
    return eye(n, dtype=dtype or float)


def fromiter(iterable, dtype, count=-1, **__):
    return array(list(iterable)[: None if count < 0 else count], dtype)


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, **__):
    """Its rounding is left out."""
    steps = max(num - 1 if endpoint else num, 1)
    start, step = all_exact(np.asarray(start)), (all_exact(np.asarray(stop)) - all_exact(np.asarray(start))) / steps
    result = np.stack([np.asarray(start + k * step, object) for k in range(num)], axis)
    result = result if dtype is None or is_floating(dtype) else result.astype(dtype)
    return (result, step) if retstep else result


def arange(*limits, dtype=None, **__):
    plain = [numbers.nearest(limit) for limit in limits]
    return _of(np.arange(*plain, dtype=None if is_floating(dtype) else dtype), dtype)


MAKERS = {
    "array": array,
    "asarray": asarray,
    "asanyarray": asarray,
    "ascontiguousarray": asarray,
    "asfortranarray": asarray,
    "asarray_chkfinite": asarray,
    "copy": copy,
    "zeros": zeros,
    "empty": zeros,  # what is there is arbitrary
    "ones": ones,
    "full": full,
    "zeros_like": zeros_like,
    "empty_like": zeros_like,
    "ones_like": ones_like,
    "full_like": full_like,
    "eye": eye,
    "identity": identity,
    "fromiter": fromiter,
    "linspace": linspace,
    "arange": arange,
}
