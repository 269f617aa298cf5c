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
    """(caption, headers, lines of cells) of a Summary; of more than `most` lines, the best."""
    options = outcome.manifest.options
    axes = [name for name, several in (("column", options.columns), ("dtype", options.dtypes)) if len(several) > 1]
    axes += summary.varied(options)
    shown, caption = outcome.rows, ""
    if len(shown) > most:
        shown = sorted(shown, key=_rank)[:most]
        caption = f"The best {most:,} of {len(outcome.rows):,}"
    lines = []
    for row in shown:
        lines.append([value(getattr(row, name)) for name in axes])
        lines[-1] += [percent(row.reached), loss(row), percent(row.diverged)]
    return caption, [*axes, "learn", "median L", "diverge"], lines


def _rank(row):
    """The best are those from which most seeds learn; of equals, those with the smallest median loss."""
    return -row.reached, float(row.median_loss)


def percent(share):
    """A share as text; only all of them are 100%, and only none 0%."""
    if 0 < share < 1:
        share = min(max(share, 0.001), 0.999)
    return f"{share:.1%}".replace(".0%", "%")


def value(x):
    """A value of a configuration."""
    if x is None:
        return ""
    if isinstance(x, bool):
        return "yes" if x else "no"
    return f"{x:g}" if isinstance(x, float) else str(x)


def best(outcome):
    """Sentences on the best setting of a Summary: the one from which most seeds learn; of equals, the smallest loss.

    One for all columns and precisions, or one each where they do not agree on it. Columns that are wrong have none.
    """
    names = summary.varied(outcome.manifest.options)
    columns = {}
    for key, rows in _by_column(outcome).items():
        columns.setdefault(_best(rows, names), []).append(key)
    if len(columns) == 1:
        start = "Best" if names else "The one setting"
        return [f"{start}: {sentence}" for sentence in columns]
    return [f"Best for {words.listed(keys)}: {sentence}" for sentence, keys in columns.items()]


def _by_column(outcome):
    """{name of a column that is not wrong, with its precision where there are several: its rows}"""
    wrong = {column.name for column in outcome.columns if column.verdict == "disagrees"}
    several, rows = len(outcome.manifest.options.dtypes) > 1, {}
    for row in outcome.rows:
        if row.column not in wrong:
            rows.setdefault(f"{row.column} in {row.dtype}" if several else row.column, []).append(row)
    return rows


def _best(rows, names):
    first, *others = sorted(rows, key=_rank)
    equals = sum(row.reached == first.reached for row in others)
    outcome = f"{percent(first.reached)} of {words.count(first.seeds, 'seed')} learn (L < {summary.REACHED:g})"
    if not first.reached:
        outcome = f"no seed learns (L < {summary.REACHED:g}), and the median loss is {loss(first)}"
    elif equals:
        others = words.count(equals, "other setting")
        outcome += f", as with {others}, none of which has a smaller median loss ({loss(first)})"
    setting = ", ".join(named(name, getattr(first, name)) for name in names)
    return f"{setting}: {outcome}." if setting else f"{outcome}."


def loss(row):
    return f"{float(row.median_loss):.2g}"


def named(name, x):
    """A value with the name of its axis, where it needs one."""
    if name == "activation":
        return str(x)
    if name == "bias":
        return "with biases" if x else "without biases"
    return f"{value(x)} steps" if name == "steps" else f"{name} {value(x)}"


def verdict(outcome):
    """The verdict of a Summary."""
    left = f" {words.count(outcome.missing, 'chunk')} missing." if outcome.missing else ""
    return (
        f"{words.who(outcome.columns)}. {words.count(outcome.runs, 'training run')}; of a sample of each, "
        f"{outcome.certified:,} numbers certified, {outcome.rejected:,} rejected.{left}"
    )
