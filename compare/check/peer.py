"""Runs an implementation in a process of its own and puts the questions of protocol.py to it.

The process has an empty working folder, no secrets of ours in its environment, none of our open files, a limit to its
memory, and one time limit for everything. It and all it started are gone when `of_target` or `of_command` is left,
and it is gone when we are killed.
"""

import contextlib
import json
import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from fourfold.compare.check import protocol, target
from fourfold.compare.columns import workers
from fourfold.compare.errors import ColumnError, Misfit, UsageError
from fourfold.compare.results.environment import counts
from fourfold.compare.system import launch, signals

PASSED_ON = re.compile(r"PATH|LANG|LC_\w+|VIRTUAL_ENV|LD_LIBRARY_PATH|\w+_NUM_THREADS|(CUDA|JAX|TF)_\w+")
LONGEST = 100_000_000  # bytes of one answer
# of what a target prints
KEPT_BYTES, SHOWN_LINES = 2000, 6


@contextmanager
def of_target(name, timeout, memory=None, layers=False, biases=False):
    """A Peer for "mine.py:NAME" or a module. Raises UsageError where it is not there, does not import or does not fit.

    timeout: seconds in all; memory: GB of data; layers: any depth is asked for, with biases or without.
    """
    where = target.split(name)[0]
    argv = [sys.executable, "-P", "-m", "fourfold.compare.check.target", name, os.getcwd()]
    with _peer(where, argv, timeout, memory, layers, biases) as peer:
        yield peer


@contextmanager
def of_command(text, timeout, memory=None, layers=False, biases=False):
    """A Peer for a command line; words of it that are files here are still found from its empty folder."""
    try:
        program, *words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--command takes a program and its arguments, not {text!r}: {error}.") from None
    found = shutil.which(program)
    if not found:
        raise UsageError(f"There is no program {program!r} that can be run.")
    argv = [os.path.abspath(found), *(os.path.abspath(w) if os.path.exists(w) else w for w in words)]
    with _peer(program, argv, timeout, memory, layers, biases) as peer:
        yield peer


@contextmanager
def _peer(name, argv, timeout, memory, layers, biases):
    with _empty_folder() as folder:
        peer = Peer(name, argv, folder, timeout, memory)
        try:
            peer.introduce(layers, biases)
            yield peer
        finally:
            peer.stop()


@contextmanager
def _empty_folder():
    with signals.temporary_folder() as folder:
        for part in ("home", "tmp", "work"):
            (folder / part).mkdir()
        yield folder


@contextmanager
def apart():
    """In here this process itself has a target's environment and folder, and so has a worker that is started."""
    before, here = dict(os.environ), os.getcwd()
    with _empty_folder() as folder:
        try:
            _set_environment(environment(folder))
            os.chdir(folder / "work")
            yield
        finally:
            os.chdir(here)
            _set_environment(before)


def _set_environment(variables):
    os.environ.clear()
    os.environ.update(variables)


def environment(folder):
    """The environment of a target: an allow-list of ours, and folders of its own."""
    here = str(Path(__file__).parent.parent)
    given = {name: value for name, value in os.environ.items() if counts(name) or PASSED_ON.fullmatch(name)}
    path = [here, *map(os.path.abspath, filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))]
    own = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PYTHONPATH": os.pathsep.join(path)}
    return workers.ENVIRONMENT | given | own


class Peer:
    """`functions` and `activations` can be asked for, of a `row`, with `biases` or without.

    A `model` is an impls.model.Model, or DeepModel, instead; `gone` if it died.
    """

    def __init__(self, name, argv, folder, timeout, memory):
        self.name, self.functions, self.activations, self.model, self.gone = name, [], [], False, False
        self.row, self.biases = "two_layer", False
        self._timeout = self._left = timeout
        self._printed, self._lines, self._rest, self._question = b"", 0, b"", b""
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-IS", launch.__file__, str(memory or 0), *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(folder),
                cwd=folder / "work",
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(f"{name} cannot be started: {error.strerror}.") from None
        pipes = self._process.stdin, self._process.stdout, self._process.stderr
        self._pipes = self._stdin, self._stdout, self._stderr = tuple(pipe for pipe in pipes if pipe)
        for pipe in self._pipes:
            os.set_blocking(pipe.fileno(), False)

    def introduce(self, layers, biases):
        """Ask what it has. Raises UsageError or ColumnError where it cannot say, or has not what is asked for."""
        asked = {"layers": layers, "biases": biases} if layers else {}
        try:
            hello = self._exchange("hello", protocol.line({"call": "hello", "protocol": protocol.VERSION, **asked}))
        except Misfit as error:
            raise UsageError(f"{error}.") from None
        except ColumnError as error:
            printed = self.printed()
            raise ColumnError(f"{error}; it printed:\n{printed}" if printed else f"{error}.") from None
        functions, activations = hello.get("functions"), hello.get("activations", [])
        self.model = hello.get("model") is True
        self.row = "deep" if hello.get("protocol") == 2 else "two_layer"
        self.biases = self.row == "deep" and hello.get("biases") is not False
        if layers and self.row != "deep":
            raise UsageError(f"{self.name} is of two layers without biases: leave --layers and --bias out.")
        if biases and not self.biases:
            raise UsageError(f"{self.name} has no biases: leave --bias out.")
        if self.model:
            return
        if not isinstance(functions, list) or "gradients" not in functions or not isinstance(activations, list):
            raise UsageError(f'{self.name} does not answer "hello" with {{"functions": ["gradients", ...]}}.')
        self.functions = [f for f in protocol.FUNCTIONS if f in functions]
        self.activations = [a for a in target.ACTIVATIONS if a in activations]

    def ask(self, question):
        """{name: NumPy array}. Raises Misfit where the answer is none, ColumnError where there is none."""
        call, wanted = question.call, question.wanted()
        answer = self._exchange(call, question.line())
        wanted = [name for name in wanted if name in answer] if call == "trace" else wanted
        missing = [name for name in wanted if name not in answer]
        if missing or not wanted:
            raise Misfit(f"{call} answers without {', '.join(missing) or 'any quantity'}")
        try:
            return {name: protocol.array(answer[name]) for name in wanted}
        except ValueError as error:
            raise Misfit(f"{call} answers with {error}") from None

    def printed(self):
        """What it printed, cut short."""
        while not self._stderr.closed and self._keep():
            pass
        shown = self._printed.decode(errors="replace").splitlines()[:SHOWN_LINES]
        more = self._lines - len(shown)
        return "\n".join([*shown, f"... and {more:,} lines more"] if more > 0 else shown)

    def stop(self):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in self._pipes:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _exchange(self, call, question):
        """Write a question and read a line; both ways at once, since either pipe may be full."""
        start, self._question = time.monotonic(), question
        if self.gone:
            raise ColumnError(f"{call} could not be asked any more")
        with selectors.DefaultSelector() as waiting:
            for pipe, event, go_on in zip(self._pipes, (2, 1, 1), (self._write, self._read, self._keep), strict=True):
                if not pipe.closed:
                    waiting.register(pipe, event, go_on)
            while b"\n" not in self._rest:
                for key, _ in waiting.select(0.1):
                    if not key.data():
                        waiting.unregister(key.fileobj)
                self._check(call, time.monotonic() - start)
        self._left -= time.monotonic() - start
        line, _, self._rest = self._rest.partition(b"\n")
        return self._decode(call, line)

    def _write(self):
        try:
            self._question = self._question[os.write(self._stdin.fileno(), self._question) :]
        except BrokenPipeError:
            return False
        return bool(self._question)

    def _read(self):
        self._rest += (piece := _available(self._stdout))
        return bool(piece)

    def _keep(self):
        piece = _available(self._stderr)
        self._lines += piece.count(b"\n")
        self._printed = (self._printed + piece)[:KEPT_BYTES]
        return bool(piece)

    def _check(self, call, seconds):
        """Raises ColumnError where no answer will come."""
        doing = "while it was started" if call == "hello" else f"in {call}"
        code, complaint = self._process.poll(), ""
        if code is not None:
            while self._read() or self._keep():
                pass
            complaint = "" if b"\n" in self._rest else f"{self.name} {workers.ended(code)} {doing}"
        elif seconds > self._left:
            complaint = f"{self.name} did not finish within {self._timeout:g} s, {doing}: give it longer with --timeout"
        elif len(self._rest) > LONGEST:
            complaint = f"{self.name} answered with more than {LONGEST:,} bytes {doing}"
        if complaint:
            self.gone = True
            raise ColumnError(complaint)

    def _decode(self, call, line):
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            text = line[:60].decode(errors="replace")
            raise Misfit(f"{self.name} wrote {text!r}, which is no answer: standard output is for answers alone")
        if "error" in answer:
            kinds = {"usage": UsageError, "misfit": Misfit, "raised": ColumnError}
            kind = kinds.get(answer.get("kind", ""))
            raise kind(answer["error"]) if kind else ColumnError(f"{call}: {answer['error']}")
        return answer


def _available(pipe):
    try:
        return os.read(pipe.fileno(), 1 << 20)
    except BlockingIOError:
        return b""
