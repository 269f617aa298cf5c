"""make's installation says what it does, and what a failed or interrupted one left is mended by the next."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import HERE


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A .venv with nothing in it but pip: it takes seconds to make one."""
    made = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", made], check=True)
    return made


@pytest.fixture
def make(tmp_path, environment):
    """Runs make in a folder that has nothing to install, without a network: (exit code, output, errors)."""
    shutil.copytree(environment, tmp_path / ".venv", symlinks=True)
    (tmp_path / ".ci").mkdir()
    for name in ("Makefile", ".ci/install"):
        shutil.copy(Path(HERE, name), tmp_path / name)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    surroundings = {name: text for name, text in os.environ.items() if not name.startswith(("PIP_", "MAKE"))}
    surroundings |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PYTHON": sys.executable}

    def run(target):
        line = ["make", target]
        done = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path, env=surroundings, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


def test_a_failed_installation_says_so_and_is_not_taken_for_done(make, tmp_path):
    code, out, err = make(".venv/report")
    assert code == 2
    assert out.startswith(f"Installing the four frameworks (about 3.3 GB), into {tmp_path}/.venv\n")
    assert "The installation failed: see above. The next make goes on from here" in err
    assert not (tmp_path / ".venv" / "report").exists()


def test_what_pip_had_only_begun_does_not_pass_for_installed(make, tmp_path):
    (site,) = tmp_path.glob(".venv/lib/*/site-packages")
    for name in ("begun", "whole"):
        (site / f"{name}-1.dist-info").mkdir()
        (site / f"{name}-1.dist-info" / "METADATA").touch()
    (site / "whole-1.dist-info" / "INSTALLER").touch()
    make(".venv/report")
    assert not (site / "begun-1.dist-info").exists()
    assert (site / "whole-1.dist-info").is_dir()


@pytest.mark.parametrize("missing", ["bin/python", "pyvenv.cfg"])
def test_a_folder_that_is_no_environment_is_made_anew(make, tmp_path, missing):
    (tmp_path / ".venv" / "old").touch()
    file = tmp_path / ".venv" / missing
    file.unlink()  # the link, and never what it leads to
    if missing == "bin/python":
        file.touch(0o755)
    make(".venv/report")
    assert file.exists()
    assert not (tmp_path / ".venv" / "old").exists()
