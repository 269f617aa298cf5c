"""`fourfold exercise`."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import Annotated

from cyclopts import Parameter

from fourfold import impls
from fourfold.compare.columns import workers
from fourfold.compare.columns.lanes import Lanes
from fourfold.compare.commands import options
from fourfold.compare.commands.colours import BAD, GOOD
from fourfold.compare.commands.options import Json, Timeout
from fourfold.compare.commands.terminal import command, err, out, plain, progress, write_json
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.lesson.examinee import DTYPE, Examinees
from fourfold.compare.lesson.exercises.answer import seen, work
from fourfold.compare.lesson.exercises.catalogue import ANSWERS
from fourfold.compare.results import report_folder, result, tables, words
from fourfold.compare.results.environment import environment
from fourfold.reports.exercises import folder

SHOWN = 10  # lines of a table
MOST_SEEDS = 1_000  # exercise 5 holds twice 1.3 MB of each in every column


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
    names, left_out = options.of_rows(options.columns(impl)[0], {"deep"})
    chosen = _seeds(seeds)
    report_folder.check_writable(to, folder.strange)
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


def _answer_all(numbers, names, seeds, timeout, to, made, aloud):
    """Answers, and a sentence for every exercise that could not be answered; the folder is written after each."""
    answers, parts, failures = [], {}, []
    with _begun(numbers, names, seeds, timeout) as begun:
        from fourfold.reports.exercises import render  # matplotlib is slow to import

        for number, future in begun.items():
            done, seconds = future.result()
            if isinstance(done, ColumnError):
                failures.append(f"Exercise {number}: {done}.")
                continue
            answers.append(done.answer)
            parts |= render.parts(done)
            report_folder.write_folder(to, render.files(answers, parts, made), folder.strange)
            if aloud:
                _say(done.answer, seconds)
    return answers, failures


@contextmanager
def _begun(numbers, names, seeds, timeout):
    """{number: the future of what `_answered` gives}. A column that is done with one exercise goes on to the next."""
    runs, futures = {name: {} for name in names}, {}
    with workers.open_pool(timeout) as pool, progress() as bar:
        advance, lanes = bar(f"exercise {numbers[0]}" if len(numbers) == 1 else "exercises", None), Lanes()
        threads = ThreadPoolExecutor(len(numbers))
        try:
            for number in numbers:
                columns = Examinees(names, workers.PartOfPool(pool), advance, lanes, number, runs)
                futures[number] = threads.submit(_answered, number, columns, seeds)
            yield futures
        finally:
            lanes.close()
            threads.shutdown(wait=False)


def _answered(number, columns, seeds):
    """What an exercise comes to, Answered or a ColumnError, and the seconds it took."""
    module = ANSWERS[number]
    try:
        done = module.answer(columns, seeds or module.SEEDS)
    except ColumnError as error:
        done = error
    end = monotonic()
    return done, end - (columns.began or end)


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
