"""Which lines are wrong, and what every line of a backward pass computes."""

import numpy as np

from fourfold.compare.exact import numbers
from fourfold.compare.exact.events import LEAF
from fourfold.compare.exact.examined import UPDATED, Blamed, Step
from fourfold.compare.exact.repair import repair
from fourfold.compare.exact.suspects import Flag
from fourfold.compare.exact.truths import SAME

MOST = 3  # lines that are blamed at once


def blamed(lines, wrong, right, again):
    """The Blamed lines: the one statement that makes everything right, or else where the first gradients get lost.

    wrong, right: {parameter: (events that its gradient comes of, Compared)}; `again` is as in repair.
    """
    flags = lines.flags(wrong, right)
    mended = repair(lines, wrong, right, again) if all(sources for sources, _ in wrong.values()) else None
    is_plain = bool(flags) and (
        flags[0].mistake == UPDATED or (mended is not None and mended.is_end and flags[0].needs)
    )
    if mended and not is_plain:
        return [_of_repair(lines, mended, flags, wrong)]
    by_place = {}
    for flag in flags:
        known = by_place.get(flag.place)
        spoils = flag.spoils if known is None else known.spoils + flag.spoils
        by_place[flag.place] = (known or flag)._replace(spoils=tuple(dict.fromkeys(spoils)))
    made = []
    for place, flag in by_place.items():
        if place >= 0:
            made.append(_blamed(lines.recorder.places[place], flag))
    return made[:MOST]


def loss(lines):
    """Where the loss is computed, as if it were to blame; None where that is not in the code."""
    if lines.loss < 0 or lines.events[lines.loss].place == LEAF:
        return None
    return _blamed(lines.place(lines.loss), Flag(lines.loss, -1, ()))


def shares(lines):
    """Where the last numbers are made, in the forward pass, that add up to 1 along an axis; None where none do."""
    for k in range(len(lines.events) - 1, -1, -1):
        event = lines.events[k]
        if event.place == LEAF or np.ndim(event.value) != 2 or not lines.is_forward(k):
            continue
        values = numbers.floats(event.value)
        if any(np.abs(values.sum(axis) - 1).max() < SAME for axis in (0, 1) if values.shape[axis] > 1):
            return _blamed(lines.place(k), Flag(k, -1, ()))
    return None


def _of_repair(lines, mended, flags, wrong):
    event = lines.events[mended.event]
    place = lines.recorder.places[event.place]
    gradient = lines.words(mended.label, mended.c)
    name = event.name or place.text
    sentences = [f"if `{name}` is {gradient}, every gradient is right"]
    suspect = needs = mistake = ""
    for flag in flags:
        shows = flag.place if flag.shows < 0 else flag.shows
        if shows >= 0 and _statement(lines.recorder.places[shows]) == _statement(place):
            sentences = [*flag.sentences, *sentences]
            suspect, needs, mistake = flag.suspect, flag.needs, flag.mistake
            place = lines.recorder.places[flag.place]
            break
        if flag.place == event.kept:
            return _blamed(lines.recorder.places[event.kept], flag._replace(spoils=tuple(wrong)))
    flag = Flag(mended.event, -1, tuple(sentences), tuple(wrong), suspect, needs, mistake=mistake)
    return _blamed(place, flag)


def _statement(place):
    return place.file, place.statement


def _blamed(place, flag):
    return Blamed(
        place.file,
        place.line,
        place.column,
        place.end_line,
        place.end_column,
        place.text,
        list(flag.sentences),
        list(flag.spoils),
        flag.suspect,
        flag.needs,
        flag.mistake,
    )


def steps(lines):
    """A Step for every line that computes a gradient, or something on the way to one, in order of execution.

    Of a loop it is the first turn's.
    """
    ends, begun = {}, False
    for k, event in enumerate(lines.events):
        is_gradient = bool(lines.matches(k)) and (bool(event.name) or not lines.is_forward(k))
        begun = begun or is_gradient
        if event.place != LEAF and begun and (is_gradient or not lines.is_forward(k)):
            place = lines.recorder.places[event.place]
            first, _ = ends.setdefault(_statement(place), (k, k))
            if event.turn == lines.events[first].turn:
                ends[_statement(place)] = first, k
    made = []
    for (file, line), (_, k) in ends.items():
        event, matches = lines.events[k], lines.matches(k)
        gradient = lines.gradient_words(matches[0]) if matches else ""
        name = event.name or ""
        made.append(Step(file, line, name, lines.recorder.places[event.place].text, gradient))
    return made
