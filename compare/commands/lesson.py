"""`fourfold lesson`."""

from functools import partial
from typing import Annotated

from cyclopts import Parameter

from fourfold import impls
from fourfold.compare.cases.data import square_grid
from fourfold.compare.commands import options
from fourfold.compare.commands.options import Json, Timeout
from fourfold.compare.commands.terminal import command, err, out, progress, write_json
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.lesson import kernel
from fourfold.compare.lesson.broken import COLUMN, broken_in
from fourfold.compare.lesson.examinee import DTYPE
from fourfold.compare.lesson.numbers import record
from fourfold.compare.lesson.stories import FOLDER, TWENTY
from fourfold.compare.results import words
from fourfold.compare.results.environment import environment

POSITIONS = 21
MOST_SEEDS = 10  # the page carries them all


def lesson(
    *,
    to: Annotated[str, Parameter(name="--out")] = FOLDER,
    impl: str | None = None,
    seeds: str = "6:9",
    steps: int = 10_000,
    lr: float = 0.1,
    resolution: int = 20,
    timeout: Timeout = 600,
    notebook: bool = False,
    json: Json = None,
):
    """Write the lesson: one page that teaches backpropagation, to open in any browser.

    Every equation stands beside its line in every framework, with its numbers,
    and common mistakes can be planted and repaired.

    Example: fourfold lesson --seeds 5:8 --out /tmp/lesson

    Parameters
    ----------
    to
        Folder for index.html, the page, lesson.json, its numbers, and with --notebook lesson.ipynb.
    impl
        Frameworks to show, comma-separated, such as numpy,torch. Default: all that are installed.
    seeds
        How many initial weights to choose from, or a range. With ReLU, 6 learns XOR, 7 gets stuck and 8 dies.
    steps
        Steps of gradient descent.
    lr
        Learning rate.
    resolution
        Points along each side of the decision boundary's grid.
    timeout
        Seconds each column may take in all, and each cell of the notebook.
    notebook
        Write a notebook too, with cells for students to fill in. It has been run with the first seed.
    json
        Write the numbers as JSON to this file too; - means standard output.
    """
    from fourfold.compare.results import report_folder
    from fourfold.reports.lesson import numbers

    columns, left_out = options.columns(impl)
    chosen, grid = options.seeds(seeds), square_grid(resolution, "0,1")
    _check(columns, chosen, resolution, notebook)
    report_folder.check_writable(to, numbers.strange)
    if left_out:
        err.print(f"Not installed, left out: {', '.join(left_out)}.")
    columns.sort(key=lambda name: "-" in name)  # what stands side by side comes first, and NumPy before all
    with progress() as bar:
        tasks = {name: bar(name, 4 * steps) for name in columns}
        planted = None
        if COLUMN in columns:
            advance = bar("mistakes", len(TWENTY) * steps)
            planted = partial(broken_in, seed=chosen[0], steps=steps, lr=lr, advance=advance)
        how = columns, chosen, steps, lr, POSITIONS, grid, timeout
        data = record(*how, lambda name, n: tasks[name](n), planted)
    from fourfold.reports import exercises
    from fourfold.reports.lesson import page  # slow to import

    made = f"{command()}. {words.set_up(environment(columns, [DTYPE], command()))}"
    contents = {"index.html": page.render(data, made, exercises.sections()), "lesson.json": numbers.as_json(data)}
    failure = _add_notebook(contents, columns, chosen[0], steps, lr, timeout) if notebook else None
    report_folder.write_folder(to, contents, numbers.strange)
    if json != "-":
        _say(data, to, contents)
    write_json(json, contents["lesson.json"])
    if failure:
        raise failure
    return 1 if data.wrong else 0


def _check(columns, seeds, resolution, notebook):
    """Raises UsageError for what a page cannot hold, and ColumnError where a notebook cannot be made."""
    strangers = [name for name in columns if name not in impls.NAMES]
    if strangers:
        raise UsageError(f"The lesson shows built-in columns only: {strangers[0]} is none of {', '.join(impls.NAMES)}.")
    if all("-" in name for name in columns):
        raise UsageError("The lesson compares frameworks: add numpy, torch, jax or tf to --impl.")
    if len(seeds) > MOST_SEEDS:
        raise UsageError(f"A page holds at most {MOST_SEEDS} seeds, not {len(seeds)}.")
    if resolution > 100:
        raise UsageError(f"A page holds a grid of at most 100 points a side, not {resolution}.")
    if notebook and kernel.missing():
        raise ColumnError(f"A notebook needs {', '.join(kernel.missing())}: pip install '.[notebook]'.")


def _add_notebook(contents, columns, seed, steps, lr, timeout):
    """Adds lesson.ipynb; where it stops, gives the ColumnError to be raised once the page is there."""
    from fourfold.reports.lesson.notebook import written

    side_by_side = [name for name in columns if "-" not in name]
    try:
        contents["lesson.ipynb"] = kernel.executed(written(side_by_side, seed, steps, lr), timeout)
    except ColumnError as error:
        return error
    return None


def _say(data, folder, contents):
    out.print(f"{data.certified:,} numbers certified, {data.wrong:,} wrong.", markup=False)
    out.print(f"Lesson: {folder}/index.html", markup=False)
    if "lesson.ipynb" in contents:
        out.print(f"Notebook: {folder}/lesson.ipynb", markup=False)
