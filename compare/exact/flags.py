"""Names the first wrong operation: what is given gradients, and gives none, or that of something else.

The walk is from every wrong gradient to the operands that carry gradients and are none themselves. Where all that
carry are gradients and the result is not, the operation is the first wrong one.
"""

from collections import deque
from typing import NamedTuple

import numpy as np

from fourfold.compare.exact import factors, numbers
from fourfold.compare.exact.events import LEAF
from fourfold.compare.exact.examined import ADDED_UP, FACTOR, OPERAND, PART, SIGN, SLOPE, SLOPE_MISSING, UPDATED
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


class WrongLines(Lines):
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
            own = self._own_match(k, name, compared)
            if own is not None:
                flags.append(self._constant(k, own, name, compared, good))
                continue
            if self.matches(k) and len(sources) == 1:
                flags.append(self._of_another(k, name))
                continue
            for first in self._first_wrong(k):
                flags.append(self._explained(first, name, compared if first == k else None, good))
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
        part_of_own = [m for m in self.matches(k) if self.label(m.truth.event) == name]
        if part_of_own:
            sentence = f"only one of the parts of ∂L/∂{name} is kept: they are to be added up (+=, not =)"
            place = event.place if event.kept is None else event.kept
            return Flag(k, place, (sentence,), mistake=ADDED_UP)
        return Flag(k, event.place, (f"what is given for ∂L/∂{name} is {self.gradient_words(match)}",))

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
        sentence = f"∂L/∂{name} is {ratio} times what it should be: a factor {missing} is missing"
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

    def _explained(self, k, name, compared, good):
        """The Flag of a first wrong event, with what is odd about it."""
        event = self.events[k]
        if event.place == LEAF:
            return Flag(k, -1, (f"what is given for ∂L/∂{name} is {event.name} itself",))
        top, given = self._chain(k)
        flag = self._only_a_part(k) or self._suspect_factor(k, top, given)
        if flag and flag.needs:
            return flag
        better = self._needs_another_gradient(k, name, compared, good) or self._other_operand(k, compared)
        if better or flag:
            return better or flag
        if self._is_update(event):
            sentence = f"{event.name} is updated here, and used afterwards: a gradient further back needs the old one"
            return Flag(k, event.place, (sentence,), mistake=UPDATED)
        taken = [self.gradient_words(self.matches(g)[0]) for g in self.gradients_of(k)]
        if not taken:
            return Flag(k, event.place, ("it is made of no gradient",))
        sentence = f"it is given {' and '.join(taken)}, and gives no gradient of anything"
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
            gets = self.matches(gradients[0])[0]
            for truth in self.truths.of_shape(np.shape(values)):
                made = self._redone(event, position, truth.values)
                gives = self._as_wanted(made, compared)
                if not gives:
                    continue
                needs = self.gradient_words(Match(truth, 1.0))
                if truth.event == gets.truth.event and gets.truth.used_in >= 0:
                    sentence = f"{self.gradient_words(gets)} is given, and the whole of {needs} is needed"
                    place = self.events[gradients[0]].place
                    return Flag(gradients[0], place, (sentence,), (), "", needs, mistake=PART)
                sentence = f"∂L/∂{name} needs {needs} here, and gets {self.gradient_words(gets)}"
                between = self._between(values, truth.values, gets.c)
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
            sentence = f"only the last of the parts of {whole} is kept here: they are to be added up (+=, not =)"
            return Flag(source, kept, (sentence,), (), "", whole, mistake=ADDED_UP)
        return None

    def _as_wanted(self, made, compared):
        """Whether what an operation would give is right: for an output its own gradient, else any but a part."""
        if made is None:
            return False
        if compared is not None:
            return compared.truth is not None and _proportional(made, compared.truth)
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
        text = self._text_of(top, 1) if top == k and position else self._text_of(k, position)
        belongs = self._belonging(G, match, is_now)
        what = f"`{text}` is {is_now.show()}" if is_now else f"`{text}` is none of the slopes there are"
        sentences = [f"{gets} is given ✓"]
        if belongs:
            needs, truth = belongs
            sentences.append(f"for ∂L/∂{bracketed(truth.label)} the factor is {needs.show()}, and {what}")
            made = self._made_for_this(event, position, text, is_now)
            if made is not None:
                place = self.events[made].place
                return Flag(made, place, tuple(sentences), (), text, needs.show(), event.place, SLOPE)
            return Flag(k, event.place, tuple(sentences), (), text, needs.show(), mistake=SLOPE)
        sentences.append(f"{what}, and the result is no gradient of anything")
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


def _ratio(compared):
    """How many times the right one a wrong gradient is."""
    given, truth = compared.given, compared.truth
    if given is None or truth is None or given.shape != truth.shape or not truth.any():
        return None
    return float((given * truth).sum() / (truth * truth).sum())


def _proportional(Z, truth):
    """Whether an array is a multiple of another, in its shape or transposed to it."""
    if Z.shape != truth.shape and Z.T.shape == truth.shape:
        Z = Z.T
    if Z.size != truth.size or not Z.any() or not np.isfinite(Z).all():
        return False
    Z, truth = Z.ravel(), truth.ravel()
    if Z.size == 1:
        return abs(Z[0] / truth[0] - 1) < SAME if truth[0] else False
    c = (Z @ truth) / (truth @ truth) if truth.any() else 0
    return bool(c) and np.abs(Z - c * truth).max() <= 1e-9 * np.abs(Z).max()
