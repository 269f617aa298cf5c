"""A fifth framework: a line in the table of impls, and a file in every row. Nothing else is touched."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import HERE, said, without_frameworks

LINE = '    "fifth": Framework("fifth_framework", "Fifth", "#d03050"),\n'
# The lesson shows what a framework is asked for, by this name, where NumPy has a line for each.
ASKED = """\
    gradients = dL_dY_hat, dL_dW2, dL_dA, dL_dH, dL_dW1
    return Trace(H, A, Y_hat, R, L, *gradients)
"""
ROWS = ("two_layer", "deep", "chain_rule", "optimizers")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the code whose fifth framework is NumPy, imported by another name."""
    folder = tmp_path_factory.mktemp("house")
    code = folder / "fourfold"
    for room in ("impls", "compare", "reports"):
        shutil.copytree(Path(HERE, room), code / room, ignore=shutil.ignore_patterns("reference", "out", "__pycache__"))
    (folder / "fifth_framework.py").write_text('import numpy as np\n__version__ = "5.0"\n')
    table = code / "impls" / "__init__.py"
    text = table.read_text()
    assert text.count('    "tf": Framework(') == 1
    table.write_text(re.sub('(    "tf": Framework\\(.*\n)', rf"\1{LINE}", text))
    for row in ROWS:
        column = (code / "impls" / row / "numpy_impl.py").read_text()
        text = column.replace("import numpy as np\n", "from fifth_framework import np\n")
        text = text.replace("    return Trace(H, A, Y_hat, R, L, dL_dY_hat, dL_dW2, dL_dA, dL_dH, dL_dW1)\n", ASKED)
        (code / "impls" / row / "fifth_impl.py").write_text(text)
    return folder


def fourfold(house, *args, python=("-m", "fourfold.compare")):
    environment = os.environ | {"PYTHONPATH": str(house)}
    line = [sys.executable, *python, *map(str, args)]
    return subprocess.run(line, capture_output=True, text=True, cwd=house, env=environment, timeout=240, check=False)


FEW = ("--impl", "numpy,fifth", "--steps", 20, "--seeds", 2)


def test_it_is_judged_in_every_row(house):
    for layers in ((), ("--layers", "2,3,3,1", "--bias")):
        done = fourfold(house, "agree", *FEW, *layers)
        assert said(done, 0) == ""
        assert "AGREED: numpy and fifth; " in done.stdout
        assert "fifth_framework" in done.stdout


def test_it_is_in_the_report_in_its_own_colour(house):
    assert said(fourfold(house, "report", *FEW, "--resolution", 2, "--out", "report"), 0) == ""
    assert "#d03050" in (house / "report" / "losses.svg").read_text()


def test_it_stands_in_the_lesson_beside_the_equations(house):
    done = fourfold(house, "lesson", "--impl", "numpy,fifth", "--steps", 100, "--out", "lesson")
    assert said(done, 0) == ""
    page = (house / "lesson" / "index.html").read_text()
    assert "impls/two_layer/fifth_impl.py" in page
    assert ">Fifth<" in page


def test_the_other_commands_know_it(house):
    assert re.search("fifth .*gradients right", fourfold(house, "doctor", python=("-c", without_frameworks)).stdout)
    assert "Fifth" not in fourfold(house, "mistakes").stderr
    assert said(fourfold(house, "exercise", 7, "--impl", "numpy,fifth"), 0) == ""
    done = fourfold(house, "sweep", "--grid", "lr=0.1", "--seeds", 2, "--steps", 5, "--impl", "fifth", "--plan")
    assert said(done, 0) == ""
