"""The benchmark: its figures are computed properly, subjects take turns, one that fails costs the others nothing."""

import ctypes
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
import tracemalloc
from itertools import groupby

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold import impls
from fourfold.compare.agreement import certify
from fourfold.compare.bench import goals, measure, record, subjects, tasks
from fourfold.compare.bench import words as show
from fourfold.compare.bench.record import Bench, Certificate, Command, Growth, Memory, Pace, Subject, Work
from fourfold.compare.cases import suites
from fourfold.compare.cases.data import xor
from fourfold.compare.columns import workers
from fourfold.compare.errors import UsageError
from fourfold.compare.results import environment, result
from fourfold.compare.system import files
from fourfold.impls.deep import numpy_impl as deep
from fourfold.impls.two_layer import numpy_impl
from fourfold.reports import bench as page
from fourfold.reports import readme
from tests.test_cli import HERE, command, said

ONE, MANY = Work("one seed", 1, 10_000, 4, 3), Work("1,000 seeds", 1000, 10_000, 4, 3)


def example(**more):
    """Two rounds, in the second of which everything took twice as long."""
    paces = [
        ("C", MANY, 10),
        ("C strict", MANY, 50),
        ("C", ONE, 100),
        ("jax", MANY, 40),
        ("jax", ONE, 1000),
        ("optax", ONE, 9000),
    ]
    known = {
        "schema_version": 1,
        "created": "2026-01-01T00:00:00+00:00",
        "quick": False,
        "rounds": 2,
        "environment": environment.environment(["numpy"], ["float64"], "fourfold bench"),
        "machine": {},
        "load": [0.5, 1.5],
        "works": [ONE, MANY],
        "subjects": [Subject("C", "limit", ""), Subject("jax", "column", "jax"), Subject("optax", "peer", "jax")],
        "paces": [Pace(name, work.name, work.seeds, 10, [ns, 2 * ns], [1, 1]) for name, work, ns in paces],
        "certificates": [Certificate("torch", "float64", 10, 100, [2.0, 4.0], [1.0, 4.0])],
        "commands": [
            Command("fourfold agree", [5.0, 3.0]),
            Command("import tensorflow", [2.0, 2.0]),
            Command("fourfold check", [0.4]),
        ],
        "memory": [Memory("fourfold agree", [10, 100], [100.0, 106.0])],
        "growth": [Growth("jax", "steps", [10, 100], [[1, 3], [20, 20]])],
    }
    return Bench(**known | more)


def test_a_ratio_is_taken_round_by_round():
    assert record.ratio([10, 200, 30], [1, 100, 2]) == 10
    assert record.ratio([8, 8], [2, 4, 100]) == 3, "who died has fewer rounds"


def test_spread():
    assert record.spread([9, 10, 12, 10, 100]) == pytest.approx(0.1)


@given(st.floats(-2, 3), st.floats(1e-6, 1e6), st.lists(st.integers(1, 10**6), min_size=2, max_size=6, unique=True))
def test_the_exponent_of_a_power_is_its_power(power, factor, sizes):
    seconds = [factor * size**power for size in sizes]
    assert record.exponent(sizes, seconds) == pytest.approx(power, abs=1e-6)


def test_a_peer_without_an_axis_for_seeds_trains_them_in_turn():
    bench = example()
    assert bench.pace("optax", MANY.name) == bench.pace("optax", ONE.name)
    assert bench.pace("jax", MANY.name).ns == [40, 80]
    without = example(paces=[p for p in bench.paces if (p.subject, p.work) != ("jax", MANY.name)])
    assert without.pace("jax", MANY.name) is None, "a column has the axis"


def test_goals():
    found = {g.what: (g.measured, g.met) for g in goals.goals(example())}
    assert found == {
        "jax ahead of optax": ("×9, ×225 on 1,000 seeds", True),
        "jax beside C, 1,000 seeds": ("×4; ×0.8 beside C strict", True),
        "certifying torch, 10 seeds, float64": ("×0.75", True),
        "agree from cold beside import tensorflow": ("×2", True),
        "check from cold": ("0.4 s", True),
        "time grows linearly with steps": ("1.00 at most, jax", True),
        "memory, 10 to 100 steps": ("100 → 106 MiB, ×1.06", False),
    }


@given(st.floats(1e-3, 1e9))
def test_times_has_three_digits_and_no_powers_of_ten(ratio):
    text = goals.times(ratio)
    assert "e+" not in text
    assert float(text[1:].replace(",", "")) == pytest.approx(ratio, rel=0.005)


def test_goals_that_are_missed():
    slow = [msgspec.structs.replace(p, ns=[9 * v for v in p.ns]) if p.subject == "jax" else p for p in example().paces]
    bench = example(
        paces=slow,
        commands=[
            Command("fourfold agree", [6.0]),
            Command("import tensorflow", [2.0]),
            Command("fourfold check", [0.51]),
        ],
        certificates=[Certificate("torch", "float64", 10, 100, [2.0], [2.1])],
        growth=[Growth("jax", "steps", [10, 100], [[1], [12]])],
    )
    assert [g.met for g in goals.goals(bench)] == [False] * 7


def test_json_round_trip(tmp_path):
    file = tmp_path / "bench.json"
    files.write_whole(file, result.encode(example()))
    assert record.read(file) == example()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"schema_version": 1}', b'{"schema_version": 99}', b"\xff"])
def test_a_damaged_record_is_refused_in_one_sentence(tmp_path, content):
    (tmp_path / "bench.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"bench\.json"):
        record.read(tmp_path / "bench.json")


@given(st.integers(1, 5), st.integers(1, 3), st.integers(1, 7))
def test_subjects_take_turns(rounds, works, names):
    order = list(measure.interleaved(list(range(names)), [*"abc"[:works]], rounds))
    for n in range(rounds):
        of_round = order[n * works * names : (n + 1) * works * names]
        assert {r for r, *_ in of_round} == {n}
        for w in range(works):
            turns = [name for _, work, name in of_round[w * names : (w + 1) * names] if work == "abc"[w]]
            assert sorted(turns) == list(range(names)), "each once"
            assert turns[0] == n % names, "and another one first"


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(measure, "SECONDS", 1e-4)
    for name in subjects.PIECES:
        monkeypatch.setitem(subjects.PIECES, name, 5)


def measured(*entries, rounds=3):
    return measure.measure(
        entries, (ONE, MANY), quick=True, rounds=rounds, timeout=60, command="fourfold bench", alone=True
    )


def test_a_subject_that_dies_or_is_missing_costs_the_others_nothing(small, monkeypatch, tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text(
        '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done; printf "#!/bin/sh\\nexit 4" > $2; chmod +x $2\n'
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    dying = "import os, signal\nfrom fourfold.impls.two_layer.numpy_impl import array, to_numpy\n"
    (tmp_path / "dying.py").write_text(f"{dying}def train(*args): os.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = measured(
        subjects.Contender("C", "limit", ""),
        subjects.Contender("dies", "column", "dying"),
        subjects.Contender("numpy", "column", "numpy"),
        subjects.Contender("absent", "peer", "numpy", ("no_such_package",), "absent.trainer"),
    )
    assert [(p.subject, p.work, len(p.ns)) for p in found.paces] == [("numpy", w.name, 3) for w in (ONE, MANY)]
    assert all(ns > 0 for p in found.paces for ns in p.ns)
    notes = {s.name: s.note for s in found.subjects}
    assert notes["dies"] == "dies was killed by SIGKILL"
    assert "ended with status 4" in notes["C"]
    assert notes["absent"] == "needs no_such_package: pip install 'fourfold[all,bench]'"
    assert len(found.load) == 3
    said = [*show.sentences(found)]
    assert all(any(f"Not measured: {name}" in line for line in said) for name in ("C", "dies", "absent"))
    assert page.section(found).tables


class Steady:
    """Stands in for measure.Subjects: 2 µs a step, whatever is asked, until it has been asked `patience` times."""

    def __init__(self, *contenders, patience=10**6):
        self.contenders, self.asked, self.patience = {c.name: c for c in contenders}, [], patience
        self.whole_calls = True

    timed_warm = measure.Subjects.timed_warm

    def timed(self, name, work, steps, at_once=None):
        self.asked.append((name, work.name, steps))
        self.whole_calls &= at_once == work.steps and steps % work.steps == 0
        return tasks.Round(steps * 2e-6, 0.5) if len(self.asked) <= self.patience else None


def test_paces_are_per_seed_and_step_of_rounds_that_take_half_a_second():
    steady = Steady(subjects.Contender("numpy", "column", "numpy"), subjects.Contender("C", "limit", ""))
    load = []
    found = {(p.subject, p.work): p for p in measure._paces(steady, (ONE, MANY), 3, load, lambda line: None)}
    assert found["numpy", ONE.name].ns == found["C", ONE.name].ns == [2000.0] * 3
    assert found["numpy", MANY.name].ns == [2.0] * 3
    assert found["numpy", MANY.name].busy == [0.5] * 3
    assert [p.steps for p in found.values()] == [250_000] * 4
    assert found["numpy", MANY.name].steps % subjects.PIECES[MANY.name] == 0
    assert len(load) == 3


def test_growth_is_measured_along_every_axis_in_calls_that_take_long_enough():
    steady = Steady(*(e for e in subjects.TABLE.values() if e.name in {"numpy", "deep numpy", "C"}))
    found = {g.axis: g for g in measure._growth(steady, 2, lambda line: None)}
    assert {axis: g.sizes for axis, g in found.items()} == {axis: list(s) for axis, s in subjects.GROWTH.items()}
    assert all(g.subject == "numpy" and len(of_size) == 2 for g in found.values() for of_size in g.seconds)
    assert found["steps"].seconds[0] == [2500 * 1e-6] * 2, "processor seconds of one call"
    assert found["steps"].exponent() == pytest.approx(1)
    assert found["width"].exponent() == pytest.approx(0)
    assert {name for name, work, _ in steady.asked if "16 wide" in work} == {"deep numpy"}
    assert steady.whole_calls
    longest = {work: steps * 2e-6 for _, work, steps in steady.asked}
    assert all(0.04 <= seconds <= 0.06 for seconds in longest.values())


@pytest.mark.parametrize(
    ("axis", "shapes"),
    [
        ("steps", [(2, 3), (3, 1)]),
        ("seeds", [(7, 2, 3), (7, 3, 1)]),
        ("samples", [(2, 64), (64, 1)]),
        ("width", [(2, 7), (7, 1)]),
        ("depth", [*[(16, 16)] * 7, (16, 1)]),
    ],
)
def test_a_size_that_grows_is_that_of_what_is_trained(axis, shapes):
    work = subjects.grown(axis, 7)
    case = subjects.case(work)
    assert [W.shape for W in case.weights] == shapes
    assert (axis == "steps") == (work.steps == 7)
    assert (axis == "samples") == (len(case.X) == 7)
    assert len(case.Y) == len(case.X) == work.samples


def test_the_last_exponent_is_that_of_the_two_largest_sizes():
    growth = Growth("jax", "width", [1, 10, 100], [[5], [5], [50]])
    assert growth.last_exponent() == pytest.approx(1)
    assert growth.exponent() == pytest.approx(0.5)
    (_, headers, rows) = show.tables(example(growth=[growth]))[1]
    assert (headers, rows) == (["", "", "jax"], [["width", "1 to 100", "0.50 1.00"]])


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
@pytest.mark.parametrize(("seeds", "samples", "hidden"), [(5, 4, 3), (1, 64, 8)])
def test_the_c_loops_do_the_same_training(seeds, samples, hidden):
    some = lambda *shape: np.sin(7.0 * np.arange(np.prod(shape)) + 1).reshape(shape)
    W1, W2 = (np.moveaxis(some(*shape, seeds), -1, 0) for shape in ((2, hidden), (hidden, 1)))
    X, Y = xor() if samples == 4 else (some(2, samples).T, some(samples, 1))
    *_, L = numpy_impl.train(X, Y, W1, W2, 0.1, 300, "sigmoid")
    with measure._limits() as programs:
        assert set(programs) == {"C", "C strict"}
        for program in programs.values():
            run = [program, *map(str, (seeds, samples, hidden, 300))]
            *_, last = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
            assert float(last) == pytest.approx(L[-1].mean(), rel=1e-12)
            assert abs(L[-1].mean() - L[0].mean()) > 0.01, "there is something to agree on"


def test_a_network_of_any_depth_is_timed_in_pieces_that_fit_the_memory():
    works = subjects.deep_works([2, 8, 8, 1], True, "tanh,relu,sigmoid")
    case = subjects.case(works[0])
    assert (case.row, case.activations, len(case.weights)) == ("deep", ("tanh", "relu", "sigmoid"), 6)
    for work in (*works, *subjects.deep_works([2, 200, 1], False, "tanh")):
        numbers = sum(W.size for W in subjects.case(work).weights)
        assert 1 <= subjects.piece(work) * numbers <= subjects.LARGEST_TRAJECTORY


def test_what_was_timed_before_a_subject_died_is_kept():
    steady = Steady(subjects.Contender("numpy", "column", "numpy"), patience=8)
    (pace,) = measure._paces(steady, (ONE,), 5, [], lambda line: None)
    assert 1 <= len(pace.ns) < 5


def test_clock_time_is_what_training_took():
    took = tasks._timed(lambda steps: time.sleep(0.001 * steps), 5)
    assert took.seconds >= 0.005
    assert took.busy < 1


def test_memory_grows_with_the_steps_until_a_call_is_full(monkeypatch):
    monkeypatch.setattr("fourfold.compare.agreement.plan.NUMBERS", 20_000)
    monkeypatch.setattr("fourfold.compare.agreement.certify.PIECE", 1000)

    def peak(pool, steps):
        case = subjects.case(ONE)._replace(steps=steps, weights=tuple(W[None] for W in subjects.case(ONE).weights))
        tracemalloc.start()
        certify.certify(pool, "numpy", case, "float64", lambda steps: None)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    with workers.open_pool(60) as pool:
        certify.certify(pool, "numpy", suites.build(suites.TABLE[0]), "float64", lambda steps: None)  # imports
        few, many = peak(pool, 4000), peak(pool, 12_000)  # a call, and the next one
    assert many < 1.02 * few


def faults(name, times):
    """How many pages are taken from the system while ten arrays of 3.2 MB come and go."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        sum(Z[0] for Z in [np.ones(400_000) for _ in range(10)])
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs glibc")
def test_a_worker_keeps_the_memory_of_arrays_that_are_freed():
    with workers.open_pool(60) as pool:
        assert pool.call("numpy", faults, 20) < 20 * 10 * 3_200_000 / 4096 / 10


def by_process():
    """Peers that share a module and an environment, so that a framework is started once for both."""
    key = lambda e: (e.function.split(".")[0], e.environment)
    for _, entries in groupby((e for e in subjects.TABLE.values() if e.kind == "peer"), key):
        first, *more = entries
        skip = pytest.mark.skipif(bool(first.missing()), reason=f"needs {' and '.join(first.missing())}")
        yield pytest.param([first, *more], marks=skip, id=first.name)


def losses(entries, steps):
    """{name: losses} of peers, computed in a process of their own."""
    module, functions = entries[0].function.split(".")[0], {e.name: e.function.split(".")[1] for e in entries}
    script = (
        f"import json; from fourfold.compare.bench.peers import {module}; from fourfold.compare.bench import subjects\n"
        "case = subjects.case(subjects.WORKS[0])\n"
        "def found(function):\n"
        f"    make = getattr({module}, function)\n"
        "    train = make(case.X, case.Y, *(W.copy() for W in case.weights), case.lr)\n"
        f"    return [float(L) for n in range(2) for L in train({steps // 2})]\n"
        f"print('losses', json.dumps({{name: found(f) for name, f in {functions}.items()}}))"
    )
    env = os.environ | dict(entries[0].environment) | {"PYTHONPATH": HERE}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("losses"))[6:])


@pytest.mark.parametrize("entries", [*by_process()])
def test_a_peer_really_does_the_same_training(entries):
    case = subjects.case(subjects.WORKS[0])
    W1, W2 = case.weights
    *_, ours = numpy_impl.train(case.X, case.Y, W1, W2, case.lr, 8, "sigmoid")
    if entries[0].name == "scikit-learn":  # it trains biases as well, from zero
        b = tuple(np.zeros((1, d)) for d in (W1.shape[1], W2.shape[1]))
        *_, ours = deep.train(case.X, case.Y, (W1, W2), b, case.lr, 8, ("sigmoid", "identity"))
    assert ours[0] != pytest.approx(ours[-1], rel=1e-3), "there is something to agree on"
    for name, found in losses(entries, 8).items():
        # Keras keeps rates, and on PyTorch and JAX the losses it returns, in float32
        assert found == pytest.approx(ours.tolist(), rel=1e-6 if "keras" in name else 1e-13), name


def test_a_peer_is_short():
    for file in ("keras_model", "torch_module", "optax_sgd", "sklearn_mlp", "hips_autograd", "micrograd_values"):
        with open(f"{HERE}/compare/bench/peers/{file}.py") as source:
            assert len(source.readlines()) <= 40


def test_no_peer_is_imported_by_the_command():
    script = (
        "import sys, fourfold.compare.commands.cli, fourfold.compare.bench.measure, fourfold.reports.bench\n"
        "print(*sys.modules)"
    )
    modules = set(command(python=("-c", script)).stdout.split())
    assert not modules & {"torch", "jax", "tensorflow", "keras", "sklearn", "autograd", "micrograd", "optax"}
    assert not any(name.startswith("fourfold.compare.bench.peers.") for name in modules)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--subject", "troch nn"], "There is no subject 'troch nn': did you mean torch nn?"),
        (["--subject", ""], "There is no subject ''"),
        (["--layers", "3,2,1"], "--layers must begin and end with them"),
        (["--layers", "2,two,1"], "--layers takes widths"),
        (["--activation", "tanh,relu,relu"], "--activation has 3 names"),
        (["--bias", "--subject", "numpy"], "numpy only has two layers and no biases: did you mean deep numpy?"),
        (["--rounds", "0"], "--rounds must be from 1 to 1000, not 0"),
        (["--rounds", "many"], "--rounds"),
        (["--timeout", "-1"], "--timeout must be a positive number"),
        (["--json", "/proc/none/b.json"], "Cannot write /proc/none/b.json"),
    ],
)
def test_bad_input_gets_one_sentence(typed, args, sentence):
    complaint = said(typed("bench", *args), 2)
    assert sentence in complaint
    assert len(complaint.splitlines()) == 1


def test_help_has_an_example():
    done = command("bench", "--help")
    assert said(done, 0) == ""
    assert "Example: fourfold bench --quick" in done.stdout


def test_the_command_prints_paces_and_writes_every_figure(tmp_path):
    done = command("bench", "--subject", "numpy", "--quick", "--rounds", 2, "--json", tmp_path / "b.json")
    assert said(done, 0) == ""
    assert "numpy" in done.stdout
    found = record.read(tmp_path / "b.json")
    assert [len(p.ns) for p in found.paces] == [2, 2]
    assert found.machine["python_version"]
    assert not any(sys.prefix in value or value == platform.node() for value in found.machine.values())
    assert next(iter(show.tables(found)))[2][0][0] == "numpy"


def test_a_network_of_any_depth_is_timed_in_the_columns_that_have_it(tmp_path):
    options = ("--layers", "2,4,1", "--bias", "--activation", "tanh", "--subject", "deep numpy")
    done = command("bench", *options, "--quick", "--rounds", 1, "--json", tmp_path / "b.json")
    left_out = "Left out, as they have two layers without biases: the C loop and the other libraries."
    assert said(done, 0).strip() == left_out
    assert "layers 2-4-1 with biases, tanh" in done.stdout
    found = record.read(tmp_path / "b.json")
    assert [(p.subject, p.work) for p in found.paces] == [("deep numpy", ONE.name), ("deep numpy", MANY.name)]
    assert show.tables(found)[0][1] == ["", "one seed", "1,000 seeds"], "no C loop to be compared with"


def test_a_section_has_a_picture_of_every_subject_and_of_growth():
    section = page.section(example())
    assert [p.name for p in section.pictures] == ["paces", "bench_growth"]
    assert all(f">{name}<" in section.pictures[0].svg for name in ("C", "jax", "optax"))
    assert [caption for caption, *_ in section.tables][-1] == "Goals"
    assert page.section(example(growth=[], commands=[], memory=[], certificates=[])).pictures[0].name == "paces"
    assert page.section(example()).pictures[0].svg == section.pictures[0].svg, "the same bytes"


def test_the_readme_has_the_paces_of_a_benchmark_that_was_kept_and_every_goal_it_missed(monkeypatch, tmp_path):
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    block = "before\n<!-- bench b.json -->\n{}<!-- end -->\nafter\n"
    assert readme.refreshed(block.format("stale\n")) == block.format("Not measured yet.\n")
    files.write_whole(tmp_path / "b.json", result.encode(example()))
    text = readme.refreshed(block.format("stale\n"))
    assert readme.refreshed(text) == text
    wanted = goals.goals(example())
    missed = [g.what for g in wanted if not g.met]
    assert missed
    assert f"{len(wanted) - len(missed)} of {len(wanted)} goals met" in text
    shown = [cell.strip() for row in show.tables(example())[0][2] for cell in row]
    assert [words for words in (*shown, *missed, *show.conditions(example())) if words not in text] == []
    assert "stale" not in text


def test_a_busy_machine_is_named():
    waited = [msgspec.structs.replace(p, busy=[0.5, 0.4]) for p in example().paces]
    assert any("busy with other things: 6 of 6" in line for line in show.sentences(example(paces=waited)))
    assert not any("busy" in line for line in show.sentences(example()))


def test_missing_packages_are_left_out_with_a_note(monkeypatch):
    monkeypatch.setattr(workers, "package_installed", lambda package: package != "optax")
    (entry,) = (e for e in subjects.TABLE.values() if e.name == "optax")
    assert entry.missing() == ["optax"]
    assert {e.name for e in subjects.choose(None, True)} == {"C", "C strict", *impls.NAMES}
