"""What commands share in talking to the terminal: two consoles, a progress bar, `--json`."""

import os
import shlex
import sys
import webbrowser
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fourfold.compare.system import files

# NO_COLOR means no escape codes at all; a result is wider than the 80 columns of a pipe.
COLOURS = {"color_system": None if os.environ.get("NO_COLOR") else "auto", "highlight": False}

unsaid: list[OSError] = []  # why standard output could not be written


@contextmanager
def saying(stream):
    """What cannot be written in here is noted, and no more is said there: files are written all the same."""
    try:
        yield
    except OSError as error:
        if stream is sys.stdout:
            unsaid.append(error)
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())  # what is left in buffers goes there


class Terminal(Console):
    def on_broken_pipe(self):
        raise BrokenPipeError  # rich would exit with 1, which is a verdict here

    def print(self, *args, **how):
        with saying(self.file):
            super().print(*args, **how)


out = Terminal(width=None if sys.stdout.isatty() else 110, soft_wrap=not sys.stdout.isatty(), **COLOURS)
err = Terminal(stderr=True, soft_wrap=True, **COLOURS)


@contextmanager
def progress():
    """Gives a function (description, total) -> advance(steps); shown on standard error, and only on a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} steps"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:

        def start(name, total):
            task = bar.add_task(name, total=total)
            return lambda steps: bar.advance(task, steps)

        yield start


def write_json(target, content):
    if target == "-" or (target and _is_standard_output(target)):
        with saying(sys.stdout):
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
    elif target:
        files.write_whole(target, content)


def _is_standard_output(target):
    """/dev/stdout, or the file it is redirected to: replacing that would lose what has been printed there."""
    try:
        return os.path.samestat(os.stat(target), os.fstat(sys.stdout.fileno()))
    except OSError:
        return False


def browse(page):
    """Shows a page in the browser, or says that there is none."""
    if not webbrowser.open(Path(page).resolve().as_uri()):
        err.print(f"No browser was found: open {page} yourself.", markup=False)


def plain(text, longest=1000):
    """Text from elsewhere in one line: nothing in it moves the cursor; what is too long lacks its middle."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest // 2]} ... {line[-longest // 2 :]}"


def printable(line):
    """The same with � for whatever moves the cursor."""
    return "".join(c if c.isprintable() else "�" for c in line)


def command(program="fourfold"):
    """The command line as it was typed, near enough to be repeated."""
    return shlex.join([*program.split(), *sys.argv[1:]]).encode(errors="replace").decode()
