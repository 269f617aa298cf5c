"""What can be asked about a network. Whatever has `ask(question)` can be examined.

An answer is {name: NumPy array}, by the names of judge/quantities.py; *S are the leading axes of the parameters.

    "forward"     H1 ... Y_hat, R and L, by `forward` and `loss`
    "trace"       every quantity of one evaluation
    "step"        the parameters after one step of gradient descent, and L before it
    "trajectory"  the same after each of `steps` steps, along a new first axis, by one call of `train`
    "predict"     Y_hat alone; Y is not looked at
    "contract"    what it does beside its contract: {"complaints": sentences}

are answered by columns. Functions of a user's answer "trace" and

    "gradients"   L and the gradient of every parameter
    "train"       the parameters after the last of `steps` steps, and "losses" (steps,) before each
"""

from typing import Any, NamedTuple

import numpy as np

from fourfold.compare.judge.quantities import anatomy_of, gradient, parameter_names


class Question(NamedTuple):
    """One question, about one network or many of one shape."""

    call: str
    row: str  # of impls.ROWS
    activations: tuple  # a name a layer
    X: np.ndarray  # (N, d_in), in the precision asked for
    Y: np.ndarray  # (N, d_out)
    parameters: dict  # W1 ... WK (*S, d_k-1, d_k) and, with biases, b1 ... bK (*S, 1, d_k), in this order
    lr: Any = None  # a float; of a column's own also an array (*S, 1, 1), a rate a network
    steps: int = 0

    @property
    def dtype(self):
        return self.X.dtype.name

    def widths(self):
        """d_in, ..., d_out."""
        arrays = [*self.parameters.values()]
        return [self.X.shape[-1], *(W.shape[-1] for W in arrays[: len(self.activations)])]

    def wanted(self):
        """The names of all that may be answered; of a user's trace any of them, else all."""
        if self.call == "gradients":
            return ("L", *map(gradient, self.parameters))
        if self.call == "train":
            return (*self.parameters, "losses")
        return tuple(anatomy_of(self).trace)


def about(problem, call, parameters, lr=None, steps=0):
    """The Question on a judge's Problem (or a Case of one precision), at parameters in their order."""
    names = parameter_names(len(problem.activations), len(parameters))
    named = dict(zip(names, parameters, strict=True))
    return Question(call, problem.row, problem.activations, problem.X, problem.Y, named, lr, steps)
