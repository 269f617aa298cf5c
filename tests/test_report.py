import re
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from compare import cases, options, result
from compare.certify import certify
from compare.environment import environment, setting
from compare.errors import UsageError
from compare.mistakes import planted
from impls.two_layer import numpy_impl
from reports import proofs, render, store
from tests.conftest import Here

EVIL = '<img src=x onerror="alert(1)">.csv'


@pytest.fixture
def report(monkeypatch):
    """A report on two columns, one of them wrong, under a name that tries to be markup."""
    case = cases.make("xor", "sigmoid", 0.5, 50, 3, range(2))._replace(name=EVIL)
    grid = options.grid(20, "0,1")
    modules = {"numpy": numpy_impl, "sly|`x`": planted.load("numpy", "sign of the residual")}
    found = {}
    for name, module in modules.items():
        for dtype in cases.DTYPES:
            found[name, EVIL, dtype] = certify(Here(monkeypatch, module), name, case, dtype, lambda n: None, grid)
    monkeypatch.undo()
    outcome = result.Result(
        schema_version=result.SCHEMA_VERSION,
        created="2026-01-01T00:00:00+00:00",
        settings=[setting(case, cases.DTYPES)],
        environment=environment(["numpy"], cases.DTYPES, f"fourfold report --data '{EVIL}'"),
        columns=[result.Column("numpy", "agrees", ""), result.Column("sly|`x`", "disagrees", EVIL)],
        rows=[row for e in found.values() for row in e.rows],
        rejections=[e.rejection for e in found.values() if e.rejection],
        seconds={},
    )
    inputs = {"X": case.X, "Y": case.Y, "W1": case.W1, "W2": case.W2, "grid": grid}
    found = store.Report(outcome, inputs, {key: e.arrays for key, e in found.items()}, {})
    proved, reason = proofs.curves(found, case)
    assert reason == ""
    return found._replace(proved=proved)


def test_pages_and_pictures(report):
    pages = render.pages(report)
    html = pages["index.html"].decode()
    names = {"shares", "losses", "loss_errors", "proved", "predictions", "boundary"}
    assert {"report.md", *(f"{name}.svg" for name in names)} <= set(pages)
    assert html.count("<svg") == len(names)
    assert html.index("DISAGREED: sly|`x` is wrong") < html.index("<svg")
    assert "first wrong at step 0, seed 0, R[0, 0]" in html
    assert "✗" in html
    assert "limit" in pages["report.md"].decode()


def test_a_page_loads_nothing_and_runs_nothing(report):
    html = render.pages(report)["index.html"].decode()
    assert not re.search(
        r"<script|<link|@import|url\((?!#)|src=\"(?!data:)|href=\"(?![#d])", html.replace('xlink:href="data:', "")
    )


def test_names_with_markup_come_out_as_text(report):
    pages = render.pages(report)
    html, md = (pages[name].decode() for name in ("index.html", "report.md"))
    assert "<img" not in html
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;.csv" in html
    outside_code = re.sub(r"```text.*?```", "", md, flags=re.DOTALL)
    assert "<img" not in outside_code
    headers = next(line for line in md.splitlines() if "numpy |" in line)
    assert headers.count("|") - headers.count("\\|") == 4


def test_markdown_is_escaped_once():
    assert render._plain("a & b # c|d") == r"a &#38; b \# c&#124;d"
    assert render._plain("<b>*_`\\") == r"&#60;b&#62;\*\_\`\\"


def test_only_the_right_column_is_within_the_proved_limit(report):
    for (case, dtype), proved in report.proved.items():
        assert {case, dtype} <= {EVIL, "float64", "float32"}
        seed = proofs.drawn_seed(proofs.columns(report, case, dtype))
        at = np.isin(proved["step"], proved["limit_step"])
        for column, right in (("numpy", True), ("sly|`x`", False)):
            L = report.arrays[column, case, dtype]["L"][:, seed].astype(float)
            assert (np.abs(L - proved["L"])[at] <= proved["limit"]).all() == right


def test_what_is_not_smooth_gets_no_proved_curve(report):
    relu = cases.make("xor", "relu", 0.5, 50, 3, range(2))._replace(name=EVIL)
    assert proofs.curves(report, relu) == ({}, "relu is not smooth")
    pages = render.pages(report._replace(proved={}))
    assert "proved.svg" not in pages


def test_the_same_result_gives_the_same_bytes(report):
    again = store.Report(msgspec.json.decode(result.encode(report.result), type=result.Result), *report[1:])
    assert render.pages(report) == render.pages(again)
    assert store.files(report) == store.files(again)


def test_stored_arrays_come_back_without_pickles(report, tmp_path):
    store.write_folder(tmp_path / "out", store.files(report))
    for (column, _, dtype), arrays in report.arrays.items():
        with np.load(tmp_path / "out" / "arrays" / f"0-{column}-{dtype}.npz", allow_pickle=False) as stored:
            assert set(stored) == set(arrays)
            assert all((stored[key] == arrays[key]).all() for key in arrays)


def test_a_folder_is_replaced_whole(tmp_path):
    store.write_folder(tmp_path / "out", {"result.json": b"1", "old.txt": b"1"})
    store.write_folder(tmp_path / "out", {"result.json": b"2", "sub/new.txt": b"2"})
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["new.txt", "out", "result.json", "sub"]


def test_somebody_elses_folder_is_not_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match="holds something other than a report"):
        store.check_writable(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Cannot write the folder"):
        store.check_writable(tmp_path / "file" / "out")


def test_reports_import_no_framework():
    script = "import sys, reports.render, reports.store; print(*{m.split('.')[0] for m in sys.modules})"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not set(told) & {"torch", "jax", "tensorflow"}
    importing = re.compile(r"^\s*(import|from) (torch|jax|tensorflow)\b", re.MULTILINE)
    assert not [
        f for room in ("compare", "reports") for f in Path(room).glob("*.py") if importing.search(f.read_text())
    ]
