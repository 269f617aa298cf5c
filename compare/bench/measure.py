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
from fourfold.compare.cases.case import DTYPES
from fourfold.compare.columns import workers
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError
from fourfold.compare.results import environment
from fourfold.compare.system import signals

SECONDS = 0.5  # that one subject is timed at one work in one round, where a piece of it does not take longer
# With -ffast-math, exp is computed for several numbers at once; without, every operation is rounded as IEEE 754 says.
STRICT_FLAGS = ("-O3", "-march=native", "-fopenmp-simd")
FLAGS = {LIMIT: (*STRICT_FLAGS, "-ffast-math"), STRICT: STRICT_FLAGS}
FEW = 3  # rounds of what takes long, so that all is done in 12 minutes
GROWTH_SECONDS = 0.05  # the same for every size of what grows
CERTIFIED = {10: 2500, 100: 250, 1000: 25}  # seeds: steps
PRIVATE = {"hostname", "python_executable", "python_config_args"}  # of pyperf's account: names and folders
MEMORY_STEPS = (10_000, 40_000, 160_000)
FOURFOLD = "from fourfold.compare.__main__ import main; main()"
COLD = {"import tensorflow": "import tensorflow", "fourfold agree": FOURFOLD}
ONCE = ("check", "lesson", "report", "exercise all")  # each writes its files into a folder that is thrown away


class Subjects:
    """A process for each Contender. One that fails keeps a note, and is not asked again."""

    def __init__(self, pool, contenders, programs, cpu):
        self._pool, self._programs, self._cpu = pool, programs, cpu
        self.contenders = {contender.name: contender for contender in contenders}
        self.notes = {}  # {name: why it has failed}

    def start(self, name):
        contender = self.contenders[name]
        missing = contender.missing()
        if missing:
            self.notes[name] = f"needs {' and '.join(missing)}: pip install 'fourfold[all,bench]'"
        elif name in FLAGS and name not in self._programs:
            self.notes[name] = "no C compiler here that builds limit.c (set CC)"
        else:
            self.ask(name, tasks.start, contender.environment, self._cpu)

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
        """The tasks.Round of so many steps, `at_once` in one call of `train`; None where the subject has failed."""
        contender = self.contenders[name]
        if contender.kind == "limit":
            return self.ask(name, tasks.limit, self._programs.get(name), work, steps)
        problem = case(work)
        if contender.kind == "peer":
            return self.ask(name, tasks.peer, work, contender.function, problem, steps)
        at_once = at_once or piece(work)
        row = "deep" if contender.kind == "deep" else "two_layer"
        question = about(problem, "trajectory", problem.weights, problem.lr)._replace(row=row)
        return self.ask(name, tasks.column, (work, at_once), contender.column, question, at_once, steps)

    def timed_warm(self, name, work, steps, at_once=None):
        """The same, the second time: the first one compiles."""
        return self.timed(name, work, steps, at_once) and self.timed(name, work, steps, at_once)


def measure(contenders, works, *, quick, rounds, timeout, command, alone=False, say=lambda line: None):
    """The Bench. `alone`: nothing but the subjects' paces. `say` is called with what is being done."""
    created, load = datetime.now(UTC).isoformat(timespec="seconds"), []
    cpu = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    machine = _machine(cpu)
    with _limits() as programs, workers.open_pool(timeout, apart=True) as pool:
        subjects = Subjects(pool, contenders, programs, cpu)
        for name in subjects.contenders:
            say(f"starting {name}")
            subjects.start(name)
        paces = _paces(subjects, works, rounds, load, say)
        certificates = [] if alone or quick else _certificates(subjects, rounds, say)
        growth = [] if alone or quick else _growth(subjects, min(rounds, FEW), say)
    timed, columns = [], []
    for c in contenders:
        timed.append(Subject(c.name, c.kind, c.column, subjects.notes.get(c.name) or _about(c)))
        if c.kind == "column":
            columns.append(c.column)
    return Bench(
        schema_version=SCHEMA_VERSION,
        created=created,
        quick=quick,
        rounds=rounds,
        environment=environment.environment(columns, ["float64"], command),
        machine=machine,
        load=load,
        works=list(works),
        subjects=timed,
        paces=paces,
        certificates=certificates,
        growth=growth,
        commands=[] if alone else [*_cold(2 if quick else min(rounds, FEW), say), *([] if quick else _once(say))],
        memory=[] if alone or quick else [_memory(say)],
    )


def _machine(cpu):
    """pyperf's account of this machine, without names and folders, and the processor the subjects stay on."""
    account = pyperf.Run([1.0], collect_metadata=True).get_metadata()
    machine = {key: str(account[key]) for key in sorted(account) if key not in PRIVATE}
    machine["pinned_to"] = "no" if cpu is None else f"CPU {cpu}"
    return machine


def _about(contender):
    """Its versions, or the flags of a C loop."""
    if contender.kind == "limit":
        return " ".join(("cc", *FLAGS[contender.name]))
    return ", ".join(f"{package} {environment.version(package)}" for package in contender.needs())


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
    """Yields (round, work, name) in the order they are timed: all take turns, and every round another one begins."""
    for n in range(rounds):
        first = n % len(names)
        for work in works:
            for name in (*names[first:], *names[:first]):
                yield n, work, name


def _paces(subjects, works, rounds, load, say):
    """A Pace for every subject at every work it can do; `load` gets the system's at the start of every round."""
    steps, paces = {}, {}
    for work in works:
        for name, contender in subjects.contenders.items():
            if work.name in contender.works:
                say(f"warming up {name}, {work.name}")
                steps[name, work.name] = _steps(subjects, name, work)
    for n, work, name in interleaved([*subjects.contenders], works, rounds):
        if len(load) == n:
            load.append(round(os.getloadavg()[0], 2))
        asked = steps.get((name, work.name)) or 0
        say(f"round {n + 1} of {rounds}: {name}, {work.name}")
        took = subjects.timed(name, work, asked) if asked else None
        if took:
            seeds = 1 if subjects.contenders[name].kind == "peer" else work.seeds
            empty = Pace(name, work.name, seeds, asked, [], [])
            pace = paces.setdefault((name, work.name), empty)
            pace.ns.append(round(took.seconds * 1e9 / seeds / asked, 3))
            pace.busy.append(round(took.busy, 3))
    return [*paces.values()]


def _steps(subjects, name, work):
    """How many steps of a work take SECONDS, at least one piece; None where a subject fails."""
    in_pieces = subjects.contenders[name].kind in {"column", "mode", "deep"}
    steps = at_once = piece(work) if in_pieces else 1
    while True:
        took = subjects.timed_warm(name, work, steps)
        if not took:
            return None
        wanted = max(1, int(steps * SECONDS / max(took.seconds, 1e-9)) // at_once) * at_once
        if wanted <= 2 * steps or took.seconds > SECONDS / 5:
            return wanted
        steps = min(wanted, 10 * steps)


def _certificates(subjects, rounds, say):
    """A Certificate of torch, which is compiled by nobody, for every number of seeds and precision."""
    name, certificates = "torch", {}
    if name not in subjects.contenders:
        return []
    for _, (seeds, steps), dtype in product(range(rounds), CERTIFIED.items(), DTYPES):
        say(f"certifying {name}, {seeds} seeds, {dtype}")
        problem = case(replace(WORKS[0], seeds=seeds))
        took = subjects.ask(name, tasks.certificate, problem, dtype, steps)
        if took:
            empty = Certificate(name, dtype, seeds, steps, [], [])
            certificate = certificates.setdefault((dtype, seeds), empty)
            certificate.train.append(round(took[0], 6))
            certificate.certify.append(round(took[1], 6))
    return [*certificates.values()]


def _growth(subjects, rounds, say):
    """A Growth for every column and axis; a first round finds out how many calls of `train` take GROWTH_SECONDS."""
    growths, calls = {}, {}
    for n in range(rounds + 1):
        for axis, sizes in GROWTH.items():
            for size, column in product(sizes, impls.FRAMEWORKS):
                name, work = f"deep {column}" if axis == "depth" else column, grown(axis, size)
                if name not in subjects.contenders:
                    continue
                say(f"growth with {axis}: {name}, {size:,}")
                if n == 0:
                    took = subjects.timed_warm(name, work, work.steps, work.steps)
                    calls[name, work] = max(1, round(GROWTH_SECONDS / took.seconds)) if took else 0
                    continue
                often = calls[name, work]
                took = subjects.timed(name, work, often * work.steps, work.steps) if often else None
                if took:
                    empty = Growth(column, axis, [*sizes], [[] for _ in sizes])
                    growth = growths.setdefault((column, axis), empty)
                    growth.seconds[sizes.index(size)].append(round(took.seconds * took.busy / often, 9))
    return [growth for growth in growths.values() if set(map(len, growth.seconds)) == {rounds}]


def _environment():
    """As the user has it, but for what keeps Python from using compiled files."""
    variables = dict(os.environ)
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    return variables


def _cold(rounds, say):
    """Commands in fresh interpreters, beside a bare `import tensorflow`; a first round fills the disk cache."""
    seconds = {name: [] for name in COLD}
    if not workers.package_installed("tensorflow"):
        del seconds["import tensorflow"]
    for n, name in product(range(rounds + 1), [*seconds]):
        say(f"cold, {name}")
        took = _seconds(COLD[name], name.split()[1:])
        if took is None:
            seconds.pop(name, None)
        elif n and name in seconds:
            seconds[name].append(took)
    return [Command(name, each) for name, each in seconds.items()]


def _once(say):
    """The commands that people wait for, each once, in a fresh interpreter. What JAX has compiled is used again."""
    commands = []
    with signals.temporary_folder() as folder, as_file(files("fourfold.compare.columns") / "templates") as templates:
        for name in ONCE:
            say(f"cold, fourfold {name}")
            more = [str(templates / "numpy_mine.py")] if name == "check" else ["--out", str(folder / name)]
            took = _seconds(FOURFOLD, [*name.split(), *more])
            if took is None:
                say(f"fourfold {name} failed")
            else:
                commands.append(Command(f"fourfold {name}", [took]))
    return commands


def _seconds(program, arguments):
    """How long a Python program takes in a fresh interpreter; None where it fails."""
    start = time.monotonic()
    process = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(process, capture_output=True, env=_environment(), check=False)
    return None if done.returncode else round(time.monotonic() - start, 3)


def _memory(say):
    """The largest process of an `agree` with more and more steps."""
    args = ["agree", "--impl", "numpy", "--seeds", "1", "--dtype", "float64"]
    peaks = []
    for steps in MEMORY_STEPS:
        say(f"memory, {steps:,} steps")
        program = [sys.executable, "-m", "fourfold.compare", *args, "--steps", str(steps)]
        process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment())
        _, _, usage = os.wait4(process.pid, 0)
        mebibytes = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        peaks.append(round(mebibytes, 1))
    return Memory(f"fourfold {' '.join(args)} --steps", [*MEMORY_STEPS], peaks)
