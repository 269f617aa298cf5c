"""Products of small matrices at many points.

NumPy multiplies stacks of matrices one matrix after the other, and each costs it more than its few products. Here an
entry of all points lies side by side in memory, and every operation is done for all points at once.
"""

import numpy as np

SMALL = 512  # multiplications of one product; larger ones are worth a call of their own
MANY = 64  # points


def side_by_side(Z):
    """Z (*S, n, m) as it is, but in memory every entry lies beside that of the next point."""
    return _points_first(np.ascontiguousarray(_points_last(Z)))


def matmul(a, b):
    """a (*S, n, k) @ b (*S, k, m), where a may be the same for all points."""
    n, k, m = *a.shape[-2:], b.shape[-1]
    points = max(a.size // (n * k), b.size // (k * m))
    if a.dtype == object or points < MANY or n * k * m > SMALL:
        return a @ b
    a, b = _points_last(a), _points_last(b)
    if a.ndim == 2:
        return _points_first((a @ b.reshape(k, -1)).reshape(n, *b.shape[1:]))
    return _points_first(np.einsum("nk...,km...->nm...", a, b))


def _points_last(Z):
    axes = range(Z.ndim)
    return Z.transpose(*axes[-2:], *axes[:-2])


def _points_first(Z):
    axes = range(Z.ndim)
    return Z.transpose(*axes[2:], *axes[:2])
