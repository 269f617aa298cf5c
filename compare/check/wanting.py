"""What somebody's functions ask of their surroundings and do not get: files, and answers to input()."""

import builtins
from contextlib import contextmanager

from fourfold.compare.errors import Misfit


@contextmanager
def wanting():
    """Raises in place of a Misfit one that says what was asked for in vain, where anything was."""
    lacks, plain = {}, (builtins.open, builtins.input)

    def opened(file, *args, **kwargs):
        try:
            return plain[0](file, *args, **kwargs)
        except FileNotFoundError:
            lacks[f"opens {file}, which is not there: it runs in an empty folder"] = True
            raise

    def answered(*_):
        lacks["asks for input(), but nobody answers"] = True
        raise EOFError

    builtins.open, builtins.input = opened, answered
    try:
        yield
    except Misfit as error:
        raise Misfit(f"Its code {next(iter(lacks))}.") if lacks else error from None
    finally:
        builtins.open, builtins.input = plain
