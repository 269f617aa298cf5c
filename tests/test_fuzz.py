"""Every command, whatever it is given: one of the promised exit codes, one sentence, no traceback, inputs as they were.

The commands and their options are asked from the application, so that a new one is tried too. They run in this process;
a column runs in it as well, or is dead from the start. `make faults` tries thousands of inputs.
"""

import contextlib
import errno
import hashlib
import importlib
import io
import json
import os
import shutil
import signal
import sys
import zipfile
from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from fourfold.compare.cases.data import LARGEST_CSV
from fourfold.compare.columns import workers
from fourfold.compare.commands import cli
from fourfold.compare.results import report_folder
from fourfold.compare.system import worker
from tests.makers import activations, soak, thresholds

# Where it is too long at work it is interrupted, maybe in what ignores that and is interrupted again.
pytestmark = [
    pytest.mark.xdist_group("fuzz"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]
COMMANDS = [name for name in cli.app if not name.startswith("-")]
# The programs of tests/makers promise the same.
MAKERS = {"soak": soak.app, "activations": activations.app, "thresholds": thresholds.app}
OUTPUTS = {"--json", "--out", "--junitxml"}
# What an option is given where it is not tried, so that the work is little.
LITTLE = {
    "--impl": "numpy",
    "--steps": "3",
    "--seeds": "1",
    "--dtype": "float64",
    "--resolution": "2",
    "--configurations": "1",
}
LONGEST = 0.2  # seconds of the processor for one example; what takes longer has been accepted
NIGHTLY = settings.default.max_examples > 100
FEW = settings(
    max_examples=settings.default.max_examples if NIGHTLY else 10,
    derandomize=not NIGHTLY,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
NAMES = [
    "data.csv",
    "a b.csv",
    "ü☃ 網.csv",
    "-dash.csv",
    "--json",
    "$(x) `y`.csv",
    "report",
    "report/result.json",
    "none",
]
NAMES += ["report/inputs.npz", "report/arrays/0-numpy-float64.npz", "soak.json", "empty", "folder", ".", "", "mine.py"]
MEANT = ["xor", "numpy", "numpy-loop,numpy", "sigmoid", "tanh,identity", "2,3,1", "quick", "full", "float32", "all"]
MEANT += ["0", "1", "2", "3:5", "0.5", "1e-3", "-", "none", "asymmetric-tanh", "xor,one-of-each", "0,1", "--help"]
STRANGE = [
    "-1",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "5:2",
    "a:b",
    ",",
    ":",
    "1,,2",
    "1e3.0",
    "0x10",
    "１２",
    "1_0",
    "--",
    "-x",
]
STRANGE += [str(2**62), str(10**30), "9" * 5000, "x" * 5000, "\udcff", "\x1b[2J", "[red]", "%s{0}", "{}", "[]", "''"]
TEXT = st.text(st.characters(exclude_characters="/\0"), max_size=12)  # stays in its folder
VALUE = st.sampled_from(MEANT) | st.sampled_from(NAMES) | st.sampled_from(STRANGE) | TEXT


class Enough(BaseException):
    """It is at work, and has been for long enough."""


class Now:
    """Its methods stand in for worker.Worker's: little tasks are done at once, others kill it."""

    dead = False

    def __init__(self, memory=None, surroundings=None):
        pass

    def submit(self, seconds, f, *args):
        future = Future()
        if Now.dead or any(isinstance(a, int) and a > 100 for a in args):
            future.set_exception(worker.Died(-9))
        else:
            with np.errstate(all="ignore"):  # as in a worker
                future.set_result(f(*args))
        return future

    def stop(self):
        pass


def no_process(*args, **more):
    raise OSError(errno.ENOEXEC, os.strerror(errno.ENOEXEC))


def enough(*args, **more):
    raise Enough


def enough_at_next_call(*args):
    """A signal is handled anywhere, and not all that is written in C bears an error there; any call may raise one."""
    sys.setprofile(enough)


@pytest.fixture(scope="module")
def main():
    """Runs a command line in this process: (exit code or None, standard output, standard error)."""
    before = signal.signal(signal.SIGVTALRM, enough_at_next_call)
    with pytest.MonkeyPatch.context() as patch:
        # what is imported must not be interrupted: half of a framework takes the process with it
        for module in ("pyarrow.parquet", "distributed", "psutil", "fourfold.reports.pictures"):
            importlib.import_module(module)
        there = workers.package_installed
        patch.setattr(
            workers,
            "package_installed",
            lambda package: package not in {"torch", "jax", "tensorflow"} and there(package),
        )
        for name in ("__init__", "submit", "stop"):
            patch.setattr(worker.Worker, name, vars(Now)[name])
        patch.setattr("subprocess.Popen", enough)
        patch.setattr("fourfold.compare.check.peer.subprocess", SimpleNamespace(Popen=no_process, PIPE=-1))
        patch.setattr("fourfold.compare.system.signals.handle", lambda handler: None)

        def main(*argv, dead=False, seconds=LONGEST):
            out = io.TextIOWrapper(io.BytesIO(), "utf-8")
            err = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Now, "dead", dead)
                program = MAKERS.get(argv[0])
                patch.setattr(sys, "argv", ["fourfold", *(argv[1:] if program else argv)])
                patch.setattr(sys, "path", [*sys.path])
                signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.1)
                try:
                    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                        cli.main(program or cli.app)
                except SystemExit as end:
                    code = end.code
                except Enough:
                    code = None
                finally:
                    for _ in "it", "again":  # what ended by itself may be interrupted here; a profile raises once
                        try:
                            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                            sys.setprofile(None)
                        except Enough:
                            pass
            return code, *(stream.flush() or stream.buffer.getvalue().decode() for stream in (out, err))

        yield main
    signal.signal(signal.SIGVTALRM, before)


@pytest.fixture(scope="module")
def inputs(main, tmp_path_factory):
    """A folder with a file of every kind that commands read."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "folder").mkdir()
    (folder / "empty").touch()
    (folder / "mine.py").write_text("def gradients(X, Y, W1, W2): pass")
    for name in NAMES[:6]:
        (folder / name).write_text("a,b,y\n0,0.5,1\n-1,2e-3,0\n")
    with contextlib.chdir(folder):
        little = ["--impl", "numpy", "--dtype", "float64"]
        assert main("report", *little, "--steps", "3", "--seeds", "2", "--out", "report", seconds=60)[0] == 0
        shutil.copytree("report", "other")
        assert main("soak", "soak.json", "--impl", "numpy", "--configurations", "1", seconds=60)[0] == 0
    return folder


@pytest.fixture
def place(inputs, tmp_path):
    """Makes a folder anew with all inputs in it, and goes there."""

    @contextlib.contextmanager
    def place():
        shutil.rmtree(tmp_path / "place", ignore_errors=True)
        shutil.copytree(inputs, tmp_path / "place")
        with contextlib.chdir(tmp_path / "place"):
            yield tmp_path / "place"

    return place


def files(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).digest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def promised(code, out, err):
    """What every command promises about how it ends."""
    event(f"exit code {code}")
    assert "Traceback" not in out + err
    assert code in {None, 0, 1, 2, 3}
    if code == 2:
        assert len(err.splitlines()) == 1, err
        assert err.startswith("fourfold: ")
        assert len(err) < 2000


@st.composite
def command_lines(draw, command):
    """A command with some of its options; the rest as little work as can be."""
    app = MAKERS.get(command) or cli.app[command]
    arguments = [a for a in app.assemble_argument_collection() if a.parse and not a.children]
    tried = draw(st.lists(st.sampled_from(arguments), max_size=3, unique_by=id))
    argv = [command]
    for a in arguments:
        name = a.names[0]
        positional = a.field_info.kind.name.startswith("POSITIONAL")
        if positional and (a.required or a in tried):
            argv.append(draw(VALUE))
        elif a.is_flag():
            argv += [draw(st.sampled_from(a.names))] if a in tried else []
        elif a in tried:
            argv += [f"{name}={draw(VALUE)}"] if draw(st.booleans()) else [name, draw(VALUE)]
        elif name in LITTLE:
            argv += [name, LITTLE[name]]
    return argv + draw(st.lists(VALUE, max_size=1)) if draw(st.integers(0, 9)) == 0 else argv


@pytest.mark.parametrize("command", [*COMMANDS, *MAKERS])
def test_whatever_the_options(main, place, command):
    @FEW
    @given(command_lines(command), st.booleans())
    def test(argv, dead):
        with place() as folder:
            before = files(folder)
            ended = main(*argv, dead=dead)
            after = files(folder)
        promised(*ended)
        named = []
        for option in argv:
            named += [option, option.partition("=")[2]]
        for name in before.keys() | after.keys():
            if before.get(name) != after.get(name) and not name.startswith("reports/out/"):
                assert any(name == n or name.startswith(f"{n}/") for n in filter(None, named)), name

    test()


PIECES = [
    b"",
    b"\0",
    b"\xff",
    b'"',
    b"\n",
    b",",
    b"{",
    b"[" * 5000,
    b"1e999",
    b"-1",
    b"null",
    b"NaN",
    b"9" * 5000,
    b"0.5",
]


@st.composite
def damaged(draw, content):
    """The bytes of a file with something cut out, put in, or put elsewhere."""
    for _ in range(draw(st.integers(1, 3))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        end = draw(st.sampled_from([start, min(start + 1, end), end]))
        piece = draw(st.sampled_from([*PIECES, content[start:end] * 2]) | st.binary(max_size=8))
        content = content[:start] + piece + content[end:]
    return content


@st.composite
def damaged_arrays(draw, content):
    """An .npz, and what is in it, damaged."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(members)))
    members[draw(st.sampled_from([name, "other.npy", "X.npy", "../X.npy"]))] = draw(damaged(members.pop(name)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return buffer.getvalue()


ROWS = st.lists(
    st.lists(
        st.sampled_from(["0", "1", "-2.5", "1e300", "1e-320", "nan", "", "x", "y", "y1", '"', " 1 "]) | TEXT, max_size=4
    ),
    max_size=5,
)
TABLES = ROWS.map(lambda rows: "\n".join(map(",".join, rows)).encode(errors="surrogatepass"))
AGREE = ["agree", "--impl", "numpy", "--steps", "3", "--seeds", "1", "--data", "data.csv"]
READ = {
    "CSV": (AGREE, "data.csv", lambda content: TABLES | damaged(content)),
    "a result": (["diff", "report", "other"], "other/result.json", damaged),
    "arrays": (["diff", "report", "other"], "other/inputs.npz", lambda c: damaged(c) | damaged_arrays(c)),
    "a column's arrays": (["diff", "other", "report"], "other/arrays/0-numpy-float64.npz", damaged_arrays),
    "a soak": (["soak", "soak.json", "--impl", "numpy", "--configurations", "1"], "soak.json", damaged),
}  # fmt: skip


@pytest.mark.parametrize("what", READ)
def test_whatever_is_in_a_file(main, place, inputs, what):
    argv, name, contents = READ[what]

    @FEW
    @given(contents((inputs / name).read_bytes()), st.booleans())
    def test(content, listed):
        with place() as folder:
            (folder / name).write_bytes(content)
            if listed and name.endswith(".npz"):  # the hash in result.json is that of the damaged file
                path = folder / "other" / "result.json"
                record = json.loads(path.read_bytes())
                record["arrays"][name.removeprefix("other/")] = hashlib.sha256(content).hexdigest()
                path.write_text(json.dumps(record))
            before = files(folder)
            ended = main(*argv)
            after = files(folder)
        promised(*ended)
        assert after == before or (what == "a soak" and ended[0] == 0)

    test()


def test_a_pickle_in_an_npz_is_not_opened(main, place):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, ("exploded",)

    with place() as folder:
        np.savez(folder / "other" / "inputs.npz", X=np.array([Bomb()], object))
        path = folder / "other" / "result.json"
        record = json.loads(path.read_bytes())
        record["arrays"]["inputs.npz"] = hashlib.sha256((folder / "other" / "inputs.npz").read_bytes()).hexdigest()
        path.write_text(json.dumps(record))
        code, _, err = main("diff", "report", "other")
        assert (code, "exploded" in os.listdir()) == (2, False)
        assert "holds pickled Python objects, which are never read" in err


@pytest.mark.parametrize(("right", "wrong"), [(b"}", b" "), (b"(2,), }  ", b"(2L,), } ")])
def test_an_array_whose_heading_has_no_end_or_is_of_python_2(right, wrong):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.zeros(2))
    cut = buffer.getvalue().replace(right, wrong)
    with pytest.raises(ValueError, match=r"X\.npy begins with something else"):
        report_folder._array(cut, "X.npy", {"X": ("float64", (2,))})


@pytest.mark.parametrize("name", NAMES[1:6])
def test_names_with_anything_in_them(main, place, name):
    """A leading dash is given as --data=-dash.csv."""
    with place() as folder:
        little = ["--impl", "numpy", "--steps", "3", "--seeds", "1", "--dtype", "float64"]
        verb, where = ("report", ["--resolution=2", f"--out=out {name}"]) if "ü" in name else ("agree", [])
        assert main(verb, *little, f"--data={name}", f"--json={name}.json", *where, seconds=60)[::2] == (0, "")
        assert (folder / f"{name}.json").is_file()
        assert (folder / f"out {name}" / "index.html").is_file() == ("ü" in name)


@pytest.mark.parametrize(("option", "largest"), [("agree --data", LARGEST_CSV), ("diff report", 64 * 2**20)])
def test_files_without_end(main, place, option, largest):
    with place():
        code, _, err = main(*option.split(), "/dev/zero", seconds=60)
        assert (code, err) == (
            2,
            f"fourfold: /dev/zero is larger than {largest:,} bytes, the most that is read of such a file.\n",
        )
