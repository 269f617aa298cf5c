"""Losses that somebody may have had in mind whose code has none: tried until the gradients fit."""

import numpy as np


def _squares(o, y):
    return ((o - y) ** 2).sum()


def _binary(o, y):
    return -(y * np.log(o) + (1 - y) * np.log(1 - o)).sum()


def _cross(o, y):
    return -(y * np.log(o)).sum()


def _of_logits(o, y):
    return (y * (np.log(np.exp(o).sum(-1, keepdims=True)) - o)).sum()


def _of_columns(o, y):
    return (y * (np.log(np.exp(o).sum(0, keepdims=True)) - o)).sum()


def _binary_logits(o, y):
    return (np.log(1 + np.exp(o)) - y * o).sum()


# (words, sum over everything, the powers of 2 in front, whether logarithms need outputs between 0 and 1)
LOSSES = (
    ("half the sum of squared errors", _squares, 0.5, False),
    ("the sum of squared errors", _squares, 1, False),
    ("cross-entropy of sigmoid outputs", _binary, 1, True),
    ("cross-entropy", _cross, 1, True),
    ("cross-entropy of the softmax of the outputs", _of_logits, 1, False),
    ("cross-entropy of the softmax of the outputs", _of_columns, 1, False),
    ("cross-entropy of the sigmoid of the outputs", _binary_logits, 1, False),
)
SHARES = (("", 0), (", averaged over samples", 1), (", averaged over all entries", 2))


def candidates():
    """(words, key) of all of them; the plainest first."""
    return [(words + share, (i, j)) for j, (share, _) in enumerate(SHARES) for i, (words, *_) in enumerate(LOSSES)]


def loss(key, output, target, samples):
    """One number; for object arrays of exact numbers too. Integers are classes where the output has a row for each."""
    which, share = key
    _, total, factor, _ = LOSSES[which]
    target = as_target(output, target)
    count = (1, samples, max(np.size(target), 1))[SHARES[share][1]]
    result = total(output, target)
    return result * factor / count if factor != 1 or count != 1 else result


def as_target(output, target):
    """The target in the output's shape: integers as rows with a 1, a column for a row of numbers."""
    target = np.asarray(target)
    shape = np.shape(output)
    if target.dtype.kind in "iu" and target.ndim == 1 and len(shape) == 2 and target.size in shape and min(shape) > 1:
        rows = shape[0] == target.size
        ones = np.eye(shape[1] if rows else shape[0], dtype=int)[target]
        return ones if rows else ones.T
    if np.size(target) == np.size(output):
        return target.reshape(np.shape(output))
    return target


def possible(key, output, target):
    """Whether it can be worked out for an output in float64."""
    _, _, _, needs = LOSSES[key[0]]
    output = np.asarray(output, float)
    if np.size(as_target(output, target)) != output.size:
        return False
    return not needs or bool((output > 0).all() and (output < 1).all())
