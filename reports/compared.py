"""A Diff -> its page: index.html, one self-contained file, its picture and numbers beside it, and diff.json."""

from operator import attrgetter

from fourfold.compare.results import diff_words, result, words
from fourfold.reports import pictures
from fourfold.reports.pictures import Picture, draw
from fourfold.reports.pictures.dots import dots
from fourfold.reports.render import html

FILES = {"index.html", "diff.json", "moved.svg", "moved.csv"}
OUTCOMES = {"agrees": "right", "disagrees": "wrong too", "not judged": "not judged", "": "there is no such column"}
START = b'{\n "a": '


def pages(diff):
    """{relative path: bytes}"""
    compared = [m for m in diff.movements if m.compared]
    shown = [moved(diff, compared)] if compared else []
    context = {
        "diff": diff,
        "verdict": diff_words.headline(diff),
        "same": diff_words.unmoved(diff),
        "wrong": [*map(_wrong, diff.wrong)],
        "cards": [(column, [*_facts(diff, column)]) for column in _apart(diff)],
        "right": {"A": diff.right_a, "B": diff.right_b} if diff.wrong else {},
        "places": [*_places(shown)],
        "changes": [*map(_cells, diff.environment)],
        "processes": [*map(_cells, diff.processes)],
        "inputs": list(diff.inputs.items()),
        "missing": list(diff_words.missing(diff)),
        "tables": [diff_words.table(diff, dtype) for dtype in diff_words.dtypes(diff)],
        "drifts": list(diff_words.drifts(diff)),
        "pictures": shown,
    }
    page = html("compared.html.j2", context)
    return {"index.html": page, "diff.json": result.encode(diff), **pictures.files(shown)}


def _places(shown):
    """(anchor, title) of all that is on the page below its first screen."""
    yield "environment", "Versions and machines"
    yield "quantities", "Every quantity"
    for picture in shown:
        yield picture.name, picture.title
    yield "trajectories", "Trajectories"
    yield "inputs", "Data and weights"


def _wrong(w):
    """(title, [(what, value)]) of a column that is wrong on one side: its first wrong element, and the other side."""
    r = w.rejection
    facts = [
        (f"In {w.side}", f"wrong {diff_words.from_where_on(w)}"),
        (f"In {'A' if w.side == 'B' else 'B'}", OUTCOMES[w.other]),
        ("Case", f"{r.case}, {r.dtype}, step {r.step:,}{'' if r.seed is None else f', seed {r.seed}'}"),
    ]
    if r.value is not None:
        facts += [
            ("First wrong element", f"{r.quantity}{r.index or ''}"),
            ("Got", repr(words.measure(r.value))),
            ("Exact", repr(words.measure(r.truth))),
            ("Error", f"{words.measure(r.error):.3g}"),
            ("Limit", f"{words.measure(r.limit):.3g}"),
        ]
    facts += [("Found", line) for line in (r.note, *r.diagnosis.splitlines()) if line]
    return f"{w.column} is wrong in {w.side}", facts


def _apart(diff):
    """The columns that are beyond a bound though no side has found them wrong."""
    wrong = {w.column for w in diff.wrong}
    return [column for column in diff.beyond if column not in wrong]


def _facts(diff, column):
    """(what, value) on the first movement of a column that is beyond a bound: which side is wrong, from where on."""
    first = next(m for m in diff.movements if m.column == column and m.beyond)
    sides = {"A": words.measure(first.ratio_a), "B": words.measure(first.ratio_b)}
    wrong = [side for side, ratio in sides.items() if not ratio <= 1]
    yield "Wrong in", " and ".join(wrong) or "neither alone: A and B are farther apart than both limits together"
    yield "From", f"{words.label(first.quantity)} on"
    yield "Case", f"{first.case}, {first.dtype}"
    for side, ratio in sides.items():
        yield f"Error in {side}", f"{words.percent(ratio)} of what rounding allows"
    if first.compared:
        moved = f"{first.moved:,} of {first.compared:,} numbers, by at most {words.brief(first.ulps)} ULP"
        yield "Moved", f"{moved}; {words.percent(first.share)} of both limits together"


def _cells(change):
    a = "–" if change.a is None else change.a
    b = "–" if change.b is None else change.b
    return [change.name, a, b]


def moved(diff, compared):
    """A dot a column: how far each quantity moved at the first weights, as a fraction of both limits together."""
    points, quantities, dtypes = [], {}, {}  # dictionaries keep the order
    for m in compared:
        points.append((m.column, m.dtype, m.quantity, words.measure(m.share)))
        quantities[m.quantity] = dtypes[m.dtype] = True

    def paint(figure):
        dots(figure, points, diff.columns, quantities, dtypes, 1e-4, 5e-5, "movement / both limits")

    worst = max(compared, key=lambda m: words.measure(m.share))
    outcome = "Nothing moved."
    if words.measure(worst.share):
        outcome = (
            f"{worst.quantity} of {worst.column} moved farthest, in {worst.dtype}: by {words.brief(worst.ulps)} ULP, "
            f"{words.percent(worst.share)} of both limits together."
        )
    fields = worst.__struct_fields__
    return Picture(
        "moved",
        "What moved at the same weights",
        "One dot for each column: the largest movement of the quantity between A and B, divided by the sum of both "
        "limits. Two correct versions stay left of the line; what did not move is at the left edge.",
        outcome,
        draw("moved", 8, max(4, 0.25 * len(quantities) + 1.5), paint),
        [list(fields), *map(attrgetter(*fields), diff.movements)],
    )


def strange(folder):
    """What keeps a folder from being replaced, or None: only an empty one, or a comparison and nothing else, may be."""
    if not folder.is_dir():
        return "is a file"
    names = {path.name for path in folder.iterdir()}
    others = sorted(names - FILES)
    if others or (names and not names >= {"index.html", "diff.json"}):
        return f"holds something other than a comparison ({(others or sorted(names))[0]})"
    if names and not (folder / "diff.json").read_bytes().startswith(START):
        return "holds something other than a comparison (diff.json is none)"
    return None
