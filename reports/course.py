"""A course's submissions -> the page for who teaches it: one self-contained file."""

from fourfold.reports import pictures, render
from fourfold.reports.pictures import Picture, draw

MOST_BARS, LONGEST = 12, 48
GOOD = {"RIGHT", "AGREES", "RIGHT BUT LOSES DIGITS"}


def page(rows, summary, frequent):
    """The bytes of the page of check.course.Submissions, in the order they are shown.

    summary: a sentence; frequent: [(mistake, how many made it)], the most frequent first.
    """
    context = {
        "rows": rows,
        "summary": summary,
        "ok": all(row.verdict in GOOD for row in rows),
        "good": GOOD,
        "pictures": [_bars(frequent)] if frequent else [],
    }
    return render.html("course.html.j2", context)


def _bars(frequent):
    """A bar a mistake, as long as it is frequent."""
    shown = frequent[:MOST_BARS][::-1]
    names = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name, _ in shown]
    counts = [n for _, n in shown]

    def paint(figure):
        axis = figure.subplots()
        axis.barh(range(len(shown)), counts, color=pictures.BAD, height=0.6)
        axis.set_yticks(range(len(shown)), [name.replace("$", r"\$") for name in names])
        for y, n in enumerate(counts):
            axis.annotate(str(n), (n, y), (4, 0), textcoords="offset points", va="center")
        axis.set(xlim=(0, max(counts) * 1.08), xticks=[])
        axis.grid(visible=False)
        axis.spines["bottom"].set_visible(False)

    name, n = frequent[0]
    left = f" The {MOST_BARS} most frequent of {len(frequent)}." if len(frequent) > MOST_BARS else ""
    return Picture(
        "mistakes",
        "Which mistakes were made",
        f"How many submissions have each mistake.{left}",
        f"Most frequent, with {n}: {name}.",
        draw("mistakes", 8, 0.6 + 0.34 * len(shown), paint),
        [["mistake", "submissions"], *frequent],
    )
