"""What the notebook's cells call, without a notebook."""

from types import SimpleNamespace

import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.errors import UsageError
from fourfold.compare.lesson import classroom, wording
from fourfold.impls.model import Trace
from fourfold.reports.lesson import drawings
from tests.lessons import MODULES


@pytest.fixture(scope="module")
def lesson():
    return classroom.Classroom(["numpy"], 6, 300, 0.1)


def test_a_framework_that_is_missing_is_left_out_in_one_sentence(monkeypatch, capsys):
    def load(name):
        if name == "jax":
            raise ImportError(name)
        return MODULES[name]

    monkeypatch.setattr(impls, "load", load)
    room = classroom.Classroom(["jax", "torch"], 6, 10, 0.1)
    assert capsys.readouterr().out == "Not installed, left out: jax.\n"
    assert [*room.columns] == ["torch"]
    assert [*classroom.Classroom(["jax"], 6, 10, 0.1).columns] == ["numpy"]


@pytest.mark.parametrize("quantity", Trace._fields)
def test_a_number_that_is_pointed_at_is_the_sum_that_is_written_out(lesson, capsys, quantity):
    lesson.point(quantity)
    _, sum_of = capsys.readouterr().out.strip().split("\n")
    terms, result = sum_of.replace("−", "-").replace("·", "*").replace("²", "**2").split(" = ")
    sigma = lambda h: 1 / (1 + np.exp(-h))
    assert eval(terms.replace("σ", "sigma"), {"sigma": sigma}) == pytest.approx(float(result), abs=2e-3)
    assert float(result) == pytest.approx(np.ravel(getattr(lesson.trace, quantity))[0], abs=1e-4)


@pytest.mark.parametrize(("quantity", "row"), [("X", 1), ("nothing", 1), ("H", 0), ("H", 5)])
def test_there_is_nothing_to_point_at(lesson, quantity, row):
    with pytest.raises(UsageError):
        lesson.point(quantity, row)


def test_digits_that_differ_are_shown():
    judged = lambda *Z: SimpleNamespace(value=np.array([Z]), wrong=np.array([False]), ratio=np.array([0.5]))
    columns = {"numpy": judged(0.125, 1.0), "torch": judged(0.125, 1.0)}
    assert wording.marks(columns) == " numpy ✓ 50%   torch ✓ 50%"
    columns["jax"] = judged(0.125, 1.0000000000000002)
    assert wording.marks(columns).endswith(
        "1 of 2 numbers differ in the last digits: row 1, column 2: 1.…0 numpy, torch  …0000000000000002 jax"
    )
    columns["jax"] = judged(0.12, 1.0)
    assert wording.marks(columns).endswith("0.1…25 numpy, torch  …2 jax")


def test_a_run_says_what_came_of_it(lesson):
    run = lesson.train(activation="relu", seed=8)
    assert repr(run) == (
        "relu, λ = 0.1, seed 8: loss 0.2500 → 0.25\n"
        "  predictions 0.000  0.000  0.000  0.000: not all on the right side of ½"
    )
    assert "not a number any more" in repr(lesson.train(mistake="slope of H, not of A", lr=10))
    trained = lesson.train(activation="relu")
    since = trained.all_right_from()
    right = (trained.predictions() > 0.5) == (trained.case.Y[:, 0] > 0.5)
    assert right[since:].all()
    assert not right[since - 1].all()
    assert trained.losses()[-1] == pytest.approx(np.sum((trained.predictions()[-1] - trained.case.Y[:, 0]) ** 2) / 8)


@pytest.mark.parametrize(("present", "moments"), [(False, 0), (True, 2)])
def test_a_slider_moves_through_training_where_there_is_one(lesson, monkeypatch, present, moments):
    """The static picture is there in any case."""
    plt = drawings.plt
    figures, drawn = [], []
    monkeypatch.setattr(plt, "show", lambda: figures.append(plt.gcf()))
    monkeypatch.setattr(drawings, "_moment", lambda run, step, draw=drawings._moment: drawn.append(draw(run, step)))

    def interact(f, step):
        f(step.options[0])
        f(step.options[-1])
        return f

    widgets = SimpleNamespace(SelectionSlider=lambda options, description: SimpleNamespace(options=options))
    widgets.interact = interact
    monkeypatch.setattr(drawings, "find_spec", lambda name: present)
    monkeypatch.setattr(drawings, "import_module", lambda name: {"ipywidgets": widgets}[name])
    run = lesson.train()
    drawings.training(run)
    assert len(figures) == 1 + moments
    assert len(figures[0].axes) == drawings.PICTURES
    for figure, step in zip(figures[1:], (0, 300), strict=False):
        assert f"step {step:,}: loss {run.losses()[step]:.3g}" in figure.axes[0].get_title()
    plt.close("all")
