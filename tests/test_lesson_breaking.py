"""Breaking the lesson's network on the page, and repairing it."""

import json

import pytest

from fourfold.compare.lesson.broken import TWENTY
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import find
from fourfold.reports.lesson import numbers
from tests import lessons
from tests.lessons import small
from tests.test_lesson_page import bits, go_to, lesson_file, shown, tab  # noqa: F401  (fixtures)

pytestmark = pytest.mark.xdist_group("browser")
AT = 2  # a position that is recorded; later the weights of some have run away
PLANTED = [find(name).slug.replace("_", "-") for name in lessons.PLANTED]


@pytest.mark.parametrize("slug", PLANTED)
def test_a_mistake_shows_its_line_its_numbers_and_the_judges_word(visit, lesson_file, slug):  # noqa: F811
    page = visit(lesson_file, place=f"E13&step={small().steps[AT]}&mistake={slug}")
    lesson = json.loads(numbers.as_json(small()))
    (mistake,) = (each for each in lesson["mistakes"] if each["slug"] == slug)
    (broken,) = (each for each in lesson["broken"] if each["slug"] == slug)
    lines = page.locator(".card .planted").all_text_contents()
    expected = set()
    for edit in planted.edits("numpy", *find(mistake["name"]).planted["numpy"]):
        expected |= {line.strip() for line in edit.lines}
    assert {line.split("✗")[1].strip() for line in lines} == expected
    assert page.input_value("#mistake") == slug
    assert mistake["story"] in page.inner_text("#broken")
    wrong = set()
    for box in shown(page):
        _, column, name = box["place"].split()
        if column != "numpy" or name in {"X", "Y", "sigma_prime"}:
            continue
        flat = [*map(str, _flat(broken["marks"][name][AT]))]
        assert sorted(box["marks"]) == sorted(flat), box["place"]
        if "255" in flat:
            wrong.add(name)
    assert wrong
    assert "✗ wrong from" in page.inner_text("#verdict-judge")
    usual = page.inner_text("#verdict-usual")
    assert usual.startswith("passes" if mistake["usual"][AT] else "fails")


def _flat(Z):
    if not isinstance(Z, list):
        return [Z]
    flat = []
    for part in Z:
        flat += _flat(part)
    return flat


def test_the_numbers_are_the_broken_columns_own(visit, lesson_file):  # noqa: F811
    slug = PLANTED[-1]
    page = visit(lesson_file, place=f"E22&step=450&mistake={slug}")
    page.evaluate("document.querySelector('input[name=digits][value=all]').click()")
    lesson = json.loads(numbers.as_json(small()))
    (broken,) = (each for each in lesson["broken"] if each["slug"] == slug)
    for box in shown(page):
        _, column, name = box["place"].split()
        if column == "numpy" and name == "dL_dW1" and not box["place"].startswith("E9"):
            expected = broken["values"][name][-1]
            assert bits(map(float, box["values"])) == bits(float(expected[i][j]) for i, j in box["at"])


def test_one_click_breaks_and_one_click_repairs(tab):  # noqa: F811
    before = shown(tab)
    tab.click("#E16 [data-mistake=slope-missing]")
    assert "slope missing" in tab.inner_text("#broken")
    assert tab.is_disabled("input[name=activation][value='1']")
    assert any("255" in box["marks"] for box in shown(tab) if box["place"] == "E16 numpy dL_dH")
    assert tab.inner_text("#now .mark") == "✗ wrong"
    tab.click("#repair")
    assert not tab.is_visible("#broken")
    assert tab.evaluate("document.activeElement.id") == "mistake"  # what was pressed is gone
    assert tab.locator(".planted, .replaced").count() == 0
    assert shown(tab) == before
    tab.wait_for_function("() => !location.hash.includes('mistake')")


def test_red_begins_at_the_first_wrong_quantity(visit, lesson_file):  # noqa: F811
    page = visit(lesson_file, place="E16&mistake=slope-missing")
    red = set()
    for box in shown(page):
        if "255" in box["marks"]:
            red.add(box["place"].split()[2])
    assert red == {"dL_dH", "dL_dW1"}  # before training: everything before the slope is right
    go_to(page, 8)
    assert page.inner_text("#verdict-judge") == "✗ wrong from ∂L/∂H on"


def test_the_live_network_breaks_with_it(tab):  # noqa: F811
    tab.evaluate("breakIt('slope-missing')")
    assert tab.locator("#alive select").evaluate_all("all => all.map((s) => s.value)").count("slope-missing") == 1


def test_every_common_mistake_can_be_planted_from_its_equation(tab):  # noqa: F811
    buttons = set(tab.locator(".mistakes [data-mistake]").evaluate_all("all => all.map((b) => b.dataset.mistake)"))
    assert buttons == set(PLANTED)
    assert set(PLANTED) <= {find(name).slug.replace("_", "-") for name in TWENTY}
    assert tab.locator(".mistake pre code").evaluate_all("all => all.filter((c) => !c.textContent.trim()).length") == 0
    open_ = tab.evaluate("() => all('.mistakes').map((m) => all(':scope > .three > .mistake', m).length)")
    assert max(open_) == 3


def test_what_the_text_says_stays_true_while_a_mistake_is_planted(tab):  # noqa: F811
    shown(tab)
    before = tab.locator("#E16 .words").text_content()
    tab.evaluate("breakIt('slope-missing')")
    tab.evaluate("refreshAll(watched)")
    assert tab.locator("#E16 .words").text_content() == before


def test_a_mistakes_address_leads_to_the_line_that_changed(visit, lesson_file):  # noqa: F811
    page = visit(lesson_file, place="E16&mistake=slope-missing")
    top = page.locator("#E16 .planted").evaluate("line => line.getBoundingClientRect().top")
    assert 0 < top < 600


def test_the_browsers_back_leads_from_the_live_network_to_where_it_was_set_up(visit, lesson_file):  # noqa: F811
    page = visit(lesson_file, place="E23&step=450")
    page.click("#E23 .try >> nth=0")
    page.wait_for_function("() => scrollY < 10")
    page.go_back()
    page.wait_for_function("() => state.place === 'E23' && scrollY > 1000")
