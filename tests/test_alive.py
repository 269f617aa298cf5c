"""The live network at the head of the lesson's page: what it computes, how it is set up, and what it says."""

import subprocess

import numpy as np
import pytest

from fourfold.compare.cases.case import draw_weights, two_layer_case
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import internal
from fourfold.impls.two_layer import numpy_impl
from tests.test_cli import command
from tests.test_lesson_page import lesson_file, tab  # noqa: F401  (fixtures)

pytestmark = pytest.mark.xdist_group("browser")


def settled(page, **choices):
    """What the live network is, after it was set up like this."""
    return page.evaluate("choices => { alive.set(choices); return document.querySelector('#alive').network; }", choices)


def now(page):
    return page.evaluate("document.querySelector('#alive').network")


def trained(page, milliseconds=400):
    page.click("#alive-play")
    page.wait_for_timeout(milliseconds)
    page.click("#alive-play")
    return now(page)


@pytest.mark.parametrize(
    "choices",
    [
        {"activation": "sigmoid", "seed": 3, "lr": 2, "width": 8, "data": "xor"},
        {"activation": "tanh", "seed": 9, "lr": 0.1, "width": 2, "data": "xnor"},
        {"activation": "relu", "seed": 6, "lr": 0.1, "width": 3, "data": "and"},
        {"activation": "identity", "seed": 0, "lr": 0.05, "width": 5, "data": "xor"},
    ],
)
def test_the_judge_finds_every_number_of_the_live_network_right(tab, choices):  # noqa: F811
    drawn = settled(tab, **choices)
    for name, Z in zip(("W1", "W2"), draw_weights([choices["seed"]], (2, choices["width"], 1)), strict=True):
        assert drawn[name] == Z[0].tolist()
    for network in (drawn, trained(tab)):
        assert len(judged(network)) == len(TRACE)
        assert judgement.first_wrong(judged(network)) is None
    assert network["step"] > 0


TRACE = ("H", "A", "Y_hat", "R", "L", "dL_dY_hat", "dL_dW2", "dL_dA", "dL_dH", "dL_dW1")


def judged(network):
    X, Y, W1, W2 = (np.array(network[name]) for name in ("X", "Y", "W1", "W2"))
    case = two_layer_case("live", X, Y, W1[None], W2[None], network["activation"], network["lr"], 1, range(1))
    values = {internal(name, case.row): np.array(network["trace"][name])[None] for name in TRACE}
    return judgement.judge_trace(values, case.weights, judgement.problem(case, "float64"))


def test_the_judge_finds_the_planted_mistake_of_the_live_network(tab):  # noqa: F811
    wrong = [j.quantity for j in judged(settled(tab, mistake="slope-missing")) if j.wrong.any()]
    assert wrong == [internal(name, "two_layer") for name in ("dL_dH", "dL_dW1")]


def test_one_step_is_one_step_and_rewinding_undoes_them_all(tab):  # noqa: F811
    drawn = settled(tab, activation="tanh", seed=4, lr=0.3)
    for _ in range(3):
        tab.click("#alive-step")
    network = now(tab)
    X, Y, W1, W2 = (np.array(drawn[name]) for name in ("X", "Y", "W1", "W2"))
    W1s, W2s, _ = numpy_impl.train(X, Y, W1, W2, 0.3, 3, "tanh")
    assert network["step"] == 3
    assert np.allclose(network["W1"], W1s[-1], rtol=1e-12)
    assert np.allclose(network["W2"], W2s[-1], rtol=1e-12)
    assert "step 3" in tab.inner_text("#alive-now")
    tab.click("#alive-rewind")
    assert now(tab) == drawn


def test_nothing_moves_before_it_is_asked_to(tab):  # noqa: F811
    tab.wait_for_timeout(300)
    assert now(tab)["step"] == 0
    assert tab.get_attribute("#alive-play", "aria-pressed") == "false"


def test_it_is_set_up_by_its_controls_and_by_keyboard_alone(tab):  # noqa: F811
    for name, key in (("lr", "ArrowRight"), ("seed", "Home"), ("width", "End")):
        tab.focus(f"#alive-{name}")
        tab.keyboard.press(key)
    for name, value in (("activation", "relu"), ("data", "and"), ("mistake", "slope-missing")):
        tab.select_option(f"#alive-{name}", value)
    network = now(tab)
    assert [network[name] for name in ("lr", "seed", "width")] == [0.56, 0, 8]
    assert [network[name] for name in ("activation", "data", "mistake")] == ["relu", "and", "slope-missing"]
    assert len(network["W1"][0]) == 8
    assert network["Y"] == [[0], [0], [0], [1]]
    tab.focus("#alive-play")
    tab.keyboard.press("Space")
    tab.wait_for_function("() => document.querySelector('#alive').network.step > 5")


def test_what_is_no_choice_changes_nothing(tab):  # noqa: F811
    before = now(tab)
    strange = {"activation": "gelu", "seed": 10, "lr": -1, "width": 9, "data": "<b>", "mistake": "none", "x": 1}
    assert settled(tab, **strange) == before


def test_a_click_adds_a_point_and_takes_it_away(tab):  # noqa: F811
    tab.select_option("#alive-data", "own")
    plane = tab.locator("#alive-plane")
    size = plane.bounding_box()["width"]
    middle = {"x": size / 2, "y": size / 2}
    plane.click(position=middle)
    assert (now(tab)["X"][-1], now(tab)["Y"][-1]) == ([0.5, 0.5], [1])
    assert len(now(tab)["trace"]["H"]) == 5
    plane.click(position=middle)
    assert len(now(tab)["X"]) == 4
    tab.click("#alive-clear")
    assert "click in the square" in tab.inner_text("#alive-happens")
    tab.click("#alive-play")  # there is nothing to train with
    assert tab.get_attribute("#alive-play", "aria-pressed") == "false"
    tab.click("#alive-step")
    tab.locator("input[name=alive-class][value='0']").evaluate("input => input.click()")
    plane.focus()
    for key in ("ArrowUp", "ArrowRight", "Enter"):
        tab.keyboard.press(key)
    assert (now(tab)["X"], now(tab)["Y"]) == ([[0.55, 0.55]], [[0]])


def test_a_button_of_the_page_sets_it_up_and_trains_it(tab):  # noqa: F811
    setup = {"activation": "relu", "seed": 8, "lr": 0.1, "width": 3, "data": "xor", "mistake": ""}
    tab.evaluate(
        """setup => {
      const button = document.querySelector("#E26 .asks").appendChild(document.createElement("button"));
      button.dataset.try = JSON.stringify(setup);
      button.click();
    }""",
        setup,
    )
    tab.wait_for_function("() => document.querySelector('#alive').network.step > 2")
    network = now(tab)
    assert {name: network[name] for name in setup} == setup
    tab.wait_for_function("() => document.getElementById('alive').getBoundingClientRect().top > -5")
    assert "3 of 3 hidden units are 0 for every input: no gradient comes back through them." in tab.inner_text("#alive")
    assert not np.any(network["trace"]["dL_dW1"])


def test_a_mistake_of_the_page_is_planted_once(tab):  # noqa: F811
    tab.evaluate("alive.plant('ascent')")
    tab.click("#alive-step")
    tab.evaluate("alive.plant('ascent')")
    assert (now(tab)["mistake"], now(tab)["step"]) == ("ascent", 1)
    assert tab.is_visible("#alive-legend")
    tab.evaluate("alive.plant('')")
    assert (now(tab)["mistake"], now(tab)["step"]) == ("", 0)


def test_what_runs_away_is_said_to(tab):  # noqa: F811
    settled(tab, activation="identity", lr=10)
    trained(tab, 1500)
    assert "until the numbers overflowed" in tab.inner_text("#alive-happens")


@pytest.mark.parametrize("data", ["xor", "xnor"])
def test_the_command_beside_it_trains_the_same_network(tab, tmp_path, data):  # noqa: F811
    settled(tab, activation="tanh", seed=2, lr=0.2, width=4, data=data)
    network = trained(tab)
    line = tab.inner_text("#alive-command")
    assert line.endswith(f"--steps {network['step']}" + (" --data points.csv" if data == "xnor" else ""))
    written, _, arguments = line.rpartition("fourfold ")
    if written:
        subprocess.run(["sh", "-c", written.removesuffix("&& ")], cwd=tmp_path, check=True)
    done = command(*arguments.split(), python=("-m", "fourfold.compare"), cwd=tmp_path, PYTHONPATH="")
    assert done.returncode == 0, done.stderr
    loss = done.stdout.split(f"epoch {network['step']:9,}   loss ")[1].split()[0]
    assert float(loss) == pytest.approx(network["trace"]["L"], rel=1e-8)
