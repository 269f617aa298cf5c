"""The exercises: every claim can fail, in a column that is wrong in just that way; and the command, as it is run."""

import json
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

import impls
from compare.exercises import parameters
from compare.exercises.answer import Answer
from compare.exercises.columns import Columns
from reports.exercises import page, render
from tests.lessons import InProcess
from tests.test_cli import command, said


def wrong(row, *replacements):
    """NumPy's column of a row with right, wrong, right, wrong ... replaced in its text."""
    source = (Path(impls.__file__).parent / row / "numpy_impl.py").read_text(encoding="utf-8")
    for right, planted in zip(replacements[::2], replacements[1::2], strict=True):
        assert right in source
        source = source.replace(right, planted)
    module = ModuleType("wrong")
    exec(compile(source, "wrong", "exec"), module.__dict__)
    return module


@pytest.fixture
def plant(monkeypatch):
    """plant(row, right, wrong, ...): from now on that row's column is wrong."""

    def plant(row, *replacements):
        load, module = impls.load, wrong(row, *replacements)
        monkeypatch.setattr(impls, "load", lambda name, of="two_layer": module if of == row else load(name, of))

    return plant


def answered(exercise, seeds, names=("numpy",)):
    """The Found of an exercise by columns of this process."""
    return exercise.answer(Columns(list(names), InProcess()), seeds)


def failed(found):
    return [claim.says for claim in found.answer.claims if not claim.holds]


def test_parameters_are_counted_in_what_a_step_changes():
    found = answered(parameters, range(2))
    assert failed(found) == []
    assert [row[1] for row in found.answer.tables[0].rows[:2]] == ["9", "13"]
    assert all(row[1] == row[2] for row in found.answer.tables[0].rows)


def test_a_parameter_that_is_never_trained_is_missed(plant):
    trace = "    T = trace(X, Y, W, b, activations)\n"
    plant("deep", trace, f"{trace}    last = b[-1:]\n", "return W, b, T.L", "return W, (*b[:-1], *last), T.L")
    formula, judged, *_ = failed(answered(parameters, range(2)))
    assert "exactly as many" in formula
    assert "numpy's b2" in judged


def test_an_answer_is_read_back_as_it_was_written(tmp_path):
    found = answered(parameters, range(1))
    contents = render.files([found], "<made>")
    assert msgspec.json.decode(contents["answers.json"], type=list[Answer]) == [found.answer]
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    assert render.strange(tmp_path) is None
    assert [*page.sections(tmp_path)] == [2]
    (tmp_path / "thesis.tex").write_text("")
    assert "thesis.tex" in str(render.strange(tmp_path))


def test_what_an_answer_says_is_text_and_no_markup():
    found = answered(parameters, range(1))
    evil = msgspec.structs.replace(found.answer, certificate="<script>alert(1)</script>")
    assert "<script>" not in page.section(evil, {})
    assert "<script>" not in page.page([evil], {2: {}}, "<script>").decode()


def test_exercise_writes_a_page_and_prints_the_answer(tmp_path):
    done = command("exercise", 2, "--impl", "numpy", "--seeds", 1, "--out", tmp_path / "out")
    assert said(done, 0) == ""
    assert "2·3 + 3·1 = 9 parameters" in done.stdout
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"index.html", "answers.json", "2-table-1.csv"}
    assert json.loads((tmp_path / "out" / "answers.json").read_text())[0]["number"] == 2


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ([8], "There is no exercise '8': choose from"),
        (["two"], "There is no exercise 'two': choose from"),
        ([2, "--seeds", "0"], "--seeds 0 is empty"),
        ([2, "--impl", "numpy-loop"], "numpy-loop can only be two layers without biases"),
        ([2, "--timeout", "0"], "--timeout must be a positive number"),
        ([2, "--out", "tests"], "tests holds something other than answers"),
    ],
)
def test_bad_input_gets_one_sentence(args, sentence):
    complaint = said(command("exercise", *args), 2)
    assert sentence in complaint
    assert len(complaint.splitlines()) == 1
