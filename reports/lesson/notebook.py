"""The lesson as a notebook: a question, its formula and lines above each cell, the answer below. It is not run here."""

import re
from pathlib import Path

import numpy as np

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS, draw_weights
from fourfold.compare.cases.data import xor
from fourfold.compare.lesson.exercises.questions import EXERCISES, live
from fourfold.compare.lesson.wording import number
from fourfold.reports.lesson import content, prose, source
from fourfold.reports.lesson.equation import SIDE_BY_SIDE

CELLS = Path(__file__).parent / "templates" / "lesson_cells.py"
SET_UP = re.compile(r"^lesson = Classroom\(.*\)$", re.M)
# From here on the network in the text is a trained one: a cell has its prediction.
TRAINED, PREDICTION = 24, re.compile(r" = \{Y_hat 1 0\}")

# Questions that are asked otherwise where there is no page to press and slide on.
ASKS = {
    4: "What do the signs of $R$ say? Then reverse them, as in the run below: what happens to the loss?",
    7: "The sample (0, 1) is one of four. How many ways lead from one weight of $W_2$ to the loss? Count the products "
    "below.",
    10: "Would this gradient grow if there were more samples? Leave out 1/N, and see which numbers are wrong and what "
    "the loss does.",
    11: "The weight $w_{2,1}$ alone changes. Which predictions change with it, and by how much if it grows by 1?",
    12: r"The weight $w_{2,1}$ grows by 1. By how much does $\hat y_2$ grow? The answer is one of the numbers of $A$.",
    16: "What if the slope were left out? Train without it, and compare the loss at the end with the one in [E2](#E2). "
    "Then see what a slope of 0 does: train with ReLU.",
    20: "Find the four factors of [E19](#E19) in these lines. Where is the sum over the samples?",
    22: "Three ways to one gradient. Do they agree to the last digit?",
    23: "What if $W_2$ is updated first? See which weights are wrong after one step, and whether it still learns.",
    25: "From which step on are all four inputs on the right side of ½? Say first what the boundary looks like there.",
}


def written(columns, seed, steps, lr):
    """The notebook with these side-by-side columns, before it is run; ids and metadata are the same every time."""
    import jupytext
    from nbformat.v4 import new_code_cell, new_markdown_cell

    notebook = jupytext.reads(CELLS.read_text(encoding="utf-8"), fmt="py:percent")
    given = f"{columns!r}, seed={seed}, steps={steps:_}, lr={lr!r}".replace("'", '"')
    values, cells = _values(seed), []
    for cell in notebook.cells:
        title = cell.metadata.pop("title", "")
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("of seed 6.", f"of seed {seed}.")
        cell.source = SET_UP.sub(f"lesson = Classroom({given})", cell.source)
        if title.startswith("Exercise "):
            before, after = _exercise(EXERCISES[int(title.removeprefix("Exercise ")) - 1], seed, lr), ""
        elif title:
            equation = content.EQUATIONS[int(title.removeprefix("E")) - 1]
            before, after = _equation(equation, columns), _answer(equation, values)
        else:
            before = after = ""
        cells += [new_markdown_cell(before)] if before else []
        cells += [new_code_cell(cell.source) if cell.cell_type == "code" else new_markdown_cell(cell.source)]
        cells += [new_markdown_cell(after)] if after else []
    cells = [cell for cell in cells if cell.source.strip()]
    for n, cell in enumerate(cells):
        cell.id = f"cell-{n}"
    notebook.cells = cells
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def _equation(equation, columns):
    text = ""
    for part in content.PARTS:
        if equation is part.equations[0]:
            text = f"## {part.title}\n\n{prose.plain(part.says)}\n\n"
    text += f"### E{equation.number} {equation.title}\n\n"
    for activation, latex in equation.formulas().items():
        label = rf"\text{{{activation}: }} " if activation else ""
        text += f"$$ {label}{latex} $$\n"
    asks = prose.plain(ASKS.get(equation.number, equation.asks))
    return f"{text}\n**{asks}**\n\n```python\n{_listings(equation, columns)}\n```"


def _listings(equation, columns):
    """The lines that compute it; where columns have the same, once, under the names of their files."""
    files = {}
    for column in equation.columns:
        if column in columns or column not in SIDE_BY_SIDE:
            lines = source.lines(column, *equation.places(column))
            text = source.text(column).splitlines()
            code = "\n".join(" " * line.indent + text[line.number - 1].strip() for line in lines)
            name = impls.path_of(column).name
            files.setdefault(code, []).append(f"{name} {_numbered([line.number for line in lines])}")
    return "\n\n".join(f"# {', '.join(names)}\n{code}" for code, names in files.items())


def _numbered(numbers):
    """ "12-14+30" of 12, 13, 14 and 30."""
    runs = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return "+".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)


def _exercise(exercise, seed, lr):
    """What it asks, and what can be tried first, with the call that does it."""
    text = f"## Exercise {exercise.number}: {exercise.title}\n\n{prose.plain(exercise.says)}"
    tasks = [f"- {prose.plain(task)} `{_call(set_up, seed, lr)}`" for task, set_up in exercise.tasks if set_up]
    return "\n".join([text, "", *tasks] if tasks else [text])


def _call(set_up, seed, lr):
    """What a reader of this notebook types for a set-up of the page's live network."""
    usual = live() | {"seed": seed, "lr": lr}
    options = [f"{name}={value!r}" for name, value in set_up.items() if value != usual[name]]
    return f"lesson.train({', '.join(options)})".replace("'", '"')


def _values(seed):
    """{name: array} of NumPy's column at the first weights of a seed."""
    (X, Y), column = xor(), impls.load("numpy")
    W1, W2 = (W[0] for W in draw_weights([seed], (2, 3, 1)))
    trace = column.trace(X, Y, W1, W2, ACTIVATIONS[0])
    _, sigma_prime = column.ACTIVATIONS[ACTIVATIONS[0]]
    return {"X": X, "Y": Y, "W1": W1, "W2": W2, "sigma_prime": sigma_prime(trace.A)} | trace._asdict()


def _answer(equation, values):
    """Markdown of an answer, its live numbers filled in."""

    def digits(token):
        return number(np.atleast_2d(values[token["quantity"]])[int(token["row"]), int(token["column"])])

    if equation.number >= TRAINED:
        return prose.plain(PREDICTION.sub(", the second of the predictions above", equation.says))
    return prose.plain(re.sub(prose.NUMBER, digits, equation.says))
