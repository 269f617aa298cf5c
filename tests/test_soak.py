import json
import os
import signal
import subprocess
import sys
import time

import msgspec
import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.columns import calls, workers
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge.referee import JudgeError
from fourfold.compare.mistakes import planted
from fourfold.compare.results import result
from fourfold.compare.system import files
from fourfold.impls.deep import numpy_impl as deep
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import Here
from tests.makers import false_alarms, random_cases
from tests.makers.random_cases import ROUNDS, SHAPES
from tests.test_cli import HERE, command, said

BATCH = 16
SOAK = ("-m", "tests.makers.soak")


class HereSoaking(Here):
    def __init__(self, monkeypatch, module, dies_after=10**9):
        super().__init__(monkeypatch, module)
        monkeypatch.setattr(impls, "load", lambda name, row="two_layer": module if row == "two_layer" else deep)
        monkeypatch.setattr(false_alarms, "BATCH", BATCH)
        self.calls, self.dies_after, self.stopped, self.restarts = 0, dies_after, False, 0

    def result(self, name, future):
        self.calls += 1
        if self.calls > self.dies_after:
            raise ColumnError("interrupted")
        with np.errstate(all="ignore"):
            return future()

    def restart_clocks(self):
        self.restarts += 1

    def stop(self):
        self.stopped = True


def finish(pool, soak, *wanted):
    for _ in false_alarms.batches(pool, soak, *wanted):
        pass
    return soak


def test_a_configuration_is_the_same_whenever_it_is_made():
    once = [random_cases.make(n) for n in range(100)]
    for n in reversed(range(100)):
        again = random_cases.make(n)
        assert again._replace(X=0, Y=0, weights=0) == once[n]._replace(X=0, Y=0, weights=0)
        assert all((getattr(again, Z) == getattr(once[n], Z)).all() for Z in ("X", "Y", "W1", "W2"))


def test_shapes_are_few_and_have_every_activation_in_both_precisions():
    first = [random_cases.shape(n) for n in range(SHAPES * ROUNDS)]
    assert len(set(first)) == SHAPES
    assert random_cases.shape(SHAPES * ROUNDS) not in first
    assert len({(s.activations[0], s.dtype, s.row) for s in first}) == 16
    assert len({(s.biases, len(s.widths), s.shapes) for s in first if s.row == "deep"}) >= 5
    assert max(s.samples for s in first) > 100
    assert sum(s.shapes for s in first) == SHAPES * ROUNDS / 8
    assert min(s.steps for s in first) == 1
    assert max(s.steps for s in first) > 40
    assert min(s.lr for s in first) < 1e-3
    assert max(s.lr for s in first) > 10


def test_configurations_are_special_in_every_way_they_can_be():
    made = [random_cases.make(n) for n in range(600)]
    arrays = [Z for case in made for Z in case.cast(case.dtypes[0])]
    smallest = lambda Z: np.abs(Z[Z != 0]).min(initial=np.inf)
    assert any(smallest(Z) < np.finfo(Z.dtype).tiny for Z in arrays)
    assert any(np.abs(Z).max() > np.sqrt(np.finfo(Z.dtype).max) for Z in arrays)
    assert all(np.isfinite(Z).all() for Z in arrays)
    assert any((case.X == 0).all(axis=1).any() for case in made)
    real = [case for case in made if not case.exact and len(case.X) > 1 and case.X[0].any()]
    assert sum((case.X[0] == case.X[-1]).all() and (case.Y[0] == case.Y[-1]).all() for case in real) > 20
    assert any(case.exact for case in made)
    assert min(len(case.seeds) for case in made) > 1


def test_interrupted_and_resumed_is_the_same_as_in_one_go(monkeypatch, tmp_path):
    names, file = ["numpy", "numpy-loop"], tmp_path / "soak.json"
    pool = HereSoaking(monkeypatch, numpy_impl)
    whole = finish(pool, false_alarms.begin(names, "-"), 2 * BATCH, 0)
    assert not whole.rejections
    assert whole.numbers() > 2 * BATCH * 2 * random_cases.NUMBERS / 2
    pool = HereSoaking(monkeypatch, numpy_impl, dies_after=pool.calls * 3 // 4)
    begun = false_alarms.resume(file, names, "-")
    batches = false_alarms.batches(pool, begun, 2 * BATCH, 0)
    next(batches)
    files.write_whole(file, result.encode(begun))
    with pytest.raises(ColumnError):
        next(batches)
    assert pool.stopped
    half = false_alarms.resume(file, names, "-")
    assert half.configurations == BATCH
    assert result.encode(finish(HereSoaking(monkeypatch, numpy_impl), half, 2 * BATCH, 0)) == result.encode(whole)


def test_it_goes_on_until_there_are_enough_numbers(monkeypatch):
    found = finish(HereSoaking(monkeypatch, numpy_impl), false_alarms.begin(["numpy"], "-"), 4, 0)
    assert found.configurations == 4
    wanted = found.numbers() + 1
    found = finish(HereSoaking(monkeypatch, numpy_impl), found, 4, wanted)
    assert found.numbers() >= wanted
    assert found.configurations == 4 + BATCH


def test_every_batch_has_the_whole_time(monkeypatch):
    pool = HereSoaking(monkeypatch, numpy_impl)
    finish(pool, false_alarms.begin(["numpy"], "-"), 2 * BATCH, 0)
    assert pool.restarts == 2
    with workers.open_pool(60) as real:
        real.call("numpy", calls.introduce)
        assert real.seconds("numpy") > 0
        real.restart_clocks()
        assert real.seconds("numpy") == 0


def test_a_wrong_column_is_found_with_its_configuration(monkeypatch):
    wrong = planted.changed("numpy", "dL_dH = dL_dA * sigma_prime(A)", "dL_dH = dL_dA * sigma_prime(A) * (1 + 1e-12)")
    found = finish(HereSoaking(monkeypatch, wrong), false_alarms.begin(["numpy"], "-"), 8, 0)
    assert 0 < len(found.rejections) == found.rejected
    assert {r.dtype for r in found.rejections} == {"float64"}
    n = int(found.rejections[0].case.removeprefix("configuration "))
    assert random_cases.make(n).dtypes == ("float64",)
    assert max(float(t.worst_ratio) for t in found.totals) > 1


def test_a_judge_that_contradicts_itself_is_counted(monkeypatch):
    def contradiction(*_):
        raise JudgeError("nonsense")

    monkeypatch.setattr("fourfold.compare.judge.referee.audit", contradiction)
    found = finish(HereSoaking(monkeypatch, numpy_impl), false_alarms.begin(["numpy"], "-"), 2, 0)
    assert [r.note for r in found.rejections] == ["the judge contradicts itself: nonsense"] * 2


def test_evidence_of_other_versions_is_refused(tmp_path):
    file, old = tmp_path / "soak.json", false_alarms.begin(["numpy"], "-")
    environment = old.environment
    for other, sentence in (
        (msgspec.structs.replace(old, columns=["torch"]), "is about torch: give the same --impl"),
        (msgspec.structs.replace(old, judge_sha256="0" * 64), "made with judge 000000000000, and this is"),
        (
            msgspec.structs.replace(old, environment=msgspec.structs.replace(environment, versions={"numpy": "1.0"})),
            "made with numpy 1.0, and this is 2",
        ),
        (
            msgspec.structs.replace(old, environment=msgspec.structs.replace(environment, cpu="abacus")),
            "made with cpu abacus",
        ),
    ):
        file.write_bytes(result.encode(other))
        with pytest.raises(UsageError, match=sentence):
            false_alarms.resume(file, ["numpy"], "-")
    file.write_text("[]")
    with pytest.raises(UsageError, match="is not a file of fourfold's soak"):
        false_alarms.resume(file, ["numpy"], "-")


def test_the_command_can_be_interrupted_and_taken_up_again(tmp_path):
    file = tmp_path / "soak.json"
    args = [sys.executable, *SOAK, file, "--impl", "numpy", "--configurations"]
    environment = os.environ | {"PYTHONPATH": HERE}
    process = subprocess.Popen([*args, "1000000"], cwd=HERE, env=environment, stdout=subprocess.PIPE, text=True)
    while not (file.exists() and json.loads(file.read_text())["configurations"]) and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted: the same command goes on" in stdout
    kept = json.loads(file.read_text())["configurations"]
    done = command(file, "--impl", "numpy", "--configurations", kept + 1, python=SOAK)
    assert said(done, 0) == ""
    assert f"{kept + 1:,} configurations × 1 columns" in done.stdout
    assert "0 rejections" in done.stdout
    assert "give the same --impl" in said(command(file, "--impl", "numpy-loop", python=SOAK), 2)
    nowhere = "/proc/none/soak.json"
    assert f"Cannot write {nowhere}" in said(command(nowhere, "--impl", "numpy", python=SOAK), 2)
