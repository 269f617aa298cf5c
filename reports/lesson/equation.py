"""What an equation of the lesson is made of."""

from typing import NamedTuple

from fourfold import impls
from fourfold.compare.judge.quantities import gradient

SIDE_BY_SIDE = tuple(impls.FRAMEWORKS)


class Equation(NamedTuple):
    """`lines` maps a column to places in its file, as source.lines takes them; "*" is every other column."""

    number: int
    title: str
    latex: str
    says: str
    symbols: tuple  # names that can be lit, as in source.SYMBOLS
    shows: tuple  # quantities whose numbers stand below the lines
    lines: dict
    by_activation: dict | None = None  # activation -> a formula shown while it is chosen
    picture: str = ""  # hidden, loss, predictions or boundary
    columns: tuple = SIDE_BY_SIDE

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
