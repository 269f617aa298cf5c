"""Columns of strangers, through the frameworks' own front doors: an optimiser of their own is judged as it is."""

import pytest

from fourfold.compare.agreement import suite
from fourfold.compare.cases import update
from fourfold.compare.cases.case import make_case
from fourfold.compare.columns import workers
from fourfold.compare.results.convention_words import conventions
from tests.conftest import each_column
from tests.lessons import in_process

STEPS = 6
# (framework, module, what it is, the choices that are found, the same with other settings)
DOORS = [
    ("torch", "torch_optimizers", "adam", {"eps-at": "after", "numbers": "exact"}, "adam,eps=1e-3"),
    ("torch", "torch_momentum", "momentum", {"numbers": "exact"}, "momentum,momentum=0.8"),
    ("torch", "torch_adamw", "adamw", {"eps-at": "after", "decay-by": "rate"}, "adamw,decay=0.02"),
    ("jax", "optax_adam", "adam", {"eps-at": "after", "numbers": "exact"}, "adam,beta1=0.999,beta2=0.9"),
    ("tf", "keras_adam", "adam,eps=1e-7", {"eps-at": "before", "numbers": "powers"}, "adam,eps=1e-7,eps-at=after"),
]
GROUPS = {param.values[0]: param.marks for param in each_column(("torch", "jax", "tf"))}
each_door = pytest.mark.parametrize(
    ("module", "by", "choices", "other"),
    [pytest.param(*door, marks=GROUPS[framework], id=door[0]) for framework, *door in DOORS],
)


def judged(monkeypatch, module, by):
    """The Result of a module of tests/columns, asked in this process by an optimiser."""
    monkeypatch.setattr(workers, "open_pool", lambda *_: in_process(600))
    rule, _ = update.parse(by)
    (case,) = update.by_update([make_case("xor", "sigmoid", 0.01, STEPS, 3, range(1))], rule)
    result, _ = suite.agreement([f"tests.columns.{module}"], [case], ["float64"], 600, "", keep=False)
    return result


@each_door
def test_an_optimizer_of_somebody_s_own_agrees_and_its_convention_is_named(monkeypatch, module, by, choices, other):
    result = judged(monkeypatch, module, by)
    (column,) = result.columns
    assert column.verdict == "agrees", column.reason or result.rejections
    allowed = {one.point: one.choices for one in result.conventions}
    for point, choice in choices.items():
        assert allowed[point] == [choice]


@each_door
def test_asked_for_another_setting_it_disagrees(monkeypatch, module, by, choices, other):
    result = judged(monkeypatch, module, other)
    (column,) = result.columns
    assert column.verdict == "disagrees"
    assert result.rejections[0].quantity == "W2"  # the first that is updated
    if "eps-at" in other:
        assert "eps-at before" in result.rejections[0].diagnosis


@pytest.mark.parametrize("module", [pytest.param("keras_adam", marks=GROUPS["tf"])])
def test_that_keras_rounds_to_float32_is_said(monkeypatch, module):
    sentences = conventions(judged(monkeypatch, module, "adam,eps=1e-7"))
    assert any("βᵗ is that of β in float32" in sentence for sentence in sentences)
    assert any("√(1 - β₂ᵗ) / (1 - β₁ᵗ) m / (√v + ε)" in sentence for sentence in sentences)
