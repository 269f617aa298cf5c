"""How modes differ from their columns, in words."""

from fourfold.compare.results.words import label, measure, percent

AS_ACCURATE = 0.1  # of a limit: modes whose largest errors are not farther apart are as accurate as each other


def modes(result):
    """A sentence a mode: whether its bits and its accuracy are those of its column."""
    return [*map(_mode, result.modes)]


def _mode(m):
    bits = f"the same bits as {m.base}"
    if m.moved:
        apart = f"at most {percent(m.share)} of what two correct columns may differ by"
        bits = f"other bits than {m.base} in {percent(m.moved / m.compared)} of the numbers, {apart}"
    ratio, base_ratio = measure(m.ratio), measure(m.base_ratio)
    if abs(ratio - base_ratio) <= AS_ACCURATE:
        return f"{m.column}: {bits}{'; as accurate' if m.moved else ''}."
    where = f"{label(m.quantity)} ({m.case}, {m.dtype})"
    return (
        f"{m.column}: {bits}; its accuracy differs most in {where}: error {percent(ratio)} of what rounding allows, "
        f"that of {m.base} {percent(base_ratio)}."
    )
