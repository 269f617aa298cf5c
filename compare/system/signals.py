"""How a signal ends the command: in order the first time, at once the second. The exit code is 128 + its number.

"In order" is a KeyboardInterrupt in the main thread, whatever the signal: `finally` and `with` tidy up on its way. The
main thread may be in a call that knows of no signal, or wait for one that is: where it has not ended after a while, a
thread of its own ends the process.
"""

import os
import signal
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from fourfold.compare.system import folders

# Those of them that this system has.
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
RETRY_AFTER = 0.01  # seconds
PATIENCE = 0.7  # seconds in which a command may end in order

came: list[int] = []  # the number of the signal that ends the command, once it has come
writing = threading.RLock()  # held while a file is half there
_speaking, _said = threading.RLock(), []  # that the command was interrupted


def handle(handler):
    """Has every ending signal call `handler`, but for those that are ignored: who started us wants that (nohup)."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def at_once(number, frame):
    """Handles a signal while there is nothing yet, or nothing more, to tidy up. Workers see the end of this process."""
    with suppress(OSError):
        say_once(lambda: os.write(2, b"fourfold: Interrupted.\n"))
    os._exit(128 + number)


def say_once(say):
    """Calls `say`, which says that the command was interrupted, unless somebody else does."""
    if _speaking.acquire(timeout=PATIENCE) and not _said:
        _said.append(True)
        say()


def in_order(number, frame):
    """Handles the first signal: raises KeyboardInterrupt wherever the main thread is; the next one ends us at once."""
    handle(at_once)
    came.append(number)
    sys.unraisablehook = _raise_again_later
    raise KeyboardInterrupt(number)


def watch():
    """Has a thread see to it that the first ending signal ends this process soon, wherever the main thread is.

    Python writes the number of every signal into a pipe at once; its handlers wait for the main thread.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    threading.Thread(target=_end_soon, args=(read,), daemon=True).start()


def _end_soon(pipe):
    number = 0
    while number not in ENDING:
        number = os.read(pipe, 1)[0]
    time.sleep(PATIENCE)
    with writing:
        folders.remove_all()
        at_once(number, None)


def _raise_again_later(unraisable):
    """Brings back a KeyboardInterrupt that Python has swallowed.

    Where it is raised in a destructor or in a weak reference's callback, Python prints it and goes on. A timer raises
    it again, most likely somewhere else.
    """
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
        return

    def again(number, frame):
        raise KeyboardInterrupt(came[0])

    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, RETRY_AFTER)


@contextmanager
def held():
    """Puts off the first ending signal to the end of this block, so that nothing in it is left half done.

    A second signal does not wait. Handlers other than `in_order` stay as they are, and so does all in other threads,
    which no signal reaches.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting = []
    in_order_here = [number for number in ENDING if signal.getsignal(number) is in_order]

    def note(number, frame):
        handle(at_once)
        waiting.append(number)

    for number in in_order_here:
        signal.signal(number, note)
    try:
        with writing:
            yield
    finally:
        if waiting:
            in_order(waiting[0], None)
        for number in in_order_here:
            signal.signal(number, in_order)


@contextmanager
def temporary_folder():
    """A folder that is removed at the end of the block, however that is left."""
    with ExitStack() as at_the_end:
        with held():  # no signal comes between making it and seeing to its removal
            folder = folders.new()
            at_the_end.callback(_remove, folder)
        yield Path(folder)


def _remove(folder):
    with held():
        folders.remove(folder)
