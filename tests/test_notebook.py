"""The lesson as a notebook, run once with some of its cells filled in."""

import getpass
import re
import sys
from pathlib import Path

import nbformat
import pytest

from fourfold.compare.commands.lesson import lesson as verb
from fourfold.compare.errors import ColumnError
from fourfold.compare.lesson import kernel
from fourfold.compare.lesson.exercises.questions import EXERCISES
from fourfold.reports.lesson import content, notebook, source
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
    """{the first line of a cell: the text it shows}, in order."""
    code = [c for c in nbformat.reads(raw, as_version=4).cells if c.cell_type == "code"]
    assert [c.execution_count for c in code] == [*range(1, len(code) + 1)]
    said = lambda cell: "".join(output.get("text", "") for output in cell.outputs)
    return {cell.source.strip().split("\n")[0]: said(cell) for cell in code}


@pytest.fixture(scope="module")
def written():
    return notebook.written(["numpy", "torch", "jax"], 0, 100, 0.5)


def test_every_equation_and_every_exercise_has_its_cell_in_order(written):
    text = "\n".join(cell.source for cell in written.cells)
    assert re.findall(r"^### E(\d+) ", text, re.M) == [str(n) for n in range(1, 27)]
    assert re.findall(r"^## Exercise (\d+): ", text, re.M) == [str(x.number) for x in EXERCISES]
    assert [part for part in re.findall("^## (.*)$", text, re.M) if part in [p.title for p in content.PARTS]] == [
        p.title for p in content.PARTS
    ]


def test_the_lines_are_those_of_the_files(written):
    for cell in written.cells:
        for block in re.findall("```python\n(.*?)```", cell.source, re.S):
            for name, lines in re.findall(r"# (\w+)_impl\.py\n(.*?)(?=\n# \w+_impl\.py|\Z)", block, re.S):
                file = source.text(name.replace("_", "-")).splitlines()
                for number, line in re.findall(r"^ *(\d+)  (.*)$", lines, re.M):
                    assert line.strip() == file[int(number) - 1].strip()
    assert "tf_impl" not in "".join(cell.source for cell in written.cells)


def test_numbers_are_judged(cells):
    assert "dL_dW1 (2, 3) ✓" in cells['show("dL_dW1")']
    assert not any("✗" in said for line, said in cells.items() if "show(" in line)
    assert len(re.findall("^(?:numpy|torch): W1 ✓", cells["for name in COLUMNS:"], re.M)) == 2


def test_a_mistake_in_a_cell_is_named(cells):
    assert "This is what happens with: slope missing." in cells["def judge(gradients, **more):"]
    assert "gradients is within what rounding allows" in cells["judge(gradients)"]
    assert "train is wrong" in cells["judge(gradients, train=train)"]
    assert "ascent" in cells["judge(gradients, train=train)"]
    assert "WRONG: 9, where the network has 13" in cells["def network(widths, biases):"]
    assert "the first wrong number is dL_db2" in cells['judge(with_biases, names=["two-layers"])']
    assert re.fullmatch("dL_dW2 ✗ wrong\ndL_dW1 ✓ \\d+ %\n", cells["certify(by_jacobians)"])
    assert "Nothing to judge yet" in cells["judge(any_depth)"]
    assert "Nothing to judge yet" in cells['judge(with_tanh, activation="tanh")']


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
