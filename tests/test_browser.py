"""The pages of reports in a real browser."""

from pathlib import Path

import pytest

from fourfold.compare.results import diff
from fourfold.reports import compared
from tests.browsers import LAPTOP, PHONE, faults
from tests.test_report import made, report  # noqa: F401  (fixtures)

pytestmark = pytest.mark.xdist_group("browser")
PAPER = "() => getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="session")
def written(tmp_path_factory, report, made):  # noqa: F811
    """The pages of a report, and of its comparison with itself, in files."""
    folder = tmp_path_factory.mktemp("pages")
    sides = report.result, report.arrays
    pages = {"report": made, "compared": compared.pages(diff.diff(sides, sides, ("<b>a</b>", "b")))}
    for name, contents in pages.items():
        (folder / f"{name}.html").write_bytes(contents["index.html"])
    return folder


PAGES = pytest.mark.parametrize("name", ["report", "compared"])


@PAGES
@pytest.mark.parametrize(("viewport", "scheme"), [(LAPTOP, "light"), (PHONE, "dark")])
def test_the_report_is_accessible(visit, written, name, viewport, scheme):
    tab = visit(written / f"{name}.html", viewport, ready=False, color_scheme=scheme)
    assert faults(tab) == {}
    assert tab.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    assert tab.evaluate(PAPER) == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 24, 27)")
    assert not tab.locator("img, b").count()


@PAGES
def test_on_a_phone_what_is_wider_scrolls_inside(visit, written, name):
    tab = visit(written / f"{name}.html", {"width": 360, "height": 700}, ready=False)
    wide = """() => [...document.querySelectorAll("body *")]
      .filter((e) => !e.closest(".scroll, pre") && e.getBoundingClientRect().right > innerWidth + 1)
      .map((e) => e.outerHTML.slice(0, 80))"""
    assert tab.evaluate(wide) == []
    picture = tab.locator("figure .scroll").first
    assert picture.evaluate("e => e.scrollWidth > e.clientWidth")
    picture.focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("() => document.querySelector('figure .scroll').scrollLeft > 0")


@PAGES
def test_in_print_nothing_is_cut_off(visit, written, name):
    tab = visit(written / f"{name}.html", {"width": 720, "height": 1000}, ready=False, color_scheme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.evaluate(PAPER) == "rgb(255, 255, 255)"
    cut = "() => [...document.querySelectorAll('.scroll, pre')].filter((e) => e.scrollWidth > innerWidth).length"
    assert tab.evaluate(cut) == 0
    assert not tab.locator("figcaption a:visible, nav:visible").count()


def test_the_numbers_of_a_picture_are_one_click_away(visit, written, made):  # noqa: F811
    tab = visit(written / "report.html", ready=False)
    with tab.expect_download() as started:
        tab.click("section:has(#losses) a[download]")
    assert started.value.suggested_filename == "losses.csv"
    assert Path(started.value.path()).read_bytes() == made["losses.csv"]
