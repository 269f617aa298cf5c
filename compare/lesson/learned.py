"""A run of training by one column, and what the network had learned by then."""

from types import ModuleType
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.case import Case
from fourfold.compare.lesson import wording


class Learned(NamedTuple):
    """`weights` are W1 and W2 at every position, from 0 to the last step: (steps + 1, ...)."""

    mistake: str  # the name of the one that was planted, or ""
    case: Case
    column: ModuleType
    weights: list

    def __repr__(self):
        return wording.learned(self)

    @property
    def last(self):
        return len(self.weights[0]) - 1

    def predict(self, X, step):
        """The predictions for X of the network after so many steps."""
        with np.errstate(all="ignore"):
            *_, Y_hat = self.column.forward(X, *(W[step] for W in self.weights), self.case.activation)
        return Y_hat

    def predictions(self):
        """(steps + 1, N): those for its own inputs at every position."""
        with np.errstate(all="ignore"):
            *_, Y_hat = self.column.forward(self.case.X, *self.weights, self.case.activation)
        return Y_hat[..., 0]

    def losses(self):
        """(steps + 1,)"""
        with np.errstate(all="ignore"):
            *_, Y_hat = self.column.forward(self.case.X, *self.weights, self.case.activation)
            _, L = self.column.loss(Y_hat, self.case.Y)
        return L

    def all_right_from(self):
        """The step from which on every prediction is on its target's side of ½, or None."""
        right = ((self.predictions() > 0.5) == (self.case.Y[:, 0] > 0.5)).all(axis=-1)
        if not right[-1]:
            return None
        wrong = np.flatnonzero(~right)
        return int(wrong[-1]) + 1 if len(wrong) else 0
