"""The judge of optimisers: a wrong number, a wrong rule and bad input are seen, and a right one never."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.compare.agreement import suite
from fourfold.compare.cases import update
from fourfold.compare.cases.case import make_case
from fourfold.compare.check import updates as check_updates
from fourfold.compare.check.stepping.trajectory import Update
from fourfold.compare.columns import calls
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import UsageError
from fourfold.compare.judge import form, judgement, truth, updated, updates
from fourfold.compare.judge.quantities import parameter_kept_for
from fourfold.compare.judge.updates import Known

STEPS = 12


def asked(text, dtype="float64", steps=STEPS, **network):
    rule, lr = update.parse(text)
    layers = network.get("layers")
    case = make_case("xor", "tanh", lr or 0.1, steps, 3, range(3), layers, bool(layers))._replace(update=rule)
    return case, judgement.problem(case, dtype)


@cache
def run(name, text, dtype="float64", steps=STEPS, layers=None):
    """(problem, weights before the first step, path, what is kept) of a column in this process."""
    case, p = asked(text, dtype, steps, layers=layers)
    _, _, *now = case.cast(dtype)
    answer = calls.InProcess(name).ask(about(p, "trajectory", now, case.lr, steps))
    kept = {quantity: Z for quantity, Z in answer.items() if parameter_kept_for(quantity)}
    return p, now, [Z for quantity, Z in answer.items() if quantity not in kept], kept


def fitting(p, now, path, kept):
    """[(convention, what is wrong by it)] of a whole run."""
    *after, losses = path
    before = form.before_each_step(now, after)
    along, every = updated.slopes(before, losses, p), []
    for carried in updated.begin(now, p):
        judged, _ = updated.judge_piece(carried, 0, before, after, kept, along, p)
        every.append((carried.convention, {j.quantity for j in judged if j.wrong.any()}))
        assert all(j.certified.all() for j in judged)
    return [convention for convention, wrong in every if not wrong]


@pytest.mark.parametrize("rule", ["momentum", "rmsprop", "adam,l2=0.01", "adamw"])
def test_weights_alone_are_enough(rule):
    p, now, path, _ = run("numpy", rule)
    assert fitting(p, now, path, {})


@pytest.mark.parametrize("kept_too", [True, False])
@pytest.mark.parametrize("rule", updates.RULES)
def test_a_fault_of_a_billionth_is_seen(rule, kept_too):
    p, now, path, kept = run("numpy", rule)
    path = [Z.copy() for Z in path]
    path[0][5, 1, 0, 1] *= 1 + 1e-9
    path[0][5, 1, 0, 1] += 1e-9
    assert not fitting(p, now, path, kept if kept_too else {})


@pytest.mark.parametrize("quantity", ["m_W1", "v_W2"])
def test_what_is_kept_is_judged_too(quantity):
    p, now, path, kept = run("numpy", "adam")
    wrong = {**kept, quantity: kept[quantity].copy()}
    wrong[quantity][7, 0, 1, 0] *= 1 + 1e-12
    assert not fitting(p, now, path, wrong)


@pytest.mark.parametrize(
    ("asked_for", "other"),
    [
        ("adam", "adam,beta1=0.90001"),
        ("adam", "adam,beta1=0.999,beta2=0.9"),
        ("adam,eps=1e-6", "adam,eps=1.1e-6"),
        ("adam,l2=0.01", "adam,decay=0.01"),
        ("adam", "rmsprop"),
        ("momentum", "nesterov"),
        ("momentum", "momentum=0.89999"),
        ("sgd", "sgd,decay=1e-9"),
    ],
)
def test_another_rule_or_number_is_wrong(asked_for, other):
    _, now, path, _ = run("numpy", other)
    _, p = asked(asked_for)
    assert not fitting(p, now, path, {})


@pytest.mark.parametrize(("dtype", "rule"), [("float16", "adam"), ("float32", "sgd,l2=1e30,lr=1e30")])
def test_weights_that_nothing_is_known_of_are_not_judged(dtype, rule):
    case, _ = asked(rule, dtype)
    outcome, _ = suite.agreement(["numpy"], [case], [dtype], 60, "")
    (column,) = outcome.columns
    assert column.verdict == "not judged"
    assert "from the first step on" in column.reason


def test_another_convention_is_wrong_where_one_is_demanded_and_is_named():
    case, _ = asked("adam,eps-at=before,lr=0.01")
    outcome, _ = suite.agreement(["numpy"], [case], ["float64"], 60, "")
    (rejection,) = outcome.rejections
    assert (rejection.step, rejection.quantity) == (0, "W2")
    assert rejection.note == "`trace` at these weights is right, and the update from them is wrong"
    says = "It is right by another convention: eps-at after, m̂ / (√v̂ + ε), not √(1 - β₂ᵗ) / (1 - β₁ᵗ) m / (√v + ε)."
    assert rejection.diagnosis == says


def test_a_rate_that_was_float32_is_named_and_not_wrong():
    lr = float(np.float32(0.01))
    _, now, path, kept = run("numpy", f"adam,lr={lr!r}")
    _, p = asked("adam,lr=0.01")
    assert [one["numbers"] for one in fitting(p, now, path, kept)] == ["rate"]


def test_a_divisor_of_which_no_digit_is_known_is_epsilon_at_least():
    _, p = asked("adam,eps=1e-3", "float32")
    c, convention = updates.constants(p.update, {"eps-at": "after"}, p), {"eps-at": "after"}
    g = Known(np.full((1, 1), 1e-6), np.full((1, 1), 1e-2))
    zero = Known(np.zeros((1, 1)), np.zeros((1, 1)))
    _, new, _ = updates.advance("adam", convention, c, np.ones((1, 1)), g, [zero, zero], 1, p)
    for real in (-1e-2, -1e-4, 0.0, 1e-5, 1e-2):
        m_hat, v_hat = real, real**2
        assert abs(1 - 0.1 * m_hat / (np.sqrt(v_hat) + 1e-3) - new.value[0, 0]) <= new.error[0, 0] < np.inf


def test_the_equation_of_what_is_wrong_is_the_rule_s():
    numbers = [updates.equation(rule, "W1") for rule in updates.RULES]
    assert numbers == ["E23", "U4", "U5", "U7", "U11", "U11"]
    assert [updates.equation(text, name) for text, name in (("adam, eps 1", "v_b2"), ("rmsprop", "v_W1"))] == [
        "U9",
        "U6",
    ]
    assert updates.equation("", "W1") == updates.equation("adam", "dL_dW1") == ""


def test_the_convention_is_named_where_none_is_demanded():
    case, _ = asked("adam,lr=0.01")
    outcome, _ = suite.agreement(["numpy"], [case], ["float64"], 60, "")
    choices = {one.point: one.choices for one in outcome.conventions}
    assert choices == {"eps-at": ["after"], "numbers": ["exact"]}
    assert updates.kept_by(outcome.settings[0].update) == ("m", "v")
    assert updates.kept_by("") == updates.kept_by("sgd")
    assert updates.papers_choice("rate-at", {"rate-at": "outside"}) == "inside"
    assert updates.papers_choice("eps-at", {"eps-at": "outside"}) == "inside"
    assert updates.words(None) == ""


@pytest.mark.parametrize("rule", ["adam", "momentum", "sgd"])
def test_steps_are_judged_from_what_was_kept_before_them(rule):
    p, now, path, kept = run("numpy", rule)
    *after, losses = path
    before = form.before_each_step(now, after)
    later = [Z[4:] for Z in before], [Z[4:] for Z in after], {name: Z[4:] for name, Z in kept.items()}
    along = updated.slopes(later[0], losses[4:], p)
    convention = updates.conventions(p.update, p.dtype)[0]
    carried = updated.going_on(convention, {name: Z[3] for name, Z in kept.items()}, [Z[4] for Z in before], p)
    judged, _ = updated.judge_piece(carried, 4, *later, along, p)
    assert not any(j.wrong.any() for j in judged)


# The judge itself.


def numbers(dtype):
    return st.floats(-1e3, 1e3, width=32).map(lambda x: np.full((1, 1), x, dtype))


@settings(max_examples=300, deadline=None)
@given(
    w=numbers("float32"),
    g=numbers("float32"),
    m=numbers("float32"),
    v=st.floats(0, 1e3, width=32).map(lambda x: np.full((1, 1), x, "float32")),
    t=st.integers(1, 10_000),
    form_of_mean=st.sampled_from(["weights", "difference"]),
    corrected=st.sampled_from(["moments", "root", "rate"]),
)
def test_every_way_to_write_adam_is_within_its_limits(w, g, m, v, t, form_of_mean, corrected):
    _, p = asked("adam,lr=0.01", "float32")
    f, lr, beta1, beta2, eps = np.float32, np.float32(0.01), np.float32(0.9), np.float32(0.999), np.float32(1e-8)
    if form_of_mean == "weights":
        new_m, new_v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    else:
        new_m, new_v = m + (g - m) * f(1 - 0.9), v + (g * g - v) * f(1 - 0.999)
    c1, c2 = 1 - beta1 ** f(t), 1 - beta2 ** f(t)
    if corrected == "moments":
        new_w = w - lr * (new_m / c1) / (np.sqrt(new_v / c2) + eps)
    elif corrected == "root":
        new_w = w - lr / c1 * new_m / (np.sqrt(new_v) / np.sqrt(c2) + eps)
    else:
        new_w = w - (lr * np.sqrt(c2) / c1) * new_m / (np.sqrt(new_v) + eps * np.sqrt(c2))
    convention = {"eps-at": "after"}
    c = updates.constants(p.update, convention, p)
    inputs = [Known(Z.astype(p.wide), np.zeros(Z.shape)) for Z in (g, m, v)]
    with np.errstate(all="ignore"):
        kept, new, _ = updates.advance("adam", convention, c, w.astype(p.wide), inputs[0], inputs[1:], t, p)
    for value, exact in zip((new_m, new_v, new_w), (*kept, new), strict=True):
        assert (np.abs(value - exact.value) <= exact.error).all()


@pytest.mark.parametrize("rule", ["nesterov,l2=0.1", "rmsprop", "adam,decay=0.1"])
def test_the_exact_step_is_that_of_ball_arithmetic(rule):
    wide = [judgement.problem(asked(rule)[0], "float64", one) for one in (np.dtype(np.longdouble), truth.BALL)]
    rng, steps = np.random.default_rng(3), []
    arrays = rng.normal(size=(4, 5, 2, 2))
    arrays[3] = arrays[3] ** 2
    for p in wide:
        w, g, *kept = (Known(truth.widen(Z, p.wide), np.zeros(Z.shape)) for Z in arrays)
        kept = kept[2 - len(p.update.kept) :]
        convention = updates.conventions(p.update, "float64")[0]
        c = updates.constants(p.update, convention, p)
        after, new, _ = updates.advance(p.update.name, convention, c, w.value, g, kept, 7, p)
        steps.append([*after, new])
    for here, there in zip(*steps, strict=True):
        np.testing.assert_allclose(here.value.astype(float), truth.narrow(there.value), rtol=1e-16)
        np.testing.assert_allclose(here.error, there.error, rtol=1e-3)


# What is asked.


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("adm", "There is no optimiser 'adm': did you mean adam?"),
        ("lbfgs", "There is no optimiser 'lbfgs': choose from sgd, momentum, nesterov, rmsprop, adam, adamw."),
        ("adam,eps=1,eps=2", "--update adam,eps=1,eps=2 gives eps twice."),
        ("adam,beta3=1", "adam takes no 'beta3': did you mean beta2?"),
        ("adam,beta1=1", "beta1 of adam must be at least 0 and less than 1, not 1."),
        ("momentum=0", "momentum of momentum must be more than 0 and less than 1, not 0."),
        ("adam,eps=-1", "eps of adam must be at least 0 and at most 1e+30, not -1."),
        ("adam,eps=nan", "eps of adam must be at least 0 and at most 1e+30, not nan."),
        ("sgd,lr=0", "The learning rate must be a positive number, at most 1e+30, not 0."),
        ("adam,eps-at=inside", "eps-at must be after or before, not 'inside'."),
        ("adam,eps", "eps of adam must be a number, not ''."),
        ("", "There is no optimiser '': choose from sgd, momentum, nesterov, rmsprop, adam, adamw."),
    ],
)
def test_bad_input_is_one_sentence(text, sentence):
    with pytest.raises(UsageError) as error:
        update.parse(text)
    assert str(error.value) == sentence


def test_columns_are_given_floats_alone():
    rates = update.parse("adam")[0].rates(4)  # a case's rate may be a whole number, which Keras refuses
    assert {type(value) for value in rates.values()} == {float}


def test_settings_are_said():
    assert updates.words(update.parse("adamw,eps=1e-7,eps-at=before")[0]) == (
        "adamw, beta1 0.9, beta2 0.999, eps 1e-07, decay 0.01, eps-at before"
    )


@pytest.mark.parametrize(
    ("asked_for", "words", "is_it"),
    [
        ("adam", "Adam, β = 0.9 and 0.999, ε = 1e-08", True),
        ("adam,eps=1e-7", "Adam, β = 0.9 and 0.999, ε = 1e-07 before the correction", True),
        ("adam,eps=1e-7", "Adam, β = 0.9 and 0.999, ε = 1e-08", False),
        ("adam", "Adam, without bias correction, β = 0.9 and 0.999, ε = 1e-08", False),
        ("rmsprop,rho=0.99", "RMSprop, 0.99, ε = 1e-08 inside the root", True),
    ],
)
def test_check_demands_an_optimiser_by_name(asked_for, words, is_it):
    sentence = check_updates.unlike(check_updates.demanded(asked_for), Update(words, words.partition(",")[0]))
    assert (not sentence) == is_it
