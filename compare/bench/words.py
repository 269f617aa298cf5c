"""A benchmark in words and tables: (caption, headers, rows) until the last moment."""

from statistics import median

from fourfold.compare.bench.goals import goals, times
from fourfold.compare.bench.record import ratio, spread
from fourfold.compare.bench.subjects import LIMIT, STRICT
from fourfold.compare.results import words

BUSY = 0.9  # a round in which less of the clock time was processor time had to share the processor


def tables(bench):
    """[(caption, headers, rows)] of text."""
    found = [_paces(bench), _growth(bench), _goals(bench)]
    return [table for table in found if table[2]]


def _paces(bench):
    limits = {w.name: bench.pace(LIMIT, w.name) for w in bench.works}
    beside = any(limits.values())
    headers = ["", *(part for w in bench.works for part in (w.name, "× C")[: 1 + beside])]
    rows = []
    for s in bench.subjects:
        paces = [(bench.pace(s.name, w.name), limits[w.name]) for w in bench.works]
        if any(pace for pace, _ in paces):
            rows.append([s.name, *(cell for pair in paces for cell in _cells(*pair)[: 1 + beside])])
    caption = "Time per seed and step, median of the rounds ± median deviation"
    return f"{caption}, and how many times the C loop's" if beside else caption, headers, rows


def _cells(pace, limit):
    if not pace:
        return "–", ""
    time = f"{duration(median(pace.ns))} ±{spread(pace.ns):.0%}"
    return time, times(ratio(pace.ns, limit.ns)) if limit else ""


def _growth(bench):
    by = {(g.axis, g.subject): g for g in bench.growth}
    names = dict.fromkeys(name for _, name in by)
    rows = []
    for axis in dict.fromkeys(axis for axis, _ in by):
        of = [by.get((axis, name)) for name in names]
        sizes = next(g.sizes for g in of if g)
        cells = [f"{g.exponent():.2f} {g.last_exponent():.2f}" if g else "–" for g in of]
        rows.append([axis, f"{sizes[0]:,} to {sizes[-1]:,}", *cells])
    caption = "Power of the size by which time grows: over all sizes, and from the last but one to the last"
    return caption, ["", "", *names], rows


def _goals(bench):
    rows = [[g.what, g.required, g.measured, "met" if g.met else "not met"] for g in goals(bench)]
    return "Goals", ["", "required", "measured", ""], rows


def _network(work):
    if not work.layers:
        return f"{work.hidden} hidden units, {work.activation}"
    return f"layers {'-'.join(map(str, work.layers))}{' with biases' if work.bias else ''}, {work.activation}"


def duration(ns):
    """Three digits and a unit."""
    for unit, size in (("ns", 1), ("µs", 1e3), ("ms", 1e6)):
        if ns < 999.5 * size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns / 1e9:.3g} s"


def sentences(bench):
    """What the tables do not say: what was done, how it was measured, what is missing and what spoils the figures."""
    rounds = f"{bench.rounds} rounds" if bench.rounds > 1 else "one round"
    yield f"{rounds}, in which all subjects take turns, each in a process of its own on one processor; float64."
    for w in bench.works:
        what = "XOR" if w.samples == 4 else "2 inputs"
        yield f"{w.name}: {w.steps:,} steps, {what}, {w.samples:,} samples, {_network(w)}."
    if any(s.kind == "peer" for s in bench.subjects):
        yield "Other libraries train seeds one after the other. Where a round is shorter than all steps, it is scaled."
    if any(s.name == STRICT for s in bench.subjects):
        yield (
            f"{LIMIT} is built with -ffast-math, so that exp is computed for several numbers at once; {STRICT} "
            "without: every operation is rounded as IEEE 754 says, and exp is called for one number after the other."
        )
    if bench.growth:
        yield (
            "The work of a step is in proportion to seeds, samples, width (of one layer on 2 inputs) and depth (layers "
            "of 16 units): a power of 1. What a step costs whatever its size keeps the power of small sizes below 1."
        )
    for m in bench.commands:
        yield f"{m.name} from cold: {median(m.seconds):.1f} s ±{spread(m.seconds):.0%}."
    for s in bench.subjects:
        if not any(p.subject == s.name for p in bench.paces) or "raised" in s.note or "killed" in s.note:
            yield f"Not measured: {s.name}: {s.note}."
    yield from conditions(bench)


def conditions(bench):
    """What the machine was, and whether it was busy."""
    waited = [p for p in bench.paces if median(p.busy) < BUSY]
    if waited:
        yield (
            f"The machine was busy with other things: {len(waited)} of {len(bench.paces)} subjects had a processor for "
            f"less than {BUSY:.0%} of their time, at worst for {min(median(p.busy) for p in waited):.0%}."
        )
    e, load = bench.environment, f"load {min(bench.load):g} to {max(bench.load):g}"
    yield f"{words.set_up(e).splitlines()[0]}; {e.cpu}, {e.cores} cores, {load}."
