"""What has to be installed is enough, and what the tests run with is written down with hashes."""

import importlib.metadata
import re
import subprocess
import tomllib
import venv
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fourfold.compare.results import result
from tests import lock
from tests.test_cli import HERE, said

PROJECT = tomllib.loads(Path(HERE, "pyproject.toml").read_text())["project"]


def needed(requirements):
    """The distributions that requirements come to, here."""
    found, left = {}, [*requirements]
    while left:
        requirement = Requirement(left.pop())
        if requirement.name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found[requirement.name] = importlib.metadata.distribution(requirement.name)
        left += found[requirement.name].requires or []
    return found.values()


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
    (site / "all.pth").write_text(f"{folder / 'packages'}\n{HERE}\n")

    def command(*args):
        line = [folder / "venv" / "bin" / "python", "-m", "compare", *args]
        return subprocess.run(line, capture_output=True, text=True, cwd=folder, check=False)

    return command, folder


def test_without_any_framework(bare):
    command, folder = bare
    left_out = "Not installed, left out: torch, jax, tf."
    little = ["--steps", "30", "--seeds", "2"]
    assert said(command("agree", *little), 0) == left_out
    assert said(command("report", *little, "--resolution", "2", "--out", "out"), 0) == left_out
    assert result.read(folder / "out" / "result.json").exit_code() == 0
    assert (folder / "out" / "index.html").is_file()
    done = command("doctor")
    assert said(done, 0) == ""
    assert re.findall(r"(\S+) +not installed", done.stdout) == ["torch", "jax", "tf"]
    assert said(command("check", "--template", "numpy", "--out", "mine.py"), 0) == ""
    done = command("check", "mine.py", "--case", "xor", "--seeds", "1")
    assert said(done, 1) == ""
    assert "the first wrong number is L of gradients" in done.stdout


def test_the_lock_has_every_pin_with_its_hash():
    """But for PyTorch, what it alone needs, and tools that no test runs with."""
    pins, text = Path(HERE, "constraints.txt").read_text(), Path(HERE, "requirements.lock").read_text()
    pinned = {canonicalize_name(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", pins)}
    locked = dict(re.findall(r"(?m)^([\w-]+)==(\S+) --hash=sha256:[0-9a-f]{64}$", text))
    assert len(locked) == len(text.splitlines()) - lock.HEAD.count("\n")
    assert {name: pinned.get(name) for name in locked.keys() - {"setuptools", "wheel"}}.items() <= locked.items()
    extras = ("jax", "tf", "sweep", "cluster", "notebook", "bench", "test")
    asked = chain(PROJECT["dependencies"], *(PROJECT["optional-dependencies"][name] for name in extras))
    names = {canonicalize_name(Requirement(line).name) for line in asked}
    assert names - {"fourfold"} <= locked.keys()
