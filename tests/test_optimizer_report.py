"""A report of an optimiser: what was asked, conventions, the picture of all optimisers, nothing of descent alone."""

import csv
import io
import re

import numpy as np
import pytest

from fourfold.compare.cases import update
from fourfold.compare.cases.case import make_case
from fourfold.compare.commands.cli import app
from fourfold.compare.judge import updates
from fourfold.compare.results import optimizer_table, report_folder
from fourfold.compare.results.optimizer_table import conventions_table

STEPS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    asked = ["report", "--update", "momentum,lr=0.05", "--impl", "numpy,numpy-loop", "--steps", STEPS, "--seeds", "3:6"]
    assert app([*map(str, asked), "--out", str(folder)], result_action="return_value") == 0
    return folder


@pytest.fixture(scope="module")
def made(folder):
    return report_folder.load(folder)


def test_the_other_optimizers_are_asked_with_the_same_rate_from_the_same_weights(made):
    by_rule = optimizer_table.settings_by_rule(made.result)
    assert [*by_rule] == [*updates.RULES]
    assert by_rule["momentum"] is made.result.settings[0]
    for rule, setting in by_rule.items():
        assert setting.update.split(",")[0] == rule
        assert (setting.lr, setting.steps, setting.first_seed) == (0.05, STEPS, 3)
        assert setting.seeds == (3 if rule == "momentum" else 1)
        for arrays in made.by_dtype(setting)["float64"].values():
            assert np.array_equal(
                arrays["L"][0, 0], made.by_dtype(made.result.settings[0])["float64"]["numpy"]["L"][0, 0]
            )


def test_the_picture_is_drawn_from_the_certified_arrays(folder, made):
    table = [*csv.DictReader(io.StringIO((folder / "optimizers.csv").read_text()))]
    for rule, setting in optimizer_table.settings_by_rule(made.result).items():
        lines = [line for line in table if line["optimiser"] == rule]
        for column, arrays in made.by_dtype(setting)["float64"].items():
            assert [int(line["step"]) for line in lines] == arrays["step"].tolist()
            assert [float(line[column]) for line in lines] == arrays["L"][:, 0].tolist()
    svg = (folder / "optimizers.svg").read_text()
    for rule in updates.RULES:
        assert f">{rule}</text>" in svg


def test_the_page_says_what_was_asked_and_by_which_conventions(folder):
    page, markdown = ((folder / name).read_text() for name in ("index.html", "report.md"))
    for text in (page, markdown):
        assert "momentum, momentum 0.9, learning rate 0.05" in text
        assert "By which convention each column works, found in this run" in text
        assert "rate-at" in text
    for line in conventions_table()[1]:
        assert line[1] in page
    assert '<details id="conventions"' in page
    assert 'href="#conventions"' in page


def test_what_is_proved_of_plain_descent_is_not_shown(folder):
    assert not (folder / "proved").exists()
    assert not [*folder.glob("proved*")]
    assert "Proved loss curve" not in (folder / "index.html").read_text()


def test_conventions_are_those_of_the_optimizer_that_was_asked_for(made):
    """RMSProp, which was run too, has a point of the same name as Adam, with other choices."""
    assert {(one.column, one.point) for one in made.result.conventions} == {
        (column, point) for column in ("numpy", "numpy-loop") for point in ("rate-at", "numbers")
    }
    headings, lines = optimizer_table.of_run(made.result)
    assert all(len(line) == len(headings) for line in lines)
    assert ["numpy", "rate-at", "inside", updates.POINTS["rate-at"]["inside"], "–"] in lines


def test_every_rule_is_the_first_seed_in_one_precision():
    case = make_case("xor", "sigmoid", 0.01, 10, 3, range(2, 5))._replace(update=update.parse("adam,eps=1e-3")[0])
    others = update.every_rule(case, ["float32", "float64"])
    assert [other.update.name for other in others] == [rule for rule in updates.RULES if rule != "adam"]
    for other in others:
        assert (other.seeds, other.dtypes, other.lr) == (range(2, 3), ("float32",), 0.01)
        assert not other.update.demanded


def test_a_report_of_descent_has_none_of_it(tmp_path):
    asked = [
        "report",
        "--impl",
        "numpy",
        "--steps",
        "5",
        "--seeds",
        "1",
        "--case",
        "xor",
        "--out",
        str(tmp_path / "out"),
    ]
    assert app(asked, result_action="return_value") in {0, 3}
    page = (tmp_path / "out" / "index.html").read_text()
    assert not re.search("conventions|Optimiser", page)
    assert not (tmp_path / "out" / "optimizers.csv").exists()
