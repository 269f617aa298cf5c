"""Large data: an answer within memory, or a sentence before anything is begun."""

import tracemalloc

import numpy as np
import pytest

from fourfold.compare.agreement import memory, suite
from fourfold.compare.agreement.certify import certify
from fourfold.compare.cases import data
from fourfold.compare.cases.case import make_case, two_layer_case
from fourfold.compare.cases.data import LARGEST_CSV, read_csv
from fourfold.compare.columns import workers
from fourfold.compare.commands.options import Training, filled
from fourfold.compare.errors import UsageError
from fourfold.compare.sweep import plan
from fourfold.compare.system import memory as system
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import Here, asymmetric


def large(samples, seeds=1, steps=3, hidden=3):
    rng = np.random.default_rng(5)
    X, Y = rng.standard_normal((samples, 2)), rng.standard_normal((samples, 1))
    W1, W2 = rng.standard_normal((seeds, 2, hidden)), rng.standard_normal((seeds, hidden, 1))
    return two_layer_case("large", X, Y, W1, W2, "tanh", 0.1, steps, range(seeds))


def peak(f, *args, **more):
    """Bytes that were held at most during f(*args), beside what was there."""
    tracemalloc.start()
    try:
        f(*args, **more)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_csv_is_read_in_a_few_times_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "LARGEST_CSV", 2**20)  # so much is asked for, whatever the file has
    file = tmp_path / "data.csv"
    file.write_text("a,b,y\n" + "".join(f"{n / 7:.3f},{n % 5},{n % 2}\n" for n in range(40_000)))
    assert peak(read_csv, file) < 8 * file.stat().st_size


def test_the_largest_csv_is_refused_by_its_size(tmp_path):
    file = tmp_path / "data.csv"
    with file.open("wb") as sparse:
        sparse.truncate(LARGEST_CSV + 1)
    with pytest.raises(UsageError, match="is larger than 67,108,864 bytes"):
        read_csv(file)


@pytest.mark.parametrize("case", [large(20_000), large(10_000, seeds=3), large(4, steps=20, hidden=20_000)])
def test_what_certifying_takes_is_no_more_than_is_foreseen(monkeypatch, case):
    monkeypatch.setattr(memory, "AT_ONCE", memory.numbers(case))
    here = Here(monkeypatch, numpy_impl)
    took = peak(certify, here, "numpy", case, "float64", lambda n: None, keep=False)
    foreseen = memory.needed(case, ["numpy"], ["float64"], keep=False)
    assert foreseen / 2 < took < foreseen


@pytest.mark.parametrize("keep", [True, False])
def test_in_parts_all_is_judged_as_in_one(monkeypatch, keep):
    case = asymmetric(steps=12)
    here = Here(monkeypatch, numpy_impl)
    whole = certify(here, "numpy", case, "float64", lambda n: None, keep=keep)
    monkeypatch.setattr(memory, "AT_ONCE", 1)
    parts = certify(here, "numpy", case, "float64", lambda n: None, keep=keep)
    assert parts.rows == whole.rows
    assert parts.arrays.keys() == whole.arrays.keys()
    for name, Z in whole.arrays.items():
        np.testing.assert_array_equal(parts.arrays[name], Z)
    assert ("trace_A" in whole.arrays) is keep


def refused(monkeypatch, case, free, names=("numpy",), dtypes=("float64",)):
    monkeypatch.setattr(system, "free", lambda: free)
    monkeypatch.setattr(workers, "open_pool", None)  # before anything is begun
    with pytest.raises(UsageError) as error:
        suite.agreement([*names], [case], [*dtypes], 60, "-")
    return str(error.value)


def test_what_does_not_fit_is_refused_in_a_sentence(monkeypatch):
    sentence = refused(monkeypatch, large(2_000_000, steps=10), 3e9, ("numpy", "torch", "jax", "tf"))
    assert sentence == (
        "large would take about 10 GB of memory, and 3.0 GB are free: choose fewer samples, narrower layers, fewer "
        "columns with --impl, or fewer seeds."
    )
    wide = large(4, hidden=10_000_000)
    assert "choose fewer samples, narrower layers" in refused(monkeypatch, wide, 4e9)


def test_a_sweep_that_does_not_fit_is_refused(monkeypatch):
    X, Y = np.zeros((2_000_000, 2)), np.zeros((2_000_000, 1))
    training = filled(Training(data="large", steps=2))
    options = plan.options(training, {"hidden": [2, 5]}, X, Y, ["numpy"], ["float64"], range(1))
    chunks = plan.chunks(options, X, Y)
    monkeypatch.setattr(system, "free", lambda: 6e9)
    plan.check_memory(chunks, 1)
    with pytest.raises(UsageError, match=r"take about 7 GB of memory, and 6\.0 GB are free: .* fewer --workers"):
        plan.check_memory(chunks, 2)


def test_what_takes_for_ever_is_refused_in_a_sentence(monkeypatch):
    sentence = refused(monkeypatch, large(2_000_000, 10, 10_000), None, names=("numpy", "torch", "jax"))
    assert sentence == (
        "large would be 4e+12 numbers to judge, which takes days: choose fewer samples, --steps, --seeds or columns "
        "(--impl)."
    )


def test_what_everybody_runs_is_never_refused(monkeypatch):
    monkeypatch.setattr(system, "free", lambda: 1e9)
    names = ["numpy", "torch", "jax", "tf"]
    case = make_case("xor", "sigmoid", 0.1, 10_000, 3, range(5000))
    memory.check([case], names, ["float64", "float32"])
    assert memory.needed(case, names, ["float64", "float32"], keep=True) < memory.SMALL


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, None),
        ({"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:  2000 kB\n"}, 2_048_000),
        ({"proc/meminfo": "nothing like it"}, None),
        ({"sys/fs/cgroup/memory.max": "5000\n", "sys/fs/cgroup/memory.stat": "anon 2000\nfile 7\n"}, 3000),
        ({"sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.stat": "anon 2000\n"}, 0),
        ({"sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/memory.stat": "anon 2000\n"}, None),
        (
            {
                "proc/meminfo": "MemAvailable: 2 kB\n",
                "sys/fs/cgroup/memory.max": "9000\n",
                "sys/fs/cgroup/memory.stat": "anon 0\n",
            },
            2048,
        ),
    ],
)
def test_what_is_free(tmp_path, files, free):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert system.free(tmp_path) == free
    assert (system.free() or 0) > 1e8
