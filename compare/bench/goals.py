"""What fourfold sets out to reach in speed, each with what was measured."""

from operator import itemgetter
from statistics import median
from typing import NamedTuple

from fourfold.compare.bench.record import ratio
from fourfold.compare.bench.subjects import LIMIT, MANY, ONE, STRICT

AHEAD = 10, 100  # times a peer's pace, on one seed or on 1,000
OF_LIMIT = (("jax", 5), ("tf", 5), ("numpy", 20), ("torch", 20))  # who has a goal beside the C loop, times its pace
COLD = 2
SECONDS = (("check", 0.5), ("lesson", 12), ("report", 15), ("exercise all", 120))  # of a command, from cold
EXPONENT, LINEAR = 1.05, ("steps", "seeds", "samples")
MEMORY = 1.05


class Goal(NamedTuple):
    what: str
    required: str
    measured: str
    met: bool


def goals(bench):
    """Every Goal that the record has figures for."""
    return [*_peers(bench), *_limit(bench), *_certificates(bench), *_cold(bench), *_growth(bench), *_memory(bench)]


def _peers(bench):
    one, many = AHEAD
    for s in bench.subjects:
        if s.kind != "peer":
            continue
        ratio_one = _ratio(bench, s.name, s.column, ONE)
        ratio_many = _ratio(bench, s.name, s.column, MANY)
        if ratio_one and ratio_many:
            measured = f"{times(ratio_one)}, {times(ratio_many)} on 1,000 seeds"
            met = ratio_one >= one or ratio_many >= many
            yield Goal(f"{s.column} ahead of {s.name}", f"≥ ×{one}, or ×{many} on 1,000 seeds", measured, met)


def _limit(bench):
    for name, most in OF_LIMIT:
        ratio_limit, ratio_strict = _ratio(bench, name, LIMIT, MANY), _ratio(bench, name, STRICT, MANY)
        if ratio_limit:
            measured = times(ratio_limit)
            if ratio_strict:
                measured += f"; {times(ratio_strict)} beside {STRICT}"
            yield Goal(f"{name} beside C, 1,000 seeds", f"≤ ×{most}", measured, ratio_limit <= most)


def _ratio(bench, subject, other, work):
    """How many times as long a subject takes as another at a work; None where one of them has no pace there."""
    if not any(w.name == work for w in bench.works):
        return None
    slower, faster = bench.pace(subject, work), bench.pace(other, work)
    return ratio(slower.ns, faster.ns) if slower and faster else None


def _certificates(bench):
    for c in bench.certificates:
        share = ratio(c.certify, c.train)
        what = f"certifying {c.column}, {c.seeds} seeds, {c.dtype}"
        yield Goal(what, "≤ ×1 of its training", times(share), share <= 1)


def _cold(bench):
    seconds = {c.name: c.seconds for c in bench.commands}
    if "import tensorflow" in seconds and "fourfold agree" in seconds:
        measured = ratio(seconds["fourfold agree"], seconds["import tensorflow"])
        yield Goal("agree from cold beside import tensorflow", f"≤ ×{COLD}", times(measured), measured <= COLD)
    for name, most in SECONDS:
        took = seconds.get(f"fourfold {name}")
        if took:
            yield Goal(f"{name} from cold", f"≤ {most:g} s", f"{median(took):.3g} s", median(took) <= most)


def _growth(bench):
    for axis in LINEAR:
        exponents = {g.subject: g.exponent() for g in bench.growth if g.axis == axis}
        if exponents:
            name, largest = max(exponents.items(), key=itemgetter(1))
            measured = f"{largest:.2f} at most, {name}"
            yield Goal(f"time grows linearly with {axis}", f"power ≤ {EXPONENT}", measured, largest <= EXPONENT)


def _memory(bench):
    for m in bench.memory:
        growth = m.mebibytes[-1] / m.mebibytes[0]
        mebibytes = " → ".join(map("{:,.0f}".format, m.mebibytes))
        what = f"memory, {m.steps[0]:,} to {m.steps[-1]:,} steps"
        yield Goal(what, f"≤ ×{MEMORY}", f"{mebibytes} MiB, {times(growth)}", growth <= MEMORY)


def times(ratio):
    """Three digits: ×0.312, ×31.2, ×31,200."""
    return f"×{ratio:.3g}" if ratio < 999.5 else f"×{float(f'{ratio:.3g}'):,.0f}"
