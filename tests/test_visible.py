"""What comes from elsewhere is seen: in a name, a heading, a message or an output nothing hides or moves the cursor."""

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
import unicodedata

import pytest
from rich.table import Table
from rich.text import Text

from fourfold.compare.commands import cli, terminal
from fourfold.compare.errors import visible
from fourfold.reports import jinja
from tests.test_cli import HERE

CLIPBOARD, CONCEALED = "\x1b]52;c;cm0gLXJm\x07", "\x1b[8m"
TURNED, ISOLATED = "\u202e", "\u2066"
HOSTILE = f"{CLIPBOARD}{CONCEALED}a{TURNED}b{ISOLATED}\x9b2J\x7f\x00\u200b\u2028\ufeff\r\x08[red]:smile:"
SEEN = r"\x1b]52;c;cm0gLXJm\x07\x1b[8ma\u202eb\u2066\x9b2J\x7f\x00\u200b\u2028\ufeff\r\x08[red]:smile:"
HIDDEN = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}]
OURS = "× σ ∂L/∂W1 ŷ – ≤ ✗ é 網 ا ש ก 😀"


def hides(text):
    return not set(text).isdisjoint(set(HIDDEN) - {"\n"})


def test_every_character_that_hides_is_seen():
    assert len(HIDDEN) > 200
    for c in HIDDEN:
        assert visible(c) == ("\n" if c == "\n" else c.encode("unicode_escape").decode())
    assert visible("\n\udcff", newlines=True) == r"\n\udcff"
    assert visible(OURS) == OURS
    assert visible(HOSTILE) == SEEN


@pytest.mark.parametrize("how", [{}, {"markup": False}, {"style": "bold"}])
@pytest.mark.parametrize("soft_wrap", [False, True])
def test_whatever_is_printed_is_seen(how, soft_wrap):
    to = io.StringIO()
    console = terminal.Terminal(file=to, width=400, soft_wrap=soft_wrap, **terminal.STYLE)
    table = Table(HOSTILE, title=HOSTILE, caption=HOSTILE)
    table.add_row(HOSTILE)
    console.print(HOSTILE, table, Text(f"{TURNED}x"), OURS, "two\nlines", **how)
    printed = to.getvalue()
    assert not hides(printed)
    assert printed.count(SEEN) == 5
    assert rf"\u202ex {OURS} two" in printed
    assert "\nlines\n" in printed
    rows = [line for line in printed.splitlines() if line.startswith(("│", "┃", "┏", "┡", "└"))]
    assert len(set(map(len, rows))) == 1  # a table is as wide as what is seen in it


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command line in this process, in a folder of its own: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("fourfold.compare.system.signals.handle", lambda handler: None)

    def run(*argv):
        monkeypatch.setattr(sys, "argv", ["fourfold", *argv])
        to = [io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace", newline="") for _ in range(2)]
        with contextlib.redirect_stdout(to[0]), contextlib.redirect_stderr(to[1]), pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code, *(stream.flush() or stream.buffer.getvalue().decode() for stream in to)

    return run


LITTLE = ["--impl", "numpy", "--steps", "2", "--seeds", "1", "--dtype", "float64"]
NAME = f"{CONCEALED}{TURNED}\n[b]\x9b.csv"
NAME_SEEN = r"\x1b[8m\u202e\n[b]\x9b.csv"


def test_a_file_is_called_what_it_likes(run, tmp_path):
    (tmp_path / NAME).write_text("a,y\n0,1\n1,0\n")
    code, out, err = run("report", *LITTLE, "--suite", "quick", "--data", NAME, "--out", "out", "--junitxml", "j.xml")
    assert (code, err) == (0, "")
    assert NAME_SEEN in out
    assert not hides(out)
    pages = {path.name: path.read_text() for path in (tmp_path / "out").iterdir() if path.suffix in {".html", ".md"}}
    for page in (*pages.values(), (tmp_path / "j.xml").read_text()):
        assert not hides(re.sub("\t|<math.*?</math>", "", page, flags=re.DOTALL))
        assert r"\x1b" in page


@pytest.mark.parametrize(
    ("heading", "cell"), [("x,y", f"{CLIPBOARD}{TURNED}"), (f"{CLIPBOARD},{TURNED}", "'"), (HOSTILE[:9], TURNED)]
)
def test_a_csv_says_what_it_likes(run, tmp_path, heading, cell):
    (tmp_path / "data.csv").write_text(f"{heading}\n1,{cell}\n")
    code, out, err = run("agree", *LITTLE, "--data", "data.csv")
    assert code == 2
    assert not hides(out + err)


@pytest.mark.parametrize(
    "argv",
    [
        ["agree", "--impl", HOSTILE.replace("\0", "")],
        ["agree", "--data", f"{CLIPBOARD}{TURNED}"],
        ["check", f"{CLIPBOARD}{TURNED}.py"],
        ["check", "--template", HOSTILE],
        [f"{CLIPBOARD}{TURNED}"],
        ["agree", f"--{TURNED}{CONCEALED}"],
        ["agree", "--steps", f"{TURNED}{CONCEALED}"],
        ["diff", f"{TURNED}{CONCEALED}", "x"],
        ["mistakes", "--show", f"{TURNED}{CONCEALED}"],
    ],
)
def test_what_is_typed_is_answered_visibly(run, argv):
    code, out, err = run(*argv)
    assert code in {2, 3}
    assert not hides(out + err)
    assert r"\u202e" in err


def test_what_a_target_does_is_seen(run, tmp_path):
    target = tmp_path / f"m{TURNED}ine.py"
    target.write_text(f"def gradients(X, Y, W1, W2):\n    print({HOSTILE!r})\n    raise ValueError({HOSTILE!r})\n")
    code, out, err = run("check", target.name, "--case", "asymmetric")
    assert code == 3
    assert not hides(out + err)
    assert out.count(r"\x1b]52;c;cm0gLXJm\x07") >= 2
    target.write_text(f"raise ValueError({HOSTILE!r})\n")
    code, out, err = run("check", target.name)
    assert not hides(out + err)
    assert r"\x1b]52;c;cm0gLXJm\x07" in err


@pytest.mark.parametrize("autoescape", [True, False])
def test_text_on_a_page_is_seen(autoescape):
    template = jinja.templates("fourfold.reports", autoescape).from_string("{{ x }} {{ x | upper }}{{ m | safe }}")
    assert template.render(x=f"a{TURNED}\x1b", m="\u2062") == r"a\u202e\x1b A\u202e\x1b" + "\u2062"


def on_a_terminal(script, environment):
    """The bytes that a script writes to a terminal."""
    theirs, ours = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "TERM", "FORCE_COLOR"}} | environment
    env |= {"PYTHONPATH": HERE}
    done = subprocess.run([sys.executable, "-c", script], stdin=ours, stdout=ours, stderr=ours, env=env, check=True)
    assert done.returncode == 0
    os.close(ours)
    shown = b""
    with contextlib.suppress(OSError):
        while piece := os.read(theirs, 65536):
            shown += piece
    os.close(theirs)
    return shown


@pytest.mark.parametrize(
    ("environment", "bar"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "unknown"}, False),
    ],
)
def test_a_terminal_that_wants_no_escapes_gets_lines_and_none_moves(environment, bar):
    script = (
        "from fourfold.compare.commands.terminal import out, progress, status\n"
        "with progress() as bar:\n    bar('[red]column\\u202e', 3)(1)\n"
        "with status() as say:\n    say('something')\n"
        "out.print('done', style='bold red')"
    )
    shown = on_a_terminal(script, environment)
    assert b"done" in shown
    assert rb"[red]column\u202e" in shown
    assert (b"\x1b" in shown) is bar


def test_a_line_is_not_written_into_a_bar():
    script = (
        "from fourfold.compare.commands.terminal import out, progress\n"
        "with progress() as bar:\n    advance = bar('jax', 3)\n    out.print('a line')\n    advance(3)"
    )
    shown = on_a_terminal(script, {"TERM": "xterm"})
    first, last = shown.split(b"a line")
    assert first.endswith(b"\x1b[2K")  # the bar is taken away before
    assert b"importing jax" in first
    assert b"importing jax" in last  # and drawn below again
    assert b"\x1b[32m" in last
    assert b"\x1b[31m" not in shown
    assert b"\x1b[91m" not in shown


def test_no_bar_where_there_is_no_terminal():
    script = "from fourfold.compare.commands.terminal import progress\nwith progress() as bar: bar('column', 3)(1)"
    env = os.environ | {"PYTHONPATH": HERE, "FORCE_COLOR": "1"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, env=env, check=True)
    assert done.stderr == b""
