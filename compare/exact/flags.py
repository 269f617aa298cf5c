"""Names the first wrong operation: what is given gradients, and gives none, or that of something else.

The walk is from every wrong gradient to the operands that carry gradients and are none themselves. Where all that
carry are gradients and the result is not, the operation is the first wrong one.
"""

from collections import deque

import numpy as np

from fourfold.compare.exact import factors
from fourfold.compare.exact.events import LEAF
from fourfold.compare.exact.examined import ADDED_UP, FACTOR, SIGN
from fourfold.compare.exact.suspects import Flag, OddLines
from fourfold.compare.exact.truths import SAME


class WrongLines(OddLines):
    """Lines of code with wrong gradients."""

    def flags(self, wrong, right):
        """Flags, the first in execution first.

        wrong, right: {parameter: (events that its gradient comes of, Compared)}.
        """
        good = set()
        for sources, _ in right.values():
            good |= self.ancestors(sources)
        flags = {}
        for name, (sources, compared) in wrong.items():
            for flag in self._of_output(name, sources, compared, good):
                before = flags.get(flag.event)
                spoils = (*before.spoils, name) if before else (name,)
                flags[flag.event] = (before or flag)._replace(spoils=spoils)
        return [flags[event] for event in sorted(flags)]

    def _of_output(self, name, sources, compared, good):
        if not sources:
            return []
        flags = []
        for k in sources:
            if compared.why:
                flags.append(Flag(k, self.events[k].place, (compared.why,)))
                continue
            own = self._own_match(k, name, compared)
            kept = self.events[k].kept
            if own is not None and kept is not None and _is_one_of_two(own, compared):
                sentence = f"only one part of ∂L/∂{name} is kept: add the parts up (+=, not =)"
                flags.append(Flag(k, kept, (sentence,), mistake=ADDED_UP))
                continue
            if own is not None:
                flags.append(self._constant(k, own, name, compared, good))
                continue
            if self.matches(k) and len(sources) == 1:
                flags.append(self._of_another(k, name))
                continue
            for first in self._first_wrong(k):
                flags.append(self.explained(first, name, compared if first == k else None, good))
        return flags

    def _own_match(self, k, name, compared):
        """The Match with the right gradient, where an output is that but for a constant."""
        own = [match for match in self.matches(k) if self.label(match.truth.event) == name]
        if np.size(self.events[k].value) == 1 and any(abs(match.c - 1) < SAME for match in own if match.truth.rank):
            return None  # one number is a multiple of any other: it is rather a part of the gradient
        return next((match for match in own if match.truth.rank == 0), None)

    def _first_wrong(self, start):
        """Events from which no operand that carries leads further down without being a gradient."""
        seen, waiting, first = set(), deque([start]), []
        while waiting:
            k = waiting.popleft()
            if k in seen:
                continue
            seen.add(k)
            bad = self._bad_operands(k)
            if bad:
                waiting.extend(bad)
            else:
                first.append(k)
        carrying = [k for k in first if self.carries(k)]
        return sorted(carrying or first)

    def _bad_operands(self, k):
        bad = []
        for operand in self.events[k].operands:
            for source in operand.sources:
                if self.carries(source) and not self.matches(source):
                    bad.append(source)
        return bad

    def _of_another(self, k, name):
        """An output that is a gradient, of something else."""
        match = self.matches(k)[0]
        event = self.events[k]
        part_of_own = [
            m for m in self.matches(k) if self.label(m.truth.event) == name and self.events[m.truth.event].place == LEAF
        ]
        if part_of_own:
            sentence = f"only one part of ∂L/∂{name} is kept: add the parts up (+=, not =)"
            place = event.place if event.kept is None else event.kept
            return Flag(k, place, (sentence,), mistake=ADDED_UP)
        return Flag(k, event.place, (f"what you give for ∂L/∂{name} is {self.gradient_words(match)}",))

    def _constant(self, k, match, name, compared, good):
        """An output that is c times what it should be: where c comes from."""
        c, path = match.c, [k]
        while True:
            onward = self._with_constant(path[-1], c)
            if onward is None or self.gradient(onward).any():  # the forward pass has no factors to bring
                break
            path.append(onward)
        place = path[-1]
        if place in good:  # right gradients come of it too: what is missing comes after it
            after = [step for step in path if step not in good]
            place = after[0]
        times = _ratio(compared) or match.c
        ratio, missing = factors.constant(times), factors.constant(1 / times)
        sentence = f"∂L/∂{name} is {ratio} times what it should be: a factor of {missing} is missing"
        if abs(times + 1) < SAME:
            sentence = f"∂L/∂{name} has the opposite sign"
        mistake = SIGN if abs(times + 1) < SAME else FACTOR
        return Flag(place, self.events[place].place, (sentence,), mistake=mistake)

    def _with_constant(self, k, c):
        """An operand that is already c times a gradient."""
        for operand in self.events[k].operands:
            for source in operand.sources:
                constants = [match.c for match in self.matches(source)]
                is_right = constants and abs(constants[0] - 1) < SAME
                if not is_right and any(abs(one / c - 1) < SAME for one in constants):
                    return source
        return None


def _is_one_of_two(match, compared):
    """Whether one number is half of its gradient: of x · x, each x brings as much."""
    return match.truth.values.size == 1 and abs((_ratio(compared) or 1) - 0.5) < SAME


def _ratio(compared):
    """How many times the right one a wrong gradient is."""
    given, truth = compared.given, compared.truth
    if given is None or truth is None or given.shape != truth.shape or not truth.any():
        return None
    return float((given * truth).sum() / (truth * truth).sum())
