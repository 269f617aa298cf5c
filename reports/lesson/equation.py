"""What an equation of the lesson is made of."""

from typing import NamedTuple

from fourfold import impls
from fourfold.compare.judge.quantities import gradient
from fourfold.impls.model import Trace

SIDE_BY_SIDE = tuple(impls.FRAMEWORKS)
QUANTITIES = ("X", "Y", "W1", "W2", *Trace._fields)

# The factors that the gradients are gathered from: LaTeX, and the equation that brings it.
FACTORS = {
    "residual": (r"\frac{\hat y_k - y_k}{N}", 10),
    "activation": (r"a_{kj}", 12),
    "weight": (r"w_{2,j}", 15),
    "slope": (r"\sigma'(h_{kj})", 16),
    "input": (r"x_{ki}", 17),
}


class Equation(NamedTuple):
    """`lines` maps a column to places in its file, as source.lines takes them; "*" is every other column.

    Texts are prose, as prose.prose takes it.
    """

    number: int
    title: str
    latex: str
    asks: str  # what a reader can try on the page before reading on
    says: str  # the answer
    symbols: tuple  # names that can be lit, as in source.SYMBOLS
    worked: tuple  # a row of matrices, names and operators: "A.T" is A transposed; after "=" stand the results
    lines: dict
    by_activation: dict | None = None  # activation -> a formula shown while it is chosen
    picture: str = ""  # hidden, loss, predictions or boundary
    columns: tuple = SIDE_BY_SIDE
    chain: tuple = ()  # the FACTORS gathered so far
    tries: tuple = ()  # (label, {"activation": "relu", "seed": 8}): what to set up in the live network
    notes: str = ""  # for the teacher: what to ask the class

    @property
    def shows(self):
        """The quantities of the worked row, the results last; σ' is not one that a column keeps."""
        names = [entry.removesuffix(".T") for entry in self.worked]
        return tuple(dict.fromkeys(name for name in names if name in QUANTITIES))

    def formulas(self):
        """{activation: LaTeX}; "" is what stands there whichever is chosen."""
        return {"": self.latex} | (self.by_activation or {})

    def places(self, column):
        """What to look for in a column's file."""
        return self.lines.get(column) or self.lines["*"]


class Part(NamedTuple):
    title: str
    says: str
    equations: list[Equation]


def gradient_lines(*names):
    """The lines that give L's gradients: by hand, by jax.grad of a named function, or asked of autograd."""
    by_hand, by_jax = [], []
    for name in names:
        by_hand.append(f"trace {gradient(name)}")
        by_jax += [f"trace L_of_{name}", f"trace {gradient(name)}"]
    return {"numpy": by_hand, "jax": by_jax, "*": ["trace gradients"]}
