"""What a run will need, before it is begun: nothing is worse than to be killed in the middle of it."""

from contextlib import nullcontext
from threading import Lock

from fourfold.compare.agreement.plan import NUMBERS, plan
from fourfold.compare.columns import workers
from fourfold.compare.errors import UsageError
from fourfold.compare.results.arrays import SHOWN_SEEDS
from fourfold.compare.system import memory

# Bytes, as measured, a number of a pass: data, every layer's outputs, and all weights twice.
JUDGING = 450  # exact values, limits and what comes of them
ANSWERING = 170  # a column's answer, at both ends of the pipe
KEPT = 50  # for pictures, until all is done
# And a number of a trajectory: the column's, the answer, the next one, and what comes of it.
TRAINING = 150
SMALL = 2 * memory.GIGABYTE  # what needs no more is begun wherever fourfold is

_one_by_one = Lock()


def numbers(case):
    """How many numbers there are in one pass of one network."""
    return len(case.X) * sum(case.widths()) + 2 * case.parameters()


def points_at_once(case):
    """At how many points (one seed at one step) a pass may be asked for, and judged, together."""
    return max(1, NUMBERS // numbers(case))


def turn(case):
    """A context in which a Case is judged: what is large is judged by one thread at a time."""
    return _one_by_one if numbers(case) > NUMBERS // 4 else nullcontext()


def needed(case, names, dtypes, keep):
    """Bytes that certifying columns on a Case will take; `keep`: what is drawn is kept."""
    calls, beside = plan(case), len(workers.by_process(names))
    together = max(part.stop - part.start for part in calls.seeds)
    points = max(together, points_at_once(case))
    a_pass = min(points, 10 * together) * numbers(case)
    trained = calls.steps[0] * together * case.parameters()
    judging = JUDGING * a_pass * (1 if a_pass > NUMBERS else beside)
    kept = KEPT * keep * len(names) * len(dtypes) * min(SHOWN_SEEDS, len(case.seeds)) * numbers(case)
    return judging + beside * (ANSWERING * a_pass + TRAINING * trained) + kept


def check(cases, names, dtypes, keep=True):
    """Raises UsageError where a Case needs more than there is."""
    free = memory.free()
    for case in cases:
        most = needed(case, names, dtypes, keep)
        if free is not None and most > max(free, SMALL):
            raise UsageError(
                f"{case.name} would take about {most / memory.GIGABYTE:,.0f} GB of memory, and "
                f"{free / memory.GIGABYTE:,.1f} GB are free: choose fewer samples, narrower layers, fewer columns with "
                f"--impl, or fewer seeds."
            )
