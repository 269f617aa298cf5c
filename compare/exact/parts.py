"""Arrays in inputs: by the names they have there, as W, W[0] or params["W1"], and changed one by one."""

import numpy as np


def is_real(value):
    """Whether it is a floating-point number, or an array of such."""
    return isinstance(value, float | np.floating) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")


def parts(name, value):
    """(name, floating-point array) of each that a value has."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from parts(f'{name}["{key}"]', part)
    elif isinstance(value, list | tuple):
        for i, part in enumerate(value):
            yield from parts(f"{name}[{i}]", part)
    elif is_real(value):
        yield name, value


def is_one(name, parameters):
    """Whether an array is a parameter, or part of one."""
    return name in parameters or name.partition("[")[0] in parameters


def changed(inputs, change):
    """Inputs with change(name, array) in place of each floating-point array; of everything else a copy."""
    return {name: _changed(name, value, change) for name, value in inputs.items()}


def _changed(name, value, change):
    if isinstance(value, dict):
        return {key: _changed(f'{name}["{key}"]', part, change) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_changed(f"{name}[{i}]", part, change) for i, part in enumerate(value)])
    if is_real(value):
        return change(name, value)
    return value.copy() if isinstance(value, np.ndarray) else value


def copies(inputs):
    """Inputs that may be overwritten."""
    return changed(inputs, lambda _, Z: np.array(Z) if isinstance(Z, np.ndarray) else Z)
