"""A sweep in words: its plan, its price, its table, its verdict."""

from fourfold.compare.results import words
from fourfold.compare.sweep import plan, summary


def size(options, chunks):
    varied = [f"{len(options.grid[name])} {name}" for name in summary.varied(options) if name != "steps"]
    grid = f"{' × '.join(varied)} = " if len(varied) > 1 else ""
    configurations = len({c for chunk in chunks for c in chunk.configurations})
    of = f"{grid}{words.count(configurations, 'configuration')} × {words.count(options.seeds, 'seed')}"
    where = f"{', '.join(options.columns)} in {' and '.join(options.dtypes)}"
    runs = sum(len(chunk.configurations) * len(chunk.seeds) for chunk in chunks)
    return (
        f"{of} × {where}: {runs:,} training runs of {chunks[0].marks[-1]:,} steps, "
        f"{plan.steps(chunks):,} steps in {words.count(len(chunks), 'chunk')}."
    )


def price(paces, chunks, workers):
    each = (
        f"{pace.column} {pace.dtype} {'–'.join(f'{ns:,.0f}' for ns in sorted(pace.nanoseconds))} ns a step"
        for pace in paces
    )
    if not paces:
        return "Nothing could be measured."
    seconds = plan.estimate(paces, chunks, workers)
    return f"About {duration(seconds)} with {words.count(workers, 'worker')} (measured: {', '.join(each)})."


def took(seconds, spent, workers):
    """`spent` are the seconds of every chunk; what is left of the workers' time went into having them do it."""
    share = min(1.0, sum(spent) / (seconds * workers))
    return f"Took {duration(seconds)} with {words.count(workers, 'worker')}, {share:.0%} of it computing."


def duration(seconds):
    minutes = round(seconds) // 60
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {round(seconds) % 60} s" if minutes else f"{seconds:.0f} s" if seconds >= 1 else "a second"


def table(found, most):
    """(caption, headers, rows of cells), of those with the smallest median losses where there are more than `most`."""
    names, rows = summary.varied(found.manifest.options), found.rows
    if len(rows) > most:
        rows = sorted(rows, key=lambda row: float(row.median_loss))[:most]
    headers = ["", "dtype", *names, "median L", f"L < {summary.REACHED:g}", "diverged"]
    caption = f"The {most:,} of {len(found.rows):,} with the smallest median loss" if rows is not found.rows else ""
    return caption, headers, [[*_cells(row, names)] for row in rows]


def _cells(row, names):
    yield from (row.column, row.dtype, *(value(getattr(row, name)) for name in names))
    yield from (f"{float(row.median_loss):.3g}", f"{row.reached:.1%}", f"{row.diverged:.1%}")


def value(x):
    if x is None:
        return ""
    return {True: "yes", False: "no"}[x] if isinstance(x, bool) else f"{x:g}" if isinstance(x, float) else str(x)


def verdict(found):
    left = f" {words.count(found.missing, 'chunk')} missing." if found.missing else ""
    return (
        f"{words.who(found.columns)}. {words.count(found.runs, 'training run')}; of a sample of each, "
        f"{found.certified:,} numbers certified, {found.rejected:,} rejected.{left}"
    )
