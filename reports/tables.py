"""The tables of a report's page, in groups: the verdict's first, in detail after it."""

from typing import NamedTuple

from fourfold.compare.results import tables, words

PERCENT = "Percent of what rounding allows: the worst of all"


class TableGroup(NamedTuple):
    """Tables that are folded together."""

    name: str  # its anchor
    title: str
    tables: list  # (caption, headers, lines of cells)
    heat: bool = True  # whether cells are percentages, to be coloured
    wrong: bool = False  # whether it has to be looked at


def groups(result):
    """The TableGroups of a Result, the one for its first screen first; none where nothing was judged."""
    if not result.rows:
        return []
    first = result.settings[0]
    verdict = _of_all(result, "cases, seeds, steps and precisions")
    listed = [TableGroup("verdict", "Every quantity, every column", verdict)]
    if len(result.settings) > 1:
        headers, lines = tables.case_table(result)
        wrong = any("✗" in cell for line in lines for cell in line)
        listed.append(TableGroup("cases", "Case by case", [(f"{PERCENT} quantities", headers, lines)], wrong=wrong))
    for dtype in words.dtypes(result) if len(words.dtypes(result)) > 1 else ():
        listed.append(
            TableGroup(dtype, f"In {dtype} alone", _of_all(result, f"cases, seeds and steps in {dtype}", dtype))
        )
    ulps = []
    for dtype in first.dtypes:
        ulps.append((f"{first.name}, {dtype}: the largest error in ULP", *tables.ulp_table(result, dtype)))
    return [*listed, TableGroup("ulp", "In units in the last place (ULP)", ulps, heat=False)]


def _of_all(result, what, dtype=None):
    """A table for all cases with the same quantities, in one precision or in all."""
    return [(f"{PERCENT} {what}{cases}", *rest) for cases, *rest in tables.tables(result, dtype)]
