"""Temporary folders: each is removed by its process or by the next one, and nothing else ever is."""

import os
import signal
import subprocess
import sys

import pytest

from fourfold.compare.system import folders, signals
from fourfold.compare.system.worker import Worker
from tests.test_cli import HERE

HOLDS = """
import time
from fourfold.compare.system import signals
with signals.temporary_folder() as folder:
    (folder / "deep").mkdir()
    (folder / "deep" / "file").write_text("large")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """Where temporary folders are made."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield tmp_path
    folders._looked_in.discard(str(tmp_path))


@pytest.fixture
def holding(beside):
    """Starts processes that hold a folder: (process, its folder)."""
    processes = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": HERE}
        )
        processes.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_what_a_killed_process_has_left_is_removed_by_the_next(holding, beside):
    killed, left = holding()
    _, used = holding()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert os.path.exists(f"{left}/deep/file")
    with signals.temporary_folder() as mine:
        assert sorted(os.listdir(beside)) == sorted(map(os.path.basename, (used, mine)))
        assert os.path.exists(f"{used}/deep/file")
        folders.remove_left(beside)
        assert mine.is_dir()
    assert os.listdir(beside) == [os.path.basename(used)]


def test_what_is_not_ours_stays(beside):
    (beside / "elsewhere").mkdir()
    (beside / "elsewhere" / folders.LOCK).touch()
    (beside / "fourfold-notes").mkdir()
    (beside / "fourfold-notes" / "file").touch()
    (beside / "fourfold-file").touch()
    (beside / "fourfold-link").symlink_to("elsewhere")
    (beside / "fourfold-lock-link").mkdir()
    (beside / "fourfold-lock-link" / folders.LOCK).symlink_to("../fourfold-file")
    before = sorted(beside.rglob("*"))
    folders.remove_left(beside)
    assert sorted(beside.rglob("*")) == before
    (beside / "fourfold-notes" / folders.LOCK).touch()
    folders.remove_left(beside)
    assert not (beside / "fourfold-notes").exists()


def test_a_folder_of_another_user_stays(beside, monkeypatch):
    folder = folders.new()
    os.close(folders._locks.pop(folder))
    monkeypatch.setattr(os, "getuid", lambda: os.stat(folder).st_uid + 1)
    folders.remove_left(beside)
    assert os.path.isdir(folder)


def test_without_locks_nobody_removes_anything(beside, monkeypatch):
    def no_locks(*args):
        raise OSError

    monkeypatch.setattr(folders.fcntl, "flock", no_locks)
    folder = folders.new()
    folders.remove_left(beside)
    assert os.path.isdir(folder)
    folders.remove(folder)
    assert os.listdir(beside) == []


def test_a_worker_has_a_folder_while_it_lives(beside):
    worker = Worker()
    folder = worker.submit(60, os.getenv, "TMPDIR").result()
    folders.remove_left(beside)
    assert os.path.dirname(folder) == str(beside)
    assert os.path.isdir(folder)
    worker.stop()
    assert os.listdir(beside) == []
