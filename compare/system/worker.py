"""A process that does one task after another for this one; it and all that it started are gone when it is stopped.

It leads a session of its own: a terminal's signals do not reach it, and one signal ends it with its children. It has a
temporary folder of its own: TensorFlow leaves files in it when it is killed. (pebble, a library for this, takes time
limits by the time of day, misses an exit with status 0, and leaves children of the process behind.)
"""

import ctypes
import multiprocessing
import os
import queue
import shutil
import signal
import tempfile
import threading
import time
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from typing import Any

import numpy as np

from fourfold.compare.system.launch import limit

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # what mallopt calls them
KEPT = 2**26  # bytes
TICK = 0.2  # seconds until it is seen that a process died whose end of the pipe a child of it holds open


class Died(Exception):
    """The process ended by itself; `code` is its exit code, or less the number of a signal."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Worker:
    """`submit` gives a Future. Tasks are done in order, in one process, which is started anew where it dies.

    memory: GB of data the process may hold.
    """

    def __init__(self, memory=None):
        self._memory, self._stopped = memory, False
        self._process: Any = None
        self._temporary = ""
        self._pipe: Any = None
        self._tasks = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def submit(self, seconds, f, *args):
        """f(*args), for an `f` that raises nothing. The Future raises Died, or TimeoutError after so many seconds."""
        future = Future()
        self._tasks.put((future, seconds, (f, *args)))
        return future

    def stop(self):
        """End the process and cancel what is not done; nothing is to be submitted any more."""
        self._stopped = True
        self._tasks.put(None)
        self._thread.join()

    def _serve(self):
        while entry := self._tasks.get():
            future, seconds, task = entry
            try:
                self._start()
                self._pipe.send(task)
                future.set_result(self._outcome(seconds))
            except BaseException as error:
                code = self._end()
                if isinstance(error, OSError | EOFError) and not isinstance(error, TimeoutError) and code is not None:
                    error = Died(code)
                future.set_exception(CancelledError() if self._stopped else error)
        self._end()

    def _start(self):
        """Have the process there, and ready; the time that takes counts for no task."""
        if self._process and self._process.is_alive():
            return
        self._end()
        if self._stopped:
            raise CancelledError
        spawn = multiprocessing.get_context("spawn")
        self._temporary = tempfile.mkdtemp(prefix="fourfold-")
        self._pipe, theirs = spawn.Pipe()
        process = spawn.Process(target=_work, args=(theirs, os.getcwd(), self._temporary, self._memory))
        with interrupts_blocked():
            process.start()
        self._process = process
        theirs.close()
        self._outcome(float("inf"))

    def _outcome(self, seconds):
        end = time.monotonic() + seconds  # not the time of day, which may be set
        while not self._pipe.poll(min(TICK, max(0, end - time.monotonic()))):
            if self._stopped:
                raise CancelledError
            if time.monotonic() >= end:
                raise TimeoutError
            if not self._process.is_alive() and not self._pipe.poll():
                raise EOFError
        outcome = self._pipe.recv()
        if isinstance(outcome, MemoryError):
            raise outcome
        return outcome

    def _end(self):
        """The exit code of the process, which is killed with all of its session where it has not ended by itself."""
        process, self._process = self._process, None
        try:
            return process and self._killed(process)
        finally:
            if self._temporary:
                shutil.rmtree(self._temporary, ignore_errors=True)

    def _killed(self, process):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()  # it may not have got as far as a session
        process.join()
        self._pipe.close()
        return process.exitcode


@contextmanager
def interrupts_blocked():
    """What is started in here inherits the mask: a terminal sends signals to all, but how to end is said up here."""
    interrupts = {signal.SIGINT, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, interrupts)
    try:
        resource_tracker.ensure_running()  # unblocks SIGINT
        signal.pthread_sigmask(signal.SIG_BLOCK, interrupts)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def signal_name(number):
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def keep_memory():
    """Has glibc keep what is freed: as a rule it gives arrays back to the system, and takes them anew at every step."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(TRIM_THRESHOLD, KEPT)
        mallopt(MMAP_THRESHOLD, KEPT)


# Below: what runs in the process.


def _work(pipe, folder, temporary, memory):
    settle(temporary, memory)
    os.chdir(folder)
    me = os.getpid()
    pipe.send("ready")
    with suppress(EOFError):
        while True:
            f, *args = pipe.recv()
            outcome = f(*args)
            if os.getpid() != me:
                os._exit(0)  # a child that came back from where it was forked
            try:
                pipe.send(outcome)
            except MemoryError as error:
                pipe.send(error)


def settle(temporary, memory=None):
    """What a process does before it runs somebody's column."""
    os.setsid()
    threading.Thread(target=_die_with_parent, args=(temporary,), daemon=True).start()
    os.environ["TMPDIR"] = tempfile.tempdir = temporary
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # there is nothing to clean up
    limit(memory)
    keep_memory()
    # frameworks write to file descriptors 1 and 2 whatever they are asked; the command's own output stays clean
    scrap = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(scrap, descriptor)
    np.seterr(all="ignore")  # a diverging run overflows, in every column


def _die_with_parent(temporary):
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        shutil.rmtree(temporary, ignore_errors=True)
        os.killpg(0, signal.SIGKILL)
