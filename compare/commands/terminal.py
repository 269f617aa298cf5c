"""What commands share in talking to the terminal: two consoles, a progress bar, `--json`."""

import os
import shlex
import sys
import threading
import webbrowser
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from fourfold import impls
from fourfold.compare.errors import visible
from fourfold.compare.system import files

# NO_COLOR means no escape codes at all, those that move the cursor neither.
NO_COLOUR = bool(os.environ.get("NO_COLOR"))
STYLE = {"color_system": None if NO_COLOUR else "auto", "highlight": False, "markup": False, "emoji": False}

unsaid: list[OSError] = []  # why standard output could not be written
moving = []  # what is drawn on standard error now: bars, or a line that changes
_turns = threading.RLock()  # for who prints while something moves


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


@contextmanager
def _out_of_the_way(console):
    """Takes what moves on standard error off the screen while the other console prints there."""
    with _turns:
        shown = [] if console.stderr or not console.is_terminal else [*moving]
        for one in shown:
            one.stop()
        yield
        for one in shown:
            one.start()


class Terminal(Console):
    """Whatever is printed is text: nothing in a name, a message or a table of somebody's moves the cursor or hides."""

    def on_broken_pipe(self):
        raise BrokenPipeError  # rich would exit with 1, which is a verdict here

    def print(self, *args, **how):
        with _out_of_the_way(self), saying(self.file):
            super().print(*args, **how)

    def render_str(self, text, **how):
        return super().render_str(visible(text), **how)  # before it is measured, for a table

    def render(self, renderable, options=None):
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))


# A result is wider than the 80 columns of a pipe.
out = Terminal(width=None if sys.stdout.isatty() else 110, soft_wrap=not sys.stdout.isatty(), **STYLE)
err = Terminal(stderr=True, soft_wrap=True, **STYLE)


def animated():
    """Whether standard error is where something may move."""
    return sys.stderr.isatty() and not err.is_dumb_terminal and not NO_COLOUR


@contextmanager
def status(first=""):
    """Gives a function that shows what is being done now, in one line.

    first: what is shown until it is called, and what stays where nothing may move.
    """
    if not animated():
        _note(first)
        yield lambda line: None
        return
    with err.status(first, spinner_style="cyan") as shown, _moving(shown):
        yield shown.update


@contextmanager
def progress():
    """Gives a function (name, total) -> advance(steps); shown where something may move.

    Until the first steps are done, a column's bar says what is imported.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30, complete_style="cyan", finished_style="green", pulse_style="cyan"),
        Steps(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not animated(), transient=True) as bar, _moving(bar):

        def start(name, total):
            beginning = _beginning(name)
            if not animated():
                _note(f"{visible(name)}: {beginning}")
            task = bar.add_task(visible(name), total=total, beginning=beginning)
            return lambda steps: bar.advance(task, steps)

        yield start


class Steps(ProgressColumn):
    """How many steps are done, or what happens before the first."""

    def render(self, task):
        return Text(f"{task.completed:,.0f} steps" if task.completed else task.fields["beginning"])


@contextmanager
def _moving(shown):
    moving.append(shown)
    try:
        yield
    finally:
        moving.remove(shown)


def _note(line):
    """A line on a terminal where nothing may move, instead of what would."""
    if line and sys.stderr.isatty():
        err.print(line)


def _beginning(name):
    """What happens before a bar's first steps."""
    package = impls.framework(name) if name in impls.NAMES else None
    return f"importing {package}…" if package else "starting…"


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
    """Text from elsewhere in one line; what is too long lacks its middle."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest // 2]} ... {line[-longest // 2 :]}"


def command(program="fourfold"):
    """The command line as it was typed, near enough to be repeated."""
    return shlex.join([*program.split(), *sys.argv[1:]]).encode(errors="replace").decode()
