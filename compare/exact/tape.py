"""The tape: how every exact number was made, while code runs on exact numbers."""

from contextlib import contextmanager

import flint

LONGEST = 2_000_000  # operations that are recorded


class Inexact(Exception):
    """Code left exact arithmetic, at the line that is being run."""


class Undecided(Exception):
    """A comparison cannot be decided with so few bits."""


class TooLong(Exception):
    """More operations than are recorded."""


class Tape:
    """How each number was made: node n has parents[n], a tuple (node, partial derivative, node, ...)."""

    def __init__(self):
        self.parents, self.owners = [], []  # owners[n]: the event in which it was made
        self.event = -1  # the one that is happening
        self.position: int | None = None  # in the source, of the operation that is happening
        self.kinks = set()  # positions of comparisons of what is exactly equal

    def add(self, parents):
        """The number of a new node."""
        node = len(self.owners)
        if node >= LONGEST:
            raise TooLong
        self.parents.append(parents)
        self.owners.append(self.event)
        return node


class _Current:
    tape = Tape()


current = _Current()  # current.tape: the one every operation appends to


@contextmanager
def recording(bits):
    """A fresh Tape, and arithmetic with so many bits, within the block."""
    before, precision = current.tape, flint.ctx.prec
    current.tape, flint.ctx.prec = Tape(), bits
    try:
        yield current.tape
    finally:
        current.tape, flint.ctx.prec = before, precision


def kink():
    """Notes that the operation that is happening has no derivative where it is."""
    current.tape.kinks.add(current.tape.position)
