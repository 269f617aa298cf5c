"""A layered network in whatever form it was written, as one with samples in rows: what naming its mistakes takes."""

from itertools import pairwise

import numpy as np

from fourfold.compare.mistakes.anywhere.network import Given


def seen(roles, inputs, L, gradients):
    """The Given of one run in float64, or None where it is no such network.

    `inputs` and `gradients` are by name; a gradient is an array, or has .gradient(). Columns become
    rows, classes one-hot, weights with the biases in them are taken apart, and a single sample is a row.
    """
    try:
        return _seen(roles, inputs, L, gradients)
    except (ValueError, TypeError, IndexError, KeyError):  # whatever was given there is no array of numbers
        return None


def _seen(roles, inputs, L, gradients):
    weights, biases, dL_dW, dL_db, notes = [], [], [], [], []
    names = roles.biases or (None,) * len(roles.weights)
    out_first = _is_out_first(roles, _array(inputs[roles.X]), np.shape(inputs[roles.weights[0]]))
    for name, bias in zip(roles.weights, names, strict=True):
        W, given = _array(inputs[name]), _gradient(gradients.get(name))
        W, b, dW, db = _layer(roles, out_first, W, given, name, notes)
        if bias is not None:
            b, db = _array(inputs[bias]).reshape(1, -1), _gradient(gradients.get(bias))
            db = db if db is None else _bias(db, b, bias, notes)
        weights.append(W)
        dL_dW.append(dW)
        if b is not None:
            biases.append(b)
            dL_db.append(db)
    X = _samples(_array(inputs[roles.X]), roles.columns, weights[0].shape[0])
    Y = None if X is None else _targets(inputs[roles.Y], roles, len(X), weights[-1].shape[1])
    if X is None or Y is None:
        return None
    fits = len(Y) == len(X) and Y.shape[1] == weights[-1].shape[1]
    widths = [W.shape for W in weights]
    chained = all(one[1] == other[0] for one, other in pairwise(widths))
    if not fits or not chained or any(b.shape[1] != W.shape[1] for b, W in zip(biases, weights, strict=False)):
        return None
    L = float(np.asarray(L, dtype=float).sum())
    return Given(X, Y, tuple(weights), tuple(biases), L, tuple(dL_dW), tuple(dL_db), " ".join(notes))


def _array(Z):
    return np.array(Z, dtype=np.float64)


def _gradient(given):
    """An array of what was given, or None."""
    if given is None:
        return None
    return _array(given.gradient() if hasattr(given, "gradient") else given)


def _is_out_first(roles, X, shape):
    """Whether weights are (out, in): as a rule where samples are columns, but their sizes know better."""
    sizes = {X.shape[0] if roles.columns else X.shape[-1]}
    if roles.augmented:
        sizes |= {size + 1 for size in sizes}
    if len(shape) < 2 or (shape[0] in sizes) == (shape[1] in sizes):
        return roles.columns
    return shape[1] in sizes


def _layer(roles, out_first, W, given, name, notes):
    """(W, b, dW, db) of one layer, samples in rows; b and db are None where the weights hold no biases."""
    if W.ndim == 1:  # one unit: a vector of weights
        W = W.reshape(1, -1) if out_first else W.reshape(-1, 1)
    dW = None if given is None else _fitted(given, W.shape, name, notes)
    if out_first:
        W, dW = W.T, (dW if dW is None or dW.ndim < 2 else dW.T)
    if not roles.augmented:
        return W, None, dW, None
    row, rest = (slice(0, 1), slice(1, None)) if roles.first else (slice(-1, None), slice(0, -1))
    if dW is None or dW.shape != W.shape:
        return W[rest], W[row], dW, None
    return W[rest], W[row], dW[rest], dW[row]


def _fitted(given, shape, name, notes):
    """A gradient in its parameter's shape where its entries allow it; the note says what was odd."""
    if given.shape == shape:
        return given
    if given.ndim == 2 and given.T.shape == shape:
        notes.append(f"The gradient for {name} is transposed.")
        return given.T
    if given.size == np.prod(shape):
        if given.squeeze().shape != tuple(size for size in shape if size != 1):
            notes.append(f"The gradient for {name} has shape {given.shape}, not {shape}.")
        return given.reshape(shape)
    notes.append(f"The gradient for {name} has shape {given.shape}, not {shape}.")
    return given


def _bias(given, b, name, notes):
    """A bias's gradient as a row: one number is one for every bias, anything else stays as it is."""
    if given.size == b.size:
        return given.reshape(1, -1)
    if given.size == 1:
        notes.append(f"The gradient for {name} is one number.")
        return np.full_like(b, given.item())
    notes.append(f"The gradient for {name} has shape {given.shape}, but {name} has {b.size} entries.")
    if given.ndim == 1 or given.shape[-1] == 1:
        return given.reshape(1, -1)
    return given.T if given.shape[0] == b.size else given


def _samples(X, columns, d_in):
    """Samples in rows; one sample, a vector, is one row."""
    if X.ndim == 1:
        return X.reshape(1, -1) if X.size == d_in else X.reshape(-1, 1)
    if X.ndim != 2:
        return None
    if columns:
        X = X.T
    if X.shape[1] == d_in + 1 and (X[:, -1] == 1).all():  # the ones that a bias is multiplied with are there already
        return X[:, :-1]
    if X.shape[1] == d_in + 1 and (X[:, 0] == 1).all():
        return X[:, 1:]
    return X if X.shape[1] == d_in else None


def _targets(Y, roles, N, d_out):
    """Targets in rows, one-hot where they are classes."""
    Y = np.asarray(Y)
    if roles.labels == "integers":
        classes = Y.astype(int).reshape(-1)
        if d_out == 1:
            return classes.reshape(-1, 1).astype(float)
        return np.eye(d_out)[classes]
    Y = _array(Y)
    if Y.ndim == 2:
        return Y.T if roles.columns else Y
    if Y.ndim < 2 and Y.size == N * d_out:
        return Y.reshape(N, d_out)
    return None
