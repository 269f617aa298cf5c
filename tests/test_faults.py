"""Whatever a column does to itself costs nobody else anything, and nothing is left of it."""

import json
import os
import uuid

import pytest

from tests.test_cli import FAST, command
from tests.test_signals import nobody_has

pytestmark = pytest.mark.xdist_group("faults")

# A column that is right until it is called for the second time, in the middle of the command.
COLUMN = """
import ctypes, os, signal, subprocess, sys, tempfile, time
import numpy as np
from fourfold.impls.two_layer import numpy_impl
from fourfold.impls.two_layer.numpy_impl import array, forward, loss, step, to_numpy, trace

calls = []

def train(*args):
    calls.append(args)
    W1, W2, L = numpy_impl.train(*args)
    if len(calls) > 1:
        {}
    return W1, W2, L
"""
NOT_JUDGED = {
    "killed": ("tempfile.mkstemp(); os.kill(os.getpid(), signal.SIGKILL)", "killed was killed by SIGKILL"),
    "segfaults": ("ctypes.string_at(0)", "segfaults was killed by SIGSEGV"),
    "exits": ("os._exit(7)", "exits ended its process with status 7"),
    "exits_with_0": ("os._exit(0)", "exits_with_0 ended its process with status 0"),
    "leaves": ("sys.exit(4)", "leaves raised SystemExit: 4"),
    "raises": ("raise ValueError('out of cheese')", "raises raised ValueError: out of cheese ("),
    "hogs": ("np.ones(2**28)", "hogs raised MemoryError: Unable to allocate 2.00 GiB"),
    "hangs": ("time.sleep(600)", "hangs did not finish within 6 s: give it longer with --timeout"),
    "hangs_in_c": ("signal.pthread_sigmask(0, range(1, 65)); ctypes.CDLL(None).sleep(600)", "hangs_in_c did not"),
    "hangs_with_children": ("os.fork(); os.fork(); time.sleep(600)", "hangs_with_children did not finish within 6 s"),
    "dies_with_child": ("os.fork() == 0 and time.sleep(600); os._exit(5)", "dies_with_child ended its process with"),
    "closes_all": ("os.closerange(0, 100); time.sleep(600)", "closes_all was killed by SIGKILL"),
    "one_too_few": ("return W1, W2", "one_too_few: train gives a tuple of 2, not a tuple of 3: W1, W2, L"),
    "objects": ("W1 = np.array(W1, object)", "objects: to_numpy gives an array of object for train's W1, not"),
}  # fmt: skip
WRONG = {
    "nan": ("L = np.full_like(L, np.nan)", "L", ""),
    "shapes": ("W1 = W1.swapaxes(-1, -2)", "W1", "W1 has shape (30, 2, 3, 2), not (30, 2, 2, 3)"),
    "dtype": ("W1 = W1.astype('f8')", "W1", "W1 is float64"),
    "empty": ("W1, W2, L = W1[:0], W2[:0], L[:0]", "W1", "W1 has shape (0, 2, 2, 3)"),
}
HARMLESS = {
    "prints": "for f in (1, 2): os.write(f, bytes(10**7)); print('x' * 10**7)",
    "reads": "assert not os.read(0, 1)",
    "starts_others": "subprocess.Popen(['sleep', '600'])",
    "comes_back": "os.fork()",
    "beheads": "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN)",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("columns")
    sources = NOT_JUDGED | WRONG | {name: (line,) for name, line in HARMLESS.items()}
    for name, (line, *_) in sources.items():
        (folder / f"{name}.py").write_text(COLUMN.format(line))
    (folder / "does_not_import.py").write_text("import no_such_package")
    return folder


def run(folder, names, *more):
    """What `agree` says of columns, as JSON; that nothing is left of it, and the other column is right."""
    (folder / "tmp").mkdir(exist_ok=True)
    mark, before = uuid.uuid4().hex, {*os.listdir(folder)} - {"__pycache__"}
    options = ["--memory", 1, "--json", "-", *FAST, *more]
    done = command(
        "agree", "--impl", ",".join([*names, "numpy"]), *options, cwd=folder, TF_MARK=mark, TMPDIR=str(folder / "tmp")
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert nobody_has(mark)
    assert {*os.listdir(folder)} - {"__pycache__"} == before
    assert os.listdir(folder / "tmp") == []
    assert {"name": "numpy", "verdict": "agrees", "reason": ""}.items() <= found["columns"][-1].items()
    return done.returncode, found


def test_what_cannot_be_judged_is_named_for_it(folder):
    code, found = run(folder, [*NOT_JUDGED, "does_not_import"], "--timeout", 6)
    assert code == 3
    reasons = {column["name"]: column["reason"] for column in found["columns"]}
    sentences = {name: sentence for name, (_, sentence) in NOT_JUDGED.items()}
    sentences["does_not_import"] = "does_not_import raised ModuleNotFoundError: No module named 'no_such_package'"
    for name, sentence in sentences.items():
        assert reasons[name].startswith(sentence), reasons[name]


def test_what_is_wrong_is_named_for_it(folder):
    code, found = run(folder, WRONG)
    assert code == 1
    by_name = {rejection["column"]: rejection for rejection in reversed(found["rejections"])}
    for name, (_, quantity, note) in WRONG.items():
        assert note in by_name[name]["note"], by_name[name]
        assert by_name[name]["quantity"] in {quantity, ""}


def test_what_does_no_harm_is_judged(folder):
    code, found = run(folder, HARMLESS)
    assert [column["reason"] for column in found["columns"]] == [""] * (len(HARMLESS) + 1)
    assert code == 0
