"""A whole course: everybody's file gets a line of its own, whatever becomes of the others, and a place on a page."""

import csv
import io
import json
import re
import threading
from pathlib import Path

import pytest

from fourfold.compare.check import course
from fourfold.compare.check.course import Assessed
from fourfold.compare.commands import course_check
from fourfold.compare.errors import UsageError
from fourfold.reports import course as report

pytest_plugins = ["pytester"]
HERE = str(Path(__file__).parent.parent)
SOURCE = "import numpy as np\n\ndef gradients(X, Y, W1, W2):\n    dL_dW2 = H.T @ D\n    return 0\n"
EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture
def folder(tmp_path):
    def write(*files):
        for file in files:
            path = tmp_path / "class" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(SOURCE)
        return tmp_path / "class"

    return write


def judge(path):
    """By the file's name: a fake."""
    name = Path(path).stem
    if name == "raises":
        raise ZeroDivisionError("by 0")
    if name == "exits":
        raise SystemExit(3)
    if name == "usage":
        raise UsageError("It does not import.")
    if name == "hangs":
        threading.Event().wait()
    if name.startswith("wrong"):
        return "WRONG", "H for A", 4, f"WRONG: {name}", f"WRONG: {name}\n  all of it"
    return Assessed("RIGHT", sentence=f"RIGHT: {name}")


def judged(where, **how):
    return course.judge_all(course.submissions(where), judge, **how)


# Which files, and whose they are.


def test_a_folder_gives_its_files_but_hidden_ones_tests_and_helpers(folder):
    where = folder("b.py", "a.ipynb", "in/c.py", "_help.py", ".d.py", "test_e.py", "f_test.py", "conftest.py", "g.txt")
    folder(".git/h.py", "__pycache__/i.py", "_in/j.py", ".ipynb_checkpoints/a.ipynb")
    assert [path.relative_to(where).as_posix() for path in course.submissions(where)] == ["a.ipynb", "b.py", "in/c.py"]


def test_a_pattern_gives_what_fits(folder):
    where = folder("ann/mine.py", "bob/mine.py", "bob/mine.txt", "test_x.py")
    assert len(course.submissions(f"{where}/*/mine.*")) == 2
    assert len(course.submissions(f"{where}/**/*.py")) == 3
    assert [path.name for path in course.submissions(f"{where}/test_x.py")] == ["test_x.py"]


def test_no_submission_is_a_sentence(folder):
    where = folder("readme.txt")
    with pytest.raises(
        UsageError, match=r"^There is no submission in .*class: it has no .py or .ipynb file to judge\.$"
    ):
        course.submissions(where)
    with pytest.raises(UsageError, match=r"^There is no submission in x/\*\.py: no .py or .ipynb file matches\.$"):
        course.submissions("x/*.py")


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["ann.py", "bob.ipynb"], ["ann", "bob"]),
        (["ann/mine.py", "bob/mine.py"], ["ann", "bob"]),
        (["ann/mine.py", "bob/mine.py", "cy/other.py"], ["ann", "bob", "cy"]),
        (["ann/mine.py", "ann/other.py", "bob/mine.py"], ["ann/mine", "ann/other", "bob/mine"]),
        (["ann/mine.ipynb", "ann/mine.py"], ["mine.ipynb", "mine.py"]),
        (["ann.py"], ["ann"]),
    ],
)
def test_whose_a_file_is(folder, files, names):
    where = folder(*files)
    assert course.names(course.submissions(where)) == names


# Everybody is judged.


def test_everybody_gets_a_line_whatever_becomes_of_the_others(folder):
    where = folder("ann.py", "wrong.py", "raises.py", "exits.py", "usage.py", "hangs.py", "zoe.py")
    shown = []
    rows = judged(where, parallel=2, show=shown.append, longest=0.5)
    assert [(row.who, row.verdict) for row in rows] == [
        ("ann", "RIGHT"),
        ("exits", "NOT JUDGED"),
        ("hangs", "NOT JUDGED"),
        ("raises", "NOT JUDGED"),
        ("usage", "NOT JUDGED"),
        ("wrong", "WRONG"),
        ("zoe", "RIGHT"),
    ]
    assert sorted(shown) == sorted(rows)
    sentences = {row.who: row.sentence for row in rows}
    assert sentences["raises"] == "The judge raised ZeroDivisionError: by 0."
    assert sentences["usage"] == "It does not import."
    assert sentences["hangs"] == "It did not finish within 0.5 s."
    assert course.summary(rows) == "2 of 7 submissions are right; 1 is wrong; 4 are not judged."


def test_a_line_to_blame_is_shown_with_its_text(folder):
    (row,) = judged(folder("wrong.py"))
    assert (row.mistake, row.line, row.source, row.text) == (
        "H for A",
        "4",
        "dL_dW2 = H.T @ D",
        "WRONG: wrong\n  all of it",
    )


def test_a_line_of_a_notebook_is_that_of_its_cell(folder):
    where = folder("wrong.ipynb")
    cells = [{"cell_type": "markdown", "source": "# hello"}, {"cell_type": "code", "source": ["import numpy as np\n"]}]
    cells.append({"cell_type": "code", "source": SOURCE})
    (where / "wrong.ipynb").write_text(json.dumps({"cells": cells}))
    (row,) = judged(where)
    assert (row.line, row.source) == ("cell 3, 4", "dL_dW2 = H.T @ D")


def test_several_are_judged_at_a_time_and_no_more(folder):
    where = folder(*(f"s{n}.py" for n in range(6)))
    now, most, lock, three = [], [], threading.Lock(), threading.Barrier(3)

    def together(path):
        with lock:
            now.append(path)
            most.append(len(now))
        three.wait(30)
        with lock:
            now.remove(path)
        return ("RIGHT",)

    course.judge_all(course.submissions(where), together, 3)
    assert max(most) == 3


def test_only_what_is_wrong_or_not_judged_counts_in_the_exit_code(folder):
    assert course.course_exit_code(judged(folder("ann.py"))) == 0
    assert course.course_exit_code(judged(folder("usage.py"))) == 3
    assert course.course_exit_code(judged(folder("wrong.py"))) == 1
    assert course.course_exit_code([row("RIGHT BUT LOSES DIGITS"), row("AGREES")]) == 0


# The table, the CSV file and the page.


def row(verdict, who="ann", mistake="", line="", source="", sentence="", text=""):
    return course.Submission(who, f"{who}.py", verdict, mistake, line, source, 1.25, sentence, text)


def test_the_table_is_in_columns(folder):
    rows = [
        row("WRONG", "ann", "H for A", "4"),
        row("NOT JUDGED", "zoltán", sentence="It hangs."),
        row("RIGHT", "x\x1b[2J"),
    ]
    assert course.table(rows).splitlines() == [
        "ann       WRONG       line 4  H for A",
        "zoltán    NOT JUDGED          It hangs.",
        "x\\x1b[2J  RIGHT",
    ]
    assert course.line(rows[0]) == "ann  WRONG  line 4  H for A"


def test_a_spreadsheet_computes_nothing_of_the_csv():
    rows = [row("WRONG", '=cmd|"/C calc"!A1', "+1,2", "4", sentence='"-"'), row("WRONG", "-x", "@SUM(1)")]
    first, second = csv.DictReader(io.StringIO(course.csv_text(rows)))
    assert [first["who"], first["mistake"], first["sentence"]] == ['\'=cmd|"/C calc"!A1', "'+1,2", '"-"']
    assert [second["who"], second["mistake"], second["seconds"]] == ["'-x", "'@SUM(1)", "1.25"]


def test_mistakes_are_counted_the_most_frequent_first():
    rows = [row("WRONG", mistake=mistake) for mistake in ("b", "a", "b", "")] + [row("RIGHT"), row("NOT JUDGED")]
    assert course.mistakes(rows) == [("b", 2), ("a", 1), ("no known mistake", 1)]
    assert course.summary(rows) == "1 of 6 submissions is right; 4 are wrong; 1 is not judged."
    assert course.summary([row("RIGHT"), row("RIGHT BUT LOSES DIGITS")]) == (
        "2 of 2 submissions are right, 1 of them losing digits."
    )


def page_of(rows):
    return report.page(course.by_verdict(rows), course.summary(rows), course.mistakes(rows)).decode()


def test_the_page_shows_everybody_the_wrong_first_and_links_to_all_there_is_to_say():
    rows = [
        row("RIGHT", "ann", text="RIGHT: ann"),
        row("WRONG", "bob", "H for A", "4", "dL_dW2 = H.T @ D", text="WRONG: bob\n  all"),
        row("NOT JUDGED", "cy", sentence="It hangs."),
        row("WRONG", "al", "$x$ for A", text="WRONG: al"),
    ]
    page = page_of(rows)
    assert re.findall(r'<a href="#of-\d">(\w+)</a>', page) == ["al", "bob", "cy", "ann"]
    assert re.findall(r'<h2 id="of-(\d)">(\w+)</h2>', page) == [("1", "al"), ("2", "bob"), ("3", "cy"), ("4", "ann")]
    assert "<code>dL_dW2 = H.T @ D</code>" in page
    assert "WRONG: bob\n  all" in page
    assert '<td class="words">It hangs.</td>' in page
    assert "<svg" in page
    assert "$x$ for A" in page
    assert page == page_of(rows)


def test_the_page_needs_nothing_else_and_nothing_in_it_runs():
    page = page_of([row("WRONG", EVIL, EVIL, "4", EVIL, EVIL, EVIL)])
    assert "<img" not in page
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page)


def test_where_all_are_right_there_is_no_picture():
    page = page_of([row("RIGHT")])
    assert "<svg" not in page
    assert 'class="verdict"' in page


# The command.


def test_the_command_writes_all_and_says_all(folder, tmp_path, capsys):
    where = folder("ann.py", "wrong.py")
    page, table = tmp_path / "new" / "page.html", tmp_path / "table.csv"
    page.parent.mkdir()
    assert course_check.course(where, judge, str(page), str(table)) == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines()[:3] == [
        "ann    RIGHT",
        "wrong  WRONG  line 4  H for A",
        "1 of 2 submissions is right; 1 is wrong.",
    ]
    assert sorted(shown.err.splitlines()) == ["ann  RIGHT", "wrong  WRONG  line 4  H for A"]
    assert page.read_text().startswith("<!doctype html>")
    assert table.read_text().startswith("who,file,verdict,mistake,line,seconds,sentence\nann,")


@pytest.mark.parametrize(("page", "table"), [("page.txt", None), (None, "rows.xlsx"), ("no/page.html", None)])
def test_a_file_that_cannot_be_written_is_a_sentence_before_anybody_is_judged(folder, monkeypatch, page, table):
    monkeypatch.chdir(folder("raises.py"))
    with pytest.raises(UsageError, match=r"^(--out|--csv|Cannot write) .*\.$"):
        course_check.course(".", None, page, table)


def test_a_file_is_judged_by_the_command_itself(folder):
    where = folder("crash.py")
    (where / "crash.py").write_text("import os\nos._exit(3)\n")
    (row,) = course.judge_all(course.submissions(where), course.by_command(timeout=60))
    assert row.verdict == "NOT JUDGED"
    assert "ended its process with status 3" in row.sentence


# The pytest plugin.

SUMMED = """import numpy as np

def gradients(X, Y, W1, W2):
    A = np.tanh(X @ W1)
    D = 2 * (A @ W2 - Y)
    return np.sum((A @ W2 - Y) ** 2), X.T @ (D @ W2.T * (1 - A**2)), A.T @ D
"""


def test_every_submission_is_a_test(pytester, monkeypatch):
    """By a line in the configuration, and by one in a conftest.py."""
    monkeypatch.setenv("PYTHONPATH", HERE)
    (pytester.mkdir("ours") / "right.py").write_text(SUMMED)
    (pytester.mkdir("theirs") / "wrong.py").write_text(SUMMED.replace("(1 - A**2)", "A"))
    pytester.path.joinpath("ours", "notes.txt").write_text("")
    pytester.makeini("[pytest]\nfourfold_course = ours/*\nfourfold_course_options = --loss sse")
    line = 'config.addinivalue_line("fourfold_course", "theirs/*.py")'
    pytester.makeconftest(f"def pytest_configure(config):\n    {line}\n")
    done = pytester.runpytest_subprocess(
        "-p", "no:fourfold", "-p", "fourfold.compare.check.pytest_plugin", "-W", "error", "-n", "0", "-v"
    )
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["ours/right.py::fourfold PASSED*", "theirs/wrong.py::fourfold FAILED*"])
    done.stdout.fnmatch_lines(["WRONG: *wrong.py, line 6: *"])
