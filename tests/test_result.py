import json
import os
from pathlib import Path

import pytest

from fourfold.compare.errors import UsageError
from fourfold.compare.results import result
from fourfold.compare.system import files
from fourfold.reports import readme

REFERENCE = Path("reports/reference/result.json")


def test_what_is_written_is_what_is_read(tmp_path):
    found = result.read(REFERENCE)
    files.write_whole(tmp_path / "sub" / "r.json", result.encode(found))
    assert result.read(tmp_path / "sub" / "r.json") == found
    assert [p.name for p in (tmp_path / "sub").iterdir()] == ["r.json"]


@pytest.mark.parametrize("x", [0.1, 1e-300, float("inf"), float("-inf"), float("nan")])
def test_numbers_that_json_cannot_hold_survive(x):
    back = float(json.loads(json.dumps(result.number(x))))
    assert back == pytest.approx(x, rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: text[: len(text) // 2], "not a result of fourfold"),
        (lambda text: text.replace('"schema_version": 1', '"schema_version": 99'), "schema version 99"),
        (lambda text: text.replace('"rows"', '"lines"'), "not a result of fourfold"),
        (lambda text: text.replace('"checked": ', '"checked": "x", "_": '), "not a result of fourfold"),
        (lambda text: "[]", "not a result of fourfold"),
        (lambda text: "", "not a result of fourfold"),
    ],
)
def test_a_damaged_result_is_refused_in_one_sentence(tmp_path, change, complaint):
    path = tmp_path / "r.json"
    path.write_text(change(REFERENCE.read_text()))
    with pytest.raises(UsageError, match=complaint) as refused:
        result.read(path)
    assert "\n" not in str(refused.value)


def test_a_result_that_is_not_there():
    with pytest.raises(UsageError, match=r"Cannot read nowhere\.json"):
        result.read("nowhere.json")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Cannot write"):
        files.write_whole(tmp_path / "file" / "r.json", b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="Cannot write"):
        files.write_whole(tmp_path / "folder", b"x")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_a_symlink_is_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere/r.json")
    files.check_writable(tmp_path / "link")
    for content in (b"new", b"replaced"):
        files.write_whole(tmp_path / "link", content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "elsewhere" / "r.json").read_bytes() == content


def test_pipes_and_devices_are_written_through(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    files.check_writable(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    files.write_whole(tmp_path / "pipe", b"x")
    assert os.read(reader, 9) == b"x"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "null").symlink_to("/dev/null")
    for null in ("/dev/null", tmp_path / "null"):
        files.check_writable(null)
        files.write_whole(null, b"x")
        assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("target", ["none/r.json", "folder", "file/r.json", "."])
def test_what_cannot_be_written_is_known_before_the_work(tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Cannot write"):
        files.check_writable(target)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_the_committed_schema_is_the_classes():
    assert Path("reports/result.schema.json").read_bytes() == result.schema(), "run: make readme"


@pytest.mark.parametrize("document", readme.DOCUMENTS)
def test_documents_show_the_sources_and_the_reference_result(document):
    text = Path(document).read_text()
    assert "<!-- end -->" in text
    assert readme.refreshed(text) == text, "run: make readme"


def test_the_readme_answers_first_and_shows_a_line_a_column():
    text = Path("README.md").read_text()
    assert text.index("Same gradients? Yes: ") < text.index(f"({readme.MATRIX})") < text.index("## ")
    assert Path(readme.MATRIX).read_bytes() == readme.matrix_svg(), "run: make readme"
    assert text.count("def trace(") == 4
