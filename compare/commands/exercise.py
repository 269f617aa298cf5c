"""`fourfold exercise`."""

from time import monotonic
from typing import Annotated

from cyclopts import Parameter

from fourfold import impls
from fourfold.compare.columns import workers
from fourfold.compare.commands import options
from fourfold.compare.commands.colours import BAD, GOOD
from fourfold.compare.commands.options import Json, Timeout
from fourfold.compare.commands.terminal import command, err, out, plain, progress, status, write_json
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.lesson.examinee import DTYPE, Examinees
from fourfold.compare.lesson.exercises.answer import seen, work
from fourfold.compare.lesson.exercises.catalogue import ANSWERS
from fourfold.compare.results import result, tables, words
from fourfold.compare.results.environment import environment

SHOWN = 10  # lines of a table
MOST_SEEDS = 1_000  # exercise 5 holds 1.3 MB of each in every column


def exercise(
    which: Annotated[str, Parameter(help="1 to 7, or all.")],
    /,
    *,
    to: Annotated[str | None, Parameter(name="--out")] = None,
    impl: str | None = None,
    seeds: str | None = None,
    timeout: Timeout = 1800,
    json: Json = None,
):
    """Answer an exercise of the lesson, 1 to 7 or all, by an experiment in every framework.

    Example: fourfold exercise 3 --out /tmp/tuning --impl numpy,jax

    Parameters
    ----------
    to
        Folder for the page, index.html, and its text, pictures, tables and arrays. Default: reports/out/exercise-3 for
        exercise 3, and reports/out/exercises for all.
    impl
        Columns, comma-separated: numpy, torch, jax, tf, or modules of your own. Default: all that are installed.
    seeds
        How many random initial weights, or a range such as 5:15. Every exercise has its own default.
    timeout
        Seconds each column may take for one exercise.
    json
        Write the answers as JSON to this file; - means standard output.
    """
    numbers = _numbers(which)
    to = to or f"reports/out/{'exercises' if which == 'all' else f'exercise-{which}'}"  # one does not replace another
    with status("starting…"):  # matplotlib is slow to import
        from fourfold.compare.results import report_folder
        from fourfold.reports.exercises import render

    names, left_out = options.of_rows(options.columns(impl)[0], {"deep"})
    chosen = _seeds(seeds)
    report_folder.check_writable(to, render.strange)
    missing = [name for name in impls.ROWS["deep"] if impl is None and name not in names]
    if missing or (impl and left_out):
        err.print(f"Left out: {', '.join(missing or left_out)}.")
    made = f"{command()}. {words.set_up(environment(names, [DTYPE], command()))}"
    answers, failures = _answer_all(numbers, names, chosen, timeout, to, made, json != "-")
    if answers and json != "-":
        out.print(f"Page: {to}/index.html", markup=False)
    if answers:
        write_json(json, result.encode(answers))
    return _exit_code(answers, failures)


def _answer_all(numbers, names, seeds, timeout, folder, made, aloud):
    """Answers, and a sentence for every exercise that could not be answered; the folder is written after each."""
    from fourfold.compare.results import report_folder
    from fourfold.reports.exercises import render

    answers, parts, failures = [], {}, []
    for number in numbers:
        start = monotonic()
        try:
            done = _answered(number, names, seeds, timeout)
        except ColumnError as error:
            failures.append(f"Exercise {number}: {error}.")
            continue
        answers.append(done.answer)
        parts |= render.parts(done)
        report_folder.write_folder(folder, render.files(answers, parts, made), render.strange)
        if aloud:
            _say(done.answer, monotonic() - start)
    return answers, failures


def _exit_code(answers, failures):
    """1 where an answer does not hold. Raises ColumnError with the failures where all that was answered does."""
    if not all(answer.holds() for answer in answers):
        for sentence in failures:
            err.print(plain(sentence), markup=False)
        return 1
    if failures:
        raise ColumnError(" ".join(failures))
    return 0


def _numbers(which):
    if which == "all":
        return [*ANSWERS]
    if which not in map(str, ANSWERS):
        raise UsageError(f"There is no exercise {which!r}: choose from {', '.join(map(str, ANSWERS))} or all.")
    return [int(which)]


def _seeds(text):
    chosen = options.seeds(text) if text is not None else None
    if chosen and len(chosen) > MOST_SEEDS:
        raise UsageError(f"--seeds {text} is too much for an exercise: choose at most {MOST_SEEDS:,}.")
    return chosen


def _answered(number, names, seeds, timeout):
    module = ANSWERS[number]
    with workers.open_pool(timeout) as pool, progress() as bar:
        return module.answer(Examinees(names, pool, bar(f"exercise {number}", None)), seeds or module.SEEDS)


def _say(answer, seconds):
    out.print(f"{answer.number}. {answer.title}", style="bold", markup=False)
    _paragraph(answer.question, style="italic")
    _paragraph(f"\n{answer.short}", style=f"bold {GOOD if answer.holds() else BAD}")
    _part("What was tried", answer.tried)
    _part("What was seen")
    for claim in answer.claims:
        _paragraph(f"- {seen(claim)}", style="" if claim.holds else f"bold {BAD}")
    for k, table in enumerate(answer.tables, start=1):
        _table(table, f"{answer.number}-table-{k}.csv")
    _part("What it means", answer.means)
    _part("Where to go on", *answer.onward)
    _paragraph(f"\n{work(answer)} {seconds:.0f} s.\n", style="dim")


def _part(title, *paragraphs):
    out.print(f"\n{title}", style="bold", markup=False)
    for text in paragraphs:
        _paragraph(text)


def _paragraph(text, style=""):
    """Broken between words where the screen ends; a pipe has no end."""
    out.print(text, style=style, markup=False)


def _table(table, file):
    """The first lines of a table; the file in the folder has them all."""
    shown = table.rows if len(table.rows) <= SHOWN + 1 else table.rows[:SHOWN]
    out.print("", tables.grid(f"{table.title}.", table.headers, shown))
    if len(shown) < len(table.rows):
        _paragraph(f" … and {len(table.rows) - len(shown)} more lines in {file}.", style="dim")
