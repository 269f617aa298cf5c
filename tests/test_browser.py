"""The pages in a real browser, from file://, without a network."""

import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import sync_playwright

from fourfold.compare.results import diff
from fourfold.reports import compared, exercises
from fourfold.reports.lesson import numbers, page
from tests.lessons import small
from tests.test_report import made, report  # noqa: F401  (fixtures)

pytestmark = pytest.mark.xdist_group("browser")
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PAPER = "() => getComputedStyle(document.body).backgroundColor"
BLUE, ORANGE = "#4477aa", "#ee7733"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
EVIL = '<img src=x onerror="alert(1)">'
LAPTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser():
    """One for all tests. Where none is installed the tests are skipped, but not in continuous integration."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        refuse(f"no browser: none of {', '.join(NAMES)} is installed")
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield instance
        instance.close()


@pytest.fixture(scope="session")
def lesson_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("lesson") / "index.html"
    path.write_bytes(page.render(small(), f"fourfold lesson --out '{EVIL}'", exercises.sections()))
    return path


@pytest.fixture(scope="session")
def computed():
    return json.loads(numbers.as_json(small()))


@pytest.fixture
def visit(browser):
    """Opens a file; whatever the browser complains of, and whatever it would load, fails the test."""
    complaints, contexts = [], []

    def opened(path, viewport=LAPTOP, script=None, ready=True, place="", **options):
        context = browser.new_context(offline=True, viewport=viewport, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda r: complaints.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
        tab.goto(f"{path.as_uri()}#{place}")
        if ready:
            tab.wait_for_selector("html[data-ready]")
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def tab(visit, lesson_file):
    return visit(lesson_file)


def go_to(tab, step):
    tab.evaluate(
        "n => { const s = document.getElementById('step'); s.value = n; s.dispatchEvent(new Event('input')); }", step
    )


def choose(tab, **chosen):
    for name, value in chosen.items():
        tab.check(f"input[name={name}][value='{value}']")


READ = """() => {
  const place = (box) => [box.closest("section").id, box.dataset.c, box.dataset.q].join(" ");
  const visible = [...document.querySelectorAll(".quantity")].filter((box) => box.offsetParent && box.cells);
  const read = ({ cells, says }) => ({
    values: cells.map((c) => c.textContent), marks: cells.map((c) => c.dataset.mark), says: says.textContent,
  });
  return Object.fromEntries(visible.map((box) => [place(box), read(box)]));
}"""


def shown(tab):
    """{"E13 torch dL_dW2": values, marks and the judge's word}, every table of the page, whether in view or not."""
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    return tab.evaluate(READ)


def bits(values):
    return [struct.pack("<d", v) for v in values]


@pytest.mark.parametrize(("activation", "seed", "steps"), [(0, 0, range(9)), (1, 1, [0, 5]), (2, 0, [3]), (3, 1, [8])])
def test_every_number_shown_is_the_one_computed_and_carries_its_mark(tab, computed, activation, seed, steps):
    choose(tab, activation=activation, seed=seed, digits="all")
    for step in steps:
        go_to(tab, step)
        compare(shown(tab), computed, activation, seed, step)


def compare(found, lesson, activation, seed, step):
    assert len(found) > 150
    for place, box in found.items():
        _, column, name = place.split()
        if name in {"X", "Y"}:
            assert [float(v) for v in box["values"]] == np.ravel(lesson[name]).tolist()
            assert box["says"] == "given"
            continue
        at = lesson["columns"].index(column), activation, seed, step
        pick = lambda table: np.ravel(table[name][at[0]][at[1]][at[2]][at[3]])  # noqa: B023
        expected, marks = pick(lesson["values"]), pick(lesson["marks"])
        assert bits(map(float, box["values"])) == bits(expected), place
        if step == 0 and name in {"W1", "W2"}:
            assert box["says"] == "drawn"
        else:
            assert box["marks"] == [str(m) for m in marks], place
            word = "✗ wrong" if 255 in marks else f"✓ {max(marks)} %" if max(marks) else "✓ exact"
            assert box["says"] == word, place


def test_four_digits_are_those_of_the_number(tab):
    go_to(tab, 4)
    short = shown(tab)
    choose(tab, digits="all")
    full = shown(tab)
    for place, box in short.items():
        for text, exact in zip(box["values"], full[place]["values"], strict=True):
            assert float(text.replace("−", "-")) == pytest.approx(float(exact), rel=5.1e-4)


def test_a_wrong_column_is_marked_and_no_other(tab):
    go_to(tab, 2)
    wrong = {place.split()[1] for place, box in shown(tab).items() if box["says"] == "✗ wrong"}
    assert wrong == {"jax"}


def test_the_slider_is_moved_by_keyboard_and_everything_follows(tab):
    before = shown(tab)
    boundary = tab.locator("#E26 canvas").first
    picture = boundary.evaluate("c => c.toDataURL()")
    tab.focus("#step")
    tab.keyboard.press("End")
    assert "450" in tab.inner_text("#now")
    assert tab.get_attribute("#step", "aria-valuetext").startswith("step 450 of 450, loss 0.")
    after = shown(tab)
    still = {place.split()[2] for place in before if before[place]["values"] == after[place]["values"]}
    assert still == {"X", "Y"}
    assert boundary.evaluate("c => c.toDataURL()") != picture
    assert "step 450" in boundary.get_attribute("aria-label")


@pytest.mark.parametrize("lr", [1e-300, 1e3])
def test_what_stands_still_or_leaves_the_range_is_shown_too(visit, tmp_path, lr):
    """Curves without a height, and NaN."""
    path = tmp_path / "index.html"
    path.write_bytes(page.render(small(lr)))
    tab = visit(path)
    tab.click("#pictures")
    for activation in range(4):
        choose(tab, activation=activation)
        go_to(tab, 8)
        found = shown(tab)
        assert "450" in tab.inner_text("#now")
    words = {box["says"] for box in found.values()}
    assert ("out of range" in words) == (lr > 1)
    assert any("NaN" in box["values"] for box in found.values()) == (lr > 1)


def test_play_goes_through_training_and_stops_at_the_end(tab):
    go_to(tab, 7)
    tab.click("#play")
    tab.wait_for_selector("#play[aria-pressed=false]")
    assert tab.input_value("#step") == "8"
    tab.click(".start")  # from the beginning
    tab.wait_for_selector("#play[aria-pressed=true]")
    assert int(tab.input_value("#step")) < 8


def test_columns_are_chosen_and_remembered(visit, lesson_file):
    tab = visit(lesson_file)
    for name in ("numpy", "torch", "tf"):
        tab.uncheck(f"input[value={name}]")
    visible = "() => [...document.querySelectorAll('#E13 .card')].filter((c) => c.offsetParent).map((c) => c.dataset.c)"
    assert tab.evaluate(visible) == ["jax"]
    tab.locator("input[value=jax]").click()
    assert tab.evaluate(visible) == ["jax"]  # one is always there
    choose(tab, theme="dark")
    tab.reload()
    tab.wait_for_selector("html[data-ready]")
    assert tab.evaluate(visible) == ["jax"]
    assert tab.is_checked("input[name=theme][value=dark]")
    assert {place.split()[1] for place in shown(tab)} == {"jax", "numpy-loop", "numpy-tiled"}


@pytest.mark.parametrize(
    "storage",
    ["{ get() { throw new Error('forbidden'); } }", "{ value: { getItem: () => '[1, {', setItem() { throw 1; } } }"],
)
def test_without_storage_the_page_works_all_the_same(visit, lesson_file, storage):
    tab = visit(lesson_file, script=f"Object.defineProperty(window, 'localStorage', {storage});")
    tab.uncheck("input[value=torch]")
    assert not tab.is_visible("#E1 .card[data-c=torch]")
    assert tab.is_visible("#E1 .card[data-c=numpy]")


LIT = """() => [...document.querySelectorAll("#E13 .card .lit, #E13 .formula .lit, #E13 .symbols .lit")]
  .map((e) => e.closest(".card")?.dataset.c ?? e.closest(".formula, .symbols").className)"""


def test_a_symbol_lights_in_the_equation_and_in_every_column(tab):
    places = {"formula", "symbols", "numpy", "torch", "jax", "tf"}
    tab.hover("#E13 .card[data-c=numpy] .code [data-s=dL_dW2]")
    assert set(tab.evaluate(LIT)) == places
    lit = tab.locator("#E13 .card[data-c=torch] .code .lit")
    assert lit.all_inner_texts() == ["W2"]  # among what autograd is asked for
    tab.mouse.move(0, 0)
    assert tab.evaluate(LIT) == []
    button = tab.locator("#E13 .symbols button[data-s=dL_dW2]")
    button.focus()
    tab.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert "gradient by the output weights" in tab.inner_text("#E13 .meaning")
    tab.focus("#step")
    assert set(tab.evaluate(LIT)) == places
    tab.keyboard.press("Escape")
    assert tab.evaluate(LIT) == []


def test_a_symbol_lights_where_it_is_tapped(visit, lesson_file):
    tab = visit(lesson_file, PHONE, has_touch=True)
    tab.tap("#E13 .card[data-c=numpy] .code [data-s=dL_dW2]")
    assert set(tab.evaluate(LIT)) == {"formula", "symbols", "numpy", "torch", "jax", "tf"}


def test_the_network_at_the_head_shows_weights_and_units(tab, computed):
    go_to(tab, 8)
    at = lambda name: np.ravel(computed["values"][name][0][0][0][8])
    read = "(all, name) => all.map((e) => e.getAttribute(name))"
    for name in ("W1", "W2"):
        lines = tab.locator(f".network .edges[data-s={name}] line")
        assert np.array(lines.evaluate_all(read, "stroke-width"), float) == pytest.approx(0.5 + 1.5 * abs(at(name)))
        assert lines.evaluate_all(read, "stroke") == [ORANGE if w > 0 else BLUE for w in at(name)]
    squares = tab.locator(".network .samples[data-s=Y_hat] rect").evaluate_all(read, "fill")
    assert squares[:4] == [ORANGE if y > 0.5 else BLUE for y in at("Y_hat")]


def test_exercises_open_and_answer(tab):
    answered = exercises.sections()
    assert tab.locator(".exercises details").count() == len(answered)
    for number in answered:
        tab.click(f"#exercise-{number} summary")
        assert "numbers certified" in tab.inner_text(f"#exercise-{number} .answer")


def test_names_with_markup_are_text(tab):
    assert EVIL in tab.inner_text("footer")
    assert tab.locator("img").count() == 0


def test_the_activation_changes_equation_code_and_numbers(tab):
    before = shown(tab)["E2 numpy A"]["values"]
    choose(tab, activation=1)
    assert "tanh" in tab.inner_text("#E2 .formula")
    assert "np.tanh" in tab.inner_text("#E2 .card[data-c=numpy] .code")
    assert "def sigmoid" not in tab.inner_text("#E2 .card[data-c=numpy] .code")
    assert shown(tab)["E2 numpy A"]["values"] != before


IN_VIEW = """id => {
  const { top, bottom } = document.getElementById(id).getBoundingClientRect();
  return top > 0 && bottom < innerHeight;
}"""


def test_a_file_opens_at_the_line(tab):
    link = tab.locator("#E13 .card[data-c=torch] header a")
    number = link.inner_text().split(":")[1]
    link.click()
    tab.wait_for_function(IN_VIEW, arg=f"torch-{number}")
    assert "torch.autograd.grad" in tab.inner_text(f"#torch-{number}")


@pytest.mark.parametrize("place", ["torch-43", "E19-title"])
def test_an_address_with_a_place_opens_there(visit, lesson_file, place):
    tab = visit(lesson_file, place=place)
    assert tab.evaluate(IN_VIEW, place)
    tab.wait_for_timeout(300)
    assert tab.evaluate(IN_VIEW, place)  # and stays there


def test_mistakes_stand_wrong_beside_right(tab):
    tab.click("#E16 .mistakes summary")
    assert "slope missing" in tab.inner_text("#E16 .mistakes")
    pair = tab.locator("#E16 .mistake", has_text="slope missing").locator("pre").all_inner_texts()
    assert pair == ["dL_dH = dL_dA", "dL_dH = dL_dA * sigma_prime(A)"]


def test_losses_are_listed_every_200_epochs(tab):
    tab.click("#E24 .card[data-c=tf] .epochs summary")
    choose(tab, digits="all")
    losses = small().losses[3, 0, 0]
    expected = [f"{epoch}: {loss!r}" for epoch, loss in zip((0, 200, 400), losses.tolist(), strict=True)]
    tab.wait_for_selector("#E24 .card[data-c=tf] .epochs li")
    assert tab.locator("#E24 .card[data-c=tf] .epochs li").all_inner_texts() == expected


def test_the_theme_follows_the_system_until_it_is_chosen(visit, lesson_file):
    tab = visit(lesson_file, color_scheme="dark")
    paper = "() => getComputedStyle(document.body).backgroundColor"
    dark = tab.evaluate(paper)
    choose(tab, theme="light")
    light = tab.evaluate(paper)
    assert (dark, light) == ("rgb(20, 22, 26)", "rgb(255, 255, 255)")


def test_in_print_everything_is_filled_and_controls_are_gone(tab):
    choose(tab, theme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    empty = "() => [...document.querySelectorAll('td')].filter((c) => c.offsetParent && !c.textContent).length"
    assert tab.evaluate(empty) == 0
    assert tab.evaluate("() => document.querySelectorAll('.quantity td').length") > 900
    assert not tab.is_visible("#controls")
    assert not tab.is_visible("#step")
    assert not tab.is_visible(".start")
    assert tab.evaluate("() => getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert tab.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("digits", ["4", "all"])
def test_on_a_phone_nothing_is_wider_than_the_screen(visit, lesson_file, digits):
    tab = visit(lesson_file, PHONE)
    assert tab.locator("#columns input:checked").count() == 1
    choose(tab, digits=digits)
    for summary in ("#E13 .mistakes", *(f"#exercise-{number}" for number in exercises.sections())):
        tab.click(f"{summary} summary")
    tab.click("#pictures")
    shown(tab)
    wide = """() => [...document.querySelectorAll("body *")]
      .filter((e) => !e.closest(".table, .wide, .sr, .skip, math, .bar input"))
      .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
      .map((e) => e.className || e.tagName)"""
    assert tab.evaluate(wide) == []


def test_on_a_phone_columns_are_tabs(visit, lesson_file):
    tab = visit(lesson_file, PHONE)
    visible = lambda: tab.locator("#E1 .card:visible").evaluate_all("all => all.map((c) => c.dataset.c)")
    assert visible() == ["numpy"]
    tab.check("input[value=tf]")
    assert visible() == ["tf"]
    tab.keyboard.press("ArrowLeft")
    assert visible() == ["jax"]
    assert tab.locator("#columns input:checked").count() == 1
    tab.set_viewport_size(LAPTOP)
    tab.wait_for_selector("#columns input[type=checkbox]")
    assert visible() == ["numpy", "jax", "tf"]  # all that were chosen, in their order


def test_without_script_the_lesson_can_be_read(visit, lesson_file):
    tab = visit(lesson_file, ready=False, java_script_enabled=False)
    assert "need JavaScript" in tab.inner_text("noscript")
    assert tab.is_visible("#E26 .code")


def faults(tab):
    """What axe-core finds that is serious or worse."""
    tab.evaluate(AXE_SCRIPT)
    found = tab.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    return {f["id"]: [n["html"][:200] for n in f["nodes"][:3]] for f in found if f["impact"] in {"serious", "critical"}}


@pytest.mark.parametrize(("viewport", "scheme", "digits"), [(LAPTOP, "light", "4"), (PHONE, "dark", "all")])
def test_the_lesson_is_accessible(visit, lesson_file, viewport, scheme, digits):
    tab = visit(lesson_file, viewport, color_scheme=scheme, reduced_motion="reduce")
    choose(tab, digits=digits)
    tab.click("#pictures")
    for summary in ("#E13 .mistakes", *(f"#exercise-{number}" for number in exercises.sections())):
        tab.click(f"{summary} summary")
    tab.click("#E13 .symbols button >> nth=0")
    assert faults(tab) == {}


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
