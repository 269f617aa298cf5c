"""What is known of somebody's gradients once they were examined, as it goes through a pipe and into JSON."""

import msgspec

from fourfold.compare.exact import examined
from fourfold.compare.exact.examined import Examined


class Mistaken(msgspec.Struct, frozen=True):
    """A mistake that gives the wrong gradients, and what it is like in code."""

    name: str
    why: str
    formula: str  # of what it violates: "E15: ∂L/∂H = ∂L/∂A σ′(H)"
    wrong: str
    right: str


class Proof(msgspec.Struct, frozen=True):
    """A Examined, and what the network is."""

    examined: Examined
    network: str = ""  # "binary cross-entropy, mean over samples; tanh, sigmoid"; "" where it is none that is known
    activations: list[str] = []  # of its layers, the output's last
    is_own: bool = False  # it is fourfold's: half the mean squared error of a linear output
    mistakes: list[Mistaken] = []  # made together
    others: list[str] = []  # that give the same numbers
    unlike: str = ""  # how it is otherwise than was asked for: a sentence
    lossy: str = ""  # what shows that it loses digits: a sentence
    uncompared: bool = False  # what was asked for cannot be compared with it
    unasked: bool = False  # it has a `train` that is not judged
    settles: bool = False  # nothing else is to be asked

    def verdict(self):
        """One of compare/check/checked.py's; what was only estimated counts as right where it agrees."""
        if self.unlike:
            return examined.WRONG
        if self.is_right() and self.uncompared:
            return "not judged"
        if self.is_right() and self.lossy:
            return "loses digits"
        return "not judged" if self.examined.verdict == examined.OPEN else self.examined.verdict

    def is_exact(self):
        """Whether it was proved, one way or the other."""
        return self.examined.how == examined.EXACTLY and self.examined.verdict != examined.OPEN

    def is_right(self):
        """Whether its gradients are those of its own loss."""
        return self.examined.verdict == examined.RIGHT
