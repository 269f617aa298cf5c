"""What the process of a column had imported, how it was set up, and whether a new one gives the same bits."""

import importlib
import re
import sys
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from fourfold.compare.agreement import suite
from fourfold.compare.agreement.twice import difference
from fourfold.compare.cases.case import make_case
from fourfold.compare.columns import surroundings, workers
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.results import environment, process_words, result
from fourfold.reports import render
from tests.test_cli import command, said
from tests.test_documents import ROOT

XOR = make_case("xor", "sigmoid", 0.1, 20, 3, range(3))
REFERENCE = ROOT / "reports/reference/result.json"
COLUMN = "from fourfold.impls.two_layer.numpy_impl import *\n"
NOISY = (
    COLUMN
    + """
import numpy as np
from fourfold.impls.two_layer import numpy_impl

def train(X, Y, W1, W2, lr, steps, activation):
    W1, W2, L = numpy_impl.train(X, Y, W1, W2, lr, steps, activation)
    L[5:] *= 1 + np.random.default_rng().integers(-1, 2, L[5:].shape) * L.dtype.type(np.finfo(L.dtype).eps)
    return W1, W2, L
"""
)
DENORMAL = (
    COLUMN
    + """
import torch
from fourfold.impls.two_layer import numpy_impl

def train(*arguments):
    torch.set_float32_matmul_precision("medium")
    torch.use_deterministic_algorithms(True)
    return numpy_impl.train(*arguments)
"""
)
SECOND = (
    COLUMN
    + """
from pathlib import Path
from fourfold.impls.two_layer import numpy_impl

MARK = Path(__file__).with_name("begun")
IS_SECOND = MARK.exists()
MARK.touch()

def train(*arguments):
    if IS_SECOND:
        raise ValueError("out of cheese")
    return numpy_impl.train(*arguments)
"""
)


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module that workers find too; gives its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def written(text, name):
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        yield_name.append(name)
        return name

    yield_name = []
    yield written
    for name in yield_name:
        sys.modules.pop(name, None)


def judged(names, twice=()):
    return suite.agreement(names, [XOR], ["float64"], 100, "fourfold agree", keep=False, twice=twice)[0]


def test_a_process_says_what_it_has_imported_and_nothing_else():
    with workers.open_pool(100) as pool:
        here = pool.call("numpy", surroundings.seen)
    assert here["numpy"] == np.__version__
    assert here["subnormal numbers"] == "kept"
    assert "BLAS" in here
    assert not {"torch", "jax", "tensorflow"} & {what.split(" ")[0] for what in here}


def test_a_package_that_a_module_of_the_users_names_is_listed(module):
    module("__version__ = '7.1'\nclass Tensor: pass\ndef f(): pass\n", "tinygrid")
    module("__version__ = '0.3'\n", "minigrad")
    module("no_version = 1\n", "plain")
    name = module(COLUMN + "import os, plain, minigrad\nfrom tinygrid import Tensor, f\n", "mine_with_packages")
    outcome = judged([name, "numpy"])
    assert outcome.environment.processes[name].items() >= {"tinygrid": "7.1", "minigrad": "0.3"}.items()
    assert not {"plain", "os", name, "fourfold"} & outcome.environment.processes[name].keys()
    assert "tinygrid" not in outcome.environment.processes["numpy"]


@pytest.mark.skipif(not workers.package_installed("torch"), reason="torch is not installed")
def test_settings_are_those_at_the_end_of_the_run(module):
    outcome = judged([module(DENORMAL, "mine_in_torch")])
    here = outcome.environment.processes["mine_in_torch"]
    assert here["torch float32 matmul precision"] == "medium"
    assert here["torch deterministic algorithms"] == "on"
    assert here["torch threads"] == "1"


def fake(name, **more):
    return SimpleNamespace(__version__="1.0", __name__=name, **more)


def test_settings_that_a_version_does_not_have_are_left_out(monkeypatch):
    jax = fake("jax", config=SimpleNamespace(jax_enable_x64=True, jax_default_matmul_precision="highest"))
    keras = fake("keras", config=SimpleNamespace(backend=lambda: "jax", floatx=lambda: "float16"))
    monkeypatch.setitem(sys.modules, "jax", jax)
    monkeypatch.setitem(sys.modules, "keras", keras)
    here = surroundings.seen("somebody.elses")
    assert (here["jax x64"], here["jax matmul precision"]) == ("on", "highest")
    assert (here["keras"], here["keras backend"], here["keras floatx"]) == ("1.0", "jax", "float16")
    assert "jax jit" not in here
    assert "keras dtype policy" not in here
    assert "jax x64" not in surroundings.seen("torch"), "another column's settings are not its own"
    assert surroundings.seen("jax")["jax x64"] == "on"


def test_numbers_that_are_flushed_to_zero_are_seen():
    assert surroundings._kept(surroundings.SUBNORMAL * np.float32(1)) == "kept"
    assert surroundings._kept(np.float32(0)) == "flushed to zero"


def test_an_old_result_has_no_processes_and_a_new_one_keeps_them(tmp_path):
    without = msgspec.json.decode(REFERENCE.read_bytes())
    del without["environment"]["processes"], without["twice"]
    (tmp_path / "old.json").write_bytes(msgspec.json.encode(without))
    old = result.read(tmp_path / "old.json")
    assert (old.environment.processes, old.twice) == ({}, {})
    assert environment.flat(old.environment) == {}
    (tmp_path / "r.json").write_bytes(result.encode(judged(["numpy"], ["numpy"])))
    new = result.read(tmp_path / "r.json")
    assert new.environment.processes["numpy"]["numpy"] == np.__version__
    assert new.twice == {"numpy": ""}


def with_processes(**processes):
    e = result.read(REFERENCE).environment
    return msgspec.structs.replace(e, versions={"numpy": "2.0"}, processes=processes)


def test_what_is_compared_is_a_name_a_text_and_no_version_twice():
    e = with_processes(torch={"numpy": "2.0", "torch threads": "1"}, mine={"numpy": "1.9"})
    assert environment.flat(e) == {"torch: torch threads": "1", "mine: numpy": "1.9"}


def test_processes_that_are_alike_are_said_once():
    e = with_processes(a={"numpy": "2.0", "BLAS": "x"}, b={"numpy": "2.0", "BLAS": "x"}, c={"numpy": "2.0"})
    assert [*process_words.processes(e)] == [("a and b", "numpy 2.0, BLAS x"), ("c", "numpy 2.0")]
    filled = msgspec.structs.replace(result.read(REFERENCE), environment=e)
    assert ("Process of c", "numpy 2.0") in [*render.provenance(filled)]


def test_a_column_that_gives_other_bits_is_still_right_and_the_verdict_says_so(module):
    name = module(NOISY, "mine_that_is_noisy")
    outcome = judged([name, "numpy"], [name, "numpy"])
    assert [column.verdict for column in outcome.columns] == ["agrees", "agrees"]
    assert outcome.twice["numpy"] == ""
    assert re.fullmatch(r"L of step \d+", outcome.twice[name])
    assert process_words.twice(outcome) == [
        f"The first steps, run again in a new process, gave the same bits: numpy; not: {name} ({outcome.twice[name]})."
    ]


def test_a_second_run_that_fails_changes_no_verdict(module):
    name = module(SECOND, "mine_that_runs_once")
    outcome = judged([name], [name])
    assert outcome.columns[0].verdict == "agrees"
    assert outcome.twice[name].startswith("raised ValueError: out of cheese")
    sentence = f"The first steps, run again in a new process, did not give the same bits: {name} (raised ValueError: "
    assert process_words.twice(outcome)[0].startswith(sentence)


def test_only_those_that_are_asked_twice_are_spoken_of():
    assert process_words.twice(judged(["numpy"])) == []
    agreeing = msgspec.structs.replace(result.read(REFERENCE), twice={"numpy": "", "torch": ""})
    same = "The first steps, run again in a new process, gave the same bits: numpy, torch."
    assert process_words.twice(agreeing) == [same]


@pytest.mark.parametrize(("name", "first"), [("dL_dH", "dL_dH"), ("Y_hat", "Y_hat")])
def test_the_first_quantity_with_other_bits_is_named(name, first):
    class Nudged(InProcess):
        def ask(self, question):
            answer = super().ask(question)
            if question.call == "trace":
                answer |= {internal: -Z * 0 for internal, Z in answer.items() if internal.startswith(name)}
            return answer

    column, again = InProcess("numpy"), Nudged("numpy")
    assert difference(column, column, XOR, "float32") == ""
    assert difference(column, again, XOR, "float32") == first


def test_a_zero_of_the_other_sign_is_another_bit():
    class Signed(InProcess):
        def ask(self, question):
            answer = super().ask(question)
            return answer | {"R": np.where(answer["R"] == 0, -answer["R"], answer["R"])} if "R" in answer else answer

    case = make_case("xor", "relu", 0.1, 2, 3, range(2))
    case = case._replace(weights=tuple(0 * W for W in case.weights))
    assert difference(InProcess("numpy"), Signed("numpy"), case, "float64") == "R"


def test_agree_says_with_what_and_asks_modules_of_ones_own_twice(tmp_path):
    (tmp_path / "mine.py").write_text(COLUMN)
    few = ["--steps", "5", "--seeds", "1", "--case", "xor"]
    done = command("agree", "--impl", "mine,numpy", *few, cwd=tmp_path, python=("-m", "fourfold.compare"))
    assert said(done, 0) == ""
    assert "The first steps, run again in a new process, gave the same bits: mine.\n" in done.stdout
    assert f"Process of mine and numpy: numpy {np.__version__}, BLAS" in done.stdout
    done = command("agree", "--impl", "numpy,numpy-loop", "--twice", *few)
    assert said(done, 0) == ""
    assert "The first steps, run again in a new process, gave the same bits: numpy, numpy-loop.\n" in done.stdout
