"""A right formula that loses digits, told from a wrong one: a peer is asked in both precisions."""

import numpy as np

from fourfold.compare.agreement import digits
from fourfold.compare.errors import ColumnError, Misfit


class _Examiner:
    """A peer as `digits` asks one: its numbers in the precision asked for, L of `train`, no errors but ours."""

    def __init__(self, peer):
        self._peer = peer

    def ask(self, question):
        try:
            answer = dict(self._peer.ask(question))
        except (ColumnError, Misfit):
            raise
        except Exception as error:  # of a function of this process
            raise ColumnError(str(error)) from error
        if "losses" in answer:
            answer["L"] = answer.pop("losses")[0]
        return {name: np.asarray(Z, question.dtype) for name, Z in answer.items()}


def is_lossy(peer, function, quantity, parameters, p):
    """Whether no more than rounding is wrong with a quantity at one network's parameters; p is the judge's Problem."""
    if not np.isfinite(p.X).all() or not np.isfinite(p.Y).all():
        return False
    return digits.loses_digits(_Examiner(peer), function, quantity, parameters, p)
