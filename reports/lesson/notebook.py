"""The lesson as a notebook: its cells with the equations and exercises written out above them. Nothing is run here."""

from pathlib import Path

from fourfold import impls
from fourfold.compare.lesson.exercises.questions import EXERCISES
from fourfold.reports.lesson import content, source
from fourfold.reports.lesson.equation import SIDE_BY_SIDE

CELLS = Path(__file__).parent / "templates" / "lesson_cells.py"


def written(columns, seed, steps, lr):
    """The notebook with these side-by-side columns, before it is run; ids and metadata are the same every time."""
    import jupytext
    from nbformat.v4 import new_markdown_cell

    notebook = jupytext.reads(CELLS.read_text(encoding="utf-8"), fmt="py:percent")
    cells = []
    for cell in notebook.cells:
        title = cell.metadata.pop("title", "")
        if title:
            cells.append(new_markdown_cell(_text(title, columns)))
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = f"COLUMNS = {columns!r}\nSEED, STEPS, LR = {seed}, {steps}, {lr!r}"
        cells.append(cell)
    for n, cell in enumerate(cells):
        cell.id = f"cell-{n}"
    notebook.cells = cells
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def _text(title, columns):
    """What stands above a cell that is called "E13" or "Exercise 4"."""
    if title.startswith("Exercise "):
        exercise = EXERCISES[int(title.removeprefix("Exercise ")) - 1]
        return f"## {title}: {exercise.title}\n\n{exercise.says}"
    return _equation(content.EQUATIONS[int(title.removeprefix("E")) - 1], columns)


def _equation(equation, columns):
    text = ""
    for part in content.PARTS:
        if equation is part.equations[0]:
            text = f"## {part.title}\n\n{part.says}\n\n"
    text += f"### E{equation.number} {equation.title}\n\n"
    for activation, latex in equation.formulas().items():
        label = rf"\text{{{activation}: }} " if activation else ""
        text += f"$$ {label}{latex} $$\n"
    text += f"\n{equation.says}\n\n```python\n"
    for column in equation.columns:
        if column in columns or column not in SIDE_BY_SIDE:
            text += _listing(column, equation.places(column))
    return text + "```"


def _listing(column, places):
    file = source.text(column).splitlines()
    text = f"# {impls.path_of(column).name}\n"
    for line in source.lines(column, *places):
        text += f"{line.number:>3}  {' ' * line.indent}{file[line.number - 1].strip()}\n"
    return text
