"""What runs in a subject's own process."""

import importlib
import os
import subprocess
import time
from typing import NamedTuple

from fourfold.compare.agreement.plan import PIECE
from fourfold.compare.columns import calls
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import form, judgement


class Round(NamedTuple):
    seconds: float
    busy: float  # processor time / seconds


_ready = {}  # {key: train(steps)} of this process


def start(name, environment, cpu):
    """Before anything is imported: the environment, and the one processor this process and its threads stay on."""
    os.environ.update(environment)
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})


def column(name, key, column, question, piece, steps):
    """A Round of `steps` steps of a column, `piece` at a time; what it needs is made ready the first time."""
    if key not in _ready:
        _ready[key] = calls.trainer(column, question, piece)
    return _timed(_ready[key], steps)


def peer(name, key, function, case, steps):
    """The same for a peer."""
    if key not in _ready:
        module, function = function.split(".")
        make = getattr(importlib.import_module(f"fourfold.compare.bench.peers.{module}"), function)
        _ready[key] = make(case.X, case.Y, *case.weights, case.lr)
    return _timed(_ready[key], steps)


def limit(name, program, work, steps):
    """The same for the C loop, which times itself."""
    sizes = map(str, (work.seeds, work.samples, work.hidden, steps))
    ran = subprocess.run([program, *sizes], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise ColumnError(f"the C loop ended with status {ran.returncode}")
    seconds, used, _ = map(float, ran.stdout.split())
    return Round(seconds, used / seconds)


def certificate(name, case, dtype, steps):
    """Processor seconds of `steps` steps of a column, and of certifying them, as many at a time as agree does."""
    p = judgement.problem(case, dtype)
    _, _, *initial = case.cast(dtype)
    question = about(p, "trajectory", initial, p.lr, steps)
    start = time.process_time()
    trajectory = [*calls.answer(name, question).values()]
    trained = time.process_time()
    before, wrong, piece = form.before_each_step(initial, trajectory), None, max(1, PIECE // len(case.seeds))
    for first in range(0, steps, piece):
        some = slice(first, first + piece)
        judged = judgement.judge_steps([Z[some] for Z in before], [Z[some] for Z in trajectory], p)
        wrong = wrong or judgement.first_wrong(judged)
    end = time.process_time()
    if wrong:
        raise ColumnError(f"{name} is wrong: run fourfold agree")
    return trained - start, end - trained


def _timed(train, steps):
    start, used = time.perf_counter(), time.process_time()
    train(steps)
    seconds = time.perf_counter() - start
    return Round(seconds, (time.process_time() - used) / seconds)
