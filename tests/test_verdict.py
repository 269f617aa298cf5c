"""What the terminal says first: the verdict in a sentence, a number a cell, and what to do about what is wrong."""

import re
import subprocess
import sys
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console

from fourfold.compare.commands import agree
from fourfold.compare.results import repro, tables, words
from fourfold.compare.results.result import Column, Rejection, Result, read
from tests.test_cli import HERE, command, said

REFERENCE = read(f"{HERE}/reports/reference/result.json")
XOR = ["--steps", 20, "--seeds", 2, "--case", "xor", "--dtype", "float64"]
PLANTED = "fourfold.compare.mistakes.planted.numpy_slope_missing"


def with_columns(*columns, rejections=()) -> Result:
    return replace(REFERENCE, columns=list(columns), rejections=list(rejections))


def wrong(name, quantity="dL_dH", step=3):
    return Rejection(column=name, case="xor", dtype="float64", step=step, seed=0, quantity=quantity)


def test_the_verdict_is_one_sentence_of_less_than_80_characters():
    assert words.headline(REFERENCE) == "AGREED: all 6 columns; 22,566,204 numbers checked, 0 wrong."
    torch, jax, tf = (Column(name, "disagrees", "") for name in ("torch", "jax", "tf"))
    for outcome, sentence in (
        (with_columns(jax, rejections=[wrong("jax")]), "DISAGREED: jax is wrong, first in dL_dH (E16) at step 3."),
        (
            with_columns(jax, tf, rejections=[wrong("jax"), wrong("tf")]),
            "DISAGREED: jax and tf are wrong, first in dL_dH (E16) at step 3.",
        ),
        (with_columns(jax, tf, rejections=[wrong("jax"), wrong("tf", "L")]), "DISAGREED: jax and tf are wrong."),
        (
            with_columns(jax, rejections=[wrong("jax", "W1", 12_000)]),
            "DISAGREED: jax is wrong, first in W1 (E23) at step 12,000.",
        ),
        (with_columns(torch, replace(jax, loses_digits=True)), "DISAGREED: torch is wrong; jax loses digits."),
        (with_columns(Column("tf", "not judged", "x")), "NOT JUDGED: tf."),
        (
            with_columns(Column("numpy", "agrees", ""), Column("my.own.module.of.my", "not judged", "x")),
            "AGREED: 1 column; 1 not judged; 22,566,204 numbers checked, 0 wrong.",
        ),
    ):
        assert words.headline(outcome) == sentence
        assert len(sentence) < 80


@given(st.lists(st.sampled_from(["agrees", "disagrees", "not judged"]), min_size=1, max_size=12), st.booleans())
def test_no_column_is_lost_from_the_verdict(verdicts, lossy):
    columns = [Column(f"c{n}", verdict, "", lossy) for n, verdict in enumerate(verdicts)]
    said_of_all = words.verdict(with_columns(*columns, rejections=[]))
    starts = {"DISAGREED": "disagrees" in verdicts, "AGREED": "agrees" in verdicts, "NOT JUDGED": True}
    expected = next(start for start, holds in starts.items() if holds)
    assert said_of_all.startswith(f"{expected}: ")
    groups = words.by_verdict(columns)
    assert sum(map(len, groups)) == len(columns)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0, "0"),
        (1e-9, "<1%"),
        (0.0149, "1%"),
        (0.98, "98%"),
        (1, "99%"),
        (1.0000001, "×1.1"),
        ("inf", "×∞"),
        ("nan", "nan"),
    ],
)
def test_a_share_within_its_limit_never_reads_as_one_beyond(ratio, text):
    assert words.percent(ratio) == text


def test_a_long_name_is_shortened_where_that_is_clear():
    names = ["numpy", "my.very.long.package.model", "my.other.long.package.model", "a.quite.long.name.of.mine"]
    heads = words.labels([Column(name, "agrees", "") for name in names])
    assert [*heads.values()] == ["numpy", names[1], names[2], "mine"]


def shown(monkeypatch, width, **how):
    text = StringIO()
    monkeypatch.setattr(agree, "out", Console(file=text, width=width, highlight=False))
    agree.show(REFERENCE, **how)
    return text.getvalue().splitlines()


def test_a_table_has_one_number_a_cell_and_fits_the_terminal(monkeypatch):
    wide = shown(monkeypatch, 80)
    assert wide[0].startswith("AGREED")
    assert re.fullmatch(r" dL_dW1 +(\d+% +){6}", next(line for line in wide if line.startswith(" dL_dW1")))
    assert any(line.startswith("Near 100% is fine") for line in wide)
    narrow = shown(monkeypatch, 40)
    assert max(map(len, narrow)) <= 40
    assert re.fullmatch(r" torch +99% +W\d, every step ?", next(line for line in narrow if line.startswith(" torch")))


def test_ulp_are_those_of_what_was_asked_for_alone(monkeypatch):
    """Not of other cases: cancellation leaves errors of 1e16 ULP there, and they are right."""
    text = shown(monkeypatch, 80, ulps=True)
    start = text.index(next(line for line in text if "float64" in line and "ULP" in line))
    own = {row.quantity: float(row.worst_ulps) for row in REFERENCE.rows if (row.case, row.dtype) == ("xor", "float64")}
    for line in text[start + 2 : start + 15]:
        cells = line.split("  ")[1:]
        assert all(float(cell) <= 1.06 * max(own.values()) for cell in cells if cell.strip())
    assert len(tables.ulp_table(REFERENCE, "float64")[1]) == 13


def test_what_is_wrong_can_be_seen_again_by_a_script_of_its_own(tmp_path):
    done = command("agree", "--impl", f"numpy,{PLANTED}", *XOR, cwd=tmp_path, python=("-m", "fourfold.compare"))
    assert said(done, 1) == ""
    assert done.stdout.startswith("DISAGREED: numpy_slope_missing is wrong, first in dL_dH (E16) at step 0.\n")
    assert "next   fourfold mistakes --show 'slope missing'" in done.stdout
    (path,) = re.findall("(?m)^To see it again: python (.*)$", done.stdout)
    again = subprocess.run([sys.executable, path], capture_output=True, text=True, cwd=tmp_path, check=True)
    got, exact = (line.split()[1] for line in again.stdout.splitlines())
    assert re.findall(r"(?:got|exact) +(\S+)", done.stdout) == [got, exact]
    assert got != exact


def test_no_script_is_written_where_nothing_is_wrong_or_json_alone_is_asked_for(tmp_path):
    said(command("agree", "--impl", "numpy", *XOR, cwd=tmp_path, python=("-m", "fourfold.compare")), 0)
    wrong_too = ["--impl", PLANTED, *XOR, "--json", "-"]
    said(command("agree", *wrong_too, cwd=tmp_path, python=("-m", "fourfold.compare")), 1)
    assert [*tmp_path.iterdir()] == []


def test_a_script_that_cannot_be_written_does_not_cost_the_verdict(tmp_path):
    (tmp_path / "reports").write_text("a file")
    done = command("agree", "--impl", PLANTED, *XOR, cwd=tmp_path, python=("-m", "fourfold.compare"))
    assert "Cannot write" in said(done, 1)
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout.startswith("DISAGREED")
    assert "To see it again" not in done.stdout


def test_every_wrong_column_is_in_the_script_once():
    rejections = [replace(wrong(name), reproduce=f"print('{name}')\n") for name in ("jax", "tf", "jax")]
    script = repro.script(rejections)
    assert [script.count(f"print('{name}')") for name in ("jax", "tf")] == [1, 1]
    assert repro.script([wrong("jax")]) == ""


def test_where_else_a_column_is_wrong_is_said_in_a_line():
    rejections = [wrong("jax"), replace(wrong("jax", "L"), case="tanh"), wrong("tf")]
    outcome = with_columns(rejections=rejections)
    assert [*words.also_wrong(outcome)] == ["jax is wrong too in tanh (float64, L)."]


def test_other_kinds_of_networks_have_a_line_each_and_every_column_a_cell():
    deep = replace(REFERENCE.settings[0], name="deep", widths=[2, 4, 4, 1], activations=["tanh"] * 3, biases=True)
    row = replace(REFERENCE.rows[0], column="jax", case="deep", quantity="H3", worst_ratio=0.5)
    outcome = replace(REFERENCE, settings=[*REFERENCE.settings, deep], rows=[*REFERENCE.rows, row])
    headers, lines = tables.combined(outcome)
    assert lines[-1] == ["3 layers with biases", "–", "–", "–", "–", "50%", "–"]
    assert {len(line) for line in lines} == {len(headers)} == {7}
    assert tables.combined(REFERENCE)[1] == lines[:-1]


@pytest.mark.parametrize(
    "outcome", [REFERENCE, with_columns(Column("jax", "disagrees", ""), rejections=[wrong("jax")])]
)
def test_a_terminal_of_80_by_24_shows_the_verdict(monkeypatch, outcome):
    """What agrees fits on the screen; below what does not, the verdict stands again."""
    text = StringIO()
    terminal = Console(file=text, width=80, height=24, highlight=False, force_terminal=True, color_system=None)
    monkeypatch.setattr(agree, "out", terminal)
    agree.show(outcome)
    lines = text.getvalue().splitlines()
    assert words.headline(outcome) in lines[-23:]
    assert max(map(len, lines)) <= 80
    piped = StringIO()
    monkeypatch.setattr(agree, "out", Console(file=piped, width=110))
    agree.show(outcome)
    assert words.details(outcome)[0] in " ".join(piped.getvalue().split())
