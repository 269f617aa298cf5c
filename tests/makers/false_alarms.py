"""A long search for a false alarm: random configurations on the columns, judged as any other case.

What is counted is a file that can be added to: the same command goes on where it was left, with the same outcome.
"""

import hashlib
import os
from pathlib import Path

import msgspec

from fourfold import impls
from fourfold.compare.agreement import certify, contract, locate, rejections
from fourfold.compare.cases.case import DTYPES
from fourfold.compare.columns import workers
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge import referee
from fourfold.compare.results.environment import environment
from fourfold.compare.results.result import LARGEST_FILE, Environment, Number, Rejection
from fourfold.compare.system import files
from tests.makers import random_cases

SCHEMA_VERSION = 1
BATCH = random_cases.SHAPES
KEPT = 100


class Total(msgspec.Struct, forbid_unknown_fields=True):
    """One quantity of one column in one precision, over all configurations; see result.Row."""

    column: str
    dtype: str
    quantity: str
    checked: int = 0
    no_number: int = 0
    out_of_range: int = 0
    rejected: int = 0
    worst_ratio: Number = 0.0
    worst_at: int = 0  # the configuration

    def add(self, row, n):
        self.checked += row.checked
        self.no_number += row.no_number
        self.out_of_range += row.out_of_range
        self.rejected += row.rejected
        if not float(row.worst_ratio) <= float(self.worst_ratio):
            self.worst_ratio, self.worst_at = row.worst_ratio, n


class Soak(msgspec.Struct, forbid_unknown_fields=True):
    """What has been counted, as it is kept in a file."""

    schema_version: int
    environment: Environment
    judge_sha256: str
    columns: list[str]
    configurations: int = 0  # 0 ... configurations - 1 are done, by every column
    totals: list[Total] = []
    rejected: int = 0  # configurations of a column in which a number was rejected
    rejections: list[Rejection] = []  # the first KEPT of them; their case is "configuration n"

    def numbers(self):
        return sum(total.checked for total in self.totals)


def begin(names, command):
    """A Soak of no configurations yet."""
    return Soak(SCHEMA_VERSION, environment(names, DTYPES, command), _judge_sha256(), list(names))


def _judge_sha256():
    """The digest of what decides over a number: evidence on other sources is no evidence on these."""
    digest = hashlib.sha256()
    judge = Path(referee.__file__).parent
    for path in sorted(judge.glob("*.py")):
        digest.update(path.read_bytes())
    for module in (certify, contract, locate, rejections, random_cases):
        digest.update(Path(module.__file__).read_bytes())
    return digest.hexdigest()


def resume(path, names, command):
    """The Soak in a file, or a new one. Raises UsageError where it is another command's, version's or machine's."""
    new = begin(names, command)
    if not os.path.lexists(path):
        return new
    old = files.decode(path, Soak, LARGEST_FILE, "a file of fourfold's soak")
    if old.columns != new.columns:
        raise UsageError(f"{path} is about {', '.join(old.columns)}: give the same --impl, or another file.")
    then, now = _conditions(old), _conditions(new)
    for name in then | now:
        was, is_now = then.get(name, "none"), now.get(name, "none")
        if was != is_now:
            raise UsageError(f"{path} was made with {name} {was}, and this is {is_now}: give another file.")
    return old


def _conditions(soak):
    """{name: value} of all that its numbers may depend on."""
    conditions = {"judge": soak.judge_sha256[:12]}
    for name, value in msgspec.structs.asdict(soak.environment).items():
        if isinstance(value, dict):
            conditions |= value
        elif name != "command":
            conditions[name] = value
    return conditions


def batches(pool, soak, configurations, numbers):
    """Adds batches to a Soak until it has as many configurations and numbers; yields after each, for it to be kept.

    Raises ColumnError where a column cannot be run; then, and when interrupted, the batch does not count.
    """
    totals = {(total.column, total.dtype, total.quantity): total for total in soak.totals}
    while soak.configurations < configurations or soak.numbers() < numbers:
        first = soak.configurations
        size = BATCH if configurations <= first else min(BATCH, configurations - first)
        batch = range(first, first + size)
        pool.restart_clocks()
        evidence = workers.each(pool, soak.columns, _judge_all(pool, batch))
        for n in batch:
            for name in soak.columns:
                if n in evidence[name]:
                    _count(soak, totals, n, *evidence[name][n])
        soak.configurations = batch.stop
        yield


def _judge_all(pool, batch):
    """A function of a column's name: {n: (rows, rejection)} of the configurations of a batch that its row has."""

    def judge_all(name):
        judged = {}
        for n in batch:
            case = random_cases.make(n)
            if name in impls.ROWS[case.row]:
                judged[n] = _judge(pool, name, case)
        return judged

    return judge_all


def _judge(pool, name, case):
    (dtype,) = case.dtypes
    try:
        evidence = certify.certify(pool, name, case, dtype, lambda steps: None)
    except referee.JudgeError as error:  # a fault of the judge is what is looked for
        return [], Rejection(name, case.name, dtype, 0, None, "", note=f"the judge contradicts itself: {error}")
    except ColumnError as error:
        raise ColumnError(f"{case.name} in {dtype}: {error}") from None
    return evidence.rows, evidence.rejection


def _count(soak, totals, n, rows, rejection):
    if rejection:
        soak.rejected += 1
        if len(soak.rejections) < KEPT:
            soak.rejections.append(rejection)
    for row in rows:
        key = row.column, row.dtype, row.quantity
        if key not in totals:
            totals[key] = Total(*key)
            soak.totals.append(totals[key])
        totals[key].add(row, n)


def largest_ratios(soak):
    """{quantity: {dtype: the Total with the largest ratio}} in order of computation."""
    table = {}
    for total in soak.totals:
        largest = table.setdefault(total.quantity, {})
        best = largest.get(total.dtype)
        if best is None or not float(total.worst_ratio) <= float(best.worst_ratio):
            largest[total.dtype] = total
    return table
