"""Finds the statement that makes everything right when it gives a gradient: by trying, with the code run again.

What a statement of the backward pass gives is replaced by the derivative with respect to something of the same shape.
If every gradient is right then, neither the code before it nor that after it has a fault; the earliest such is it.
In a loop all its turns are replaced together, by the derivatives with respect to what another loop made, in its order
or the other way round.
"""

import re
from typing import NamedTuple

import numpy as np

from fourfold.compare.exact import factors, numbers, prove
from fourfold.compare.exact.events import LEAF
from fourfold.compare.exact.truths import SAME

MOST, CANDIDATES = 400, 24  # runs; derivatives that are tried for one statement
RIGHT = 1e-7  # relative: of gradients in float64


class Repair(NamedTuple):
    """With c times dL/d(label) in its place, what an event gives makes the gradients right."""

    event: int
    label: str
    c: float
    is_end: bool  # the event is itself what is given for a gradient


class _Group(NamedTuple):
    """The events of one statement, in all turns of its loop, or in the last."""

    events: tuple
    is_end: bool  # it is itself what is given for a gradient


class _Candidate(NamedTuple):
    """What may stand in the place of what a group gives: one array a turn."""

    gradients: tuple
    labels: tuple  # of what they are derivatives with respect to
    rank: int  # as of Truths


def repair(lines, wrong, right, again):
    """The Repair that makes all the wrong gradients right, and keeps the others so; None where there is none.

    wrong, right: {parameter: (events that its gradient comes of, Compared)}. again({(place, turn): array}) gives the
    gradients of a run with these in the place of what was there.
    """
    attempt = _Attempt(lines, wrong, right, again)
    groups = _statements(lines, [sources for sources, _ in wrong.values()])
    for group in groups:
        is_right = _is_right_already(lines, group)
        for candidate in _candidates(lines, group):
            if _are_alike(lines, group, candidate):
                c = attempt.constant(group, candidate, any_constant=not is_right)
                if c is not None and not _only_rescales(lines, group, candidate):
                    return Repair(group.events[0], candidate.labels[0], c, group.is_end)
    for group in _likeliest_first(lines, groups):
        is_right = _is_right_already(lines, group)
        for candidate in _candidates(lines, group):
            if attempt.runs >= MOST:
                return None
            c = attempt.constant(group, candidate, any_constant=not is_right)
            if c is not None and not _only_rescales(lines, group, candidate):
                return Repair(group.events[0], candidate.labels[0], c, group.is_end)
    return None


def _statements(lines, sources):
    """The _Groups that every wrong gradient comes of, in order of execution."""
    above = [*map(lines.ancestors, sources)]
    ends, within = set().union(*sources), _within_statements(lines)
    turns, common = {}, set()
    for k in sorted(set.union(*above)):
        event = lines.events[k]
        key = event.place, event.name
        stands = event.name or k in ends or k not in within
        if event.place != LEAF and stands and lines.is_backward(k) and not lines.is_forward(k):
            turns.setdefault(key, []).append(k)
            if all(k in events for events in above):
                common.add(key)
    groups = []
    for key, events in turns.items():
        if key not in common:
            continue
        last = events[-1]
        is_filled = lines.events[last].kind in ("in place", "store")
        if len(events) == 1 or not is_filled:
            groups.append(_Group(tuple(events), bool(ends.intersection(events))))
        if len(events) > 1 and (last in ends or is_filled):
            groups.append(_Group((last,), last in ends))  # what is filled, or added up, is there after the last turn
    return groups


def _within_statements(lines):
    """Events that only go on into the same statement."""
    within = set()
    for event in lines.events:
        if event.place == LEAF:
            continue
        here = lines.recorder.places[event.place]
        for operand in event.operands:
            for source in operand.sources:
                place = lines.events[source].place
                if place != LEAF and lines.recorder.places[place].statement == here.statement:
                    within.add(source)
    return within


def _is_right_already(lines, group):
    """Whether a statement gives a gradient: then the fault is hardly there."""
    return any(match.truth.whole for match in lines.matches(group.events[0])[:1])


def _likeliest_first(lines, groups):
    """Those that give no gradient, in order; then those that give one, the last first; then what is given back."""
    neither = [group for group in groups if not group.is_end and not _is_right_already(lines, group)]
    gradients = [group for group in groups if not group.is_end and _is_right_already(lines, group)]
    return [*neither, *reversed(gradients), *(group for group in groups if group.is_end)]


def _only_rescales(lines, group, candidate):
    """Whether a statement gives that gradient already but for a constant, and was given the constant."""
    k = group.events[0]
    plainest = lines.matches(k)[:1]
    if plainest and abs(plainest[0].c - 1) < SAME and _is_multiple(lines, k, candidate):
        return True
    for match in lines.matches(k):
        if match.truth.label == candidate.labels[0] and match.truth.whole:
            return any(_has_constant(lines, source, match.c) for source in lines.gradients_before(k))
    return False


def _has_constant(lines, k, c):
    return any(abs(match.c / c - 1) < SAME for match in lines.matches(k)[:1])


def _is_multiple(lines, k, candidate):
    """Whether what is there and what may stand for it are the same but for a constant."""
    now, other = numbers.floats(lines.events[k].value), candidate.gradients[0]
    c = (now * other).sum() / (other * other).sum()
    return bool(np.abs(now - c * other).max() <= RIGHT * np.abs(now).max())


def _candidates(lines, group):
    """The _Candidates for a group, those whose names are alike first."""
    shapes = []
    for k in group.events:
        shapes.append(np.shape(lines.events[k].value))
    if len(shapes) == 1:
        known = []
        for truth in lines.truths.of_shape(shapes[0]):
            known.append(_Candidate((truth.values,), (truth.label,), truth.rank))
    else:
        known = _of_loops(lines, group, shapes)
    known.sort(key=lambda candidate: (not _are_alike(lines, group, candidate), candidate.rank))
    return known[:CANDIDATES]


def _of_loops(lines, group, shapes):
    """[_Candidate]: derivatives with respect to what another statement made in as many turns."""
    turns, known = {}, []
    for k, event in enumerate(lines.events):
        if k < group.events[0] and lines.gradient(k).any():
            turns.setdefault((event.place, event.name), []).append(k)
    by_name = [truth for k in group.events if (truth := _by_name(lines, k))]
    if len(by_name) == len(group.events):
        values, labels = [truth.values for truth in by_name], [truth.label for truth in by_name]
        known.append(_Candidate(tuple(values), tuple(labels), 0))
    for events in turns.values():
        for ordered in (events, events[::-1]):
            gradients = tuple(map(lines.gradient, ordered))
            if list(map(np.shape, gradients)) == shapes:
                known.append(_Candidate(gradients, tuple(map(lines.label, ordered)), lines.rank(ordered[0])))
    return known


def _by_name(lines, k):
    """The derivative that an event is called, or None."""
    for truth in lines.truths.of_shape(np.shape(lines.events[k].value)):
        if truth.whole and _is_called(lines.events[k], truth.label):
            return truth
    return None


def _are_alike(lines, group, candidate):
    """Whether a group is called the gradient with respect to what a candidate is that of: dZ1, grad_Z1, of Z1."""
    return all(_is_called(lines.events[k], label) for k, label in zip(group.events, candidate.labels, strict=True))


def _is_called(event, label):
    label = _bare(label)
    for name in map(_bare, (event.name, *event.names)):
        if label and name.endswith(label) and len(name) > len(label):
            return True
    return False


def _bare(name):
    """ "z" of `z`, `self.z` and `cache["z"]`; "" where it is no name."""
    named = re.fullmatch(r"""(?:\w+\.|\w+\[['"])*(\w+)(?:['"]\])?""", name)
    return named[1].lower() if named else ""


class _Attempt:
    """Runs the code again, and counts how often."""

    def __init__(self, lines, wrong, right, again):
        self.lines, self.again, self.runs = lines, again, 0
        self.wrong = {name: compared.truth for name, (_, compared) in wrong.items()}
        self.right = {name: compared.truth for name, (_, compared) in right.items()}

    def constant(self, group, candidate, any_constant=False):
        """c, where c times a candidate makes everything right; None where no constant does."""
        self.runs += 1
        ratio = self._ratio(group, candidate.gradients, 1.0)
        if ratio is not None and abs(ratio - 1) < RIGHT:
            return 1.0
        constants = self._constants(group) if candidate.rank < 2 else []
        if any_constant and ratio and factors.is_simple(1 / ratio):
            constants.insert(0, 1 / ratio)
        for c in constants:
            self.runs += 1
            again = self._ratio(group, candidate.gradients, c)
            if again is not None and abs(again - 1) < RIGHT:
                return c
        return None

    def _constants(self, group):
        """Those by which the gradients that a statement is given differ from what they are of."""
        constants = []
        for source in sorted(self.lines.gradients_before(group.events[0])):
            for match in self.lines.matches(source)[:1]:
                if abs(abs(match.c) - 1) > SAME:
                    constants += [match.c, -match.c]
        return [*constants[:2], -1.0]

    def _ratio(self, group, gradients, c):
        """How much too large all the wrong gradients then are, by one factor; None where they differ in another way."""
        instead, changes = {}, False
        for k, gradient in zip(group.events, gradients, strict=True):
            event = self.lines.events[k]
            instead[event.place, event.turn] = c * gradient
            now = numbers.floats(event.value)
            changes = changes or np.abs(now - c * gradient).max() > RIGHT * np.abs(now).max(initial=1e-300)
        if not changes:
            return None
        try:
            given = self.again(instead)
        except Exception:  # with other values their code may raise anything
            return None
        if not all(_times(given.get(name), truth) == 1 for name, truth in self.right.items()):
            return None
        ratios = []
        for name, truth in self.wrong.items():
            ratio = _times(given.get(name), truth)
            if ratio is None:
                return None
            ratios.append(ratio)
        return ratios[0] if max(ratios) - min(ratios) <= RIGHT * abs(ratios[0]) else None


def _times(given, truth):
    """r, where what is given is r times the truth: exactly 1 where it is right; None where it is no multiple."""
    if truth is None or given is None:
        return None
    Z = prove.fitted(np.asarray(prove.in_floats(given), float), truth.shape)
    if Z is None or not np.isfinite(Z).all():
        return None
    if np.abs(Z - truth).max(initial=0) <= RIGHT * np.abs(truth).max(initial=1e-300):
        return 1.0
    square = (truth * truth).sum()
    r = (Z * truth).sum() / square if square else 0.0
    return r if r and np.abs(Z - r * truth).max() <= RIGHT * np.abs(Z).max() else None
