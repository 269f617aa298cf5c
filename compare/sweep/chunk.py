"""What a worker computes of a sweep: some configurations of one shape, for some seeds, by one column.

The final loss of every run is kept, and losses on the way where they are asked for. A sample of every configuration is
certified here, where the weights are: a few seeds, at the first steps, at some in between, and at the last.
"""

import hashlib
import platform
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare import cases, columns, judge
from fourfold.compare.agreement import locate, rejections
from fourfold.compare.cases.case import build_case
from fourfold.compare.columns import calls
from fourfold.compare.columns.questions import about
from fourfold.compare.judge import form, formats, judgement, updated, updates
from fourfold.compare.judge.quantities import anatomy_at, names_kept
from fourfold.compare.judge.updates import UpdateRule
from fourfold.compare.results import environment

TRAJECTORY_BYTES = 2**25  # of a trajectory, held at once
STEPS, SEEDS = 8, 3  # certified of a configuration: at most three times so many steps, of so many seeds
TOGETHER = 1000  # networks: with fewer, most of a step is calling it
ENTRIES = 2_000_000  # of the widest array of a trace
# All that decides over a number, beside this file: the chunks of a sweep are of one version of these rooms.
DECIDING = (impls, judge, cases, columns)


class Chunk(NamedTuple):
    """All that a worker is sent; it needs neither files nor the command's options."""

    index: int
    column: str
    dtype: str
    data: tuple  # name, X, Y
    configurations: tuple  # of one shape
    marks: tuple  # numbers of steps after which the loss is kept, in ascending order; the last are all steps
    seeds: range
    update: UpdateRule | None = None  # the optimiser; None: plain descent

    def case(self, configuration):
        name, X, Y = self.data
        return case(name, X, Y, configuration, self.marks[-1], self.seeds)._replace(update=self.update)

    def runs(self):
        """How many training runs it is."""
        return len(self.configurations) * len(self.seeds)

    def steps(self):
        """Of gradient descent, of all runs."""
        return self.runs() * self.marks[-1]


class Computed(NamedTuple):
    """What a worker sends back for a Chunk."""

    losses: np.ndarray  # (configurations, 1 + marks, seeds): at the initial weights, and after so many steps
    certified: list  # how many numbers, a configuration
    rejected: list
    rejections: list  # the first of every configuration that has one
    made_with: dict


class Window(NamedTuple):
    """Consecutive steps that are judged: arrays (steps, configurations, sampled seeds, ...)."""

    first: int  # step
    before: list  # all parameters before every step
    trajectory: list  # all parameters after every step, and the loss before it
    kept_before: list  # what an optimiser keeps before the first of the steps; [] where it begins
    kept: list  # the same after every step


class WrongForm(Exception):
    """`train` gave a form.Malformed array. Arguments: that, and the first step of the piece."""


def case(name, X, Y, configuration, steps, seeds):
    """The Case of a Configuration. Raises UsageError where it does not fit the data."""
    c = configuration
    activation = c.activation.replace("-", ",")
    hidden, layers = c.hidden, None
    if c.layers is not None:
        hidden, layers = 1, [*map(int, c.layers.split("-"))]
    return build_case(name, X, Y, activation, c.lr, steps, hidden, seeds, layers, c.bias)


def compute(column, chunk):
    """Trains and certifies what a Chunk asks for: a Computed. Raises ColumnError, and whatever the column raises."""
    case = chunk.case(chunk.configurations[0])  # weights are drawn once: they depend on the shape and the seeds alone
    losses = np.full(
        (len(chunk.configurations), 1 + len(chunk.marks), len(chunk.seeds)), np.nan, formats.carrier(chunk.dtype)
    )
    computed = Computed(losses, [], [], [], made_with([column]))
    batch = at_once(chunk, case)
    with np.errstate(all="ignore"):
        for n in range(0, len(losses), batch):
            configurations = chunk.configurations[n : n + batch]
            for certified, rejected, rejection in _batch(chunk, case, configurations, losses[n : n + batch]):
                computed.certified.append(certified)
                computed.rejected.append(rejected)
                if rejection:
                    computed.rejections.append(rejection)
    return computed


def most(case):
    """How many networks of this shape there is memory for."""
    return max(1, ENTRIES // (len(case.X) * max(case.widths()) + case.parameters()))


def at_once(chunk, case):
    """How many configurations are trained as one, each network with its own rate.

    One where the column is not ours, or there is an optimiser: they may take nothing but a number for a rate.
    """
    if chunk.column not in impls.NAMES or chunk.update:
        return 1
    return max(1, min(TOGETHER, most(case)) // len(chunk.seeds))


def lengths(case, dtype, networks):
    """(steps in a piece, number of pieces): equal ones, since each other length would be compiled anew.

    One step more than asked for is trained at least: `train` gives the loss before every step.
    """
    step_bytes = networks * (1 + case.parameters()) * formats.carrier(dtype).itemsize
    steps = case.steps + 1
    number = -(-steps // max(1, TRAJECTORY_BYTES // step_bytes))
    length = -(-steps // number)
    return length, -(-steps // length)


def _batch(chunk, case, configurations, losses):
    """Trains configurations as one and fills their `losses` (configurations, 1 + marks, seeds).

    Returns (how many numbers are certified, how many rejected, the first Rejection or None) for each.
    """
    sample = np.unique(np.linspace(0, len(chunk.seeds) - 1, SEEDS).astype(int))
    seeds = [chunk.seeds[s] for s in sample]
    weights = tuple(Z[sample] for Z in case.weights)
    sampled_cases = [case._replace(lr=float(c.lr), seeds=seeds, weights=weights) for c in configurations]
    verdicts = []
    try:
        windows = [*_windows(chunk, case, configurations, losses, sample)]
    except WrongForm as error:
        complaint, step = error.args
        for sampled in sampled_cases:
            rejection = rejections.malformed(_where(chunk, sampled), step, "train", complaint, case.row)
            verdicts.append((0, 1, rejection))
        return verdicts
    for n, sampled in enumerate(sampled_cases):
        verdicts.append(_judge(chunk, sampled, windows, n))
    return verdicts


def _windows(chunk, case, configurations, losses, sample):
    """Trains, fills `losses` (configurations, 1 + marks, seeds), and yields the Windows that are to be judged.

    Raises WrongForm.
    """
    length, number = lengths(case, chunk.dtype, len(configurations) * len(chunk.seeds))
    between = 1 + chunk.index % max(1, number - 2)  # the piece whose first steps are judged too
    marks = np.array((0, *chunk.marks))
    p = judgement.problem(case, chunk.dtype)
    question = _question(chunk, case, configurations, length, p)
    now = [*question.parameters.values()]
    last_of_piece = now

    def sampled(Z):
        """An array (steps, networks, ...) as (steps, configurations, sampled seeds, ...)."""
        return Z.reshape(len(Z), len(configurations), -1, *Z.shape[2:])[:, :, sample]

    for n, (L, after) in enumerate(calls.pieces(chunk.column, question, number)):
        first = n * length
        last = min(length, case.steps + 1 - first)
        opening = min(STEPS, last) if n in {0, between} else 0
        closing = max(opening, last - STEPS) if n == number - 1 else last
        for start, end in ((0, opening), (closing, last)):
            if start == end:
                continue
            values = after(slice(start, end))
            trajectory, kept = [*values[: len(now)], L[start:end]], values[len(now) :]
            complaint = form.malformed_path(trajectory, now, end - start, p)
            if complaint:
                raise WrongForm(complaint, first)
            previous = _after_step(after, start - 1) if start else last_of_piece
            before = form.before_each_step(previous[: len(now)], trajectory)
            kept_before = [*map(sampled, [Z[None] for Z in previous[len(now) :]])]
            steps = [*map(sampled, before)], [*map(sampled, trajectory)]
            yield Window(first + start, *steps, kept_before, [*map(sampled, kept)])
        here = (marks >= first) & (marks < first + length)
        losses[:, here] = L[marks[here] - first].reshape(-1, *losses[:, 0].shape).swapaxes(0, 1)
        last_of_piece = _after_step(after, length - 1)


def _after_step(after, n):
    """All parameters after the step `n` of a piece."""
    return [Z[0] for Z in after(slice(n, n + 1))]


def _question(chunk, case, configurations, length, p):
    """What the column is asked: so many steps of every network, the configurations one after the other."""
    _, _, *weights = case.cast(chunk.dtype)
    networks = [np.concatenate([Z] * len(configurations)) for Z in weights]
    lr = float(configurations[0].lr) if chunk.dtype not in formats.HALF else p.lr
    if chunk.column in impls.NAMES and not chunk.update:
        rates = formats.rounded(np.array([c.lr for c in configurations], np.float64), chunk.dtype)
        lr = np.repeat(rates, len(chunk.seeds))[:, None, None]
    return about(p, "trajectory", networks, lr, length)


def _judge(chunk, case, windows, n):
    """What `_batch` returns for the configuration `n` of a batch, whose sampled Case this is."""
    p, where = judgement.problem(case, chunk.dtype), _where(chunk, case)
    certified, rejected, rejection = 0, 0, None
    conventions = updates.conventions(p.update, p.dtype) if p.update else []
    conventions = [one for one in conventions if updates.is_accepted(p.update, one)]
    for window in windows:
        before = [Z[:, n] for Z in window.before]
        if p.update:
            judged, conventions = _judge_updated(window, n, before, conventions, p)
        else:
            judged = judgement.judge_steps(before, [Z[:, n] for Z in window.trajectory], p)
        certified += sum(int(j.certified.sum()) for j in judged)
        rejected += sum(int(j.wrong.sum()) for j in judged)
        wrong = judgement.first_wrong(judged)
        if wrong and not rejection:
            rejection = locate.in_run(calls.InProcess(chunk.column), where, wrong, before, window.first, case, p)
    return certified, rejected, rejection


def _judge_updated(window, n, before, conventions, p):
    """([Judged], the conventions that fit) of a window of configuration `n`; if none does, the first one's."""
    if p.update.kept and window.first and not window.kept:  # what it keeps by then it does not show
        return [], conventions
    *after, L = [Z[:, n] for Z in window.trajectory]
    now = [Z[0] for Z in before]
    names = names_kept(p.update.kept, anatomy_at(now, p).parameters)
    shown = dict(zip(names, [Z[:, n] for Z in window.kept], strict=True)) if window.kept else {}
    along, results = updated.slopes(before, L, p), []
    for convention in conventions:
        if window.kept_before or not p.update.kept:
            kept = dict(zip(names, [Z[0, n] for Z in window.kept_before], strict=True))
            carried = updated.going_on(convention, kept, now, p)
        else:
            carried = next(one for one in updated.begin(now, p) if one.convention == convention)
        judged, _ = updated.judge_piece(carried, window.first, before, after, shown, along, p)
        results.append((judgement.first_wrong(judged), judged, convention))
    fitting = [one for one in results if one[0] is None] or results[:1]
    return fitting[0][1], [one[2] for one in fitting]


def _where(chunk, case):
    widths = "-".join(map(str, case.widths()))
    biases = ", biases" if case.biased() else ""
    by = f", {updates.words(case.update)}" if case.update else ""
    network = f"{chunk.data[0]}, {widths}{biases}, {case.activation}, learning rate {case.lr:g}{by}"
    return rejections.Where(chunk.column, network, chunk.dtype)


def made_with(columns):
    """{what: version} of all that may change a result; the same for all workers, or there is no one result."""
    return {
        "fourfold": f"{environment.version('fourfold')} ({_text_digest()})",
        "python": platform.python_version(),
        **environment.versions(columns),
    }


@lru_cache
def _text_digest():
    """The start of the SHA-256 of the Python text of all that decides over a number."""
    digest = hashlib.sha256()
    for room in DECIDING:
        for path in sorted(Path(room.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:12]
