"""The lesson as a notebook, run once with some of its cells filled in."""

import ast
import getpass
import re
import sys
from pathlib import Path

import nbformat
import pytest

from fourfold.compare.cases.case import draw_weights
from fourfold.compare.cases.data import xor
from fourfold.compare.commands.lesson import lesson as verb
from fourfold.compare.errors import ColumnError
from fourfold.compare.lesson import classroom, kernel
from fourfold.compare.lesson.exercises.questions import EXERCISES, live
from fourfold.compare.lesson.wording import number
from fourfold.compare.mistakes.catalogue import find
from fourfold.impls.model import Trace
from fourfold.impls.two_layer import numpy_impl
from fourfold.reports.lesson import content, notebook, prose, source
from tests.lessons import in_process

FORWARD = """
    A = 1 / (1 + np.exp(-X @ W1))
    R, N = A @ W2 - Y, len(X)
    L = (R**2).sum() / (2 * N)
"""
FILLED = {
    "by_jacobians": FORWARD
    + """
    dL_dH = (R / N @ W2.T) * A * (1 - A)
    return {"dL_dW2": A.T @ R, "dL_dW1": X.T @ dL_dH}
""",
    "gradients": FORWARD
    + """
    dL_dH = (R / N @ W2.T) * A * (1 - A)
    return L, X.T @ dL_dH, A.T @ R / N
""",
    "train": """
    losses = []
    for _ in range(steps):
        L, dL_dW1, dL_dW2 = gradients(X, Y, W1, W2)
        losses.append(L)
        W1, W2 = W1 + lr * dL_dW1, W2 + lr * dL_dW2
    return W1, W2, losses
""",
    "parameters": """
    return sum(m * n for m, n in zip(widths, widths[1:]))
""",
    "with_biases": """
    A = 1 / (1 + np.exp(-(X @ W[0] + b[0])))
    R, N = A @ W[1] + b[1] - Y, len(X)
    dL_dH = (R / N @ W[1].T) * A * (1 - A)
    dL_db = [Z.sum(axis=0, keepdims=True) for Z in (dL_dH, R)]
    return (R**2).sum() / (2 * N), [X.T @ dL_dH, A.T @ R / N], dL_db
""",
}


@pytest.fixture(scope="module")
def raw():
    written = notebook.written(["numpy", "torch"], 3, 300, 0.1)
    for name, body in FILLED.items():
        (cell,) = (c for c in written.cells if re.search(rf"^def {name}\b", c.source, re.M) and "raise" in c.source)
        cell.source = re.sub(r"\n    raise NotImplementedError$", body, cell.source)
    return kernel.executed(written, 60).decode()


@pytest.fixture(scope="module")
def cells(raw):
    """{a cell: the text it shows}, in order."""
    code = [c for c in nbformat.reads(raw, as_version=4).cells if c.cell_type == "code"]
    assert [c.execution_count for c in code] == [*range(1, len(code) + 1)]
    said = lambda cell: "".join(output.get("text", "") for output in cell.outputs)
    return {cell.source.strip(): said(cell) for cell in code}


@pytest.fixture(scope="module")
def written():
    return notebook.written(["numpy", "torch", "jax"], 0, 100, 0.5)


def shown_by(cells, line):
    """What the first cell shows that has such a line."""
    return next(text for cell, text in cells.items() if line in cell.splitlines())


def code_below(cells, equation):
    """The cell of an equation."""
    heading = next(n for n, cell in enumerate(cells) if f"### E{equation} " in cell.source)
    return cells[heading + 1].source


def test_every_equation_and_every_exercise_has_its_cell_in_order(written):
    text = "\n".join(cell.source for cell in written.cells)
    assert re.findall(r"^### E(\d+) ", text, re.M) == [str(n) for n in range(1, 27)]
    assert re.findall(r"^## Exercise (\d+): ", text, re.M) == [str(x.number) for x in EXERCISES]
    assert [part for part in re.findall("^## (.*)$", text, re.M) if part in [p.title for p in content.PARTS]] == [
        p.title for p in content.PARTS
    ]


def test_an_equation_comes_before_any_plumbing(written):
    title, set_up, equation, code, *_ = written.cells
    assert len(re.findall(r"[.!?](?:\s|$)", title.source)) == 2
    assert set_up.cell_type == "code"
    assert len(set_up.source.splitlines()) < 20
    assert "$$" in equation.source
    assert code.source.startswith("lesson.show(")
    assert not [cell for cell in written.cells[3:] if re.search(r"^(?:import|from) ", cell.source, re.M)]


def test_the_question_stands_above_its_cell_and_the_answer_below(written):
    for equation in content.EQUATIONS:
        n = next(n for n, cell in enumerate(written.cells) if f"### E{equation.number} " in cell.source)
        assert re.search(r"^\*\*.*\?.*\*\*$", written.cells[n].source, re.M)
        assert written.cells[n + 1].cell_type == "code"
        assert written.cells[n + 2].source.startswith(prose.plain(equation.says)[:8])


PAGE_ONLY = r"\bslider|\bpress\b|\bclick|light up|turn red|the digits to|\]\(#|\{\w+ \d"


def test_no_sentence_speaks_of_what_only_the_page_has(written):
    for cell in written.cells:
        if cell.cell_type == "markdown":
            assert not re.search(PAGE_ONLY, cell.source), cell.source


def test_numbers_in_sentences_are_numpys_own(written):
    answers = "\n".join(cell.source for cell in written.cells)
    X, Y = xor()
    W1, W2 = (W[0] for W in draw_weights([0], (2, 3, 1)))
    T = numpy_impl.trace(X, Y, W1, W2, "sigmoid")
    assert f"$\\hat y_2$ = {number(T.Y_hat[1, 0])}, and its target is 1" in answers
    assert f"$L$ = {number(T.L)}." in answers
    assert "NumPy's, of seed 0." in " ".join(answers.split())


def tried(code, seed, lr):
    """What lesson.train is called with in a text of Python, said in full."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "lesson.train":
            options = {option.arg: ast.literal_eval(option.value) for option in node.keywords}
            if "mistake" in options:
                options["mistake"] = find(options["mistake"]).slug.replace("_", "-")
            yield live() | {"seed": seed, "lr": lr} | options


def test_what_can_be_tried_on_the_page_can_be_tried_here():
    same = notebook.written(["numpy"], 6, 100, 0.1).cells
    for equation in content.EQUATIONS:
        here = [*tried(code_below(same, equation.number), 6, 0.1)]
        assert all(set_up in here for _, set_up in equation.tries)


@pytest.mark.parametrize(("seed", "lr"), [(6, 0.1), (0, 0.5)])
def test_what_an_exercise_has_to_try_is_what_the_page_tries(seed, lr):
    text = "\n".join(cell.source for cell in notebook.written(["numpy"], seed, 100, lr).cells)
    calls = re.findall(r"^- .* `(lesson\.train\(.*\))`$", text, re.M)
    given = [next(tried(call, seed, lr)) for call in calls]
    assert given == [set_up for exercise in EXERCISES for _, set_up in exercise.tasks if set_up]


def test_the_lines_are_those_of_the_files(written):
    named = set()
    for cell in written.cells:
        for block in re.findall("```python\n(.*?)```", cell.source, re.S):
            for heading, code in re.findall(r"# (\w+_impl\.py .*)\n((?:(?!# \w+_impl).*\n)*)", block):
                for name, places in re.findall(r"(\w+)_impl\.py ([\d+-]+)", heading):
                    named.add(name)
                    file = source.text(name.replace("_", "-")).splitlines()
                    numbers = []
                    for run in places.split("+"):
                        first, _, last = run.partition("-")
                        numbers += range(int(first), int(last or first) + 1)
                    expected = [file[n - 1].strip() for n in numbers]
                    assert [line.strip() for line in code.rstrip().splitlines()] == expected
    assert named == {"numpy", "torch", "jax", "numpy_loop", "numpy_tiled"}


def test_lines_that_columns_share_are_written_once(written):
    first = next(cell.source for cell in written.cells if "### E1 " in cell.source)
    assert first.count("H = X @ W1\n") == 1


def test_numbers_are_judged(cells):
    assert re.search(r"^ numpy ✓ .* torch ✓ \d+%$", shown_by(cells, 'lesson.show("dL_dW1")'), re.M)
    planted = [cell for cell, text in cells.items() if "✗ wrong" in text and cell.startswith("lesson.")]
    assert planted
    assert all("mistake=" in cell or cell == "lesson.certify(by_jacobians)" for cell in planted)
    stepped = shown_by(cells, """lesson.step(mistake="W2 updated before W1's gradient")""")
    assert len(re.findall(r"^ numpy ✓ \d+%   torch ✓ \d+%", stepped, re.M)) == 2
    trained = shown_by(cells, "lesson.train_columns()")
    assert len(re.findall(r"^(?:numpy|torch): .* ✓ \d+% in all 300 steps$", trained, re.M)) == 2


def test_an_array_is_shown_once(cells):
    shown = re.findall(r"^([A-Za-z]\w*)  \d+ × \d+$", "\n".join(text for text in cells.values()), re.M)
    after_a_step = ["W2", "W1"]
    assert sorted(shown) == sorted([*{*shown}, *after_a_step])
    assert {"X", "Y", "W1", "W2", *Trace._fields} - {"L"} <= {*shown}


def test_pictures_are_drawn(raw):
    drawn = [c for c in nbformat.reads(raw, as_version=4).cells if "image/png" in str(c.get("outputs"))]
    assert [c.source.splitlines()[-1].split("(")[0] for c in drawn] == [
        "drawings.losses",
        "drawings.training",
        "drawings.boundaries",
        "drawings.boundaries",
    ]


def test_a_mistake_in_a_cell_is_named(cells):
    assert "The mistake: slope missing." in shown_by(cells, "judge(slope_forgotten)")
    assert "gradients is exact up to rounding" in cells["judge(gradients)"]
    assert "train is wrong" in cells["judge(gradients, train=train)"]
    assert "ascent" in cells["judge(gradients, train=train)"]
    assert "WRONG: 9; the network has 13" in cells["judge_count(parameters)"]
    assert "First wrong number: dL_db2" in cells['judge(with_biases, names=["two-layers"])']
    assert re.fullmatch("dL_dW2 ✗ wrong\ndL_dW1 ✓ \\d+%\n", cells["lesson.certify(by_jacobians)"])
    assert "Nothing to judge yet" in cells["judge(any_depth)"]
    assert "Nothing to judge yet" in cells['judge(with_tanh, activation="tanh")']


def test_a_slider_is_not_kept_in_the_file():
    """Where no kernel runs it does not move, and would be an empty place."""
    show = "from IPython.display import display\n"
    show += "display({'application/vnd.jupyter.widget-view+json': {'model_id': '1'}, 'text/plain': 'slider'}, raw=True)"
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"{show}\nprint(1)")])
    made.metadata["widgets"] = {"state": {}}
    after = nbformat.reads(kernel.executed(made, 60).decode(), as_version=4)
    assert [output.output_type for output in after.cells[0].outputs] == ["stream"]
    assert "widgets" not in after.metadata


@pytest.mark.parametrize(
    ("folder", "installed"),
    [
        ("beside", "beside/fourfold"),
        ("wheel", "wheel/fourfold-0.1.0-py3-none-any.whl"),
        ("checkout/reports/out/lesson", "checkout"),
        ("empty", None),
    ],
)
def test_what_is_missing_is_installed_from_what_lies_there(written, monkeypatch, tmp_path, folder, installed):
    for made in ("beside/fourfold/impls/two_layer", "checkout/impls/two_layer", "checkout/reports/out/lesson", "empty"):
        (tmp_path / made).mkdir(parents=True)
    (tmp_path / "wheel").mkdir()
    (tmp_path / "wheel" / "fourfold-0.1.0-py3-none-any.whl").touch()
    monkeypatch.chdir(tmp_path / folder)
    monkeypatch.setitem(sys.modules, classroom.__name__, None)  # to Python that is a module that is not there
    asked = []

    def pip(place):
        asked.append(str(Path(place).relative_to(tmp_path)))
        sys.modules[classroom.__name__] = classroom

    set_up = re.sub('%pip install --quiet "{(.*)}"', r"pip(\1)", written.cells[1].source)
    if installed:
        names = {"pip": pip}
        exec(set_up, names)
        assert names["lesson"].steps == 100
        assert asked == [installed]
    else:
        with pytest.raises(AssertionError, match="Put the folder of fourfold, or a wheel of it, beside this notebook"):
            exec(set_up, {"pip": pip})


def test_a_notebook_says_nothing_of_where_and_when_it_ran(raw):
    first, again = (nbformat.writes(notebook.written(["numpy"], 0, 10, 0.1)) for _ in range(2))
    assert first == again
    for word in (sys.prefix, str(Path.home()), str(Path.cwd()), "/tmp/", f"{getpass.getuser()}@", "iopub", "stderr"):
        assert word not in raw


def test_a_cell_that_fails_is_told_of():
    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)\n1 / 0")])
    with pytest.raises(ColumnError, match="the notebook stopped with ZeroDivisionError: division by zero"):
        kernel.executed(broken, 60)


def test_the_page_is_kept_where_the_notebook_fails(monkeypatch, tmp_path):
    monkeypatch.setattr("fourfold.compare.lesson.numbers.workers.open_pool", in_process)
    monkeypatch.setattr(kernel, "executed", lambda written, timeout: b"{}")
    write = lambda: verb(to=str(tmp_path / "out"), impl="numpy", seeds="1", steps=2, notebook=True)
    assert write() == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"index.html", "lesson.json", "lesson.ipynb"}

    def fails(written, timeout):
        raise ColumnError("the notebook stopped")

    monkeypatch.setattr(kernel, "executed", fails)
    with pytest.raises(ColumnError, match="stopped"):
        write()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"index.html", "lesson.json"}


def test_what_is_not_installed_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(kernel.workers, "package_installed", lambda package: package != "nbclient")
    with pytest.raises(ColumnError, match=r"A notebook needs nbclient: pip install '\.\[notebook\]'\."):
        verb(to=str(tmp_path / "out"), impl="numpy", notebook=True)
