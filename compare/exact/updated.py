"""What code gives that updates its parameters and returns no gradient."""

from typing import NamedTuple


class Updated(NamedTuple):
    """In place of a gradient: new = old + sign * rate * gradient."""

    old: object
    new: object
    rate: object = 1
    sign: int = -1

    def gradient(self):
        """What it was updated by, as an array."""
        return (self.new - self.old) / self.rate * self.sign  # pyright: ignore[reportOperatorIssue]
