"""What the lesson says: its equations, their symbols, its sentences, and what it promises a reader who tries."""

import re
from functools import cache
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import numpy as np
import pytest

from fourfold.compare.cases.case import ACTIVATIONS, make_case
from fourfold.compare.judge.quantities import TWO_LAYER, anatomy, gradient, of_every_step, shown
from fourfold.compare.lesson.exercises.questions import EXERCISES, live
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import find, of_row
from fourfold.impls.two_layer import numpy_impl
from fourfold.reports.lesson import content, mathml, source
from fourfold.reports.lesson.equation import FACTORS, QUANTITIES
from fourfold.reports.lesson.prose import LIVE, plain, prose

TEXTS = {f"part {part.title}": part.says for part in content.PARTS}
TEXTS |= {f"five {question}": answer for question, answer, _ in content.FIVE}
for _e in content.EQUATIONS:
    TEXTS |= {f"E{_e.number} {name}": getattr(_e, name) for name in ("asks", "says", "notes")}
for _x in EXERCISES:
    TEXTS[f"exercise {_x.number}"] = _x.says
    TEXTS |= {f"exercise {_x.number} task {n}": task for n, (task, _) in enumerate(_x.tasks)}
SETUPS = [setup for e in content.EQUATIONS for _, setup in e.tries]
SETUPS += [setup for x in EXERCISES for _, setup in x.tasks if setup]
PLACES = [place for *_, place in content.FIVE]
for _text in TEXTS.values():
    PLACES += re.findall(r"\]\((#.*?)\)", _text)
MISTAKES = {mistake.slug.replace("_", "-"): mistake for mistake in of_row("two_layer")}
SEEDS = range(6, 9)  # as on the page
each_equation = pytest.mark.parametrize("equation", content.EQUATIONS, ids=lambda e: f"E{e.number}")
each_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


# --- Equations


@each_equation
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_symbol_lights_something_that_is_there(equation, activation):
    """In the formula or the row of matrices, or in the lines of every column, whichever of them are shown."""
    formulas = equation.formulas()
    markup = "".join(mathml.math(formulas[name]) for name in ("", activation) if name in formulas)
    lit = set(re.findall('data-s="(.*?)"', markup)) | {entry.removesuffix(".T") for entry in equation.worked}
    in_lines = set(mathml.LATEX)
    for column in equation.columns:
        lines = source.lines(column, *equation.places(column))
        code = "".join(line.code for line in lines if line.activation in {"", activation})
        in_lines &= set(re.findall('data-s="(.*?)"', code))
    assert set(equation.symbols) <= lit | in_lines
    assert set(equation.symbols) <= content.MEANINGS.keys() & mathml.LATEX.keys()
    assert len(equation.symbols) > 1


@each_equation
def test_a_worked_row_names_quantities_and_says_what_is_done_to_them(equation):
    for entry in equation.worked:
        if re.fullmatch(r"[A-Za-z]\w*(\.T)?", entry):
            assert entry.removesuffix(".T") in (*QUANTITIES, "sigma_prime")
    assert equation.worked.count("=") <= 1
    assert bool(equation.worked) == (equation.number != 26)


def test_what_is_shown_are_the_quantities_of_the_row_with_the_result_last():
    e13, e16 = content.EQUATIONS[12], content.EQUATIONS[15]
    assert e13.shows == ("A", "dL_dY_hat", "dL_dW2")
    assert e16.shows == ("dL_dA", "dL_dH")


def test_the_anatomy_and_the_lesson_number_equations_alike():
    network = anatomy(TWO_LAYER, 2, biases=False)
    for quantity in network.all.values():
        equation = content.EQUATIONS[int(quantity.equation.removeprefix("E")) - 1]
        assert shown(of_every_step(quantity.name), TWO_LAYER) in equation.shows


def test_one_expression_grows_from_e10_to_e19():
    """A factor more where it is derived, none before, and none is lost within a layer."""
    for equation in content.EQUATIONS[9:19]:
        layer = range(10, 14) if equation.number < 14 else range(14, 20)
        expected = ["residual"]
        for name, (_, number) in FACTORS.items():
            if name != "residual" and number in layer and number <= equation.number:
                expected.append(name)
        assert list(equation.chain) == expected
    assert not any(equation.chain for equation in [*content.EQUATIONS[:9], *content.EQUATIONS[19:]])
    for name in ("weight", "slope", "input"):
        assert FACTORS[name][0] in content.EQUATIONS[18].latex


@each_equation
def test_formulas_are_well_formed_and_leave_nothing_over(equation):
    for latex in equation.formulas().values():
        formula = mathml.math(latex)
        assert not set("{}\\") & set(formula)
        for math in ElementTree.fromstring(f"<div>{formula}</div>"):
            assert math.tag == "math"


@pytest.mark.parametrize("latex", [r"\unknown", "(H", r"\frac{1}{N", r"W_1 \? 2", r"\left[ Y", r"\unknown \qquad H"])
def test_a_formula_that_cannot_be_set_is_an_error(latex):
    with pytest.raises(LookupError, match="a formula"):
        mathml.math(latex)


def marked(latex):
    return re.findall('data-s="(.*?)"', mathml.math(latex))


def test_a_symbol_is_marked_where_it_is_the_networks():
    assert marked(r"\frac{\partial L}{\partial W_2} = A^\top \frac{\partial L}{\partial \hat Y}") == [
        "dL_dW2",
        "A",
        "dL_dY_hat",
    ]
    assert marked(r"w_{1,ij} x_{ki} \sigma'(h_{kj}) \hat y_H") == ["W1", "X", "sigma_prime", "H", "Y_hat"]
    assert marked("W_t h_{H}") == ["H"]
    assert marked(r"z = f(x) \qquad W_2^\top") == ["W2"]


@pytest.mark.parametrize("form", [r"\frac{{\partial L}}{{\partial {}}}", r"\partial L/\partial {}"])
@pytest.mark.parametrize(
    ("entry", "name"), [("h_{21}", "H"), ("w_{1,21}", "W1"), (r"\hat y_2", "Y_hat"), ("W_2", "W2"), ("a", "A")]
)
def test_a_derivative_of_the_loss_is_marked_as_the_gradient(form, entry, name):
    assert marked(form.format(entry)) == [gradient(name)]


# --- Sentences


@each_text
def test_every_text_is_set_for_the_page_and_for_the_notebook(text):
    ElementTree.fromstring(f"<p>{prose(text)}</p>")
    in_markdown = re.sub(r"\$[^$]+\$", "", plain(text))
    assert not set("{}[]_^∂") & set(in_markdown)
    assert "  " not in text


@pytest.mark.parametrize(
    "text",
    [
        "The weight w_ij.",
        "It is ∂L/∂W2.",
        "A $x",
        r"\partial",
        "one * star",
        "$A$ is {A 1 0}.",
        "It is = {A 1 0}.",
        "$A$ = {B 1 0}.",
        "$A$ = {A 1}.",
        "[a](E13)",
        r"$\unknown$",
    ],
)
def test_a_sentence_that_cannot_be_set_is_an_error(text):
    with pytest.raises(LookupError):
        prose(text)


def test_a_sentence_on_the_page_and_in_the_notebook():
    text = "With $h_{21}$ = {X 1 0} · {W1 0 0} = {H 1 0}, *see* [E13](#E13) & <b>."
    page = prose(text, written=lambda name, i, j: f"{name}{i}{j}")
    assert '<math display="inline">' in page
    assert '<output class="number" aria-live="off" data-q="H" data-i="1" data-j="0">H10</output>' in page
    assert page.endswith('<em>see</em> <a href="#E13">E13</a> &amp; &lt;b&gt;.')
    assert plain(text) == "With $h_{21}$, *see* E13 & <b>."


def test_gradients_are_with_respect_to_something():
    for words in [*content.MEANINGS.values(), *(e.title for e in content.EQUATIONS)]:
        assert not re.search(r"\bby\b", words)
        assert "gradient" not in words or "gradient of the loss with respect to" in words
    for text in TEXTS.values():
        assert not re.search(r"(loss|gradient|derivative|Jacobian)s? by ", text)


@each_equation
def test_a_question_stands_before_its_answer(equation):
    assert "?" in equation.asks
    assert equation.says
    assert equation.notes


@cache
def at_the_start(activation):
    """{quantity: array} of the page's first network."""
    case = make_case("xor", activation, 0.1, 1, 3, range(6, 7))
    X, Y, W1, W2 = case.cast("float64")
    T = numpy_impl.trace(X, Y, W1[0], W2[0], activation)
    _, slope = numpy_impl.ACTIVATIONS[activation]
    return {"X": X, "Y": Y, "W1": W1[0], "W2": W2[0], "sigma_prime": slope(T.A)} | T.named()


def entry_of(latex):
    """(quantity, row, column) that "h_{21}" or "\\partial L/\\partial w_{2,1}" stands for."""
    quantity = re.findall('data-s="(.*?)"', mathml.inline(latex))[0]
    row, column = f"{re.sub('[^0-9]', '', latex.replace('w_{1,', '').replace('w_{2,', ''))}11"[:2]
    return quantity, int(row) - 1, int(column) - 1


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_a_sentence_works_out_is_so(activation):
    """Its sums are right, and what stands last is the number of the symbol that stands first."""
    values, sums = at_the_start(activation), 0
    number = lambda match: f"float(np.atleast_2d(values['{match[1]}'])[{match[2]}, {match[3]}])"
    for text in TEXTS.values():
        for run in LIVE.finditer(text):
            latex = text[: run.start()].split("$")[-2]
            *parts, last = run[0].removeprefix(" = ").split(" = ")
            name, i, j = re.fullmatch(r"\{(\w+) (\d+) (\d+)\}", last).groups()
            assert (name, int(i), int(j)) == entry_of(latex)
            for part in parts:
                code = re.sub(r"\{(\w+) (\d+) (\d+)\}", number, part).replace("·", "*").replace("−", "-")
                expected = np.atleast_2d(values[name])[int(i), int(j)]
                assert np.isclose(eval(code, {"np": np, "values": values}), expected, rtol=1e-12, atol=1e-15)
                sums += 1
    assert sums > 8


# --- What can be tried


@pytest.mark.parametrize("setup", SETUPS, ids=str)
def test_what_is_set_up_can_be(setup):
    assert setup.keys() == live().keys()
    assert setup["activation"] in ACTIVATIONS
    assert setup["seed"] in range(10)
    assert setup["width"] in range(2, 9)
    assert 0.01 <= setup["lr"] <= 10
    assert setup["data"] in {"xor", "xnor", "and"}
    assert not setup["mistake"] or setup["mistake"] in MISTAKES


@pytest.mark.parametrize("place", dict.fromkeys(PLACES))
def test_a_link_leads_to_an_equation_and_what_can_be_chosen_there(place):
    equation, *chosen = place.removeprefix("#").split("&")
    assert re.fullmatch("optimizers|E([1-9]|1[0-9]|2[0-6])", equation)
    for name, value in parse_qsl("&".join(chosen), strict_parsing=bool(chosen)):
        if name == "mistake":
            assert MISTAKES[value].equation == equation
        else:
            choices = {"activation": ACTIVATIONS, "seed": [*map(str, SEEDS)], "step": [*map(str, range(10_001))]}
            assert value in choices[name]


def test_five_questions_and_seven_exercises_have_something_to_do():
    assert len(content.FIVE) == 5
    assert len(EXERCISES) == 7
    for exercise in EXERCISES:
        assert len(exercise.tasks) in range(2, 5)


def ends(module=numpy_impl, **choices):
    """Losses of 10,000 steps and the last predictions of a network that is set up like this."""
    setup = live(**choices)
    seeds = range(setup["seed"], setup["seed"] + 1)
    case = make_case("xor", setup["activation"], setup["lr"], 1, setup["width"], seeds)
    X, Y, W1, W2 = case.cast("float64")
    Y = {"xor": Y, "xnor": 1 - Y, "and": X[:, :1] * X[:, 1:]}[setup["data"]]
    with np.errstate(all="ignore"):
        W1s, W2s, losses = module.train(X, Y, W1[0], W2[0], setup["lr"], 10_000, setup["activation"])
    *_, Y_hat = numpy_impl.forward(X, W1s[-1], W2s[-1], setup["activation"])
    return losses, Y_hat.ravel()


def with_mistake(name):
    return planted.changed("numpy", *find(name).planted["numpy"])


def test_without_a_bend_xor_is_not_learnt():
    losses, Y_hat = ends(activation="identity")
    assert np.allclose(Y_hat, [0, 1 / 3, 1 / 3, 2 / 3])
    assert np.isclose(losses[-1], 1 / 6)


@pytest.mark.parametrize(("seed", "last"), [(6, 0), (7, 1 / 8), (8, 1 / 4)])
def test_relu_learns_gets_stuck_and_dies(seed, last):
    losses, _ = ends(activation="relu", seed=seed)
    assert np.isclose(losses[-1], last, atol=1e-6)
    assert (np.ptp(losses) == 0) == (seed == 8)


def test_without_the_slope_the_loss_falls_and_then_stays():
    losses, _ = ends(with_mistake("slope missing"))
    assert losses[0] > 0.7
    assert losses[100] < 0.15
    assert losses[100:].min() > 0.1


def test_without_1_n_it_goes_on_as_with_n_times_the_rate():
    losses, _ = ends(with_mistake("1/N missing"))
    assert np.allclose(losses, ends(lr=0.4)[0])


def test_with_w2_first_it_learns_all_the_same():
    losses, _ = ends(with_mistake("W2 updated before W1's gradient"))
    right, _ = ends()
    assert max(losses[-1], right[-1]) < 1e-4
    assert (losses[1:] != right[1:]).all()


def test_rates_up_to_too_large_a_one():
    slow, quick, wild = (ends(lr=lr)[0] for lr in (0.1, 1, 10))
    below = lambda losses: np.flatnonzero(losses < 0.01)[0]
    assert 5 * below(quick) < below(slow)
    assert wild.min() > 0.1


def test_without_biases_tanh_never_moves_the_prediction_for_0_0():
    losses, Y_hat = ends(activation="tanh", data="xnor")
    assert Y_hat[0] == 0
    assert losses[-1] > 0.12
    assert ends(activation="tanh")[1][0] == 0


def test_and_is_learnt_with_one_straight_line_or_without():
    assert np.allclose(ends(data="and")[1].round(), [0, 0, 0, 1])
    assert np.allclose(ends(activation="identity", data="and")[1].round(), [0, 0, 0, 1])
