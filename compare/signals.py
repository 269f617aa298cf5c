"""How a signal ends the command, with 128 + its number: in order the first time, at once the second."""

import os
import signal
from contextlib import suppress

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


def in_order(number, frame):
    handle(at_once)
    raise KeyboardInterrupt(number)
