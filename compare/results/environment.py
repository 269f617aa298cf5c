"""What a result was made with: versions, machine, data."""

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
from pathlib import Path

import numpy as np

from fourfold import impls
from fourfold.compare.judge import truth
from fourfold.compare.judge.updates import words
from fourfold.compare.results.result import Environment, Setting
from fourfold.compare.system.surroundings import counts


def setting(case, dtypes, call_steps=0):
    return Setting(
        name=case.name,
        samples=len(case.X),
        widths=list(case.widths()),
        parameters=case.parameters(),
        activation=case.activation,
        lr=case.lr,
        steps=case.steps,
        first_seed=case.seeds.start,
        seeds=len(case.seeds),
        dtypes=list(dtypes),
        inputs_sha256=digest(case.X, case.Y, *case.weights),
        activations=list(case.activations) if case.row == "deep" else [],
        biases=case.biased(),
        call_steps=call_steps,
        weights_file=case.weights_file,
        update=words(case.update),
    )


def digest(*arrays):
    """The SHA-256 of arrays, their shapes included, as hexadecimal text."""
    sha256 = hashlib.sha256()
    for Z in arrays:
        sha256.update(repr(Z.shape).encode() + np.ascontiguousarray(Z).tobytes())
    return sha256.hexdigest()


def environment(names, dtypes, command, processes=None):
    """The Environment of this process; `processes` is what those of the columns had, {column: {what: text}}."""
    return Environment(
        fourfold=version("fourfold"),
        python=platform.python_version(),
        versions=versions(names),
        system=f"{platform.system()} {platform.machine()}",
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        threads=_threads(names),
        wide={dtype: _wide_name(truth.wide_dtype(dtype)) for dtype in dtypes},
        command=command,
        variables={name: value for name, value in sorted(os.environ.items()) if counts(name)},
        processes=processes or {},
    )


def _threads(names):
    """What is set for libraries that use OpenMP; XLA keeps its own threads, whatever it is told."""
    number = os.environ.get("OMP_NUM_THREADS", "default")
    with_xla = [name for name in names if impls.framework(name) in {"jax", "tensorflow"} and not impls.is_mode(name)]
    if not with_xla:
        return number
    return f"{number} ({' and '.join(with_xla)}: as XLA decides)"


def versions(names):
    """{package: version} of NumPy and of the columns' frameworks, those that are here."""
    packages = ["numpy", *filter(None, map(impls.framework, names))]
    if "jax" in packages:  # jaxlib computes, and is upgraded on its own
        packages.append("jaxlib")
    here = {}
    for package in packages:
        if importlib.util.find_spec(package) is not None:
            here[package] = version(package)
    return here


def version(package):
    """The version of an importable package, whatever its distribution is called; or "unknown"."""
    try:
        number = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        distributions = importlib.metadata.packages_distributions().get(package)
        number = importlib.metadata.version(distributions[0]) if distributions else None
    return number or "unknown"


def flat(e):
    """{what: text} of all that the columns' processes had, to be compared; versions that all share are left out."""
    entries = {}
    for column, seen in e.processes.items():
        for what, text in seen.items():
            if e.versions.get(what) != text:
                entries[f"{column}: {what}"] = text
    return entries


def _wide_name(wide):
    if wide == truth.BALL:
        return f"ball arithmetic, {truth.BALL_BITS} bits"
    name = "double" if wide == np.float64 else "long double"
    return f"{name}, {np.finfo(wide).nmant + 1} bits"


def _cpu():
    """The processor's name: `platform.processor()` is empty on many Linux systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
