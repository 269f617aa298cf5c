"""The exact derivative of the loss with respect to every number there was, by one sweep over the tape."""

from collections import defaultdict

import numpy as np
from flint import arb

from fourfold.compare.exact.numbers import Number

ZERO = arb(0)


class Adjoints:
    """`total[node]`: dL/d(node). `uses[event][node]`: the part of it that goes through the operations of one event."""

    def __init__(self, total, uses):
        self.total, self.uses = total, uses

    def entries(self, v):
        """dL/d(v), an object array of balls, or one."""
        return self._each(v, self.total)

    def of_use(self, event, v):
        """The part of it that goes through an event."""
        return self._each(v, self.uses.get(event, {}))

    def _each(self, v, table):
        if isinstance(v, Number):
            return table.get(v.node, ZERO)
        result = np.full(v.shape, ZERO, object)
        for index, x in np.ndenumerate(v):
            if isinstance(x, Number):
                result[index] = table.get(x.node, ZERO)
        return result


def adjoints(tape, L):
    """The Adjoints of a loss, a Number."""
    total, uses = {L.node: arb(1)}, defaultdict(dict)
    parents, owners = tape.parents, tape.owners
    for node in range(L.node, -1, -1):
        adjoint = total.get(node)
        if adjoint is None:
            continue
        flat, owner = parents[node], owners[node]
        for i in range(0, len(flat), 2):
            parent = flat[i]
            part = adjoint * flat[i + 1]
            total[parent] = total[parent] + part if parent in total else part
            if owners[parent] != owner:
                used = uses[owner]
                used[parent] = used[parent] + part if parent in used else part
    return Adjoints(total, uses)
