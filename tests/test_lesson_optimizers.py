"""The lesson's section on optimisers: its equations, their lines, its numbers, its table."""

import html
import re
from fractions import Fraction

import numpy as np
import pytest
from markupsafe import escape

from fourfold import impls
from fourfold.compare.cases.case import make_case
from fourfold.compare.judge import updates
from fourfold.compare.lesson import numbers, optimizers
from fourfold.compare.lesson.examinee import Examinee
from fourfold.compare.results.optimizer_table import conventions_table
from fourfold.reports.lesson import mathml, page, source
from fourfold.reports.lesson import numbers as packing
from fourfold.reports.lesson import optimizers as section
from fourfold.reports.lesson.equations.optimizers import UPDATES
from fourfold.reports.lesson.prose import prose
from tests.conftest import each_column
from tests.lessons import InProcess, small

XOR = make_case("xor", "sigmoid", 0.1, 10, 3, range(6, 8))
each = pytest.mark.parametrize("name", each_column(tuple(impls.FRAMEWORKS)))


@pytest.fixture(scope="module")
def text():
    return page.render(small()).decode()


def test_the_equations_are_u1_to_u11_in_order():
    spans = [re.findall(r"\d+", equations.numbers) for equations in UPDATES]
    for (start, *_), equations in zip(spans, UPDATES, strict=True):
        assert equations.place == f"U{start}"
    assert [int(span[0]) for span in spans[1:]] == [int(span[-1]) + 1 for span in spans[:-1]]
    assert (spans[0][0], spans[-1][-1]) == ("1", "11")


@pytest.mark.parametrize("equations", UPDATES, ids=lambda equations: equations.place)
def test_what_is_said_can_be_set(equations):
    assert prose(equations.says)
    for latex in equations.latex:
        assert "<math" in mathml.math(latex)
        assert "sqrt" not in latex  # the page's font has no root, and it would be left out


@each
@pytest.mark.parametrize("equations", UPDATES, ids=lambda equations: equations.place)
def test_the_lines_are_those_that_carry_these_numbers(equations, name):
    """By hand a line each; of a framework the call that is all of them."""
    places = equations.lines.get(name) or equations.lines["*"]
    lines = source.lines(name, *places, row="optimizers")
    file = impls.path_of(name, "optimizers").read_text(encoding="utf-8").splitlines()
    commented = "\n".join(file[line.number - 1] for line in lines)
    written = {int(number) for number in re.findall(r"U(\d+)", commented)}
    for first, last in re.findall(r"U(\d+)-U?(\d+)", commented):
        written |= {*range(int(first), int(last) + 1)}
    start, *_, end = [*map(int, re.findall(r"\d+", equations.numbers))] * 2
    assert written & {*range(start, end + 1)}, commented
    if name == "numpy":
        assert {*range(start, end + 1)} <= written
    file = source.text(name, "optimizers").splitlines()
    for line in lines:
        assert html.unescape(line.code.striptags()) in " ".join(file[line.number - 1].split())


def test_a_case_that_is_not_named_is_what_is_left_over():
    (line,) = source.lines("tf", "optimizer case:adamw", row="optimizers")
    assert "Adam" in line.code
    (line,) = source.lines("torch", "optimizer case:nesterov", row="optimizers")
    assert "SGD" in line.code
    with pytest.raises(LookupError):
        source.lines("torch", "train case:adam", row="optimizers")


@pytest.fixture(scope="module", params=each_column(tuple(impls.FRAMEWORKS)))
def first_steps(request):
    """{rule: FirstSteps} of every column."""
    with np.errstate(all="ignore"):
        yield optimizers.observe(Examinee(request.param, InProcess()), XOR)
    if request.param == "tf":
        import tensorflow as tf

        tf.config.run_functions_eagerly(False)  # in this process others are tested too


def test_two_steps_of_every_rule_are_certified(first_steps):
    assert [*first_steps] == [*updates.RULES]
    for steps in first_steps.values():
        assert steps.values.shape == (2, 3, 1)
        assert re.fullmatch(r"✓ \d+%", steps.verdict)
        assert steps.rejected == 0
        assert steps.certified >= 2 * (1 + 9)


def test_two_steps_of_descent_are_those_of_the_lesson(first_steps):
    column = impls.load("numpy")
    _, W2, _ = column.train(XOR.X, XOR.Y, XOR.W1[0], XOR.W2[0], 0.1, 2, "sigmoid")
    assert np.allclose(first_steps["sgd"].values, W2, rtol=1e-14)


def test_a_wrong_optimizer_is_wrong(monkeypatch):
    column = impls.load("numpy", "optimizers")
    monkeypatch.setitem(column.RULES, "momentum", lambda w, g, state, t, lr, momentum: (w - lr * g, (g,)))
    steps = optimizers.observe(Examinee("numpy", InProcess()), XOR)["momentum"]
    assert steps.verdict == "✗ wrong"
    assert steps.rejected > 0


def test_the_page_has_every_number_and_the_whole_table(text):
    lesson = small()
    assert [*lesson.by_rule] == [*updates.RULES]
    for by_column in lesson.by_rule.values():
        assert [*by_column] == [name for name in lesson.columns if name in impls.FRAMEWORKS]
    plain = re.sub("</?b>", "", text)
    for settings, entries in section.numbers(lesson):
        assert f'<th scope="row">{escape(settings)}</th>' in text
        for alike, own, verdict in entries.values():
            assert alike + own in plain
            assert verdict in text
    for line in conventions_table()[1]:
        for cell in line:
            assert f">{escape(cell)}<" in text


def test_digits_are_those_of_the_number_and_bold_where_they_differ():
    first, other = (optimizers.FirstSteps("adam", np.array([[[x]]]), "✓ 1%", 1, 0) for x in (-0.125, -0.1875))
    ((_, entries),) = section.numbers(small()._replace(by_rule={"adam": {"numpy": first, "tf": other}}))
    assert entries == {"numpy": ("−0.125", "", "✓ 1%"), "tf": ("−0.1", "875", "✓ 1%")}


def test_the_numbers_are_in_the_file_too():
    lesson = small()
    shown = numbers_of(packing.as_json(lesson))
    for rule, by_column in lesson.by_rule.items():
        assert shown[rule]["W2"].keys() == by_column.keys()
        for column, steps in by_column.items():
            given = np.array(shown[rule]["W2"][column], dtype=object).ravel()
            assert [Fraction(float(x)) for x in given] == [Fraction(float(x)) for x in steps.values.ravel()]


def numbers_of(content):
    import msgspec

    return msgspec.json.decode(content)["by_rule"]


def test_they_are_counted():
    """Of the page's count, what they add is theirs."""
    lesson = small()
    own = 0
    for by_column in lesson.by_rule.values():
        own += sum(steps.certified for steps in by_column.values())
    assert 0 < own < lesson.certified
    assert numbers.recorded(lesson.steps[-1], 9) == lesson.steps


def test_without_a_column_of_this_row_there_are_no_numbers():
    lesson = small()._replace(by_rule={}, columns=["numpy-loop"])
    assert section.columns(lesson) == []
    assert section.numbers(lesson) == []
