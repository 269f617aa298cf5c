"""What a user can cause, each ending in one sentence and an exit code."""


class UsageError(Exception):
    """Wrong usage or bad input: exit code 2. The message is one sentence that says what to do."""


class Misfit(Exception):
    """What an implementation gave is no answer, or it did what it must not: exit code 1, as for a wrong number."""


class ColumnError(Exception):
    """A column could not be run: framework missing, raised, crashed or timed out. The others go on: exit code 3."""
