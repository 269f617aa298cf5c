"""What can be asked about a network. Whatever has `ask(question)` can be examined.

An answer is {name: NumPy array}, by the names of judge/quantities.py; *S are the leading axes of the parameters.

    "forward"     H1 ... Y_hat, R and L, by `forward` and `loss`
    "trace"       every quantity of one evaluation
    "step"        the parameters after one step of gradient descent, and L before it
    "trajectory"  the same after each of `steps` steps, along a new first axis, by one call of `train`; with an
                  optimiser also what that keeps, where it is shown
    "predict"     Y_hat alone; Y is not looked at
    "gradients"   L and the gradient of every parameter
    "contract"    what it does beside its contract: {"complaints": sentences}

are answered by columns, by those that have not all functions as far as they have them. Functions of a user's answer
"trace", "gradients" and

    "train"       the parameters after the last of `steps` steps, and "losses" (steps,) before each
"""

from typing import Any, NamedTuple

import numpy as np

from fourfold.compare.errors import ColumnError
from fourfold.compare.judge.quantities import anatomy_of, gradient, parameter_names

BFLOAT16 = "bfloat16"


class Abilities(NamedTuple):
    """What a column can be asked."""

    functions: tuple  # those that are judged, of "gradients" and impls.model.Model's
    missing: tuple = ()  # those that it has not
    whole: bool = True  # it satisfies its contract, and is held to all of it
    one_at_a_time: bool = False  # its functions are for one network
    activations: str = ""  # the only ones that it computes, as --activation takes them; "": it is given their names

    def runs(self):
        """The function that trains: "train", or "step" over and over; "" where there is neither."""
        return next((name for name in ("train", "step") if name in self.functions), "")

    def evaluates(self):
        """The function that shows gradients: "trace" or "gradients"; "" where there is neither."""
        return next((name for name in ("trace", "gradients") if name in self.functions), "")

    def computes(self, activations):
        """Whether it can be asked about layers with these, a name a layer."""
        names = tuple(name.strip() for name in self.activations.split(","))
        same = names if len(names) > 1 else (*names * (len(activations) - 1), "identity")
        return not self.activations or same == activations

    def check(self, name, case):
        """Raises ColumnError where a column of this name computes other activations than those of a Case."""
        if not self.computes(case.activations):
            only = self.activations
            instead = f'ask with --activation {only}, or let it say ACTIVATION = "{case.activation}"'
            raise ColumnError(f"{name} computes {only} alone, not {case.activation}: {instead}")


WHOLE = Abilities(("forward", "loss", "trace", "step", "train"))


def abilities_of(examiner):
    """The Abilities of whatever answers questions: all, unless it says less."""
    return getattr(examiner, "abilities", WHOLE)


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
    precision: str = ""  # where it is not the arrays' dtype: bfloat16 travels as float32
    update: Any = None  # a judge.updates.UpdateRule: the optimiser of a "trajectory"; None: plain descent
    kept: Any = None  # {name: array (*S, ...)}: what it keeps after `done` steps, "m_W1" ...; None: it begins
    done: int = 0

    @property
    def dtype(self):
        return self.precision or self.X.dtype.name

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
    precision = BFLOAT16 if getattr(problem, "dtype", "") == BFLOAT16 else ""
    update = problem.update if call == "trajectory" else None
    return Question(call, problem.row, problem.activations, problem.X, problem.Y, named, lr, steps, precision, update)
