"""Runs an implementation in a process of its own and puts the questions of protocol.py to it.

The process has an empty working folder, no secrets of ours in its environment, none of our open files, a limit to its
memory, and one time limit for everything. It and all that it started end with the block of `of_target` or
`of_command`, and when this process is killed. It starts at once: what needs NumPy is imported meanwhile.
"""

import json
import os
import selectors
import shlex
import shutil
import signal
import site
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import msgspec

from fourfold.compare.check.forms import sources
from fourfold.compare.check.proven import Proof
from fourfold.compare.errors import ColumnError, Misfit, Raised, UsageError, WrongPrecision, visible
from fourfold.compare.judge.quantities import DEEP, TWO_LAYER, internal, shown
from fourfold.compare.system import launch, signals
from fourfold.compare.system.surroundings import ENVIRONMENT, Surroundings, counts

# Beside what changes computations. Whole names: what begins like one of them may be somebody's password.
PASSED_ON = {
    *("PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES"),
    *("LC_MONETARY", "LC_NUMERIC", "LC_TIME", "NUMEXPR_NUM_THREADS", "CUDA_HOME", "CUDA_PATH", "CUDA_DEVICE_ORDER"),
    *("JAX_TRACEBACK_FILTERING", "TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR"),
}
LONGEST = 100_000_000  # bytes of one answer
# of what a target prints
KEPT_BYTES, SHOWN_LINES = 2000, 6
# by the kind that target.py gives
ERRORS = {"usage": UsageError, "misfit": Misfit, "precision": WrongPrecision, "raised": Raised}


@contextmanager
def of_target(name, timeout, memory=None, layers=False, biases=False, proof=None):
    """A Peer for "mine.py:NAME" or a module. Raises UsageError where it is not there, does not import or does not fit.

    timeout: seconds in all; memory: GB of data; layers: any depth is asked for, with biases or without. With `proof`,
    the options of proof.answer, it is asked for one first, and for nothing else where that settles it.
    """
    where, _ = sources.split(name)
    argv = [sys.executable, "-P", "-m", "fourfold.compare.check.target", name, os.getcwd()]
    with _peer(where, argv, timeout, memory, layers, biases, proof) as peer:
        yield peer


@contextmanager
def of_command(text, timeout, memory=None, layers=False, biases=False):
    """A Peer for a command line; words of it that are files here are still found from its empty folder."""
    try:
        name, *words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--command takes a program and its arguments, not {text!r}: {error}.") from None
    program = shutil.which(name)
    if not program:
        raise UsageError(f"There is no program {name!r} that can be run.")
    argv = [os.path.abspath(program)]
    for word in words:
        argv.append(os.path.abspath(word) if os.path.exists(word) else word)
    with _peer(name, argv, timeout, memory, layers, biases) as peer:
        yield peer


@contextmanager
def _peer(name, argv, timeout, memory, layers, biases, proof=None):
    with surroundings() as around:
        peer = Peer(name, argv, around, timeout, memory)
        try:
            if proof is None or not peer.prove(proof):
                peer.introduce(layers, biases)
            yield peer
        finally:
            peer.stop()


@contextmanager
def surroundings():
    """The Surroundings of somebody's code: an empty folder, and an environment with folders of its own.

    Of our variables it has those on an allow-list. A target imports fourfold as we do, from where it is installed:
    nothing of ours stands in the way of a module of theirs.
    """
    with signals.temporary_folder() as folder:
        for part in ("home", "tmp", "work"):
            (folder / part).mkdir()
        environment = {name: value for name, value in ENVIRONMENT.items() if not name.endswith("_CACHE_DIR")}
        for name, value in os.environ.items():
            if counts(name) or name in PASSED_ON:
                environment[name] = value
        path = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
        environment |= {
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, path)),
            "PYTHONUSERBASE": site.getuserbase(),  # what is installed for this user alone is found without our HOME
        }
        yield Surroundings(environment, str(folder / "work"))


class Peer:
    """`functions` and `activations` can be asked for, of a `row`, with `biases` or without.

    Where it is a whole impls.model.Model or DeepModel instead, `model` is true, and it is not asked any more.
    """

    def __init__(self, name, argv, around, timeout, memory):
        self.name, self.functions, self.activations = visible(name, newlines=True), [], []
        self.model, self.row, self.biases = False, TWO_LAYER, False
        self.proof, self._unrecognised = None, ""  # a proven.Proof; why there is none
        self._timeout = self._left = timeout
        self._is_gone = False
        self._to_write = b""  # of the question
        self._answer = b""  # what has come of it
        self._printed, self._lines = b"", 0
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-IS", launch.__file__, str(memory or 0), *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=around.environment,
                cwd=around.folder,
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(f"{name} cannot be started: {error.strerror}.") from None
        pipes = self._process.stdin, self._process.stdout, self._process.stderr
        self._pipes = self._stdin, self._stdout, self._stderr = tuple(filter(None, pipes))
        for pipe in self._pipes:
            os.set_blocking(pipe.fileno(), False)

    def prove(self, options):
        """Asks for a proven.Proof, and whether nothing else is to be asked.

        Raises UsageError where it does not import, ColumnError where it crashes.
        """
        from fourfold.compare.check import protocol

        try:
            answer = self._exchange("prove", protocol.line({"call": "prove", **options}))
        except Misfit as error:
            self._unrecognised = f"{str(error).rstrip('.')}."
            return False
        except ColumnError as error:
            raise self._with_printed(error) from None
        if "proof" in answer:
            self.proof = msgspec.convert(answer["proof"], Proof)
        return self.proof is not None and self.proof.settles

    def introduce(self, layers, biases):
        """Asks what it has. Raises UsageError or ColumnError where it cannot say, or has not what is asked for."""
        from fourfold.compare.check import protocol

        asked = {"layers": layers, "biases": biases} if layers else {}
        try:
            hello = self._exchange("hello", protocol.line({"call": "hello", "protocol": protocol.VERSION, **asked}))
        except Misfit as error:
            raise UsageError(f"{error}.") from None
        except UsageError as error:
            raise UsageError(self._unrecognised or str(error)) from None
        except ColumnError as error:
            raise self._with_printed(error) from None
        functions, activations = hello.get("functions"), hello.get("activations", [])
        self.model = hello.get("model") is True
        self.row = DEEP if hello.get("protocol") == 2 else TWO_LAYER
        self.biases = self.row == DEEP and hello.get("biases") is not False
        if layers and self.row != DEEP:
            raise UsageError(f"{self.name} has two layers and no biases: leave out --layers and --bias.")
        if biases and not self.biases:
            raise UsageError(f"{self.name} has no biases: leave out --bias.")
        if self.model:
            return
        if not isinstance(functions, list) or "gradients" not in functions or not isinstance(activations, list):
            raise UsageError(f'{self.name} does not answer "hello" with {{"functions": ["gradients", ...]}}.')
        self.functions = [f for f in protocol.FUNCTIONS if f in functions]
        self.activations = [a for a in protocol.ACTIVATIONS if a in activations]

    def _with_printed(self, error):
        printed = self.printed()
        return ColumnError(f"{error}; it printed:\n{printed}" if printed else f"{error}.")

    def ask(self, question):
        """{name: NumPy array}. Raises Misfit where the answer is none, ColumnError where there is none."""
        from fourfold.compare.check import protocol

        call = question.call
        answer = self._exchange(call, protocol.question_line(question))
        wanted = [shown(name, question.row) for name in question.wanted()]
        missing = [name for name in wanted if name not in answer]
        if call == "trace" and len(missing) < len(wanted):
            missing = []  # any of its quantities will do
        if missing:
            raise Misfit(f"{call} answers without {'any quantity' if call == 'trace' else ', '.join(missing)}")
        named = {}
        try:
            for name in wanted:
                if name in answer:
                    named[internal(name, question.row)] = protocol.array(answer[name])
        except ValueError as error:
            raise Misfit(f"{call} answers with {error}") from None
        return named

    def printed(self):
        """What it printed, cut short."""
        while not self._stderr.closed and self._keep():
            pass
        lines = self._printed.decode(errors="replace").splitlines()[:SHOWN_LINES]
        more = self._lines - len(lines)
        if more > 0:
            lines.append(f"... and {more:,} lines more")
        return "\n".join(lines)

    def stop(self):
        """Kills it, with all that it started in its session."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in self._pipes:
            with suppress(BrokenPipeError):
                pipe.close()

    def _exchange(self, call, question):
        """Writes a question and reads a line: the answer, as a dict.

        All three pipes are served at once. Each holds some 64 kB: if it printed more than that while we waited for
        its answer alone, it would wait for us, and we for it.
        """
        if self._is_gone:
            raise ColumnError(f"{call} could not be asked any more")
        start, self._to_write = time.monotonic(), question
        with selectors.DefaultSelector() as waiting:
            for pipe, event, go_on in (
                (self._stdin, selectors.EVENT_WRITE, self._write),
                (self._stdout, selectors.EVENT_READ, self._read),
                (self._stderr, selectors.EVENT_READ, self._keep),
            ):
                if not pipe.closed:
                    waiting.register(pipe, event, go_on)
            while b"\n" not in self._answer:
                for key, _ in waiting.select(0.1):
                    if not key.data():
                        waiting.unregister(key.fileobj)
                self._check(call, time.monotonic() - start)
        self._left -= time.monotonic() - start
        line, _, self._answer = self._answer.partition(b"\n")
        return self._decode(call, line)

    # These three return whether there may be more to come.

    def _write(self):
        try:
            self._to_write = self._to_write[os.write(self._stdin.fileno(), self._to_write) :]
        except BrokenPipeError:
            return False
        return bool(self._to_write)

    def _read(self):
        piece = _available(self._stdout)
        self._answer += piece
        return bool(piece)

    def _keep(self):
        piece = _available(self._stderr)
        self._lines += piece.count(b"\n")
        self._printed = (self._printed + piece)[:KEPT_BYTES]
        return bool(piece)

    def _check(self, call, seconds):
        """Raises ColumnError where no answer will come."""
        doing = {"hello": "while it was started", "prove": "while it was run"}.get(call, f"in {call}")
        code, complaint = self._process.poll(), ""
        if code is not None:
            from fourfold.compare.columns import workers

            while self._read() or self._keep():
                pass
            complaint = "" if b"\n" in self._answer else f"{self.name} {workers.ended(code)} {doing}"
        elif seconds > self._left:
            complaint = f"{self.name} did not finish within {self._timeout:g} s, {doing}: give it longer with --timeout"
        elif len(self._answer) > LONGEST:
            complaint = f"{self.name} answered with more than {LONGEST:,} bytes {doing}"
        if complaint:
            self._is_gone = True
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
            error = ERRORS.get(str(answer.get("kind")))
            raise error(answer["error"]) if error else Raised(f"{call}: {answer['error']}")
        return answer


def _available(pipe):
    """The bytes that can be read at once; none at the end, or where there are none yet."""
    try:
        return os.read(pipe.fileno(), 1 << 20)
    except BlockingIOError:
        return b""
