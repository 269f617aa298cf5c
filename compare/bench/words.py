"""A benchmark in words and tables: (caption, headers, rows) until the last moment."""

from statistics import median

from fourfold.compare.bench.goals import goals, times
from fourfold.compare.bench.record import ratio, spread
from fourfold.compare.bench.subjects import LIMIT, STRICT
from fourfold.compare.results import words

BUSY = 0.9  # a round in which less of the clock time was processor time had to share the processor


def tables(bench):
    """[(caption, headers, lines)] of text."""
    every = _paces(bench), _growth(bench), _goals(bench)
    return [table for table in every if table[-1]]


def _paces(bench):
    limits = {w.name: bench.pace(LIMIT, w.name) for w in bench.works}
    beside_c = any(limits.values())
    headers = [""]
    for name in limits:
        headers += [name, "× C"] if beside_c else [name]
    lines = []
    for s in bench.subjects:
        line, has_a_pace = [s.name], False
        for name, limit in limits.items():
            pace = bench.pace(s.name, name)
            has_a_pace |= pace is not None
            line.append(_time(pace))
            if beside_c:
                line.append(times(ratio(pace.ns, limit.ns)) if pace and limit else "")
        if has_a_pace:
            lines.append(line)
    caption = "Time per seed and step, median of the rounds ± median deviation"
    return f"{caption}, and how many times the C loop's" if beside_c else caption, headers, lines


def _time(pace):
    return f"{duration(median(pace.ns))} ±{spread(pace.ns):.0%}" if pace else "–"


def _growth(bench):
    growths, names = {}, []
    for g in bench.growth:
        growths.setdefault(g.axis, {})[g.subject] = g
        if g.subject not in names:
            names.append(g.subject)
    lines = []
    for axis, by_name in growths.items():
        sizes = next(iter(by_name.values())).sizes
        powers = map(_powers, map(by_name.get, names))
        lines.append([axis, f"{sizes[0]:,} to {sizes[-1]:,}", *powers])
    caption = "Power of the size by which time grows: over all sizes, and from the last but one to the last"
    return caption, ["", "", *names], lines


def _powers(growth):
    return f"{growth.exponent():.2f} {growth.last_exponent():.2f}" if growth else "–"


def _goals(bench):
    lines = [[g.what, g.required, g.measured, "met" if g.met else "not met"] for g in goals(bench)]
    return "Goals", ["", "required", "measured", ""], lines


def _network(work):
    if not work.layers:
        return f"{work.hidden} hidden units, {work.activation}"
    biases = " with biases" if work.bias else ""
    return f"layers {'-'.join(map(str, work.layers))}{biases}, {work.activation}"


def duration(ns):
    """Three digits and a unit."""
    for unit, size in (("ns", 1), ("µs", 1e3), ("ms", 1e6)):
        if ns < 999.5 * size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns / 1e9:.3g} s"


def sentences(bench):
    """Yields what the tables leave out: what was done and how, what is missing, and what spoils the figures."""
    kinds = {s.name: s.kind for s in bench.subjects}
    timed = {pace.subject for pace in bench.paces}
    rounds = f"{bench.rounds} rounds" if bench.rounds > 1 else "one round"
    yield f"{rounds}, in which all subjects take turns, each in a process of its own on one processor; float64."
    for w in bench.works:
        what = "XOR" if w.samples == 4 else "2 inputs"
        yield f"{w.name}: {w.steps:,} steps, {what}, {w.samples:,} samples, {_network(w)}."
    if "peer" in kinds.values():
        yield "Other libraries train seeds one after the other. Where a round is shorter than all steps, it is scaled."
    if STRICT in kinds:
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
        if s.name not in timed or "raised" in s.note or "killed" in s.note:
            yield f"Not measured: {s.name}: {s.note}."
    yield from conditions(bench)


def conditions(bench):
    """What the machine was, and whether it was busy."""
    busy = [median(pace.busy) for pace in bench.paces]
    waited = [share for share in busy if share < BUSY]
    if waited:
        yield (
            f"The machine was busy with other things: {len(waited)} of {len(busy)} subjects had a processor for "
            f"less than {BUSY:.0%} of their time, at worst for {min(waited):.0%}."
        )
    e, load = bench.environment, f"load {min(bench.load):g} to {max(bench.load):g}"
    yield f"{words.set_up(e).splitlines()[0]}; {e.cpu}, {e.cores} cores, {load}."
