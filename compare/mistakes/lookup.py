"""Finds mistakes in the catalogue: by words, by an equation's number, by the column they are planted in."""

import re
from difflib import SequenceMatcher

from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import MISTAKES

OFFERED = 3  # names, where nothing matches
CLOSE = 0.6  # how alike words are on average for a name to be offered


def search(words, column=None):
    """The Mistakes that every one of `words` matches, in the catalogue's order.

    A word matches a name, a reason, a quantity or a planted line that contains it, in capitals or not; "E16" is the
    number of an equation, and "U11" of an optimiser's. column: only those planted in it.
    """
    matching = []
    for mistake in MISTAKES.values():
        if column is None or column in mistake.planted:
            text = _text(mistake, column)
            if all(_matches(word.lower(), mistake, text) for word in words):
                matching.append(mistake)
    return matching


def _matches(word, mistake, text):
    if re.fullmatch(r"[eu]\d+", word):
        return word == mistake.equation.lower()
    return word in text


def _text(mistake, column):
    """All that is searched, in lower case; the lines of one column, or of all."""
    parts = [mistake.name, mistake.why, mistake.quantity]
    for name, texts in mistake.planted.items():
        if column in {None, name}:
            for lines in planted.differing_lines(name, *texts, row=mistake.row):
                parts += lines
    return "\n".join(parts).lower()


def nearest_names(words):
    """Names that were perhaps meant, the likeliest first."""
    asked = " ".join(words).lower().split()
    scores = []
    for n, mistake in enumerate(MISTAKES.values()):
        name = mistake.name.lower()
        likeness = sum(_likeness(word, name.split()) for word in asked) / max(1, len(asked))
        if likeness >= CLOSE:
            scores.append((-likeness, len(name), n, mistake.name))
    return [name for *_, name in sorted(scores)[:OFFERED]]


def _likeness(word, words):
    """Of the one of `words` that is most like it: 1 is the same."""
    return max(SequenceMatcher(None, word, other).ratio() for other in words)


def see_also(mistake):
    """Names of the mistakes whose name contains this one's."""
    return [other.name for other in MISTAKES.values() if mistake.slug in other.slug and other is not mistake]
