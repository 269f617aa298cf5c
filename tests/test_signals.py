"""However the command ends, it says so in a line, and leaves neither processes nor half a report behind."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid

import psutil
import pytest

from tests.test_cli import FAST, HERE, command, said

STUCK = """
import pathlib, time
from fourfold.impls.two_layer.numpy_impl import *

def train(*args):
    pathlib.Path("started").touch()
    time.sleep(600)
"""


@pytest.fixture
def stuck(tmp_path):
    """Starts a command in a folder with a column `stuck`, and waits until that hangs in a worker."""
    work, mark = tmp_path / "work", uuid.uuid4().hex
    work.mkdir()
    (work / "stuck.py").write_text(STUCK)
    processes = []

    def start(*args):
        process = subprocess.Popen(
            [sys.executable, "-m", "compare", *map(str, args)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=work,
            env=os.environ | {"PYTHONPATH": HERE, "TF_MARK": mark},
        )
        processes.append(process)
        until(lambda: (work / "started").exists() or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        return process

    start.mark = mark
    yield start
    for process in marked(mark):
        process.kill()


def until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def nobody_has(mark):
    """Whether no process is left that inherited TF_MARK=mark, which even what is checked inherits."""
    return until(lambda: not marked(mark), 20)


def marked(mark):
    return [process for process in psutil.process_iter() if _mark(process) == mark]


def _mark(process):
    try:
        return process.environ().get("TF_MARK")
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return None


@pytest.mark.parametrize(
    ("args", "number", "to_all"),
    [
        (["report", "--impl", "stuck,numpy", "--out", "../out"], signal.SIGINT, True),
        (["report", "--impl", "stuck,numpy", "--out", "../out"], signal.SIGTERM, False),
        (["train", "stuck"], signal.SIGTERM, False),
        (["train", "stuck"], signal.SIGHUP, True),
        (["agree", "--impl", "stuck", "--json", "../r.json"], signal.SIGHUP, False),
    ],
)
def test_a_signal_ends_the_command_and_leaves_nothing_behind(stuck, tmp_path, args, number, to_all):
    process = stuck(*args)
    os.killpg(process.pid, number) if to_all else process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number, err
    assert err == "fourfold: Interrupted.\n"
    assert [p.name for p in tmp_path.iterdir()] == ["work"]
    assert nobody_has(stuck.mark)


def test_workers_die_with_a_command_that_is_killed(stuck):
    process = stuck("agree", "--impl", "stuck,numpy")
    process.kill()
    process.communicate(timeout=30)
    assert nobody_has(stuck.mark)


BUSY = """
import os, sys, time
import numpy as np
from fourfold.compare.columns import workers
from fourfold.compare.commands import cli
from fourfold.compare.system import files, signals

A = np.ones((2500, 2500), np.longdouble)  # their product takes ten seconds, in which no Python runs

class Pool:
    def stop(self): pass

def in_one_call():
    A @ A

def in_a_thread():
    workers.each(Pool(), ["numpy"], lambda name: A @ A)

def in_what_swallows_it():
    while True:
        try:
            time.sleep(1)
        except KeyboardInterrupt:
            pass

def in_a_slow_write():
    replace = os.replace
    os.replace = lambda a, b: (time.sleep(1.5), replace(a, b))
    files.write_whole("whole", b"whole")

def busy(how: str):
    with signals.temporary_folder():
        print("busy", flush=True)
        globals()[how]()

cli.app.command(busy)
from fourfold.compare.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("how", "number"), [*zip(re.findall(r"def (in_\w+)", BUSY), 2 * [signal.SIGTERM, signal.SIGINT], strict=True)]
)
def test_a_signal_ends_what_does_not_look_up(tmp_path, how, number):
    (tmp_path / "tmp").mkdir()
    env = os.environ | {"PYTHONPATH": HERE, "TMPDIR": str(tmp_path / "tmp")}
    line = [sys.executable, "-c", BUSY, "busy", how]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=env, start_new_session=True
    )
    assert process.stdout.readline() == "busy\n"
    time.sleep(0.2)
    start = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - start < 4  # 2 where nothing else goes on
    assert (process.returncode, err) == (128 + number, "fourfold: Interrupted.\n")
    assert os.listdir(tmp_path / "tmp") == []
    if how == "in_a_slow_write":
        assert (tmp_path / "whole").read_bytes() == b"whole"
    assert sorted(os.listdir(tmp_path)) == ["tmp", *["whole"] * (how == "in_a_slow_write")]


def test_ctrl_c_while_the_command_is_still_importing():
    script = (
        "import os, signal, sys\n"
        "class Early:\n"
        "    def find_spec(self, name, *args):\n"
        "        if name == 'numpy': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Early())\n"
        "from fourfold.compare.__main__ import main; main()"
    )
    assert said(command("agree", python=("-c", script)), 130) == "fourfold: Interrupted."


def test_ctrl_c_reaches_no_worker_not_even_one_that_is_starting(tmp_path):
    script = "import os, signal, sys\nif 'spawn_main' in str(sys.orig_argv): os.kill(os.getpid(), signal.SIGINT)\n"
    (tmp_path / "sitecustomize.py").write_text(script)
    done = command("agree", "--impl", "numpy", *FAST, PYTHONPATH=f"{tmp_path}{os.pathsep}{HERE}")
    assert said(done, 0) == ""


def test_what_is_to_be_ignored_is_ignored(stuck):
    """As under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = stuck("agree", "--impl", "stuck", "--timeout", 4, *FAST)
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 3, err
    assert "stuck did not finish within 4 s" in out


@pytest.mark.parametrize(
    "args", [["train", "numpy", "--steps", "3"], ["train", "numpy", "--steps", "3", "--json", "-"], ["agree", "--help"]]
)
def test_a_reader_that_leaves_early_is_no_error(args):
    """Nobody reads at all: by `print`, by writing, and in the help."""
    args = [sys.executable, "-m", "compare", *args]
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(args, stdout=write, stderr=subprocess.PIPE, text=True, cwd=HERE)
    os.close(write)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGPIPE
    assert err == ""
