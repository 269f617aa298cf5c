import csv
import re
import stat
from html import unescape
from io import StringIO

import msgspec
import numpy as np
import pytest

from fourfold.compare.errors import UsageError
from fourfold.compare.results import diff, report_folder, result
from fourfold.reports import compared
from tests.test_cli import command, said
from tests.test_report import EVIL, everything, in_one_precision, report  # noqa: F401  (a fixture)


@pytest.fixture(scope="module")
def sides(report):  # noqa: F811
    """The right column of a report, and the same with the last bit of one number moved."""
    key = "numpy", EVIL, "float64"
    only = in_one_precision(report)
    columns = [only.result.columns[0]]
    rows = [row for row in only.result.rows if row.column == "numpy"]
    a = only._replace(
        result=msgspec.structs.replace(only.result, columns=columns, rows=rows, rejections=[]),
        arrays={key: only.arrays[key]},
    )
    moved = {name: Z.copy() for name, Z in a.arrays[key].items()}
    moved["trace_Y_hat"][0, 1, 0] = np.nextafter(moved["trace_Y_hat"][0, 1, 0], np.inf)
    return a, a._replace(arrays={key: moved})


def pages_of(a, b):
    return compared.pages(diff.diff(a[:3:2], b[:3:2], ("<b>before</b>", "after")))


def test_what_moved_is_on_the_page_with_its_numbers(sides):
    pages = pages_of(*sides)
    html = pages["index.html"].decode()
    assert pages.keys() == compared.FILES
    assert "MOVED WITHIN BOUNDS: numpy; 1 of " in html
    assert "Y_hat of numpy moved farthest, in float64: by 1 ULP" in unescape(html)
    headers, *rows = csv.reader(StringIO(pages["moved.csv"].decode()))
    moved = [dict(zip(headers, row, strict=True)) for row in rows]
    assert {m["quantity"] for m in moved if m["moved"] != "0"} == {"Y_hat"}
    assert pages["diff.json"].startswith(compared.START)


def test_a_page_says_first_which_side_is_wrong_and_from_where_on(sides):
    a, b = sides
    rows = [*b.result.rows]
    n = next(n for n, row in enumerate(rows) if row.quantity == "dL_dH")
    rows[n] = msgspec.structs.replace(rows[n], worst_ratio=2e5, rejected=1)
    page = unescape(pages_of(a, b._replace(result=msgspec.structs.replace(b.result, rows=rows)))["index.html"].decode())
    (card,) = re.finditer(r'<section class="card">.*?</section>', page, re.DOTALL)
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", card[0]))
    assert facts["Wrong in"] == "B"
    assert facts["From"] == "dL_dH on"
    assert facts["Error in B"] == "×2e5 of what rounding allows"
    assert page.index("MOVED BEYOND BOUNDS") < card.start() < page.index("<nav")
    assert '<section class="card">' not in pages_of(a, b)["index.html"].decode()


def test_a_page_shows_the_first_wrong_element_and_who_was_right(sides):
    a, b = sides
    rejection = result.Rejection(
        *("numpy", EVIL, "float64", 0, 1, "dL_dH", [2, 0]), value=0.25, truth=0.125, error=0.125, limit=1e-17
    )
    columns = [result.Column("numpy", "disagrees", "")]
    b = b._replace(result=msgspec.structs.replace(b.result, columns=columns, rejections=[rejection]))
    page = unescape(pages_of(a, b)["index.html"].decode())
    (card,) = re.finditer(r'<section class="card">.*?</section>', page, re.DOTALL)
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", card[0]))
    assert (facts["In B"], facts["In A"]) == ("wrong from dL_dH (E16) on", "right")
    assert (facts["First wrong element"], facts["Got"], facts["Exact"]) == ("dL_dH[2, 0]", "0.25", "0.125")
    assert (facts["Error"], facts["Limit"]) == ("0.125", "1e-17")
    assert "WRONG IN B: numpy from dL_dH (E16) on; A was right." in page
    assert "Right in A: numpy." in page
    assert "Right in B: nobody." in page


def test_a_page_lists_what_the_processes_had(sides):
    a, b = (
        side._replace(
            result=msgspec.structs.replace(
                side.result,
                environment=msgspec.structs.replace(side.result.environment, processes={"numpy": {"scipy": version}}),
            )
        )
        for side, version in zip(sides, ("1.14", "1.15"), strict=True)
    )
    page = unescape(pages_of(a, b)["index.html"].decode())
    (folded,) = re.findall(r'<details id="processes".*?</details>', page, re.DOTALL)
    assert re.search(r"numpy: scipy.*1\.14.*1\.15", folded, re.DOTALL)


def test_names_with_markup_come_out_as_text(sides):
    html = pages_of(*sides)["index.html"].decode()
    assert "<b>" not in html
    assert "<img" not in html
    assert "&lt;b&gt;before&lt;/b&gt;" in html


def test_nothing_moved_and_results_without_arrays_have_pages_too(sides):
    a, b = sides
    assert "SAME BITS" in pages_of(a, a)["index.html"].decode()
    pages = pages_of(a._replace(arrays={}), b._replace(arrays={}))
    assert pages.keys() == {"index.html", "diff.json"}
    assert "Whether bits moved is not known" in pages["index.html"].decode()


def test_only_a_comparison_is_replaced(sides, tmp_path):
    report_folder.write_folder(tmp_path / "report", report_folder.files(sides[0]))
    report_folder.write_folder(tmp_path / "more", {**pages_of(*sides), "thesis.tex": b"years of work"})
    report_folder.write_folder(tmp_path / "mine", {"index.html": b"years of work"})
    report_folder.write_folder(tmp_path / "other", {**pages_of(*sides), "diff.json": b"{}"})
    before = everything(tmp_path)
    for name in ("report", "more", "mine", "other"):
        with pytest.raises(UsageError, match="holds something other than a comparison"):
            report_folder.write_folder(tmp_path / name, pages_of(*sides), compared.strange)
    assert everything(tmp_path) == before
    for _ in range(2):
        report_folder.write_folder(tmp_path / "new", pages_of(*sides), compared.strange)
    assert everything(tmp_path / "new") == pages_of(*sides)


def test_the_command_writes_the_page_and_opens_it(sides, tmp_path):
    for name, side in zip("ab", sides, strict=True):
        report_folder.write_folder(tmp_path / name, report_folder.files(side))
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/opened"\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    both, to = ["diff", tmp_path / "a", tmp_path / "b"], ["--out", tmp_path / "page"]
    done = command(*both, *to, "--open", BROWSER=f"{browser} %s")
    assert said(done, 0) == ""
    assert "MOVED WITHIN BOUNDS" in done.stdout
    assert (tmp_path / "opened").read_text().strip() == (tmp_path / "page" / "index.html").as_uri()
    assert re.match(rb'\{\s+"a": ', (tmp_path / "page" / "diff.json").read_bytes())
    assert "--open opens the page: say with --out where it goes." in said(command(*both, "--open"), 2)
    assert result.read(tmp_path / "a" / "result.json").columns[0].name == "numpy"
