"""What a benchmark measured, as data, and the figures that follow from it: pure functions."""

import math
from statistics import linear_regression, median

import msgspec

from fourfold.compare.results.result import Environment
from fourfold.compare.system import files

SCHEMA_VERSION = 1
LARGEST_FILE = 2**24  # bytes


class Work(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all subjects train: rate 0.1, float64, full batch."""

    name: str
    seeds: int  # at once, or one after the other where a library has no axis for them
    steps: int
    samples: int
    hidden: int  # width of the one hidden layer
    layers: tuple[int, ...] = ()  # all widths of a network of any depth, in its stead
    bias: bool = False
    activation: str = "sigmoid"


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    kind: str  # "limit", "column", "mode" (of a column), "deep" (a column of the row of any depth), "peer"
    column: str  # whose framework it is, or is measured against; "" for the limit
    note: str = ""  # versions, flags; or why it has no pace


class Pace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One subject at one work. `ns` and `busy` have an entry a round."""

    subject: str
    work: str
    seeds: int  # those it trained in a round, and the steps of each
    steps: int
    ns: list[float]  # nanoseconds per seed and step
    busy: list[float]  # processor time by clock time: well below 1, it had to wait for a processor


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Processor seconds of training so many seeds and steps with one column, and of certifying them; one a round."""

    column: str
    dtype: str
    seeds: int
    steps: int
    train: list[float]
    certify: list[float]


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    seconds: list[float]  # from cold, one a round


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The largest process of a command, at several numbers of steps."""

    command: str
    steps: list[int]
    mebibytes: list[float]


class Growth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Processor seconds of a call of `train` while one size grows: one list a size, an entry a round.

    Depth is that of the row of any depth.
    """

    subject: str
    axis: str  # "steps", "seeds", "samples", "width" or "depth"
    sizes: list[int]
    seconds: list[list[float]]

    def exponent(self):
        return self._exponent(slice(None))

    def last_exponent(self):
        """That of the two largest sizes, where what a step costs whatever its size has least to say."""
        return self._exponent(slice(-2, None))

    def _exponent(self, these):
        return exponent(self.sizes[these], [*map(median, self.seconds[these])])


class Bench(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema_version: int
    created: str  # UTC, ISO 8601
    quick: bool
    rounds: int
    environment: Environment
    machine: dict[str, str]  # pyperf's account of it
    load: list[float]  # the system's one-minute load average at the start of every round
    works: list[Work]
    subjects: list[Subject]
    paces: list[Pace]
    certificates: list[Certificate] = []
    commands: list[Command] = []
    memory: list[Memory] = []
    growth: list[Growth] = []

    def pace(self, subject, work):
        """The Pace of a subject at a work, or None. A peer without one for many seeds trains them in turn."""
        wanted = next(w for w in self.works if w.name == work)
        names = [work]
        if any(s.name == subject and s.kind == "peer" for s in self.subjects):
            for w in self.works:
                if w.seeds == 1 and (w.samples, w.hidden) == (wanted.samples, wanted.hidden):
                    names.append(w.name)
        for name in names:
            for pace in self.paces:
                if (pace.subject, pace.work) == (subject, name):
                    return pace
        return None


def ratio(a, b):
    """The median over the rounds of how many times as long `a` takes as `b` did in the same round."""
    return median(x / y for x, y in zip(a, b, strict=False))  # who died has fewer rounds


def spread(values):
    """The median absolute deviation from the median, as a share of the median."""
    middle = median(values)
    return median(abs(v - middle) for v in values) / middle


def exponent(sizes, seconds):
    """The slope of log(seconds) over log(sizes), by least squares: 1 is linear growth."""
    slope, _ = linear_regression([*map(math.log, sizes)], [*map(math.log, seconds)])
    return slope


def read(path):
    """The Bench in a file. Raises UsageError where it is missing, damaged or of another schema version."""
    return files.decode(path, Bench, LARGEST_FILE, "what fourfold bench writes", SCHEMA_VERSION)
