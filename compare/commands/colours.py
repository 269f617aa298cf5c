"""Colours for what `fourfold check` says, by what its lines look like; where none can be shown it stays plain text."""

import re

from rich.text import Text

from fourfold.compare.errors import visible

GOOD, BAD, OPEN = "green", "red", "yellow"
VERDICTS = {
    "RIGHT BUT LOSES DIGITS": OPEN,
    "RIGHT": GOOD,
    "AGREES": GOOD,
    "WRONG": BAD,
    "NOT JUDGED": OPEN,
}
# (pattern, style of its first group)
STYLES = (
    *((f"^({verdict}): ", f"bold {colour}") for verdict, colour in VERDICTS.items()),
    (r"^(First wrong(?: number)?): ", "bold"),
    (r"^The mistake: (.*)\.$", "bold"),
    (r"^  (✓) +\d+ \| ", f"bold {GOOD}"),
    (r"^  (✗) +\d+ \| ", f"bold {BAD}"),
    (r"^  [✓✗ ] +(\d+ \|) ", "dim"),
    (r"^ +(\|) +\^+$", "dim"),
    (r"^ +\| +(\^+)$", f"bold {BAD}"),
    (r"^    .*(✓)$", f"bold {GOOD}"),
    (r"^    (wrong|loses digits|got)  ", BAD),
    (r"^    (right|keeps them|exact)  ", GOOD),
)


def coloured(text):
    """A rich Text of what is said of a file."""
    lines = []
    for line in visible(text).split("\n"):
        shown = Text(line)
        for pattern, style in STYLES:
            if match := re.search(pattern, line):
                shown.stylize(style, *match.span(1))
        lines.append(shown)
    return Text("\n").join(lines)
