"""`fourfold bench --quick`: two ratios that matter, each measured within one run."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from compare import cases, run
from compare.errors import ColumnError

SEEDS, STEPS = 1000, 10_000


class Pace(NamedTuple):
    subject: str
    ns: float | None  # per seed and step
    note: str


def c_pace(seeds, steps):
    """The C loop's Pace; without a compiler one whose note says so."""
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        return Pace("C", None, "no C compiler here (set CC)")
    with as_file(files("compare") / "bench.c") as source, tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "bench"
        flags = ["-O3", "-march=native", "-ffast-math", "-fopenmp-simd"]
        build = subprocess.run(
            [compiler, *flags, source, "-o", program, "-lm"], capture_output=True, text=True, check=False
        )
        if build.returncode:
            return Pace("C", None, f"{compiler} could not build bench.c: {' '.join(build.stderr.split())[:200]}")
        ran = subprocess.run([program, str(seeds), str(steps)], capture_output=True, text=True, check=False)
    if ran.returncode:
        return Pace("C", None, f"what {compiler} made of bench.c ended with status {ran.returncode}")
    return Pace("C", float(ran.stdout.split()[0]), f"{Path(compiler).name} {' '.join(flags)}")


def column_pace(pool, name, seeds, steps):
    """A column's Pace on the default network, float64, one warm-up piece before the clock starts."""
    case = cases.make("xor", "sigmoid", 0.1, steps, 3, range(seeds))
    try:
        ns = pool.call(name, run.pace, case.row, case.X, case.Y, case.weights, case.lr, steps, case.activations)
    except ColumnError as error:
        return Pace(name, None, str(error))
    return Pace(name, ns, "")


def cold_start():
    """(seconds of a default `agree`, seconds of a bare `import tensorflow`), each in a fresh interpreter.

    None for what is not here. Twice in turn, and the faster of each: the first fills the disk cache.
    """
    commands = ["from compare.__main__ import main; main()", "import tensorflow"]
    here = find_spec("tensorflow") is not None
    seconds = [[], []]
    for _ in range(2):
        for times, command in zip(seconds, commands[: 1 + here], strict=False):
            start = time.monotonic()
            ran = subprocess.run([sys.executable, "-c", command, "agree"], capture_output=True, check=False)
            if ran.returncode:
                raise ColumnError(f"The command timed ended with status {ran.returncode}: {command.split(';')[0]}.")
            times.append(time.monotonic() - start)
    return min(seconds[0]), min(seconds[1]) if here else None
