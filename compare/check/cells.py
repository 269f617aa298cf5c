"""Lines of a notebook, as its reader counts them: by cells."""

import re

LISTED = re.compile(r"^(  [✓✗ ] +)(\d+)( \| )")  # a line of code, with its number
NUMBERED = re.compile(r"\bline (\d+)")


def placed(text, places):
    """A text on the joined cells of a notebook with the lines' numbers in their cells.

    places: {line: (cell, line in the cell)} of a forms.sources.Source; where it is empty, the text stays as it is.
    """
    if not places:
        return text
    return "\n".join(_placed(line, places) for line in text.split("\n"))


def _placed(line, places):
    listed = LISTED.match(line)
    if listed:
        start, number, bar = listed.groups()
        _, inside = places.get(int(number), (0, number))
        return f"{start}{inside:>{len(number)}}{bar}{line[listed.end() :]}"
    return NUMBERED.sub(lambda match: where(int(match.group(1)), places), line)


def where(number, places):
    """ "line 12", or "cell 4, line 5" of a notebook."""
    if number not in places:
        return f"line {number}"
    cell, inside = places[number]
    return f"cell {cell}, line {inside}"
