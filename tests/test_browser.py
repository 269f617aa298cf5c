"""The pages of reports in a real browser."""

from pathlib import Path

import pytest

from fourfold.compare.results import diff
from fourfold.reports import compared
from tests.browsers import LAPTOP, PHONE, PROJECTOR, TABLET, WIDTH, faults
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


UNFOLD = "() => document.querySelectorAll('details').forEach((e) => (e.open = true))"
SCREENS = [(LAPTOP, "light"), (PHONE, "dark"), (TABLET, "dark"), (PROJECTOR, "light")]
PAGES = pytest.mark.parametrize("name", ["report", "compared"])


@PAGES
@pytest.mark.parametrize(("viewport", "scheme"), SCREENS)
def test_the_report_is_accessible(visit, written, name, viewport, scheme):
    """As it opens and with all that is folded: whole on two screens, once a theme; on all what depends on the width."""
    tab = visit(written / f"{name}.html", viewport, ready=False, scheme=scheme)
    both = viewport in (LAPTOP, PHONE)
    if both:
        assert faults(tab, rules={"color-contrast": {"enabled": False}}) == {}
    tab.evaluate(UNFOLD)
    assert faults(tab, **({} if both else {"runOnly": WIDTH})) == {}
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
    picture = tab.locator("figure:has([download='shares.csv'], [download='moved.csv']) .scroll")
    assert picture.evaluate("e => e.scrollWidth > e.clientWidth")
    picture.focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("() => [...document.querySelectorAll('figure .scroll')].some((e) => e.scrollLeft > 0)")


@PAGES
def test_in_print_nothing_is_cut_off(visit, written, name):
    tab = visit(written / f"{name}.html", {"width": 720, "height": 1000}, ready=False, scheme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.evaluate(PAPER) == "rgb(255, 255, 255)"
    cut = "() => [...document.querySelectorAll('.scroll, pre')].filter((e) => e.scrollWidth > innerWidth).length"
    assert tab.evaluate(cut) == 0
    assert not tab.locator("figcaption a:visible, nav:visible").count()


def test_the_numbers_of_a_picture_are_one_click_away(visit, written, made):  # noqa: F811
    tab = visit(written / "report.html", ready=False)
    with tab.expect_download() as started:
        tab.click("a[download='losses.csv']")
    assert started.value.suggested_filename == "losses.csv"
    assert Path(started.value.path()).read_bytes() == made["losses.csv"]


def test_the_summary_is_copied_by_a_button_and_there_without_it(visit, written):
    tab = visit(written / "report.html", ready=False)
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.get_by_role("button", name="Copy summary").click()
    tab.get_by_text("Copied.").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == tab.locator("#summary").text_content()
    without = visit(written / "report.html", ready=False, java_script_enabled=False)
    assert not without.locator("button:visible").count()
    without.locator("summary", has_text="Summary as text").click()
    assert "DISAGREED" in without.locator("#summary").inner_text()


def test_a_link_in_the_contents_opens_what_it_leads_to(visit, written):
    tab = visit(written / "report.html", ready=False)
    assert not tab.locator("#weights figure").is_visible()
    tab.locator("nav a[href='#weights']").click()
    tab.locator("#weights figure").wait_for()
    arrived = visit(written / "report.html", ready=False, place="environment")
    arrived.locator("#environment dl").wait_for()


def test_the_first_screen_says_what_is_wrong(visit, written):
    """On a laptop without scrolling: what is wrong, both numbers, versions, command, hash."""
    tab = visit(written / "report.html", LAPTOP, ready=False)
    for shown in (".verdict", ".card", ".facts", "button"):
        box = tab.locator(shown).first.bounding_box()
        assert box["y"] + box["height"] < LAPTOP["height"], shown
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert tab.get_by_role(landmark).count() == 1, landmark
