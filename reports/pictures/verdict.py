"""Pictures of the verdict: who is right, how much of its limit everything uses, how many ULP errors are large."""

import numpy as np
from matplotlib.patches import Rectangle

from fourfold.compare.agreement.distances import EXACT
from fourfold.compare.results import words
from fourfold.reports.pictures import BAD, GOOD, INK, Picture, colours, draw, legend_below


def who(start, along, names):
    """Who is right: a matrix of everybody's distance from the exact value, and from everybody else.

    `start` and `along`: {dtype: Distances} at the initial weights and over training.
    """
    everybody = [EXACT, *names]
    size = len(everybody)
    place = {name: n for n, name in enumerate(everybody)}

    def matrix(axis, distances, title):
        farthest = {}
        for d in distances:
            farthest[d.a, d.b] = max(d.share, farthest.get((d.a, d.b), 0))
        for (a, b), share in farthest.items():
            for x, y in ((place[a], place[b]), (place[b], place[a])):
                depth = np.clip(np.log10(max(share, 1e-3)) / 6 + 0.55, 0.05, 0.6) if share else 0
                axis.add_patch(Rectangle((x, y), 1, 1, color=GOOD if share <= 1 else BAD, alpha=depth, lw=0))
                axis.text(x + 0.5, y + 0.5, words.fraction(share), ha="center", va="center", fontsize=8)
        axis.add_patch(Rectangle((0, 0), size, 1, fill=False, lw=1.5, ec=INK))
        axis.set(xlim=(0, size), ylim=(size, 0), title=title, aspect="equal")
        axis.set_xticks(np.arange(size) + 0.5, everybody, rotation=40, ha="right", rotation_mode="anchor")
        axis.set_yticks(np.arange(size) + 0.5, everybody)
        axis.tick_params(length=0)
        axis.grid(visible=False)

    def paint(figure):
        axes = figure.subplots(2, len(start), squeeze=False)
        for dtype, (above, below) in zip(start, axes.T, strict=True):
            matrix(above, start[dtype], f"{dtype}: at the same weights")
            matrix(below, along[dtype], f"{dtype}: over training")

    from_exact = [d for found in start.values() for d in found if d.a == EXACT]
    wrong = dict.fromkeys(d.b for found in (*start.values(), *along.values()) for d in found if _is_wrong(d))
    told = ", ".join(f"{name} {words.fraction(max(d.share for d in from_exact if d.b == name))}" for name in names)
    pairs = max((d.share for found in along.values() for d in found if d.a != EXACT), default=0)
    return Picture(
        "who",
        "Who is right",
        "Distances in limits, 1 being what rounding allows. In the framed line, from the exact value: that says who is "
        "right. Elsewhere, from each other: at the same weights two that are right are at most 2 apart. Over training "
        "losses may drift any distance apart, while the framed line has every step at the column's own weights.",
        f"At the same weights the columns use these shares of the limit: {told}. "
        f"{words.listed(list(wrong))} {'is' if len(wrong) == 1 else 'are'} wrong. "
        if wrong
        else f"At the same weights the columns use these shares of the limit: {told}. Nobody is beyond it, "
        f"though over training losses get up to {words.brief(pairs)} limits apart.",
        draw("who", 3.2 + 2.4 * len(start) + 0.35 * size, 3 + 0.75 * size, paint),
        [
            ["weights", "dtype", "quantity", "a", "b", "share of limit", "ULP"],
            *(
                [when, dtype, d.quantity, d.a, d.b, f"{d.share:.4g}", "" if np.isnan(d.ulps) else f"{d.ulps:.4g}"]
                for when, by_dtype in (("initial", start), ("over training", along))
                for dtype, found in by_dtype.items()
                for d in found
            ),
        ],
    )


def _is_wrong(distance):
    return distance.a == EXACT and distance.share > 1


def shares(result):
    """The verdict at a glance: every quantity's largest error as a fraction of its limit."""
    names = [column.name for column in result.columns]
    rows = [*dict.fromkeys(q for s in result.settings for q in words.quantities(s))][::-1]
    colour = colours(names)

    def paint(figure):
        dtypes = words.dtypes(result)
        axes = figure.subplots(1, len(dtypes), sharey=True, squeeze=False)[0]
        for axis, dtype in zip(axes, dtypes, strict=True):
            for n, name in enumerate(names):
                found = [r for r in result.rows if r.column == name and r.dtype == dtype]
                x = np.clip([float(r.worst_ratio) for r in found], 1e-3, 1e3)
                y = [rows.index(r.quantity) + 0.1 * (n - len(names) / 2) for r in found]
                axis.plot(x, y, "o", ms=4, color=colour[name], label=name)
            axis.axvline(1, color=INK, lw=1)
            axis.text(1.1, len(rows) - 0.6, "limit", ha="left", va="bottom")
            axis.set(xscale="log", xlim=(8e-3, max(2.5, axis.get_xlim()[1])), xlabel="error / limit", title=dtype)
            axis.set_yticks(range(len(rows)), map(words.label, rows))
        legend_below(figure, axes[0], min(6, len(names)))

    worst = max(result.rows, key=lambda r: words.measure(r.worst_ratio))
    beyond = list(dict.fromkeys(r.column for r in result.rows if r.rejected))
    place = "right of the line" if beyond else "left of the line"
    return Picture(
        "shares",
        "How much of its limit each quantity uses",
        "One dot a column: the largest error of the quantity over all seeds and steps, divided by what rounding "
        "allows. Left of the line: within the limit.",
        f"{'Some' if beyond else 'All'} dots{f' of {words.listed(beyond)}' if beyond else ''} are {place}. Farthest "
        f"right is {words.label(worst.quantity)} of {worst.column} in {worst.dtype}, at "
        f"{words.fraction(worst.worst_ratio)} of its limit.",
        draw("shares", 8, max(5.2, 0.25 * len(rows) + 1.5), paint),
        [
            ["column", "case", "dtype", "quantity", "certified", "rejected", "error / limit", "ULP"],
            *(
                [r.column, r.case, r.dtype, r.quantity, r.checked, r.rejected, r.worst_ratio, r.worst_ulps]
                for r in result.rows
            ),
        ],
    )


def ulps(arrays, dtype, s):
    """Histograms of the errors in ULP, one a quantity of a Setting: a line a column."""
    quantities = words.quantities(s)
    colour, counts = colours(list(arrays)), {name: a for name, a in arrays.items() if f"ulps_{quantities[0]}" in a}
    ends = [f"{x:g}" for x in arrays.ULPS]
    x = np.arange(len(ends) + 1)
    ticks = [0, *(int(np.searchsorted(arrays.ULPS, 2.0**k)) for k in (-1, 5, 10, 15, 20))]

    def paint(figure):
        across = 4
        axes = figure.subplots(-(-len(quantities) // across), across, sharex=True, sharey=True, squeeze=False).ravel()
        for axis, quantity in zip(axes, quantities, strict=False):
            for n, (name, a) in enumerate(counts.items()):
                found = np.trim_zeros(a[f"ulps_{quantity}"], "b")
                share = np.append(found, 0)[: len(x)] / max(1, found.sum())
                width = 0.8 + 0.4 * (len(counts) - n - 1)
                axis.step(x[: len(share)], share, where="mid", color=colour[name], lw=width, label=name)
            axis.set_title(words.label(quantity), fontsize=9)
            axis.set_xticks(ticks, ["0", "½", "2⁵", "2¹⁰", "2¹⁵", "2²⁰"], fontsize=8)
        for axis in axes[len(quantities) :]:
            axis.set_visible(False)
        axes[0].set_xlim(-1, len(x))
        axes[0].set_ylabel("share of numbers", fontsize=9)
        axes[across * ((len(quantities) - 1) // across)].set_xlabel("error, ULP", fontsize=9)
        legend_below(figure, axes[0], min(6, max(1, len(counts))))

    within = arrays.ULPS <= 0.5
    half = {
        name: sum(int(a[f"ulps_{q}"][:-1][within].sum()) for q in quantities)
        / max(1, sum(int(a[f"ulps_{q}"].sum()) for q in quantities))
        for name, a in counts.items()
    }
    return Picture(
        f"ulps-{dtype}",
        f"How large the errors are, {dtype}",
        "The share of a quantity's numbers whose error is 0, up to 1/64 of a unit in the last place (ULP), up to twice "
        "that, and so on. To the right are numbers that cancellation has left small: many ULP are right there, and the "
        "limit knows how many.",
        "Within half a unit in the last place, the best there is, are "
        f"{', '.join(f'{100 * share:.0f} % of the numbers of {name}' for name, share in half.items())}.",
        draw(f"ulps-{dtype}", 8, 1.3 * -(-len(quantities) // 4) + 1, paint),
        [
            ["column", "quantity", "ULP above", "up to", "numbers"],
            *(
                [name, quantity, low, high, int(n)]
                for name, a in counts.items()
                for quantity in quantities
                for low, high, n in zip(["", *ends], [*ends, "inf"], a[f"ulps_{quantity}"], strict=True)
                if n
            ),
        ],
    )
