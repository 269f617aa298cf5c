"""Interrupted at any moment, a command leaves its files whole or not at all, and neither processes nor anything else.

A few moments here, many with --hypothesis-profile=nightly.
"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid

import pytest
from hypothesis import settings

from fourfold.compare.system import files, signals
from tests.test_cli import FAST, HERE
from tests.test_signals import nobody_has, until

pytestmark = pytest.mark.xdist_group("moments")
NIGHTLY = settings.default.max_examples > 100
# Of the time that the whole command takes; every one is far from all before it.
MOMENTS = [0.618 * n % 1 for n in range(1, 21 if NIGHTLY else 2)]
COLUMNS, ALL = ["--impl", "numpy"], ["--impl", "numpy,torch,jax,tf" if NIGHTLY else "numpy"]
RUNS = {
    "agree": [*ALL, *FAST, "--json", "result.json", "--junitxml", "junit.xml"],
    "report": [*COLUMNS, *FAST, "--dtype", "float64", "--resolution", 2, "--out", "report"],
    "sweep": [*COLUMNS, "--grid", "hidden=2:6", "--seeds", 20, "--steps", 20, "--out", "sweep"],
    "soak": ["soak.json", *COLUMNS, "--configurations", 60],
    "train": ["numpy", "--steps", 20_000, "--json", "train.json"],
}

PROGRAM = {"soak": ["tests.makers.soak"]}


def start(folder, verb):
    """A command in a folder of its own, once the program itself has begun."""
    for name in ("work", "tmp"):
        (folder / name).mkdir(parents=True)
    process = subprocess.Popen(
        [sys.executable, "-m", *PROGRAM.get(verb, ("compare", verb)), *map(str, RUNS[verb])],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=folder / "work",
        env=os.environ | {"PYTHONPATH": HERE, "TMPDIR": str(folder / "tmp"), "TF_MARK": folder.name},
    )
    until(lambda: process.poll() is not None or has_begun(process))
    return process


def has_begun(process):
    """Whether it has a say in what SIGTERM does; before that it is Python that is interrupted."""
    with open(f"/proc/{process.pid}/status") as status:
        caught = next(line for line in status if line.startswith("SigCgt"))
    return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def left(folder):
    """What a command has written, after checking that nothing else is there any more."""
    assert os.listdir(folder / "tmp") == []
    assert nobody_has(folder.name)
    return contents(folder / "work")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc says what it has begun with")
@pytest.mark.parametrize("verb", RUNS)
def test_a_signal_at_any_moment(tmp_path, verb):
    begin, process = time.monotonic(), start(tmp_path / uuid.uuid4().hex, verb)
    whole = tmp_path / os.listdir(tmp_path)[0]
    assert process.communicate(timeout=300)[1] == ""
    seconds, whole = time.monotonic() - begin, left(whole)
    for n, moment in enumerate(MOMENTS):
        folder, number = tmp_path / uuid.uuid4().hex, (signal.SIGINT, signal.SIGTERM)[(n + len(verb)) % 2]
        process = start(folder, verb)
        time.sleep(moment * seconds)
        os.killpg(process.pid, number) if process.poll() is None else None
        _, err = process.communicate(timeout=60)
        assert process.returncode in {0, 128 + number, -number}, (moment, err)  # -number: when all was done
        assert {*err.splitlines()} <= {INTERRUPTED, f"What is done is in {verb}: {GOES_ON}"}, (moment, err)
        found = left(folder)
        assert found.keys() <= whole.keys()
        assert verb != "report" or not found or found.keys() == whole.keys()
        for name, content in found.items():
            assert json.loads(content) if name.endswith(".json") else content[-6:] == whole[name][-6:], name


INTERRUPTED = "fourfold: Interrupted."
GOES_ON = "the same command goes on from there."


@pytest.fixture
def handled(monkeypatch):
    """Signals are handled in this process as a command handles them."""
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    before = {number: signal.getsignal(number) for number in signals.ENDING}
    signals.handle(signals.in_order)
    yield
    signals.came.clear()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_in_the_middle_of_a_write_counts_after_it(handled, tmp_path, monkeypatch):
    """Right where the file beside is there and nobody yet knows of it."""
    mkstemp = files.tempfile.mkstemp

    def interrupted(**how):
        made = mkstemp(**how)
        os.kill(os.getpid(), signal.SIGTERM)
        return made

    monkeypatch.setattr(files.tempfile, "mkstemp", interrupted)
    with pytest.raises(KeyboardInterrupt) as ended:
        files.write_whole(tmp_path / "file", b"whole")
    assert ended.value.args == (signal.SIGTERM,)
    assert contents(tmp_path) == {"file": b"whole"}
    assert signal.getsignal(signal.SIGINT) is signals.at_once


def test_a_signal_in_a_callback_is_not_lost(handled):
    """Where what is raised is written to standard error, and goes no further."""

    class Gone:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGTERM)

    def work():
        Gone()
        time.sleep(5)

    with pytest.raises(KeyboardInterrupt) as ended:
        work()
    assert ended.value.args == (signal.SIGTERM,)


def test_without_a_signal_all_is_as_it_was(handled):
    with signals.held(), signals.held():
        assert signal.getsignal(signal.SIGTERM) is not signals.in_order
    assert {signal.getsignal(number) for number in signals.ENDING} == {signals.in_order}
