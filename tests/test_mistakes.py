"""The catalogue: every mistake is really made, and caught on its case; no equal rewriting is."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.cases import suites
from fourfold.compare.columns import calls, workers
from fourfold.compare.columns.questions import about
from fourfold.compare.commands import mistakes as verb
from fourfold.compare.commands import terminal
from fourfold.compare.errors import UsageError
from fourfold.compare.judge import form, judgement
from fourfold.compare.judge.quantities import is_of_every_step, of_every_step
from fourfold.compare.mistakes import matrix, planted, rewritings, trials, words
from fourfold.compare.mistakes.catalogue import GROUPS, MISTAKES, find, losing_digits
from fourfold.compare.mistakes.rewritings import REWRITINGS
from tests.conftest import each_column

ROOT = Path(__file__).parents[1]
OF_NETWORKS = [m for m in MISTAKES.values() if not m.update]  # optimisers': test_optimizer_mistakes.py
IN_NUMPY = [m for m in OF_NETWORKS if "numpy" in m.planted]
case_of = {entry.name: suites.build(entry) for entry in (*suites.TABLE, *suites.DEEP, *trials.LONG)}
# An error of 1e-12 in one entry is less than the rounding of the others, and no rounding.
TOO_SMALL_TO_TELL = {"one entry off by 1e-12", "one entry within off by 1e-12"}


def outcomes(mistake, column, call, dtypes=suites.DTYPES, told=False):
    module = planted.module_name(column, mistake.name)
    right = "numpy" if mistake.alone else column
    case = case_of[mistake.case]
    process = module if mistake.alone else column
    return [call(process, matrix.attempt, right, module, case, d, told) for d in case.dtypes if d in dtypes]


def judge(mistake, found):
    assert any(o.changed for o in found), f"{mistake.name}: planted, and nothing changed"
    caught = [o for o in found if o.caught]
    assert caught, f"{mistake.name} was not caught on {mistake.case}"
    o = caught[0]
    first = o.point or (f"every {o.step}" if o.step else "")
    if o.shapes and not first:
        first = f"every {o.shapes}" if is_of_every_step(mistake.quantity) else o.shapes
    if not o.form and " " not in of_every_step(first):  # a sentence is about no number
        assert first == mistake.quantity, f"{mistake.name} breaks {first} first, not {mistake.quantity}"


@pytest.mark.parametrize("mistake", IN_NUMPY, ids=lambda m: m.slug)
def test_a_mistake_is_caught_and_its_first_quantity_named(mistake):
    told = not trials.is_large(case_of[mistake.case])
    found = outcomes(mistake, "numpy", lambda _process, task, *args: task(None, *args), told=told)
    judge(mistake, found)
    if told and mistake.name not in TOO_SMALL_TO_TELL:
        assert all(o.loses_digits == mistake.loses_digits for o in found if o.caught)


@pytest.mark.parametrize("column", each_column(("torch", "jax", "tf"), "pool"))
def test_a_mistake_in_a_framework_is_caught(column, pool):
    for mistake in OF_NETWORKS:
        if column in mistake.planted:
            judge(mistake, outcomes(mistake, column, pool.call, dtypes=("float64",)))


# What draws random numbers draws its own; what has few digits, or is carried on for long, has as many in common.
RANDOM = {"dropout left on"}
IN_COMMON = {"float32 leak in the product and its gradients": 1e-6, "loss expanded": 1e-4}
IN_COMMON |= {mistake.name: 1e-6 for mistake in losing_digits() if mistake.name != "loss expanded"}


def ties(row):
    """Networks with h = 0 exactly, and h on both sides of it: one with a first layer of zeros, and one without."""
    case = case_of["asymmetric-relu" if row == "two_layer" else "deep-zero-biases"]
    first = case.weights[0].copy()
    first[0] = 0
    return case._replace(name="ties", weights=(first, *case.weights[1:]), steps=1)


def numbers(_process, column, module, case, call):
    """What a planted column gives; {} where it does not run, or its arrays do not fit."""
    matrix._leave_uncompiled(column, case.row)
    p = judgement.problem(case, "float64")
    _, _, *given = case.cast("float64")
    try:
        with np.errstate(all="ignore"):
            answer = calls.answer(module, about(p, call, given, p.lr, case.steps))
    except Exception:
        return {}
    if call == "trace" and form.malformed_trace(answer, given, p):
        return {}
    return answer


def asked(mistake):
    """(call, case): what planted columns are compared in."""
    case = case_of[mistake.case]
    if is_of_every_step(mistake.quantity) or case.name in trials.WHOLE_RUNS:
        return [("trajectory", case if case.name in trials.WHOLE_RUNS else case._replace(steps=2))]
    return [("trace", case), ("trace", ties(mistake.row))]


def same(one, other, digits):
    assert one.keys() == other.keys()
    for name, Z in one.items():
        finite = np.isfinite(Z)
        size = np.max(np.abs(Z[finite]), initial=0)
        np.testing.assert_allclose(other[name], Z, rtol=digits, atol=digits * size, err_msg=name)


@pytest.mark.xdist_group("pool")
def test_a_mistake_gives_the_same_numbers_in_every_column_it_is_planted_in(pool):
    """Also where h is exactly 0, and below it."""
    installed = [*filter(workers.installed, impls.FRAMEWORKS)]
    if len(installed) == 1:
        pytest.skip("NumPy alone is installed")
    futures, given, compared = [], {}, set()
    for mistake in OF_NETWORKS:
        columns = [column for column in mistake.planted if column in installed and mistake.name not in RANDOM]
        for call, case in asked(mistake) if len(columns) > 1 else ():
            for column in columns:
                module = planted.module_name(column, mistake.name)
                future = pool.submit(column, numbers, column, module, case, call)
                futures.append((mistake.name, case.name, column, future))
    for name, case, column, future in futures:
        given.setdefault((name, case), []).append(pool.result(column, future))
    for (name, case), (first, *others) in given.items():
        for other in others:
            if first or case == find(name).case:  # on another case shapes need not fit
                compared.add(name)
                same(first, other, IN_COMMON.get(name, 1e-9))
    assert len(compared) >= 60


def test_the_catalogue_is_large_and_told_apart():
    assert len(MISTAKES) == sum(map(len, GROUPS.values())) >= 75
    assert sum(bool(m.planted.keys() - {"numpy"}) for m in MISTAKES.values()) >= 15
    assert len(REWRITINGS) >= 10
    assert len({(m.row, c, t) for m in MISTAKES.values() for c, t in m.planted.items()}) == sum(
        len(m.planted) for m in MISTAKES.values()
    )


def test_documents_count_them():
    mistakes = [mistake for mistake in OF_NETWORKS if not mistake.loses_digits]
    optimisers = len(MISTAKES) - len(OF_NETWORKS)
    deep = sum(mistake.row == "deep" for mistake in mistakes)
    elsewhere = sum(bool(mistake.planted.keys() - {"numpy"}) for mistake in mistakes)
    columns = sum(len(mistake.planted) for mistake in OF_NETWORKS)
    text = " ".join((ROOT / "compare/mistakes/README.md").read_text().split())
    assert f"has {len(mistakes)} ways of getting these gradients wrong, {deep} of them with biases" in text
    assert (
        f"and depth, {elsewhere} planted in PyTorch, JAX or TensorFlow code, and {len(losing_digits())} forms" in text
    )
    assert f"{optimisers} more are in what an optimiser makes of gradients" in text
    assert f"in {columns} columns. {sum(map(len, rewritings.OF_ROW.values()))} rewritings" in text
    assert f"[{len(mistakes) + optimisers} known mistakes]" in (ROOT / "README.md").read_text()


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
    monkeypatch.setattr(trials, "MISTAKES", some)
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
    assert words.cases(tried)[1] == [["xor", "1", "1", "0", "0", "1", "1"]]
    assert [row[0] for row in words.caught(tried)[1]] == ["factor 2 left over", "mean over all elements"]


def close(a, b, rtol, atol):
    return matrix._close(matrix._compared(({"L": np.array(a)},), ({"L": np.array(b)},)), rtol, atol)


def test_what_a_tolerance_lets_pass():
    assert close([1.0 + 1e-6], [1.0], *matrix.TOLERANCES["numpy.allclose"][0])
    assert not close([1.0 + 1e-6], [1.0], *matrix.TOLERANCES["numpy.testing.assert_allclose"][0])
    assert not close([[1.0]], [1.0], 1, 1)
    assert close([np.nan, np.inf, -np.inf], [np.nan, np.inf, -np.inf], 0, 0)
    for a, b in ((np.nan, 1.0), (1.0, np.nan), (np.inf, 1.0), (1.0, np.inf), (np.inf, -np.inf), (np.inf, np.nan)):
        assert not close([a], [b], 1, 1)


def test_what_takes_long_is_tried_where_it_shows_and_on_rewritings():
    by_name = {(p.name, p.column): p for p in trials.plantings(["numpy", "torch"])}
    long = {case.name for case in case_of.values() if trials.takes_long(case)}
    assert {"every-shape", "large", "deep-large", "whole-run", "deep-whole-run", "deep-every-shape"} <= long
    tried_on = lambda *planting: {case.name for case, _ in trials.runs(by_name[planting], case_of.values())}
    assert tried_on("momentum", "numpy") & long == set()
    assert tried_on("len(Y) for N", "numpy") & long == {"every-shape"}
    assert tried_on("rewritten einsum for matmul", "numpy") & long == {n for n in long if not n.startswith("deep-")}
    assert trials.cut(case_of["whole-run"], "jax").steps == 1_200
    assert trials.cut(case_of["rate-1.5"], "jax").steps == 1


@pytest.mark.parametrize(
    ("name", "case"), [("sigmoid by tanh", "huge-sigmoid"), ("loss by logarithms", "diverging-relu")]
)
def test_a_form_loses_digits_also_where_float32_has_no_such_number(name, case):
    attempt = matrix.attempt("", "numpy", planted.module_name("numpy", name), case_of[case], "float64", True)
    assert attempt.caught
    assert attempt.loses_digits


def test_a_form_that_loses_digits_is_told_from_a_mistake():
    def tried(loses, *attempts):
        runs = {(str(n), "float64"): matrix.Attempt("", *a, True, (), told) for n, (*a, told) in enumerate(attempts)}
        return matrix.Tried("a form", "numpy", runs, loses)

    told = tried(True, ("A", "", "", True), ("", "", "", False))
    untold = tried(True, ("A", "", "", True), ("A", "", "", False))
    assert (told.recognised, untold.recognised) == (True, False)
    assert [line[1:] for line in words.tolerances([told], [])[1]] == 6 * [["0", "0", "0"]]
    text = words.verdict([told], [])
    assert "0 mistakes and 1 forms that lose digits planted 1 times" in text
    assert "Taken for a mistake" not in text
    assert "Taken for a mistake, and only loses digits: a form (numpy)." in words.verdict([untold], [])
    assert (
        words.what_it_breaks(find("sigmoid by tanh")) == "Loses digits in A (E2). The case saturated-sigmoid shows it."
    )
    assert words.sides(find("sigmoid by tanh")) == ["loses digits", "the accurate form"]
    assert words.sides(find("momentum")) == ["wrong", "right"]
    assert len(losing_digits()) >= 10


def shown(capsys, *words, **options):
    """What the verb shows, as JSON."""
    assert verb.mistakes(*words, json="-", **options) == 0
    return msgspec.json.decode(capsys.readouterr().out)


def names(records):
    return {record["name"] for record in records}


def test_all_are_listed_and_counted_by_equation(capsys):
    every = shown(capsys, every=True)
    assert names(every) == {mistake.name for mistake in MISTAKES.values()}
    for record in shown(capsys):
        own = [mistake for mistake in every if mistake["equation"] == record["equation"]]
        assert len(own) == record["mistakes"]
        assert record["such_as"] in names(own)
        assert shown(capsys, record["equation"]) == own
    assert sum(record["mistakes"] for record in shown(capsys)) == len(MISTAKES)


def test_every_word_has_to_match_a_name_a_reason_or_a_line(capsys):
    for mistake in shown(capsys, "ReLU", "slope", "e16"):
        text = f"{mistake['name']} {mistake['why']} {mistake['code']}".lower()
        assert "relu" in text
        assert "slope" in text
        assert mistake["equation"] == "E16"
    assert names(shown(capsys, "relu", "clamp")) == {"ReLU's slope 1 at 0", "ReLU's slope 1 at 0 in every layer"}


def test_a_column_has_those_planted_in_it(capsys):
    every = shown(capsys, every=True, column="jax")
    assert names(every) == {mistake.name for mistake in MISTAKES.values() if "jax" in mistake.planted}
    assert sum(record["mistakes"] for record in shown(capsys, column="jax")) == len(every)
    assert [*shown(capsys, "σ of σ", column="jax")["code"]] == ["jax"]
    with pytest.raises(UsageError, match="no column 'jxa'"):
        verb.mistakes(column="jxa")
    with pytest.raises(UsageError, match="'slope missing' is not planted in tf: choose from numpy"):
        verb.mistakes("slope", "missing", column="tf")


def test_a_name_explains_the_mistake(capsys):
    one = shown(capsys, show="1/N missing")
    assert one["code"]["numpy"] == {"wrong": "dL_dY_hat = R", "right": "dL_dY_hat = R / N"}
    assert one["equation"] == "E10"
    assert shown(capsys, "1/N", "missing") == shown(capsys, "1/N missing") == one
    assert "a layer's slope missing" in shown(capsys, "slope missing")["see_also"]


def test_what_matches_nothing_gets_the_nearest_names():
    with pytest.raises(UsageError, match=r"^No mistake matches 'slpoe twcie': did you mean 'slope twice'"):
        verb.mistakes("slpoe", "twcie")
    with pytest.raises(UsageError, match=r"^No mistake in tf matches 'zzz': fourfold mistakes shows what there is.$"):
        verb.mistakes("zzz", column="tf")


def test_the_command_that_is_offered_explains_one(capsys):
    apostrophes = [mistake for mistake in MISTAKES.values() if mistake.name.startswith("ReLU's slope")]
    for mistakes in (apostrophes, [*MISTAKES.values()]):
        _, _, *typed = shlex.split(words.command(mistakes))
        assert shown(capsys, *typed)["name"] in names(map(words.record, mistakes))


@pytest.mark.parametrize(
    ("width", "text"), [(200, "wrong +right"), (60, "(?s) wrong\n +path, state.* right\n +path = ")]
)
def test_wrong_and_right_lines_stand_side_by_side_where_there_is_room(capsys, monkeypatch, width, text):
    monkeypatch.setattr(terminal.out, "width", width)
    assert verb.mistakes("momentum") == 0
    printed = capsys.readouterr().out
    assert re.search(text, printed)
    assert "…" not in printed
