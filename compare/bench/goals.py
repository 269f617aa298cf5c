"""What fourfold sets out to reach in speed, each with what was measured."""

from typing import NamedTuple

from fourfold.compare.bench.record import ratio
from fourfold.compare.bench.subjects import LIMIT, MANY, ONE

AHEAD = 10, 100  # times a peer's pace, on one seed or on 1,000
OF_LIMIT = (("jax", 5), ("tf", 5), ("numpy", 20), ("torch", 20))  # who has a goal beside the C loop, times its pace
COLD = 2.5
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
        pairs = [(bench.pace(s.name, work), bench.pace(s.column, work)) for work in (ONE, MANY)]
        ratios = [ratio(a.ns, b.ns) for a, b in pairs if a and b]
        if len(ratios) == 2:
            of_one, of_many = ratios
            measured = f"{times(of_one)}, {times(of_many)} on 1,000 seeds"
            met = of_one >= one or of_many >= many
            yield Goal(f"{s.column} ahead of {s.name}", f"≥ ×{one}, or ×{many} on 1,000 seeds", measured, met)


def _limit(bench):
    limit = bench.pace(LIMIT, MANY) if any(w.name == MANY for w in bench.works) else None
    for name, most in OF_LIMIT:
        pace = bench.pace(name, MANY) if limit else None
        if limit and pace:
            found = ratio(pace.ns, limit.ns)
            yield Goal(f"{name} beside C, 1,000 seeds", f"≤ ×{most}", times(found), found <= most)


def _certificates(bench):
    for c in bench.certificates:
        share = ratio(c.certify, c.train)
        what = f"certifying {c.column}, {c.seeds} seeds, {c.dtype}"
        yield Goal(what, "≤ ×1 of its training", times(share), share <= 1)


def _cold(bench):
    seconds = {c.name: c.seconds for c in bench.commands}
    if "import tensorflow" in seconds and "fourfold agree" in seconds:
        found = ratio(seconds["fourfold agree"], seconds["import tensorflow"])
        yield Goal("agree from cold beside import tensorflow", f"≤ ×{COLD}", times(found), found <= COLD)


def _growth(bench):
    for axis in LINEAR:
        exponents = {g.subject: g.exponent() for g in bench.growth if g.axis == axis}
        if exponents:
            steepest = max(exponents, key=lambda name: exponents[name])
            measured, met = f"{exponents[steepest]:.2f} at most, {steepest}", exponents[steepest] <= EXPONENT
            yield Goal(f"time grows linearly with {axis}", f"power ≤ {EXPONENT}", measured, met)


def _memory(bench):
    for m in bench.memory:
        found = m.mebibytes[-1] / m.mebibytes[0]
        measured = " → ".join(f"{mib:,.0f}" for mib in m.mebibytes) + f" MiB, {times(found)}"
        what = f"memory, {m.steps[0]:,} to {m.steps[-1]:,} steps"
        yield Goal(what, f"≤ ×{MEMORY}", measured, found <= MEMORY)


def times(ratio):
    """Three digits: ×0.312, ×31.2, ×31,200."""
    return f"×{ratio:.3g}" if ratio < 999.5 else f"×{float(f'{ratio:.3g}'):,.0f}"
