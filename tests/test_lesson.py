import ast
import base64
import html
import re
import zlib

import msgspec
import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.cases.case import make_case
from fourfold.compare.columns import workers
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.columns.questions import about
from fourfold.compare.commands.lesson import lesson as verb
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import shown
from fourfold.compare.lesson import numbers as lesson
from fourfold.compare.lesson.exercises.questions import EXERCISES
from fourfold.compare.mistakes.catalogue import of_row
from fourfold.reports.lesson import content, numbers, page, source
from tests.conftest import Here
from tests.lessons import MODULES, in_process, small

EVIL = "<script>alert(1)</script>"
PLACES = [(e, column, place) for e in content.EQUATIONS for column in e.columns for place in e.places(column)]


@pytest.fixture(scope="module")
def text():
    return page.render(small(), EVIL).decode()


def test_the_equations_are_those_of_the_lesson_in_order(text):
    found = re.findall(r'<section class="equation" id="E(\d+)"', text)
    assert found == [str(n) for n in range(1, 27)]


@pytest.mark.parametrize("equation", content.EQUATIONS, ids=lambda e: f"E{e.number}")
def test_every_equation_stands_beside_the_lines_of_every_column(equation):
    for column in equation.columns:
        lines = source.lines(column, *equation.places(column))
        file = source.text(column).splitlines()
        assert lines
        for line in lines:
            assert html.unescape(line.code.striptags()) in " ".join(file[line.number - 1].split())


def test_a_renamed_line_is_missed(monkeypatch):
    """Whatever line an equation wants, it is an error that the file has none, never a gap in the page."""
    for equation, column, place in PLACES:
        _, _, target = place.rpartition(" ")
        if target in {"*", "for", "with", "return"}:
            continue
        monkeypatch.setattr(source, "text", lambda c, row, t=target: re.sub(rf"\b{t}\b", "renamed", _real(c)))
        with pytest.raises(LookupError, match=target):
            source.lines(column, place)
        monkeypatch.undo()
        assert source.lines(column, place), (equation.number, column, place)


def _real(column):
    return impls.source(column)


def test_lines_are_found_by_syntax_tree_with_their_numbers():
    (line,) = source.lines("torch", "trace gradients")
    tree = ast.parse(source.text("torch"))
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == "grad"]
    assert line.number == calls[0].lineno
    assert line.indent == 0


def test_what_autograd_is_asked_for_is_marked_as_the_gradient():
    for column in ("torch", "tf"):
        (line,) = source.lines(column, "trace gradients")
        asked = re.findall(r'data-s="(dL_d\w+)">(\w+)<', line.code)
        assert asked == [(f"dL_d{name}", name) for name in ("Y_hat", "W2", "A", "H", "W1")]


def test_every_number_is_packed_bit_for_bit():
    L = small()
    raw = zlib.decompress(base64.b64decode(numbers.pack(L)))
    offset = 0
    for Z in (*L.values.values(), L.losses, *L.marks.values(), L.loss_marks, numbers.levels(L.on_grid)):
        part = np.frombuffer(raw, np.uint8, Z.nbytes, offset).reshape(len(Z), -1).copy()
        part[1:] ^= part[0]
        assert part.tobytes() == np.ascontiguousarray(Z).tobytes()
        offset += Z.nbytes
    assert offset == len(raw)


def test_the_json_gives_back_the_same_numbers():
    L = small()
    found = msgspec.json.decode(numbers.as_json(L))
    for name, Z in L.values.items():
        assert np.array_equal(np.array(found["values"][name], float), Z)
    assert found["steps"][0] == 0
    assert found["steps"][-1] == 450
    assert found["epochs"] == [0, 200, 400]


def test_levels_tell_the_class():
    Y_hat = np.array([-9, -0.5, 0, 0.499, 0.5, np.nextafter(0.5, 1), 1, 9])
    assert (numbers.levels(Y_hat) > 127).tolist() == [False] * 5 + [True] * 3


def test_numbers_are_the_columns_own_after_that_many_steps():
    L = small()
    case = make_case("xor", "tanh", L.lr, 450, 3, range(5, 7))
    X, Y, W1, W2 = case.cast("float64")
    W1s, W2s, losses = MODULES["numpy"].train(X, Y, W1, W2, L.lr, 450, "tanh")
    at = lambda name, n: L.values[name][0, L.activations.index("tanh"), :, n]
    for n, step in enumerate(L.steps):
        before = (W1, W2) if step == 0 else (W1s[step - 1], W2s[step - 1])
        assert np.array_equal(at("W1", n), before[0])
        assert np.array_equal(at("W2", n), before[1])
        T = MODULES["numpy"].trace(X, Y, *before, "tanh")
        assert all(np.array_equal(at(name, n), Z) for name, Z in T._asdict().items())
    assert np.array_equal(L.losses[0, 1], losses[L.epochs].T)


def test_marks_are_the_judges(monkeypatch):
    """The column that forgets the slope is marked wrong from dL_dH on, the others nowhere."""
    L = small()
    wrong = L.columns.index("jax")
    for name, Z in L.marks.items():
        rest = np.delete(Z, wrong, axis=0)
        assert (rest <= 100).all(), name
        bad = (Z[wrong, L.activations.index("sigmoid")] == lesson.WRONG).any()
        assert bad == (name in {"dL_dH", "dL_dW1", "W1"}), name
    assert L.wrong > 0
    case = make_case("xor", "sigmoid", 0.5, 3, 3, range(1))
    module = MODULES["numpy"]
    run = lesson.observe(Here(monkeypatch, module), "numpy", case, [0, 1, 3], [0], np.zeros((4, 2)))
    p = judgement.problem(case, "float64")
    weights = run.values["W1"][:, 1], run.values["W2"][:, 1]
    trace = InProcess("numpy", module).ask(about(p, "trace", weights))
    for j in judgement.judge_trace(trace, weights, p):
        assert np.array_equal(run.marks[shown(j.quantity, p.row)][:, 1], lesson.mark(j))


def test_a_column_of_the_wrong_form_is_named(monkeypatch):
    class Flat:
        def __getattr__(self, name):
            return getattr(MODULES["numpy"], name)

        def train(self, *args):
            W1, W2, L = MODULES["numpy"].train(*args)
            return W1, W2[..., 0], L

    with pytest.raises(ColumnError, match="numpy: W2 has shape"):
        lesson.observe(
            Here(monkeypatch, Flat()),
            "numpy",
            make_case("xor", "relu", 0.1, 2, 3, range(1)),
            [0, 2],
            [0],
            np.zeros((4, 2)),
        )


def policy(text):
    (found,) = re.findall('content="(default-src.*?)"', text)
    return html.unescape(found)


def test_text_is_escaped_and_nothing_is_loaded(text):
    assert EVIL not in text
    assert html.escape(EVIL) in text
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert not re.search(r"url\((?!data:)", text)
    names = ("http-equiv", "https://github.com/stipub", "http://www.w3.org/2000/svg")
    assert "http" not in re.sub("|".join(names), "", text)
    assert "default-src 'none'" in policy(text)
    assert "unsafe" not in policy(text)
    assert len(text.encode()) < 2_000_000


def test_the_scripts_have_the_hashes_the_policy_names(text):
    (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    (script,) = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    for part in (style, script):
        assert page._sha256(part) in policy(text)


def test_every_known_mistake_stands_below_its_equation(text):
    sections = dict(zip(range(1, 27), html.unescape(text).split('<section class="equation"')[1:], strict=True))
    for mistake in of_row("two_layer"):
        assert f"<strong>{mistake.name}</strong>" in sections[int(mistake.equation[1:])]


def test_an_answer_is_shown_only_where_there_is_one(text):
    assert text.count("<h3>") == len(EXERCISES)
    assert "An answer" not in text
    assert page.render(small(), answers={2: page.Markup("<p>9</p>")}).decode().count("An answer") == 1


def test_columns_that_are_not_here_are_left_out():
    L = small()
    one = {name: Z[:1] for name, Z in L.values.items()}, {name: Z[:1] for name, Z in L.marks.items()}
    alone = L._replace(
        columns=["numpy"],
        values=one[0],
        marks=one[1],
        losses=L.losses[:1],
        loss_marks=L.loss_marks[:1],
        on_grid=L.on_grid[:1],
    )
    text = page.render(alone).decode()
    assert set(re.findall('data-c="(.*?)"', text)) == {"numpy"}
    assert set(re.findall('data-columns="(.*?)"', text)) == {"numpy"}
    assert 'id="E20"' not in text
    assert "<title>Backpropagation in NumPy</title>" in text
    assert not re.search("four (columns|frameworks)|in NumPy, PyTorch", text)


def test_the_verb_writes_the_page_and_its_numbers(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(workers, "open_pool", in_process)
    folder = tmp_path / "out"
    for steps in (1, 30):  # the second replaces the first
        assert verb(to=str(folder), impl="numpy-tiled,numpy", seeds="4:6", steps=steps) == 0
    assert "0 wrong" in capsys.readouterr().out
    found = msgspec.json.decode((folder / "lesson.json").read_bytes())
    assert (found["seeds"], found["columns"], found["steps"][-1]) == ([4, 5], ["numpy", "numpy-tiled"], 30)
    assert b'id="E21"' in (folder / "index.html").read_bytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"impl": "tests.columns.sign"}, "built-in columns only"),
        ({"impl": "numpy-loop"}, "compares frameworks"),
        ({"seeds": "11"}, "at most 10 seeds"),
        ({"resolution": 101}, "at most 100 points"),
        ({"impl": "numpy", "steps": 0}, "--steps must be at least 1"),
    ],
)
def test_what_a_page_cannot_hold_is_refused(tmp_path, options, words):
    with pytest.raises(UsageError, match=words):
        verb(to=str(tmp_path / "out"), **options)


@pytest.mark.parametrize("name", ["thesis.tex", "lesson.json", "index.html"])
def test_a_folder_with_something_else_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("years of work")
    with pytest.raises(UsageError, match="something other"):
        verb(to=str(tmp_path), impl="numpy")
    assert (tmp_path / name).read_text() == "years of work"


DECLARED = re.compile(r"^(?:export )?(?:async )?(?:const|let|function|class) (?:(\w+)|\[([^]]*)\])", re.MULTILINE)


def test_the_scripts_of_the_page_share_one_scope_without_a_clash():
    names = []
    for name in page.SCRIPTS:
        text = (page.FOLDER / "scripts" / f"{name}.js").read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 350
        for single, several in DECLARED.findall(text):
            names += [single] if single else several.replace(" ", "").split(",")
    assert len(names) > 100
    assert sorted(names) == sorted(set(names))
    assert not re.search(r"^(import|export) ", page.joined_script(), re.MULTILINE)
    assert {path.stem for path in (page.FOLDER / "scripts").glob("*.js")} == set(page.SCRIPTS)
