"""fourfold is the only name that is taken: a student's own compare.py, impls/ and reports.py are the student's.

Every test runs in a folder that has all three, from processes that know nothing of this checkout but what is installed.
"""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fourfold.impls.two_layer import numpy_impl
from tests.test_cli import HERE, said

# Their modules compute; with any of ours in their place nothing below would.
THEIRS = {
    "compare.py": "def residual(Y_hat, Y):\n    return Y_hat - Y\n",
    "impls/__init__.py": "MINE = True\n",
    "impls/model.py": "import numpy as np\ndef sigmoid(H):\n    return 1 / (1 + np.exp(-H))\n",
    "reports.py": "def mean(R):\n    return R / R.shape[-2]\n",
}
GRADIENTS = """
import numpy as np
from compare import residual
from impls import MINE
from impls.model import sigmoid
from reports import mean

def gradients(X, Y, W1, W2):
    A = sigmoid(X @ W1)
    R = residual(A @ W2, Y)
    L = (R**2).sum() / (2 * len(Y))
    dL_dH = mean(R) @ W2.T * A * (1 - A)
    return L, X.T @ dL_dH, A.T @ mean(R)
"""


@pytest.fixture
def folder(tmp_path):
    for name, text in THEIRS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "mine.py").write_text(GRADIENTS)
    return tmp_path


def run(*args, cwd):
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    line = [sys.executable, *map(str, args)]
    return subprocess.run(line, capture_output=True, text=True, cwd=cwd, env=clean, timeout=120, check=False)


EITHER_WAY = [
    pytest.param(("-m", "fourfold.compare"), id="module"),
    pytest.param((Path(sys.executable).with_name("fourfold"),), id="script"),
]


@pytest.mark.parametrize("started", EITHER_WAY)
def test_check_judges_a_file_that_imports_its_own(folder, started):
    done = run(*started, "check", "mine.py", "--suite", "quick", "--seeds", 1, cwd=folder)
    assert said(done, 0) == ""
    assert "RIGHT: mine.py" in done.stdout


@pytest.mark.parametrize("started", EITHER_WAY)
def test_agree_judges_a_module_that_imports_its_own(folder, started):
    text = inspect.getsource(numpy_impl).replace("    R = Y_hat - Y", "    R = residual(Y_hat, Y)")
    (folder / "theirs.py").write_text("import impls.model, reports\nfrom compare import residual\n" + text)
    done = run(*started, "agree", "--impl", "theirs,numpy", "--steps", 30, "--seeds", 2, cwd=folder)
    assert said(done, 0) == ""
    assert "AGREED: theirs and numpy; " in done.stdout


def test_pytest_runs_beside_them_with_the_plugin(folder):
    (folder / "test_mine.py").write_text(
        "import compare, impls, reports\nfrom mine import gradients\n\n"
        "def test_names():\n    assert compare.residual and impls.MINE and reports.mean\n\n"
        "def test_gradients(fourfold):\n    fourfold.check(gradients)\n"
    )
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder)
    assert done.returncode == 0, done.stdout
    assert "11 passed" in done.stdout


def test_installed_fourfold_is_all_that_is_importable(tmp_path):
    """compare, impls and reports are not there, and what is there is this checkout's files, by their own paths."""
    code = (
        "import sys, importlib.util as u\n"
        "print([name for name in ('compare', 'impls', 'reports') if u.find_spec(name)])\n"
        "import fourfold.compare.judge.bounds as b, fourfold.impls.model, fourfold.reports.render\n"
        "print(b.__file__, *[name for name in sys.modules if name.split('.')[0] in ('compare', 'impls', 'reports')])"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.stdout.splitlines() == ["[]", str(Path(HERE, "compare", "judge", "bounds.py"))]


def test_in_the_checkout_no_module_is_there_twice():
    """`python -m compare` is a door: what it runs is fourfold's."""
    code = """
import runpy, sys
sys.argv = ["compare", "mistakes"]
try:
    runpy.run_module("compare", run_name="__main__")
except SystemExit:
    pass
print("LOADED", *[name for name in sys.modules if name.split(".")[0] in ("compare", "impls", "reports")])
"""
    done = run("-c", code, cwd=HERE)
    assert done.stdout.splitlines()[-1] == "LOADED compare"
