import numpy as np
import pytest

from fourfold.compare.agreement.certify import certify
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, make_case, two_layer_case
from fourfold.compare.errors import UsageError
from fourfold.compare.judge import bounds, form, judgement, referee, truth
from fourfold.compare.mistakes import planted
from fourfold.impls.model import Trace
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import Here, asymmetric, named, path, trace

NAMES = [entry.name for entry in suites.TABLE]
DEFAULT = make_case("xor", "sigmoid", 0.1, 10_000, 3, range(10))
case_of = {entry.name: suites.build(entry) for entry in suites.TABLE}


def run_of(column, case, dtype="float64"):
    """Weights before every step, and the path."""
    steps = path(column, case, dtype)
    *_, W1, W2 = case.cast(dtype)
    return form.before_each_step((W1, W2), steps), steps


def evidence_on(monkeypatch, module, case, dtype="float64"):
    return certify(Here(monkeypatch, module), "planted", case, dtype, lambda steps: None)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_numpy_agrees_on_every_case(monkeypatch, name, dtype):
    case = case_of[name]
    if dtype not in case.dtypes:
        case = case._replace(steps=1)  # means less, but must do no harm
    with np.errstate(all="ignore"):
        evidence = evidence_on(monkeypatch, numpy_impl, case, dtype)
    assert evidence.rejection is None, evidence.rejection
    assert any(row.checked or row.no_number for row in evidence.rows)


def test_what_a_suite_is():
    assert [c.name for c in suites.choose("default", None, DEFAULT)] == ["xor", *suites.WITH_TEETH["two_layer"]]
    assert {c.dtypes for c in suites.choose("default", None, DEFAULT, dtypes=["float32"])[1:]} == {("float32",)}
    assert [c.name for c in suites.choose("full", None, DEFAULT)] == ["xor", *NAMES]
    quick = suites.choose("quick", None, DEFAULT)
    assert (quick[0].steps, len(quick[0].seeds), len(quick[0].W1)) == (200, 3, 3)
    assert [c.name for c in suites.choose("full", ["nan-in-data", "xor"], DEFAULT)] == ["nan-in-data", "xor"]
    assert len(set(NAMES)) == len(NAMES)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UsageError, match="did you mean quick"):
        suites.choose("quikc", None, DEFAULT)
    with pytest.raises(UsageError, match="did you mean saturated-tanh"):
        suites.choose("full", ["saturated-tan"], DEFAULT)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["dyadic-relu", "dyadic-identity"])
def test_dyadic_cases_are_judged_to_the_bit(monkeypatch, name, dtype):
    case = case_of[name]
    p = judgement.problem(case, dtype)
    *_, W1, W2 = case.cast(dtype)
    _, E, _ = judgement.exact_values((W1, W2), p)
    assert all((E[key] == 0).all() for key in E if key != "L" and not key.startswith("slope"))
    right = trace(numpy_impl, case, dtype)
    for one_ulp_up in ("Y_hat", "R", "dL_dW1"):
        value = getattr(right, one_ulp_up)
        moved = right._replace(**{one_ulp_up: np.nextafter(value, value.dtype.type(np.inf))})
        assert judgement.first_wrong(judgement.judge_trace(named(moved), (W1, W2), p)).judged.quantity == one_ulp_up


def test_no_bits_are_demanded_where_something_rounds():
    case = asymmetric("identity")._replace(exact=True)
    _, E, _ = judgement.exact_values((case.W1, case.W2), judgement.problem(case, "float64"))
    assert (E["Y_hat"][:, :2] > 0).all()
    case = case_of["dyadic-relu"]
    third = case._replace(Y=case.Y / 3)
    _, E, _ = judgement.exact_values((third.W1, third.W2), judgement.problem(third, "float64"))
    assert (E["R"] > 0).any()


def test_the_grain_of_numbers():
    grain = lambda *x: bounds._grain(np.array([x], float)).item()
    assert [grain(1, 3), grain(0.5, 2), grain(0.375), grain(0)] == [1, 2, 8, 1]
    assert grain(0.1) == 2.0**55
    assert grain(1e-30) == np.inf


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("infinity-in-data", ("H = X @ W1", "H = np.nan_to_num(X) @ W1")),
        ("zero-first-layer-relu", ("np.heaviside(A, 0)", "np.heaviside(A, 1)")),
        ("zero-first-layer-relu", ("np.heaviside(A, 0)", "np.heaviside(A, 0.5)")),
        ("saturated-sigmoid", ("1 / (1 + np.exp(-H))", "np.clip(1 / (1 + np.exp(-H)), 1e-12, 1 - 1e-12)")),
        ("asymmetric-identity", ("/ (2 * N)", "/ (2 * R[0].size)")),
        ("subnormal-tanh", ("(np.tanh,", "(lambda H: np.tanh(H) + 1e-300,")),
        ("dyadic-identity", ("Y_hat = A @ W2", "Y_hat = A @ W2 * (1 + 2**-52)")),
    ],
)
def test_what_a_case_has_teeth_for(monkeypatch, name, fault):
    with np.errstate(all="ignore"):
        assert evidence_on(monkeypatch, planted.changed("numpy", *fault), case_of[name]).rejection is not None


def test_one_fault_of_1e_12_in_one_step_of_10_000_is_found_and_located(monkeypatch):
    """As long as it changes the weights by more than their own rounding, which at this step it does."""
    case = make_case("xor", "sigmoid", 0.1, 10_000, 3, range(3, 4))
    source = "    if calls == 4322:\n        T.dL_dW1[..., 1, 1] *= 1 + 1e-12\n    return W1 - lr"
    module = planted.changed(
        "numpy",
        "    T = trace(X, Y, W1, W2, activation)\n    return W1 - lr",
        "    global calls\n    calls += 1\n    T = trace(X, Y, W1, W2, activation)\n" + source,
    )
    module.__dict__["calls"] = 0
    monkeypatch.setattr("fourfold.compare.agreement.certify.PIECE", 20_000)  # one piece, or the replay counts as a step
    r = evidence_on(monkeypatch, module, case).rejection
    assert r is not None
    assert (r.step, r.quantity, r.index) == (4321, "W1", [1, 1])
    assert "confirmed in ball arithmetic" in r.certificate
    assert "something is carried" in r.note  # the fault does not come back when the step is repeated


def test_the_reproduction_shows_the_fault(monkeypatch, capsys):
    case = case_of["asymmetric-tanh"]
    for fault in (("dL_dY_hat = R / N", "dL_dY_hat = 2 * R / N"), ("W1 - lr * T.dL_dW1", "W1 + lr * T.dL_dW1")):
        r = evidence_on(monkeypatch, planted.changed("numpy", *fault), case).rejection
        exec(r.reproduce, {})
        got, exact = (float(line.split()[1]) for line in capsys.readouterr().out.splitlines())
        assert (got, exact) == (r.value, r.truth)


def test_the_referee_overrules_a_judge_that_is_wrong():
    case = asymmetric()
    p = judgement.problem(case, "float64")
    W1, W2 = case.W1[0], case.W2[0]
    right = numpy_impl.trace(p.X, p.Y, W1, W2, "sigmoid").dL_dW1
    with pytest.raises(referee.JudgeError, match="within the limit"):
        referee.confirm("dL_dW1", (0, 0), right[0, 0], 1e-12, (W1, W2), p)
    assert "off by" in referee.confirm("dL_dW1", (0, 0), right[0, 0] + 1e-11, 1e-12, (W1, W2), p)
    assert "no finite number" in referee.confirm("dL_dW1", (0, 0), np.nan, 1e-12, (W1, W2), p)


@pytest.mark.parametrize("scale", [1e4, 1e60, 1e200])
def test_the_audit_holds_where_exp_leaves_every_range(scale):
    for activation in ACTIVATIONS:
        case = asymmetric(activation)
        referee.audit((scale * case.W1[0], case.W2[0]), judgement.problem(case, "float64"))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_steps_are_judged_alike_in_ball_arithmetic(activation):
    """As on a platform whose long double is no wider than double."""
    case = asymmetric(activation, steps=3)
    before, steps = run_of(numpy_impl, case)
    judged = [judgement.judge_steps(before, steps, judgement.problem(case, "float64", w)) for w in (None, truth.BALL)]
    for by_wide, by_ball in zip(*judged, strict=True):
        assert not by_ball.wrong.any()
        np.testing.assert_allclose(by_ball.limit, by_wide.limit, rtol=2e-3)
        np.testing.assert_allclose(by_ball.error, by_wide.error, atol=2e-3 * by_wide.limit.max())
    steps[0][2, 1, 0, 0] *= 1 + 1e-13
    judged = judgement.judge_steps(before, steps, judgement.problem(case, "float64", truth.BALL))
    wrong = judgement.first_wrong(judged)
    assert (wrong.judged.quantity, wrong.index) == ("W1", (2, 1, 0, 0))


def test_what_overflows_on_the_way_to_its_sum_may_come_out_as_a_number():
    """-1e309 + 1.5e309 is infinite in float64; with fused multiply-add it is -inf, and ReLU makes 0 of that."""
    X, Y = np.array([[1e155, 1e155]]), np.zeros((1, 1))
    W1, W2 = np.array([[[-1e154], [1.9e154]]]), np.ones((1, 1, 1))
    case = two_layer_case("on the way", X, Y, W1, W2, "relu", 0.1, 1, range(1))
    p = judgement.problem(case, "float64")
    zeros = np.zeros((1, 1, 1))
    fused = Trace(zeros - np.inf, zeros, zeros, zeros, np.zeros(1), zeros, zeros, zeros, zeros, np.zeros_like(W1))
    assert judgement.first_wrong(judgement.judge_trace(named(fused), (W1, W2), p)) is None
    hidden = fused._replace(H=zeros)
    assert judgement.first_wrong(judgement.judge_trace(named(hidden), (W1, W2), p)).judged.quantity == "H1"
    identity = p._replace(activations=("identity", "identity"))
    assert judgement.first_wrong(judgement.judge_trace(named(fused), (W1, W2), identity)).judged.quantity == "A1"


def test_the_audit_lets_a_relu_be_undecided_where_the_truth_itself_has_left_the_range():
    """σ(-20000) is below all wide numbers and not 0, and so ReLU's slope there is 1 and computed as 0."""
    W = [np.array([[-20_000.0]]), np.ones((1, 1))]
    one = np.ones((1, 1))
    case = two_layer_case("one", one, one, W[0][None], W[1][None], "sigmoid", 0.1, 1, range(1))
    p = judgement.problem(case._replace(activations=("sigmoid", "relu"), row="deep"), "float64")
    referee.audit(W, p)


def test_the_audit_finds_a_wrong_bulk_evaluation(monkeypatch):
    case = asymmetric()
    p = judgement.problem(case, "float64")
    referee.audit((case.W1[0], case.W2[0]), p)
    honest = judgement.truth.evaluate

    def off(X, Y, network, *bits, **own):
        q = honest(X, Y, network, *bits, **own)
        if not bits:
            q["dL_dW1"] = q["dL_dW1"] * (1 + np.longdouble(2) ** -53)
        return q

    monkeypatch.setattr(judgement.truth, "evaluate", off)
    with pytest.raises(referee.JudgeError, match="dL_dW1"):
        referee.audit((case.W1[0], case.W2[0]), p)
