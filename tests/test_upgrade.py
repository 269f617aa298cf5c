"""`fourfold diff --with`: what was named is installed, the same suite is run on both sides, nothing half made is used.

No network is needed: the packages are tiny wheels that are made here. What fourfold needs is found where it is.
"""

import fcntl
import hashlib
import importlib.metadata
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from fourfold.compare.commands import upgraded
from fourfold.compare.commands.diff import AskedOfBoth
from fourfold.compare.commands.diff import diff as verb
from fourfold.compare.commands.options import Begun
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.upgrade import environments, installing, processes, requirements
from tests.test_cli import HERE, command, said

COLUMN = Path(HERE, "impls/two_layer/numpy_impl.py").read_text()
SLOPE = "dL_dH = dL_dA * sigma_prime(A)"
PYTHON = re.escape(platform.python_version())
LITTLE = ("--case", "xor", "--steps", "3", "--seeds", "1", "--dtype", "float64")


def wheel(folder, name, version, files, *needs):
    """Writes a wheel of these {path: text}."""
    about = f"{name.replace('-', '_')}-{version}"
    files = files | {
        f"{about}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {need}\n" for need in needs),
        f"{about}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = []
    with zipfile.ZipFile(folder / f"{about}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
            sha256 = urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={sha256},{len(text.encode())}")
        archive.writestr(f"{about}.dist-info/RECORD", "\n".join([*record, f"{about}.dist-info/RECORD,,", ""]))


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """A folder of wheels: wrongmath, right in version 1 and wrong in 2, and stand-ins for what fourfold needs."""
    folder = tmp_path_factory.mktemp("wheels")
    assert SLOPE in COLUMN
    wheel(folder, "wrongmath", "1.0", {"wrongmath.py": COLUMN})
    wheel(folder, "wrongmath", "2.0", {"wrongmath.py": COLUMN.replace(SLOPE, "dL_dH = dL_dA")})
    wheel(folder, "numpy", "1.0", {})
    wheel(folder, "pytest", "0.1", {})
    wheel(folder, "needsold", "1.0", {}, "pytest==0.1")
    here = "\n".join([*sys.path[1:], ""])
    for need in requirements.of_fourfold([], set()):
        name = requirements.distribution(need)
        wheel(folder, name, importlib.metadata.version(name), {f"here_{name}.pth": here} if name == "numpy" else {})
    return folder


@pytest.fixture
def around(wheels, tmp_path, monkeypatch):
    """Surroundings in which pip knows these wheels alone, and all that is kept is kept in a folder of the test."""
    variables = {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def quick(around, monkeypatch):
    """An environment is an empty folder with a link to this Python, made at once."""

    def venv(place):
        (place / "bin").mkdir()
        (place / "bin" / "python").symlink_to(sys.executable)

    monkeypatch.setattr(installing, "venv", venv)
    monkeypatch.setattr(installing, "install", lambda *how: {})
    monkeypatch.setattr(installing, "freeze", lambda python: ["wrongmath==1.0"])
    return monkeypatch


def made(text, sentences=None):
    """The folder of an environment, made or used once."""
    side = requirements.side(text)
    say = (lambda sentence: None) if sentences is None else sentences.append
    with environments.environment(side, [], say, lambda line: None) as ready:
        return ready.python.parent.parent


@pytest.mark.parametrize(
    ("text", "parts", "label"),
    [
        ("jax==0.4.35", ("jax==0.4.35",), "jax-0.4.35"),
        ("jax==0.4.35 jaxlib==0.4.34", ("jax==0.4.35", "jaxlib==0.4.34"), "jax-0.4.35-jaxlib-0.4.34"),
        ("jax==0.4.35,jaxlib==0.4.34", ("jax==0.4.35", "jaxlib==0.4.34"), "jax-0.4.35-jaxlib-0.4.34"),
        ("jax >= 0.4, < 0.5 , numpy", ("jax >= 0.4, < 0.5", "numpy"), "jax-0.4-0.5-numpy"),
        ("jax[cpu, k8s]==0.5 numpy", ("jax[cpu, k8s]==0.5", "numpy"), "jax-cpu-k8s-0.5-numpy"),
        ("a; python_version > '3' and os_name == 'posix'",) * 2 + ("a-python_version-3-and-os_name-posix",),
        ("torch @ https://x.org/torch-2.whl numpy", ("torch @ https://x.org/torch-2.whl", "numpy"), None),
        (" this ", (), "this"),
    ],
)
def test_requirements_are_read_as_they_are_meant(text, parts, label):
    side = requirements.side(text)
    assert side.requirements == ((parts,) if isinstance(parts, str) else parts)
    assert label in (None, side.label())


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["jax==0.5.3"], "--with is given twice"),
        (["jax==0.5.3"] * 3, "--with is given twice"),
        (["jax==0.5.3"] * 2, "Both sides are 'jax==0.5.3': give two that differ"),
        (["this", "this"], "Both sides are 'this': give two that differ"),
        (["this", "nosuchfile.txt"], "There is no file nosuchfile.txt"),
        (["this", "foo bar==="], "'bar===' is not something pip can install: write NAME==VERSION"),
        (["this", "jax=0.5"], "'jax=0.5' is not something pip can install"),
        (["this", "--index-url"], "'--index-url' is not something pip can install"),
        (["this", " "], "--with takes what pip can install, such as jax==0.10.2, or the word this"),
        (["this", "wheels/none-1.0-py3-none-any.whl"], "There is no file or folder wheels/none"),
        (["this", "fourfold==0.1"], "Both sides are judged by the fourfold that is here"),
    ],
)
def test_what_is_no_upgrade_gets_one_sentence(around, texts, sentence):
    with pytest.raises(UsageError, match=sentence) as refused:
        verb(with_=texts)
    assert "\n" not in str(refused.value)
    assert not environments.folder().exists()


def test_a_requirements_file_is_what_it_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("old.txt")
    path.write_text("# before\njax==0.5.3\n\n  jaxlib == 0.5.3  # its other half\n")
    side = requirements.side("old.txt")
    assert side == ("old.txt", ("jax==0.5.3", "jaxlib == 0.5.3"))
    assert side.label() == "old"
    assert side.names() == {"jax", "jaxlib"}
    for text, sentence in (
        ("-r other.txt", "old.txt has the line '-r other.txt': --with takes files of requirements, one a line"),
        ("jax=0.5", "'jax=0.5' is not something pip can install"),
        ("# nothing", "old.txt names nothing that pip could install"),
    ):
        path.write_text(text)
        with pytest.raises(UsageError, match=sentence):
            requirements.side("old.txt")


def test_a_column_that_neither_side_has_is_refused(around, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = AskedOfBoth(impl="nosuch")
    with pytest.raises(UsageError, match=r"^There is no column 'nosuch': choose from"):  # numpy is here: it has none
        verb(with_=["this", "numpy==2.3.5"], asked=asked)
    assert not environments.folder().exists()
    with pytest.raises(UsageError, match=r"^In A: There is no column 'nosuch': choose from"):
        verb(with_=["this", "wrongmath==1.0"], asked=asked)
    assert [*tmp_path.iterdir()] == [tmp_path / "cache"]


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"a": "before"}, "compares two reports, or what two --with install: not both"),
        ({"asked": AskedOfBoth(impl="jaxx")}, "There is no column 'jaxx': did you mean jax"),
        ({"asked": AskedOfBoth(dtype="float8")}, "There is no precision 'float8'"),
        ({"asked": AskedOfBoth(case="none")}, "none"),
        ({"training": Begun(lr=-1)}, "learning rate|--lr"),
    ],
)
def test_a_suite_that_cannot_be_asked_is_refused_before_anything_is_installed(around, how, sentence):
    a = [how.pop("a")] if "a" in how else []
    with pytest.raises(UsageError, match=sentence):
        verb(*a, with_=["wrongmath==1.0", "wrongmath==2.0"], **how)
    assert not environments.folder().exists()


def test_options_of_a_suite_go_with_an_upgrade():
    for how in ({"asked": AskedOfBoth(suite="quick")}, {"training": Begun(steps=3)}):
        with pytest.raises(UsageError, match="Two reports are compared as they are"):
            verb("a", "b", **how)
    for reports in ((), ("a",)):
        with pytest.raises(UsageError, match="diff takes two reports"):
            verb(*reports)


def test_options_are_handed_on_as_they_are_typed():
    assert upgraded.as_typed(Begun()) == []
    assert upgraded.as_typed(Begun(lr=-0.5, bias=True, steps=3)) == ["--bias", "--lr=-0.5", "--steps=3"]
    assert upgraded.as_typed(AskedOfBoth(impl="jax", suite="quick")) == ["--suite=quick"]


def test_an_upgrade_is_made_run_and_judged(around, tmp_path):
    both = ("--with", "wrongmath==1.0", "--with", "wrongmath==2.0")
    ask = ("diff", *both, "--impl", "numpy,wrongmath", *LITTLE)
    done = command(*ask, cwd=tmp_path, python=("-m", "fourfold.compare"))
    notes = said(done, 1).splitlines()
    assert done.stdout.startswith("WRONG IN B: wrongmath from dL_dH (E16) on; A was right.\n"), done.stdout
    assert re.search(r"In B, wrongmath \(xor, float64\): first wrong at step 0, seed 0, dL_dH\[\d, \d\]", done.stdout)
    assert "Right in A: numpy, wrongmath. Right in B: numpy." in done.stdout
    assert re.search(r"\n  wrongmath +1\.0 → 2\.0\n", done.stdout), done.stdout
    place = tmp_path / "reports/out/upgrade/wrongmath-1.0-to-wrongmath-2.0"
    for name in ("a/result.json", "b/arrays/0-wrongmath-float64.npz", "moved/index.html"):
        assert (place / name).is_file()
    there = environments.all_kept()
    assert [contents.requirements for _, contents in there] == [["wrongmath==1.0"], ["wrongmath==2.0"]]
    for folder, contents in there:
        assert f"{contents.requirements[0]}: making an environment in {folder}." in notes
        assert contents.requirements[0] in contents.frozen
        assert contents.as_here["numpy"] == importlib.metadata.version("numpy")
    assert sum(bool(re.search(r": made in \d+ s, \d+ MB\. It is kept for the next time\.$", n)) for n in notes) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "wrongmath==9",
            rf"may not ask an index \(PIP_NO_INDEX\): unset it, or name a folder with PIP_FIND_LINKS that has "
            rf"wrongmath==9 for Python {PYTHON}; the newest is 2.0\.",
        ),
        ("numpy==1.0", r"pip cannot install numpy==1.0: these do not go together: numpy==1.0; numpy>=2.0"),
    ],
)
def test_what_pip_cannot_install_gets_one_sentence_and_leaves_nothing(around, text, sentence):
    side = requirements.side(text)
    needs = requirements.of_fourfold([], side.names())
    with pytest.raises(UsageError, match=sentence) as refused, environments.environment(side, needs, len, len):
        pass
    assert "\n" not in str(refused.value)
    assert [*environments.folder().iterdir()] == []


def test_only_what_has_to_move_is_not_as_it_is_here(around):
    side, sentences = requirements.side("needsold"), []
    needs = requirements.of_fourfold([], side.names())
    with environments.environment(side, needs, sentences.append, len):
        ((_, contents),) = environments.all_kept()
    assert {"needsold==1.0", "pytest==0.1"} <= {*contents.frozen}
    assert "pytest" not in contents.as_here
    assert contents.as_here.keys() >= {requirements.distribution(need) for need in needs}


@pytest.mark.parametrize(
    ("output", "kind", "sentence"),
    [
        ("WARNING: Retrying after NewConnectionError\nERROR: No matching", ColumnError, "reaches no package index"),
        (
            "ERROR: [Errno 28] No space left on device",
            ColumnError,
            "There is no room on the disk for jax==0.5: make some",
        ),
        ("ERROR: Failed building wheel for jax", ColumnError, "cannot install jax==0.5: ERROR: Failed building wheel"),
        ("", ColumnError, "it says nothing"),
        (
            "ERROR: Could not find a version that satisfies the requirement jax==0.5 (from versions: 0.1, 0.2)",
            UsageError,
            f"pip finds no jax==0.5 for Python {PYTHON}; the newest is 0.2",
        ),
    ],
)
def test_why_pip_fails_is_one_sentence(quick, output, kind, sentence):
    quick.undo()
    quick.setenv("PIP_NO_INDEX", "0")
    quick.setattr(processes, "run", lambda *how: (1, output))
    with pytest.raises(kind, match=sentence) as refused:
        installing.install("python", ["jax==0.5", "numpy"], {"jax"}, len)
    assert "\n" not in str(refused.value)


def test_a_python_that_makes_no_environments_is_named(around, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "run", lambda *how: (1, "/usr/bin/python3: No module named venv\n"))
    with pytest.raises(ColumnError, match=r"cannot make an environment in .*: .*No module named venv"):
        installing.venv(tmp_path)


def test_an_environment_is_used_again_until_something_in_it_is_another(quick):
    sentences = []
    place = made("wrongmath==1.0", sentences)
    assert made("wrongmath==1.0", sentences) == place
    assert [" making an environment in" in sentence for sentence in sentences] == [True, False, False]
    assert sentences[-1].startswith(f"wrongmath==1.0: reusing {place}, ")
    assert made("wrongmath==2.0") != place
    quick.setattr(installing, "install", lambda *how: {"wrongmath": "0.9"})
    quick.setattr(installing, "versions_here", lambda named: {"wrongmath": "1.1"})
    made("wrongmath>1", sentences)
    made("wrongmath>1", sentences)
    assert "anew, since wrongmath here is now 1.1" in sentences[-2]
    (place / "bin" / "python").unlink()
    made("wrongmath==1.0", sentences)
    assert "anew, since its Python does not start any more" in sentences[-2]


def test_a_wheel_that_changed_is_installed_anew(quick, tmp_path):
    path = tmp_path / "mine-1.0-py3-none-any.whl"
    path.write_bytes(b"1")
    places = [made(str(path)), made(str(path))]
    os.utime(path, (1, 1))
    places.append(made(str(path)))
    assert places[0] == places[1] != places[2]
    assert places[0].name.startswith("mine-1.0-py3-none-any.whl-")


def test_what_is_half_made_is_never_used(quick):
    def interrupted(*how):
        raise KeyboardInterrupt

    sentences = []
    with quick.context() as patch:
        patch.setattr(installing, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            made("wrongmath==1.0")
    assert environments.all_kept() == []
    place = made("wrongmath==1.0")
    (place / environments.MARK).unlink()  # as after a kill
    (place / "half").mkdir()
    assert environments.all_kept() == [(place, None)]
    assert made("wrongmath==1.0", sentences) == place
    assert " making an environment in" in sentences[0]
    assert not (place / "half").exists()


def test_a_second_command_waits_for_the_first(quick):
    place = made("wrongmath==1.0")
    sentences = []
    descriptor = os.open(place, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    second = threading.Thread(target=made, args=("wrongmath==1.0", sentences))
    second.start()
    while not sentences:
        time.sleep(0.01)
    assert sentences == [f"Another fourfold makes or uses {place.name}: this one goes on after it."]
    environments._remove(place)  # what the second waits for is not there any more
    os.close(descriptor)
    second.join()
    assert " making an environment in" in sentences[1]
    assert (place / environments.MARK).is_file()


def test_environments_are_listed_and_removed(quick, capsys):
    assert upgraded.kept(remove=False) == 0
    assert capsys.readouterr().out == "No environments are kept.\n"
    place, used = made("wrongmath==1.0"), made("wrongmath==2.0")
    (environments.folder() / "thesis").mkdir()
    assert upgraded.kept(remove=False) == 0
    assert f"wrongmath==1.0: {place}, 0 MB, made 20" in capsys.readouterr().out
    descriptor = os.open(used, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert upgraded.kept(remove=True) == 0
    os.close(descriptor)
    printed = capsys.readouterr().out
    assert "Removed: 1 environment in " in printed
    assert f"{used.name} is in use, and stays." in printed
    assert sorted(path.name for path in environments.folder().iterdir()) == sorted([used.name, "thesis"])


def test_a_folder_that_cannot_be_written_is_named(around, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match=r"Cannot write .*file/fourfold/environments/wrongmath-1.0-.*: Not a dir"):
        made("wrongmath==1.0")


STARTER = """
import os, sys
from fourfold.compare.upgrade import processes
child = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
processes.run([sys.executable, "-c", child], os.environ, print)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with the one that has started it")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_pip_ends_with_the_command(number):
    argv = [sys.executable, "-u", "-c", STARTER]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        child = int(process.stdout.readline())
        process.send_signal(number)
        process.wait()
    for _ in range(500):
        if not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text():
            return
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    pytest.fail("it goes on")
