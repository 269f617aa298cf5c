"""A process of our own that does one task after another, and can be killed with all that it started.

It leads a session of its own: a terminal's signals do not reach it, and one signal ends it and its children. It has a
temporary folder of its own, since TensorFlow leaves files there when it is killed. (pebble, a library for this, takes
time limits by the time of day, misses an exit with status 0, and leaves children of the process behind.)
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

from fourfold.compare.system import folders
from fourfold.compare.system.launch import limit
from fourfold.compare.system.surroundings import Surroundings

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # what mallopt calls them
KEPT = 2**26  # bytes
# Seconds from one look at the process to the next. A pipe alone does not show its death: a child of it may hold the
# other end open.
TICK = 0.2


class Died(Exception):
    """The process ended by itself. `code` is its exit code; after a signal, the signal's number times -1."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Worker:
    """Does tasks in one process, in the order in which they are submitted; where it dies, the next task gets a new one.

    memory: GB of data the process may hold; surroundings: those of this process, unless others are given.
    """

    def __init__(self, memory=None, surroundings=None):
        self._memory, self._surroundings = memory, surroundings
        self._stopped = False
        self._process: Any = None
        self._temporary = ""
        self._pipe: Any = None
        self._tasks = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def submit(self, seconds, f, *args):
        """The Future of f(*args), for an `f` that raises nothing.

        It raises TimeoutError after so many seconds, Died where the process ends, and MemoryError where the result
        does not fit into its memory.
        """
        future = Future()
        self._tasks.put((future, seconds, (f, *args)))
        return future

    def stop(self):
        """Ends the process and cancels what is not done. Nothing is to be submitted any more."""
        self._stopped = True
        self._tasks.put(None)
        process = self._process
        if process:
            _kill(process)  # or what the thread is sending or receiving would be waited for
        self._thread.join()

    def _serve(self):
        """Does the tasks; this is what the thread runs."""
        while entry := self._tasks.get():
            future, seconds, task = entry
            try:
                self._start()
                self._pipe.send(task)
                future.set_result(self._receive(seconds))
            except BaseException as error:
                code = self._end()
                future.set_exception(self._reason(error, code))
        self._end()

    def _reason(self, error, code):
        """What a task's Future raises: a broken pipe means that the process died."""
        if self._stopped:
            return CancelledError()
        broken = isinstance(error, OSError | EOFError) and not isinstance(error, TimeoutError)
        return Died(code) if broken and code is not None else error

    def _start(self):
        """Has a process there that is ready for a task. No task's seconds run meanwhile."""
        if self._process and self._process.is_alive():
            return
        self._end()
        if self._stopped:
            raise CancelledError
        spawn = multiprocessing.get_context("spawn")
        self._temporary = folders.new()
        self._pipe, theirs = spawn.Pipe()
        surroundings = self._surroundings or Surroundings(dict(os.environ), os.getcwd())
        process = spawn.Process(target=_work, args=(theirs, surroundings, self._temporary, self._memory))
        with interrupts_blocked():
            process.start()
        self._process = process
        theirs.close()
        self._receive(float("inf"))  # that it is ready

    def _receive(self, seconds):
        """What the process sends next."""
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
        """Kills the process with its session and returns its exit code; None where there is no process."""
        process, self._process = self._process, None
        try:
            return process and self._killed(process)
        finally:
            if self._temporary:
                folders.remove(self._temporary)

    def _killed(self, process):
        _kill(process)
        process.join()
        self._pipe.close()
        return process.exitcode


def _kill(process):
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()  # where it has not got as far as a session of its own


@contextmanager
def interrupts_blocked():
    """Blocks interrupts, for good, in processes that are started in this block.

    A terminal sends them to every process, and until one has a session of its own they would reach it; but how to end
    is decided in the command alone.
    """
    interrupts = {signal.SIGINT, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, interrupts)
    try:
        resource_tracker.ensure_running()  # starting a process would do it in between, and it unblocks SIGINT
        signal.pthread_sigmask(signal.SIG_BLOCK, interrupts)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def signal_name(number):
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def keep_memory():
    """Has glibc keep what is freed. As a rule it gives large arrays back to the system, and asks anew at every step."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(TRIM_THRESHOLD, KEPT)
        mallopt(MMAP_THRESHOLD, KEPT)


# Below: what runs in the process.


def _work(pipe, surroundings, temporary, memory):
    """Does tasks until the pipe is closed."""
    settle(surroundings, temporary, memory)
    me = os.getpid()
    pipe.send("ready")
    with suppress(EOFError):
        while True:
            f, *args = pipe.recv()
            outcome = f(*args)
            if os.getpid() != me:
                os._exit(0)  # the task forked, and this is the child
            try:
                pipe.send(outcome)
            except MemoryError as error:
                pipe.send(error)


def settle(surroundings, temporary, memory=None):
    """What a process does before it runs somebody's column."""
    os.setsid()
    threading.Thread(target=_die_with_parent, args=(temporary,), daemon=True).start()
    os.environ.clear()
    os.environ.update(surroundings.environment)
    os.environ["TMPDIR"] = tempfile.tempdir = temporary
    os.chdir(surroundings.folder)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # there is nothing to clean up
    limit(memory)
    keep_memory()
    # Whatever frameworks write to file descriptors 1 and 2, the command's own output stays clean.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    np.seterr(all="ignore")  # a diverging run overflows, in every column


def _die_with_parent(temporary):
    """Waits until the parent has ended, however it did, and ends this process and its children."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        shutil.rmtree(temporary, ignore_errors=True)
        os.killpg(0, signal.SIGKILL)
