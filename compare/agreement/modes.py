"""How modes differ from their columns: in bits, and in accuracy."""

from fourfold import impls
from fourfold.compare.results.diff import same_bits, share_of
from fourfold.compare.results.result import Mode, number
from fourfold.compare.results.words import measure

AT_START = "trace_"


def differences(evidence):
    """A Mode for every mode in {(column, case name, dtype): Evidence} whose column is there too."""
    columns = {}  # {column: {(case name, dtype): Evidence}}
    for (name, case, dtype), one in evidence.items():
        columns.setdefault(name, {})[case, dtype] = one
    modes = []
    for name, own in columns.items():
        base = name.partition(":")[0]
        both = [key for key in own if key in columns.get(base, {})]
        if impls.is_mode(name) and both:
            modes.append(_difference(name, base, [(key, own[key], columns[base][key]) for key in both]))
    return [mode for mode in modes if mode]


def _difference(name, base, pairs):
    """The Mode of (key, its Evidence, that of its column) of all that both were asked; None where nothing is alike."""
    compared = moved = 0
    share, farthest = 0.0, None
    for (case, dtype), own, of_base in pairs:
        for key in own.arrays:
            if key.startswith(AT_START) and key in of_base.arrays:
                a, b, limit = own.arrays[key], of_base.arrays[key], own.arrays[key.replace(AT_START, "limit_")]
                compared += a.size
                moved += int((~same_bits(a, b)).sum())
                share = max(share, float(share_of(a, b, 2 * limit).max(initial=0)))
        ratios = {row.quantity: measure(row.worst_ratio) for row in of_base.rows}
        for row in own.rows:
            if row.quantity in ratios:
                there, here = ratios[row.quantity], measure(row.worst_ratio)
                place = (abs(here - there), row.quantity, case, dtype, here, there)
                farthest = place if farthest is None or place[0] > farthest[0] else farthest
    if not farthest:  # what it gives is no array that can be judged
        return None
    _, quantity, case, dtype, ratio, base_ratio = farthest
    return Mode(name, base, compared, moved, number(share), quantity, case, dtype, number(ratio), number(base_ratio))
