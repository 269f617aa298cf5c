"""A sweep in words: its plan, its price, its table, its verdict."""

from fourfold.compare.results import words
from fourfold.compare.sweep import plan, summary


def size(options, chunks):
    """How much a sweep is."""
    axes, configurations, runs = [], set(), 0
    for name in summary.varied(options):
        if name != "steps":
            axes.append(f"{len(options.grid[name])} {name}")
    for chunk in chunks:
        configurations.update(chunk.configurations)
        runs += chunk.runs()
    grid = f"{' × '.join(axes)} = " if len(axes) > 1 else ""
    networks = f"{grid}{words.count(len(configurations), 'configuration')} × {words.count(options.seeds, 'seed')}"
    where = f"{', '.join(options.columns)} in {' and '.join(options.dtypes)}"
    return (
        f"{networks} × {where}: {runs:,} training runs of {chunks[0].marks[-1]:,} steps, "
        f"{plan.steps(chunks):,} steps in {words.count(len(chunks), 'chunk')}."
    )


def price(prices, chunks, workers):
    """How long `chunks` will take."""
    if not prices:
        return "Nothing could be measured."
    measured = []
    for p in prices:
        nanoseconds = "–".join(map("{:,.0f}".format, sorted(p.nanoseconds)))
        measured.append(f"{p.column} {p.dtype} {nanoseconds} ns a step")
    seconds = plan.estimate(prices, chunks, workers)
    return f"About {duration(seconds)} with {words.count(workers, 'worker')} (measured: {', '.join(measured)})."


def took(seconds, spent, workers):
    """`spent` are the seconds of every chunk; what is left of the workers' time went into having them do it."""
    share = min(1.0, sum(spent) / (seconds * workers))
    return f"Took {duration(seconds)} with {words.count(workers, 'worker')}, {share:.0%} of it computing."


def duration(seconds):
    hours, minutes = divmod(round(seconds) // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {round(seconds) % 60} s"
    return f"{seconds:.0f} s" if seconds >= 1 else "a second"


def table(outcome, most):
    """(caption, headers, lines of cells) of a Summary; of more than `most` lines, those with the smallest losses."""
    names = summary.varied(outcome.manifest.options)
    headers = ["", "dtype", *names, "median L", f"L < {summary.REACHED:g}", "diverged"]
    shown, caption = outcome.rows, ""
    if len(shown) > most:
        shown = sorted(shown, key=lambda row: float(row.median_loss))[:most]
        caption = f"The {most:,} of {len(outcome.rows):,} with the smallest median loss"
    lines = []
    for row in shown:
        lines.append([row.column, row.dtype])
        lines[-1] += [value(getattr(row, name)) for name in names]
        lines[-1] += [f"{float(row.median_loss):.3g}", f"{row.reached:.1%}", f"{row.diverged:.1%}"]
    return caption, headers, lines


def value(x):
    """A value of a configuration."""
    if x is None:
        return ""
    if isinstance(x, bool):
        return "yes" if x else "no"
    return f"{x:g}" if isinstance(x, float) else str(x)


def verdict(outcome):
    """The verdict of a Summary."""
    left = f" {words.count(outcome.missing, 'chunk')} missing." if outcome.missing else ""
    return (
        f"{words.who(outcome.columns)}. {words.count(outcome.runs, 'training run')}; of a sample of each, "
        f"{outcome.certified:,} numbers certified, {outcome.rejected:,} rejected.{left}"
    )
