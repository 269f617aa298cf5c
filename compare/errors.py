"""What a user can cause, each ending in one sentence and an exit code."""

import difflib


class UsageError(Exception):
    """Wrong usage or bad input: exit code 2. The message is one sentence that says what to do."""


class Misfit(Exception):
    """What an implementation gave is no answer, or it did what it must not: exit code 1, as for a wrong number."""


class ColumnError(Exception):
    """A column could not be run: framework missing, raised, crashed or timed out. The others go on: exit code 3."""


def exit_code(wrong, not_judged):
    """How a command ends that has judged something."""
    if wrong:
        return 1
    return 3 if not_judged else 0


def nearest(word, words, cutoff=0.6):
    """The one of `words` that `word` may be a slip for, or None. A higher `cutoff`, up to 1, is stricter."""
    close = difflib.get_close_matches(word, words, 1, cutoff)
    return close[0] if close else None
