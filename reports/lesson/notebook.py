"""The lesson as a notebook: lesson_cells.py with its equations written out, run from top to bottom in a new kernel."""

import os
import re
import subprocess
from pathlib import Path

from fourfold import impls
from fourfold.compare.columns import workers
from fourfold.compare.errors import ColumnError
from fourfold.compare.lesson.exercises.questions import EXERCISES
from fourfold.compare.system import signals
from fourfold.reports.lesson import content, source

CELLS = Path(__file__).with_name("lesson_cells.py")
NEEDS = ("jupytext", "nbclient", "ipykernel")


def missing():
    """What has to be installed before a notebook can be made."""
    return [package for package in NEEDS if not workers.package_installed(package)]


def executed(notebook, timeout):
    """The bytes of an .ipynb: what `written` gives, run.

    Raises ColumnError where a cell fails or takes longer than `timeout` seconds.
    """
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    with signals.temporary_folder() as folder:
        # Without folders to look in it is this very Python that is started, whatever kernels are installed.
        manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
        manager.connection_file = str(folder / "kernel.json")
        how = {"timeout": timeout, "record_timing": False, "coalesce_streams": True}
        variables = os.environ | QUIET | {"IPYTHONDIR": str(folder)}
        client = NotebookClient(notebook, km=manager, resources={"metadata": {"path": str(folder)}}, **how)
        try:
            client.execute(cleanup_kc=True, env=variables, stderr=subprocess.DEVNULL)
        except CellExecutionError as error:
            raise ColumnError(f"the notebook stopped with {error.ename}: {error.evalue}") from None
        except CellTimeoutError:
            raise ColumnError(f"a cell did not finish within {timeout:g} s: give it longer with --timeout") from None
        except DeadKernelError:
            raise ColumnError("the notebook's kernel died") from None
    for cell in notebook.cells:
        if cell.cell_type == "code":  # frameworks log times and processes there
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    return nbformat.writes(notebook).encode()


QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def written(columns, seed, steps, lr):
    """The notebook with these side-by-side columns, before it is run; ids and metadata are the same every time."""
    import jupytext

    notebook = jupytext.reads(CELLS.read_text(encoding="utf-8"), fmt="py:percent")
    for n, cell in enumerate(notebook.cells):
        cell.id = f"cell-{n}"
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = f"COLUMNS = {columns!r}\nSEED, STEPS, LR = {seed}, {steps}, {lr!r}"
        elif cell.cell_type == "markdown":
            cell.source = _text(cell.source, columns)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def _text(text, columns):
    """What "E13" and "Exercise 4" stand for; other text as it is."""
    if equation := re.fullmatch(r"E(\d+)", text):
        return _equation(int(equation[1]), columns)
    if exercise := re.fullmatch(r"Exercise (\d+)", text):
        (found,) = (x for x in EXERCISES if x.number == int(exercise[1]))
        return f"## Exercise {found.number}: {found.title}\n\n{found.says}"
    return text


def _equation(number, columns):
    (part,) = (p for p in content.PARTS if number in [e.number for e in p.equations])
    (equation,) = (e for e in part.equations if e.number == number)
    heading = f"## {part.title}\n\n{part.says}\n\n" if equation is part.equations[0] else ""
    by_activation = (equation.by_activation or {}).items()
    formulas = [equation.latex, *(rf"\text{{{name}: }} {latex}" for name, latex in by_activation)]
    shown = [c for c in equation.columns if c in columns or c not in content.SIDE_BY_SIDE]
    return "\n".join(
        [
            f"{heading}### E{number} {equation.title}\n",
            *(f"$$ {formula} $$" for formula in formulas),
            f"\n{equation.says}\n",
            "```python",
            *(_lines(column, content.places(equation, column)) for column in shown),
            "```",
        ]
    )


def _lines(column, places):
    file = source.text(column).splitlines()
    lines = source.lines(column, *places)
    shown = (f"{line.number:>3}  {' ' * line.indent}{file[line.number - 1].strip()}" for line in lines)
    return "\n".join([f"# {impls.path_of(column).name}", *shown])
