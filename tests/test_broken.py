"""The twenty mistakes that the lesson plants, and the way from `fourfold check` to them."""

import base64
import html
import zlib
from functools import cache
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.cases.case import make_case
from fourfold.compare.check import here, in_lesson, words
from fourfold.compare.check.proven import Mistaken, Proof
from fourfold.compare.columns import workers
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.columns.questions import about
from fourfold.compare.commands.check import How, check
from fourfold.compare.commands.lesson import POSITIONS
from fourfold.compare.commands.lesson import lesson as verb
from fourfold.compare.exact import examined
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import anatomy, every, is_of_every_step, of_every_step, shown
from fourfold.compare.lesson.broken import record_broken
from fourfold.compare.lesson.numbers import UNCERTAIN, WRONG, mark
from fourfold.compare.lesson.stories import STORIES, TWENTY
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import find
from fourfold.reports import explained
from fourfold.reports.lesson import numbers
from tests.lessons import PLANTED, in_process, loaded, small

SEED, STEPS, LR, KEPT = 6, 5, 0.1, [0, 1, 2, 5]  # after more steps the weights of some have run away
each = pytest.mark.parametrize("name", TWENTY)


@cache
def recorded():
    """{name: Broken} of all twenty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "open_pool", in_process)
        patch.setattr(impls, "load", lambda name, row="two_layer": loaded(name, row))
        return dict(zip(TWENTY, record_broken(SEED, STEPS, LR, KEPT, 60), strict=True))


def the_case():
    return make_case("xor", "sigmoid", LR, STEPS, 3, range(SEED, SEED + 1))


def trained(name):
    """(W1, W2), (steps + 1, ...), of a mistake's column before training and after every step; the losses."""
    X, Y, W1, W2 = the_case().cast("float64")
    with np.errstate(all="ignore"):
        W1s, W2s, losses = planted.load("numpy", name).train(X, Y, W1[0], W2[0], LR, STEPS, "sigmoid")
    return [np.concatenate([start, path]) for start, path in ((W1, W1s), (W2, W2s))], losses


def test_they_are_mistakes_of_the_numpy_column_in_the_order_of_computation():
    mistakes = [find(name) for name in TWENTY]
    numbers_of = [int(mistake.equation[1:]) for mistake in mistakes]
    assert numbers_of == sorted(numbers_of)
    assert all(mistake.row == "two_layer" and "numpy" in mistake.planted for mistake in mistakes)
    assert len(set(TWENTY)) == 20


@each
def test_a_story_says_something_else_than_the_catalogue(name):
    story = STORIES[name]
    assert story.endswith(".")
    assert story != find(name).why
    assert 1 <= story.count(". ") + 1 <= 4


@each
def test_the_numbers_are_the_planted_columns_own(name):
    values, (paths, _) = recorded()[name].values, trained(name)
    trace = planted.load("numpy", name).trace(*the_case().cast("float64")[:2], *(W[KEPT] for W in paths), "sigmoid")
    for W, path in zip(("W1", "W2"), paths, strict=True):
        assert np.array_equal(values[W], path[KEPT])
    for quantity, Z in trace._asdict().items():
        assert np.array_equal(values[quantity], Z, equal_nan=True), quantity


@each
def test_the_marks_are_the_judges(name):
    marks, (paths, losses) = recorded()[name].marks, trained(name)
    p = judgement.problem(the_case(), "float64")
    weights = [W[KEPT][:, None] for W in paths]  # (T, seeds, ...)
    trace = InProcess("numpy", planted.load("numpy", name)).ask(about(p, "trace", weights))
    for j in judgement.judge_trace(trace, weights, p):
        assert np.array_equal(marks[shown(j.quantity, p.row)], mark(j)[:, 0]), j.quantity
    before, after = [W[:-1, None] for W in paths], [W[1:, None] for W in paths]
    _, *of_weights = judgement.judge_steps(before, [*after, losses[:, None]], p)
    for j in of_weights:
        of_run = mark(j)[[n - 1 for n in KEPT[1:]], 0]
        assert np.array_equal(marks[of_every_step(j.quantity)][1:], of_run), j.quantity
    assert not marks["W1"][0].any()
    assert not marks["W2"][0].any()


@each
def test_what_is_wrong_first_is_what_the_catalogue_says(name):
    broken, in_order = recorded()[name], anatomy("two_layer", 2, False).all
    quantity = find(name).quantity
    wrong = set()
    for n in range(len(KEPT)):
        for shown_name, marks in broken.marks.items():
            if (marks[n] == WRONG).any():
                wrong.add(every(shown_name) if shown_name in {"W1", "W2"} else shown_name)
        if wrong:
            break
    names = [shown(internal, "two_layer") for internal in in_order]
    assert next(each for each in names if each in wrong) == quantity
    assert broken.quantity == quantity
    assert (n > 0) == is_of_every_step(quantity)
    assert not any((marks == UNCERTAIN).any() for marks in broken.marks.values())


def test_a_usual_tolerance_passes_what_is_wrong_by_little_and_no_more():
    usual = {name: broken.usual.tolist() for name, broken in recorded().items()}
    assert usual.pop("float32 leak in the gradient") == [True] * 4
    assert usual["1/N missing"] == [False] * 4
    assert usual["slope missing"] == [False] * 4
    assert usual["1/N for 1/(2N)"] == [False] * 4
    assert usual["ascent"] == [True, False, False, False]  # before any step it cannot be seen
    assert usual["gradients not zeroed"][:3] == [True, True, False]
    assert not any(all(verdicts) for verdicts in usual.values())


def test_the_lesson_records_them_with_its_own_steps_and_first_seed():
    L = small()
    assert [broken.name for broken in L.broken] == [*PLANTED]
    first = L.values["W1"][0, 0, 0, 0]
    for broken in L.broken:
        assert {name: Z.shape for name, Z in broken.values.items()} == {
            name: Z.shape[3:] for name, Z in L.values.items()
        }
        assert {name: Z.shape for name, Z in broken.marks.items()} == {name: Z.shape[3:] for name, Z in L.marks.items()}
        assert np.array_equal(broken.values["W1"][0], first)
        assert broken.usual.shape == (len(L.steps),)


def test_they_are_packed_bit_for_bit():
    L = small()
    raw, offset = zlib.decompress(base64.b64decode(numbers.pack_broken(L))), 0
    for arrays, dtype in (("values", "<f8"), ("marks", np.uint8)):
        for broken in L.broken:
            for name in numbers.header(L)["shapes"]:
                Z = getattr(broken, arrays)[name]
                assert np.frombuffer(raw, dtype, Z.size, offset).tobytes() == Z.tobytes()
                offset += Z.nbytes
    assert offset == len(raw)


def test_the_json_has_them_too():
    decoded = msgspec.json.decode(numbers.as_json(small()))
    for broken, entry in zip(small().broken, decoded["broken"], strict=True):
        assert entry["slug"] == broken.slug
        for name, Z in broken.values.items():
            assert np.array_equal(np.array(entry["values"][name], float), Z, equal_nan=True)
            assert np.array_equal(np.array(entry["marks"][name]), broken.marks[name])


@each
def test_edits_make_the_planted_text(name):
    lines = planted.right_source("numpy").splitlines()
    for first, last, new in reversed(recorded()[name].edits):
        lines[first - 1 : last] = new
    assert lines == planted.wrong_source("numpy", *find(name).planted["numpy"]).splitlines()


def test_the_header_has_the_edits_as_highlighted_lines():
    L = small()
    for broken, entry in zip(L.broken, numbers.header(L)["mistakes"], strict=True):
        assert (entry["slug"], entry["equation"]) == (broken.slug, broken.equation)
        assert entry["quantity"] in L.values
        assert entry["usual"] == [int(passes) for passes in broken.usual]
        for edit, (first, last, lines) in zip(entry["edits"], broken.edits, strict=True):
            assert (edit["first"], edit["last"]) == (first, last)
            assert [html.unescape(numbers.source.Markup(code).striptags()) for code in edit["code"]] == [
                line.strip() for line in lines
            ]
            for code, line in zip(edit["code"], lines, strict=True):
                assert code.startswith(line[: len(line) - len(line.lstrip())])


def test_first_weights_of_every_width_and_seed_are_there():
    drawn = numbers.header(small())["drawn"]
    assert [*drawn] == [*"2345678"]
    for width, seeds in drawn.items():
        assert len(seeds) == 10
        case = make_case("xor", "sigmoid", LR, 1, int(width), range(10))
        for (W1, W2), right_W1, right_W2 in zip(seeds, *case.cast("float64")[2:], strict=True):
            assert np.array_equal(W1, right_W1)
            assert np.array_equal(W2, right_W2)


def written(monkeypatch, tmp_path, impl):
    monkeypatch.setattr(workers, "open_pool", in_process)
    monkeypatch.setattr(workers, "package_installed", lambda package: True)
    monkeypatch.setattr(impls, "load", loaded)
    assert verb(to=str(tmp_path / "out"), impl=impl, steps=30) == 0
    return msgspec.json.decode((tmp_path / "out" / "lesson.json").read_bytes())


def test_the_verb_writes_all_twenty_and_counts_the_columns_alone(monkeypatch, tmp_path, capsys):
    decoded = written(monkeypatch, tmp_path, "numpy")
    assert [entry["name"] for entry in decoded["mistakes"]] == [*TWENTY]
    assert (decoded["seeds"], decoded["wrong"]) == ([6, 7, 8], 0)
    assert len(decoded["steps"]) <= POSITIONS
    assert "0 wrong" in capsys.readouterr().out


def test_without_numpy_nothing_is_broken(monkeypatch, tmp_path):
    decoded = written(monkeypatch, tmp_path, "torch")
    assert decoded["mistakes"] == decoded["broken"] == []


# From `fourfold check` to the lesson.


def functions_of(name):
    """gradients, train and trace of a mistake's column, as `fourfold check` asks for them."""
    column = planted.load("numpy", name)

    def trace(X, Y, W1, W2):
        return column.trace(X, Y, W1, W2, "sigmoid")._asdict()

    def gradients(X, Y, W1, W2):
        quantities = trace(X, Y, W1, W2)
        return tuple(quantities[name] for name in ("L", "dL_dW1", "dL_dW2"))

    def train(X, Y, W1, W2, lr, steps):
        W1s, W2s, losses = column.train(X, Y, W1, W2, lr, steps, "sigmoid")
        return W1s[-1], W2s[-1], losses

    return gradients, train, trace


@each
def test_check_leads_to_every_one_of_them(name):
    checked = here.check(*functions_of(name), dtype="float64", seeds=1, suite="quick")
    broken = recorded()[name]
    assert checked.lesson == f"#{broken.equation}&mistake={broken.slug}"
    last = words.text(checked).splitlines()[-1]
    assert last == f"See it happen: reports/out/lesson/index.html{checked.lesson} (`fourfold lesson` writes it)."


def test_a_hint_does_not_tell_it():
    checked = here.check(*functions_of("slope missing"), dtype="float64", seeds=1, suite="quick", hint=True)
    assert checked.lesson == ""
    assert "slope-missing" not in words.text(checked)


def proof_of(*mistakes, verdict=examined.WRONG):
    return Proof(examined.Examined(verdict, "f"), mistakes=[Mistaken(*one, "", "") for one in mistakes])


@pytest.mark.parametrize(
    ("proof", "place"),
    [
        (proof_of(("slope missing", "", "E16: ∂L/∂H1 = ∂L/∂A1 ∘ σ'(H1)")), "#E16&mistake=slope-missing"),
        (proof_of(("softmax over the samples", "", "E5: p = exp(h) / Σ exp(h)")), "#E5"),
        (proof_of(("bias gradient averaged", "", "E7"), ("1/N missing", "", "E10")), "#E10&mistake=1-n-missing"),
        (proof_of(("gradient transposed", "", "∂L/∂W = Xᵀ ∂L/∂Z")), ""),
        (proof_of(), ""),
        (proof_of(("slope missing", "", "E16"), verdict=examined.RIGHT), ""),
        (None, ""),
    ],
)
def test_a_proof_leads_to_the_first_that_is_planted_or_to_the_equation(proof, place):
    assert in_lesson.place_of(proof) == place


FORGOTTEN = """import numpy as np

def loss(x, t, w, v):
    a = np.tanh(x @ w)
    return np.mean((a @ v - t) ** 2)

def gradients(x, t, w, v):
    a = np.tanh(x @ w)
    d = 2 * (a @ v - t) / (x.shape[0] * v.shape[1])
    return x.T @ (d @ v.T), a.T @ d
"""


def test_a_proof_is_linked_in_text_json_and_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pages of mine").mkdir()
    (tmp_path / "mine.py").write_text(FORGOTTEN)
    page, record = "pages of mine/page.html", tmp_path / "checked.json"
    assert check("mine.py", out=page, how=How(explain=True, json=str(record))) == 1
    place = "#E16&mistake=slope-missing"
    assert msgspec.json.decode(record.read_bytes())["lesson"] == place
    assert f"\nSee it happen: reports/out/lesson/index.html{place} (" in capsys.readouterr().out
    address = html.escape(f"../reports/out/lesson/index.html{place}")
    assert f'<a href="{address}">' in (tmp_path / page).read_text()
    assert check("mine.py", how=How(hint=True)) == 1
    assert "lesson" not in capsys.readouterr().out


def test_a_page_without_a_place_has_no_link(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(FORGOTTEN.replace("(d @ v.T)", "(d @ v.T * (1 - a * a))"))
    assert check(str(file), out=str(tmp_path / "page.html"), how=How(explain=True)) == 0
    assert "index.html" not in (tmp_path / "page.html").read_text()
    assert explained.in_lesson.link("", "page.html") == ()


def test_relu_learns_with_the_first_seed_gets_stuck_with_the_second_and_dies_with_the_third():
    """As the help of `fourfold lesson` says of its seeds."""
    column = impls.load("numpy")
    X, Y, W1, W2 = make_case("xor", "relu", 0.1, 10_000, 3, range(6, 9)).cast("float64")
    W1s, W2s, losses = column.train(X, Y, W1, W2, 0.1, 10_000, "relu")
    learnt, stuck, dead = losses[-1]
    assert learnt < 1e-6
    assert stuck > 0.05
    H, _, _ = column.forward(X, W1s[-1], W2s[-1], "relu")
    assert [bool((h > 0).any()) for h in H] == [True, True, False]
    assert dead == pytest.approx(0.25)
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(losses[-100:, 0]))
