"""The command, as a user runs it: real processes, exit codes, what is printed and what is left behind."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from contextlib import nullcontext
from pathlib import Path

import pytest

from fourfold import impls
from fourfold.compare.columns import workers
from fourfold.compare.commands.cli import COMMANDS, GROUPS, main
from fourfold.compare.errors import JudgeError
from fourfold.compare.results import result
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import Here

FAST = ["--steps", "30", "--seeds", "2"]
HERE = str(Path(__file__).parent.parent)
without_frameworks = (
    "import importlib.util as u; real = u.find_spec\n"
    "u.find_spec = lambda name, *a: None if name in {'torch', 'jax', 'tensorflow'} else real(name, *a)\n"
    "from fourfold.compare.__main__ import main; main()"
)


def command(*args, python=("-m", "compare"), cwd=HERE, timeout=120, **env):
    process = [sys.executable, *python, *map(str, args)]
    environment = os.environ | {"PYTHONPATH": HERE} | env
    return subprocess.run(
        process, capture_output=True, text=True, cwd=cwd, env=environment, timeout=timeout, check=False
    )


def said(done, code):
    """The one sentence on standard error, after checking the exit code and that there is no traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr.strip()


def test_agree_prints_the_verdict_and_the_table():
    done = command("agree", "--impl", "numpy,numpy-loop", *FAST)
    assert said(done, 0) == ""
    assert done.stdout.startswith("AGREED: numpy and numpy-loop; ")
    assert re.search(r"dL_dW1 +\d+% +\d+%", done.stdout)
    assert "W1, every step" in done.stdout
    assert "numpy 2" in done.stdout


@pytest.mark.skipif(
    not all(workers.package_installed(p) for p in ("torch", "jax", "tensorflow")), reason="needs all three frameworks"
)
@pytest.mark.xdist_group("tf")
def test_all_columns_agree():
    done = command("agree", *FAST)
    assert said(done, 0) == ""
    assert done.stdout.startswith("AGREED: all 6 columns; ")


def test_a_wrong_column_is_named_with_step_quantity_numbers_and_limit(tmp_path):
    done = command("agree", "--impl", "numpy,tests.columns.sign", *FAST, "--junitxml", tmp_path / "j.xml")
    assert said(done, 1) == ""
    assert done.stdout.startswith("DISAGREED: tests.columns.sign is wrong, first in W1 (E23) at step 0.\n")
    assert "Right: numpy." in done.stdout
    assert "first wrong at step 0, seed 0, W1[" in done.stdout
    assert re.search(r"got +[-\d.e]+\n +exact +[-\d.e]+\n +error +[\d.e-]+, limit +[\d.e-]+", done.stdout)
    assert "first wrong at step 0, seed 0, W1[" in (tmp_path / "j.xml").read_text()


def test_a_column_that_fails_costs_the_others_nothing():
    done = command("agree", "--impl", "tests.columns.raises,numpy", *FAST)
    assert said(done, 3) == ""
    assert re.search(r"Not judged: tests.columns.raises raised ValueError: out of cheese \(.*raises.py", done.stdout)
    assert done.stdout.startswith("AGREED: 1 column; 1 not judged; ")


def test_what_is_not_installed_is_left_out_by_default_and_missed_by_name():
    few = "agree", "--steps", 3, "--seeds", 1, "--case", "xor"
    done = command(*few, "--impl", "numpy,tf", python=("-c", without_frameworks))
    assert said(done, 3) == ""
    assert "tf needs tensorflow, which is not installed" in done.stdout
    done = command(*few, python=("-c", without_frameworks))
    assert said(done, 0) == "Not installed, left out: torch, jax, tf."
    assert " tf" not in done.stdout


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--impl", "troch"], "There is no column 'troch': did you mean torch?"),
        (["--impl", "no.such.module"], "There is no column 'no.such.module'"),
        (["--impl", "numpy,numpy"], "names a column twice"),
        (["--activation", "softplus"], "There is no activation 'softplus'"),
        (["--dtype", "float8"], "There is no precision 'float8'"),
        (["--steps", "-1"], "--steps must be at least 1 and at most 100,000,000, not -1"),
        (["--steps", "0"], "--steps must be at least 1"),
        (["--steps", "many"], "--steps"),
        (["--steps", "5.9"], "--steps: '5.9' is not a whole number"),
        (["--hidden", "2.5"], "--hidden: '2.5' is not a whole number"),
        (["--hidden", "nan"], "--hidden: 'nan' is not a whole number"),
        (["--hidden", "inf"], "--hidden: 'inf' is not a whole number"),
        (["--hidden", "0"], "--hidden must be at least 1"),
        (["--hidden", "999999999"], "--hidden must be at least 1 and at most 100,000,000"),
        (["--seeds", "99999999999"], "choose fewer seeds"),
        (["--lr", "1e31"], "at most 1e+30"),
        (["--seeds", "1.5"], "--seeds takes a number or a range"),
        (["--seeds", "1e30"], "choose fewer seeds"),
        (["--seeds", f"{10**30}:{10**30 + 1}"], "none above 2**62"),
        (["--seeds", "0"], "--seeds 0 is empty"),
        (["--seeds", "-3"], "--seeds -3 is empty"),
        (["--seeds", "5:2"], "--seeds 5:2 is empty"),
        (["--seeds", "x"], "--seeds takes a number or a range"),
        (["--lr", "nan"], "The learning rate must be a positive number"),
        (["--lr", "inf"], "The learning rate must be a positive number"),
        (["--timeout", "0"], "--timeout must be a positive number"),
        (["--data", "nowhere.csv"], "Cannot read nowhere.csv: No such file"),
        (["--colour"], "--colour"),
        (["surplus"], "surplus"),
        (["--steps", "100000000", "--json", "/proc/none/r.json"], "Cannot write /proc/none/r.json"),
        (["--json", ""], "--json takes the name of a file, or - for standard output."),
        (["--junitxml", ""], "--junitxml takes the name of a file."),
        (["--steps", "100000000", "--junitxml", "/proc/none/j.xml"], "Cannot write /proc/none/j.xml"),
    ],
)
def test_bad_input_gets_one_sentence(typed, args, sentence):
    complaint = said(typed("agree", *args), 2)
    assert sentence in complaint
    assert len(complaint.splitlines()) == 1


def test_train_wants_one_seed():
    assert "--seed must be from 0 to 2**62, not -1." in said(command("train", "numpy", "--seed", -1), 2)
    assert "--seed: '1.5' is not a whole number" in said(command("train", "numpy", "--seed", 1.5), 2)


def test_the_version_is_that_of_the_project():
    project = tomllib.loads(Path(HERE, "pyproject.toml").read_text())["project"]
    assert command("--version").stdout.strip() == project["version"]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["agre"], "There is no command 'agre': did you mean agree? See fourfold --help."),
        (["xyzzy"], "There is no command 'xyzzy'. See fourfold --help."),
        (["train", "numpy", "extra"], "There is no place for 'extra'. See fourfold train --help."),
        (["report", "--compare", "a", "b"], "Two reports are compared by fourfold diff A B --out DIR."),
    ],
)
def test_what_cannot_be_typed_gets_the_help_to_read(args, sentence):
    assert said(command(*args), 2).startswith(f"fourfold: {sentence}")


def test_help_has_every_command_in_groups_and_fits_a_terminal():
    lines = command("--help", COLUMNS="80").stdout.rstrip().splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert listed == COMMANDS
    assert [line for line in lines if line in GROUPS] == [*GROUPS]
    assert lines[-1].startswith("Start here: fourfold lesson.")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_fits_a_terminal_and_says_what_every_option_does(name):
    text = command(name, "--help", COLUMNS="80").stdout
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"--no-|default: (False|None)", text)
    assert not re.search(r"│ +(\*  )?-*[A-Za-z]+( STR| INT| FLOAT)? +(\[default.*|\[required\] *)?│", text)
    assert "Options" in text or "Output" in text


def test_json_on_standard_output_is_all_there_is(tmp_path):
    done = command("agree", "--impl", "numpy", *FAST, "--json", "-")
    said(done, 0)
    (tmp_path / "r.json").write_text(done.stdout)
    assert result.read(tmp_path / "r.json").columns == [result.Column("numpy", "agrees", "")]


def test_json_into_the_file_that_standard_output_is(tmp_path):
    both = tmp_path / "both"
    with both.open("w") as file:
        args = [sys.executable, "-m", "compare", "train", "numpy", "--steps", "3", "--json", "/dev/stdout"]
        subprocess.run(args, stdout=file, cwd=HERE, check=True)
    assert re.search(r"(?s)epoch +3.*\"losses\"", both.read_text())


def test_a_diverged_run_has_losses_in_json(tmp_path):
    args = ["train", "numpy", "--activation", "identity", "--lr", 100, "--steps", 400, "--json"]
    record = json.loads(command(*args, "-").stdout)
    assert record["losses"][1:] == [[200, "nan"], [400, "nan"]]
    assert record["W1"][0][0] == "nan"


def test_a_judge_that_contradicts_itself_says_so(monkeypatch, capsys):
    def contradicting(*args):
        raise JudgeError("R[0, 0] is and is not")

    monkeypatch.setattr("fourfold.compare.agreement.certify.referee.audit", contradicting)
    monkeypatch.setattr(workers, "open_pool", lambda *limits, **more: nullcontext(Here(monkeypatch, numpy_impl)))
    monkeypatch.setattr(Here, "seconds", lambda *a: 0, raising=False)
    monkeypatch.setattr(Here, "stop", lambda *a: None, raising=False)
    monkeypatch.setattr(sys, "argv", ["fourfold", "agree", "--impl", "numpy", "--steps", "3"])
    monkeypatch.setattr("fourfold.compare.system.signals.handle", lambda handler: None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    complaint = capsys.readouterr().err
    assert "fourfold contradicts itself: R[0, 0] is and is not: please report this" in complaint
    assert len(complaint.splitlines()) == 1


def test_the_same_command_twice_differs_in_time_only(tmp_path):
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file in files:
        said(command("agree", "--impl", "numpy,numpy-tiled", *FAST, "--json", file), 0)
    a, b = (json.loads(file.read_text()) for file in files)
    for r in (a, b):
        del r["created"], r["seconds"], r["environment"]["command"]
    assert a == b


def test_train_prints_parameters_losses_and_predictions():
    done = command("train", "numpy", "--steps", 1000, "--seed", 3, "--activation", "tanh", "--hidden", 4)
    assert said(done, 0) == ""
    assert "12 parameters" in done.stdout
    epochs = re.findall(r"epoch +([\d,]+) +loss", done.stdout)
    assert epochs == ["0", "200", "400", "600", "800", "1,000"]
    assert done.stdout.count("class") == 4
    record = json.loads(command("train", "numpy", "--steps", 400, "--json", "-").stdout)
    assert [epoch for epoch, _ in record["losses"]] == [0, 200, 400]
    assert record["losses"][-1][1] < record["losses"][0][1]


def test_train_reports_a_column_that_fails():
    assert "raised ValueError: out of cheese" in said(command("train", "tests.columns.raises", "--steps", 3), 3)


def test_doctor():
    done = command("doctor")
    assert said(done, 0) == ""
    assert re.search(r"numpy +2\.\S+ +gradients right", done.stdout)
    assert re.search(r"^All \d installed columns work: ", done.stdout.splitlines()[-1])
    done = command("doctor", "--json", "-", python=("-c", without_frameworks))
    assert said(done, 0) == ""
    states = json.loads(done.stdout)
    assert [state["column"] for state in states] == [*impls.NAMES]
    assert states[-1]["note"] == "not installed: pip install '.[tf]'"


def test_check_says_what_is_not_there(tmp_path):
    (tmp_path / "mine.py").write_text("def gradients(X, Y, W1, W2): pass\n")
    done = command("check", tmp_path / "mine.py:nosuch")
    assert said(done, 2) == "fourfold: There is no nosuch in the file: its functions are gradients."
    sentence = said(command("check", tmp_path), 2)
    assert sentence == f"fourfold: {tmp_path} is a folder: fourfold check --course {tmp_path} checks every file in it."


def test_report_on_data_with_three_inputs_and_two_outputs(tmp_path):
    data = tmp_path / os.fsdecode(b"no text \xff.csv")
    data.write_text("a,b,c,y1,y2\n" + "\n".join(f"{i},{i * i % 5},{-i},{i % 2},{i % 3}" for i in range(6)))
    done = command("report", "--impl", "numpy", "--data", data, "--lr", 0.01, *FAST, "--out", tmp_path / "out")
    assert said(done, 0) == ""
    assert r"no text \udcff.csv: 6 samples, layers 3-3-2 (15 parameters)" in done.stdout
    assert not (tmp_path / "out" / "boundary.svg").exists()


def test_a_report_folder_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    start = time.monotonic()
    assert "Cannot write the folder" in said(command("report", "--out", tmp_path / "file" / "out"), 2)
    assert time.monotonic() - start < 10


def test_no_colour_leaves_no_escape_codes():
    for args in (["agree", "--help"], ["agree", "--impl", "numpy", "--steps", "1"]):
        assert "\x1b" not in command(*args, NO_COLOR="1", FORCE_COLOR="1").stdout


def test_nothing_certified_is_not_agreement(tmp_path):
    data = tmp_path / "large.csv"
    data.write_text("x,y\n1e30,1\n2,3\n")
    args = ["agree", "--impl", "numpy", "--activation", "identity", "--data", data, *FAST, "--dtype"]
    done = command(*args, "float32", "--lr", 1e10)
    assert said(done, 3) == ""
    assert "nothing could be certified" in done.stdout
    assert "AGREED" not in done.stdout
    data.write_text("x,y\n1e300,1\n2,3\n")
    assert "beyond the range of float32" in said(command(*args, "float32"), 2)
    assert "nothing could be certified" in command(*args, "float64").stdout
