"""`fourfold lesson`."""

from typing import Annotated

from cyclopts import Parameter

from fourfold import impls
from fourfold.compare.cases.case import square_grid
from fourfold.compare.commands import options
from fourfold.compare.commands.options import Json
from fourfold.compare.commands.terminal import command, err, out, progress, write_json
from fourfold.compare.commands.verify import verify as verified
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.lesson import numbers as numbers_of
from fourfold.compare.results import words
from fourfold.compare.results.environment import environment

POSITIONS = 41
MOST_SEEDS = 10  # the page carries them all


def lesson(
    *,
    to: Annotated[str, Parameter(name="--out")] = "reports/out/lesson",
    impl: str | None = None,
    seeds: str = "3",
    steps: int = 10_000,
    lr: float = 0.1,
    resolution: int = 20,
    timeout: float = 600,
    notebook: bool = False,
    verify: bool = False,
    json: Json = None,
):
    """Write the lesson: one page with every equation beside its lines, its numbers and its common mistakes.

    Example: fourfold lesson --seeds 5:8 --out /tmp/lesson

    Parameters
    ----------
    to
        Folder to write, whole or not at all: index.html, which needs nothing else, its numbers in lesson.json and,
        if asked for, lesson.ipynb.
    impl
        Built-in columns, comma-separated. Default: all whose framework is here.
    seeds
        How many initial weights to choose from, or a range a:b.
    steps
        Steps of gradient descent.
    lr
        Learning rate.
    resolution
        Points a side of the decision boundary's grid.
    timeout
        Seconds a column may take, in all, and a cell of the notebook.
    notebook
        Write the same lesson as a notebook too, run with the first seed; its exercises are cells to fill in.
    verify
        Instead, evaluate both sides of E6 to E19 in every column, and say whether they are equal.
    json
        Write the numbers as JSON to this file as well; - is standard output.
    """
    from fourfold.compare.results import report_folder
    from fourfold.reports import exercises
    from fourfold.reports.lesson import notebook as cells
    from fourfold.reports.lesson import numbers, page

    columns, left_out = options.columns(impl)
    chosen, timeout, grid = options.seeds(seeds), options.timeout(timeout), square_grid(resolution, "0,1")
    if verify:
        return verified(options.of_rows(columns, {"chain_rule"})[0], chosen, timeout, json)
    strangers = [name for name in columns if name not in impls.NAMES]
    if strangers:
        raise UsageError(f"The lesson shows built-in columns only: {strangers[0]} is none of {', '.join(impls.NAMES)}.")
    if all("-" in name for name in columns):
        raise UsageError("The lesson needs a column to stand side by side: add numpy, torch, jax or tf to --impl.")
    if len(chosen) > MOST_SEEDS:
        raise UsageError(f"A page holds at most {MOST_SEEDS} seeds, not {len(chosen)}.")
    if resolution > 100:
        raise UsageError(f"A page holds a grid of at most 100 points a side, not {resolution}.")
    if notebook and cells.missing():
        raise ColumnError(f"A notebook needs {', '.join(cells.missing())}: pip install '.[notebook]'.")
    report_folder.check_writable(to, numbers.strange)
    if left_out:
        err.print(f"Not installed, left out: {', '.join(left_out)}.")
    columns.sort(key=lambda name: "-" in name)  # what stands side by side comes first, and NumPy before all
    with progress() as bar:
        tasks = {name: bar(name, 4 * steps) for name in columns}
        found = numbers_of.record(columns, chosen, steps, lr, POSITIONS, grid, timeout, lambda name, n: tasks[name](n))
    made = f"{command()}. {words.set_up(environment(columns, [numbers_of.DTYPE], command()))}"
    contents = {"index.html": page.render(found, made, exercises.sections()), "lesson.json": numbers.as_json(found)}
    failure = None
    if notebook:
        try:
            side_by_side = [name for name in columns if "-" not in name]
            contents["lesson.ipynb"] = cells.executed(cells.written(side_by_side, chosen[0], steps, lr), timeout)
        except ColumnError as error:
            failure = error  # the page is there all the same
    report_folder.write_folder(to, contents, numbers.strange)
    if json != "-":
        judged = f"{found.certified:,} numbers certified, {found.wrong:,} wrong."
        written = [f"Lesson: {to}/index.html", *(f"Notebook: {to}/{name}" for name in contents if "ipynb" in name)]
        out.print("\n".join([judged, *written]), markup=False)
    write_json(json, contents["lesson.json"])
    if failure:
        raise failure
    return 1 if found.wrong else 0
