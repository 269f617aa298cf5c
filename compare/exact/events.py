"""An operation of somebody's code, once it was done: an event, and what it was given."""

import operator
from typing import NamedTuple

OPERATORS = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "MatMult": operator.matmul,
    "Pow": operator.pow,
    "Mod": operator.mod,
    "FloorDiv": operator.floordiv,
    "BitAnd": operator.and_,
    "BitOr": operator.or_,
    "BitXor": operator.xor,
    "LShift": operator.lshift,
    "RShift": operator.rshift,
    "USub": operator.neg,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Eq": operator.eq,
    "NotEq": operator.ne,
}
IN_PLACE = {
    "Add": operator.iadd,
    "Sub": operator.isub,
    "Mult": operator.imul,
    "Div": operator.itruediv,
    "MatMult": operator.imatmul,
    "Pow": operator.ipow,
    "Mod": operator.imod,
    "FloorDiv": operator.ifloordiv,
    "BitAnd": operator.iand,
    "BitOr": operator.ior,
    "BitXor": operator.ixor,
    "LShift": operator.ilshift,
    "RShift": operator.irshift,
}
LEAF = -1  # the place of an input


class Operand(NamedTuple):
    """What an operation was given: its value then, and the events that made it."""

    value: object
    sources: tuple[int, ...]


class Event:
    """An operation that gave exact numbers."""

    __slots__ = ("kept", "kind", "name", "names", "operands", "place", "redo", "turn", "value")

    def __init__(self, place, kind, value, operands, redo=None):
        self.place = place  # a number, of the Recorder's places; LEAF: it is an input
        self.kind = kind  # "Mult", "call", "move", "in place", "store", "leaf"
        self.value, self.operands = value, operands
        self.name, self.names = "", set()  # what it was first called, and all that it was called
        self.redo = redo  # redo(*values of the operands) does it again, where it can be done again
        self.kept = None  # the place where it was last put into an attribute, or under a key
        self.turn = 0  # how often its place had been come to by then
