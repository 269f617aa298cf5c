import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, settings

from fourfold import impls
from fourfold.compare.cases.case import draw_weights, two_layer_case
from fourfold.compare.columns import workers
from fourfold.compare.commands import check as verb
from fourfold.compare.commands import cli
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge.quantities import internal
from tests.browsers import browser, visit, window  # noqa: F401  (fixtures: one browser for all files)

# For make mutants: the same examples every time, and the first that fails is enough.
settings.register_profile("mutants", derandomize=True, phases=(Phase.explicit, Phase.generate))
# For make faults: thousands of examples where there are tens, other ones every time.
settings.register_profile("nightly", max_examples=300, deadline=None)
# Or every process compiles all that it imports: TensorFlow takes 12 seconds then, and 5 otherwise.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# What a command does with a signal is tested; started in the background, tests and commands alike would ignore some.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

FRAMEWORK_OF = {name: name.split("-")[0] for name in impls.NAMES}
LACKING = {name: package for name, (package, *_) in impls.FRAMEWORKS.items() if not workers.package_installed(package)}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that fails for want of a framework is skipped. With all of them installed none is."""
    report = yield
    for name, package in LACKING.items():
        if report.failed and is_for_want(call.excinfo.value, name, package):
            path, line, _ = item.location
            report.outcome, report.longrepr = "skipped", (path, line + 1, f"Skipped: {package} is not installed")
    return report


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Gives tests of a group names with @GROUP behind them, by which they go to one worker.

    pytest 9.2 does not see where xdist 3.8 puts it.
    """
    for item in items if getattr(config.option, "loadgroup", False) else ():
        groups = "_".join(sorted({mark.args[0] for mark in item.iter_markers("xdist_group")}))
        if groups and not item.nodeid.endswith(f"@{groups}"):
            item._id = item.id.parse(f"{item.nodeid}@{groups}")


def is_for_want(error, name, package):
    """Whether a test's error says that this framework is not installed: its import's, a column's, a command's."""
    sentences = rf"No module named \\*'{package}|needs {package}, which is not installed|left out: [^.]*\b{name}\b"
    return bool(re.search(sentences, str(error)))


def each_column(names=impls.NAMES, group=None):
    """Parameters, one a column; columns of one framework are tested in one process, so that it is imported once.

    With a group all are, for a fixture that they share.
    """
    return [
        pytest.param(
            name,
            marks=[
                pytest.mark.xdist_group(group or FRAMEWORK_OF[name]),
                pytest.mark.skipif(not workers.installed(name), reason=f"{FRAMEWORK_OF[name]} is not installed"),
            ],
        )
        for name in names
    ]


@pytest.fixture(params=each_column())
def name(request):
    return request.param


@pytest.fixture
def column(name):
    with np.errstate(all="ignore"):
        yield impls.load(name)


@pytest.fixture(scope="session")
def pool():
    """One process a framework, for tests of the group "pool": each is imported once, and compiles nothing twice."""
    with workers.open_pool(3_000) as pool:
        yield pool


@pytest.fixture
def judged(tmp_path, capsys, monkeypatch):
    """Runs `fourfold check` in this process on a source: (exit code, what it said)."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def check(source, name="", **how):
        file = tmp_path / "mine.py"
        file.write_text(source)
        try:
            code = verb.check(f"{file}{name}", how=verb.How(**{"suite": "quick", "timeout": 60} | how))
            return code, capsys.readouterr().out
        except UsageError as error:
            return 2, str(error)
        except ColumnError as error:
            return 3, str(error)

    return check


@pytest.fixture
def typed(capsys, monkeypatch):
    """Runs a command in this process: for what is refused before anything is begun."""

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["fourfold", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return subprocess.CompletedProcess(args, ended.value.code, *capsys.readouterr())

    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("fourfold.compare.system.signals.handle", lambda handler: None)
    monkeypatch.chdir(Path(__file__).parent.parent)
    return run


def asymmetric(activation="sigmoid", seeds=range(3), steps=10, scale=1.0):
    """5 inputs, 4 hidden units, 2 outputs, 7 samples, nothing square or symmetric; one input row is all zeros."""
    rng = np.random.default_rng(99)
    X, Y = rng.standard_normal((7, 5)), rng.standard_normal((7, 2))
    X[2] = 0
    W1, W2 = draw_weights(seeds, (5, 4, 2))
    return two_layer_case("asymmetric", X, Y, scale * W1, scale * W2, activation, 0.1, steps, seeds)


def trace(column, case, dtype, W1=None, W2=None):
    """A column's Trace on a case, as NumPy arrays."""
    W1, W2 = case.W1 if W1 is None else W1, case.W2 if W2 is None else W2
    arrays = [column.array(Z.astype(dtype), dtype) for Z in (case.X, case.Y, W1, W2)]
    found = column.trace(*arrays, case.activation)
    return type(found)(*(column.to_numpy(Z) for Z in found))


def path(column, case, dtype):
    """A column's training path on a case, as NumPy arrays."""
    arrays = [column.array(Z.astype(dtype), dtype) for Z in (case.X, case.Y, case.W1, case.W2)]
    return tuple(column.to_numpy(Z) for Z in column.train(*arrays, case.lr, case.steps, case.activation))


def named(values):
    """A trace, or some of it as {name: array}, by the names of the anatomy."""
    values = values if isinstance(values, dict) else values.named()
    return {internal(name, "two_layer"): Z for name, Z in values.items()}


class Here(workers.Pool):
    """A pool whose tasks run in this process, on the module given instead of a name."""

    def __init__(self, monkeypatch, module):
        monkeypatch.setattr(impls, "load", lambda name, row="two_layer": module)

    def submit(self, name, task, *args):
        return lambda: task(name, *args)

    def result(self, name, future):
        return future()
