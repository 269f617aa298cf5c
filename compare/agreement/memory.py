"""What a run will take, before it is begun: nothing is worse than to be killed in the middle of it."""

from contextlib import nullcontext
from threading import Lock

from fourfold.compare.agreement.plan import PIECE, plan
from fourfold.compare.columns import workers
from fourfold.compare.errors import UsageError
from fourfold.compare.results.arrays import SHOWN_SEEDS
from fourfold.compare.system import memory

AT_ONCE = 2_000_000  # numbers of passes that are judged together; a pass that has more is judged alone
# Bytes, as measured, a number of a pass: data, every layer's outputs, and all weights twice.
JUDGING = 230  # exact values, limits and what comes of them
ANSWERING = 110  # a column's answer, at both ends of the pipe
KEPT = 50  # for pictures, until all is done
TRAINING = 50  # a number of a trajectory: the column's, the answer, and the next one
STEPPING = 90  # of those that are judged together
SMALL = 2 * memory.GIGABYTE  # what needs no more is begun wherever fourfold is
MOST = 3e12  # numbers to be judged: at best a day's work of two cores

_one_by_one = Lock()


def numbers(case):
    """How many numbers there are in one pass of one network."""
    return len(case.X) * sum(case.widths()) + 2 * case.parameters()


def steps_at_once(case):
    """At how many steps a pass of all seeds may be asked for, and judged, together."""
    return max(1, AT_ONCE // (len(case.seeds) * numbers(case)))


def turn(case):
    """A context in which a Case is judged: what is large is judged by one thread at a time."""
    return _one_by_one if len(case.seeds) * numbers(case) > AT_ONCE else nullcontext()


def needed(case, names, dtypes, keep):
    """Bytes that certifying columns on a Case will take; `keep`: what is drawn is kept."""
    calls, beside = plan(case), len(workers.by_process(names))
    together = case.some_seeds(calls.seeds[0])
    in_a_pass = len(together.seeds) * numbers(case)
    passes = max(in_a_pass, min(AT_ONCE, 9 * in_a_pass))  # of steps 0, 1, 10, ...
    steps = calls.steps[0] * len(together.seeds)
    training = (TRAINING * steps + STEPPING * min(steps, max(PIECE, len(together.seeds)))) * case.parameters()
    judging = JUDGING * passes * (1 if in_a_pass > AT_ONCE else beside)
    kept = KEPT * keep * len(names) * len(dtypes) * min(SHOWN_SEEDS, len(case.seeds)) * numbers(case)
    return judging + beside * (ANSWERING * passes + training) + kept


def check(cases, names, dtypes, keep=True):
    """Raises UsageError where a Case needs more memory than there is, or for ever."""
    free = memory.free()
    for case in cases:
        judged = case.steps * len(case.seeds) * numbers(case) * len(names) * len(dtypes)
        if judged > MOST:
            raise UsageError(
                f"{case.name} would be {judged:.0e} numbers to judge, which takes days: choose fewer samples, --steps, "
                f"--seeds or columns (--impl)."
            )
        advice = "choose fewer samples, narrower layers, fewer columns with --impl, or fewer seeds"
        compare(case, needed(case, names, dtypes, keep), free, advice)


def check_workers(cases, workers):
    """The same of a sweep, where each of so many workers judges one network at a time."""
    free = memory.free()
    for case in cases:
        most = workers * (JUDGING + ANSWERING) * numbers(case)
        compare(case, most, free, "choose fewer samples, narrower layers, or fewer --workers")


def compare(case, most, free, advice):
    """Raises UsageError where a Case would take more bytes than are free."""
    if free is not None and most > max(free, SMALL):
        raise UsageError(
            f"{case.name} would take about {most / memory.GIGABYTE:,.0f} GB of memory, and "
            f"{free / memory.GIGABYTE:,.1f} GB are free: {advice}."
        )
