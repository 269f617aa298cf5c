"""Reading the lesson's page: what lights up, by mouse, keyboard and touch; the presenter; on paper; for everybody."""

import re

import pytest

from fourfold.reports import exercises
from tests.browsers import LAPTOP, PHONE, PROJECTOR, TABLET, WIDTH, faults
from tests.test_lesson_page import choose, go_to, lesson_file, shown, tab  # noqa: F401  (fixtures)

pytestmark = pytest.mark.xdist_group("browser")

LIT = """() => [...document.querySelectorAll("#E13 .lit")]
  .filter((e) => !e.closest(".mistakes"))
  .map((e) => e.closest(".card")?.dataset.c ?? e.closest(".formula, .symbols, .matrix, .words, .asks").className)"""
PLACES = {"formula", "symbols", "matrix", "words", "numpy", "torch", "jax", "tf"}


def test_a_symbol_lights_in_equation_code_and_numbers(tab):  # noqa: F811
    tab.hover("#E13 .card[data-c=numpy] .code [data-s=dL_dW2]")
    assert set(tab.evaluate(LIT)) == PLACES
    lit = tab.locator("#E13 .card[data-c=torch] .code .lit")
    assert lit.all_inner_texts() == ["W2"]  # among what autograd is asked for
    tab.mouse.move(0, 0)
    assert tab.evaluate(LIT) == []
    button = tab.locator("#E13 .symbols button[data-s=dL_dW2]")
    button.focus()
    tab.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert "gradient of the loss with respect to W2" in tab.inner_text("#E13 .meaning")
    tab.focus("#step")
    assert set(tab.evaluate(LIT)) == PLACES
    tab.keyboard.press("Escape")
    assert tab.evaluate(LIT) == []


def test_a_symbol_lights_where_it_is_tapped(visit, lesson_file):  # noqa: F811
    phone = visit(lesson_file, PHONE, has_touch=True)
    phone.tap("#E13 .card[data-c=numpy] .code [data-s=dL_dW2]")
    assert set(phone.evaluate(LIT)) == PLACES


UNLIT = """() => {
  const dark = [];
  for (const button of all(".symbols button")) {
    const section = button.closest("section");
    const lit = all(`[data-s="${button.dataset.s}"]`, section);
    const elsewhere = lit.filter((e) => !e.closest(".symbols") && e.getClientRects().length);
    if (!elsewhere.length) dark.push(`${section.id} ${button.dataset.s}`);
  }
  return dark;
}"""


@pytest.mark.parametrize("activation", range(4))
def test_every_symbol_lights_something_in_its_equation(tab, activation):  # noqa: F811
    choose(tab, activation=activation)
    assert tab.evaluate(UNLIT) == []


COLOURS = """() => {
  const colours = {};
  for (const element of all("[data-s]")) {
    if (!element.getClientRects().length || element.closest(".lit, svg .samples, svg .edges")) continue;
    (colours[element.dataset.s] ??= new Set()).add(getComputedStyle(element).color);
  }
  return Object.fromEntries(Object.entries(colours).map(([name, set]) => [name, [...set]]));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_symbol_has_one_colour_everywhere(visit, lesson_file, scheme):  # noqa: F811
    colours = visit(lesson_file, scheme=scheme).evaluate(COLOURS)
    assert {name: found for name, found in colours.items() if len(found) > 1} == {}
    own = ["X", "Y", "W1", "H", "A", "W2", "Y_hat", "R", "L", "N", "lr", "sigma"]
    assert len({colours[name][0] for name in own}) == len(own)
    for name in ("W1", "W2", "H", "A", "Y_hat"):
        assert colours[f"dL_d{name}"] == colours[name]


LIGHTED = (
    """() => all(".factor").map((c) => [c.closest(".matrix").dataset.q, Number(c.dataset.i), Number(c.dataset.j)])"""
)


def test_pointing_at_a_number_lights_its_factors_and_writes_the_sum(tab):  # noqa: F811
    go_to(tab, 8)
    shown(tab)
    tab.hover("#E19 .matrix[data-q=dL_dW1] td[data-i='1'][data-j='2']")
    lighted = {tuple(each) for each in tab.evaluate(LIGHTED)}
    assert lighted == {("X", k, 1) for k in range(4)} | {("dL_dH", k, 2) for k in range(4)}
    sum_ = tab.inner_text("#E19 .sum p").replace("−", "-").replace("\n", "")
    _, symbols, numbers, result = sum_.split(" = ")
    assert symbols.count("·") == numbers.count("·") == 4
    total = 0
    for product in re.sub(r"\(([^)]*)\)", r"\1", numbers).split(" + "):
        x, h = map(float, product.split(" · "))
        total += x * h
    assert total == pytest.approx(float(result), rel=1e-2, abs=1e-6)


def test_every_number_says_what_it_is_made_of(tab):  # noqa: F811
    choose(tab, activation=1)
    silent = tab.evaluate("""() => all(".matrix").filter((box) => {
      const sum = box.closest(".worked").querySelector(".sum p");
      sum.replaceChildren();
      pointAt(box.querySelector("td"));
      return !/=|given/.test(sum.textContent) || /undefined|NaN/.test(sum.textContent);
    }).map((box) => `${box.closest("section").id} ${box.dataset.q}`)""")
    assert silent == []


def test_numbers_are_reached_by_keyboard(tab):  # noqa: F811
    first = tab.locator("#E16 .matrix[data-q=dL_dH] td").first
    first.focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowRight")
    place = "() => [document.activeElement.dataset.i, document.activeElement.dataset.j]"
    assert tab.evaluate(place) == ["1", "1"]
    assert {tuple(each) for each in tab.evaluate(LIGHTED)} == {("dL_dA", 1, 1), ("sigma_prime", 1, 1)}
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    assert tab.evaluate(place) == ["1", "1"]  # one number of a matrix is in the order of the Tab key


def test_the_keyboard_alone_reaches_every_control(tab):  # noqa: F811
    """Whatever can be clicked can have the focus, and Tab goes through it in the page's order."""
    unreachable = tab.evaluate("""() => all("a[href], button, select, input, summary, td")
      .filter((e) => e.getClientRects().length && !e.disabled && e.tabIndex < 0 && !e.matches("td"))
      .map((e) => e.outerHTML.slice(0, 80))""")
    assert unreachable == []
    stops = tab.evaluate(
        "() => all('.matrix').filter((m) => all('td', m).filter((c) => c.tabIndex === 0).length !== 1)"
    )
    assert stops == []


def test_the_presenter_walks_through_the_equations(tab):  # noqa: F811
    size = "() => parseFloat(getComputedStyle(document.querySelector('.slide .formula')).fontSize)"
    slide = "() => all('section.equation').filter((s) => s.getClientRects().length).map((s) => s.id)"
    before = tab.evaluate("() => parseFloat(getComputedStyle(document.querySelector('.formula')).fontSize)")
    tab.click("#present")
    assert tab.evaluate(slide) == ["E1"]
    assert tab.evaluate(size) > before
    tab.evaluate("document.activeElement.blur()")
    for key in ("ArrowRight", "PageDown", "PageDown", "ArrowLeft"):
        tab.keyboard.press(key)
    assert tab.evaluate(slide) == ["E3"]
    assert not tab.is_visible("#E3 .words")  # the answer comes with the notes
    tab.click("#notes")
    assert tab.is_visible("#E3 .notes")
    assert tab.is_visible("#E3 .words")
    tab.keyboard.press("ArrowRight")  # from a button too
    assert tab.evaluate(slide) == ["E4"]
    tab.keyboard.press("End")
    assert tab.evaluate(slide) == ["E26"]
    tab.keyboard.press("Escape")
    assert len(tab.evaluate(slide)) == 26


def test_every_slide_has_notes_and_what_goes_wrong(tab):  # noqa: F811
    notes = tab.locator("section.equation .notes").all_text_contents()
    assert len(notes) == 26
    assert min(map(len, notes)) > 40
    assert "slope missing" in notes[15]


def test_formulas_are_large_on_a_projector(visit, lesson_file):  # noqa: F811
    """At least 1.5 times the 1.65rem that were too small; a rem is 19.06 px there."""
    projector = visit(lesson_file, PROJECTOR)
    sizes = projector.locator(".formula").evaluate_all(
        "all => all.map((f) => parseFloat(getComputedStyle(f).fontSize))"
    )
    assert min(sizes) >= 1.5 * 1.65 * 19.06


def test_exercises_open_and_answer(tab):  # noqa: F811
    answered = exercises.sections()
    assert tab.locator(".exercises details").count() == len(answered)
    for number in answered:
        tab.click(f"#exercise-{number} summary")
        assert "numbers certified" in tab.inner_text(f"#exercise-{number} .answer")


WIDER = """() => all("body *")
  .filter((e) => !e.closest(".table, .wide, .formula, .sr, .skip, math, .choice input"))
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize(("viewport", "digits"), [(PHONE, "4"), (PHONE, "all"), (TABLET, "all"), (LAPTOP, "4")])
def test_nothing_is_wider_than_the_screen(visit, lesson_file, viewport, digits):  # noqa: F811
    narrow = visit(lesson_file, viewport)
    choose(narrow, digits=digits)
    narrow.evaluate("() => all('details').forEach((d) => (d.open = true))")
    narrow.click("#pictures")
    shown(narrow)
    assert narrow.evaluate(WIDER) == []


PAGES = re.compile(rb"/Type\s*/Page\b")
CUT = """() => all("td").filter((c) => c.getClientRects().length)
  .filter((c) => !c.textContent || c.scrollWidth > c.clientWidth + 1).length"""


def test_printed_it_is_a_handout(tab):  # noqa: F811
    choose(tab, theme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.evaluate(CUT) == 0
    for control in ("#controls", "#step", "#present", ".alive", ".try >> nth=0"):
        assert not tab.is_visible(control)
    assert tab.evaluate("() => getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert tab.is_visible("#E26 .formula")
    assert len(PAGES.findall(tab.pdf(format="A4"))) <= 10


PARTS = (
    "#alive",
    "#five",
    "#controls",
    ".intro",
    "#E13",
    "#E16",
    "#E24",
    ".slider",
    ".exercises",
    "#file-jax",
    "footer",
)
# A part of every kind is left, and where "Skip to the first equation" leads.
PRUNE = """parts => {
  const kept = all(parts);
  const others = all("section.equation, details.file").filter((e) => !kept.includes(e) && e.id !== "E1");
  others.forEach((e) => e.remove());
  return others.length;
}"""


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(PHONE, "dark"), (TABLET, "light"), (LAPTOP, "light"), (PROJECTOR, "dark")],
    ids=["390", "820", "1440", "1920"],
)
def test_the_lesson_is_accessible(visit, lesson_file, viewport, scheme):  # noqa: F811
    """Of everything that can be open one is: mistakes, a file, pictures, a planted mistake, the settings; all answers.

    The whole page is looked at where it has four columns, and for what depends on the width where it has one. A part
    of every kind is looked at for the rest, and once a theme for contrast, which takes longest.
    """
    page = visit(lesson_file, viewport, scheme=scheme, motion=False, place="E13&mistake=1-n-missing")
    opened = ".exercises details, #E16 details, #E24 .epochs, #file-jax"
    page.evaluate("opened => all(opened).forEach((details) => (details.open = true))", opened)
    page.click("#pictures")
    if viewport is PHONE:
        page.click("#settings")
    page.evaluate("() => document.querySelector('#E13 .symbols button').click()")
    if viewport is PROJECTOR:
        assert faults(page, rules={"color-contrast": {"enabled": False}}) == {}
        return
    if viewport is PHONE:
        assert faults(page, runOnly=WIDTH) == {}
    assert page.evaluate(PRUNE, ", ".join(PARTS)) > 20
    assert faults(page, **({"runOnly": WIDTH} if viewport is TABLET else {})) == {}


def test_the_presenter_is_accessible(tab):  # noqa: F811
    tab.click("#present")
    tab.click("#notes")
    assert faults(tab, rules={"color-contrast": {"enabled": False}}) == {}


SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifts.push([entry.value, entry.startTime]);
}).observe({ type: "layout-shift", buffered: true });
"""


def test_nothing_jumps_while_it_loads_plays_and_breaks(visit, lesson_file):  # noqa: F811
    steady = visit(lesson_file, script=SHIFTS)
    steady.wait_for_timeout(300)
    steady.evaluate("document.getElementById('E16').scrollIntoView({ behavior: 'instant' })")
    for step in (1, 5, 8):
        go_to(steady, step)
    steady.click("#E16 [data-mistake=slope-missing]")
    steady.hover("#E16 td >> nth=3")
    steady.click("#repair")
    steady.wait_for_timeout(300)
    assert sum(value for value, _ in steady.evaluate("shifts")) < 0.01


TOUCHED = """() => {
  const before = all("td").map((c) => c.textContent);
  goTo(8);
  return all("td").filter((c, i) => c.textContent !== before[i]).map((c) => c.closest("section").id);
}"""


def test_a_move_of_the_slider_touches_only_what_is_in_view(tab):  # noqa: F811
    """What is far from the window is brought up to date when it comes near, so that a move stays quick."""
    tab.evaluate("document.getElementById('E16').scrollIntoView({ behavior: 'instant' })")
    tab.wait_for_function(
        "() => [...inView].some((e) => e.closest('#E16')) && ![...inView].some((e) => e.closest('#E2'))"
    )
    touched = set(tab.evaluate(TOUCHED))
    assert "E16" in touched
    assert touched <= {"E14", "E15", "E16", "E17", "E18"}
    tab.evaluate("document.getElementById('E3').scrollIntoView({ behavior: 'instant' })")
    tab.wait_for_function(
        "() => document.querySelector('#E3 td').textContent === short(quantity('A', 'numpy').values[0])"
    )
