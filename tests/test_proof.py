"""What `fourfold check` says of gradients with a loss of their own, and what it does with code that goes wrong."""

import json
import re
import sys
import textwrap
from pathlib import Path

import pytest

from fourfold.compare.commands import check as verb
from fourfold.compare.errors import ColumnError, UsageError
from tests.test_cli import HERE, command, said

RIGHT = """
import numpy as np

def loss_and_gradients(X, Y, W1, W2):
    A = np.tanh(X @ W1)
    P = 1 / (1 + np.exp(-(A @ W2)))
    L = -np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P)) / len(X)
    dZ2 = (P - Y) / len(X)
    dW2 = A.T @ dZ2
    dZ1 = dZ2 @ W2.T * (1 - A**2)
    dW1 = X.T @ dZ1
    return L, dW1, dW2
"""
RESULT = "return L, dW1, dW2"
WRONG = RIGHT.replace(" * (1 - A**2)", "")
PROVED = "exactly the derivatives of the loss, as recognised below, proved with 256 bits."
RECOGNISED = (
    "Recognised: loss_and_gradients(X, Y, W1, W2): samples in rows, no biases; "
    "binary cross-entropy, mean over samples; tanh, sigmoid."
)
WITH_EXAMPLE = """
import numpy as np

def model(theta, data):
    p = data["x"] @ theta["w"] + theta["b"]
    d = (p - 1) / p.size
    return ((p - 1)**2).mean() / 2, {"w": data["x"].T @ d, "b": d.sum()}

def example(rng):
    return {"theta": {"w": rng.normal(size=3), "b": rng.normal()}, "data": {"x": rng.normal(size=(4, 3))}}
"""


def before_the_end(line):
    """RIGHT with a line before its return."""
    return RIGHT.replace(RESULT, f"{line}\n    {RESULT}")


def notebook(*cells):
    """The text of a notebook: code, and of cells that begin with # words."""
    made = []
    for text in cells:
        kind = "markdown" if text.startswith("# ") else "code"
        made.append({"cell_type": kind, "source": textwrap.dedent(text).strip("\n").splitlines(keepends=True)})
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def judged(tmp_path, capsys, monkeypatch):
    """Runs `fourfold check` on a source, with no options that ask for more than a proof: (exit code, what it said)."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def check(source, name="", file="mine.py", **how):
        (tmp_path / file).write_text(source, encoding="utf-8")
        try:
            code = verb.check(f"{tmp_path / file}{name}", how=verb.How(**{"timeout": 60} | how))
            return code, capsys.readouterr().out
        except UsageError as error:
            return 2, str(error)
        except ColumnError as error:
            return 3, str(error)

    return check


# Right and wrong


def test_what_is_said_of_right_gradients(judged):
    code, text = judged(RIGHT)
    assert code == 0
    assert "The gradients for W1 and W2 are " + PROVED in text
    assert RECOGNISED in text


def test_what_is_said_of_wrong_ones(judged):
    code, text = judged(WRONG)
    assert code == 1
    first, *lines = text.splitlines()
    assert first.startswith("WRONG: ")
    assert first.endswith("mine.py, line 10: the gradient for W1 is wrong.")
    assert "The mistake: slope missing." in lines
    assert "  ✗   10 |     dZ1 = dZ2 @ W2.T" in lines
    assert "    The factor 1 − A² is missing." in lines
    assert "Right: ∂L/∂W2." in lines
    assert RECOGNISED in lines
    assert len(set(lines)) == len(lines)  # nothing twice


def test_the_sizes_it_was_tried_with_are_said(judged):
    _, text = judged(WRONG)
    (index,) = re.findall(r"∂L/∂W1\[(\d), (\d)\] is", text)
    (sizes,) = re.findall(r"Tried with W1 (\d) × (\d) and W2 \d × \d\.", text)
    assert int(index[0]) < int(sizes[0])
    assert int(index[1]) < int(sizes[1])


@pytest.mark.parametrize(
    ("written", "needs"),
    [("-X @ W1", "−∂L/∂(-X @ W1)"), ("-(X @ W1)", "∂L/∂(X @ W1)"), ("X @ -W1", "−∂L/∂(X @ -W1)")],
)
def test_what_is_needed_has_the_right_sign(judged, written, needs):
    """∂L/∂W1 = Xᵀ ∂L/∂(X @ W1), and that is Xᵀ (−∂L/∂(-X @ W1))."""
    slope_missing = f"""
import numpy as np

def gradients(X, Y, W1, W2):
    A = 1 / (1 + np.exp({written}))
    R = A @ W2 - Y
    L = 0.5 * np.mean(R**2)
    return L, X.T @ (R / Y.size @ W2.T), A.T @ R / Y.size
"""
    assert f"∂L/∂W1 needs {needs} here, but gets ∂L/∂A." in judged(slope_missing)[1]


def test_a_gradient_that_is_right_with_one_output_alone_is_said_to_be(judged):
    squared = RIGHT.replace("1 / (1 + np.exp(-(A @ W2)))", "A @ W2")
    squared = squared.replace("-np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P)) / len(X)", "0.5 * np.mean((P - Y)**2)")
    code, text = judged(squared)
    assert (code, "The mistake: 1/d_out missing." in text) == (1, True), text
    assert "With a single output that is the same." in text


def test_a_shape_is_said_once(judged):
    code, text = judged(RIGHT.replace("A.T @ dZ2", "dZ2.T @ A"))
    assert code == 1
    assert "The mistake: gradient transposed." in text
    assert text.count("shape is") == 1, text


def test_a_hint_shows_the_line_and_the_equation_but_no_answer(judged):
    code, text = judged(WRONG, hint=True)
    assert code == 1
    assert "  ✗   10 |     dZ1 = dZ2 @ W2.T" in text
    assert "The equation there is E16: " in text
    assert not any(answer in text for answer in ("slope", "missing", "1 − A²", "    right  ", "it is"))


def test_every_line_is_explained(judged):
    lines = judged(RIGHT, explain=True)[1].splitlines()
    ticked = [line for line in lines if line.startswith("  ✓ ")]
    assert [line.split()[1] for line in ticked] == ["8", "9", "10", "11"]
    assert ticked[-1].endswith("dW1 = ∂L/∂W1")
    lines = judged(WRONG, explain=True)[1].splitlines()
    assert [line.split()[1] for line in lines if line.startswith("  ✗ ")] == ["10", "10"]  # where it is, and explained
    assert [line.split()[1] for line in lines if line.startswith("  ✓ ")] == ["8", "9"]


def test_the_proof_as_json(judged, tmp_path):
    target = tmp_path / "result.json"
    assert judged(WRONG, json=str(target))[0] == 1
    proof = json.loads(target.read_text())["proof"]
    assert [(one["line"], one["mistake"]) for one in proof["examined"]["blamed"]] == [(10, "slope missing")]
    assert [one["name"] for one in proof["mistakes"]] == ["slope missing"]
    assert {one["name"]: one["right"] for one in proof["examined"]["gradients"]} == {"W1": False, "W2": True}
    assert proof["activations"] == ["tanh", "sigmoid"]


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"loss": "mse"}, "you asked for squared error, mean over samples"),
        ({"l2": 0.1}, "you asked for binary cross-entropy, mean over samples, L2 penalty 0.05 ΣW²"),
        ({"columns": True}, "Its samples are rows; you asked for columns"),
    ],
)
def test_another_convention_than_was_asked_for(judged, how, sentence):
    code, text = judged(RIGHT, **how)
    assert (code, sentence in text, text.startswith("WRONG: ")) == (1, True, True), text


def test_the_convention_that_was_asked_for(judged):
    assert judged(RIGHT, loss="bce")[0] == 0
    code, text = judged(RIGHT, loss="nonsense")
    assert (code, "There is no loss 'nonsense'" in text) == (2, True)


# Which function


def test_a_function_by_name(judged):
    both = RIGHT + WRONG.replace("loss_and_gradients", "other")
    assert judged(both, ":loss_and_gradients")[0] == 0
    code, text = judged(both, ":other")
    assert (code, "Recognised: other(X, Y, W1, W2)" in text) == (1, True)
    code, text = judged(both, ":nothing")
    assert (code, "There is no nothing in the file: its functions are " in text) == (2, True)


def test_an_example_says_how_it_is_called(judged):
    code, text = judged(WITH_EXAMPLE)
    assert code == 0
    assert 'The gradients for theta["w"] and theta["b"] are ' + PROVED in text
    assert "Recognised: model(theta, data) with your example." in text
    code, text = judged(WITH_EXAMPLE.replace("d.sum()", "d.mean()"))
    assert (code, 'mine.py, line 7: the gradient for theta["b"] is wrong.' in text) == (1, True), text


def test_a_mean_over_entries_is_no_half_mean_over_samples(judged):
    squared = RIGHT.replace("1 / (1 + np.exp(-(A @ W2)))", "A @ W2")
    squared = squared.replace("-np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P)) / len(X)", "np.mean((P - Y)**2)")
    code, text = judged(squared.replace("(P - Y) / len(X)", "2 * (P - Y) / Y.size"))
    assert (code, "squared error, mean over entries; tanh, identity" in text) == (0, True), text


# What is in a file beside gradients


@pytest.mark.parametrize(
    "source",
    [
        before_the_end("for _ in range(1000): print(L)"),
        RIGHT + "for i in range(20_000): print('line', i)\n",
        before_the_end("mask = np.random.rand(3)"),
        RIGHT.replace(RESULT, "return L, dW1, dW2, dZ1"),
    ],
    ids=["prints", "prints on import", "draws", "returns more"],
)
def test_what_does_no_harm(judged, source):
    code, text = judged(source)
    assert (code, PROVED in text) == (0, True), text
    assert "line 7" not in text


def test_random_numbers_that_count(judged):
    source = RIGHT.replace("    A = np", "    mask = np.random.rand(*W1.shape) < 0.5\n    W1 = W1 * mask\n    A = np")
    assert judged(source.replace("X.T @ dZ1", "X.T @ dZ1 * mask"))[0] == 0
    assert judged(source)[0] == 1


@pytest.mark.parametrize(
    ("source", "code", "sentence"),
    [
        (RIGHT + "rate = input('rate? ')\n", 2, "does not import: it raised EOFError"),
        (RIGHT + "data = np.loadtxt('data.csv')\n", 2, "data.csv not found (mine.py, line 13)."),
        (before_the_end("rate = input('rate? ')"), 2, "Its code asks for input(), but nobody answers."),
        (before_the_end("data = np.load('data.npy')"), 2, "Its code opens data.npy, which is not there"),
        (RIGHT.replace("(P - Y)", "(P - Y"), 2, "'(' was never closed (mine.py, line 8)."),
        (RIGHT.replace(RESULT, "return L, dW1"), 1, "∂L/∂W2: there is none"),
        (RIGHT.replace(RESULT, "return L"), 2, "No loss and gradients were recognised"),
        (before_the_end("while L > 0: pass"), 3, "did not finish within 3 s, while it was run"),
        (RIGHT + "while True: pass\n", 3, "did not finish within 3 s, while it was run"),
    ],
    ids=["input", "file", "input inside", "file inside", "syntax", "few", "no gradients", "loops", "loops on import"],
)
def test_what_goes_wrong_is_one_sentence(judged, source, code, sentence):
    got, text = judged(source, timeout=3 if code == 3 else 60)
    assert (got, sentence in text) == (code, True), text
    assert "Traceback" not in text


def test_what_it_printed_before_it_hung(judged):
    code, text = judged(RIGHT + "print('epoch 1', flush=True)\nwhile True: pass\n", timeout=3)
    assert (code, text.endswith("; it printed:\nepoch 1")) == (3, True), text


def test_gradients_without_a_loss_are_those_of_one_that_is_named(judged):
    lines = [line for line in RIGHT.splitlines() if not line.strip().startswith("L = ")]
    without = "\n".join(lines).replace(RESULT, "return dW1, dW2").replace("loss_and_gradients", "backward")
    code, text = judged(without)
    assert (code, "cross-entropy" in text) == (0, True), text
    assert judged(without.replace(" * (1 - A**2)", ""))[0] == 1


# Templates and notebooks


@pytest.mark.parametrize(("template", "lines"), [("numpy", "17, 18 and 19"), ("numpy-deep", "18, 19 and 20")])
def test_a_template_is_not_filled_in(judged, tmp_path, template, lines):
    file = tmp_path / "template.py"
    verb.check(template=template, out=str(file))
    code, text = judged(file.read_text(), suite="quick")
    assert (code, len(text.splitlines())) == (1, 1)
    assert f"mine.py is not filled in. Lines {lines} are to do." in text


def test_a_template_whose_loss_is_filled_in(judged, tmp_path):
    file = tmp_path / "template.py"
    verb.check(template="numpy", out=str(file))
    start, _, rest = file.read_text().partition("    L = np.zeros((), X.dtype)  # to do: the loss\n")
    loss = "    R = 1 / (1 + np.exp(-X @ W1)) @ W2 - Y\n    L = (R**2).sum() / (2 * len(X))\n"
    code, text = judged(start + loss + rest)
    assert (code, "is not filled in. Lines 19 and 20 are to do. The loss is right where it was asked." in text) == (
        1,
        True,
    ), text


def in_cells(source):
    """A notebook with a source behind a cell that needs a file that is not there."""
    imports, _, function = source.strip().partition("\n\n")
    return notebook("# A network", f"%matplotlib inline\n{imports}", "data = open('nowhere.csv')", function)


def test_a_notebook_is_judged_with_lines_by_cells(judged):
    assert judged(in_cells(RIGHT), file="mine.ipynb")[0] == 0
    code, text = judged(in_cells(WRONG), file="mine.ipynb")
    assert code == 1
    assert "mine.ipynb, cell 4, line 7: the gradient for W1 is wrong." in text
    assert "  ✗    7 |     dZ1 = dZ2 @ W2.T" in text


def test_a_notebook_is_explained_with_lines_by_cells(judged):
    lines = judged(in_cells(RIGHT), file="mine.ipynb", explain=True)[1].splitlines()
    assert [line.split()[1] for line in lines if line.startswith("  ✓ ")] == ["5", "6", "7", "8"]


def test_a_notebook_that_raises_says_in_which_cell(judged):
    cells = "import numpy as np", "n = 1\nwidths = [1, 2]\nx = np.zeros(-n)"
    code, text = judged(notebook(*cells), file="mine.ipynb")
    assert (code, "(mine.ipynb, cell 2, line 3)" in text) == (2, True), text


def test_what_is_no_notebook(judged):
    code, text = judged("{}", file="mine.ipynb")
    assert (code, "is not a notebook" in text) == (2, True)


def test_the_readme_shows_what_is_said_of_a_file(tmp_path):
    """Of the file it shows the function alone; a sigmoid stands above."""
    readme = (Path(HERE) / "compare/check/README.md").read_text(encoding="utf-8")
    function, expected = re.findall(r"```(?:python|text)\n(.*?)```", readme, re.DOTALL)[:2]
    before = "import numpy as np\n\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"
    (tmp_path / "mine.py").write_text(before + function, encoding="utf-8")
    done = command("check", "mine.py", cwd=tmp_path, python=("-m", "fourfold.compare"))
    assert said(done, 1) == ""
    assert done.stdout == expected.removeprefix("$ fourfold check mine.py\n")
