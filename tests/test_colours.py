"""Colours change no letter of what is said, and are there only on a terminal."""

import io

import pytest
from rich.console import Console

from fourfold.compare.commands.colours import coloured

SAID = """WRONG: mine.py, line 8: ∂L/∂W2.
The mistake: x for w.
    wrong  d * x
    right  d * w
       7 |     L = 1
  ✗    8 |     d = x @ y
         |         ^^^^^
  ✓    9 | e = 3
    ∂L/∂z is given ✓
RIGHT BUT LOSES DIGITS: it is no verdict of [red]this[/red]"""


def styles(text):
    """{what is styled: how}."""
    shown = coloured(text)
    return {shown.plain[span.start : span.end]: span.style for span in shown.spans}


def printed(text, **how):
    file = io.StringIO()
    Console(file=file, width=100, **how).print(coloured(text))
    return file.getvalue()


def test_the_verdict_ticks_crosses_and_carets_are_coloured():
    assert styles(SAID) == {
        "WRONG": "bold red",
        "RIGHT BUT LOSES DIGITS": "bold yellow",
        "x for w": "bold",
        "wrong": "red",
        "right": "green",
        "✗": "bold red",
        "^^^^^": "bold red",
        "✓": "bold green",
        "7 |": "dim",
        "8 |": "dim",
        "9 |": "dim",
        "|": "dim",
    }
    assert styles("RIGHT: mine.py") == {"RIGHT": "bold green"}


@pytest.mark.parametrize("how", [{}, {"force_terminal": True, "color_system": None}], ids=["piped", "without colours"])
def test_no_colour_changes_no_letter(how):
    assert printed(SAID, **how) == f"{SAID}\n"


def test_a_terminal_gets_colours():
    assert printed("WRONG: x", force_terminal=True, color_system="standard") == "\x1b[1;31mWRONG\x1b[0m: x\n"


def test_what_somebody_printed_moves_no_cursor():
    assert coloured("WRONG: \x1b[2J").plain == "WRONG: \\x1b[2J"
