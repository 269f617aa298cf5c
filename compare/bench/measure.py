"""Takes the measurements: subjects take turns, round by round, on one processor."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import as_file, files
from itertools import product

import pyperf
from msgspec.structs import replace

from fourfold import impls
from fourfold.compare.bench import tasks
from fourfold.compare.bench.record import SCHEMA_VERSION, Bench, Certificate, Command, Growth, Memory, Pace, Subject
from fourfold.compare.bench.subjects import GROWTH, LIMIT, STRICT, WORKS, case, grown, piece
from fourfold.compare.columns import workers
from fourfold.compare.errors import ColumnError
from fourfold.compare.results import environment
from fourfold.compare.system import signals

SECONDS = 0.5  # that one subject is timed at one work in one round, where a piece of it does not take longer
# With -ffast-math, exp is computed for several numbers at once; without, every operation is rounded as IEEE 754 says.
STRICT_FLAGS = ("-O3", "-march=native", "-fopenmp-simd")
FLAGS = {LIMIT: (*STRICT_FLAGS, "-ffast-math"), STRICT: STRICT_FLAGS}
FEW = 3  # rounds of what takes long, so that all is done in 8 minutes
GROWTH_SECONDS = 0.05  # the same for every size of what grows
CERTIFIED = {10: 2500, 100: 250}  # seeds: steps
PRIVATE = {"hostname", "python_executable", "python_config_args"}  # of pyperf's account: names and folders
MEMORY_STEPS = (10_000, 40_000, 160_000)
COLD = {
    "fourfold agree": "from fourfold.compare.__main__ import main; main()",
    "import tensorflow": "import tensorflow",
}


class Subjects:
    """A process a subject. Who fails keeps a note, and is not asked again."""

    def __init__(self, pool, entries, programs, cpu):
        self._pool, self._programs, self._cpu = pool, programs, cpu
        self.entries = {entry.name: entry for entry in entries}
        self.notes = {}

    def start(self, name):
        missing = self.entries[name].missing()
        if missing:
            self.notes[name] = f"needs {' and '.join(missing)}: pip install 'fourfold[all,bench]'"
        elif name in FLAGS and name not in self._programs:
            self.notes[name] = "no C compiler here that builds limit.c (set CC)"
        else:
            self.ask(name, tasks.start, self.entries[name].environment, self._cpu)

    def ask(self, name, task, *args):
        """What a task gives, or None where the subject has failed, now or earlier."""
        if name in self.notes:
            return None
        try:
            return self._pool.call(name, task, *args)
        except ColumnError as error:
            self.notes[name] = str(error)
            return None

    def timed(self, name, work, steps, at_once=None):
        entry = self.entries[name]
        if entry.kind == "limit":
            return self.ask(name, tasks.limit, self._programs.get(name), work, steps)
        if entry.kind == "peer":
            return self.ask(name, tasks.peer, work, entry.function, case(work), steps)
        at_once = at_once or piece(work)
        return self.ask(name, tasks.column, (work, at_once), entry.column, case(work), at_once, steps)


def measure(entries, works, *, quick, rounds, timeout, command, alone=False, say=lambda line: None):
    """The Bench. `alone`: nothing but the subjects' paces; `say` is told what is being done."""
    created, load = datetime.now(UTC).isoformat(timespec="seconds"), []
    machine = pyperf.Run([1.0], collect_metadata=True).get_metadata()
    cpu = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    with _limits() as programs, workers.open_pool(timeout, apart=True) as pool:
        subjects = Subjects(pool, entries, programs, cpu)
        for name in subjects.entries:
            say(f"starting {name}")
            subjects.start(name)
        paces = _paces(subjects, works, rounds, load, say)
        certificates = [] if alone or quick else _certificates(subjects, rounds, say)
        growth = [] if alone or quick else _growth(subjects, min(rounds, FEW), say)
    columns = [entry.column for entry in entries if entry.kind == "column"]
    return Bench(
        schema_version=SCHEMA_VERSION,
        created=created,
        quick=quick,
        rounds=rounds,
        environment=environment.environment(columns, ["float64"], command),
        machine={key: str(machine[key]) for key in sorted(machine) if key not in PRIVATE}
        | {"pinned_to": "no" if cpu is None else f"CPU {cpu}"},
        load=load,
        works=list(works),
        subjects=[Subject(e.name, e.kind, e.column, subjects.notes.get(e.name) or _about(e)) for e in entries],
        paces=paces,
        certificates=certificates,
        growth=growth,
        commands=[] if alone else _cold(2 if quick else min(rounds, FEW), say),
        memory=[] if alone or quick else [_memory(say)],
    )


def _about(entry):
    if entry.kind == "limit":
        return " ".join(("cc", *FLAGS[entry.name]))
    packages = [entry.column if entry.kind != "peer" else None, *entry.needs()]
    return ", ".join(f"{p} {environment.version(p)}" for p in packages[1:])


@contextmanager
def _limits():
    """{name: path of the C loop, built with its flags}; without those that no compiler here builds."""
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang")
    with as_file(files("fourfold.compare.bench") / "limit.c") as source, signals.temporary_folder() as folder:
        built = {}
        for name, flags in FLAGS.items():
            program = folder / name.replace(" ", "-")
            build = [compiler, *flags, source, "-o", program, "-lm"]
            if compiler and subprocess.run(build, capture_output=True, check=False).returncode == 0:
                built[name] = program
        yield built


def interleaved(names, works, rounds):
    """(round, work, name) in the order they are timed: all take turns, and every round another one begins."""
    for n in range(rounds):
        for work in works:
            first = n % len(names)
            yield from ((n, work, name) for name in (*names[first:], *names[:first]))


def _paces(subjects, works, rounds, load, say):
    steps, found = {}, {}
    for work in works:
        for name, entry in subjects.entries.items():
            if work.name in entry.works:
                say(f"warming up {name}, {work.name}")
                steps[name, work.name] = _steps(subjects, name, work)
    for n, work, name in interleaved(list(subjects.entries), works, rounds):
        if len(load) == n:
            load.append(round(os.getloadavg()[0], 2))
        ask = steps.get((name, work.name)) or 0
        say(f"round {n + 1} of {rounds}: {name}, {work.name}")
        took = subjects.timed(name, work, ask) if ask else None
        if took:
            seeds = 1 if subjects.entries[name].kind == "peer" else work.seeds
            empty = Pace(name, work.name, seeds, ask, [], [])
            pace = found.setdefault((name, work.name), empty)
            pace.ns.append(round(took.seconds * 1e9 / seeds / ask, 3))
            pace.busy.append(round(took.busy, 3))
    return list(found.values())


def _steps(subjects, name, work):
    """How many steps of a work take SECONDS, at least one piece; None where a subject fails."""
    steps = at_once = piece(work) if subjects.entries[name].kind in {"column", "deep"} else 1
    while True:
        took = subjects.timed(name, work, steps)  # the first time compiles
        took = took and subjects.timed(name, work, steps)
        if not took:
            return None
        wanted = max(1, int(steps * SECONDS / max(took.seconds, 1e-9)) // at_once) * at_once
        if wanted <= 2 * steps or took.seconds > SECONDS / 5:
            return wanted
        steps = min(wanted, 10 * steps)


def _certificates(subjects, rounds, say):
    names = [name for name in ("torch",) if name in subjects.entries]
    found = {}
    for _ in range(rounds):
        for name in names:
            for seeds, steps in CERTIFIED.items():
                for dtype in ("float64", "float32"):
                    say(f"certifying {name}, {seeds} seeds, {dtype}")
                    took = subjects.ask(name, tasks.certificate, case(replace(WORKS[0], seeds=seeds)), dtype, steps)
                    if took:
                        empty = Certificate(name, dtype, seeds, steps, [], [])
                        of = found.setdefault((name, dtype, seeds), empty)
                        of.train.append(round(took[0], 6))
                        of.certify.append(round(took[1], 6))
    return list(found.values())


def _growth(subjects, rounds, say):
    found, calls = {}, {}
    for n in range(rounds + 1):
        for axis, sizes in GROWTH.items():
            for size, column in product(sizes, impls.FRAMEWORKS):
                name, work = f"deep {column}" if axis == "depth" else column, grown(axis, size)
                if name not in subjects.entries:
                    continue
                say(f"growth with {axis}: {name}, {size:,}")
                took = lambda n: subjects.timed(name, work, n * work.steps, work.steps)  # noqa: B023
                if n == 0:  # the first call compiles
                    once = took(1) and took(1)
                    calls[name, work] = max(1, round(GROWTH_SECONDS / once.seconds)) if once else 0
                elif calls[name, work] and (of := took(calls[name, work])):
                    empty = Growth(column, axis, list(sizes), [[] for _ in sizes])
                    of_size = found.setdefault((column, axis), empty).seconds[sizes.index(size)]
                    of_size.append(round(of.seconds * of.busy / calls[name, work], 9))
    return [of for of in found.values() if all(len(seconds) == rounds for seconds in of.seconds)]


def _environment():
    """As the user has it, but for what keeps Python from using compiled files."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def _cold(rounds, say):
    """A default `agree` and a bare `import tensorflow` in fresh interpreters; the first fills the disk cache."""
    names = [name for name in COLD if name != "import tensorflow" or workers.package_installed("tensorflow")]
    found = {name: [] for name in names}
    for n in range(rounds + 1):
        for name in names:
            say(f"cold, {name}")
            start = time.monotonic()
            process = [sys.executable, "-c", COLD[name], "agree"]
            if subprocess.run(process, capture_output=True, env=_environment(), check=False).returncode:
                found.pop(name, None)
            elif n and name in found:
                found[name].append(round(time.monotonic() - start, 3))
    return [Command(name, seconds) for name, seconds in found.items()]


def _memory(say):
    """The largest process of an `agree` with more and more steps."""
    args = ["agree", "--impl", "numpy", "--seeds", "1", "--dtype", "float64"]
    peaks = []
    for steps in MEMORY_STEPS:
        say(f"memory, {steps:,} steps")
        program = [sys.executable, "-m", "compare", *args, "--steps", str(steps)]
        process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment())
        _, _, usage = os.wait4(process.pid, 0)
        peaks.append(round(usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10), 1))
    return Memory(f"fourfold {' '.join(args)} --steps", list(MEMORY_STEPS), peaks)
