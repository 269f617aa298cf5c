"""A long search for a false alarm: random configurations on the columns, judged as any other case.

What is found is a file that can be added to: the same command goes on where it was left, with the same outcome.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from fourfold import impls
from fourfold.compare.agreement.certify import certify
from fourfold.compare.cases import random_cases
from fourfold.compare.cases.case import DTYPES
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge.referee import JudgeError
from fourfold.compare.results.environment import environment
from fourfold.compare.results.result import Environment, Number, Rejection
from fourfold.compare.system import files

SCHEMA_VERSION = 1
BATCH = random_cases.SHAPES
KEPT = 100
# What decides over a number; evidence on other sources is no evidence on these.
JUDGE = ("agree", "bounds", "certify", "configurations", "locate", "referee", "run", "truth")


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
    judge = hashlib.sha256(b"".join((Path(__file__).parent / f"{name}.py").read_bytes() for name in JUDGE))
    made_with = environment(names, DTYPES, command)
    return Soak(SCHEMA_VERSION, made_with, judge.hexdigest(), list(names))


def resume(path, names, command):
    """The Soak in a file, or a new one. Raises UsageError where it is another command's, version's or machine's."""
    new = begin(names, command)
    if not os.path.lexists(path):
        return new
    try:
        old = msgspec.json.decode(files.read_bytes(path, files.LARGEST_FILE), type=Soak)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not a file of fourfold soak: {error}.") from None
    if old.columns != new.columns:
        raise UsageError(f"{path} is about {', '.join(old.columns)}: give the same --impl, or another file.")
    for name, was, now in _differences(old, new):
        raise UsageError(f"{path} was made with {name} {was}, and this is {now}: give another file.")
    return old


def _differences(old, new):
    if old.judge_sha256 != new.judge_sha256:
        yield "judge", old.judge_sha256[:12], new.judge_sha256[:12]
    then, now = (msgspec.structs.asdict(soak.environment) for soak in (old, new))
    for key in then.keys() - {"command"}:
        if isinstance(then[key], dict):
            for name in then[key].keys() | now[key].keys():
                if then[key].get(name) != now[key].get(name):
                    yield name, then[key].get(name, "none"), now[key].get(name, "none")
        elif then[key] != now[key]:
            yield key, then[key], now[key]


def batches(pool, found, configurations_wanted, numbers_wanted):
    """Add batches to a Soak until it has as many configurations and numbers; yields it after each, to be kept.

    Raises ColumnError where a column cannot be run; then, and when interrupted, the batch does not count.
    """
    groups = {}
    for name in found.columns:
        groups.setdefault(impls.framework(name) or name, []).append(name)
    totals = {(t.column, t.dtype, t.quantity): t for t in found.totals}
    with ThreadPoolExecutor(len(groups)) as threads:
        while found.configurations < configurations_wanted or found.numbers() < numbers_wanted:
            first = found.configurations
            last = first + min(BATCH, configurations_wanted - first if configurations_wanted > first else BATCH)
            pool.restart_clocks()
            futures = [threads.submit(_judge_all, pool, group, range(first, last)) for group in groups.values()]
            try:
                evidence = {key: value for future in futures for key, value in future.result().items()}
            except BaseException:
                pool.stop()
                raise
            for n in range(first, last):
                for name in found.columns:
                    rows, rejection = evidence[name, n]
                    if rejection:
                        found.rejected += 1
                        found.rejections += [rejection][: KEPT - len(found.rejections)]
                    for row in rows:
                        key = name, row.dtype, row.quantity
                        totals.setdefault(key, Total(*key)).add(row, n)
            found.totals, found.configurations = list(totals.values()), last
            yield found


def _judge_all(pool, names, indices):
    """{(column, n): (rows, rejection)} of the columns of one framework, which take turns."""
    return {(name, n): _judge(pool, name, random_cases.make(n)) for n in indices for name in names}


def _judge(pool, name, case):
    (dtype,) = case.dtypes
    try:
        evidence = certify(pool, name, case, dtype, lambda steps: None)
    except JudgeError as error:  # a fault of the judge is what is looked for
        return [], Rejection(name, case.name, dtype, 0, None, "", note=f"the judge contradicts itself: {error}")
    except ColumnError as error:
        raise ColumnError(f"{case.name} in {dtype}: {error}") from None
    return evidence.rows, evidence.rejection


def largest_ratios(found):
    """[(quantity, {dtype: the Total with the largest ratio})] in order of computation."""
    table = {}
    for t in found.totals:
        best = table.setdefault(t.quantity, {})
        if t.dtype not in best or not float(t.worst_ratio) <= float(best[t.dtype].worst_ratio):
            best[t.dtype] = t
    return list(table.items())
