"""The catalogue's mistakes as the page shows them below their equations."""

from markupsafe import Markup

from fourfold import impls
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import of_row
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
            "why": mistake.why,
            "column": impls.COLUMNS[column].title,
            "wrong": _highlighted(wrong),
            "right": _highlighted(right),
        }
        shown.setdefault(int(mistake.equation.removeprefix("E")), []).append(entry)
    for entries in shown.values():
        entries.sort(key=lambda entry: entry["slug"] not in commonest)
    return shown


def _highlighted(code):
    return Markup("\n").join(source.highlight("\n".join(code)))
