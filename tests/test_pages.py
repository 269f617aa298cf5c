"""Pages beside the report and the lesson: nothing for axe to find, nothing too wide, contents that lead somewhere."""

import pytest

from fourfold.compare.lesson.exercises import chain_rule, parameters
from fourfold.reports import course, sweep
from fourfold.reports.exercises import render
from tests.browsers import LAPTOP, PHONE, PROJECTOR, TABLET, WIDTH, faults
from tests.test_compared import pages_of, report, sides  # noqa: F401  (fixtures)
from tests.test_course import row
from tests.test_exercises import run
from tests.test_explained import MISTAKE, WRONG_ONE, Proof
from tests.test_explained import page_of as explained_page
from tests.test_sweep import here, planned, swept

pytestmark = pytest.mark.xdist_group("browser")
NAMES = ("exercises", "sweep", "compared", "explained", "course")


def exercises():
    answered = [run(exercise, range(1)) for exercise in (parameters, chain_rule)]
    parts = {}
    for one in answered:
        parts |= render.parts(one)
    return render.files([one.answer for one in answered], parts, "fourfold exercise all")["index.html"]


def swept_page(folder):
    options, chunks = planned({"lr": [1.0, 0.1], "hidden": [2, 3], "activation": ["tanh", "relu"]})
    return sweep.pages(swept(folder, options, chunks, here()))["index.html"]


def course_page():
    text = "WRONG: a line that is " + "very " * 40 + "long"
    rows = [
        row("WRONG", f"{'a_long_name_' * 6}", "slope missing", "4", "dL_dH = dL_dA", text=text),
        row("RIGHT", "bob"),
    ]
    return course.page(rows, "1 of 2 submissions is right.", [("slope missing", 1)])


@pytest.fixture(scope="module")
def pages(tmp_path_factory, sides):  # noqa: F811
    """{name: path} of a page of every kind."""
    folder = tmp_path_factory.mktemp("pages")
    contents = {
        "exercises": exercises(),
        "sweep": swept_page(folder / "chunks"),
        "compared": pages_of(*sides)["index.html"],
        "explained": explained_page(Proof(WRONG_ONE, "tanh, sigmoid", mistakes=[MISTAKE])).encode(),
        "course": course_page(),
    }
    paths = {name: folder / f"{name}.html" for name in contents}
    for name, path in paths.items():
        path.write_bytes(contents[name])
    return paths


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_and_nothing_is_too_wide(pages, visit, name):
    """With all rules on the smallest screen and the largest, once a theme."""
    for viewport, scheme in ((PHONE, "light"), (TABLET, "dark"), (LAPTOP, "light"), (PROJECTOR, "dark")):
        tab = visit(pages[name], viewport, ready=False, scheme=scheme)
        assert faults(tab, **({} if viewport in (PHONE, PROJECTOR) else {"runOnly": WIDTH})) == {}
        assert tab.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_a_header_and_contents_that_lead_somewhere(pages, visit, name):
    tab = visit(pages[name], ready=False)
    assert tab.locator("header h1").count() == tab.locator("main").count() == tab.locator("nav").count() == 1
    links = tab.locator("nav a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert links
    for link in links:
        assert tab.locator(f"[id='{link.removeprefix('#')}']").count() == 1
