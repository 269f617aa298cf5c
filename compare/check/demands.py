"""What a course asks for beside right gradients: a loss, a penalty, a layout, a step."""

import math
from typing import NamedTuple

import numpy as np

from fourfold.compare.check import updates
from fourfold.compare.errors import UsageError, nearest
from fourfold.compare.mistakes.anywhere import naming, network, recognition

LOSSES = tuple(naming.DEMANDS)
# By what people's gradients differ: a number, a power of N, a power of the number of outputs. The simplest first.
FACTORS = {
    "2": (2, 0, 0),
    "1/2": (0.5, 0, 0),
    "N": (1, 1, 0),
    "1/N": (1, -1, 0),
    "2 N": (2, 1, 0),
    "2/N": (2, -1, 0),
    "N/2": (0.5, 1, 0),
    "1/(2 N)": (0.5, -1, 0),
    "the number of outputs": (1, 0, 1),
    "1/outputs": (1, 0, -1),
    "N outputs": (1, 1, 1),
    "1/(N outputs)": (1, -1, -1),
}


class Demands(NamedTuple):
    """What is asked for; what is None, or False, is not."""

    loss: str | None = None  # one of LOSSES
    l2: float | None = None  # λ of λ/2 Σ W²
    columns: bool = False  # a sample is a column
    update: str | None = None  # as updates.demanded has it

    @classmethod
    def parse(cls, loss=None, l2=None, columns=False, update=None):
        """The Demands of options, texts as they are on the command line. Raises UsageError."""
        if loss is not None and loss not in LOSSES:
            near = nearest(loss.lower(), LOSSES)
            hint = f"did you mean {near}?" if near else f"choose from {', '.join(LOSSES)}."
            raise UsageError(f"There is no loss {loss!r}: {hint}")
        if l2 is not None:
            l2 = _penalty(l2)
        if update is not None:
            updates.demanded(update)
        return cls(loss, l2, bool(columns), update)

    def unlike(self, givens, roles=None):
        """How a network is otherwise than asked for, apart from its step: a sentence, or "".

        givens: [mistakes.anywhere.network.Given]; roles: a forms.recipe.Roles.
        """
        sentences = []
        if self.loss or self.l2 is not None:
            sentences.append(naming.demanded(givens, self.loss, self.l2))
            sentences.append(_times(givens, self.loss, self.l2) if sentences[0] else "")
        if self.columns and roles is not None and not roles.columns:
            sentences.append("Its samples are rows; you asked for columns, X of shape (inputs, N).")
        return " ".join(filter(None, sentences))


def _penalty(text):
    try:
        l2 = float(text)
    except (TypeError, ValueError):
        l2 = math.nan
    if not 0 <= l2 < math.inf:
        raise UsageError(f"--l2 must be a number of at least 0, not {text}.")
    return l2


def _times(givens, loss, l2):
    """By what its gradients have to be multiplied, where that makes them what was asked for; or ""."""
    own = recognition.recognised(givens)
    with np.errstate(all="ignore"):
        if own is None or not network.has_right_gradients(own, givens):
            return ""
        name, reduction = naming.DEMANDS[loss] if loss else (own.loss, own.reduction)
        penalty = own.l2 if l2 is None else l2 / 2
        asked = own._replace(loss=name, reduction=reduction, l2=penalty, over_n=own.over_n and l2 is None)
        asked = asked._replace(penalised=own.penalised if l2 is None else network.WEIGHTS)
        for words, factor in FACTORS.items():
            if all(_is_multiple(asked, given, factor) for given in givens):
                return f"Multiply its gradients by {words} to get what you asked for."
    return ""


def _is_multiple(asked, given, factor):
    """Whether the gradients asked for are those given times one of FACTORS."""
    dL_dW, dL_db = network.gradients(asked, given)
    number, of_N, of_outputs = factor
    c = number * len(given.X) ** of_N * given.Y.shape[1] ** of_outputs
    for own, right in zip((*given.dL_dW, *given.dL_db), (*dL_dW, *dL_db), strict=False):
        if own is not None and not network.near(c * own, right, network.smallest(given)):
            return False
    return True
