"""Stand-ins for numpy.linalg, on exact numbers."""

import functools
from typing import Any

import numpy as np

from fourfold.compare.exact import functions, makers, numbers
from fourfold.compare.exact.numbers import Inexact, number


def _objects(a):
    return makers.all_exact(np.asarray(makers.operand(a)))


def _on_exact(exact):
    """A stand-in that leaves it to numpy.linalg where no number is exact."""
    real = getattr(np.linalg, exact.__name__)

    @functools.wraps(real)
    def function(*arguments, **how):
        if any(numbers.is_exact(makers.operand(x)) for x in arguments):
            return exact(*arguments, **how)
        return makers.exactly(real(*arguments, **how))

    return function


def _root(x):
    return np.sqrt(x) if isinstance(x, np.ndarray) else x.sqrt()


def _vector_norm(Z, order, axis, keepdims):
    sizes = {"axis": axis, "keepdims": keepdims}
    match order:
        case None | 2:
            return _root(numbers.filled((Z * Z).sum(**sizes)))
        case 1:
            return abs(Z).sum(**sizes)
        case 0:
            return (Z != 0).sum(**sizes)
    if order in (np.inf, -np.inf):
        return functions.FUNCTIONS["max" if order > 0 else "min"](abs(Z), **sizes)
    return (abs(Z) ** order).sum(**sizes) ** (number(1) / order)


def _matrix_norm(Z, order, axis, keepdims):
    if order == "fro":
        return _vector_norm(Z, 2, axis, keepdims)
    if order not in (1, -1, np.inf, -np.inf):
        raise Inexact("numpy.linalg.norm")
    rows, columns = (k % Z.ndim for k in axis)
    added, left = (rows, columns) if abs(order) == 1 else (columns, rows)
    sums = abs(Z).sum(axis=added, keepdims=True)
    largest = functions.FUNCTIONS["max" if order > 0 else "min"](sums, axis=left, keepdims=True)
    return largest if keepdims else np.squeeze(largest, axis)[()]


@_on_exact
def norm(x, ord=None, axis=None, keepdims=False):
    Z = _objects(x)
    if axis is None and (ord is None or Z.ndim == 1):
        every = tuple(range(Z.ndim))
        return _vector_norm(Z, ord, every if Z.ndim > 1 else 0, keepdims)
    axis = axis if axis is not None else (0, 1)
    if isinstance(axis, tuple) and len(axis) == 2:
        return _matrix_norm(Z, ord or "fro", axis, keepdims)
    return _vector_norm(Z, ord, axis, keepdims)


@_on_exact
def vector_norm(x, *, axis=None, keepdims=False, ord=2):
    Z = _objects(x)
    if axis is None:
        return norm(Z.ravel(), ord)
    return norm(Z, ord, axis, keepdims)


@_on_exact
def matrix_norm(x, *, keepdims=False, ord="fro"):
    return norm(x, ord, (-2, -1), keepdims)


def _eliminated(A, B):
    """det(A) and the solution X of A X = B, by Gauss and Jordan; the largest pivot first."""
    A, B, determinant = A.copy(), B.copy(), number(1)
    for k in range(len(A)):
        pivot = k + int(np.argmax([abs(numbers.nearest(x)) for x in A[k:, k]]))
        if pivot != k:
            A[[k, pivot]], B[[k, pivot]] = A[[pivot, k]], B[[pivot, k]]
            determinant = -determinant
        determinant = determinant * A[k, k]
        B[k], A[k] = B[k] / A[k, k], A[k] / A[k, k]
        for i in range(len(A)):
            if i != k:
                factor = A[i, k]
                A[i], B[i] = A[i] - factor * A[k], B[i] - factor * B[k]
    return determinant, B


def _each_matrix(function, A, *others):
    """Over stacks of matrices."""
    if A.ndim == 2:
        return function(A, *others)
    return np.array([_each_matrix(function, *parts) for parts in zip(A, *others, strict=True)], object)


@_on_exact
def solve(a, b):
    A, B = _objects(a), _objects(b)
    if B.ndim == 1:
        return _eliminated(A, B[:, None])[1][:, 0]
    B = np.broadcast_to(B, A.shape[:-2] + B.shape[-2:])
    return _each_matrix(lambda A, B: _eliminated(A, B)[1], A, B)


@_on_exact
def inv(a):
    return _each_matrix(lambda A: _eliminated(A, makers.eye(len(A)))[1], _objects(a))


@_on_exact
def det(a):
    return _each_matrix(lambda A: _eliminated(A, makers.eye(len(A)))[0], _objects(a))


@_on_exact
def slogdet(a):
    determinant: Any = det(_objects(a))
    return np.sign(determinant), np.log(np.abs(determinant))


@_on_exact
def cholesky(a):
    A = _objects(a)
    L = makers.zeros(A.shape)
    for i in range(len(A)):
        for j in range(i + 1):
            rest = A[i, j] - sum(L[i, k] * L[j, k] for k in range(j))
            L[i, j] = rest.sqrt() if i == j else rest / L[j, j]
    return L


@_on_exact
def matrix_power(a, n):
    A = _objects(a) if n >= 0 else inv(a)
    result = makers.eye(A.shape[-1])
    for _ in range(abs(n)):
        result = result @ A
    return result


STANDING_IN = (norm, vector_norm, matrix_norm, solve, inv, det, slogdet, cholesky, matrix_power)
FUNCTIONS = {f.__name__: f for f in STANDING_IN}
THROUGH = {"multi_dot", "outer", "cross", "trace", "diagonal", "matmul", "vecdot", "tensordot", "matrix_transpose"}
