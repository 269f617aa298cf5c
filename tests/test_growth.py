"""One run after another, with what they start, leaves nothing behind in this process or in the temporary folder.

A few runs here, 1,000 with --hypothesis-profile=nightly.
"""

import os
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from fourfold.compare.commands import cli
from tests.test_signals import until

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(7200)]
NIGHTLY = settings.default.max_examples > 100
RUNS, WARM = (1000, 100) if NIGHTLY else (6, 3)
LARGEST_GROWTH = 2**20 + 4096 * RUNS  # bytes: an allocator's pages, and less than one a run
WRONG = Path(__file__).parent.parent / "compare" / "check" / "templates" / "numpy_mine.py"
LITTLE = ["--impl", "numpy", "--case", "xor", "--steps", "3", "--seeds", "1", "--dtype", "float64"]
TO_FILE = ["--json", "r.json"]
COMMANDS = [["agree", *LITTLE, *TO_FILE], ["check", WRONG, "--case", "xor", "--seeds", "1", *TO_FILE]]


def held(process, temporary):
    """Open files, threads, processes and temporary files."""
    return process.num_fds(), process.num_threads(), len(process.children(recursive=True)), os.listdir(temporary)


def test_run_after_run_nothing_grows(tmp_path, monkeypatch, capfd):
    temporary, before, found = tmp_path / "tmp", (), []
    temporary.mkdir()
    now, memory = lambda: held(psutil.Process(), temporary), lambda: psutil.Process().memory_info().rss
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr("fourfold.compare.system.signals.handle", lambda handler: None)
    for name in ("argv", "path"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    path = [*sys.path]
    for n in range(RUNS):
        sys.argv, sys.path = ["fourfold", *map(str, COMMANDS[n % 2])], [*path]
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == (0, 1)[n % 2], capfd.readouterr()
        capfd.readouterr()
        if n >= WARM:
            before = before or now()
            assert until(lambda b=before: now() == b, 20), (n, before, now())
            found.append(memory())
    growth = found[-1] - found[0]
    print(f"{RUNS} runs: {growth / 1024:,.0f} kB more after the last than after run {WARM}")
    assert growth < LARGEST_GROWTH, found[:: RUNS // 6]
