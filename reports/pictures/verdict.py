"""Pictures of the verdict: who is right, how much of its limit everything uses, how many ULP errors are large."""

import numpy as np
from matplotlib.patches import Rectangle

from fourfold.compare.results import tables, words
from fourfold.compare.results.arrays import ULPS
from fourfold.compare.results.distance import ALONG, EXACT, START
from fourfold.reports.pictures import BAD, GOOD, INK, Picture, colours, draw, heads
from fourfold.reports.pictures.axes import legend_below, panels, rows
from fourfold.reports.pictures.dots import dots


def who(distances, names):
    """Who is right: a matrix of everybody's distance from the exact value, and from everybody else."""
    everybody = [EXACT, *names]
    table = [["weights", "dtype", "quantity", "a", "b", "share of limit", "ULP"]]
    farthest = {}  # {(when, dtype): {(a, b): the largest share of any quantity}}
    used, wrong, drift = dict.fromkeys(names, 0.0), {}, 0.0
    for d in distances:
        table.append([*d[:5], f"{d.share:.4g}", "" if np.isnan(d.ulps) else f"{d.ulps:.4g}"])
        shares = farthest.setdefault((d.when, d.dtype), {})
        shares[d.a, d.b] = max(d.share, shares.get((d.a, d.b), 0))
        if d.a == EXACT and d.share > 1:
            wrong[d.b] = True
        if d.a == EXACT and d.when == START:
            used[d.b] = max(used[d.b], d.share)
        if d.a != EXACT and d.when == ALONG:
            drift = max(drift, d.share)
    dtypes = list(dict.fromkeys(d.dtype for d in distances))

    def paint(figure):
        axes = figure.subplots(2, len(dtypes), squeeze=False)
        for dtype, (above, below) in zip(dtypes, axes.T, strict=True):
            _matrix(above, farthest[START, dtype], everybody, f"{dtype}: at the same weights")
            _matrix(below, farthest[ALONG, dtype], everybody, f"{dtype}: during training")

    shares = ", ".join(f"{name} {words.percent(share)}" for name, share in used.items())
    outcome = "No column exceeds the limit."
    if len(names) > 1:
        outcome += f" During training the losses of two columns drift up to {words.brief(drift)} limits apart."
    if wrong:
        outcome = f"{words.listed(list(wrong))} {'is' if len(wrong) == 1 else 'are'} wrong."
    return Picture(
        "who",
        "Who is right",
        "Distances, in percent of what rounding allows; ×2 is twice as much as that. The framed row says who is right: "
        "it has each column's distance from the exact values. The other cells have the distances between columns. At "
        "the same weights, two columns that are right are at most ×2 apart. During training two right columns may "
        "drift any distance apart, so there the framed row judges each step from the column's own weights.",
        f"At the same weights, the distances from the exact values are: {shares}. {outcome}",
        draw("who", 3.2 + 2.4 * len(dtypes) + 0.35 * len(everybody), 3 + 0.75 * len(everybody), paint),
        table,
        bool(wrong),
    )


def _matrix(axis, farthest, everybody, title):
    """Draw {(a, b): share}: the larger, the darker."""
    size = len(everybody)
    for (a, b), share in farthest.items():
        depth = np.clip(np.log10(max(share, 1e-3)) / 6 + 0.55, 0.05, 0.6) if share else 0
        for x, y in ((a, b), (b, a)):
            corner = everybody.index(x), everybody.index(y)
            axis.add_patch(Rectangle(corner, 1, 1, color=GOOD if share <= 1 else BAD, alpha=depth, lw=0))
            axis.text(corner[0] + 0.5, corner[1] + 0.5, words.percent(share), ha="center", va="center", fontsize=7)
    axis.add_patch(Rectangle((0, 0), size, 1, fill=False, lw=1.5, ec=INK))
    axis.set(xlim=(0, size), ylim=(size, 0), title=title, aspect="equal")
    shown = [heads(everybody)[name] for name in everybody]
    axis.set_xticks(np.arange(size) + 0.5, shown, rotation=40, ha="right", rotation_mode="anchor")
    axis.set_yticks(np.arange(size) + 0.5, shown)
    axis.tick_params(length=0)
    axis.grid(visible=False)


def shares(result, names):
    """The verdict at a glance: every quantity's largest error as a fraction of its limit."""
    quantities = {}  # a dictionary keeps the order
    for setting in result.settings:
        quantities |= dict.fromkeys(tables.quantities(setting))
    table = [["column", "case", "dtype", "quantity", "certified", "rejected", "error / limit", "ULP"]]
    points, beyond = [], {}
    for r in result.rows:
        table.append([r.column, r.case, r.dtype, r.quantity, r.checked, r.rejected, r.worst_ratio, r.worst_ulps])
        points.append((r.column, r.dtype, r.quantity, words.measure(r.worst_ratio)))
        if r.rejected:
            beyond[r.column] = True

    def paint(figure):
        for axis in dots(figure, points, names, quantities, words.dtypes(result), 1e-3, 8e-3, "error / limit"):
            axis.text(1.1, len(quantities) - 0.6, "limit", ha="left", va="bottom", fontsize=8)

    worst = max(result.rows, key=lambda r: words.measure(r.worst_ratio))
    where = f"Some dots of {words.listed(list(beyond))} are to the right" if beyond else "All dots are to the left"
    return Picture(
        "shares",
        "How much of its limit each quantity uses",
        "One dot per column: the quantity's largest error over all seeds and steps, divided by what rounding allows. "
        "Dots to the left of the line are within the limit. A red mark at the edge stands for more than is drawn, and "
        "says how much.",
        f"{where} of the line. Farthest right is {words.label(worst.quantity)} of {worst.column} in {worst.dtype}, at "
        f"{words.percent(worst.worst_ratio)} of its limit.",
        draw("shares", 8, max(5.2, 0.25 * len(quantities) + 1.5), paint),
        table,
        bool(beyond),
    )


def counted(arrays):
    """Those of {column: its arrays} that have histograms: earlier reports have none."""
    return {name: a for name, a in arrays.items() if "ulps_L" in a}


def ulps(arrays, dtype, setting):
    """Histograms of the errors in ULP, one a quantity of a Setting: a line a column."""
    quantities, colour, across, kept = tables.quantities(setting), colours(list(arrays)), 4, counted(arrays)

    def paint(figure):
        for axis, quantity in panels(figure, quantities, across):
            for n, (name, a) in enumerate(kept.items()):
                width = 0.8 + 0.4 * (len(kept) - n - 1)
                _histogram(axis, a[f"ulps_{quantity}"], color=colour[name], lw=width, label=heads(kept)[name])
            axis.set_title(words.label(quantity), fontsize=9)
            marks = np.searchsorted(ULPS, [0, 2**-1, 2**5, 2**10, 2**15, 2**20])
            axis.set_xticks(marks, ["0", "½", "2⁵", "2¹⁰", "2¹⁵", "2²⁰"], fontsize=8)
        corner = figure.axes[across * (rows(quantities, across) - 1)]
        figure.axes[0].set_xlim(-1, len(ULPS) + 1)
        figure.axes[0].set_ylabel("share of numbers", fontsize=9)
        corner.set_xlabel("error, ULP", fontsize=9)
        legend_below(figure, figure.axes[0], min(6, len(kept)))

    ends = ["", *map("{:g}".format, ULPS), "inf"]
    table, within_half = [["column", "quantity", "ULP above", "up to", "numbers"]], []
    for name, a in kept.items():
        total = half = 0
        for quantity in quantities:
            counts = a[f"ulps_{quantity}"]
            total, half = total + counts.sum(), half + counts[:-1][ULPS <= 0.5].sum()
            for n in np.flatnonzero(counts):
                table.append([name, quantity, ends[n], ends[n + 1], counts[n]])
        within_half.append(f"{100 * half / max(1, total):.0f}% of the numbers of {name}")
    return Picture(
        f"ulps-{dtype}",
        f"How large the errors are, {dtype}",
        "The share of a quantity's numbers whose error is 0, up to 1/64 of a unit in the last place (ULP), up to twice "
        "that, and so on. Numbers far to the right are small because of cancellation: many ULP are few there, and "
        "the limit takes that into account.",
        f"{', '.join(within_half)} are within half a unit in the last place, which is the best there is.",
        draw(f"ulps-{dtype}", 8, 1.3 * rows(quantities, across) + 1, paint),
        table,
    )


def _histogram(axis, counts, **style):
    """Draw a column's counts as shares of them all, no farther than there are any."""
    there = np.trim_zeros(counts, "b")
    share = np.append(there, 0)[: len(counts)] / max(1, there.sum())
    axis.step(np.arange(len(share)), share, where="mid", **style)
