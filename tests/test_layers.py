"""Layers judged by themselves: as sharp in the tenth of twenty as in the first, and no false alarm."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourfold.compare.agreement import locate
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, Case, make_case
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.judge import judgement, layers, quantities, referee, truth
from fourfold.compare.judge.bounds import format_of
from fourfold.impls.deep import numpy_impl
from tests.conftest import asymmetric
from tests.test_deep_agree import H, changed, evidence

dtypes = pytest.mark.parametrize("dtype", DTYPES)
WIDTHS = [2, *[8] * 19, 1]


def twenty(activation="tanh", seeds=3, steps=2):
    return make_case("xor", activation, 0.01, steps, 3, range(seeds), layers=WIDTHS, bias=True)


def traced(case, dtype, module=numpy_impl):
    """A column's trace as {name: array}, the parameters and the Problem."""
    X, Y, *parameters = case.cast(dtype)
    K = len(case.activations)
    with np.errstate(all="ignore"):
        T = module.trace(X, Y, tuple(parameters[:K]), tuple(parameters[K:]), case.activations)
    return T.named(), parameters, judgement.problem(case, dtype)


def wrong(judged):
    return [j.quantity for j in judged if j.wrong.any()]


@dtypes
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_limits_are_as_sharp_in_every_layer_of_twenty(activation, dtype):
    """Half of all entries are certified to 32 eps or fewer; by the limits of the whole pass to 100,000 or more."""
    found, parameters, p = traced(twenty(activation, 10), dtype)
    whole, each = judgement.judge_trace(found, parameters, p), layers.judge(found, parameters, p)
    assert [j.quantity for j in each] == [j.quantity for j in whole] == list(found)
    assert not wrong(each)
    assert all(j.certified.all() for j in each)
    relative = lambda j: np.median(j.limit[j.exact != 0] / abs(j.exact[j.exact != 0])) / np.finfo(dtype).eps
    assert max(relative(j) for j in each if j.quantity.startswith(("H", "A", "dL_dA", "dL_dW", "dL_db"))) < 32
    assert relative(next(j for j in whole if j.quantity == "dL_dW1")) > 1e5
    worst = [max(j.ratio.max() for j in each if j.quantity[:5] == kind) for kind in ("dL_dA", "dL_dW", "dL_db")]
    assert 0.4 < min(worst) <= max(worst) <= 1


SMALL = "* (1 + (k == 9) * 2.0**-44)"  # 256 eps, in layer 10
FAULTS = {
    "H10": (H, f"(A[k] @ W_k + b[k]) {SMALL} if b"),
    "A10": ("sigma(H[k])", "sigma(H[k]) * (1 + (k == 9) * (abs(H[k]) < 1) * 2.0**-44)"),  # not where tanh is near 1
    "dL_dH10": ("sigma_prime(A_out[k])", f"sigma_prime(A_out[k]) {SMALL}"),
    "dL_dW10": ("A_in[k].mT @ dL_dH_k", f"A_in[k].mT @ dL_dH_k {SMALL}"),
    "dL_db10": ("keepdims=True)", f"keepdims=True) {SMALL}"),
    "dL_dA9": ("dL_dH_k @ W[k].mT", f"dL_dH_k @ W[k].mT {SMALL}"),
}


@pytest.mark.parametrize("quantity", FAULTS)
def test_a_fault_in_the_tenth_layer_that_the_whole_pass_lets_through_is_named(monkeypatch, capsys, quantity):
    module, case = changed(*FAULTS[quantity]), twenty()
    found, parameters, p = traced(case, "float64", module)
    assert not wrong(judgement.judge_trace(found, parameters, p))
    # what is behind it is right, but for a slope from A where A is wrong
    assert wrong(layers.judge(found, parameters, p)) == [quantity, *["dL_dH10"] * (quantity == "A10")]
    e = evidence(monkeypatch, module, case)
    r = e.rejection
    assert (r.step, r.quantity) == (0, quantity)
    assert r.note == "layer 10 is at fault: exact and limit are for the column's own inputs to it"
    assert "confirmed in ball arithmetic" in r.certificate
    assert {row.quantity: row.rejected > 0 for row in e.rows}[quantity]
    assert max(float(row.worst_ratio) for row in e.rows if row.quantity == quantity) > 1
    assert not evidence(monkeypatch, numpy_impl, case).rejection


def test_a_function_called_by_itself_is_judged_by_its_layers_too(monkeypatch):
    module = changed("tuple(A[1:-1]), A[-1]", f"tuple(A_k {SMALL} for k, A_k in enumerate(A[1:-1])), A[-1]")
    module.__dict__.update(trace=numpy_impl.trace, train=numpy_impl.train)
    r = evidence(monkeypatch, module, twenty()).rejection
    assert (r.step, r.quantity) == (0, "A10")
    assert r.note.startswith(
        "`forward` gives this, called by itself; `trace` and `train` are right; layer 10 is at fault"
    )


@pytest.mark.parametrize(
    ("quantity", "part"),
    [("H12", "layer 12"), ("A3", "layer 3"), ("Y_hat", "layer 20"), ("R", "the loss"), ("L", "the loss"),
     ("dL_dY_hat", "the loss"), ("dL_dH20", "layer 20"), ("dL_dW1", "layer 1"), ("dL_db2", "layer 2"),
     ("dL_dA19", "layer 20")],
)  # fmt: skip
def test_the_part_at_fault(quantity, part):
    assert quantities.part(quantity, 20) == part


@settings(max_examples=150, deadline=None)
@given(
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=6),
    samples=st.integers(1, 6),
    bias=st.booleans(),
    activations=st.lists(st.sampled_from(ACTIVATIONS), min_size=5, max_size=5),
    scale=st.sampled_from([-310, -40, -3, 0, 2, 30, 120]),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from(DTYPES),
)
def test_no_false_alarm(widths, samples, bias, activations, scale, seed, dtype):
    rng = np.random.default_rng(seed)
    weights = tuple(rng.standard_normal((2, *s)) * 10.0 ** (scale * (rng.random() < 0.3))
                    for s in [*pairwise(widths), *((1, d) for d in widths[1:] if bias)])  # fmt: skip
    X, Y = rng.standard_normal((samples, widths[0])), rng.standard_normal((samples, widths[-1]))
    phi = tuple(activations[: len(widths) - 1])
    case = Case("", X, Y, weights, phi, 0.1, 1, range(2), row="deep")
    judged = layers.judge(*traced(case, dtype))
    assert not wrong(judged)


def test_each_number_is_in_range_by_itself():
    """H2 overflows at one point of two, and nothing else does that is not computed from it."""
    one = np.ones((1, 1))
    W = np.array([1.0, 1e200])[:, None, None]
    case = Case("", one, one, (W, W, W**0), ("identity",) * 3, 0.1, 1, range(2), row="deep")
    found, parameters, p = traced(case, "float64")
    judged = {j.quantity: j for j in layers.judge(found, parameters, p)}
    certified = {name: j.certified.ravel().tolist() for name, j in judged.items()}
    assert certified["H1"] == certified["A1"] == [True, True]
    assert certified["H2"] == certified["Y_hat"] == certified["L"] == certified["dL_dW1"] == [True, False]
    assert not wrong(judged.values())
    # nor is it said to be wrong by the rows: the whole pass knows that these must be no numbers
    rows = layers.sharper(judgement.judge_trace(found, parameters, p), list(judged.values()))
    assert [(j.certified & j.no_number).any() for j in rows] == [False] * len(rows)
    assert next(j for j in rows if j.quantity == "A1").certified.all()
    assert next(j for j in rows if j.quantity == "H2").no_number.ravel().tolist() == [False, True]


def test_nan_is_wrong_where_it_comes_from_and_only_there():
    found, parameters, p = traced(twenty(), "float64")
    found["A10"][1, 2, 3] = np.nan
    assert wrong(layers.judge(found, parameters, p)) == ["A10"]
    whole = judgement.judge_trace(found, parameters, p)
    w = layers.first_wrong(whole, layers.judge(found, parameters, p), found)
    assert (w.judged.quantity, w.index) == ("A10", (1, 2, 3))
    assert w.own
    np.testing.assert_array_equal(w.own["H10"], found["H10"][1])


def test_what_a_relu_sees_may_be_flushed_and_otherwise_decides_its_slope():
    """The column's own H is known: near 0 there is no doubt, but a subnormal one may be read as 0."""
    tiny = np.finfo(np.float64).tiny
    case = Case("", np.ones((1, 1)), np.zeros((1, 1)), (np.ones((1, 1, 1)),), ("relu",), 0.1, 1, range(1), row="deep")
    found, parameters, p = traced(case, "float64")
    for h, slopes in ((2 * tiny, {1}), (-2 * tiny, {0}), (tiny / 2, {0, 1}), (0.0, {0})):
        for slope in (0, 1):
            own = {**found, "H1": np.full((1, 1, 1), h), "dL_dY_hat": np.ones((1, 1, 1))}
            own["dL_dH1"] = np.full((1, 1, 1), float(slope))
            judged = {j.quantity: j for j in layers.judge(own, parameters, p)}
            assert judged["dL_dH1"].wrong.item() == (slope not in slopes), (h, slope)


def test_the_row_of_two_layers_is_left_to_the_whole_pass():
    case = asymmetric()
    p = judgement.problem(case, "float64")
    assert layers.judge({}, case.weights, p) == []
    whole = [object()]
    assert layers.sharper(whole, []) is whole


def test_the_whole_pass_has_the_word_where_no_layer_is_wrong():
    """What is out of range is not certified layer by layer."""
    found, parameters, p = traced(twenty(), "float64")
    whole = judgement.judge_trace(found, parameters, p)
    each = layers.judge(found, parameters, p)
    whole[4] = whole[4]._replace(wrong=np.ones_like(whole[4].wrong))
    w = layers.first_wrong(whole, each, found)
    assert (w.judged, w.own) == (whole[4], None)
    assert layers.first_wrong(each, each, found) is None


def test_the_referee_judges_a_layer_by_its_own_inputs():
    found, parameters, p = traced(twenty(), "float64")
    found = {name: Z[0] for name, Z in found.items()}
    one = [Z[0] for Z in parameters]
    at, value = (0, 3), float(found["A10"][0, 3])
    other = {**found, "H10": found["H10"] + 1e-3}
    text = referee.confirm("A10", at, value, 1e-6, one, p, other)
    off = np.tanh(other["H10"][at]) - value
    assert f"192 bits: off by {abs(off):.3g}, limit 1e-06" in text
    with pytest.raises(referee.JudgeError, match=r"A10\[0, 3\] was rejected, but"):
        referee.confirm("A10", at, value, 1e-6, one, p, found)


def test_the_bulk_evaluation_of_layers_is_that_of_balls():
    case = twenty(seeds=1)
    found, parameters, p = traced(case, "float64")
    balls = p._replace(wide=truth.BALL)
    for a, b in zip(layers.judge(found, parameters, p), layers.judge(found, parameters, balls), strict=True):
        assert (abs(a.error - b.error) <= 2.0**-9 * a.limit + format_of("float64").eta).all(), a.quantity


def test_a_step_replayed_is_judged_layer_by_layer(monkeypatch):
    module = changed(*FAULTS["A10"])
    _, parameters, p = traced(twenty(), "float64")
    found, _ = locate._wrong_trace(InProcess("planted", module), "trace", [Z[0] for Z in parameters], p)
    assert found.judged.quantity == "A10"
    assert found.own
    assert found.own["H10"].shape == (4, 8)
