"""How a signal ends the command, with 128 + its number: in order the first time, at once the second."""

import os
import signal
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def handle(handler):
    """Have `handler` called on every ending signal, but for those that who started us wants ignored (nohup)."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def at_once(number, frame):
    """While there is nothing yet, or nothing more, to tidy up: workers end with this process by themselves."""
    with suppress(OSError):
        os.write(2, b"fourfold: Interrupted.\n")
    os._exit(128 + number)


came: list[int] = []  # in order; there is one at most


def in_order(number, frame):
    handle(at_once)
    came.append(number)
    sys.unraisablehook = _once_more
    raise KeyboardInterrupt(number)


def _once_more(unraisable):
    """Raised in a callback, of a weak reference say, it goes no further: it is raised again in a moment."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        return sys.__unraisablehook__(unraisable)

    def again(number, frame):
        raise KeyboardInterrupt(came[0])

    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    return None


@contextmanager
def held():
    """An ending signal that comes in here counts from its end on, so that nothing is left half done; a second does not
    wait."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are not for it
        return
    noted, handlers = [], {number: signal.getsignal(number) for number in ENDING}

    def note(number, frame):
        handle(at_once)
        noted.append(number)

    for number, handler in handlers.items():
        if handler is in_order:
            signal.signal(number, note)
    try:
        yield
    finally:
        if noted:
            in_order(noted[0], None)
        for number, handler in handlers.items():
            if handler is in_order:
                signal.signal(number, handler)


@contextmanager
def temporary_folder():
    """A folder that is gone at the end, however that comes."""
    with ExitStack() as at_the_end:
        with held():
            made = tempfile.TemporaryDirectory(prefix="fourfold-", ignore_cleanup_errors=True)
            at_the_end.callback(_remove, made)
        yield Path(made.name)


def _remove(made):
    with held():
        made.cleanup()
