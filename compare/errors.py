"""What a user can cause, each ending in one sentence and an exit code."""

import difflib
import unicodedata


class UsageError(Exception):
    """Wrong usage or bad input: exit code 2. The message is one sentence that says what to do."""


class Misfit(Exception):
    """What an implementation gave is no answer, or it did what it must not: exit code 1, as for a wrong number."""


class ColumnError(Exception):
    """A column could not be run: framework missing, raised, crashed or timed out. The others go on: exit code 3."""


class JudgeError(Exception):
    """The judge contradicts itself: a fault of fourfold, not of a column: exit code 3."""


class Breach(ColumnError):
    """A column answers, and not as its contract says: it raises, or gives something else."""


class Raised(ColumnError):
    """Somebody's function raised, and can be asked something else."""


class WrongPrecision(Misfit):
    """An array is of another precision than was asked for."""


def exit_code(wrong, not_judged):
    """How a command ends that has judged something."""
    if wrong:
        return 1
    return 3 if not_judged else 0


def visible(text, newlines=False):
    """Text in which what moves the cursor, hides, or turns text around is seen, written as in Python: \\x1b, \\u202e.

    Letters and symbols stay what they are. New lines are ours and stay too, unless `newlines` are to be seen.
    """
    if text.isprintable():
        return text
    shown = []
    for c in text:
        hidden = unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} and (c != "\n" or newlines)
        shown.append(c.encode("unicode_escape").decode() if hidden else c)
    return "".join(shown)


def nearest(word, words, cutoff=0.6):
    """The one of `words` that `word` may be a slip for, or None. A higher `cutoff`, up to 1, is stricter."""
    close = difflib.get_close_matches(word, words, 1, cutoff)
    return close[0] if close else None
