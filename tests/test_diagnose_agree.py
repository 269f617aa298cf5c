"""A rejected column gets the name of its mistake, where the numbers show it, with few questions."""

import numpy as np
import pytest

from fourfold.compare.agreement import diagnose
from fourfold.compare.agreement.suite import agreement
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import make_case
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.errors import ColumnError
from fourfold.compare.mistakes import evidence, planted, trials
from fourfold.compare.mistakes.catalogue import find
from fourfold.compare.mistakes.constants import constant
from fourfold.compare.results import words
from fourfold.compare.results.result import Rejection
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import each_column

RECIPES = suites.by_name(*suites.TABLE, *suites.DEEP, *trials.LONG)
XOR = make_case("xor", "sigmoid", 0.1, 20, 3, range(2))


class Examiner:
    """Answers as a module does, and counts; what it gives is changed by {call: function of the answer}."""

    name = "planted"

    def __init__(self, module, **changed):
        self._column, self._changed, self.asked = InProcess("planted", module), changed, []

    def ask(self, question):
        self.asked.append((question.call, question.activations, question.X.shape, question.parameters["W1"].shape))
        change = self._changed.get(question.call, lambda answer: answer)
        with np.errstate(all="ignore"):
            return change(self._column.ask(question))


def fails(answer):
    raise ColumnError("broken down")


def rejection(case, dtype="float64", step=0, seed=0):
    return Rejection(column="planted", case=case.name, dtype=dtype, step=step, seed=seed, quantity="W2")


def diagnosed(name, column="numpy", dtype="float64", step=0):
    """(names, words) on a planted column that was rejected on the case that its mistake shows on."""
    case = suites.build(RECIPES[find(name).case])
    return diagnose.diagnosis(Examiner(planted.load(column, name)), case, rejection(case, dtype, step))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("momentum", "Training goes wrong in W2 and W1"),
        ("gradients not zeroed", "Training goes wrong in W2 and W1"),
        ("weight decay", "1e-4 * W1"),
        (
            "mean over all elements",
            "L and dL_dY_hat are wrong. Either something they share is wrong, L (E5: 1/(2N) Σ R²), or there is more",
        ),
        ("slope missing", "First wrong: dL_dH (E16: dL_dA ∘ σ'(H))."),
        ("float32 leak in the product", "Y_hat has float32 inside."),
        ("bfloat16 inside a product", "H has bfloat16 inside."),
        ("sigmoid by tanh", "keeps them    "),
        ("not a number hidden", "R is finite where the right value is not."),
        ("momentum in every layer", "Training goes wrong in W3"),
        ("bias gradient averaged", "dL_db3 is 1/N times what it should be."),
        ("W2's gradient a row", "dL_dW2 is transposed."),
    ],
)
def test_a_mistake_is_named(name, said):
    names, text = diagnosed(name)
    assert name in names
    assert f"The mistake: {name}." in text
    assert said in text


@pytest.mark.parametrize(
    ("name", "said"),
    [("TF32 inside the products", "H has TF32 or float16 inside."), ("half precision in W1's gradient", "float16")],
)
def test_narrower_numbers_in_a_float32_column_too(name, said):
    assert said in diagnosed(name, dtype="float32")[1]


@pytest.mark.parametrize("name", ["loss averaged over the seeds", "mean over the seeds differentiated"])
def test_what_only_shows_beside_other_seeds_is_asked_beside_them(name):
    assert diagnosed(name)[0] == [name]


@pytest.mark.parametrize("column", each_column(("torch",)))
@pytest.mark.parametrize("name", ["momentum", "weight decay", "gradients not zeroed", "mean over all elements"])
def test_frameworks_own_mistakes_are_named(column, name):
    assert name in diagnosed(name, column)[0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("momentum", "0.9", "0.5", "momentum, of 0.5"),
        ("momentum", "0.9", "0.99", "momentum, of 0.99"),
        ("Nesterov's momentum", "0.9", "0.75", "Nesterov's momentum, of 0.75"),
        ("momentum with dampening", "0.9 * state[k] + 0.1", "0.8 * state[k] + 0.2", "momentum with dampening, of 0.8"),
        (
            "momentum as an average of the gradients",
            "0.9 * state[k] + 0.1",
            "0.8 * state[k] + 0.2",
            "momentum as an average of the gradients, of 0.8",
        ),
        ("weight decay", "1e-4", "5e-3", "weight decay, of 0.005"),
    ],
)
def test_a_mistake_of_another_constant_is_named_with_it(name, old, new, said, dtype):
    texts = [text.replace(old, new) if n % 2 else text for n, text in enumerate(find(name).planted["numpy"])]
    case = suites.build(RECIPES[find(name).case])
    module = planted.changed("numpy", *texts)
    names, text = diagnose.diagnosis(Examiner(module), case, rejection(case, dtype))
    assert names == [name]
    assert text.startswith(f"The mistake: {said}.\n")


def test_momentum_in_an_optimiser_whose_rate_is_a_float32_is_named_with_it():
    """As Keras has it, in float64."""
    texts = find("momentum").planted["numpy"]
    module = planted.changed("numpy", *texts, "W - lr * d", "W - float(np.float32(lr)) * d")
    case = suites.build(RECIPES["asymmetric-sigmoid"])
    names, text = diagnose.diagnosis(Examiner(module), case, rejection(case))
    assert names == ["momentum", "rate in float32"]
    assert text.startswith("The mistake: momentum, of 0.9, and rate in float32.\n")


@pytest.mark.parametrize("name", ["rate in float32", "epsilon beside the gradient", "gradients of two steps gathered"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_other_mistakes_in_training_are_no_momentum_of_some_constant(name, dtype):
    case = suites.build(RECIPES[find(name).case])
    observed = diagnose._runs(Examiner(planted.load("numpy", name)), case, rejection(case, dtype))
    assert constant([*map(evidence.view, observed)]) is None


def test_a_run_that_no_constant_explains_has_none():
    """Momentum of two constants; and a right step with noise of a few digits."""
    two = "(0.5 if k else 0.7) * state[k] + g"
    texts = [text.replace("0.9 * state[k] + g", two) for text in find("momentum").planted["numpy"]]
    for module in (planted.changed("numpy", *texts), planted.load("numpy", "noise in the weights")):
        case = suites.build(RECIPES["asymmetric-sigmoid"])
        assert "of 0." not in diagnose.diagnosis(Examiner(module), case, rejection(case))[1]


def test_the_mistake_that_comes_nearest_is_said_to_be_no_more():
    """bfloat16 in the first product alone, and on its way back."""
    module = planted.changed("numpy", *find("every product in bfloat16").planted["numpy"][:2])
    case = suites.build(RECIPES["asymmetric-sigmoid"])
    names, text = diagnose.diagnosis(Examiner(module), case, rejection(case))
    assert names == []
    assert "H has bfloat16 inside." in text
    assert "No known mistake gives all these numbers. Nearest: every product in bfloat16" in text
    assert "which gives the same H and A, but another Y_hat, R, L, " in text


def test_what_only_a_long_run_shows_is_asked_of_the_run_that_was_rejected():
    names, text = diagnosed("rate divided by ten after 1,000 steps", step=1_000)
    assert names == ["rate divided by ten after 1,000 steps"]
    assert "\nTraining goes wrong in W2 and W1" in text
    assert diagnosed("rate divided by ten after 1,000 steps", step=3)[0] == []


def test_few_questions_are_asked_and_networks_of_one_shape_together():
    examiner = Examiner(numpy_impl)
    assert diagnose.diagnosis(examiner, XOR, rejection(XOR)) == ([], "")
    traces = [shapes for call, *shapes in examiner.asked if call == "trace"]
    assert len(traces) == len({str(shapes) for shapes in traces}) <= 6
    assert [call for call, *_ in examiner.asked if call != "trace"] == ["trajectory"] * 3


def test_a_long_or_a_large_run_is_not_made_again():
    long = XOR._replace(steps=100_000)
    for case, step in ((long, 5_000), (long, 1_980), (suites.build(RECIPES["large"])._replace(steps=500), 400)):
        examiner = Examiner(numpy_impl)
        assert diagnose.diagnosis(examiner, case, rejection(case, step=step)) == ([], "")
        assert [call for call, *_ in examiner.asked].count("trajectory") == 2


def test_data_that_are_too_large_for_all_mistakes_are_not_asked():
    case = XOR._replace(X=np.tile(XOR.X, (20_000, 1)), Y=np.tile(XOR.Y, (20_000, 1)))
    examiner = Examiner(numpy_impl)
    assert diagnose.diagnosis(examiner, case, rejection(case)) == ([], "")
    assert not any(shape[0] > 7 for _, _, shape, _ in examiner.asked)


def each(change):
    return lambda answer: {name: change(Z) for name, Z in answer.items()}


@pytest.mark.parametrize(
    ("changed", "shows"),
    [
        ({"trace": fails, "trajectory": fails}, False),
        ({"trace": lambda answer: {}}, False),
        ({"trace": each(lambda Z: np.float64(1))}, True),
        ({"trace": each(lambda Z: Z[..., :0])}, True),
        ({"trace": each(lambda Z: Z.astype(int))}, True),
        ({"trace": each(lambda Z: Z * np.inf)}, True),
        ({"trajectory": each(lambda Z: Z[:1])}, True),
        ({"trajectory": each(lambda Z: np.float64(1))}, True),
        ({"trajectory": each(lambda Z: Z * np.nan)}, True),
    ],
)
def test_whatever_a_column_gives_nothing_is_raised(changed, shows):
    names, text = diagnose.diagnosis(Examiner(numpy_impl, **changed), XOR, rejection(XOR, seed=None))
    assert names == []
    assert bool(text) == shows


def test_agree_names_the_mistake():
    module = planted.module_name("numpy", "momentum")
    result, _ = agreement([module], [XOR], ["float64"], 60, "")
    (first,) = result.rejections
    assert first.mistakes == ["momentum"]
    text = words.rejection(first)
    assert "    Training goes wrong in W2 and W1: look at the update (E23: W - lr dL_dW) and the loop around it" in text
    assert "    The mistake: momentum." in text
