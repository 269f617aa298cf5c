"""Where nothing can be written a command says so in a sentence, and what was there is there still."""
# ruff: noqa: F811

import contextlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fourfold.compare.errors import UsageError
from fourfold.compare.results import report_folder, result
from fourfold.compare.sweep import store as sweeps
from fourfold.compare.system.files import alone
from tests.test_cli import HERE, said
from tests.test_fuzz import files, inputs, main, place  # noqa: F401
from tests.test_sweep import planned

pytestmark = pytest.mark.xdist_group("fuzz")
EARLIER = Path(HERE) / "reports" / "reference" / "result.json"
ENVIRONMENT = os.environ | {"PYTHONPATH": HERE}
NUMPY = ["--impl", "numpy"]
LITTLE = [*NUMPY, "--steps", "3", "--seeds", "1", "--dtype", "float64", "--case", "xor"]
WRITING = {
    "agree --json": ["agree", *LITTLE, "--json", "data.csv"],
    "agree --junitxml": ["agree", *LITTLE, "--junitxml", "data.csv"],
    "report": ["report", *LITTLE, "--resolution", "2", "--out", "report"],
    "report --json": ["report", *LITTLE, "--resolution", "2", "--out", "report", "--json", "data.csv"],
    "diff --out": ["diff", "report", "other", "--out", "compared"],
    "lesson": ["lesson", *NUMPY, "--steps", "3", "--seeds", "1", "--resolution", "2", "--out", "lesson"],
    "lesson --json": ["lesson", *NUMPY, "--steps", "3", "--seeds", "1", "--out", "lesson", "--json", "data.csv"],
    "exercise": ["exercise", "2", *NUMPY, "--seeds", "1", "--out", "exercises"],
    "check --template": ["check", "--template", "numpy", "--out", "mine.py"],
    "train": ["train", "numpy", "--steps", "3", "--json", "data.csv"],
    "sweep": ["sweep", *NUMPY, "--seeds", "1", "--steps", "3", "--out", "sweep"],
    "soak": ["soak", "soak.json", *NUMPY, "--configurations", "2"],
    "mistakes": ["mistakes", "--json", "data.csv"],
    "doctor": ["doctor", "--json", "data.csv"],
    "diff": ["diff", "report", "other", "--json", "data.csv"],
}


def in_a_mount(folder, option, script, *args):
    """Runs a shell script in a file system of its own."""
    prepare = 'mount -t tmpfs -o "$0" tmpfs "$1" && cd "$1" && shift && '
    line = ["unshare", "--map-root-user", "--mount", "sh", "-c", prepare + script, option, folder, *args]
    done = subprocess.run(line, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    if re.search("unshare|mount", done.stderr):
        pytest.skip(f"no mounts here: {done.stderr}")
    return done


IN_TURN = """
import contextlib, io, json, sys
from fourfold.compare.commands import cli
from fourfold.compare.system import signals
from tests.makers import soak
signals.handle = lambda handler: None
for what, argv in json.loads(sys.argv.pop()).items():
    program = soak.app if argv[0] == "soak" else cli.app
    sys.argv[1:] = argv[1:] if program is soak.app else argv
    with contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            cli.main(program)
        except SystemExit as end:
            ended = what, end.code, err.getvalue()
    print(json.dumps(ended), file=sys.stderr)
"""


def test_a_read_only_disk(tmp_path):
    done = in_a_mount(tmp_path, "ro", 'exec "$@"', sys.executable, "-c", IN_TURN, json.dumps(WRITING))
    ended = {what: rest for what, *rest in map(json.loads, done.stderr.splitlines())}
    assert ended.keys() == WRITING.keys()
    for code, err in ended.values():
        assert code == 2
        assert re.fullmatch(r"fourfold: Cannot write .*: Read-only file system\.\n", err), err


def test_a_disk_that_is_full_before_the_end_keeps_the_older_report(tmp_path):
    list_, run = "find . -type f >&2", '"$@"; code=$?'
    script = f'mkdir report && cp "$1" report && shift && {list_} && {run}; {list_}; exit $code'
    report = [sys.executable, "-m", "compare", *WRITING["report"]]
    done = in_a_mount(tmp_path, "size=300k", script, EARLIER, *report)
    before, sentence, after = re.fullmatch(r"(?s)(.*\n)(fourfold:.*?\n)(.*)", done.stderr).groups()
    assert sentence.endswith("report: No space left on device.\n")
    assert before == after
    assert "AGREED" in done.stdout
    assert done.returncode == 2


@pytest.mark.parametrize(("redirected", "code", "sentence"), [
    (">/dev/full", 2, "fourfold: Cannot write standard output: No space left on device."),
    (">&-", 2, "fourfold: Cannot write standard output: Bad file descriptor."),
    ("<&- >&- 2>&-", 2, ""),
    ("2>/dev/full", 0, ""),
    ("| true; exit ${PIPESTATUS[0]}", 141, ""),
])  # fmt: skip
def test_a_standard_output_that_takes_nothing_costs_no_file(tmp_path, redirected, code, sentence):
    agree = [sys.executable, "-m", "compare", "agree", *LITTLE, "--json", "r.json", "--junitxml", "r.xml"]
    line = ["bash", "-c", f'"$0" "$@" {redirected}', *agree]
    done = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT, check=False)
    assert said(done, code) == sentence
    assert result.read(tmp_path / "r.json").columns[0].verdict == "agrees"
    assert (tmp_path / "r.xml").read_text().endswith("</testsuites>\n")
    assert sorted(os.listdir(tmp_path)) == ["r.json", "r.xml"]


IN_A_LOOP = """
import sys
from pathlib import Path
from fourfold.compare.results import report_folder
from fourfold.compare.system import files

me, earlier = sys.argv[1], Path(sys.argv[2]).read_bytes()
print("ready", flush=True)
sys.stdin.readline()
for n in range(40):
    mine = me.encode() * 50_000
    report_folder.check_writable("out")
    report_folder.write_folder("out", {"result.json": earlier, f"{me}.svg": mine, "index.html": mine})
    files.write_whole("whole.json", mine)
"""


def test_of_two_runs_that_write_the_same_the_last_one_is_left(tmp_path):
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", IN_A_LOOP, me, EARLIER],
            **dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.PIPE), text=True, cwd=tmp_path, env=ENVIRONMENT,
        )
        for me in "ab"
    ]  # fmt: skip
    assert [run.stdout.readline() for run in runs] == ["ready\n"] * 2
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    assert [(run.communicate(timeout=60)[1], run.returncode) for run in runs] == [("", 0)] * 2
    assert sorted(os.listdir(tmp_path)) == ["out", "whole.json"]
    assert (tmp_path / "whole.json").read_text() in {me * 50_000 for me in "ab"}
    last = (tmp_path / "out" / "index.html").read_text()
    assert last in {me * 50_000 for me in "ab"}
    assert sorted(os.listdir(tmp_path / "out")) == sorted(["index.html", "result.json", f"{last[0]}.svg"])


def test_what_a_killed_run_has_left_beside_its_folder_is_removed_by_the_next(tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    contents = {"result.json": EARLIER.read_bytes(), "arrays/a.npz": b"new"}

    def left(name, *files):
        for file in files:
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_bytes(contents["result.json"])

    left(f".out.{gone.pid}", "arrays/a.npz", "result.json")
    left(f".out.{gone.pid}.old", "result.json", "report.md")
    stay = [f".out.{os.getppid()}", f".out.{gone.pid}.older", f".other.{gone.pid}", ".out.x", f"out.{gone.pid}"]
    for name in stay:
        left(name, "result.json")
    left(f".out.0{gone.pid}", "letter.txt")
    report_folder.write_folder(tmp_path / "out", contents)
    assert sorted(os.listdir(tmp_path)) == sorted(["out", f".out.0{gone.pid}", *stay])
    assert (tmp_path / "out" / "arrays" / "a.npz").read_bytes() == b"new"
    # killed between the two renames: the old one is all there is
    shutil.move(tmp_path / "out", tmp_path / f".out.{gone.pid}.old")
    with pytest.raises(UsageError, match="something other than a report"):
        report_folder.write_folder(tmp_path / "out", contents, lambda folder: "holds something other than a report")
    assert (tmp_path / "out" / "arrays" / "a.npz").read_bytes() == b"new"


def test_of_two_sweeps_begun_in_one_folder_the_second_is_refused(tmp_path):
    first, second = (planned(seeds=range(n))[0] for n in (1, 2))
    refused = []

    def begin():
        try:
            sweeps.begin(tmp_path / "sweep", second, {}, "-")
        except UsageError as error:
            refused.append(str(error))

    sweeps.begin(tmp_path / "first", first, {}, "-")
    thread = threading.Thread(target=begin)
    with alone(tmp_path):
        thread.start()
        thread.join(0.2)
        (tmp_path / "first").rename(tmp_path / "sweep")
    thread.join()
    assert refused == [f"{tmp_path / 'sweep'} was begun with seeds 1, but this is 2: choose another --out."]


@contextlib.contextmanager
def full_disk():
    """Files may not grow; as on a full disk, the system refuses to write more."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("what", WRITING)
def test_a_full_disk(main, place, what):
    with place() as folder:
        before = files(folder)
        with full_disk():
            code, out, err = main(*WRITING[what], seconds=60)
        assert files(folder) == before
        assert code == 2
        assert re.fullmatch(r"fourfold: Cannot write .*: File too large\.\n", err)
        assert not [name for name in os.listdir() if name.startswith(".")]
        assert "AGREED" in out or what.split()[0] not in {"agree", "report"} or "compare" in what
