"""Two results of the same suite, made with different versions or on different machines: what moved, and how far.

Numbers are compared where both sides had the same inputs: the whole trace at the initial weights. Each is within its
limit of the same exact value, so two correct sides are at most the sum of both limits apart. Losses and weights along
the trajectories may drift apart without being wrong, since each step is certified at its own weights.
"""

from collections import Counter

import msgspec
import numpy as np

from fourfold.compare.errors import UsageError, exit_code
from fourfold.compare.judge.formats import BFLOAT16
from fourfold.compare.results import environment, tables, words
from fourfold.compare.results.result import Number, Rejection, number


class Change(msgspec.Struct, frozen=True):
    """What is not the same in the two environments; None where one side does not have it."""

    name: str
    a: str | None
    b: str | None


class Movement(msgspec.Struct, frozen=True):
    """One quantity of one column: how far it moved at the initial weights, and how near its limit it is in each run."""

    column: str
    case: str
    dtype: str
    quantity: str
    compared: int  # numbers at the same inputs; 0 for every step's loss and weights, and without arrays
    moved: int  # of them, those whose bits differ
    ulps: Number  # largest movement, in representable numbers
    share: Number  # largest movement as a fraction of the sum of both limits
    ratio_a: Number  # largest error as a fraction of its limit, over all of A's seeds and steps
    ratio_b: Number
    beyond: bool  # A or B rejected, or farther apart than both limits together


class Drift(msgspec.Struct, frozen=True):
    """The recorded trajectories of one column: for information."""

    column: str
    case: str
    dtype: str
    same_until: int | None  # the last recorded step up to which all bits are the same
    differs_at: int | None  # the first recorded step with other bits; None: there is none
    loss: Number  # largest |L of A - L of B|
    weights: Number


class WrongSide(msgspec.Struct, frozen=True):
    """A column that is wrong on one side."""

    column: str
    side: str  # "A" or "B"
    equation: str  # the lesson's number of the first wrong quantity, "E16"; or ""
    other: str  # the column's verdict on the other side; "" where it is not there
    rejection: Rejection  # the first: its quantity, element, value, exact value and limit


class Diff(msgspec.Struct, frozen=True):
    a: str
    b: str
    environment: list[Change]
    processes: list[Change]  # all that the columns' processes had imported and how they were set up: "jax: scipy"
    inputs: dict[str, str]  # case: the SHA-256 of data and weights, the same in both
    columns: list[str]  # in both
    only_a: list[str]
    only_b: list[str]
    beyond: list[str]  # columns beyond a bound
    not_judged: dict[str, str]  # column: where, and why
    right_a: list[str]  # columns that agree
    right_b: list[str]
    wrong: list[WrongSide]
    movements: list[Movement]
    drifts: list[Drift]

    def exit_code(self):
        return exit_code(self.beyond or self.wrong, self.not_judged)


def diff(a, b, names, only=None):
    """The Diff of two (Result, {(column, case name, dtype): arrays}), called by `names`.

    `only`: the key (column, case name, dtype) to compare, instead of all. Raises UsageError where the two were not
    given the same cases and inputs, or have no column in common.
    """
    (result_a, arrays_a), (result_b, arrays_b) = a, b
    _check_unique(result_a, names[0])
    _check_unique(result_b, names[1])
    _check_same_inputs(result_a, result_b, names)
    columns_a = [column.name for column in result_a.columns]
    columns_b = [column.name for column in result_b.columns]
    both = [name for name in columns_a if name in columns_b and (only is None or name == only[0])]
    if not both:
        raise UsageError(f"{names[0]} and {names[1]} have no column in common.")
    settings = {s.name: s for s in result_a.settings}
    rows = _rows_by_key(result_a), _rows_by_key(result_b)
    right_a, right_b = _agreeing(result_a), _agreeing(result_b)
    movements, drifts = [], []
    for key in _keys(result_a, both) if only is None else [only]:
        column, case, _ = key
        sides = arrays_a.get(key), arrays_b.get(key)
        for quantity in tables.quantities(settings[case]):
            pair = rows[0].get((*key, quantity)), rows[1].get((*key, quantity))
            if all(pair):
                movements.append(_movement(key, quantity, pair, sides))
            elif any(pair) and column in right_a and column in right_b:
                incomplete = names[0 if pair[1] else 1]
                raise UsageError(f"{incomplete} is not complete: it has no row for {quantity} of {', '.join(key)}.")
        if all(kept and "step" in kept for kept in sides):
            drifts.append(_drift(key, *sides, settings[case].steps))

    wrong = [*_wrong("A", result_a, result_b, only), *_wrong("B", result_b, result_a, only)]
    beyond = {m.column for m in movements if m.beyond} | {w.column for w in wrong}
    return Diff(
        *names,
        environment=_changes(result_a.environment, result_b.environment),
        processes=[*_processes(result_a.environment, result_b.environment, both)],
        inputs={s.name: s.inputs_sha256 for s in result_a.settings if only is None or s.name == only[1]},
        columns=both,
        only_a=[name for name in columns_a if name not in columns_b],
        only_b=[name for name in columns_b if name not in columns_a],
        beyond=[name for name in both if name in beyond],
        not_judged=_not_judged(both, (result_a, result_b), names),
        right_a=right_a,
        right_b=right_b,
        wrong=wrong,
        movements=movements,
        drifts=drifts,
    )


def with_more(diff, changes):
    """The Diff with more that is not the same in the two environments, but for what it has already."""
    names = {change.name for change in diff.environment}
    more = [change for change in changes if change.name not in names]
    return msgspec.structs.replace(diff, environment=[*diff.environment, *more])


def _rows_by_key(result):
    rows = {}
    for row in result.rows:
        rows[row.column, row.case, row.dtype, row.quantity] = row
    return rows


def _keys(result, columns):
    """Yields (column, case name, dtype) of all that was asked."""
    for s in result.settings:
        for dtype in s.dtypes:
            for column in columns:
                yield column, s.name, dtype


def _agreeing(result):
    return [column.name for column in result.columns if column.verdict == "agrees"]


def _wrong(side, result, other, only):
    """Yields the WrongSide of every column that is wrong in a result, one without a row for its form included."""
    verdicts = {column.name: column.verdict for column in other.columns}
    for r in words.first_rejections(result) if only is None else result.rejections:
        if only in (None, (r.column, r.case, r.dtype)):
            yield WrongSide(r.column, side, words.equation(result, r), verdicts.get(r.column, ""), r)


def _check_unique(result, name):
    """Raises UsageError where a case, a column, or a quantity of both, is there twice: which of them is meant?"""
    keys = [s.name for s in result.settings] + [(column.name,) for column in result.columns]
    keys += [(row.column, row.case, row.dtype, row.quantity) for row in result.rows]
    for key, times in Counter(keys).items():
        if times > 1:
            what = key if isinstance(key, str) else ", ".join(key)
            raise UsageError(f"{name} has {what} {times} times, and only one can be compared: make the report again.")


def _check_same_inputs(a, b, names):
    """Raises UsageError where two results are not on the same cases, or were not asked the same there."""
    settings_a = {s.name: s for s in a.settings}
    settings_b = {s.name: s for s in b.settings}
    differing = ", ".join(sorted(settings_a.keys() ^ settings_b.keys()))
    if differing:
        raise UsageError(f"{names[0]} and {names[1]} are not on the same cases: only one of them has {differing}.")
    for case, s in settings_a.items():
        for field in s.__struct_fields__:
            ours, theirs = getattr(s, field), getattr(settings_b[case], field)
            if ours != theirs and field != "weights_file":  # what is in it counts: that is in the SHA-256
                what = "data or weights (inputs_sha256)" if field == "inputs_sha256" else field
                raise UsageError(
                    f"{names[0]} and {names[1]} were not asked the same in case {case}: "
                    f"{what} {_short(ours)} and {_short(theirs)}."
                )


def _short(value):
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"


def _not_judged(both, results, names):
    """{column: in which of the two it was not judged first, and why}"""
    reasons = {}
    for result, name in zip(results, names, strict=True):
        for column in result.columns:
            if column.name in both and column.verdict == "not judged":
                reasons.setdefault(column.name, f"in {name}: {column.reason}")
    return reasons


def _changes(a, b):
    flat_a, flat_b = _flat(a), _flat(b)
    if a.processes and b.processes:  # older reports say nothing of them
        flat_a |= environment.flat(a)
        flat_b |= environment.flat(b)
    changes = [Change(name, flat_a.get(name), flat_b.get(name)) for name in {**flat_a, **flat_b}]
    return [change for change in changes if change.a != change.b]


def _processes(a, b, columns):
    """Yields what the process of each column had on either side."""
    for column in columns:
        in_a, in_b = a.processes.get(column, {}), b.processes.get(column, {})
        for what in {**in_a, **in_b}:
            yield Change(f"{column}: {what}", in_a.get(what), in_b.get(what))


def _flat(e):
    judged = {f"judge of {dtype}": wide for dtype, wide in e.wide.items()}
    machine = {"system": e.system, "cpu": e.cpu, "cores": str(e.cores), "threads": e.threads}
    return {"fourfold": e.fourfold, "Python": e.python, **e.versions, **machine, **judged, **e.variables}


def _movement(key, quantity, rows, sides):
    compared, moved, ulps, share = 0, 0, 0.0, 0.0
    if all(kept and f"trace_{quantity}" in kept for kept in sides):
        a, b = sides[0][f"trace_{quantity}"], sides[1][f"trace_{quantity}"]
        both_limits = sides[0][f"limit_{quantity}"] + sides[1][f"limit_{quantity}"]
        compared, moved = a.size, int((~same_bits(a, b)).sum())
        ulps = float(ulps_apart(a, b, key[2]).max())
        share = float(share_of(a, b, both_limits).max())
    return Movement(
        **_named(key),
        quantity=quantity,
        compared=compared,
        moved=moved,
        ulps=number(ulps),
        share=number(share),
        ratio_a=rows[0].worst_ratio,
        ratio_b=rows[1].worst_ratio,
        beyond=bool(rows[0].rejected or rows[1].rejected) or share > 1,
    )


def _named(key):
    return dict(zip(("column", "case", "dtype"), key, strict=True))


def same_bits(a, b):
    """Where two arrays of one dtype hold the same number: bits, sign of zero included; any NaN is like any other."""
    bits = np.dtype(f"u{a.itemsize}")
    return (a.view(bits) == b.view(bits)) | (np.isnan(a) & np.isnan(b))


def ulps_apart(a, b, dtype=""):
    """Steps from one number of a precision to the next between a and b, as float64; infinite where only one is NaN."""
    a_rank, b_rank = _rank(a), _rank(b)
    apart = np.where(a_rank > b_rank, a_rank - b_rank, b_rank - a_rank).astype(np.float64)
    if dtype == BFLOAT16:  # the upper half of the float32 that holds it
        apart /= 2**16
    a_nan, b_nan = np.isnan(a), np.isnan(b)
    return np.where(a_nan | b_nan, np.where(a_nan & b_nan, 0.0, np.inf), apart)


def _rank(Z):
    """Unsigned integers in the order of the floats, both zeros alike."""
    bits = Z.view(np.dtype(f"u{Z.itemsize}")).astype(np.uint64)
    sign = np.uint64(1 << (8 * Z.itemsize - 1))
    return np.where(bits & sign, sign - (bits & (sign - np.uint64(1))), sign + bits)


def share_of(a, b, limit):
    """|a - b| / limit; 0 where they are equal, or where nothing is certified (the limit is NaN)."""
    with np.errstate(all="ignore"):
        apart = np.abs(a.astype(np.float64) - b.astype(np.float64))
        share = np.where(apart <= limit, np.minimum(apart / limit, 1.0), np.maximum(apart / limit, np.nextafter(1, 2)))
    equal = (a == b) | np.isnan(limit)
    return np.where(equal, 0.0, np.nan_to_num(share, nan=np.inf, posinf=np.inf))


def _drift(key, a, b, steps):
    """Compares what is recorded: losses at, and weights before, each recorded step, and the last weights."""
    recorded = [*a["step"].tolist(), steps]
    differs = np.zeros(len(recorded), bool)
    weights = [name.removesuffix("_final") for name in a if name[0] in "Wb" and name.endswith("_final")]
    apart = {}
    for name in ("L", *weights):
        Z_a, Z_b = _with_last(a, name), _with_last(b, name)
        differs[: len(Z_a)] |= ~same_bits(Z_a, Z_b).reshape(len(Z_a), -1).all(axis=1)
        apart[name] = _largest_difference(Z_a, Z_b)
    same_until, differs_at = recorded[-1], None
    if differs.any():
        first = int(np.argmax(differs))
        same_until, differs_at = (recorded[first - 1] if first else None), recorded[first]
    return Drift(
        **_named(key),
        same_until=same_until,
        differs_at=differs_at,
        loss=number(apart["L"]),
        weights=number(max(apart[name] for name in weights)),
    )


def _with_last(arrays, name):
    """What was recorded of a quantity, and what it was at the end, where that is known."""
    last = arrays.get(f"{name}_final")
    return arrays[name] if last is None else np.concatenate([arrays[name], last[None]])


def _largest_difference(a, b):
    with np.errstate(all="ignore"):
        apart = np.abs(a.astype(np.float64) - b.astype(np.float64))
    return float(np.where(same_bits(a, b), 0.0, np.nan_to_num(apart, nan=np.inf, posinf=np.inf)).max())
