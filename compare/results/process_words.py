"""In words: how the columns' processes were set up, and whether a new one gives the same bits."""

from fourfold.compare.results.words import listed


def twice(result):
    """[a sentence on the second run], [] where there was none."""
    same = [name for name, differs in result.twice.items() if not differs]
    other = [f"{name} ({differs})" for name, differs in result.twice.items() if differs]
    if not result.twice:
        return []
    if not other:
        return [f"The first steps, run again in a new process, gave the same bits: {', '.join(same)}."]
    if not same:
        return [f"The first steps, run again in a new process, did not give the same bits: {', '.join(other)}."]
    return [
        f"The first steps, run again in a new process, gave the same bits: {', '.join(same)}; not: {', '.join(other)}."
    ]


def processes(environment):
    """Yields (columns, what their process had and how it was set up), one for all that were alike."""
    alike = {}
    for column, seen in environment.processes.items():
        text = ", ".join(f"{what} {value}" for what, value in seen.items())
        alike.setdefault(text, []).append(column)
    for text, columns in alike.items():
        yield listed(columns), text
