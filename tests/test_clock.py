"""The time of day decides over nothing: it may be set back while a command is at work."""

import json

from tests.test_cli import FAST, HERE, command, said

SET_BACK = """
import itertools, time
now, hours = time.time, itertools.count()
time.time = lambda: now() - 3600 * next(hours)  # every time it is asked
"""
HANGS = "import time\nfrom fourfold.impls.two_layer.numpy_impl import *\ndef train(*args): time.sleep(600)\n"
RIGHT = """
from fourfold.impls.two_layer import numpy_impl

def gradients(X, Y, W1, W2):
    found = numpy_impl.trace(X, Y, W1, W2, "sigmoid")
    return found.L, found.dL_dW1, found.dL_dW2
"""


def test_a_clock_that_is_set_back(tmp_path):
    for name, source in {"sitecustomize": SET_BACK, "hangs": HANGS, "mine": RIGHT}.items():
        (tmp_path / f"{name}.py").write_text(source)
    given = {"cwd": tmp_path, "PYTHONPATH": f"{tmp_path}:{HERE}"}
    done = command("agree", "--impl", "hangs,numpy", "--timeout", 3, *FAST, "--json", "-", **given)
    assert said(done, 3) == ""
    found = json.loads(done.stdout)
    assert [column["verdict"] for column in found["columns"]] == ["not judged", "agrees"]
    assert "hangs did not finish within 3 s" in found["columns"][0]["reason"]
    assert all(0 <= seconds < 3600 for seconds in found["seconds"].values())
    assert said(command("check", "mine.py", "--seeds", 1, "--case", "xor", **given), 0) == ""
