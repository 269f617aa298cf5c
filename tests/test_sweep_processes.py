"""Sweeps by real processes: killed, interrupted, out of room, and on a Dask scheduler with two workers."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fourfold.compare.errors import UsageError
from fourfold.compare.sweep import executors
from tests.test_cli import HERE, command, said
from tests.test_signals import until
from tests.test_sweep import kept

GRID = ["--grid", "hidden=2:6", "--seeds", "20", "--steps", "20"]
# A column that takes its time, and two whose process is killed: the first time it has come to its eighth training, or
# every time.
COLUMNS = {
    "slow": "time.sleep(0.1)",
    "mortal": """
    with open(os.environ["CALLS"], "a") as calls:
        calls.write(".")
        calls.flush()
        if calls.tell() == 8:
            os.kill(os.getpid(), signal.SIGKILL)""",
    "dies": "os.kill(os.getpid(), signal.SIGKILL)",
}
COLUMN = """
import os, signal, time
from fourfold.impls.two_layer import numpy_impl
from fourfold.impls.two_layer.numpy_impl import *

def train(*args):
    {}
    return numpy_impl.train(*args)
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with the columns, and what was swept there without anything happening to it."""
    folder = tmp_path_factory.mktemp("work")
    for name, line in COLUMNS.items():
        (folder / f"{name}.py").write_text(COLUMN.format(line))
    return folder


def environment(work):
    return {"PYTHONPATH": f"{HERE}{os.pathsep}{work}", "CALLS": str(work / "calls")}


def sweep(work, *args, **more):
    return command("sweep", *GRID, *args, cwd=work, **environment(work), **more)


@pytest.fixture(scope="module")
def whole(work):
    """{name: bytes} of the chunks of each column, in a sweep to which nothing happens."""
    (work / "calls").write_text("." * 10)
    found = {}
    for name in ("slow", "mortal"):
        assert said(sweep(work, "--impl", name, "--out", f"whole-{name}"), 0) == ""
        found[name] = kept(work / f"whole-{name}")
        assert len(found[name]) == 4
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_or_killed_it_goes_on_to_the_same_bytes(work, whole, number):
    out = f"out-{number}"
    args = ["sweep", *GRID, "--impl", "slow", "--workers", "1", "--out", out]
    process = subprocess.Popen(
        [sys.executable, "-m", "compare", *args], cwd=work, env=os.environ | environment(work), stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    chunks = work / out / "chunks"
    until(lambda: [*chunks.glob("*.parquet")] or process.poll() is not None)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    done = [*chunks.glob("*.parquet")]
    assert 0 < len(done) < 4
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert err == f"What is done is in {out}: the same command goes on from there.\nfourfold: Interrupted.\n"
    before = {path: path.stat().st_mtime_ns for path in done}
    again = sweep(work, *args[1 + len(GRID) :])
    assert said(again, 0) == ""
    assert f"{len(done)} chunk" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in done} == before
    assert {path.name: path.read_bytes() for path in chunks.glob("*.parquet")} == whole["slow"]


def test_a_worker_killed_costs_a_retry(work, whole):
    (work / "calls").unlink()
    done = sweep(work, "--impl", "mortal", "--out", "retry")
    assert re.fullmatch(r"A worker was killed by SIGKILL: chunk \d, of mortal, is computed again\.", said(done, 0))
    assert kept(work / "retry") == whole["mortal"]


def test_a_column_that_always_dies_leaves_the_others(work):
    done = sweep(work, "--impl", "dies,numpy", "--out", "dies", "--workers", 1)
    assert said(done, 3).count("is computed again") == 2
    assert "Not judged: dies was killed by SIGKILL, 3 times, at chunk 0." in done.stdout
    assert "AGREED: numpy; not judged: dies." in done.stdout
    assert "4 chunks missing" in done.stdout


def test_a_full_disk_loses_nothing(work):
    """Files may not grow beyond what the manifest takes: as on a full disk, the system refuses to write more."""
    out = ["--impl", "numpy", "--out", "full"]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2500, limits[1]))
    try:
        done = sweep(work, *out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert re.fullmatch(r"fourfold: Cannot write .*/full/chunks/\d+\.parquet: File too large\.", said(done, 2))
    assert [*Path(work, "full").iterdir()] == [work / "full" / "chunks", work / "full" / "manifest.json"]
    assert kept(work / "full") == {}


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--grid", "hiden=2"], "--grid cannot vary 'hiden': did you mean hidden?"),
        (["--steps", "1e8", "--seeds", "11"], "steps: look at --plan, then add --yes"),
        (["--workers", "0"], "--workers must be from 1 to 1024, not 0"),
        (["--scheduler", "nowhere"], "There is no Dask scheduler at nowhere: missing port number"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(tmp_path, args, sentence):
    assert sentence in said(command("sweep", *args, "--impl", "numpy", "--out", tmp_path / "s"), 2)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("package", "args", "sentence"),
    [
        ("pyarrow", [], "pip install 'fourfold[sweep]'"),
        ("distributed", ["--scheduler", "tcp://a:1"], "fourfold[cluster]'"),
    ],
)
def test_what_is_not_installed_is_named(tmp_path, package, args, sentence):
    script = (
        f"import importlib.util as u, sys; real = u.find_spec; sys.modules['{package}'] = None\n"
        f"u.find_spec = lambda name, *a: None if name == '{package}' else real(name, *a)\n"
        "from fourfold.compare.__main__ import main; main()"
    )
    done = command("sweep", *args, "--impl", "numpy", "--out", tmp_path / "s", python=("-c", script))
    assert sentence in said(done, 2)


def test_a_scheduler_that_is_not_there_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(executors, "CONNECT", 0.3)
    with (
        pytest.raises(UsageError, match=r"There is no Dask scheduler at tcp://127\.0\.0\.1:1: Timed out"),
        executors.cluster("tcp://127.0.0.1:1", ["numpy"], 60),
    ):
        pass


class Cluster:
    """A scheduler on loopback; `worker` adds a process that computes."""

    def __init__(self, work, folder):
        self.work, self.file, self.processes = work, folder / "scheduler.json", []
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        assert until(self.file.exists)
        self.address = json.loads(self.file.read_text())["address"]

    def worker(self, **more):
        return self._start("worker", "--nthreads", "1", "--no-nanny", **more)

    def _start(self, what, *args, **more):
        module = f"distributed.cli.dask_{what}"
        line = [sys.executable, "-m", module, "--scheduler-file", self.file, "--no-dashboard", *args]
        folder = {"DASK_TEMPORARY_DIRECTORY": str(self.file.parent), "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [*map(str, line)], cwd=self.work, env=os.environ | environment(self.work) | folder | more,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(work, tmp_path):
    made = Cluster(work, tmp_path)
    yield made
    made.stop()


def test_two_dask_workers_one_of_which_is_killed(work, whole, cluster):
    (work / "calls").unlink()
    workers = [cluster.worker() for _ in range(2)]
    done = sweep(work, "--impl", "mortal", "--out", "dask", "--scheduler", cluster.address)
    assert said(done, 0) == ""
    assert kept(work / "dask") == whole["mortal"]
    assert sorted(worker.poll() is None for worker in workers) == [False, True]


def test_a_scheduler_that_goes_away_in_the_middle(work, whole, cluster):
    cluster.worker()
    args = ["sweep", *GRID, "--impl", "slow", "--out", "gone", "--scheduler", cluster.address]
    process = subprocess.Popen(
        [sys.executable, "-m", "compare", *args], cwd=work, env=os.environ | environment(work), stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    chunks = work / "gone" / "chunks"
    until(lambda: [*chunks.glob("*.parquet")] or process.poll() is not None)
    cluster.scheduler.kill()
    _, err = process.communicate(timeout=60)
    assert err == f"fourfold: The scheduler at {cluster.address} has gone: start it, and the same command goes on.\n"
    assert process.returncode == 3
    assert 0 < len(kept(work / "gone")) < 4
    assert kept(work / "gone").items() < whole["slow"].items()


def test_workers_with_other_versions_are_refused(work, cluster, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.metadata as m\n"
        "real = m.version\n"
        "m.version = lambda name: '1.0' if name == 'numpy' else real(name)\n"
    )
    cluster.worker(PYTHONPATH=f"{tmp_path}{os.pathsep}{HERE}")
    done = sweep(work, "--impl", "numpy", "--out", "other", "--scheduler", cluster.address)
    pattern = r"fourfold: numpy is 1\.0 on the worker tcp://\S+, but 2\S+ here: they must be the same\."
    assert re.fullmatch(pattern, said(done, 2))
    assert not (work / "other").exists()
