"""What is odd about an operation that is given gradients and gives none: an operand, a factor, a missing part."""

from collections import deque
from typing import NamedTuple

import numpy as np

from fourfold.compare.exact import factors, numbers
from fourfold.compare.exact.events import LEAF
from fourfold.compare.exact.examined import ADDED_UP, OPERAND, PART, SLOPE, SLOPE_MISSING, UPDATED
from fourfold.compare.exact.lines import Lines, bracketed
from fourfold.compare.exact.truths import SAME, Match, depends

ELEMENTWISE = {"Mult", "Div"}


class Flag(NamedTuple):
    """A first wrong operation, `sentences` on what is wrong there, and the gradients it spoils."""

    event: int
    place: int  # of the recorder's places; -1: none is known
    sentences: tuple[str, ...]
    spoils: tuple[str, ...] = ()
    suspect: str = ""  # text of the operand that is wrong
    needs: str = ""  # what belongs there
    shows: int = -1  # the place where it shows, if that is another
    mistake: str = ""  # one of examined.py's


class OddLines(Lines):
    """Lines, and what may be wrong with one of them."""

    def explained(self, k, name, compared, good):
        """The Flag of a first wrong event, with what is odd about it."""
        event = self.events[k]
        if event.place == LEAF:
            return Flag(k, -1, (f"what you give for ∂L/∂{name} is {event.name} itself",))
        top, given = self._chain(k)
        flag = self._only_a_part(k) or self._suspect_factor(k, top, given)
        if flag and flag.needs:
            return flag
        better = self._needs_another_gradient(k, name, compared, good) or self._other_operand(k, compared)
        if better or flag:
            return better or flag
        if self._is_update(event):
            what = event.name or self._text_of(k, 0)
            sentence = f"`{what}` is updated here, but a later gradient still needs its old value"
            return Flag(k, event.place, (sentence,), mistake=UPDATED)
        taken = [self.gradient_words(self.matches(g)[0]) for g in self.gradients_of(k)]
        if not taken:
            return Flag(k, event.place, ("it is not computed from any gradient",))
        sentence = f"it takes {' and '.join(taken)}, but what it gives is not a gradient of anything"
        return Flag(k, event.place, (sentence,))

    def _needs_another_gradient(self, k, name, compared, good):
        """ "needs ∂L/∂H and gets ∂L/∂A": with which gradient in the place of an operand the result is right."""
        event = self.events[k]
        if event.redo is None:
            return None
        for position, operand in enumerate(event.operands):
            gradients = [source for source in operand.sources if self.matches(source)]
            if not gradients:
                continue
            values = factors.as_floats(operand.value)
            if values is None:
                continue
            gets = self.matches(gradients[0])[0]
            for truth in self.truths.of_shape(np.shape(values)):
                made = self._redone(event, position, truth.values)
                gives = self._as_wanted(made, compared)
                if not gives:
                    continue
                is_opposite = compared is not None and _multiple(made, compared.truth) < 0
                sign = -1.0 if is_opposite else 1.0
                needs = self.gradient_words(Match(truth, sign))
                if truth.event == gets.truth.event and gets.truth.used_in >= 0:
                    sentence = f"{self.gradient_words(gets)} is given, but the whole of {needs} is needed"
                    place = self.events[gradients[0]].place
                    return Flag(gradients[0], place, (sentence,), (), "", needs, mistake=PART)
                sentence = f"∂L/∂{name} needs {needs} here, but gets {self.gradient_words(gets)}"
                between = self._between(values, sign * truth.values, gets.c)
                sentences = (sentence, f"the factor {between} is missing") if between else (sentence,)
                blamed = k if gradients[0] in good else gradients[0]
                mistake = SLOPE_MISSING if between else ""
                text, place = self._text_of(k, position), self.events[blamed].place
                return Flag(blamed, place, sentences, (), text, needs, mistake=mistake)
        return None

    def _only_a_part(self, k):
        """What is given one part of a gradient, where others were put in the same place before."""
        for source in self.gradients_of(k):
            part, kept = self.matches(source)[0].truth, self.events[source].kept
            if part.used_in < 0 or kept is None:
                continue
            whole = f"∂L/∂{bracketed(part.label)}"
            sentence = f"only the last part of {whole} is kept here: add the parts up (+=, not =)"
            return Flag(source, kept, (sentence,), (), "", whole, mistake=ADDED_UP)
        return None

    def _as_wanted(self, made, compared):
        """Whether what an operation would give is right: for an output its own gradient, else any but a part."""
        if made is None:
            return False
        if compared is not None:
            return compared.truth is not None and _multiple(made, compared.truth) != 0
        return made.size > 1 and any(match.truth.rank < 3 for match in self.truths.matches(made))

    def _between(self, values, truth, c):
        with np.errstate(all="ignore"):
            ratio = truth / values * c
        factor = self.forward.recognised(ratio) if np.isfinite(ratio).all() else None
        return factor.words if factor and factor.words != "1" else ""

    def _is_update(self, event):
        """Whether it changes a parameter by a gradient."""
        if event.kind not in ("Add", "Sub", "in place") or len(event.operands) != 2:
            return False
        before, by = event.operands
        is_parameter = any(self.events[k].place == LEAF and depends(self.events[k].value) for k in before.sources)
        return is_parameter and any(map(self.carries, by.sources))

    def _other_operand(self, k, compared):
        """ "H stands where A belongs": with which value of the forward pass in its place the result is right."""
        event = self.events[k]
        if event.redo is None:
            return None
        gradients = [any(map(self.matches, operand.sources)) for operand in event.operands]
        for position, operand in enumerate(event.operands):
            values = factors.as_floats(operand.value)
            if values is None or (gradients[position] and sum(gradients) < 2):
                continue
            for label, value in self.forward.named:
                for turned, mark in ((value, ""), (value.T, "ᵀ")):
                    if turned.shape != values.shape:
                        continue
                    if self._as_wanted(self._redone(event, position, turned), compared):
                        text, belongs = self._text_of(k, position), f"{label}{mark}"
                        sentence = f"{text} stands where {belongs} belongs"
                        return Flag(k, event.place, (sentence,), (), text, belongs, mistake=OPERAND)
        return None

    def _redone(self, event, position, value):
        values = [factors.as_floats(operand.value) for operand in event.operands]
        if any(v is None for v in values):
            return None
        values[position] = value
        for place, operand in enumerate(event.operands):
            if not numbers.is_exact(operand.value):
                values[place] = operand.value
        try:
            with np.errstate(all="ignore"):
                return np.asarray(event.redo(*values), float)
        except Exception:  # with other values it may be anything that it raises
            return None

    def _text_of(self, k, position):
        texts = self.place(k).operands
        return texts[position] if position < len(texts) else self.place(k).text

    def _text_of_factors(self, top, given, first):
        """What a gradient is multiplied with, as it is written: all factors where they follow it, else the first."""
        whole = self.place(top).text
        rest = whole.removeprefix(given).lstrip()
        is_product = whole.startswith(given) and rest.startswith("*") and not rest.startswith("**")
        return rest[1:].strip() if is_product else first

    def _chain(self, k):
        """(the last of the products of one statement that a first wrong one is part of, the gradient it is given)."""
        given = self.gradients_of(k)
        top = k
        statement = self.place(k).statement
        for later in range(k + 1, len(self.events)):
            event = self.events[later]
            if event.place == LEAF or self.place(later).statement != statement or event.kind not in ELEMENTWISE:
                continue
            if any(top in operand.sources for operand in event.operands):
                top = later
        return top, given[0] if len(given) == 1 else None

    def _suspect_factor(self, k, top, given):
        """The factor a gradient is multiplied with, what it is, and what it should be."""
        event = self.events[k]
        if given is None or event.kind not in ELEMENTWISE:
            return None
        G, Z = numbers.floats(self.events[given].value), numbers.floats(self.events[top].value)
        if G.shape != Z.shape:
            return None
        match = self.matches(given)[0]
        with np.errstate(all="ignore"):
            factor = Z / G
        is_now = self.forward.recognised(factor, constants=True)
        gets = self.gradient_words(match)
        position = 1 if given in event.operands[0].sources else 0
        text = self._text_of_factors(top, self._text_of(k, 1 - position), self._text_of(k, position))
        belongs = self._belonging(G, match, is_now)
        what = f"`{text}` is {is_now.show()}" if is_now else f"`{text}` is not the slope of anything here"
        sentences = [f"{gets} is given ✓"]
        if belongs:
            needs, truth = belongs
            sentences.append(f"for ∂L/∂{bracketed(truth.label)} the factor must be {needs.show()}, but {what}")
            made = self._made_for_this(event, position, text, is_now)
            if made is not None:
                place = self.events[made].place
                return Flag(made, place, tuple(sentences), (), text, needs.show(), event.place, SLOPE)
            return Flag(k, event.place, tuple(sentences), (), text, needs.show(), mistake=SLOPE)
        sentences.append(f"{what}, and the result is not a gradient of anything")
        return Flag(k, event.place, tuple(sentences), (), text)

    def _made_for_this(self, event, position, text, is_now):
        """The event that made a factor that the loss does not come of: by its own name, or nothing that is known."""
        for source in event.operands[position].sources[:1]:
            made = self.events[source]
            is_its_own = made.name == text or is_now is None
            if made.place != LEAF and is_its_own and not self.gradient(source).any():
                return source
        return None

    def _belonging(self, G, match, is_now):
        """(the Factor that makes a gradient the one of what comes before, the Truth it then is); or None."""
        behind = match.truth.event
        candidates = self._nearest_before(behind)
        for truth in self.truths.of_shape(G.shape):
            if truth.event not in candidates:
                continue
            with np.errstate(all="ignore"):
                ratio = match.c * truth.values / G
            if not np.isfinite(ratio).all():
                ratio = np.where(np.isfinite(ratio), ratio, 0)
            factor = self.forward.recognised(ratio)
            if factor and factor.words != "1" and not (is_now and factor.words == is_now.words):
                return factor, truth
        return None

    def _nearest_before(self, k):
        """What an event was computed from, down to the nearest that have names."""
        near, waiting = [], deque()
        for operand in self.events[k].operands:
            waiting.extend(operand.sources)
        while waiting:
            source = waiting.popleft()
            near.append(source)
            if not self.events[source].name:
                for operand in self.events[source].operands:
                    waiting.extend(operand.sources)
        return near


def _multiple(Z, truth):
    """c where an array is c times another, in its shape or transposed to it; 0 where it is no multiple of it."""
    if Z.shape != truth.shape and Z.T.shape == truth.shape:
        Z = Z.T
    if Z.size != truth.size or not Z.any() or not truth.any() or not np.isfinite(Z).all():
        return 0.0
    Z, truth = Z.ravel(), truth.ravel()
    if Z.size == 1:
        return 1.0 if abs(Z[0] / truth[0] - 1) < SAME else 0.0
    c = float((Z @ truth) / (truth @ truth))
    return c if np.abs(Z - c * truth).max() <= 1e-9 * np.abs(Z).max() else 0.0
