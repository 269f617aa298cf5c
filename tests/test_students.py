"""Backward passes that people wrote and got wrong are judged as they are, and as they were corrected."""

import contextlib
import io
from pathlib import Path
from types import ModuleType

import pytest

from fourfold.compare.check import proof
from fourfold.compare.check.checked import LOSES_DIGITS, RIGHT, WRONG
from fourfold.compare.check.demands import Demands
from fourfold.compare.check.forms import sources
from tests.students.corrections import CORRECTIONS, LINES, OPTIONS

pytestmark = pytest.mark.xdist_group("students")  # all files are judged once
HERE = Path(__file__).parent / "students"
LEAST_LINES, LEAST_NAMED = 30, 26  # of 33 files


def loss_of(name):
    """The loss that is asked for, or None."""
    options = OPTIONS.get(name, [])
    return options[options.index("--loss") + 1] if "--loss" in options else None


def proved(folder, name, text):
    """The Proof of a text, as `check` gets it of a file."""
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    source = sources.source(path)
    module = ModuleType(name)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source.text, str(path), "exec"), vars(module))
    demands = Demands(loss=loss_of(name)) if loss_of(name) else None
    return proof.prove(source, str(path), vars(module), demands=demands)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """{name: (the Proof of a file as it is, the Proof of its correction)}."""
    folder = tmp_path_factory.mktemp("students")
    proofs = {}
    for name, (old, new) in CORRECTIONS.items():
        text = (HERE / f"{name}.py").read_text(encoding="utf-8")
        assert text.count(old) == 1, name
        proofs[name] = proved(folder, name, text), proved(folder, name, text.replace(old, new))
    return proofs


def test_what_is_wrong_is_called_wrong_and_its_correction_right(judged):
    verdicts = {name: (wrong.verdict(), right.examined.verdict) for name, (wrong, right) in judged.items()}
    assert verdicts.pop("naive_softplus") == (LOSES_DIGITS, RIGHT)
    assert verdicts == dict.fromkeys(verdicts, (WRONG, RIGHT))


def test_a_right_formula_that_loses_digits_is_told_from_one_that_does_not(judged):
    naive, corrected = judged["naive_softplus"]
    assert "weights × " in naive.lossy
    assert not corrected.lossy


def test_most_lines_are_found_and_none_in_right_code(judged):
    hits = {}
    for name, (wrong, right) in judged.items():
        assert not right.examined.blamed, name
        lines = [blamed.line for blamed in wrong.examined.blamed]
        hits[name] = bool(lines) and lines[0] in LINES[name]
    missed = [name for name, hit in hits.items() if not hit]
    assert len(hits) - len(missed) >= LEAST_LINES, missed


def test_most_mistakes_have_a_name(judged):
    unnamed = [name for name, (wrong, _) in judged.items() if not wrong.mistakes]
    assert len(judged) - len(unnamed) >= LEAST_NAMED, unnamed


def test_nothing_is_named_in_right_code(judged):
    named = {name: right.mistakes for name, (_, right) in judged.items() if right.mistakes}
    assert named == {}
