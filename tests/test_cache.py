"""What is kept from run to run stays small, and whole."""

import os

import pytest

from fourfold.compare.cases.case import make_case
from fourfold.compare.columns import compiled, workers
from fourfold.compare.columns.questions import about
from fourfold.compare.judge import judgement
from fourfold.compare.system import files


def test_the_oldest_and_the_empty_go(tmp_path):
    for age, (name, size) in enumerate({"new": 40, "empty": 0, "middle": 50, "old": 20, "oldest": 1}.items()):
        path = tmp_path / name
        path.write_bytes(b"x" * size)
        os.utime(path, (1e9 - age, 1e9 - age))
    files.tidy(tmp_path, 100)
    assert sorted(os.listdir(tmp_path)) == ["middle", "new"]
    files.tidy(tmp_path, 100)
    assert sorted(os.listdir(tmp_path)) == ["middle", "new"]


def test_no_folder_is_no_fault(tmp_path):
    files.tidy(tmp_path / "none", 100)


@pytest.mark.parametrize(("name", "tidied"), [("numpy", []), ("jax", [workers.JAX_CACHE])])
def test_what_jax_compiled_is_looked_at_where_it_was_used(monkeypatch, name, tidied):
    looked_at = []
    monkeypatch.setattr(files, "tidy", lambda folder, most: looked_at.append(folder))
    with workers.open_pool(60) as pool:
        pool._worker(name)
    assert looked_at == tidied


def _question():
    case = make_case("xor", "sigmoid", 0.1, 3, 3, range(2))
    return about(judgement.problem(case, "float64"), "trajectory", case.weights, 0.1, 3)


@pytest.mark.skipif(not workers.installed("tf"), reason="tensorflow is not installed")
def test_what_tensorflow_compiled_is_used_again_unless_it_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    answers, made = [], []
    for length in (None, None, 1000):
        for path in tmp_path.rglob("xla_compile_cache*"):
            os.truncate(path, length or path.stat().st_size)
        with workers.open_pool(300) as pool:
            answers.append(pool.ask("tf", _question())["W1"].tobytes())
        (path,) = tmp_path.rglob("xla_compile_cache*")
        made.append(path.stat().st_ino)
        assert compiled.whole(path)
    assert len({*answers}) == 1
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_file_that_was_not_written_to_its_end_is_not_whole(tmp_path, length):
    content = b"\x0a\x03abc\x12\xac\x02" + 300 * b"x"
    path = tmp_path / "entry.pb"
    path.write_bytes(content)
    assert compiled.whole(path)
    path.write_bytes(content[:length])
    assert not compiled.whole(path)


def test_nothing_more_is_kept_than_there_is_room_for(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(compiled.importlib.metadata, "version", lambda package: "2.18")
    for most, read_only in ((2**27, False), (0, True)):
        monkeypatch.setattr(os, "environ", {})
        monkeypatch.setattr(compiled, "MOST", most)
        compiled.keep()
        assert os.environ[compiled.FLAGS].endswith("read_only=true") == read_only
        for folder in tmp_path.glob("tensorflow/*"):
            (folder / "entry.pb").write_bytes(b"\x0a\x03abc")
    before = {compiled.FLAGS: "--tf_xla_auto_jit=2"}
    monkeypatch.setattr(os, "environ", dict(before))
    compiled.keep()
    assert os.environ == before
