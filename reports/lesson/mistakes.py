"""The catalogue's mistakes as the page shows them below their equations."""

from markupsafe import Markup

from fourfold import impls
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import of_row
from fourfold.compare.mistakes.mistake import CASES
from fourfold.reports.lesson import source


def by_equation(commonest):
    """{13: [{slug, name, why, column, wrong, right}]}, the code as its first column has it.

    `commonest`: slugs of mistakes that come first, in this order.
    """
    shown = {}
    for mistake in of_row("two_layer"):
        column, texts = next(iter(mistake.planted.items()))
        wrong, right = planted.differing_lines(column, *texts)
        entry = {
            "slug": mistake.slug.replace("_", "-"),
            "name": mistake.name,
            "why": _with_code(mistake.why),
            "column": impls.COLUMNS[column].title,
            "wrong": _highlighted(wrong),
            "right": _highlighted(right),
        }
        usual = mistake.case == CASES[mistake.row]  # what shows on special cases alone is rarer
        entry["rank"] = (entry["slug"] not in commonest, not usual)
        shown.setdefault(int(mistake.equation.removeprefix("E")), []).append(entry)
    for entries in shown.values():
        entries.sort(key=lambda entry: entry["rank"])
    return shown


def _with_code(text):
    """A sentence with its `code` set as code."""
    parts = text.split("`")
    for n in range(1, len(parts), 2):
        parts[n] = Markup("<code>{}</code>").format(parts[n])
    return Markup("").join(parts)


def _highlighted(code):
    return Markup("\n").join(source.highlight("\n".join(code)))
