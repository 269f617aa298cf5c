"""Code that runs on exact numbers, with stand-ins for its libraries, gives what it gives with NumPy in float64."""

import ast
import builtins
import functools
import math
import operator
import subprocess
import sys

import numpy as np
import pytest

from fourfold.compare.exact import numbers, standin
from fourfold.compare.exact.numbers import Inexact

BITS = 256
STAND_INS = standin.modules()
INPUTS = {
    "X": np.array([[0.3, -1.2, 0.7], [2.1, 0.4, -0.6], [-0.9, 1.5, 0.25], [0.8, -0.1, 1.9]]),
    "W": np.array([[0.5, -0.3], [1.1, 0.2], [-0.7, 0.9]]),
    "v": np.array([0.2, -1.3, 0.6, 2.4]),
    "p": np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1], [0.25, 0.35, 0.4]]),
    "S": np.array([[2.0, 0.3, -0.1], [0.3, 1.5, 0.4], [-0.1, 0.4, 1.8]]),
    "T": np.arange(24.0).reshape(2, 3, 4) ** 1.5 / 7 - 3,
    "c": np.float64(0.75),
    "y": np.array([0, 2, 1, 1]),
    "image": np.sin(np.arange(1.0, 26.0)).reshape(5, 5),
    "kernel": np.array([[0.5, -1.0, 0.25], [0.1, 0.7, -0.2], [1.5, -0.4, 0.3]]),
}


def run(source, exact):
    """What `r` is after the source, in float64 or on exact numbers."""
    namespace = {}
    for name, Z in INPUTS.items():
        namespace[name] = numbers.exact(Z, depends=True) if exact and name != "y" else np.array(Z)
    namespace["c"] = namespace["c"][()]
    if exact:
        namespace["__builtins__"] = {**vars(builtins), **standin.builtins(), "__import__": stand_in_import}
    tree = ast.parse("import math\nimport numpy as np\n" + source)
    if exact:
        namespace["method"] = method
        tree = ast.fix_missing_locations(Methods().visit(tree))
    exec(compile(tree, "source", "exec"), namespace)
    return namespace["r"]


class Methods(ast.NodeTransformer):
    """Calls of methods ask for a replacement first."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute):
            asked = [node.func.value, ast.Constant(node.func.attr)]
            node.func = ast.Call(ast.Name("method", ast.Load()), asked, [])
        return node


def method(owner, name):
    if isinstance(owner, np.ndarray) and name in standin.methods:
        return functools.partial(standin.methods[name], owner)
    return getattr(owner, name)


def stand_in_import(name, into=None, local=None, names=(), level=0):
    if name in STAND_INS:
        return STAND_INS[name] if names else STAND_INS[name.partition(".")[0]]
    return builtins.__import__(name, into, local, names or (), level)


def flat(v):
    """Arrays of float64 in whatever is given."""
    if isinstance(v, dict):
        v = list(v.values())
    if isinstance(v, list | tuple) and v and not isinstance(v[0], str):
        return [Z for part in v for Z in flat(part)]
    if isinstance(v, str | type(None)):
        return [v]
    Z = np.asarray(v)
    return [numbers.floats(Z) if Z.dtype == object else Z]


def same(source):
    """Fails unless both runs give the same, with exact numbers where NumPy has float64."""
    plain = run(source, exact=False)
    with numbers.recording(BITS):
        exact = run(source, exact=True)
    for a, b in zip(flat(plain), flat(exact), strict=True):
        if isinstance(a, np.ndarray) and a.dtype.kind in "fiub":
            assert a.shape == b.shape
            np.testing.assert_allclose(b.astype(float), a.astype(float), rtol=1e-12, atol=1e-12)
            assert (a.dtype == bool) == (b.dtype == bool)
        else:
            assert a == b


UNARY = [
    *("exp", "exp2", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "arcsinh", "square"),
    *(
        "reciprocal",
        "cbrt",
        "fabs",
        "abs",
        "absolute",
        "negative",
        "positive",
        "floor",
        "ceil",
        "trunc",
        "rint",
        "sign",
    ),
    *("isnan", "isfinite", "isinf", "signbit", "radians", "degrees", "deg2rad", "rad2deg", "conjugate", "sinc"),
    *(
        "nan_to_num",
        "cumsum",
        "cumprod",
        "sum",
        "mean",
        "prod",
        "var",
        "std",
        "median",
        "average",
        "max",
        "min",
        "amax",
    ),
    *("amin", "argmax", "argmin", "argsort", "sort", "ravel", "transpose", "flip", "fliplr", "flipud", "tril", "triu"),
    *(
        "diff",
        "copy",
        "zeros_like",
        "ones_like",
        "squeeze",
        "atleast_2d",
        "nonzero",
        "any",
        "all",
        "shape",
    ),
    *(
        "size",
        "ndim",
        "real",
        "ptp",
        "count_nonzero",
        "nansum",
        "nanmean",
        "nanmax",
        "unique",
        "isreal",
        "round",
        "rot90",
    ),
    *("linalg.norm", "iscomplexobj", "nanmin", "nanvar", "asarray", "array", "ascontiguousarray"),
]
POSITIVE = ["log", "log2", "log10", "log1p", "sqrt", "arccosh"]
SMALL = ["arcsin", "arccos", "arctanh"]
BINARY = [
    *("add", "subtract", "multiply", "divide", "true_divide", "maximum", "minimum", "fmax", "fmin", "hypot", "arctan2"),
    *("logaddexp", "logaddexp2", "copysign", "mod", "remainder", "fmod", "floor_divide", "greater", "greater_equal"),
    *("less", "less_equal", "equal", "not_equal", "heaviside", "isclose", "allclose", "array_equal", "logical_and"),
    *("logical_or", "logical_xor", "inner", "outer", "kron", "append"),
]

SNIPPETS = """
r = np.power(p, 1.5)
r = np.power(X, 2)
r = np.power(X, -1)
r = np.float_power(p, 0.5)
r = np.where(X > 0, X, 0)
r = np.where(X > 0, X, 0.01 * X)
r = np.where(X > 0, 1.0, 0.0)
r = np.where(y == 1)
r = np.maximum(X, 0)
r = np.maximum(0.0, X)
r = np.empty(X.shape); np.maximum(X, 0, out=r)
r = X.copy(); np.exp(X, out=r)
r = X.copy(); np.maximum(X, 0, out=r, where=X < 1)
r = np.heaviside(X, 0.5)
r = np.clip(X, -0.5, 0.5)
r = np.clip(X, None, 0.5)
r = np.clip(X, a_min=-0.5, a_max=0.9)
r = X.clip(-0.5, 0.5)
r = X.clip(min=0)
r = np.sqrt([1.5, 2.5, 4])
r = np.exp([c, 0.5, 2])
r = np.tanh([[c, 1], [0.5, c]])
r = np.exp(0.5)
r = np.sqrt(2 / np.pi) * X
r = 0.5 * X * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)))
r = np.sum(X, axis=0)
r = np.sum(X, axis=1, keepdims=True)
r = np.sum([c, 1, 0.5])
r = np.sum(X, dtype=np.float64)
r = np.mean(X, axis=0, keepdims=True)
r = np.mean([c, 1, 2])
r = np.var(X, axis=0)
r = np.var(X, axis=1, ddof=1, keepdims=True)
r = np.std(X, axis=0)
r = np.std(X, axis=-1, keepdims=True)
r = X.mean(), X.std(), X.var(), X.sum(), X.prod(), X.max(), X.min(), X.ptp() if hasattr(X, "ptp") else 0
r = X.mean(0), X.std(0), X.var(0), X.sum(0), X.prod(0), X.max(0), X.min(0)
r = X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True), X.var(axis=1, keepdims=True, ddof=1)
r = X.max(axis=1, keepdims=True)
r = X.argmax(), X.argmax(1), X.argmin(axis=0), np.argmax(X, axis=1)
r = X.cumsum(), X.cumsum(1), X.cumprod(0)
r = X.round(), X.round(2), np.round(X, 1), np.around(X, 2)
r = X.dot(W), X.T.dot(X), v.dot(v)
r = X.tolist()
r = X.item(2), X[0, 0].item()
r = X.astype(float)
r = X.astype(np.float32).shape
r = X.astype("float64")
r = y.astype(float)
r = y.astype(np.float64) / 3
r = (X > 0).astype(float)
r = (X > 0).astype(int)
r = (X > 0).astype(np.float32)
r = np.array([1, 0, 1]).astype(bool)
r = np.round(X).astype(int)
r = X.flatten(), X.ravel(), X.reshape(-1), X.reshape(2, 6), X.squeeze(), X.swapaxes(0, 1), X.transpose(1, 0)
r = X.repeat(2, axis=0), X.take([0, 2], axis=1), X.trace(), X.diagonal(), X.nonzero(), X.conj()
r = np.sort(X, axis=0), np.argsort(X, axis=1), X.argsort(), np.argsort(-v)
r = X.copy(); r.sort(axis=0)
r = X.copy(); r.fill(0)
r = X.copy(); r[r < 0] = 0
r = X.copy(); r[0] += 1.5; r[:, 1] *= 2; r -= 1; r /= 3
r = X.any(), X.all(), (X > 0).any(axis=0), (X > 0).sum(), np.any(X > 2), np.all(X > -9, axis=1)
r = np.median(X), np.median(X, axis=0), np.average(X, axis=0), np.average(v, weights=[1, 2, 3, 4])
r = np.average(X, axis=0, weights=v)
r = np.cumsum(X, axis=1), np.prod(X, axis=0), np.diff(X, axis=0)
r = np.max(X, axis=(0, 1)), np.max(X, 0, keepdims=True), np.min(X, initial=-5), np.max(X, axis=1)
r = np.linalg.norm(X), np.linalg.norm(v), np.linalg.norm(v, 1), np.linalg.norm(v, np.inf), np.linalg.norm(v, -np.inf)
r = np.linalg.norm(X, axis=1), np.linalg.norm(X, axis=1, keepdims=True), np.linalg.norm(X, 1, axis=0)
r = np.linalg.norm(X, "fro"), np.linalg.norm(X, 1), np.linalg.norm(X, np.inf), np.linalg.norm(T), np.linalg.norm(v, 3)
r = np.linalg.norm(X, ord=2, axis=-1), np.linalg.norm(X - X), np.linalg.norm(T, axis=(1, 2)), np.linalg.norm(v, 0)
r = np.linalg.inv(S), np.linalg.det(S), np.linalg.solve(S, W), np.linalg.solve(S, X[0]), np.linalg.slogdet(S)
r = np.linalg.matrix_power(S, 3), np.linalg.matrix_power(S, -1), np.linalg.cholesky(S), np.linalg.multi_dot([X, S, W])
r = np.linalg.inv(np.stack([S, S + 1]))
r = np.outer(v, v), np.inner(v, v), np.dot(X, W), np.dot(v, v), np.vdot(v, v), np.matmul(X, W)
r = np.tensordot(X, W, axes=1),
r = np.tensordot(T, T, axes=([1, 2], [1, 2])), T @ T.transpose(0, 2, 1), np.matmul(T, T.swapaxes(-1, -2))
r = np.einsum("ij,jk->ik", X, W), np.einsum("ij,jk", X, W), np.einsum("ij->j", X), np.einsum("ii", S)
r = np.einsum("ii->i", S),
r = np.einsum("...ij,...kj->...ik", T, T), np.einsum("bij,bik->bjk", T, T, optimize=True), np.einsum("i,j->ij", v, v)
r = np.einsum("ij,ij->", X, X), np.einsum("ij,ij->i", X, X), np.einsum("bij->ji", T), np.einsum("i,ij->j", v, X)
r = np.trace(S), np.diag(v), np.diag(S), np.diagonal(S), np.diagflat(v), np.fill_diagonal(X.copy(), 0)
r = np.pad(X, 1), np.pad(X, ((1, 0), (0, 2))), np.pad(X, 1, mode="edge"), np.pad(X, 1, constant_values=2.5)
r = np.pad(T, ((0, 0), (1, 1), (1, 1)), "constant"), np.pad(v, (2, 1), mode="reflect")
r = np.convolve(v, [1, 0.5]), np.convolve(v, v, "same"), np.convolve(v, v, mode="valid"), np.correlate(v, v[:2])
r = np.roll(X, 1), np.roll(X, 1, axis=0), np.repeat(X, 2), np.repeat(X, 2, axis=1), np.tile(v, 3), np.tile(v, (2, 1))
r = np.stack([v, v]), np.hstack([X, X]), np.vstack([v, v]), np.column_stack([v, v]), np.dstack([X, X])
r = np.concatenate([X, np.ones((4, 1))], axis=1), np.hstack((X, np.ones((len(X), 1)))), np.c_[X, np.ones(4)]
r = np.r_[v, 1],
r = np.append(v, 1), np.append(X, X, axis=0), np.insert(v, 0, 1), np.delete(X, 0, axis=1), np.insert(X, 0, 1, axis=1)
r = np.split(v, 2), np.array_split(v, 3), np.hsplit(X, 3), np.vsplit(X, 2), np.split(X, [1, 3])
r = np.take(X, [0, 2], axis=1), np.take_along_axis(X, np.argmax(X, 1)[:, None], axis=1)
r = np.choose([0, 1], [v[:2], v[2:]]),
r = np.zeros((4, 3)); np.put_along_axis(r, y[:, None], 1, axis=1)
r = np.zeros((4, 3)); np.add.at(r, y, X)
r = np.zeros((3, 3)); np.add.at(r, (y, y), v); np.subtract.at(r, (y, y), 1)
r = np.add.reduce(X), np.add.reduce(X, axis=1), np.maximum.reduce(X), np.multiply.reduce(v), np.add.accumulate(v)
r = np.add.outer(v, v), np.subtract.outer(v, v), np.multiply.outer(v, v), np.maximum.accumulate(v)
r = np.add.reduceat(v, [0, 2])
r = np.apply_along_axis(lambda row: row / row.sum(), 1, p)
r = np.apply_along_axis(np.sum, 0, X), np.apply_along_axis(lambda x: x.argmax(), 1, X)
r = np.vectorize(lambda z: z if z > 0 else 0)(X)
r = np.vectorize(lambda z: 1 if z > 0 else 0)(X)
r = np.vectorize(lambda z: 1 / (1 + math.exp(-z)))(X)
r = np.vectorize(math.tanh)(X), np.vectorize(lambda a, b: max(a, b))(X, 0.1)
r = np.isclose(X, X + 1e-12), np.allclose(X, X), np.array_equal(X, X), np.testing.assert_allclose(X, X)
np.testing.assert_almost_equal(X, X); np.testing.assert_array_equal(X, X); r = np.allclose(X, 0)
r = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
from numpy.lib.stride_tricks import as_strided; s = image.strides; r = as_strided(image, (3, 3, 3, 3), s + s)
r = np.einsum("ijkl,kl->ij", np.lib.stride_tricks.sliding_window_view(image, (3, 3)), kernel)
r = np.eye(3)[y], np.eye(3)[y] * X, np.identity(2) @ W.T, np.eye(2, 3), np.eye(3, k=1)
r = np.zeros((4, 3)); r[np.arange(4), y] = 1
r = np.zeros(X.shape); r[:] = X; r[0, 0] = 5
r = np.zeros_like(X); r += X; r[1] = 2
r = np.zeros_like(X, dtype=float) + X, np.zeros(3, float) + X, np.ones((4, 1), dtype=np.float32) * X
r = np.zeros((2, 2), dtype="float32"), np.ones(3, "f8"), np.empty(0), np.full((2, 2), c), np.full(3, 0.5)
r = np.full_like(X, c),
r = np.zeros(3, int), np.ones(2, dtype=bool), np.full(2, 7), np.zeros_like(y), np.ones_like(y), np.full_like(y, 3)
r = np.array([c, 1, 0.5]), np.array([[c, 1], [2, 3]]), np.array([X, X]), np.array([0.5, 1]), np.array([1, 2])
r = np.array([[1, 2]], dtype=float) / 3, np.array([c], dtype=np.float64), np.asarray([c, c]), np.array(c)
r = np.array([v, v]).T, np.array(list(v)), np.array([float(x) for x in v]), np.fromiter((x * 2 for x in v), float)
r = np.linspace(0, 1, 5) * c, np.arange(0, 1, 0.25) * c, np.arange(3) * c, np.arange(5.0) / 3, np.linspace(0, 2, 4)
r = np.arange(3), np.linspace(0, 4, 5, dtype=int), np.meshgrid(v, v), np.indices((2, 2))
r = np.tri(3) * S, np.tril(S), np.triu(S, k=1), np.tril(np.ones((3, 3))), np.vander(v[:2], 3)
mask = np.triu(np.ones((3, 3)), k=1).astype(bool); r = np.where(mask, -1e9, S)
mask = np.tril(np.ones((3, 3))); r = np.where(mask == 0, -np.inf, S); r = np.exp(r - r.max(-1, keepdims=True))
s = S + np.triu(np.full((3, 3), -np.inf), 1); e = np.exp(s - s.max(1, keepdims=True)); r = e / e.sum(1, keepdims=True)
r = S.copy(); r[np.triu_indices(3, 1)] = 0; r[np.diag_indices(3)] += 1
e = np.exp(X - np.max(X, axis=1, keepdims=True)); r = e / np.sum(e, axis=1, keepdims=True)
r = -np.sum(np.log(p[np.arange(4), y])), -np.log(p[range(len(y)), y]).mean()
d = p.copy(); d[range(4), y] -= 1; d /= 4; r = d
r = np.expand_dims(v, 1), v[:, None], v[np.newaxis], np.squeeze(v[None]), np.broadcast_to(v, (2, 4))
r = np.moveaxis(T, 0, 2),
r = np.transpose(T, (2, 0, 1)), np.rollaxis(T, 2), np.swapaxes(T, 0, 1), np.reshape(T, (6, 4)), np.ravel(T)
r = T.reshape(2, -1),
r = np.unique(y), np.bincount(y), np.unique(y, return_counts=True), np.eye(3)[np.unique(y)], sorted(set(y.tolist()))
r = np.finfo(np.float64).eps, np.finfo(float).tiny, np.finfo(X.dtype).eps, np.isscalar(c), np.float64(3)
r = np.float32(0.5),
r = isinstance(c, float), isinstance(c, (int, float)), isinstance(X, np.ndarray), isinstance(c, np.floating)
r = isinstance(3, float),
r = X.dtype == np.float64, X.dtype == float, np.issubdtype(X.dtype, np.floating), np.issubdtype(y.dtype, np.integer)
r = np.issubdtype(y.dtype, np.floating), float.__name__, float("inf") > c, float("-inf") < c, float(3) / 2
r = float(c), float(X[0, 0])
r = min(c, float("inf")), max(v), min(v), abs(v[1]), sum(v), sum(X), pow(c, 2), max(0, c), divmod(c, 0.5), -c, +c
r = float("%.3f" % 1.5), f"{c:.3f}", "{:.2f}".format(c), str(round(c, 2)), round(c), round(c, 1), int(c), int(v[3])
r = math.exp(c), math.log(c), math.log(c, 2), math.log10(c), math.log2(c), math.tanh(c), math.sqrt(c)
r = math.sin(c), math.pow(c, 2)
r = math.fsum(v), math.prod([c, c, 2]), math.hypot(c, 1), math.atan2(c, 2), math.erf(c), math.erfc(c)
r = math.expm1(c), math.log1p(c)
r = math.floor(c), math.ceil(c), math.isnan(c), math.isinf(c), math.isfinite(c), math.isclose(c, 0.75)
r = math.fabs(-c), math.pi, math.e
r = math.cosh(c), math.asin(c), math.atan(c), math.copysign(2, -c), math.lgamma(c), math.degrees(c)
r = math.dist([c], [1]), math.fmod(5, c)
r = math.sqrt(2), math.exp(1), math.floor(2.5), math.gcd(4, 6), math.inf > c, math.sqrt(2 / math.pi)
r = math.comb(5, 2), math.tau
from math import exp, sqrt, pi; r = exp(c) * sqrt(2 * pi)
from math import *; r = tanh(c) + floor(2.5)
from numpy import *; r = tanh(X) + sqrt(exp(X)) + zeros(3) + dot(X, ones((3, 1)))
from numpy import exp, array, zeros, pi; r = exp(X) * pi + zeros(3)
from numpy.linalg import norm; r = norm(X)
import numpy; r = numpy.exp(X) + numpy.linalg.norm(X)
import numpy.linalg as la; r = la.norm(X)
r = np.ones(3).sum() + c, np.array([True, False]) * c, X * (X > 0), (X > 0) * 1.0, (X > 0) & (X < 1), ~(X > 0)
r = -(X > 0).astype(int),
r = X[X > 0], X[:, ::-1], X[[0, 2]][:, 1], X[y == 1], X[..., 0], X[np.ix_([0, 1], [1, 2])], X[-1], X[1:3, :2]
r = X ** 2, X ** 0.5 if False else p ** 0.5, 2 ** X, X % 1, X // 1, X / 2, 1 / X, 1 - X, 3 * X, X @ W
r = X + v[:, None], -X
r = np.square(X - X.mean(0)) / (X.var(0) + 1e-5), (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-5)
r = X - X.mean(-1, keepdims=True),
r = np.log(1 + np.exp(X)), np.logaddexp(0, X), np.log1p(np.exp(-np.abs(X))) + np.maximum(X, 0), 1 / (1 + np.exp(-X))
r = np.piecewise(X, [X < 0, X >= 0], [lambda z: 0.1 * z, lambda z: z]),
r = np.select([X < 0, X >= 1], [X * 0, X], default=1.5),
r = np.cross(X[0], X[1]), np.ediff1d(v), np.trapezoid(v) if hasattr(np, "trapezoid") else 0, np.flip(v)
r = np.result_type(np.float32, np.int8) == np.float32, np.shape(X), np.size(X), np.ndim(X), np.iterable(X)
r = len(X), X.shape, X.size
r = np.block([[X, X], [X, X]]), np.nan_to_num(X), np.nan_to_num(np.array([np.nan, c])), np.isnan(X).any()
r = np.isfinite(X).all(),
r = np.isnan(c), np.isnan(1.5), np.isinf(np.inf), np.sign(c), np.abs(c), np.maximum(c, 1), np.exp(c)
r = np.square(c), np.sqrt(c)
r = [w.copy() for w in (X, W)], [np.zeros(w.shape) for w in (X, W)]
r = {k: np.zeros_like(w) for k, w in {"a": X}.items()},
r = np.zeros((4, 2)) + X @ W, sum(np.sum(w**2) for w in (X, W)), sum(w.size for w in (X, W)), np.prod(X.shape)
r = np.quantile(v, 0.5), np.percentile(v, 25)
r = np.searchsorted(np.sort(v), 0.5), np.digitize(v, [0, 1]), np.flatnonzero(v > 0), np.argwhere(v > 0)
r = np.extract(v > 0, v),
r = np.array2string(v, precision=2); r = np.logspace(0, 1, 3), np.geomspace(1, 8, 4), np.hanning(4)
r = np.full((2, 2), [1.0, c]), np.full(2, np.inf), np.fmax.reduce(v), np.logical_not(X > 0)
r = np.bitwise_or(X > 0, X < 1),
with np.errstate(all="ignore"): r = np.log(np.clip(p, 1e-15, 1 - 1e-15)), np.log(p + np.finfo(float).eps)
r = np.array([[np.sum(image[i : i + 3, j : j + 3] * kernel) for j in range(3)] for i in range(3)])
r = np.zeros((2, 2)); [r.__setitem__((i, i), np.max(image[2 * i : 2 * i + 2, 2 * i : 2 * i + 2])) for i in (0, 1)]
r = np.matmul(X, W, out=np.empty((4, 2))), np.dot(X, W, np.empty((4, 2))), np.add(X, 1, out=X), np.multiply(X, X, X)
r = np.sum(X * X, where=X > 0), np.mean(X, where=X > 0), np.cumsum(v)[::-1], np.ascontiguousarray(X.T), np.require(X)
r = np.var(v, mean=np.mean(v)), np.linalg.vector_norm(v), np.linalg.outer(v, v), np.permute_dims(X, (1, 0)), X.mT
""".strip().splitlines()
SCIPY = """
from scipy.special import expit; r = expit(X)
from scipy.special import logit, softmax, log_softmax, logsumexp; r = logit(p), softmax(X, axis=1)
from scipy.special import logit, softmax, log_softmax, logsumexp; r = log_softmax(X, axis=-1),
from scipy.special import logsumexp; r = logsumexp(X), logsumexp(X, axis=1), logsumexp(X, axis=1, keepdims=True)
from scipy.special import logsumexp; r = logsumexp(X, b=p),
from scipy.special import erf, erfc, xlogy, xlog1py, log1p, expm1; r = erf(X), erfc(X), xlogy(p, p)
from scipy.special import erf, erfc, xlogy, xlog1py, log1p, expm1; r = xlog1py(p, p), log1p(p), expm1(X)
from scipy import special; r = special.expit(c), special.softmax(v), special.entr(p), special.rel_entr(p, p + 1)
from scipy import special; r = special.ndtr(X),
import scipy.special as sp; r = sp.kl_div(p, p + 1), sp.huber(1, X), sp.pseudo_huber(1, X), sp.gammaln(p)
import scipy.special as sp; r = sp.log_ndtr(X), sp.log_expit(X)
import scipy.special; r = scipy.special.expit([0.5, c])
from scipy.stats import norm; r = norm.cdf(X), norm.pdf(X), norm.logpdf(X), norm.pdf(X, 1, 2), norm.sf(X)
from scipy.stats import norm; r = norm.logcdf(X, loc=0.5),
from scipy.signal import convolve2d; r = [convolve2d(image, kernel, mode) for mode in ("full", "same", "valid")]
from scipy.signal import correlate2d; r = [correlate2d(image, kernel, mode) for mode in ("full", "same", "valid")]
from scipy import signal; r = signal.correlate2d(kernel, image, "valid"),
from scipy import signal; r = signal.convolve2d(image, kernel[:2, :2], "same"),
from scipy import signal; r = signal.correlate2d(image, kernel[:2, :2], mode="same"),
from scipy.signal import convolve, correlate; r = convolve(v, [1, 2.5]), correlate(v, v, "full")
""".strip().splitlines()


@pytest.mark.parametrize("source", SNIPPETS)
def test_a_snippet(source):
    same(source)


@pytest.mark.parametrize("name", UNARY)
def test_a_function_of_an_array(name):
    same(f"r = np.{name}(X)")


@pytest.mark.parametrize("name", UNARY[:20] + POSITIVE + SMALL)
def test_a_function_of_lists_and_scalars(name):
    around = "2 + " if name in POSITIVE else ""
    same(f"r = np.{name}([[{around}c, 0.5], [0.25, c / 2]]) if {name not in POSITIVE} else np.{name}([2 + c, 3])")
    same(f"r = np.{name}({around}c)")


@pytest.mark.parametrize("name", POSITIVE)
def test_a_function_of_positive_numbers(name):
    same(f"r = np.{name}(2 + p), np.{name}(2.5)")


@pytest.mark.parametrize("name", SMALL)
def test_a_function_of_small_numbers(name):
    same(f"r = np.{name}(p), np.{name}(0.5)")


@pytest.mark.parametrize("name", BINARY)
def test_a_function_of_two(name):
    same(f"r = np.{name}(X, 0.75), np.{name}(p, X), np.{name}(c, 2)")


@pytest.mark.parametrize("source", SCIPY)
def test_scipy(source):
    pytest.importorskip("scipy")
    same(source)


def exactly(source, **inputs):
    """What `r` is, on exact numbers."""
    with numbers.recording(BITS) as tape:
        namespace = {"__builtins__": {**vars(builtins), **standin.builtins(), "__import__": stand_in_import}}
        namespace |= {name: numbers.exact(Z, depends=True)[()] for name, Z in inputs.items()}
        exec("import math, random\nimport numpy as np\n" + source, namespace)
        return namespace["r"], tape


@pytest.mark.parametrize(
    "expression",
    [
        *("np.mean(v) * 3 - np.sum(v)", "np.var(v) * 3 - ((v - v.sum() / 3) ** 2).sum()"),
        *("np.std(v) ** 2 - np.var(v)", "np.sqrt(2) ** 2 - 2", "math.sqrt(2) ** 2 - 2", "np.exp(1) - np.e"),
        *("np.sin(np.pi)", "math.log(3) * 2 - np.log(9)", "np.linspace(0, 1, 4)[1] * 3 - 1"),
        *("np.linalg.norm(v) ** 2 - v @ v", "np.tanh([0.5]) - math.tanh(0.5)"),
        *("np.average(v, weights=[1, 2, 4]) * 7 - v @ [1, 2, 4]", "np.zeros(3) + v - v", "np.median(v) - v[1]"),
        *("np.array([0.1]) * v - 0.1 * v", "np.ones(1) / 3 - np.ones(1) / np.full(1, 3.0)"),
        *("math.fsum(v) - sum(v)",),
    ],
)
def test_nothing_is_rounded(expression):
    r, _ = exactly(f"r = {expression}", v=np.array([0.3, 1.1, 2.7]))
    for x in np.ravel(np.asarray(r, object)):
        assert abs(x.value) < 1e-60


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("np.linalg.svd(Z)", "numpy.linalg.svd"),
        ("np.linalg.eigh(Z)", "numpy.linalg.eigh"),
        ("np.fft.fft(Z)", "numpy.fft.fft"),
        ("np.interp(0.5, Z[0], Z[1])", "numpy.interp"),
        ("np.spacing(Z)", "numpy.spacing"),
        ("np.linalg.norm(Z, 2)", "numpy.linalg.norm"),
    ],
)
def test_what_leaves_exact_numbers_is_named(call, name):
    with pytest.raises(Inexact, match=f"^{name}$"):
        exactly(f"r = {call}", Z=np.array([[1.5, 0.5], [0.25, 2.0]]))


@pytest.mark.parametrize(
    "draw",
    [
        *("np.random.randn(3, 2)", "np.random.rand(6)", "np.random.normal(0, math.sqrt(2), 6)"),
        *("np.random.uniform(-1, 1, 6)", "np.random.default_rng(1).normal(size=6)"),
        *("np.random.RandomState(2).randn(6)", "np.random.permutation(Z)", "np.random.default_rng().random(6)"),
        *("np.random.choice(Z, 6, p=np.full(6, 1 / 6))", "np.random.standard_normal(6)"),
        *("np.random.binomial(1, 0.5, size=6)", "np.random.randint(0, 5, 6)"),
        *("np.random.default_rng().integers(0, 9, 6)", "[random.gauss(0, 1) for _ in range(6)]"),
        *("[random.uniform(-1, 1) for _ in range(6)]", "random.sample([*Z], 6)"),
    ],
)
def test_draws_are_the_same_in_every_run(draw):
    runs = []
    for _ in range(2):
        standin.start()
        assert not standin.drew()
        runs.append(numbers.floats(np.ravel(exactly(f"r = {draw}", Z=np.arange(6.0))[0])))
        assert standin.drew()
    assert runs[0].tolist() == runs[1].tolist()
    assert runs[0].shape == (6,)


def test_a_seed_gives_what_it_gives_with_numpy():
    r, _ = exactly("np.random.seed(3); r = np.random.randn(2, 2)")
    assert numbers.is_exact(r)
    assert numbers.floats(r).tolist() == np.random.RandomState(3).randn(2, 2).tolist()


def test_a_mask_of_random_numbers_is_one_of_truth_values():
    r, _ = exactly("r = np.random.rand(2, 3) < 0.5")
    assert np.asarray(r).dtype.kind == "b"


def test_equal_largest_entries_do_not_stop_a_softmax():
    """Also where the balls are no points, and made in different orders."""
    source = "Z = np.array([np.exp(a[0]) + (np.exp(a[1]) + 1), np.exp(a[1]) + (1 + np.exp(a[0]))])\n"
    r, tape = exactly(source + "e = np.exp(Z - np.max(Z)); r = e / e.sum(), np.argmax(Z)", a=np.array([0.3, 0.7]))
    assert numbers.floats(r[0]).tolist() == [0.5, 0.5]
    assert tape.kinks


def test_labels_that_are_compared_are_no_kink():
    _, tape = exactly("y = np.array([0.0, 1.0, 1.0]); r = np.unique(y), y == 1, y.astype(object) == 1")
    assert not tape.kinks


def test_printing_is_possible():
    r, _ = exactly('r = f"{c:.2f} {c} {Z}", round(c, 1), "{:g}".format(c)', c=0.75, Z=np.ones(2))
    assert r == ("0.75 0.75 [1.0 1.0]", 0.8, "0.75")
    with numbers.recording(BITS):
        assert standin.formatted("%d: %.2f", (3, numbers.number(0.25))) == "3: 0.25"
        assert standin.formatted("%s", numbers.number(0.25)) == "0.25"


def test_scipy_is_not_imported_before_it_is_asked_for():
    code = (
        "import sys; from fourfold.compare.exact import standin; standin.modules(); assert 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_scipys_functions_need_no_scipy(monkeypatch):
    for name in ("scipy", "scipy.special"):
        monkeypatch.setitem(sys.modules, name, None)
    r, _ = exactly("from scipy.special import expit; r = expit(Z)", Z=np.zeros(2))
    assert numbers.floats(r).tolist() == [0.5, 0.5]
    with pytest.raises(ImportError):
        exactly("from scipy.special import zeta as r")


@pytest.mark.parametrize(
    ("name", "a", "b"),
    [
        *(("Div", 1, 3), ("Mult", 3, 0.044715), ("Add", 0.1, 0.2), ("Sub", 1, 0.1), ("Pow", 0.1, 2)),
        *(("Div", np.arange(3), 3), ("Div", 1.0, np.arange(1, 4)), ("Mult", np.ones(2), 0.1), ("Div", np.bool_(1), 3)),
    ],
)
def test_operations_on_plain_numbers_are_not_rounded(name, a, b):
    f = {"Div": operator.truediv, "Mult": operator.mul, "Add": operator.add, "Sub": operator.sub, "Pow": operator.pow}[
        name
    ]
    with numbers.recording(BITS):
        result = f(*standin.operands(name, a, b))
        assert numbers.is_exact(result)
        assert numbers.floats(result).tolist() == pytest.approx(np.asarray(f(a, b)).tolist())


@pytest.mark.parametrize(
    ("name", "a", "b"), [("Mult", 2, 3), ("Add", "a", "b"), ("Mod", 5, 3), ("Mult", [1], 2), ("Div", 1j, 2)]
)
def test_other_operations_stay_as_they_are(name, a, b):
    assert standin.operands(name, a, b) == (a, b)


def test_texts_are_filled_in():
    with numbers.recording(BITS):
        assert operator.mod(*standin.operands("Mod", "%.2f", numbers.number(0.25))) == "0.25"
        half = operator.mul(*standin.operands("Mult", 0.7, 10))
        assert int(half) == math.floor(0.7 * 10) == 7
