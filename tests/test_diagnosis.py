"""Wrong numbers are led back to what may be wrong first, and to the mistake that made them, and to no other."""

import inspect
import random
import re

import numpy as np
import pytest

from fourfold.compare.judge.quantities import (
    DEEP,
    FORMULAS,
    TWO_LAYER,
    anatomy,
    formula,
    internal,
    is_of_every_step,
    shown,
)
from fourfold.compare.mistakes import evidence, planted
from fourfold.compare.mistakes.catalogue import find, of_row
from fourfold.compare.mistakes.diagnosis import diagnose, show_diagnosis
from fourfold.compare.mistakes.evidence import Observation, points
from fourfold.compare.mistakes.suspects import suspects
from fourfold.impls import model
from fourfold.impls.two_layer import numpy_impl

POINTS = list(points())
# Where ReLU is 0 there is nothing in A to see an error by
SMOOTH = [point for point in POINTS if point[0].activation != "relu"]
EVALUATION = [m for m in of_row("two_layer") if "numpy" in m.planted and not is_of_every_step(m.quantity)]
# Their errors are no rounding, wherever they show
LARGE = [m for m in EVALUATION if not m.loses_digits and "1e-12" not in m.name]
GRADIENTS = ("L", "dL_dW2", "dL_dW1")
TRACE = tuple(shown(name, "two_layer") for name in anatomy("two_layer", 2, biases=False).trace)
# Right to the last digit in gradients, or wrong only beside other seeds
HIDDEN = {"loss averaged over the seeds", "mean over the seeds differentiated"}
HIDDEN |= {"TF32 inside the products", "TF32 inside the products, rounded to nearest"}
HIDDEN |= {"ReLU written over h", "ReLU written over h, and differentiated so"}


def observe(column, steps=0, number=np.float64, show=GRADIENTS, change=lambda T: T, where=POINTS):
    """What a module gives at every point where it does not raise; `number` is what it computes in."""
    found = []
    for p, (W1, W2) in where:
        data = [np.array(Z, number) for Z in (p.X, p.Y, W1, W2)]
        with np.errstate(all="ignore"):
            try:
                T = change(column.trace(*data, p.activation))
                path = column.train(*data, p.lr, steps, p.activation) if steps else None
            except ValueError:
                continue
        found.append(Observation(p, (W1, W2), {q: np.asarray(getattr(T, q), p.dtype) for q in show}, path))
    return found


def names(found):
    return [{m.name for m in mistakes} for mistakes in found.candidates]


def pair(one, other):
    return planted.changed("numpy", *(text for name in (one, other) for text in find(name).planted["numpy"]))


@pytest.mark.parametrize("mistake", EVALUATION, ids=lambda m: m.slug)
def test_a_mistake_is_named_from_loss_and_gradients_alone(mistake):
    """The target rounds otherwise than the planted column: it computes in long double."""
    number = np.float64 if mistake.name == "forward difference" else np.longdouble
    found = diagnose(observe(planted.load("numpy", mistake.name), number=number))
    if found.quantity is None:
        assert mistake.loses_digits or mistake.name in HIDDEN or mistake.case not in evidence.CASES["two_layer"]
    else:
        assert (mistake,) in found.candidates
        assert len(found.candidates) <= 2
        if len(found.candidates) == 1:
            assert found.quantity == mistake.quantity


def test_the_first_wrong_quantity_is_accused_and_nothing_that_is_right():
    """Of every mistake, and of pairs of them, whatever is shown."""
    dice, tried = random.Random(7), 0
    single = [planted.load("numpy", mistake.name) for mistake in LARGE]
    modules = [*single]
    while len(modules) < 1.5 * len(single):
        try:
            modules.append(pair(*(mistake.name for mistake in dice.sample(LARGE, 2))))
        except ValueError:  # in the same line
            continue
    for module in modules:
        whole = [*map(evidence.view, observe(module, show=TRACE, where=SMOOTH))]
        for _ in range(4 if whole else 0):
            show = {internal(name, "two_layer") for name in dice.sample(TRACE, dice.randint(1, 6))}
            views = []
            for view in whole:
                values = {name: view.values[name] for name in view.values if name in show}
                views.append(view._replace(values=values, wrong=view.wrong & show))
            tried += accused_with_care(views, whole)
    assert tried > 500


def accused_with_care(views, whole):
    """Whether there was anything to accuse."""
    network, wrong = views[0].network, set().union(*(view.wrong for view in views))
    if not wrong:
        return False
    right = set().union(*(view.values for view in views)) - wrong
    truth = set().union(*(view.wrong for view in whole))
    on_the_way = set().union(wrong, *(network.behind(name) for name in wrong))
    with np.errstate(all="ignore"):
        accused = suspects(views)
    assert network.first(truth & on_the_way) in accused.all
    cleared = set().union(*(network.behind(name) for name in right - {"L"}))
    cleared |= network.behind("L") - {"R"} if "L" in right else set()
    assert not accused.all & (right | cleared)
    assert all(set(accused.common) <= {*causes, "L"} for causes in accused.apart)
    return True


def test_two_gradients_may_each_be_wrong_by_itself():
    """1/N missing in both is 1/N missing in what they have in common: the numbers cannot tell."""
    text = show_diagnosis(diagnose(observe(planted.load("numpy", "1/N missing"))), hint=True)
    assert text == (
        "Both gradients are wrong. Either their common factor is wrong, dL_dY_hat (E10: R / N), "
        "or there is more than one mistake."
    )
    turned = show_diagnosis(diagnose(observe(planted.load("numpy", "sign of the residual"))), hint=True)
    assert turned == (
        "Both gradients are wrong. Either something they share is wrong, R (E4: Y_hat - Y) or dL_dY_hat (E10: R / N), "
        "or there is more than one mistake."
    )
    odd = observe(numpy_impl, change=lambda T: T._replace(dL_dW2=3 * T.dL_dW2, dL_dW1=1.2345 * T.dL_dW1))
    assert show_diagnosis(diagnose(odd), hint=True) == (
        "Both gradients are wrong, for more than one reason: dL_dY_hat (E10: R / N) or dL_dW2 (E13: Aᵀ dL_dY_hat); "
        "dL_dY_hat (E10), dL_dA (E15: dL_dY_hat W2ᵀ), dL_dH (E16: dL_dA ∘ σ'(H)) or dL_dW1 (E19: Xᵀ dL_dH)."
    )


def test_a_loss_may_be_what_a_framework_differentiates():
    """Residuals that give these gradients do not give this loss; those of a wrong formula do."""
    text = show_diagnosis(diagnose(observe(planted.load("numpy", "mean over all elements"))), hint=True)
    assert text == (
        "L, dL_dW2 and dL_dW1 are wrong. Either something they share is wrong, H (E1: X W1), A (E2: σ(H)) "
        "or L (E5: 1/(2N) Σ R²), or there is more than one mistake."
    )
    reversed_targets = diagnose(observe(planted.load("numpy", "targets reversed")))
    assert {"Y_hat", "R"} < {*reversed_targets.suspects.common}


def test_an_error_in_a_row_that_is_all_zeros_does_not_show_in_w1():
    """XOR's first sample: what is wrong with it in dL_dY_hat is seen by W2's gradient alone."""
    X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([[0], [1], [1], [0.0]])
    p, rng = POINTS[0][0]._replace(X=X, Y=Y), np.random.default_rng(1)
    where = [(p, (rng.standard_normal((2, 3)), rng.standard_normal((3, 1))))]
    module = planted.changed("numpy", "dL_dY_hat = R / N", "dL_dY_hat = R / N; dL_dY_hat[0] *= 2")
    text = show_diagnosis(diagnose(observe(module, where=where)), hint=True)
    assert text == "First wrong: dL_dY_hat (E10: R / N) or dL_dW2 (E13: Aᵀ dL_dY_hat)."
    elsewhere = planted.changed("numpy", "dL_dW2 = A.mT @ dL_dY_hat", "dL_dW2 = 2 * A.mT @ dL_dY_hat")
    found = diagnose(observe(elsewhere, where=[POINTS[1]]))
    assert (found.quantity, found.suspects.all) == ("dL_dW2", {"dL_dW2"})


def test_an_error_that_rounding_hides_clears_nothing():
    """dL_dW2 is off by a few limits; dL_dW1, with its wider limits, may hide as much."""
    assert accused_of(observe(numpy_impl, change=scaled(1 + 2e-12))) == {"dL_dW2"}
    accused = set()
    for k in range(48, 40, -1):
        change = scaled(1 + 2.0**-k)
        accused = accused or accused_of(observe(numpy_impl, change=change))
    assert accused >= {"dL_dY_hat", "dL_dW2"}


def scaled(factor):
    return lambda T: T._replace(dL_dW2=T.dL_dW2 * factor)


def accused_of(observed):
    """What is accused, without a search for mistakes."""
    with np.errstate(all="ignore"):
        return suspects([*map(evidence.view, observed)]).all


@pytest.mark.parametrize(
    "change",
    [
        lambda T: T._replace(dL_dW2=T.dL_dW2.ravel(), dL_dW1=2 * T.dL_dW1),
        lambda T: T._replace(dL_dW2=np.nan * T.dL_dW2, dL_dW1=np.nan * T.dL_dW1),
    ],
)
def test_what_cannot_be_computed_with_may_have_one_cause(change):
    assert diagnose(observe(numpy_impl, change=change)).suspects.common[-1:] == ("dL_dY_hat",)


@pytest.mark.parametrize(
    "name",
    [
        "momentum",
        "Adam",
        "W2 updated before W1's gradient",
        "loss after the update",
        "rate in float32",
        "stale gradient",
        "one step short",
    ],
)
def test_a_mistake_in_training_is_named_from_the_path(name):
    observed = [one._replace(steps=8) for one in observe(planted.load("numpy", name), steps=8)]
    found = diagnose(observed)
    assert names(found) == [{name}]
    assert found.quantity == find(name).quantity or name == "one step short"


def test_training_that_is_off_is_told_from_a_quantity():
    found = diagnose(observe(planted.load("numpy", "momentum"), steps=8))
    text = show_diagnosis(found, hint=True)
    assert text == (
        "Training goes wrong in W2 and W1: look at the update (E23: W - lr dL_dW) and the loop around it (E24)."
    )
    assert found.pattern == "W2 goes wrong in training."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1/N missing", "slope twice"),
        ("tanh for sigmoid", "1/N for 1/(2N)"),
        ("H for A in W2's gradient", "sign of W1's gradient"),
        ("targets reversed", "last input's row never filled"),
    ],
)
def test_two_mistakes_together_are_named(one, other):
    assert {one, other} in names(diagnose(observe(pair(one, other))))


def test_a_mistake_in_the_gradient_and_one_in_training():
    module = pair("factor 2 left over", "loss after the update")
    found = diagnose(observe(module, steps=4))
    assert {"factor 2 left over", "loss after the update"} in names(found)


def test_two_mistakes_in_training():
    found = diagnose(observe(pair("W1 never updated", "loss rounded"), steps=4))
    assert {"W1 never updated", "loss rounded"} in names(found)
    assert found.pattern == "L goes wrong in training."


def test_two_mistakes_are_not_looked_for_in_long_runs():
    found = diagnose(observe(pair("W1 never updated", "loss rounded"), steps=40, where=POINTS[:6]))
    assert found.candidates == ()


def test_what_rounds_as_right_ones_do_is_named_bit_for_bit():
    """Off by a unit in the last place of W2, here and there: right forms are as near."""
    module = planted.load("numpy", "rate taken out of the update")
    assert {"rate taken out of the update"} in names(diagnose(observe(module, steps=30, where=POINTS[:2])))
    found = diagnose(observe(module, steps=30, number=np.longdouble, where=POINTS[:2]))
    assert {"rate taken out of the update"} not in names(found)


def test_what_is_right_is_not_diagnosed():
    found = diagnose(observe(numpy_impl, steps=4))
    assert (found.quantity, found.candidates) == (None, ())
    assert show_diagnosis(found) == "Nothing is wrong."


def test_a_mistake_nobody_knows_is_called_none_of_them():
    odd = lambda T: T._replace(dL_dW1=T.dL_dW1 * 1.2345 + 0.01)
    found = diagnose(observe(numpy_impl, change=odd))
    assert found.candidates == ()
    assert "No known mistake gives these numbers." in show_diagnosis(found)
    assert show_diagnosis(found, hint=True) == (
        "First wrong: dL_dA (E15: dL_dY_hat W2ᵀ), dL_dH (E16: dL_dA ∘ σ'(H)) or dL_dW1 (E19: Xᵀ dL_dH)."
    )


def test_a_quantity_that_is_not_shown_is_deduced():
    """Where the next one shown is right for its own wrong input only one is left."""
    T = lambda T: T._replace(dL_dH=2 * T.dL_dH, dL_dW1=2 * T.dL_dW1)
    found = diagnose(observe(numpy_impl, show=("dL_dA", "dL_dH", "dL_dW1"), change=T))
    assert show_diagnosis(found, hint=True) == "First wrong: dL_dH (E16: dL_dA ∘ σ'(H))."


def test_formulas_are_those_of_the_contracts():
    """impls/model.py has one beside every quantity, behind shape and equation."""
    for row, trace in ((TWO_LAYER, "Trace"), (DEEP, "DeepTrace")):
        text = inspect.getsource(getattr(model, trace))
        beside = re.findall(r"^    (\w+): Any  # .*\)  +(?:E[\dE, ]+)?  (\S[^,;\n]*)", text, re.MULTILINE)
        assert dict(beside) == FORMULAS[row]


def test_formulas_have_the_numbers_of_layers_and_no_bias_where_there_is_none():
    def formulas(biases):
        trace = anatomy(DEEP, 3, biases).trace
        return {name: formula(quantity, DEEP, 3, biases) for name, quantity in trace.items()}

    with_biases, without = formulas(True), formulas(False)
    assert [with_biases[name] for name in ("H1", "H2", "A2", "Y_hat")] == [
        "X W1 + b1",
        "A1 W2 + b2",
        "σ2(H2)",
        "σ3(H3)",
    ]
    assert [with_biases[name] for name in ("dL_dH3", "dL_dH1")] == ["dL_dY_hat ∘ σ3'(H3)", "dL_dA1 ∘ σ1'(H1)"]
    assert [with_biases[name] for name in ("dL_dW1", "dL_dW2", "dL_dA2")] == ["Xᵀ dL_dH1", "A1ᵀ dL_dH2", "dL_dH3 W3ᵀ"]
    assert without["H2"] == "A1 W2"


@pytest.mark.parametrize("factor", [3, -2, 1.0000001, 1 + 2.0**-24, 0.1234567890123])
def test_a_factor_is_given_with_all_digits_that_are_certain(factor):
    _, pattern = suspects_and_pattern(observe(numpy_impl, change=lambda T: T._replace(dL_dW2=factor * T.dL_dW2)))
    name, text = pattern.removesuffix(" times what it should be.").split(" is ")
    assert name == "dL_dW2"
    assert float(text) == pytest.approx(factor, rel=3e-14)
    assert len(text) <= len(repr(factor))


def test_a_factor_may_change_from_point_to_point():
    T = lambda T: T._replace(dL_dW2=T.dL_dW2 * (1 + T.L))
    _, pattern = suspects_and_pattern(observe(numpy_impl, change=T))
    assert pattern == "dL_dW2 is a multiple of what it should be, with a different factor at every point."
    _, of_one_number = suspects_and_pattern(observe(numpy_impl, change=lambda T: T._replace(L=T.L * (1.5 + T.L))))
    assert of_one_number == ""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda T: T._replace(dL_dW2=-T.dL_dW2), "dL_dW2 has the wrong sign."),
        (lambda T: T._replace(dL_dW2=T.dL_dW2.T), "dL_dW2 is transposed."),
        (lambda T: T._replace(dL_dW2=T.dL_dW2.ravel()), "dL_dW2 has the wrong shape."),
        (lambda T: T._replace(dL_dW2=0 * T.dL_dW2), "dL_dW2 is zero."),
        (lambda T: T._replace(dL_dW2=np.nan * T.dL_dW2), "dL_dW2 is not a number."),
        (lambda T: T._replace(L=T.L + 0.5), "L is too large by 0.5 everywhere."),
        (lambda T: T._replace(L=T.L - 0.25), "L is too small by 0.25 everywhere."),
        (lambda T: T._replace(dL_dW1=T.dL_dW1.astype("f4")), "dL_dW1 has float32 inside."),
        (lambda T: T._replace(dL_dW1=T.dL_dW1 + 1e-6 * T.dL_dW1**2), "dL_dW1 is right to about 5 digits."),
        (
            lambda T: T._replace(dL_dW1=T.dL_dW1 - T.dL_dH[1] * POINTS_X(T)[1][:, None]),
            "dL_dW1 leaves out sample 2.",
        ),
        (lambda T: T._replace(dL_dW1=_with(T.dL_dW1, 1, 9.0)), "dL_dW1 is wrong in row 1."),
        (lambda T: T._replace(dL_dW1=_with(T.dL_dW1, (1, 1), 9.0)), "dL_dW1 is wrong in one entry, [1, 1]."),
    ],
)
def test_what_is_odd_about_a_number(change, sentence):
    assert suspects_and_pattern(observe(numpy_impl, change=change))[1] == sentence


def POINTS_X(T):
    """The X of the point with this many samples, inputs and this H."""
    return next(p.X for p, (W1, _) in POINTS if p.X.shape[0] == len(T.H) and (p.X @ W1 == T.H).all())


def _with(Z, index, value):
    Z = Z.copy()
    Z[index] = value
    return Z


BITS = {"float32": 24, "TF32": 11, "float16": 11, "bfloat16": 8}
PRODUCTS = {
    "H": ("X", "W1"),
    "Y_hat": ("A", "W2"),
    "dL_dW2": ("A.mT", "dL_dY_hat"),
    "dL_dA": ("dL_dY_hat", "W2.mT"),
    "dL_dW1": ("X.mT", "dL_dH"),
}


def narrowed(name, form, bits):
    """The NumPy column with one line in narrow numbers: its inputs, one of them, its products, or its result."""
    a, b = PRODUCTS[name]
    wrong = {
        "inputs": f"narrow({a}) @ narrow({b})",
        "one input": f"{a} @ narrow({b})",
        "products": f"narrow(({a})[:, :, None] * ({b})).sum(axis=-2)",
        "result": f"narrow({a} @ {b})",
    }
    module = planted.changed("numpy", f"{name} = {a} @ {b}", f"{name} = {wrong[form]}")

    def narrow(Z):
        mantissa, exponent = np.frexp(Z)
        return np.ldexp(np.round(np.ldexp(mantissa, bits)), exponent - bits).astype(Z.dtype)

    module.__dict__["narrow"] = narrow
    return module


@pytest.mark.parametrize("form", ["inputs", "one input", "products", "result"])
@pytest.mark.parametrize(
    ("dtype", "number"), [("float64", n) for n in BITS] + [("float32", n) for n in BITS if n != "float32"]
)
def test_narrow_numbers_inside_are_told_by_their_size(form, dtype, number):
    where = [*points("two_layer", dtype)][:6]
    for name in PRODUCTS:
        observed = observe(narrowed(name, form, BITS[number]), number=dtype, show=TRACE, where=where)
        found = suspects_and_pattern(observed)
        kind = "TF32 or float16" if BITS[number] == 11 else number
        assert found == ((internal(name, "two_layer"),), f"{shown(name, 'two_layer')} has {kind} inside.")


def suspects_and_pattern(observed):
    """What a diagnosis says without the candidates, which take longest."""
    from fourfold.compare.mistakes.patterns import pattern

    views = [*map(evidence.view, observed)]
    with np.errstate(all="ignore"):
        off = suspects(views).off
        return off, pattern(off[0], [view for view in views if off[0] in view.wrong])


@pytest.mark.parametrize(("number", "said"), [("float32", "float32"), ("bfloat16", "TF32, float16 or bfloat16")])
def test_from_gradients_alone_only_their_size_is_known(number, said):
    observed = observe(narrowed("Y_hat", "inputs", BITS[number]), where=POINTS[:6])
    assert suspects_and_pattern(observed)[1] == f"L has errors that scatter, as large as rounding to {said} makes them."


def test_a_fault_that_is_as_small_is_not_called_rounding():
    """A penalty of 1e-4, 1e-8 in a denominator: all that goes in was shown, and narrow inputs do not give this."""
    for name in ("L2 penalty in one gradient", "epsilon in the sigmoid"):
        _, said = suspects_and_pattern(observe(planted.load("numpy", name), show=TRACE))
        assert "inside" not in said
        assert "rounding" not in said


def test_few_bits_in_a_single_number_may_be_chance():
    def narrow(T):
        mantissa, exponent = np.frexp(T.L)
        return T._replace(L=np.ldexp(np.round(np.ldexp(mantissa, 8)), exponent - 8))

    found = suspects_and_pattern(observe(numpy_impl, change=narrow, where=POINTS[:1]))
    assert found == (("L",), "L has TF32, float16 or bfloat16 inside.")


def test_a_number_where_there_is_none_is_wrong():
    """Where the data are NaN nothing is computed about causes: all may be."""
    X = POINTS[0][0].X.copy()
    X[3, 1] = np.nan
    where = [(POINTS[0][0]._replace(X=X), POINTS[0][1])]
    found = diagnose(observe(planted.load("numpy", "not a number hidden in the gradients"), where=where))
    assert {"not a number hidden in the gradients"} in names(found)
    assert found.pattern.startswith("dL_dW2 is finite where the right value is not.")
    assert {"R", "dL_dY_hat"} < {*found.suspects.common}


def test_more_is_seen_where_more_is_shown():
    show = ("H", "A", "Y_hat", "R", "L", "dL_dW2", "dL_dW1")
    found = diagnose(observe(planted.load("numpy", "sign of the residual"), show=show))
    assert (found.quantity, found.suspects.all, names(found)) == ("R", {"R"}, [{"sign of the residual"}])


def test_a_diagnosis_in_words():
    found = diagnose(observe(planted.load("numpy", "1/N missing")))
    text = show_diagnosis(found)
    assert "dL_dW2 is N times what it should be. dL_dW1 is N times" in text
    assert "wrong  dL_dY_hat = R\n" in text
    assert "right  dL_dY_hat = R / N" in text
    turned = show_diagnosis(diagnose(observe(planted.load("numpy", "sign of the residual"))))
    assert "These give the same numbers: sign of the gradient." in turned


def test_a_form_that_loses_digits_is_shown_beside_the_accurate_one():
    found = diagnose(observe(planted.load("numpy", "sigmoid by tanh"), show=TRACE))
    text = show_diagnosis(found)
    assert {"sigmoid by tanh"} in names(found)
    assert "loses digits  " in text
    assert "keeps them    " in text
    assert "wrong  " not in text


@pytest.mark.parametrize("name", ["ReLU's slope 1 at 0", "ReLU's slope ½ at 0"])
@pytest.mark.parametrize("row", ["two_layer", "deep"])
def test_relu_at_0_by_other_functions_is_named(name, row):
    """maximum, clamp and |h| have other slopes at 0 than relu; with biases too, and from gradients alone."""
    slope = "1.0" if "1" in name else "0.5"
    if row == "two_layer":
        module = planted.changed("numpy", "sigma_prime(A)", f"np.where(H == 0, {slope}, sigma_prime(A))")
        where = [point for point in POINTS if point[0].activation == "relu"]
        found = diagnose(observe(module, where=where))
    else:
        name = f"{name} in every layer"
        text = f"np.where((H[k] == 0) & (activations[k] == 'relu'), {slope}, sigma_prime(A_out[k]))"
        module = planted.changed("numpy", "sigma_prime(A_out[k])", text, row="deep")
        found = diagnose(observe_deep(module))
    assert {name} in names(found)


def observe_deep(module):
    observed = []
    for p, parameters in points("deep"):
        K = len(p.activations)
        with np.errstate(all="ignore"):
            T = module.trace(p.X, p.Y, parameters[:K], parameters[K:], p.activations).named()
        found = {name: Z for name, Z in T.items() if name[:5] in {"L", "dL_dW", "dL_db"}}
        observed.append(Observation(p, parameters, found))
    return observed


def test_of_any_depth_it_is_one_cause_or_several():
    module = planted.changed("numpy", "dL_dY_hat = R / N", "dL_dY_hat = R", row="deep")
    text = show_diagnosis(diagnose(observe_deep(module)), hint=True)
    assert text.endswith(
        "Either something they share is wrong, dL_dY_hat (E10: R / N) or dL_dH3 (E16: dL_dY_hat ∘ σ3'(H3)), "
        "or there is more than one mistake."
    )
    right = "H.append(A[k] @ W_k + b[k] if b else A[k] @ W_k)"
    module = planted.changed("numpy", right, right.replace(" if b", " + 0.25 if b"), row="deep")
    assert {"H1", "A1", "H2"} < accused_of(observe_deep(module))
