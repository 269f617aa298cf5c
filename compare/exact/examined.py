"""What was found out about somebody's gradients, as it goes through a pipe."""

import msgspec

RIGHT, WRONG, LOSES_DIGITS, OPEN = "right", "wrong", "loses digits", "open"
# What a line shows, whatever the network is.
ADDED_UP, UPDATED, FACTOR, SIGN, PART = "to be added up", "updated too early", "factor", "sign", "a part"
SLOPE, SLOPE_MISSING, OPERAND = "slope", "slope missing", "operand"
EXACTLY, COMPLEX_STEP, DIFFERENCES = "exactly", "complex step", "central differences"


class Proven(msgspec.Struct, frozen=True):
    """One parameter's gradient; the numbers are of the entry that is furthest off."""

    name: str
    right: bool
    index: list[int] = []
    got: float | None = 0.0  # None: it is no number
    exact: float | None = 0.0
    why: str = ""  # it is wrong, where it is not by a number
    digits: float | None = None  # that agree, where it was not proved
    shape: list[int] = []  # of the parameter, where it was tried


class Blamed(msgspec.Struct, frozen=True):
    """A line that is wrong; lines begin at 1, columns at 0."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str  # of the operation
    sentences: list[str]
    spoils: list[str]  # parameters whose gradients are wrong by it
    suspect: str = ""  # text of the operand that is wrong
    needs: str = ""  # what belongs there
    mistake: str = ""  # one of the above, where it is one


class Step(msgspec.Struct, frozen=True):
    """What one line of a backward pass computes: "∂L/∂Z2", "4 · ∂L/∂W2"; "" where it is on the way to a gradient."""

    file: str
    line: int
    name: str  # what it is assigned to
    text: str
    gradient: str


class Examined(msgspec.Struct, frozen=True):
    """The verdict, what was recognised, how it was proved, and what is wrong where."""

    verdict: str
    recognised: str
    how: str = EXACTLY
    bits: int = 0
    gradients: list[Proven] = []
    blamed: list[Blamed] = []  # the first in execution first
    loss: Blamed | None = None  # where the loss is computed
    shares: Blamed | None = None  # where the last shares are, numbers that add up to 1, as a softmax gives them
    steps: list[Step] = []
    notes: list[str] = []  # sentences


EMPTY = Examined(OPEN, "")
