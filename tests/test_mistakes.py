"""The catalogue: every mistake is really made, and caught on its case; no equal rewriting is."""

import subprocess
import sys

import msgspec
import numpy as np
import pytest

from fourfold.compare.cases import suites
from fourfold.compare.columns import workers
from fourfold.compare.commands import mistakes as verb
from fourfold.compare.errors import UsageError
from fourfold.compare.mistakes import matrix, planted, rewritings, words
from fourfold.compare.mistakes.catalogue import GROUPS, MISTAKES, find
from fourfold.compare.mistakes.rewritings import REWRITINGS
from tests.conftest import each_column

IN_NUMPY = [m for m in MISTAKES.values() if "numpy" in m.planted]
case_of = {entry.name: suites.build(entry) for entry in (*suites.TABLE, *suites.DEEP)}


def outcomes(mistake, column, call):
    module = planted.module_name(column, mistake.name)
    right = "numpy" if mistake.alone else column
    case = case_of[mistake.case]
    return [call(module if mistake.alone else column, matrix.attempt, right, module, case, d) for d in case.dtypes]


def judge(mistake, found):
    assert any(o.changed for o in found), f"{mistake.name}: planted, and nothing changed"
    caught = [o for o in found if o.caught]
    assert caught, f"{mistake.name} was not caught on {mistake.case}"
    if not caught[0].form:
        first = caught[0].point or f"every {caught[0].step}"
        assert first == mistake.quantity, f"{mistake.name} breaks {first} first, not {mistake.quantity}"


@pytest.mark.parametrize("mistake", IN_NUMPY, ids=lambda m: m.slug)
def test_a_mistake_is_caught_and_its_first_quantity_named(mistake):
    judge(mistake, outcomes(mistake, "numpy", lambda _process, task, *args: task(None, *args)))


@pytest.mark.parametrize("column", each_column(("torch", "jax", "tf")))
def test_a_mistake_in_a_framework_is_caught(column):
    with workers.open_pool(300) as pool:
        for mistake in MISTAKES.values():
            if column in mistake.planted:
                judge(mistake, outcomes(mistake, column, pool.call))


def test_the_catalogue_is_large_and_told_apart():
    assert len(MISTAKES) == sum(map(len, GROUPS.values())) >= 75
    assert sum(bool(m.planted.keys() - {"numpy"}) for m in MISTAKES.values()) >= 15
    assert len(REWRITINGS) >= 10
    assert len({(c, t) for m in MISTAKES.values() for c, t in m.planted.items()}) == sum(
        len(m.planted) for m in MISTAKES.values()
    )


@pytest.mark.parametrize("column", ["numpy", "torch", "jax", "tf"])
def test_the_lines_shown_are_in_the_column(column):
    for mistake in MISTAKES.values():
        if column in mistake.planted:
            source = [line.strip() for line in planted.right_source(column, mistake.row).splitlines()]
            wrong, right = planted.differing_lines(column, *mistake.planted[column], row=mistake.row)
            assert wrong != right
            assert all(line.strip() in source for line in right if line)


def test_text_that_is_not_there_cannot_be_replaced():
    with pytest.raises(ValueError, match="no 'H = W1 @ X'"):
        planted.wrong_source("numpy", "H = W1 @ X", "H = X")
    with pytest.raises(ModuleNotFoundError):
        planted.load("numpy", "no such mistake")


def test_a_mistake_that_cannot_be_planted_does_not_count_as_caught(monkeypatch):
    monkeypatch.setitem(planted.PLANTED["numpy"], "stale", ("two_layer", ("H = W1 @ X", "H = X")))
    with pytest.raises(ValueError, match="to plant a mistake in"):
        matrix.attempt("", "numpy", planted.module_name("numpy", "stale"), case_of["xnor"], "float64")


def test_no_framework_is_imported():
    code = (
        "import sys\nfrom fourfold.compare.mistakes import diagnosis, planted, words\n"
        "assert not {'torch', 'jax', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_is_found_by_slug_and_a_typo_gets_the_nearest():
    assert find("Slope-missing").name == "slope missing"
    with pytest.raises(UsageError, match="did you mean 'slope missing'"):
        find("slope misisng")


def test_the_matrix_counts(monkeypatch):
    """On one case only two mistakes and two rewritings: one caught, one that these data cannot show."""
    some = {m.slug: m for m in (find("factor 2 left over"), find("mean over all elements"))}
    monkeypatch.setattr(matrix, "MISTAKES", some)
    monkeypatch.setitem(rewritings.OF_ROW, "two_layer", dict(list(REWRITINGS.items())[:2]))
    tried, rewritten = matrix.matrix([case_of["xnor"]._replace(name="xor")], ["numpy"], 60)
    by_name = {t.name: t for t in tried}
    assert by_name["factor 2 left over"].caught
    assert not by_name["mean over all elements"].caught
    assert not any(t.caught for t in rewritten)
    text = words.verdict(tried, rewritten)
    assert "1 mistakes survive, 0 rewritings rejected" in text
    assert "Not caught: mean over all elements (numpy)" in text
    assert [row[1:] for row in words.tolerances(tried, rewritten)[1]][-1] == ["1", "1", "0"]
    assert words.cases(tried)[1] == [["xor", "1", "1", "0", "1", "1"]]
    assert [row[0] for row in words.caught(tried)[1]] == ["factor 2 left over", "mean over all elements"]


def test_what_a_tolerance_lets_pass():
    near, one = ({"L": np.array([1.0 + 1e-6])},), ({"L": np.array([1.0])},)
    assert matrix._close(near, one, *matrix.TOLERANCES["numpy.allclose"][0])
    assert not matrix._close(near, one, *matrix.TOLERANCES["numpy.testing.assert_allclose"][0])
    assert not matrix._close(({"L": np.array([[1.0]])},), one, 1, 1)


def test_the_verb_lists_and_explains(capsys):
    assert verb.mistakes(json="-") == 0
    listed = msgspec.json.decode(capsys.readouterr().out)
    assert {m["name"] for m in listed} == {m.name for m in MISTAKES.values()}
    assert verb.mistakes(show="1/N missing", json="-") == 0
    one = msgspec.json.decode(capsys.readouterr().out)
    assert one["code"]["numpy"] == {"wrong": "dL_dY_hat = R", "right": "dL_dY_hat = R / N"}
    assert one["equation"] == "E10"
