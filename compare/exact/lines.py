"""What every operation is: which give gradients, and which are on the way to one."""

from collections import deque

import numpy as np

from fourfold.compare.exact import factors, numbers
from fourfold.compare.exact.events import LEAF
from fourfold.compare.exact.truths import SAME, Match, depends, derivative, rank, truths


class Lines:
    """What every operation is, once the loss's derivatives are known."""

    def __init__(self, recorder, adjoints):
        self.loss = recorder.tape.owners[max(adjoints.total)]  # the event that gave it
        self.recorder, self.events, self.adjoints = recorder, recorder.events, adjoints
        self.truths = truths(self.events, adjoints, self.label)
        self._matches, self._carries, self._gradients = {}, {}, {}
        self._forward = None

    def label(self, k):
        """What an event is called: its name, or its text."""
        event = self.events[k]
        if event.name:
            return event.name.removeprefix("self.")
        return self.place(k).text

    def place(self, k):
        """The Place of an event."""
        return self.recorder.places[self.events[k].place]

    def gradient(self, k):
        """dL/d(what an event gives), in float64."""
        if k not in self._gradients:
            self._gradients[k] = derivative(self.adjoints.entries(self.events[k].value))
        return self._gradients[k]

    def is_backward(self, k):
        """Whether it carries gradients, or the loss does not come of it."""
        return self.carries(k) or k > self.loss or not self.is_forward(k)

    def is_forward(self, k):
        """Whether the loss comes of all of it."""
        return all(node < 0 or node in self.adjoints.total for node in _nodes(self.events[k].value))

    def rank(self, k):
        """The lower, the plainer what it is: a parameter, what has a name, and what has none."""
        return rank(self.events[k])

    def gradients_before(self, k):
        """The nearest events that a value comes of and that are gradients."""
        near, seen, waiting = [], set(), deque([k])
        while waiting:
            for operand in self.events[waiting.popleft()].operands:
                for source in operand.sources:
                    if source not in seen and self.carries(source):
                        seen.add(source)
                        (near if self.matches(source) else waiting).append(source)
        return near

    def matches(self, k):
        """Every way in which an event's value is a gradient, but for a constant; the plainest first."""
        if k not in self._matches:
            self._matches[k] = self._matched(k)
        return self._matches[k]

    def _matched(self, k):
        event = self.events[k]
        if event.place == LEAF and depends(event.value):
            return []
        if self._is_constant(k) or (np.size(event.value) == 1 and self.gradient(k).any()):
            return []  # one number of the forward pass may be like any other
        matches = self.truths.matches(numbers.floats(event.value))
        matches = [match for match in matches if match.truth.event != k or match.truth.used_in >= 0]
        if matches or event.kind not in ("move", "call") or self._makes_numbers(k):
            return matches
        parts = []  # entries of a gradient are gradients
        for operand in event.operands[:1]:
            for source in operand.sources:
                parts += self.matches(source)
        return [Match(match.truth._replace(whole=False), match.c) for match in parts[:1]]

    def _makes_numbers(self, k):
        """Whether an event makes numbers, and does not only move them."""
        before = set()
        for operand in self.events[k].operands:
            before |= set(_nodes(operand.value))
        return not before.issuperset(_nodes(self.events[k].value))

    def _is_constant(self, k):
        """Whether it comes of no parameter and no data."""
        return not self._comes_of_leaves(k)

    def _comes_of_leaves(self, k):
        if not hasattr(self, "_leaves"):
            self._leaves = {}
        if k not in self._leaves:
            event = self.events[k]
            self._leaves[k] = event.place == LEAF
            for operand in event.operands:
                self._leaves[k] = self._leaves[k] or any(map(self._comes_of_leaves, operand.sources))
        return self._leaves[k]

    def carries(self, k):
        """Whether an event is a gradient, or one of its operands carries one."""
        if k not in self._carries:
            event = self.events[k]
            self._carries[k] = bool(self.matches(k))
            for operand in event.operands:
                self._carries[k] = self._carries[k] or any(map(self.carries, operand.sources))
        return self._carries[k]

    def ancestors(self, sources):
        seen, waiting = set(), deque(sources)
        while waiting:
            k = waiting.popleft()
            if k not in seen:
                seen.add(k)
                for operand in self.events[k].operands:
                    waiting.extend(operand.sources)
        return seen

    def gradient_words(self, match):
        """ "4 · ∂L/∂Z2", of a Match."""
        label = match.truth.label
        if not match.truth.whole and (match.truth.used_in < 0 or match.truth.rank == 3):
            return f"a part of {self.words(label, match.c)}"
        return self.words(label, match.c)

    def words(self, label, c):
        """ "4 · ∂L/∂Z2"."""
        what = f"∂L/∂{bracketed(label)}"
        if abs(c - 1) < SAME:
            return what
        return f"−{what}" if abs(c + 1) < SAME else f"{factors.constant(c)} · {what}"

    def gradients_of(self, k):
        found_sources = []
        for operand in self.events[k].operands:
            for source in operand.sources:
                if self.matches(source):
                    found_sources.append(source)
        return found_sources

    @property
    def forward(self):
        """The values of the forward pass, by name."""
        if self._forward is None:
            named, seen = [], set()
            for k, event in enumerate(self.events):
                label = self.label(k)
                if event.name and label not in seen and self._matters(k):
                    seen.add(label)
                    named.append((label, numbers.floats(event.value)))
            named.reverse()
            self._forward = factors.Values(named)
        return self._forward

    def _matters(self, k):
        """Whether the loss depends on an event: it is of the forward pass, or data."""
        event = self.events[k]
        return event.place == LEAF or any(node in self.adjoints.total for node in _nodes(event.value))


def _nodes(value):
    nodes = []
    for x in np.ravel(np.asarray(value, object)):
        if isinstance(x, numbers.Number):
            nodes.append(x.node)
    return nodes


def bracketed(label):
    """A label as it stands behind a fraction: what is more than a name is in brackets."""
    plain = label.replace("_", "").replace(".", "").replace("[", "").replace("]", "").replace("'", "").replace('"', "")
    return label if plain.isalnum() else f"({label})"
