"""`fourfold check --course`: everybody's file, a table, a page for the teacher."""

from fourfold.compare.check import course as room
from fourfold.compare.commands import terminal
from fourfold.compare.errors import UsageError
from fourfold.compare.system import files


def course(where, judge, page=None, table=None, parallel=None, longest=float("inf")):
    """Judges all submissions of a folder or a pattern, says what became of each, and gives the exit code.

    Each is told on standard error as it is done; on standard output stand all, in the order of their names.

    judge, parallel, longest: as course.judge_all takes them; page, table: files to write, HTML and CSV.
    """
    for option, file, suffix in (("--out", page, ".html"), ("--csv", table, ".csv")):
        if file is not None:
            if not str(file).endswith(suffix):
                raise UsageError(f"{option} with --course takes a file whose name ends in {suffix}, not {file!r}.")
            files.check_writable(file)
    paths = room.submissions(where)
    rows = room.judge_all(paths, judge, parallel, _show, longest)
    terminal.out.print(room.table(rows), markup=False)
    terminal.out.print(room.summary(rows), style="bold", markup=False)
    if table is not None:
        files.write_whole(table, room.csv_text(rows).encode())
    if page is not None:
        from fourfold.reports import course as report  # matplotlib is not for the other commands

        files.write_whole(page, report.page(room.by_verdict(rows), room.summary(rows), room.mistakes(rows)))
        terminal.out.print(f"Page: {page}", markup=False)
    return room.course_exit_code(rows)


def _show(row):
    terminal.err.print(room.line(row), markup=False)
