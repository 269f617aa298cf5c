"""What a worker computes of a sweep: some configurations of one shape, for some seeds, by one column.

Final losses are kept, and losses on the way where they are asked for. A sample of every configuration is certified
here, where the weights are: some seeds, at the first steps, at some in between, and at the last.
"""

import hashlib
import platform
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare import cases, columns, judge
from fourfold.compare.agreement import locate
from fourfold.compare.agreement.locate import Where
from fourfold.compare.cases.case import build_case
from fourfold.compare.columns import calls
from fourfold.compare.errors import ColumnError, Misfit
from fourfold.compare.judge import judgement
from fourfold.compare.results import environment

PATH = 2**25  # bytes of a path held at once
STEPS, SEEDS = 8, 3  # certified of a configuration: at most three times so many steps, of so many seeds
TOGETHER = 1000  # networks: with fewer, most of a step is calling it
ENTRIES = 2_000_000  # of the widest array of a trace
# What decides over a number, beside the columns and this; a sweep is of one version of these.
DECIDING = (judge, cases, columns)  # rooms


class Chunk(NamedTuple):
    """All that a worker is sent; it needs neither files nor the command's options."""

    index: int
    column: str
    dtype: str
    data: tuple  # name, X, Y
    configurations: tuple  # of one shape
    first: int  # the index of the first of them
    marks: tuple  # numbers of steps after which the loss is kept, in ascending order; the last are all steps
    seeds: range

    def case(self, configuration):
        name, X, Y = self.data
        return case(name, X, Y, configuration, self.marks[-1], self.seeds)

    def steps(self):
        """Of gradient descent, of all configurations and seeds."""
        return len(self.configurations) * len(self.seeds) * self.marks[-1]


class Found(NamedTuple):
    losses: np.ndarray  # (configurations, 1 + marks, seeds): at the initial weights, and after so many steps
    certified: list  # numbers, a configuration
    rejected: list
    rejections: list  # the first of every configuration that has one
    made_with: dict


def case(name, X, Y, c, steps, seeds):
    """The Case of a Configuration. Raises UsageError where it does not fit the data."""
    layers, hidden = (None, c.hidden) if c.layers is None else ([int(d) for d in c.layers.split("-")], 1)
    return build_case(name, X, Y, c.activation.replace("-", ","), c.lr, steps, hidden, seeds, layers, c.bias)


def compute(column, chunk):
    """The Found of a Chunk. Raises ColumnError, and whatever the column raises."""
    case = chunk.case(chunk.configurations[0])  # weights are drawn once: they depend on the shape and the seeds alone
    losses = np.full((len(chunk.configurations), 1 + len(chunk.marks), len(chunk.seeds)), np.nan, chunk.dtype)
    judged, batch = [], at_once(chunk, case)
    with np.errstate(all="ignore"):
        for n in range(0, len(losses), batch):
            judged += _batch(chunk, case, chunk.configurations[n : n + batch], losses[n : n + batch])
    certified, rejected, rejections = zip(*judged, strict=True)
    return Found(losses, [*certified], [*rejected], [r for r in rejections if r], made_with([column]))


def most(case):
    """How many networks of this shape there is memory for."""
    return max(1, ENTRIES // (len(case.X) * max(case.widths()) + case.parameters()))


def at_once(chunk, case):
    """How many configurations are trained as one, each seed with its rate. Not by a stranger, who may want a number."""
    return max(1, min(TOGETHER, most(case)) // len(chunk.seeds)) if chunk.column in impls.NAMES else 1


def lengths(case, dtype, networks):
    """(steps in a piece, number of pieces): equal ones, since each other length would be compiled anew.

    One step more than asked for is trained at least: `train` gives the loss before every step.
    """
    of_step = networks * (1 + case.parameters()) * np.dtype(dtype).itemsize
    steps = case.steps + 1
    number = -(-steps // max(1, PATH // of_step))
    length = -(-steps // number)
    return length, -(-steps // length)


def _batch(chunk, case, configurations, losses):
    """Fills `losses`; a configuration has (numbers certified, numbers rejected, its first Rejection or None)."""
    sample = np.unique(np.linspace(0, len(chunk.seeds) - 1, SEEDS).astype(int))
    few = {"seeds": [chunk.seeds[s] for s in sample], "weights": tuple(Z[sample] for Z in case.weights)}
    cases = [case._replace(lr=float(c.lr), **few) for c in configurations]
    try:
        windows = [*_windows(chunk, case, configurations, losses, sample)]
    except Misfit as misfit:
        return [(0, 1, locate.malformed(_where(chunk, one), *misfit.args)) for one in cases]
    return [_judge(chunk, one, [(t, *_each(of, n)) for t, *of in windows]) for n, one in enumerate(cases)]


def _windows(chunk, case, configurations, losses, sample):
    """Trains, fills `losses` (configurations, 1 + marks, seeds), and yields what is to be judged.

    That is a step, the parameters before it and before some that follow, and the path of these: arrays (steps,
    configurations, sample, ...). Raises Misfit where arrays have not the right form.
    """
    networks = len(configurations) * len(chunk.seeds)
    X, Y, *now = case.cast(chunk.dtype)
    now = [np.concatenate([Z] * len(configurations)) for Z in now]
    rates = np.repeat([float(c.lr) for c in configurations], len(chunk.seeds))[:, None, None].astype(chunk.dtype)
    lr = rates if chunk.column in impls.NAMES else configurations[0].lr
    length, number = lengths(case, chunk.dtype, networks)
    marks, between = np.array((0, *chunk.marks)), 1 + chunk.index % max(1, number - 2)
    sampled = lambda Z: Z.reshape(len(Z), len(configurations), -1, *Z.shape[2:])[:, :, sample]
    p = judgement.problem(case, chunk.dtype)

    pieces = calls.pieces(chunk.column, case.row, X, Y, now, lr, length, number, case.activations)
    for n, (L, taken) in enumerate(pieces):
        first, last = n * length, min(length, case.steps + 1 - n * length)
        spans = [(0, min(STEPS, last))] if n in {0, between} else []
        if n == number - 1:
            spans.append((max(last - STEPS, *(end for _, end in spans), 0), last))
        for start, end in spans:
            path = [*taken(slice(start, end)), L[start:end]]
            complaint = judgement.malformed_path(path, now, end - start, p)
            if complaint:
                raise Misfit(first, "train", complaint)
            before = [Z[None] for Z in now] if start == 0 else taken(slice(start - 1, start))
            before = [np.concatenate([w, Z[:-1]]) for w, Z in zip(before, path, strict=False)]
            if end > start:
                yield first + start, [*map(sampled, before)], [*map(sampled, path)]
        here = (marks >= first) & (marks < first + length)
        losses[:, here] = L[marks[here] - first].reshape(-1, *losses[:, 0].shape).swapaxes(0, 1)
        now = [Z[0] for Z in taken(slice(length - 1, length))]


def _each(of, n):
    """What is to be judged of one configuration."""
    return [[Z[:, n] for Z in arrays] for arrays in of]


def _judge(chunk, case, windows):
    p, where = judgement.problem(case, chunk.dtype), _where(chunk, case)
    certified, rejected, rejection = 0, 0, None
    for first, before, path in windows:
        judged = judgement.judge_steps(before, path, p)
        certified += sum(int(j.certified.sum()) for j in judged)
        rejected += sum(int(j.wrong.sum()) for j in judged)
        wrong = judgement.first_wrong(judged)
        if wrong and not rejection:
            rejection = locate.in_run(_Here, where, wrong, before, first, case, p)
    return certified, rejected, rejection


def _where(chunk, case):
    widths = "-".join(map(str, case.widths()))
    case = f"{chunk.data[0]}, {widths}{', biases' * case.biased()}, {case.activation}, learning rate {case.lr:g}"
    return Where(chunk.column, case, chunk.dtype)


class _Here:
    """What `locate` asks, in the process that computes the chunk."""

    @staticmethod
    def call(name, task, *args):
        outcome = calls.timed(task, name, *args)
        if outcome.complaint:
            raise ColumnError(outcome.complaint)
        return outcome.value


def made_with(columns):
    """{what: version} of all that may change a result; the same for all workers, or there is no one result."""
    versions = environment.versions(columns)
    return {
        "fourfold": f"{environment.version('fourfold')} ({_sources()})",
        "python": platform.python_version(),
    } | versions


@lru_cache
def _sources():
    rooms = [impls, *DECIDING]
    paths = [Path(__file__)]
    for room in rooms:
        paths += sorted(Path(room.__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]
