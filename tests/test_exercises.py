"""The exercises: every claim can fail, in a column that is wrong in just that way; and the command, as it is run."""

import json
import re
import threading
import time
from concurrent.futures import CancelledError
from functools import partial
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fourfold import impls
from fourfold.compare.cases.case import make_case
from fourfold.compare.cases.data import xor
from fourfold.compare.columns import calls
from fourfold.compare.columns.lanes import Lanes
from fourfold.compare.columns.questions import about
from fourfold.compare.commands import exercise
from fourfold.compare.commands.cli import app
from fourfold.compare.commands.exercise import exercise as verb
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge import judgement
from fourfold.compare.lesson.examinee import Examinee, Examinees
from fourfold.compare.lesson.exercises import (
    activations,
    biases,
    boundary,
    chain_rule,
    depth,
    parameters,
    training,
    tuning,
)
from fourfold.compare.lesson.exercises.answer import Answer, Claim, Table, answered, table
from fourfold.compare.lesson.exercises.questions import EXERCISES
from fourfold.reports import pictures
from fourfold.reports.exercises import folder, page, render, svg
from fourfold.reports.exercises import pictures as drawing
from fourfold.reports.lesson.content import EQUATIONS
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


def run(exercise, seeds, names=("numpy",)):
    """The Answered of an exercise by columns of this process."""
    return exercise.answer(Examinees(list(names), InProcess()), seeds)


def files(result, made=""):
    return render.files([result.answer], render.parts(result), made)


def failed(result):
    return [claim.says for claim in result.answer.claims if not claim.holds]


def test_parameters_are_counted_in_what_a_step_changes():
    result = run(parameters, range(2))
    assert failed(result) == []
    assert [row[1] for row in result.answer.tables[0].rows[:2]] == ["9", "13"]
    assert all(row[1] == row[2] for row in result.answer.tables[0].rows)


def test_a_parameter_that_is_never_trained_is_missed(plant):
    trace = "    T = trace(X, Y, W, b, activations)\n"
    plant("deep", trace, f"{trace}    last = b[-1:]\n", "return W, b, T.L", "return W, (*b[:-1], *last), T.L")
    formula, judged, *_ = failed(run(parameters, range(2)))
    assert "exactly that many" in formula
    assert "numpy's b2" in judged


def test_an_answer_is_read_back_as_it_was_written(tmp_path):
    result = run(parameters, range(1))
    contents = files(result, "<made>")
    assert msgspec.json.decode(contents["answers.json"], type=list[Answer]) == [result.answer]
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    assert folder.strange(tmp_path) is None
    assert [*page.sections(tmp_path)] == [2]
    (tmp_path / "thesis.tex").write_text("")
    assert "thesis.tex" in str(folder.strange(tmp_path))


def test_what_an_answer_says_is_text_and_no_markup():
    result = run(parameters, range(1))
    evil = msgspec.structs.replace(result.answer, certificate="<script>alert(1)</script>")
    assert "<script>" not in page.section(evil, {})
    assert "<script>" not in render.index([evil], {}, "<script>").decode()


def test_an_answer_comes_first_wherever_it_is_told(capsys):
    answer = run(chain_rule, range(1)).answer
    assert answer.short.startswith("Yes: ")
    exercise._say(answer, 0)
    contents = render.files([answer], {f"{f.name}.svg": b"<svg/>" for f in answer.figures}, "")
    order = [answer.short[:30], answer.tried[:30], answer.claims[0].says[:30], answer.means[:30], answer.onward[0][:30]]
    for text in (capsys.readouterr().out, contents["answers.md"].decode(), unescape(contents["index.html"].decode())):
        places = [text.index(part) for part in order]
        assert places == sorted(places)
    assert [*msgspec.json.decode(contents["answers.json"])[0]][:5] == [
        "number",
        "title",
        "question",
        "short",
        "columns",
    ]


@pytest.mark.parametrize(("holds", "short"), [(True, "It is 3."), (False, "Not answered here: 1 of 2 findings do")])
def test_an_answer_with_a_claim_that_fails_is_none(holds, short):
    columns, claims = Examinees(["numpy"], InProcess()), [Claim("It is so."), Claim("It is 3.", holds)]
    said_of_it = answered(1, columns, short="It is 3.", tried="", claims=claims, means="", certificate="").answer.short
    assert said_of_it.startswith(short)


def test_columns_that_say_the_same_are_one():
    alike = table("", {"n": ["a", "b"]}, {"numpy": ["1", "2"], "jax": ["1", "2"]})
    assert (alike.headers, alike.rows) == (["n", "all 2 columns"], [["a", "1"], ["b", "2"]])
    assert table("", {"n": ["a"]}, {"numpy": ["1"], "jax": ["2"]}).headers == ["n", "numpy", "jax"]
    assert table("", {"n": ["a"]}, {"numpy": ["1"]}).headers == ["n", "numpy"]


@pytest.mark.parametrize("x", EXERCISES, ids=lambda x: str(x.number))
def test_where_to_go_on_is_an_equation_and_a_command_that_can_be_typed(x):
    equations = {f"E{equation.number}" for equation in EQUATIONS}
    text = " ".join(x.onward)
    assert set(re.findall(r"\bE\d+", text)) & equations
    assert set(re.findall(r"\bE\d+", text)) <= equations
    for line in re.findall("`fourfold (.*?)`", text):
        app.parse_args(line.split(), print_error=False, exit_on_error=False)


def test_a_long_table_is_cut_in_the_terminal_and_a_wide_one_fits(capsys):
    rows = [[str(n), "100% of what rounding allows"] for n in range(30)]
    exercise._table(Table("Thirty", ["setting", "share"], rows), "5-table-1.csv")
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == " … and 20 more lines in 5-table-1.csv."
    assert len(lines) == 1 + 1 + 1 + 10 + 1


def test_settings_have_no_column_s_colour():
    assert not {*drawing.SETTINGS} & {column.colour for column in impls.COLUMNS.values()}
    count = len(activations.ACTIVATIONS), len(depth.HIDDEN_LAYERS)
    assert min(map(len, (drawing.SETTINGS, drawing.STYLES, drawing.MARKERS, drawing.MARKS))) >= max(count)


def test_exercise_writes_a_page_and_prints_the_answer(tmp_path):
    done = command("exercise", 2, "--impl", "numpy", "--seeds", 1, "--out", tmp_path / "out")
    assert said(done, 0) == ""
    assert "2·3 + 3·1 = 9 weights" in done.stdout
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "index.html", "answers.md", "answers.json", "2-table-1.csv"
    }  # fmt: skip
    assert json.loads((tmp_path / "out" / "answers.json").read_text())[0]["number"] == 2


@pytest.mark.parametrize(
    ("which", "options", "sentence"),
    [
        ("8", {}, "There is no exercise '8': choose from 1"),
        ("two", {}, "There is no exercise 'two': choose from 1"),
        ("２", {}, "There is no exercise '２': choose from 1"),
        ("", {}, "There is no exercise '': choose from 1"),
        ("2", {"impl": "nunpy"}, "There is no column 'nunpy': did you mean numpy"),
        ("2", {"to": "README.md/out"}, "Cannot write the folder README.md/out: "),
        ("2", {"seeds": "5:1006"}, "--seeds 5:1006 is too much for an exercise: choose at most 1,000"),
        ("2", {"seeds": ""}, "--seeds takes a number or a range"),
        ("2", {"seeds": "0"}, "--seeds 0 is empty"),
        ("2", {"impl": "numpy-loop"}, "numpy-loop can only have two layers and no biases"),
        ("2", {"to": "tests"}, "tests holds something other than answers"),
    ],
)
def test_bad_input_gets_one_sentence(which, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        verb(which, **options)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [([8], "There is no exercise '8'"), ([2, "--timeout", 0], "--timeout must be a positive number")],
)
def test_a_wrong_exercise_exits_with_2(args, sentence):
    complaint = said(command("exercise", *args), 2)
    assert sentence in complaint
    assert len(complaint.splitlines()) == 1


class Fake(NamedTuple):
    """An exercise that comes to an end in this way."""

    number: int
    holds: bool = True
    error: str = ""
    folder: Path = Path()  # where every exercise before it has to be before this one comes to its end
    SEEDS = range(1)

    def written(self):
        try:
            return [answer["number"] for answer in json.loads((self.folder / "answers.json").read_text())]
        except FileNotFoundError:  # not yet, or just being replaced
            return []

    def answer(self, columns, seeds):
        last = time.monotonic() + 60
        while self.written() != [n for n in range(1, self.number) if n != 2]:
            assert time.monotonic() < last
            time.sleep(0.01)
        if self.error:
            raise ColumnError(self.error)
        claims = [Claim("It is so.", self.holds)]
        return answered(
            self.number, columns, short="Yes.", tried="One run.", claims=claims, means="It is.", certificate="nothing"
        )


@pytest.mark.parametrize(("holds", "code"), [(True, 3), (False, 1)])
def test_all_writes_each_answer_as_it_is_done_and_goes_on_after_a_failure(tmp_path, monkeypatch, capsys, holds, code):
    folder = tmp_path / "out"
    fakes = [Fake(1, folder=folder), Fake(2, error="jax is gone", folder=folder), Fake(3, holds, folder=folder)]
    monkeypatch.setattr(exercise, "ANSWERS", {fake.number: fake for fake in fakes})
    if code == 3:
        with pytest.raises(ColumnError, match=r"^Exercise 2: jax is gone\.$"):
            verb("all", impl="numpy", to=str(folder))
    else:
        assert verb("all", impl="numpy", to=str(folder)) == 1
        assert "Exercise 2: jax is gone." in capsys.readouterr().err
    for name in ("index.html", "answers.md"):
        text = (folder / name).read_text()
        assert text.count("It is so.") == 2
        assert ("This does not hold here" in text) is not holds


class CountingPool(InProcess):
    """Notes how many steps are trained."""

    def __init__(self):
        super().__init__()
        self.trained = []

    def submit(self, name, task, *args):
        if task is training._train:
            self.trained.append(args[0].steps)
        return super().submit(name, task, *args)


def trained(column, seeds, steps):
    """What `train` gives, with what was counted for it."""
    before = column.certified
    of_case = training.train(column, make_case("xor", "tanh", 0.3, steps, 3, seeds))
    return [of_case.losses, *of_case.parameters, of_case.Y_hat, of_case.L_limit], column.certified - before


@pytest.mark.parametrize(
    ("seeds", "steps", "more"), [(3, 60, []), (2, 20, []), (3, 70, [10]), (3, 65, [5]), (1, 20, [20]), (4, 20, [20])]
)
def test_what_a_run_has_in_common_with_another_is_trained_once(monkeypatch, seeds, steps, more):
    monkeypatch.setattr(training, "PIECE", 20)
    monkeypatch.setattr(training, "KEPT_SEEDS", 4)
    pool = CountingPool()
    column = Examinee("numpy", pool)
    trained(column, range(3), 60)
    assert pool.trained == [20, 20, 20]
    again, anew = trained(column, range(seeds), steps), trained(Examinee("numpy", InProcess()), range(seeds), steps)
    assert pool.trained[3:] == more
    assert again[1] == anew[1]
    for one, other in zip(again[0], anew[0], strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("right", "planted"),
    [("range(steps)", "range(steps - 1)"), ("range(steps)", "range(steps + 1)"), ("np.stack(Z)", "np.stack(Z)[:0]")],
)
def test_a_run_of_another_length_is_refused(monkeypatch, plant, right, planted):
    monkeypatch.setattr(training, "PIECE", 20)
    plant("two_layer", right, planted)
    with pytest.raises(ColumnError, match=r"W1 has shape \(\d+, 2, 2, 3\), not \(20, 2, 2, 3\)"):
        trained(Examinee("numpy", InProcess()), range(2), 50)


def test_a_large_run_is_not_kept(monkeypatch):
    monkeypatch.setattr(training, "KEPT_SEEDS", 1)
    pool = CountingPool()
    column = Examinee("numpy", pool)
    for _ in range(2):
        trained(column, range(2), 30)
    training.ahead(column, make_case("xor", "tanh", 0.3, 30, 3, range(2)))
    assert pool.trained == [30, 30]


def test_in_a_lane_the_most_urgent_job_comes_first_and_the_rest_is_cancelled():
    lanes, done, going, goes_on = Lanes(), [], threading.Event(), threading.Event()

    def first():
        going.set()
        goes_on.wait()

    lanes.submit("numpy", 2, first)
    going.wait()
    futures = [lanes.submit("numpy-loop", urgency, partial(done.append, urgency)) for urgency in (3, 1, 2)]
    goes_on.set()
    for future in futures:
        future.result()
    assert done == [1, 2, 3]
    goes_on.clear()
    going.clear()
    lanes.submit("numpy", 2, first)
    going.wait()
    last = lanes.submit("numpy", 1, first)
    lanes.close()
    goes_on.set()
    with pytest.raises(CancelledError):
        last.result()
    with pytest.raises(CancelledError):
        lanes.submit("numpy", 1, first)


def test_examinees_in_lanes_give_what_they_give_without():
    lanes, names = Lanes(), ["numpy", "numpy-tiled"]
    beside = Examinees(names, InProcess(), lanes=lanes)
    tasks = [lambda column, n=n: (column.name, n) for n in range(4)]
    assert beside.each(*tasks) == Examinees(names, InProcess()).each(*tasks)
    assert [*beside.one_by_one(tasks)] == [*Examinees(names, InProcess()).one_by_one(tasks)] == beside.each(*tasks)
    lanes.close()


@pytest.mark.parametrize("bias", [False, True])
def test_networks_that_are_asked_one_by_one_predict_the_same(bias):
    case = make_case("xor", "tanh", 0.3, 1, 3, range(3), bias=bias)
    question = about(judgement.problem(case, "float64"), "predict", case.weights)
    assert np.array_equal(calls.predict_each("numpy", question)["Y_hat"], calls.answer("numpy", question)["Y_hat"])


def test_the_identity_ends_at_the_least_squares_optimum_and_relu_has_no_slope_at_zero(monkeypatch):
    monkeypatch.setattr(activations, "STEPS", 6_000)
    monkeypatch.setattr(activations, "REACHED", 1e-4)
    result = run(activations, range(3))
    assert failed(result) == []
    assert "(0, 1/3, 1/3, 2/3), with L = 1/6" in result.answer.claims[0].says
    assert "½ everywhere, with L = 1/8" in result.answer.claims[2].says
    assert result.answer.tables[0].rows[3] == ["identity", "0 of 3"]
    assert set(files(result)) == {
        "index.html", "answers.json", "answers.md", "1-curves.svg", "1-table-1.csv", "1-table-2.csv", "1.npz"
    }  # fmt: skip


@pytest.mark.parametrize("biased", [False, True])
def test_the_optimum_is_the_least_squares_solution(biased):
    X, Y = xor()
    X = np.hstack([X, np.ones((4, 1))]) if biased else X
    solution, *_ = np.linalg.lstsq(X, Y)
    assert np.abs(X @ solution - np.array(activations.OPTIMA[biased], float)[:, None]).max() < 1e-15


def test_what_is_wrong_with_activations_is_found(monkeypatch, plant):
    monkeypatch.setattr(activations, "STEPS", 20)
    plant("two_layer", "np.heaviside(A, 0)", "np.heaviside(A, 0.5)")
    ends, with_biases, kink, *judged = failed(run(activations, range(2)))
    assert "is where training ends" in ends
    assert "is where training ends" in with_biases
    assert "ReLU's slope at 0 is 0" in kink
    assert "numpy's dL_dH" in "".join(judged)


def test_the_gradient_of_a_bias_is_a_column_sum(monkeypatch):
    monkeypatch.setattr(biases, "STEPS", 20)
    monkeypatch.setattr(activations, "REACHED", 100)
    result = run(biases, range(2))
    assert failed(result) == []
    assert [row[1].endswith("%") for row in result.answer.tables[1].rows] == [True] * 4


def test_a_gradient_of_a_bias_that_is_averaged_is_found(monkeypatch, plant):
    monkeypatch.setattr(biases, "STEPS", 3)
    plant("deep", "dL_dH_k.sum(axis=-2, keepdims=True)", "dL_dH_k.mean(axis=-2, keepdims=True)")
    sums, identity, *judged = failed(run(biases, range(2)))
    assert "is where training ends" in identity
    assert "column sum" not in sums
    assert "A bias reaches every sample" in sums
    assert "dL_db3" in "".join(judged)


def test_every_quantity_of_a_deeper_step_is_judged(monkeypatch, plant):
    monkeypatch.setattr(depth, "STEPS", 5)
    result = run(depth, range(2))
    assert failed(result) == []
    quantities = [row[0] for row in result.answer.tables[1].rows]
    assert quantities[:3] == ["H1", "A1", "H2"]
    assert quantities[-2:] == ["W1 after it", "b1 after it"]
    plant("deep", "dL_dH_k = dL_dA_k * sigma_prime(A_out[k])", "dL_dH_k = dL_dA_k * sigma_prime(A_out[-1])")
    assert "Another layer repeats" in failed(run(depth, range(2)))[0]


def test_sums_and_products_of_jacobians_are_the_gradients():
    result = run(chain_rule, range(1))
    assert failed(result) == []
    assert [row[1] for row in result.answer.tables[0].rows] == ["1×4", "4×3", "4×12", "12×12", "12×6"]


@pytest.mark.parametrize(
    ("right", "planted", "claim"),
    [
        ("np.diag(sigma_prime(A).ravel())", "np.diag(A.ravel())", "The Jacobians"),
        ("W2.mT)", "W2[::-1].mT)", "The Jacobians"),
        ("return dz_dy @ dy_dx", "return dz_dy @ abs(dy_dx)", "The gradients"),
        (".sum(axis=1)", ".mean(axis=1)", "The gradients"),
    ],
)
def test_a_wrong_jacobian_and_a_wrong_chain_are_found(plant, right, planted, claim):
    plant("chain_rule", right, planted)
    assert any(said.startswith(claim) for said in failed(run(chain_rule, range(1))))


def test_shares_of_variance_are_those_the_numbers_were_made_of():
    a, b, c, seed = (np.array(values, float) for values in ([-3, 3], [-2, 0, 2], [-1, 1], [-1, 1, 0, 0]))
    a, b, c = a[:, None, None, None], b[:, None, None], c[:, None]
    Z = 7 + a + b + c + a * b / 2 + b * c + a * b * c + seed
    parts = {(0,): a, (1,): b, (2,): c, (0, 1): a * b / 2, (1, 2): b * c, (0, 1, 2): a * b * c, (0, 2): 0 * a, (): seed}
    result = tuning.shares(Z)
    assert result == pytest.approx({of: part.var() / Z.var() for of, part in parts.items()}, abs=1e-12)
    assert tuning.total(result, 2) == pytest.approx(1 - sum((p.var()) for p in (a, b, a * b / 2, seed)) / Z.var())


@given(arrays.arrays(float, (2, 3, 2, 2), elements=st.floats(-30, 1, width=16)).filter(lambda Z: Z.var() > 1e-3))
def test_shares_are_never_negative_and_add_up(Z):
    result = tuning.shares(Z)
    assert min(result.values()) > -1e-9
    assert sum(result.values()) == pytest.approx(1)
    assert result == pytest.approx(tuning.shares(3 - 2 * Z), abs=1e-9)


def test_a_run_that_diverged_counts_as_one_that_learned_nothing():
    first = np.array([0.5, 0.25, 0.5, 2.0]).reshape(1, 1, 1, 4)
    last = np.array([[np.nan, 0.125, np.inf, 3.0], [0.01, 0.25, 0.5, 0]]).reshape(1, 1, 2, 4)
    of = tuning.Losses(first, last)
    assert of.diverged()[0, 0].tolist() == [[True, False, True, True], [False, False, False, False]]
    assert of.counted()[0, 0].tolist() == [[0.5, 0.125, 0.5, 2.0], [0.01, 0.25, 0.5, tuning.FLOOR]]
    assert of.ranks()[0, 0].tolist() == [[5.5, 2.5, 5.5, 7.5], [1.5, 3.5, 5.5, 0.5]]


@pytest.fixture
def small_grid(monkeypatch):
    monkeypatch.setattr(tuning, "EPOCHS", (5, 20, 60))
    monkeypatch.setattr(tuning, "WIDTHS", (2, 4, 16))
    monkeypatch.setattr(tuning, "RATES", (0.01, 0.1, 10.0))
    monkeypatch.setattr(tuning, "RESAMPLED", 20)


def test_hyper_parameters_are_ranked_by_the_variance_they_explain(small_grid):
    result = run(tuning, range(5), ("numpy", "torch"))
    assert failed(result) == []
    explained, diverged = result.answer.tables
    assert sum(float(row[1].removesuffix("%")) for row in explained.rows) == pytest.approx(100, abs=0.5)
    own = {row[0]: float(row[1].removesuffix("%")) for row in explained.rows[:3]}
    assert f"The largest effect is that of {max(own, key=lambda name: own[name])}" in result.answer.claims[0].says
    assert diverged.rows[-1][1:] == ["0%", "0%", "100%"]
    assert result.arrays["median"].shape == (3, 3, 3)
    assert "3-losses.svg" in files(result)


def test_losses_of_longer_runs_are_those_of_training(small_grid):
    of = tuning.losses(Examinee("numpy", InProcess()), range(3))
    case = make_case("xor", "sigmoid", 0.1, 20, 4, range(3))
    assert (of.last[1, 1, 1] == training.train(Examinee("numpy", InProcess()), case).losses[-1]).all()


def test_a_wrong_column_is_found_in_the_grid(small_grid, plant):
    plant("two_layer", "dL_dA * sigma_prime(A)", "dL_dA")
    assert "numpy's dL_dH[0, 0] is off by" in failed(run(tuning, range(3)))[-1]
    plant("two_layer", "W1 - lr * T.dL_dW1, W2", "W1.astype('f4'), W2")
    with pytest.raises(ColumnError, match="float32"):
        run(tuning, range(3))


@pytest.fixture
def coarse_grid(monkeypatch):
    monkeypatch.setattr(boundary, "RESOLUTION", 30)
    monkeypatch.setattr(boundary, "WIDTHS", (3, 4))
    monkeypatch.setattr(boundary, "STEPS", (10, 600))
    monkeypatch.setattr(boundary, "RATES", (0.1, 3.0))


def test_a_boundary_of_two_circles_is_measured_as_what_it_is():
    (X, Y), side = xor(), np.linspace(-1, 2, 400)
    x = np.stack(np.meshgrid(side, side), axis=-1)
    small, large = (np.minimum(*(np.hypot(*(x - at).T).T - r for at in (X[0], X[3]))) + 0.5 for r in (0.2, 0.4))
    seen = boundary.Seen(np.array([Y[:, 0], Y[:, 0], 1 - Y[:, 0]]), np.array([small, large, large]))
    of = boundary.boundaries(seen, side, X, Y[:, 0])
    assert of.right.tolist() == [4, 4, 0]
    assert of.margin[:2] == pytest.approx([0.2, 0.4], abs=1e-3)
    assert np.isnan(of.margin[2])
    circles = np.array([0.2, 0.4, 0.4]) ** 2
    assert of.near == pytest.approx((2 + 2 * circles / 0.5**2) / 4, abs=0.01)
    assert of.area == pytest.approx(1 - 2 * np.pi * circles / 9, abs=0.005)
    assert of.pieces.tolist() == [2, 2, 2]
    assert boundary._ends(of) == (0, 1)


def test_boundaries_are_compared_on_the_grid(coarse_grid):
    result = run(boundary, range(3), ("numpy", "torch"))
    assert failed(result) == []
    settings, apart = result.answer.tables
    assert len(settings.rows) == len(apart.rows) == 3 * 2 + 2 * 2
    assert 0 < max(float(row[1]) for row in apart.rows[:6]) < 1e-9
    assert {f"{f.name}.svg" for f in result.answer.figures} < {*files(result)}


def test_a_claim_about_boundaries_can_fail():
    of = boundary.Boundaries(np.array([4, 4]), np.array([0.1, 0.6]), np.array([0.9, 0.8]), np.zeros(2), np.zeros(2))
    assert not boundary._best_possible({"": of}).holds
    assert not boundary._which(of, range(2), (0, 1)).holds


def test_a_prediction_that_is_wrong_on_the_grid_alone_is_found(coarse_grid, plant):
    plant("two_layer", "Y_hat = A @ W2", "Y_hat = A @ W2 * (1 + (len(X) > 4) * 1e-12)")
    assert "numpy's Y_hat" in failed(run(boundary, range(2)))[-1]


def test_a_smaller_picture_has_the_same_words_and_images():
    drawn = pictures.draw("x", 3, 3, lambda figure: figure.subplots().set(title="it is 0.13 away"))
    assert "it is 0.13 away" in svg.compact(drawn)
    placed = '<image transform="matrix(0.36 0 0 -0.36 1.5 2)"/>'
    assert placed in svg.compact(f"<svg >{placed}</svg>")


def test_the_committed_answers_are_of_all_exercises_and_hold():
    answers = msgspec.json.decode((page.REFERENCE / "answers.json").read_bytes(), type=list[Answer])
    assert [(a.number, a.question) for a in answers] == [(x.number, x.says) for x in EXERCISES]
    assert all(a.holds() and a.certified for a in answers)
    assert [*page.sections()] == [a.number for a in answers]
    shown = (page.REFERENCE / "answers.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\(([^)]*\.svg)\)", shown) == [f"{f.name}.svg" for a in answers for f in a.figures]
    assert sum(path.stat().st_size for path in page.REFERENCE.iterdir()) < 400_000


def test_no_number_in_a_picture_vanishes_on_a_page():
    for section in page.sections().values():
        assert not re.search(r'<text[^>]*fill="none"', section)
