"""What has to be installed is enough, and what the tests run with is written down with hashes."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from email import message_from_bytes
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fourfold.compare.results import result
from tests.conftest import is_for_want
from tests.test_cli import HERE, said

PYPROJECT = tomllib.loads(Path(HERE, "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
OURS = ("impls", "compare", "reports")


def needed(requirements):
    """The distributions that requirements come to, here."""
    distributions, left = {}, [*requirements]
    while left:
        requirement = Requirement(left.pop())
        if requirement.name in distributions or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        distributions[requirement.name] = importlib.metadata.distribution(requirement.name)
        left += distributions[requirement.name].requires or []
    return distributions.values()


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Runs the command with a Python that has what fourfold requires, and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder / "venv")
    (folder / "packages").mkdir()
    for distribution in needed(PROJECT["dependencies"]):
        for part in {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}:
            (folder / "packages" / part).symlink_to(distribution.locate_file(part))
    (site,) = folder.glob("venv/lib/*/site-packages")
    (folder / "packages" / "fourfold").symlink_to(HERE)
    (site / "all.pth").write_text(f"{folder / 'packages'}\n")

    def command(*args):
        line = [folder / "venv" / "bin" / "python", "-m", "fourfold.compare", *args]
        return subprocess.run(line, capture_output=True, text=True, cwd=folder, check=False)

    return command, folder


def test_without_any_framework(bare):
    command, folder = bare
    left_out = "Not installed, left out: torch, jax, tf."
    little = ["--steps", "30", "--seeds", "2", "--case", "xor"]
    assert said(command("agree", *little), 0) == left_out
    assert said(command("report", *little, "--resolution", "2", "--out", "out"), 0) == left_out
    assert result.read(folder / "out" / "result.json").exit_code() == 0
    assert (folder / "out" / "index.html").is_file()
    done = command("doctor")
    assert said(done, 0) == ""
    assert set(re.findall(r"(\S+) +not installed", done.stdout)) == {"torch", "jax", "tf"}
    assert said(command("check", "--template", "numpy", "--out", "mine.py"), 0) == ""
    done = command("check", "mine.py", "--case", "xor", "--seeds", "1")
    assert said(done, 1) == ""
    assert "is not filled in" in done.stdout
    assert said(command("train", "numpy", "--steps", "3"), 0) == ""
    done = command("lesson", "--steps", "3", "--resolution", "2", "--out", "lesson")
    assert said(done, 0) == left_out
    assert "0 wrong" in done.stdout
    page = (folder / "lesson" / "index.html").read_text()
    assert "<title>Backpropagation in NumPy</title>" in page


@pytest.mark.parametrize(
    ("sentence", "skipped"),
    [
        ("No module named 'tensorflow.python'", True),
        (str(("No module named 'tensorflow' in \"a file\"",)), True),
        ("fourfold: tf needs tensorflow, which is not installed.", True),
        ("assert 'Not installed, left out: torch, tf.' == ''", True),
        ("assert 'Not installed, left out: torch.' == '' but tf is wrong", False),
        ("tf is wrong", False),
    ],
)
def test_a_test_is_skipped_for_want_of_a_framework_and_for_nothing_else(sentence, skipped):
    assert is_for_want(AssertionError(sentence), "tf", "tensorflow") == skipped


def files():
    """What is installed of the three folders: all but documents, and what running and reporting leave there."""
    for folder in OURS:
        for file in Path(HERE, folder).rglob("*"):
            path = file.relative_to(HERE)
            left_out = "__pycache__" in path.parts or path.parts[:2] in {("reports", "reference"), ("reports", "out")}
            if file.is_file() and not left_out and file.suffix != ".md":
                yield path


def test_every_package_is_listed():
    on_disk = {".".join(["fourfold", *path.parts[:-1]]) for path in files() if path.suffix == ".py"}
    on_disk = {package for package in on_disk if not package.endswith(".templates")}  # those are texts, not modules
    assert sorted(PYPROJECT["tool"]["setuptools"]["packages"]) == sorted(on_disk)


def test_what_tools_are_to_look_at_is_there():
    tool = PYPROJECT["tool"]
    paths = [*tool["coverage"]["run"]["include"], *tool["pyright"]["include"]]
    paths += [path.removeprefix("fourfold/") for path in tool["mutmut"]["only_mutate"]]
    paths += [test.split("::")[0] for test in tool["mutmut"]["pytest_add_cli_args_test_selection"]]
    for path in paths:
        assert Path(HERE, path).exists(), path


def test_a_wheel_has_every_file(tmp_path):
    source = tmp_path / "source"
    for path in [*files(), *map(Path, ("pyproject.toml", PROJECT["readme"], "LICENSE"))]:
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(HERE, path), source / path)
    line = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "--no-index", "-w", "wheel"]
    subprocess.run(line, check=True, capture_output=True, cwd=source)
    (wheel,) = (source / "wheel").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == {f"fourfold/{path.as_posix()}" for path in files()}
    (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    told = message_from_bytes(zipfile.ZipFile(wheel).read(metadata))
    assert told["Description-Content-Type"] == "text/markdown"
    assert told.get_payload(decode=True) == Path(HERE, PROJECT["readme"]).read_bytes()


def test_the_lock_has_every_pin_with_its_hash():
    """But for PyTorch, what it alone needs, and tools that no test runs with."""
    pins, text = Path(HERE, "constraints.txt").read_text(), Path(HERE, "requirements.lock").read_text()
    pinned = {canonicalize_name(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", pins)}
    blocks = re.findall(r"(?m)^([\w.-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text)
    locked = {name: version for name, version, _ in blocks}
    assert len(locked) == len(re.findall(r"(?m)^\w", text))
    assert {name: pinned.get(name) for name in locked.keys() - {"setuptools", "wheel"}}.items() <= locked.items()
    extras = ("jax", "tf", "sweep", "cluster", "notebook", "peers", "bench", "test")
    asked = chain(PROJECT["dependencies"], *(PROJECT["optional-dependencies"][name] for name in extras))
    names = {canonicalize_name(Requirement(line).name) for line in asked}
    assert names - {"fourfold"} <= locked.keys()


def test_every_python_that_is_named_is_tested():
    named = re.findall(r"Python :: (3\.\d+)$", "\n".join(PROJECT["classifiers"]), re.MULTILINE)
    (tested,) = re.findall(r"(?m)^ +python: \[(.*)\]$", Path(HERE, ".github/workflows/tests.yml").read_text())
    assert [version.strip('"') for version in tested.split(", ")] == named
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_everything_needed_says_its_lowest_version():
    """make test-minimums installs it."""
    for line in chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        requirement = Requirement(line)
        bounds = {bound.operator for bound in requirement.specifier}
        assert requirement.name == "fourfold" or ">=" in bounds, line


def test_what_is_cited_is_this_version():
    cited = Path(HERE, "CITATION.cff").read_text()
    assert f"\nversion: {PROJECT['version']}\n" in cited
    assert "the fourfold authors" in cited
    assert "the fourfold authors" in Path(HERE, "LICENSE").read_text()
