import csv
import re
import subprocess
import sys
from concurrent.futures import Future
from functools import partial
from html import unescape
from io import StringIO
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from matplotlib.figure import Figure

from fourfold.compare.agreement.certify import certify
from fourfold.compare.agreement.distances import distances
from fourfold.compare.agreement.proved_curves import curves
from fourfold.compare.bench import record
from fourfold.compare.cases.case import DTYPES, make_case
from fourfold.compare.cases.data import square_grid
from fourfold.compare.errors import UsageError
from fourfold.compare.mistakes import planted
from fourfold.compare.results import report_folder, result
from fourfold.compare.results.arrays import ULPS, drawn_seed, histogram
from fourfold.compare.results.environment import environment, setting
from fourfold.compare.system.worker import Died
from fourfold.impls.two_layer import numpy_impl
from fourfold.reports import bench, drawing, jinja, pictures, render, tables, ticket
from fourfold.reports.pictures import axes, plane, training
from tests.conftest import Here
from tests.test_bench import example
from tests.test_cli import FAST, command, said

pytestmark = pytest.mark.xdist_group("browser")  # which opens the report's pages
EVIL = '<img src=x onerror="alert(1)">.csv'


@pytest.fixture(scope="session")
def report():
    """A report on two columns, one of them wrong, under a name that tries to be markup."""
    case = make_case("xor", "sigmoid", 0.5, 50, 3, range(2))._replace(name=EVIL)
    grid = square_grid(20, "0,1")
    modules = {"numpy": numpy_impl, "sly|`x`": planted.load("numpy", "sign of the residual")}
    found = {}
    for name, module in modules.items():
        for dtype in DTYPES:
            with pytest.MonkeyPatch.context() as patch:
                found[name, EVIL, dtype] = certify(Here(patch, module), name, case, dtype, lambda n: None, grid)
    outcome = result.Result(
        schema_version=result.SCHEMA_VERSION,
        created="2026-01-01T00:00:00+00:00",
        settings=[setting(case, DTYPES)],
        environment=environment(["numpy"], DTYPES, f"fourfold report --data '{EVIL}'"),
        columns=[result.Column("numpy", "agrees", ""), result.Column("sly|`x`", "disagrees", EVIL)],
        rows=[row for e in found.values() for row in e.rows],
        rejections=[e.rejection for e in found.values() if e.rejection],
        seconds={},
    )
    inputs = {"X": case.X, "Y": case.Y, "W1": case.W1, "W2": case.W2, "grid": grid}
    found = report_folder.Report(outcome, inputs, {key: e.arrays for key, e in found.items()}, {})
    proved, reason = curves(found, case)
    assert reason == ""
    return found._replace(proved=proved)


def pages_of(report, measured=None, sha256=""):
    return render.pages(report, distances(report), measured, sha256)


def columns(report, dtype):
    return report.by_dtype(report.result.settings[0])[dtype]


@pytest.fixture(scope="session")
def made(report):
    return pages_of(report)


@pytest.fixture
def undrawn(monkeypatch):
    """Pictures are what they are, but for what is drawn: for tests of what stands around them."""
    for module in ("plane", "proved", "training", "verdict"):
        monkeypatch.setattr(f"fourfold.reports.pictures.{module}.draw", lambda name, *how: "<svg></svg>")


def in_one_precision(report):
    """The same with half the pictures to paint."""
    arrays, proved = ({key: of for key, of in things.items() if key[-1] == "float64"} for things in report[2:])
    return report._replace(arrays=arrays, proved=proved)


PICTURES = {
    *("who", "shares", "ratios", "ulps-float64", "ulps-float32", "losses", "loss_errors", "proved", "weights"),
    *("predictions", "boundary", "differences"),
}


def test_pages_and_pictures(made):
    html = made["index.html"].decode()
    beside = {f"{name}.{ending}" for name in PICTURES for ending in ("svg", "csv")}
    assert set(made) == {"index.html", "report.md", "junit.xml", *beside}
    assert html.count("<svg") == len(PICTURES)
    assert html.index("DISAGREED: sly|`x` is wrong") < html.index("<svg")
    assert "first wrong at step 0, seed 0, R[0, 0]" in html
    assert "✗" in html
    assert "limit" in made["report.md"].decode()


def test_many_cases_and_rejections_are_folded(report):
    first = report.result.settings[0]
    settings = [first, *(msgspec.structs.replace(first, name=f"case {n}") for n in range(8))]
    filled = render.context(msgspec.structs.replace(report.result, settings=settings), [], None)
    assert len(filled["ticket"].cards) == len(filled["also_wrong"]) == 1
    html, md = render.html("index.html.j2", filled).decode(), render.markdown("report.md.j2", filled).decode()
    assert "<summary>Cases: 9</summary>" in html
    assert '<details id="also-wrong"><summary><h2>Where else it is wrong: 1</h2></summary>' in html
    assert html.count("case 7: 4 samples") == md.count("case 7: 4 samples") == 1
    assert md.index("Where else it is wrong") > md.index("What was asked") > md.index("## sly")


def test_the_ticket_says_who_is_wrong_where_by_how_much_and_what_to_do(report, undrawn):
    """On the page, in report.md and in the summary that is copied."""
    html = pages_of(report, sha256="0123456789")["index.html"].decode()
    card = unescape(re.sub(r"<[^>]*>", "", html[html.index('<section class="card">') : html.index("</section>")]))
    r = report.result.rejections[0]
    for text in ("sly|`x` is wrong", "R[0, 0] at step 0, seed 0", "E4: Y_hat - Y", repr(r.value), repr(r.truth)):
        assert text in card
    assert f"{r.error:.3g}, where {r.limit:.3g} is allowed" in card
    summary = unescape(html[html.index('<pre id="summary">') : html.index("</pre>", html.index('id="summary"'))])
    for text in ("DISAGREED: sly|`x` is wrong", "R[0, 0]", repr(r.value), "fourfold report --data", "0123456789"):
        assert text in summary
    assert report.result.settings[0].inputs_sha256 in summary
    assert html.index('class="card"') < html.index("Percent of what rounding allows") < html.index("<svg")


def test_the_mistake_that_is_known_is_explained_by_a_command(report):
    r = msgspec.structs.replace(report.result.rejections[0], mistakes=["its name"], reproduce="print()")
    (card,) = ticket.ticket(msgspec.structs.replace(report.result, rejections=[r])).cards
    assert [command for _, command in card.next] == ["fourfold mistakes --show 'its name'", "python repro.py"]
    unknown = msgspec.structs.replace(r, mistakes=[], reproduce="")
    (card,) = ticket.ticket(msgspec.structs.replace(report.result, rejections=[unknown])).cards
    assert [command for _, command in card.next] == ["fourfold lesson, #E4"]


def test_what_is_wrong_is_open_and_what_is_right_is_folded(report, made, undrawn):
    is_open = dict(re.findall(r'<details id="(.*?)"( open)?>', made["index.html"].decode()))
    assert {name for name, state in is_open.items() if state} == {"who", "shares", "ratios"}
    alone = report.result.columns[:1]
    rows = [row for row in report.result.rows if row.column == "numpy"]
    right = msgspec.structs.replace(report.result, columns=alone, rows=rows, rejections=[])
    arrays = {key: a for key, a in report.arrays.items() if key[0] == "numpy"}
    html = pages_of(in_one_precision(report._replace(result=right, arrays=arrays)))["index.html"].decode()
    assert " open>" not in html
    assert "AGREED: numpy" in html


def test_a_cell_of_the_heat_map_has_one_number(report):
    shown = tables.groups(report.result)
    for caption, _, lines in shown[0].tables:
        assert caption.startswith("Percent of what rounding allows")
        for _, *cells in lines:
            assert all(re.fullmatch(r"(✗ )?(<?\d+%|0|×[\d.e]+|×∞)", cell) for cell in cells)
    assert [render._heat(text) for text in ("0", "<1%", "98%", "✗ ×2", "–")] == ["", "heat-0", "heat-9", "wrong", ""]


def test_columns_that_look_the_same_share_a_panel(report):
    arrays, inputs = columns(report, "float64"), report.inputs
    same = {"a": arrays["numpy"], "b": arrays["numpy"], "c": arrays["sly|`x`"]}
    nudged = {**arrays["numpy"], "Y_hat_grid": arrays["numpy"]["Y_hat_grid"] + 1e-9}
    boundary = lambda arrays: plane.boundary(arrays, 0, inputs["X"], inputs["Y"], inputs["grid"], "seed 0").svg
    assert boundary(same).count("a and b") == boundary(same | {"b": nudged}).count("a and b") == 1
    far = {**nudged, "Y_hat_grid": nudged["Y_hat_grid"] + 2}
    assert "a and b" not in boundary(same | {"b": far})
    predictions = plane.predictions(same, 0, inputs["X"], inputs["Y"], "seed 0").svg
    assert predictions.count("a and b") == 1


def test_what_is_beyond_an_axis_is_marked_with_its_size(made):
    """The wrong column's errors, and those of no number at all."""
    red = pictures.BEYOND
    for name in ("shares", "ratios"):
        svg = made[f"{name}.svg"].decode()
        assert red in svg
        assert re.search(r"×\d", svg)
    assert red not in made["losses.svg"].decode()


def test_marks_beyond_the_edge_are_within_its_ends():
    axis, steps = Figure().subplots(), np.arange(1000)
    values = {"a": np.where(steps < 3, 1.0, np.nan)}
    axes.error_curves(axis, steps, values, {"a": "black"}, 1e-4)
    axes.logarithmic(axis)
    assert axis.get_xlim()[1] >= 1000


@pytest.mark.parametrize(("value", "size"), [(np.nan, "no number"), (np.inf, "∞")])
def test_a_loss_that_cannot_be_drawn_is_marked(report, value, size):
    arrays = columns(report, "float64")
    broken = {**arrays["numpy"], "L": np.where(np.arange(len(arrays["numpy"]["L"]))[:, None] > 5, value, 1.0)}
    svg = training.losses({"numpy": broken}, 0, {"numpy": "black"}, "seed 0").svg
    assert pictures.BEYOND in svg
    assert f"numpy: {size}" in svg


def test_a_benchmark_is_shown_where_there_is_one(report):
    alone = report._replace(result=msgspec.structs.replace(report.result, rows=[]))
    pages = pages_of(alone, example())
    section = bench.section(example())
    html, md = (pages[name].decode() for name in ("index.html", "report.md"))
    assert '<details id="bench">' in html
    for p in section.pictures:
        assert {f"{p.name}.svg", f"{p.name}.csv"} <= pages.keys()
        assert f"]({p.name}.svg)" in md
    assert html.count("<svg") == len(section.pictures) > 1
    assert section.sentences[0] in html
    assert section.sentences[0] in md


def test_the_page_is_called_what_the_verdict_is(report):
    columns = [report.result.columns[0], result.Column("my.own.column", "disagrees", "")]
    other = report._replace(result=msgspec.structs.replace(report.result, columns=columns), arrays={})
    html = pages_of(other)["index.html"].decode()
    assert "<title>fourfold: DISAGREED: my.own.column is wrong.</title>" in html


def test_a_page_loads_nothing_and_runs_its_own_script_alone(made):
    html = made["index.html"].decode()
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert f'; script-src {jinja.sha256(script)}"' in unescape(html)
    assert not re.search(
        r"<script [^>]*>|<link|@import|url\((?!#)|src=\"(?!data:)|href=\"(?![#d])",
        html.replace('xlink:href="data:', ""),
    )


def test_names_with_markup_come_out_as_text(made):
    html, md = (made[name].decode() for name in ("index.html", "report.md"))
    assert "<img" not in html
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;.csv" in html
    outside_code = re.sub(r"```text.*?```", "", md, flags=re.DOTALL)
    assert "<img" not in outside_code
    headers = next(line for line in md.splitlines() if "numpy |" in line)
    assert headers.count("|") - headers.count("\\|") == 4
    junit = ElementTree.fromstring(made["junit.xml"])
    assert {test.get("name").partition("-float")[0] for test in junit.iter("testcase")} >= {f"H[{EVIL}"}
    assert junit.find(".//error").text == EVIL


def test_markdown_is_what_github_renders(made):
    """A table of the right width, every picture with words for who cannot see it, and its numbers beside it."""
    tokens = MarkdownIt("commonmark").enable("table").parse(made["report.md"].decode())
    flat = [t for token in tokens for t in (token, *(token.children or ()))]
    assert not [t for t in flat if t.type.startswith("html")]
    images = {t.attrs["src"]: t.content for t in flat if t.type == "image"}
    assert images.keys() == {f"{name}.svg" for name in PICTURES}
    assert all(len(alt) > 40 for alt in images.values())
    assert {t.attrs["href"] for t in flat if t.type == "link_open"} == {f"{name}.csv" for name in PICTURES}
    # the card, what it was made with, the verdict, each precision, ULP in each, the environment
    assert sum(t.type == "table_open" for t in flat) == 1 + 1 + 1 + 2 + 2 + 1
    rows = [t.content for t in flat if t.type == "inline" and t.content == "dL\\_dW1"]
    assert len(rows) == 1 + 2 + 2


def test_every_picture_says_what_is_to_be_seen_and_has_its_numbers(made):
    html = made["index.html"].decode()
    seen = dict(re.findall(r'role="img" aria-label="(.*?)".*?download="(.*?).csv"', html, re.DOTALL))
    seen = {name: words for words, name in seen.items()}
    assert seen.keys() == PICTURES
    assert "sly|`x` is wrong" in seen["who"]
    assert "Some dots of sly|`x` are to the right of the line" in seen["shares"]
    assert "sly|`x` exceeds it" in seen["ratios"]
    data = dict(re.findall(r'download="(.*?)" href="data:text/csv;charset=utf-8,(.*?)"', html))
    assert data.keys() == {f"{name}.csv" for name in PICTURES}
    for name, uri in data.items():
        assert unquote(unescape(uri)).encode() == made[name]


def table(content):
    return list(csv.reader(StringIO(content.decode())))


def test_the_numbers_of_a_picture_are_those_of_the_arrays(report, made):
    arrays = columns(report, "float64")
    seed = drawn_seed(arrays)
    headers, *rows = table(made["losses.csv"])
    assert headers == ["step", "numpy", "sly|`x`"]
    steps, *losses = zip(*rows, strict=True)
    assert [int(step) for step in steps] == arrays["numpy"]["step"].tolist()
    for found, a in zip(losses, arrays.values(), strict=True):
        assert [float(L) for L in found] == a["L"][:, seed].tolist()
    headers, *rows = table(made["weights.csv"])
    n = headers.index("sly|`x` W1[1,2]")
    assert float(rows[-1][n]) == arrays["sly|`x`"]["W1"][-1, seed, 1, 2]


def test_who_is_right_is_said_by_the_exact_value_and_not_by_the_others(report, made):
    headers, *rows = table(made["who.csv"])
    found = [dict(zip(headers, row, strict=True)) for row in rows if row[:2] == ["initial", "float64"]]
    share = lambda a, b: {d["quantity"]: float(d["share of limit"]) for d in found if (d["a"], d["b"]) == (a, b)}
    right, wrong = share("exact", "numpy"), share("exact", "sly|`x`")
    assert max(right.values()) <= 1
    assert max(wrong[q] for q in ("H", "A", "Y_hat")) <= 1
    assert wrong["R"] > 1e6
    assert share("numpy", "sly|`x`")["R"] == pytest.approx(wrong["R"], rel=1e-3)
    worst = {r.quantity: r.worst_ratio for r in report.result.rows if (r.column, r.dtype) == ("numpy", "float64")}
    assert all(right[q] <= worst[q] * 1.001 for q in right)


def test_histograms_count_what_was_certified(report):
    for row in report.result.rows:
        counts = report.arrays[row.column, row.case, row.dtype][f"ulps_{row.quantity}"]
        assert counts.sum() == row.checked
        last = np.flatnonzero(counts)[-1]
        low, high = [-1.0, *ULPS, np.inf][last : last + 2]
        assert low < row.worst_ulps <= high


@given(st.lists(st.floats(0, allow_nan=False)))
def test_a_histogram_counts_each_error_in_the_bin_it_lies_in(errors):
    low, high = np.array([-np.inf, *ULPS]), np.array([*ULPS, np.inf])
    Z = np.array(errors, np.float64)
    assert histogram(Z).tolist() == ((low[:, None] < Z) & (high[:, None] >= Z)).sum(axis=1).tolist()


def test_a_report_without_histograms_is_read_all_the_same(report, tmp_path, undrawn):
    kept = lambda a: {name: Z for name, Z in a.items() if not name.startswith("ulps_")}
    old = in_one_precision(report)._replace(arrays={key: kept(a) for key, a in report.arrays.items()})
    report_folder.write_folder(tmp_path / "out", report_folder.files(old))
    assert not any("ulps" in name for name in pages_of(report_folder.load(tmp_path / "out")))


def test_markdown_is_escaped_once():
    assert render._plain("a & b # c|d") == r"a &#38; b \# c&#124;d"
    assert render._plain("<b>*_`\\") == r"&#60;b&#62;\*\_\`\\"


def test_only_the_right_column_is_within_the_proved_limit(report):
    for (case, dtype), proved in report.proved.items():
        assert {case, dtype} <= {EVIL, "float64", "float32"}
        seed = drawn_seed(columns(report, dtype))
        at = np.isin(proved["step"], proved["limit_step"])
        for column, right in (("numpy", True), ("sly|`x`", False)):
            L = report.arrays[column, case, dtype]["L"][:, seed].astype(float)
            assert (np.abs(L - proved["L"])[at] <= proved["limit"]).all() == right


def test_what_is_not_smooth_gets_no_proved_curve(report):
    relu = make_case("xor", "relu", 0.5, 50, 3, range(2))._replace(name=EVIL)
    assert curves(report, relu) == ({}, "relu is not smooth")


def test_the_same_result_gives_the_same_bytes_whoever_draws(report, made):
    """Here and, as an artist has it, partly in another process; from what was computed and from what was kept of it."""
    again = report_folder.Report(msgspec.json.decode(result.encode(report.result), type=result.Result), *report[1:])
    with drawing.Artist() as artist:
        assert render.pages(again, distances(again), artist=artist) == made
    assert report_folder.files(report) == report_folder.files(again)


def test_stored_arrays_come_back_without_pickles(report, tmp_path):
    report_folder.write_folder(tmp_path / "out", report_folder.files(report))
    for (column, _, dtype), arrays in report.arrays.items():
        with np.load(tmp_path / "out" / "arrays" / f"0-{column}-{dtype}.npz", allow_pickle=False) as stored:
            assert set(stored) == set(arrays)
            assert all((stored[key] == arrays[key]).all() for key in arrays)


FILLS = {
    "NaN": np.nan,
    "infinite": np.inf,
    "zero": 0.0,
    "largest": 1.7e308,
    "from smallest to largest": np.array([5e-324, 1.7e308]),
    "number, infinity, NaN": np.array([1, 1e308, np.inf, -np.inf, np.nan, 0, -1]),
}


@pytest.mark.parametrize("fill", FILLS)
def test_pictures_of_whatever_comes_out(report, fill):
    """A run that diverges has pictures too; warnings are errors here."""

    def filled(found):
        with np.errstate(over="ignore"):
            fill_in = lambda Z: np.resize(FILLS[fill], Z.shape).astype(Z.dtype) if Z.dtype.kind == "f" else Z
            return {name: fill_in(Z) for name, Z in found.items()}

    _, _, *both = in_one_precision(report)
    arrays, proved = ({key: filled(Z) for key, Z in of.items()} for of in both)
    pages = pages_of(report._replace(arrays=arrays, proved=proved))
    assert pages["index.html"].count(b"<svg") == len(PICTURES) - 1


def test_weights_in_float32_alone_are_drawn_without_a_warning(report):
    arrays = columns(report, "float32")
    picture = training.weights(arrays, ("W1", "W2"), 0, dict.fromkeys(arrays, "black"), "seed 0")
    assert "<svg" in picture.svg


@pytest.mark.parametrize("extent", ["1e300,1e301", "-1e308,1e308", "-inf,inf", "nan,1", "1,1", "1,0"])
def test_an_extent_that_cannot_be(extent):
    with pytest.raises(UsageError, match=r"--extent .* (is empty|reaches too far)"):
        square_grid(20, extent)


@pytest.mark.parametrize(
    ("extent", "scale", "count"),
    [("0,1e-300", 1, 3), ("1,1.0000000000000002", 0, 3), ("-1e30,1e30", 1e30, 3), ("0,1", 1e308, 0)],
)
def test_pictures_of_any_extent_and_data(report, extent, scale, count):
    inputs = {**report.inputs, "grid": square_grid(20, extent), "X": report.inputs["X"] * scale}
    arrays = columns(report, "float64")
    found = [job() for job in render.on_the_plane(report.result.settings[0], inputs, arrays, 0, "seed 0")]
    assert len(found) == count
    assert all(p.svg.startswith("<?xml") and len(p.seen) > 40 for p in found)


def everything(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_is_replaced_whole(report, tmp_path):
    old = {**report_folder.files(report), "junit.xml": b"", "old.svg": b"", "proved/0-numpy-float64.npz": b""}
    new = {**report_folder.files(report), "index.html": b"2", "arrays/new.npz": b""}
    for contents in (old, new):
        report_folder.check_writable(tmp_path / "out")
        report_folder.write_folder(tmp_path / "out", contents)
        assert everything(tmp_path / "out") == contents
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    "contents",
    [
        {"thesis.tex": "years of work"},
        {"result.json": "{}"},
        {"result.json": '{"schema_version": 1, "score": 3}'},
        {"result.json": "REPORT", "thesis.tex": "years of work"},
        {"result.json": "REPORT", "arrays/notes.txt": "years of work"},
        {"result.json": "REPORT", "mine/inputs.npz": "years of work"},
        {"index.html": "years of work"},
    ],
)
def test_somebody_elses_folder_is_not_replaced(report, tmp_path, contents):
    out = tmp_path / "out"
    for name, text in contents.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(result.encode(report.result) if text == "REPORT" else text.encode())
    before = everything(tmp_path)
    with pytest.raises(UsageError, match="holds something other than a report"):
        report_folder.check_writable(out)
    with pytest.raises(UsageError, match="holds something other than a report"):
        report_folder.write_folder(out, report_folder.files(report))
    assert everything(tmp_path) == before


def test_a_link_to_a_folder_stays_one(report, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for _ in range(2):
        report_folder.write_folder(tmp_path / "link", report_folder.files(report))
    assert (tmp_path / "link").is_symlink()
    assert everything(tmp_path / "real") == report_folder.files(report)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "real"]


@pytest.mark.parametrize(
    ("out", "complaint"),
    [
        ("", "--out takes the name of a folder"),
        (".", r"You are in \., and"),
        ("..", r"You are in \.\., and"),
        ("file", "file is a file"),
        ("file/out", "Cannot write the folder"),
        ("/proc/out", "Cannot write the folder"),
    ],
)
def test_an_out_that_cannot_be(tmp_path, monkeypatch, out, complaint):
    (tmp_path / "file").write_text("precious")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=complaint):
        report_folder.check_writable(out)
    assert everything(tmp_path) == {"file": b"precious"}


@pytest.mark.parametrize(
    ("error", "ends_as"), [(KeyboardInterrupt, KeyboardInterrupt), (OSError(28, "full"), UsageError)]
)
@pytest.mark.parametrize("at", [0, 1])
def test_what_was_there_survives_an_end_in_the_middle(report, tmp_path, monkeypatch, error, ends_as, at):
    """At either of the two renames that replace a folder."""
    report_folder.write_folder(tmp_path / "out", report_folder.files(report))
    rename, calls = Path.rename, []

    def ends(path, target):
        calls.append(path)
        if len(calls) - 1 == at:
            raise error
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", ends)
    with pytest.raises(ends_as):
        report_folder.write_folder(tmp_path / "out", {"index.html": b"new"})
    assert everything(tmp_path / "out") == report_folder.files(report)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_report_writes_a_folder_whole(tmp_path):
    out = tmp_path / "a report"
    earlier = {
        "result.json": Path("reports/reference/result.json").read_bytes(),
        "bench.json": result.encode(example()),
    }
    report_folder.write_folder(out, earlier)
    done = command("report", "--impl", "numpy,numpy-loop", "--curves", "sigmoid,tanh,relu", *FAST, "--out", out)
    assert said(done, 0) == "No proved loss curve of xor, relu: relu is not smooth."
    names = {
        "index.html",
        "report.md",
        "result.json",
        "inputs.npz",
        "arrays",
        "proved",
        "proved.svg",
        "proved-tanh.svg",
    }
    assert {p.name for p in out.iterdir()} >= names
    assert "xor, tanh; xor, relu" in done.stdout
    assert record.read(out / "bench.json") == example()
    assert "How fast" in (out / "index.html").read_text()
    assert result.read(out / "result.json").exit_code() == 0
    assert [p.name for p in tmp_path.iterdir()] == ["a report"]


REFERENCE = Path("reports/reference")


def test_the_reference_report_is_whole_and_small():
    found = [path for path in REFERENCE.rglob("*") if path.is_file() and path.stem != "lesson"]
    assert sum(path.stat().st_size for path in found if "upgrade" not in path.parts) < 2.5e6
    for page in ("README.md", "report.md"):
        links = re.findall(r"\]\(([^)]+)\)", (REFERENCE / page).read_text())
        assert len(links) > 4
        assert all((REFERENCE / link).is_file() for link in links)
    told = (REFERENCE / "report.md").read_text().splitlines()
    reference = result.read(REFERENCE / "result.json")
    start = render.markdown("report.md.j2", render.context(reference, [], None)).decode().split("##")[0]
    assert [line for line in start.splitlines() if line not in told] == [], "run: make reference"


def test_reports_import_no_framework():
    modules = "fourfold.reports.render, fourfold.compare.results.report_folder"
    script = f"import sys, {modules}; print(*{{m.split('.')[0] for m in sys.modules}})"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not set(told) & {"torch", "jax", "tensorflow"}
    importing = re.compile(r"^\s*(import|from) (torch|jax|tensorflow)\b", re.MULTILINE)
    assert not [
        f for room in ("compare", "reports") for f in Path(room).glob("*.py") if importing.search(f.read_text())
    ]


class FakeProcess:
    """In the place of the artist's: does at once what it is given, until it dies."""

    def __init__(self, lives=9):
        self.lives = lives

    def submit(self, seconds, f, *args):
        self.lives -= 1
        future = Future()
        if self.lives < 0:
            future.set_exception(Died(-9))
        else:
            future.set_result(f(*args))
        return future

    def stop(self):
        self.lives = -1


@pytest.mark.parametrize("lives", [9, 2, 1, 0])
def test_an_artist_draws_all_in_their_order_whatever_becomes_of_its_process(monkeypatch, lives):
    monkeypatch.setattr(drawing, "Worker", partial(FakeProcess, lives))
    with drawing.Artist() as artist:
        assert artist.draw([partial(str, n) for n in range(5)]) == ["0", "1", "2", "3", "4"]


def test_what_a_picture_raises_is_raised_here(monkeypatch):
    monkeypatch.setattr(drawing, "Worker", FakeProcess)
    with drawing.Artist() as artist, pytest.raises(ValueError, match="invalid literal"):
        artist.draw([partial(int, "one")] * 3)
