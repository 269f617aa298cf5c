"""What the notebook's cells print: arrays, marks of the judge, digits that differ, what a number is made of."""

from itertools import zip_longest

import numpy as np

DIGITS = 4
# Quantities that are a product of two matrices; "A.T" is A transposed.
PRODUCTS = {
    "H": ("X", "W1"),
    "Y_hat": ("A", "W2"),
    "dL_dW2": ("A.T", "dL_dY_hat"),
    "dL_dA": ("dL_dY_hat", "W2.T"),
    "dL_dW1": ("X.T", "dL_dH"),
}


def number(x):
    """A number as text: four digits behind the point, none where there is nothing but zeros."""
    if not np.isfinite(x):
        return "not a number" if np.isnan(x) else str(x)
    text = f"{x + 0.0:.{DIGITS}f}"  # + 0.0 makes 0 of -0
    return (text.rstrip("0").rstrip(".") if float(text) == round(x) == x else text).replace("-", "−")


def array(name, Z):
    """An array under its name and shape."""
    rows = np.array2string(np.asarray(Z), precision=DIGITS, suppress_small=True)
    shape = " × ".join(map(str, np.shape(Z)))
    return f"{name}  {shape}\n{rows}".strip()


def mark(judged):
    """What the judge says: the share of what rounding allows that the largest error uses."""
    if judged.wrong.any():
        return "✗ wrong"
    share = np.ceil(100 * judged.ratio.max())
    return f"✓ {share:.0f}%" if share else "✓ exact"


def marks(judged):
    """A line with every column's mark, then a sentence where numbers differ, and one where they are wrong."""
    lines = [" " + "   ".join(f"{name} {mark(j)}" for name, j in judged.items())]
    right = {name: j.value for name, j in judged.items() if not j.wrong.any()}
    lines += [f" {sentence}" for sentence in (_differing(right), *map(_wrong, judged.values())) if sentence]
    return "\n".join(lines)


def _wrong(judged):
    """Where a column is wrong, and what would be right."""
    if not judged.wrong.any():
        return ""
    first = np.unravel_index(np.argmax(judged.wrong), judged.wrong.shape)
    count = f"{judged.wrong.sum()} of {judged.wrong.size} numbers wrong: "
    return f"{count}{_place(first)}{number(judged.value[first])} instead of {number(judged.exact[first])}"


def _differing(values):
    """In how many numbers the columns' last digits differ, and in which digits the first of them does."""
    if len(values) < 2:
        return ""
    every = np.array([*values.values()])
    differ = (every != every[0]).any(axis=0)
    if not differ.any():
        return ""
    place = np.unravel_index(np.argmax(differ), differ.shape)
    by_digits = {}
    for name, Z in values.items():
        by_digits.setdefault(repr(float(Z[place])), []).append(name)
    same = next(n for n, digit in enumerate(zip_longest(*by_digits)) if len({*digit}) > 1)
    same = min(same, *(len(digits) - 1 for digits in by_digits))  # no tail is empty
    tails = [f"…{digits[same:]} {', '.join(names)}" for digits, names in by_digits.items()]
    some = f"{differ.sum()} of {differ.size} numbers differ" if differ.size > 1 else "differs"
    return f"{some} in the last digits: {_place(place)}{next(iter(by_digits))[:same]}{'  '.join(tails)}"


def _place(index):
    return f"row {index[0] + 1}, column {index[1] + 1}: " if index else ""


def made_of(quantity, i, j, value):
    """The sum behind entry (i, j) of a quantity; `value` gives an array by its name."""
    if quantity in PRODUCTS:
        left, right = PRODUCTS[quantity]
        (line, first), (post, second) = _factor(left, i, "row", value), _factor(right, j, "column", value)
        terms = [f"{number(a)} · {number(b)}" for a, b in zip(first, second, strict=True)]
        how, total = f"{line} times {post}", " + ".join(terms)
    elif quantity == "L":
        R = value("R")
        how = "the squares of R, added up and divided by 2N"
        total = f"({' + '.join(f'{number(r)}²' for r in R.ravel())}) / {2 * len(R)}"
    else:
        how, total = _entrywise(quantity, i, j, value)
    place = "" if quantity == "L" else f", row {i + 1}, column {j + 1}"
    result = value(quantity) if quantity == "L" else value(quantity)[i, j]
    return f"{quantity}{place}: {how}\n  {total} = {number(result)}"


def _factor(name, n, kind, value):
    """What row or column n of a factor is called, and its numbers; a transposed one is called by what it is not."""
    Z = value(name.removesuffix(".T"))
    by_row = (kind == "row") != name.endswith(".T")
    return f"{'row' if by_row else 'column'} {n + 1} of {name.removesuffix('.T')}", Z[n] if by_row else Z[:, n]


def _entrywise(quantity, i, j, value):
    at = lambda name: number(value(name)[i, j])
    ways = {
        "A": lambda: ("σ of the same entry of H", f"σ({at('H')})"),
        "R": lambda: ("prediction minus target", f"{at('Y_hat')} − {at('Y')}"),
        "dL_dY_hat": lambda: ("the same entry of R, divided by N", f"{at('R')} / {len(value('R'))}"),
        "dL_dH": lambda: ("dL_dA times the slope σ'(H), entry by entry", f"{at('dL_dA')} · {at('sigma_prime')}"),
    }
    return ways[quantity]()


def trained(name, loss, judged, steps):
    """A line on a column that trained, every step of it judged."""
    if any(j.wrong.any() for j in judged):
        return f"{name}: loss {loss:.4g} before the last step ✗ wrong"
    share = max(np.ceil(100 * j.ratio.max()) for j in judged)
    return f"{name}: loss {loss:.4g} before the last step, ✓ {share:.0f}% in all {steps:,} steps"


def _short(x):
    return f"{x:.4g}" if np.isfinite(x) else "not a number any more"


def learned(run):
    """What came of a learned.Learned, in a line or two."""
    case, losses = run.case, run.losses()
    how = f"{run.mistake + ', ' if run.mistake else ''}{case.activation}, λ = {case.lr:g}, seed {case.seeds[0]}"
    how += f", {case.W1.shape[-1]} wide" if case.W1.shape[-1] != 3 else ""
    how += f", {case.name.upper()}" if case.name != "xor" else ""
    end, since = run.predictions()[-1], run.all_right_from()
    right = "not all on the right side of ½"
    if since is not None:
        right = f"all on the right side of ½ from step {since:,} on"
    predictions = "  ".join(f"{y:z.3f}" for y in end).replace("-", "−")
    result = (
        f"predictions {predictions}: {right}" if np.isfinite(end).all() else "the predictions are not numbers any more"
    )
    return f"{how}: loss {losses[0]:.4f} → {_short(losses[-1])}\n  {result}"
