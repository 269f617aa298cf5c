"""The lesson's page: its recorded numbers, and the controls that choose among them."""

import json
import struct

import numpy as np
import pytest

from fourfold.reports import exercises
from fourfold.reports.lesson import numbers, page
from tests.browsers import LAPTOP, PHONE
from tests.lessons import small

pytestmark = pytest.mark.xdist_group("browser")
EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture(scope="session")
def lesson_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("lesson") / "index.html"
    path.write_bytes(page.render(small(), f"fourfold lesson --out '{EVIL}'", exercises.sections()))
    return path


@pytest.fixture(scope="session")
def computed():
    return json.loads(numbers.as_json(small()))


@pytest.fixture
def tab(visit, lesson_file):
    return visit(lesson_file)


def go_to(tab, step):
    tab.evaluate(
        "n => { const s = document.getElementById('step'); s.value = n; s.dispatchEvent(new Event('input')); }", step
    )


def choose(tab, **chosen):
    """By a click that does not scroll the page, as a person's on what sticks to the window's edge does not."""
    for name, value in chosen.items():
        tab.locator(f"input[name={name}][value='{value}']").evaluate("input => input.click()")


def read_column(tab, name):
    tab.click(f"#E22 .marks button[data-c={name}]")


READ = """() => {
  const visible = all(".matrix").filter((box) => box.offsetParent);
  const read = (box) => ({
    place: [box.closest("section").id, columnOf(box), box.dataset.q].join(" "),
    values: all("td", box).map((c) => c.textContent),
    at: all("td", box).map((c) => [Number(c.dataset.i), Number(c.dataset.j)]),
    marks: all("td", box).map((c) => c.dataset.mark),
    words: Object.fromEntries(all(".marks button", box).map((b) => [b.dataset.c, b.lastElementChild.textContent])),
  });
  return visible.map(read);
}"""


def shown(tab):
    """Every matrix of the page, whether in view or not."""
    tab.evaluate("refreshAll(watched)")
    return tab.evaluate(READ)


def bits(values):
    return [struct.pack("<d", v) for v in values]


def word_of(marks):
    return "✗ wrong" if 255 in marks else f"✓ {max(marks)}%" if max(marks) else "✓ exact"


@pytest.mark.parametrize(("activation", "seed", "steps"), [(0, 0, [0, 3, 8]), (1, 1, [0, 5]), (2, 0, [3]), (3, 1, [8])])
def test_every_number_shown_is_the_one_computed_and_carries_its_mark(tab, computed, activation, seed, steps):
    choose(tab, activation=activation, seed=seed, digits="all")
    for step in steps:
        go_to(tab, step)
        for name in ("numpy", "torch", "jax", "tf"):
            read_column(tab, name)
            compare(shown(tab), computed, activation, seed, step)


def compare(boxes, lesson, activation, seed, step):
    assert len(boxes) > 50
    for box in boxes:
        _, column, name = box["place"].split()
        if name == "sigma_prime":
            continue  # the page computes it; it is a column's neither in bits nor by name
        if name in {"X", "Y"}:
            expected = np.array(lesson[name])
        else:
            expected, marks = (recorded(lesson, table, column, activation, seed, step, name) for table in TABLES)
            drawn = step == 0 and name in {"W1", "W2"}
            flat = [str(marks[i, j]) for i, j in box["at"]]
            assert box["marks"] == (["given"] * len(flat) if drawn else flat), box["place"]
            if box["words"]:
                assert box["words"][column] == ("drawn" if drawn else word_of(marks.ravel().tolist())), box["place"]
        assert bits(map(float, box["values"])) == bits(expected[i, j] for i, j in box["at"]), box["place"]


TABLES = ("values", "marks")


def recorded(lesson, table, column, activation, seed, step, name):
    """A matrix of a column's numbers, or of their marks."""
    Z = np.array(lesson[table][name][lesson["columns"].index(column)][activation][seed][step], dtype=object)
    return Z.reshape(*(Z.shape or (1,)), *[1] * (2 - max(Z.ndim, 1)))


def test_four_digits_are_those_of_the_number(tab):
    go_to(tab, 4)
    short = shown(tab)
    choose(tab, digits="all")
    for box, full in zip(short, shown(tab), strict=True):
        for text, exact in zip(box["values"], full["values"], strict=True):
            assert float(text.replace("−", "-")) == pytest.approx(float(exact), rel=5.1e-4)


def test_before_the_script_runs_the_same_numbers_stand_there(visit, lesson_file):
    written = visit(lesson_file, ready=False, java_script_enabled=False)
    texts = written.locator(".matrix td").all_text_contents()
    assert texts == [text for box in shown(visit(lesson_file)) for text in box["values"]]
    assert "JavaScript" in written.inner_text("noscript")
    assert written.is_visible("#E26 .code")


def test_a_wrong_column_is_marked_and_no_other(tab):
    go_to(tab, 2)
    wrong = set()
    for box in shown(tab):
        wrong |= {column for column, word in box["words"].items() if word == "✗ wrong"}
    assert wrong == {"jax"}


def test_digits_in_which_columns_differ_stand_out(tab):
    go_to(tab, 8)
    choose(tab, digits="all")
    shown(tab)
    assert tab.locator("#E16 .matrix[data-q=dL_dH] td b").count() == 12  # JAX's is wrong
    for name in ("jax", "tf"):
        tab.uncheck(f"input[value={name}]")
    shown(tab)
    assert tab.locator("#E1 .matrix[data-q=X] td b").count() == 0


def test_the_slider_is_moved_by_keyboard_and_everything_follows(tab):
    before = shown(tab)
    boundary = tab.locator("#E26 canvas").first
    tab.evaluate("refreshAll(watched)")
    picture = boundary.evaluate("c => c.toDataURL()")
    tab.focus("#step")
    tab.keyboard.press("End")
    assert "450" in tab.inner_text("#now")
    assert tab.get_attribute("#step", "aria-valuetext").startswith("step 450 of 450, loss 0.")
    still = set()
    for old, new in zip(before, shown(tab), strict=True):
        if old["values"] == new["values"]:
            still.add(new["place"].split()[2])
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
    words, values = set(), set()
    for activation in (0, 2):
        choose(tab, activation=activation)
        go_to(tab, 8)
        for box in shown(tab):
            words |= set(box["words"].values())
            values |= set(box["values"])
        assert "450" in tab.inner_text("#now")
    assert ("out of range" in words) == (lr > 1)
    assert ("NaN" in values) == (lr > 1)


def test_play_goes_through_training_and_stops_at_the_end(tab):
    go_to(tab, 7)
    tab.click("#play")
    tab.wait_for_selector("#play[aria-pressed=false]")
    assert tab.input_value("#step") == "8"
    tab.click("#play")  # from the beginning
    tab.wait_for_selector("#play[aria-pressed=true]")
    assert int(tab.input_value("#step")) < 8


VISIBLE = "() => all('#E13 .card').filter((c) => c.offsetParent).map((c) => c.dataset.c)"


def test_columns_are_chosen_and_remembered(visit, lesson_file):
    tab = visit(lesson_file)
    for name in ("numpy", "torch", "tf"):
        tab.uncheck(f"input[value={name}]")
    assert tab.evaluate(VISIBLE) == ["jax"]
    tab.locator("input[value=jax]").click(force=True)
    assert tab.evaluate(VISIBLE) == ["jax"]  # one is always there
    choose(tab, theme="dark")
    tab.reload()
    tab.wait_for_selector("html[data-ready]")
    assert tab.evaluate(VISIBLE) == ["jax"]
    assert tab.is_checked("input[name=theme][value=dark]")
    assert {box["place"].split()[1] for box in shown(tab)} == {"jax", "numpy-loop", "numpy-tiled"}


@pytest.mark.parametrize(
    "storage",
    ["{ get() { throw new Error('forbidden'); } }", "{ value: { getItem: () => '[1, {', setItem() { throw 1; } } }"],
)
def test_without_storage_the_page_works_all_the_same(visit, lesson_file, storage):
    tab = visit(lesson_file, script=f"Object.defineProperty(window, 'localStorage', {storage});")
    tab.uncheck("input[value=torch]")
    assert not tab.is_visible("#E1 .card[data-c=torch]")
    assert tab.is_visible("#E1 .card[data-c=numpy]")


def test_names_with_markup_are_text(tab):
    assert EVIL in tab.inner_text("footer")
    assert tab.locator("img").count() == 0


def test_the_activation_changes_equation_code_and_numbers(tab):
    values = lambda: tab.locator("#E2 .matrix[data-q=A] td").all_inner_texts()
    before = values()
    choose(tab, activation=1)
    tab.evaluate("document.getElementById('E2').scrollIntoView({ behavior: 'instant' })")
    assert "tanh" in tab.inner_text("#E2 .formula")
    assert "np.tanh" in tab.inner_text("#E2 .card[data-c=numpy] .code")
    assert "def sigmoid" not in tab.inner_text("#E2 .card[data-c=numpy] .code")
    shown(tab)
    assert values() != before


IN_VIEW = """id => {
  const { top, bottom } = document.getElementById(id).getBoundingClientRect();
  return top > 0 && bottom < innerHeight;
}"""


def test_a_file_opens_at_the_line(tab):
    link = tab.locator("#E13 .card[data-c=torch] header a")
    number = link.text_content().split(":")[1]
    link.click()
    tab.wait_for_function(IN_VIEW, arg=f"torch-{number}")
    assert "torch.autograd.grad" in tab.inner_text(f"#torch-{number}")


@pytest.mark.parametrize("place", ["torch-43", "E19-title"])
def test_an_address_with_a_place_opens_there(visit, lesson_file, place):
    tab = visit(lesson_file, place=place)
    assert tab.evaluate(IN_VIEW, place)
    tab.wait_for_timeout(300)
    assert tab.evaluate(IN_VIEW, place)  # and stays there


def test_an_address_keeps_equation_seed_step_and_activation(visit, lesson_file):
    tab = visit(lesson_file, place="E16&activation=relu&seed=6&step=450")
    assert tab.evaluate("() => [state.activation, state.seed, state.step]") == [2, 1, 8]
    assert tab.evaluate(IN_VIEW, "E16-title")
    choose(tab, activation=1)
    tab.wait_for_function("() => location.hash.includes('activation=tanh')")
    kept = tab.evaluate("location.hash")
    assert kept == "#E16&activation=tanh&seed=6&step=450"
    for strange in ("E99&seed=12345&step=x&mistake=none&activation=%3Cb%3E", "&&&=", "%"):
        visit(lesson_file, place=strange)


def test_losses_are_listed_every_200_epochs(tab):
    tab.click("#E24 .epochs summary")
    read_column(tab, "tf")
    choose(tab, digits="all")
    losses = small().losses[3, 0, 0]
    expected = [f"{epoch}: {loss!r}" for epoch, loss in zip((0, 200, 400), losses.tolist(), strict=True)]
    tab.evaluate("refreshAll(watched)")
    assert tab.locator("#E24 .epochs li").all_inner_texts() == expected


def test_the_theme_follows_the_system_until_it_is_chosen(visit, lesson_file):
    tab = visit(lesson_file, scheme="dark")
    paper = "() => getComputedStyle(document.body).backgroundColor"
    dark = tab.evaluate(paper)
    choose(tab, theme="light")
    assert (dark, tab.evaluate(paper)) == ("rgb(20, 22, 26)", "rgb(255, 255, 255)")


def test_on_a_phone_columns_are_tabs_and_the_rest_is_behind_a_button(visit, lesson_file):
    tab = visit(lesson_file, PHONE)
    cards = lambda: tab.locator("#E1 .card:visible").evaluate_all("all => all.map((c) => c.dataset.c)")
    assert cards() == ["numpy"]
    tab.check("input[value=tf]")
    assert cards() == ["tf"]
    tab.keyboard.press("ArrowLeft")
    assert cards() == ["jax"]
    assert tab.locator("#columns input:checked").count() == 1
    assert not tab.is_visible("#activation")
    tab.click("#settings")
    assert tab.is_visible("#activation")
    tab.set_viewport_size(LAPTOP)
    tab.wait_for_selector("#columns input[type=checkbox]")
    assert cards() == ["numpy", "jax", "tf"]  # all that were chosen, in their order


def test_a_link_takes_the_focus_with_it_and_back_returns(tab):
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")  # "Skip to the first equation"
    assert tab.evaluate("document.activeElement.id") == "E1"
    assert tab.evaluate("location.hash") == "#E1"
    tab.evaluate("document.querySelector('.contents a[href=\"#E19\"]').click()")
    tab.wait_for_function(IN_VIEW, arg="E19-title")
    tab.go_back()
    tab.wait_for_function(IN_VIEW, arg="E1-title")
