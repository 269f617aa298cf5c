"""What the judge says of single numbers, at the edges of what it certifies."""

from contextlib import nullcontext
from functools import partial
from itertools import pairwise

import flint
import numpy as np
import pytest

from fourfold.compare.cases.case import ACTIVATIONS, DTYPES, make_case
from fourfold.compare.judge import bounds, form, judgement, quantities, referee, truth
from fourfold.compare.judge.judgement import Problem
from fourfold.impls.deep import numpy_impl as deep_numpy_impl
from fourfold.impls.model import DeepTrace
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import asymmetric, named, path, trace

FLOAT64 = np.dtype(np.float64)
EPS = 2.0**-23  # of float32
LARGEST = float(np.finfo(np.float32).max)
ONE = np.ones((1, 1), np.float32)
SINGLE = Problem(ONE, ONE, ("identity", "identity"), 0.5, "float32", FLOAT64, False)
nan, inf = np.nan, np.inf


def entry(value, exact, limit, certified=True, shows=True, quantity="A1", activation="tanh"):
    """Judged as the middle one of three points; the others are right and certified."""
    value, exact, limit = (
        np.array([z, x, z], t)[:, None, None]
        for z, x, t in ((1, value, np.float32), (1, exact, float), (0.5, limit, float))
    )
    p = SINGLE._replace(activations=(activation, "identity"))
    with np.errstate(all="ignore"):
        j = judgement.judge(quantity, value, exact, limit, *np.array([[1, certified, 1], [1, shows, 1]], bool), p)
    assert all(Z.shape == (3, 1, 1) for Z in j[1:])
    assert j.certified[::2].all()
    assert not (j.no_number | j.wrong | (j.ratio > 0) | (j.ulps > 0))[::2].any()
    return [Z[1].item() for Z in (j.certified, j.no_number, j.wrong, j.ratio, j.ulps)]


@pytest.mark.parametrize(
    ("value", "exact", "limit", "wrong", "ratio", "ulps"),
    [
        (1.5, 1, 0.5, False, 1, 0.5 / EPS),
        (0.5, 1, 0.5, False, 1, 0.5 / EPS),
        (1.5, 1, 0.25, True, 2, 0.5 / EPS),
        (-1.5, -1, 0.5, False, 1, 0.5 / EPS),
        (9, 8, 4, False, 0.25, 1 / (8 * EPS)),
        (1, 1, 0, False, 0, 0),
        (1 + EPS, 1, 0, True, inf, 1),
        (nan, 1, 0.5, True, inf, inf),
        (inf, 1, 0.5, True, inf, inf),
        (-inf, 1, 0.5, True, inf, inf),
        (inf, 1, inf, True, inf, inf),  # no limit lets infinity pass
        (1, 1, nan, True, 0, 0),  # nor does one that is no number
    ],
)
def test_what_is_certified(value, exact, limit, wrong, ratio, ulps):
    assert entry(value, exact, limit) == [True, False, wrong, ratio, ulps]


@pytest.mark.parametrize(
    ("exact", "limit", "how", "no_number"),
    [
        (1, 0.5, {}, False),
        # certainly beyond the largest number, on either side, or perhaps
        (2 * LARGEST, LARGEST / 2, {}, True),
        (-2 * LARGEST, LARGEST / 2, {}, True),
        (2 * LARGEST, LARGEST, {}, False),
        (LARGEST, 0, {}, False),
        (LARGEST * (1 + 2.0**-40), 0, {}, True),
        # no number, or infinite in the truth's own format
        (nan, nan, {}, True),
        (inf, nan, {}, True),
        # behind an H that may have overflowed on its way
        (nan, nan, {"shows": False}, False),
        (2 * LARGEST, 0, {"shows": False}, False),
        # relu'(NaN) is what a library makes it; infinity is infinity
        *((nan, nan, {"quantity": name, "activation": "relu"}, False) for name in ("dL_dH1", "dL_dW1", "W1")),
        *((nan, nan, {"quantity": name, "activation": "relu"}, True) for name in ("H1", "A1", "dL_dW2", "W2", "L")),
        *((nan, nan, {"quantity": name, "activation": "tanh"}, True) for name in ("dL_dH1", "dL_dW1", "W1")),
        (2 * LARGEST, 0, {"quantity": "dL_dH1", "activation": "relu"}, True),
    ],
)
def test_what_is_out_of_range_must_not_come_out_as_a_number(exact, limit, how, no_number):
    for value in (0, inf, -inf, nan):
        assert entry(value, exact, limit, certified=False, **how) == [
            False,
            no_number,
            no_number and value == 0,
            0,
            0,
        ]


@pytest.mark.parametrize(
    ("activations", "numbers"),
    [
        ("tanh relu", "H1 A1 H2 Y_hat R L dL_dY_hat"),
        ("relu tanh", "H1 A1 H2 Y_hat R L dL_dY_hat dL_dH2 dL_dW2 dL_db2 W2 b2 dL_dA1"),
    ],
)
def test_a_slope_at_nan_is_what_a_library_makes_it_and_all_behind_it(activations, numbers):
    p, exact = SINGLE._replace(activations=tuple(activations.split())), np.array([[nan, inf, 1.0]])
    every = "H1 A1 H2 Y_hat R L dL_dY_hat dL_dH2 dL_dW2 dL_db2 dL_dA1 dL_dH1 dL_dW1 dL_db1 W2 b2 W1 b1"
    for name in every.split():
        held = name in numbers.split()
        assert judgement._no_number(name, exact, p).tolist() == [[held, held, False]], name


def test_ulps_are_the_working_precisions():
    value = np.array([1 + 2.0**-52])
    p = SINGLE._replace(dtype="float64", wide=truth.wide_dtype("float64"))
    exact = truth.widen(np.ones(1), p.wide)
    j = judgement.judge("L", value, exact, np.array([1.0]), np.ones(1, bool), np.ones(1, bool), p)
    assert (j.ulps.item(), j.error.item(), j.exact.dtype, j.limit.dtype) == (1, 2.0**-52, np.float64, np.float64)


def test_a_problem_is_rounded_once():
    case = asymmetric()._replace(lr=0.1, exact=True)
    p = judgement.problem(case, "float32")
    assert (p.X.dtype, p.Y.dtype, p.activation, p.dtype, p.wide, p.exact) == (
        np.float32,
        np.float32,
        "sigmoid",
        "float32",
        np.float64,
        True,
    )
    assert p.lr == float(np.float32(0.1)) != 0.1
    assert isinstance(p.lr, float)
    assert judgement.problem(case, "float64").lr == 0.1
    assert judgement.problem(case, "float64").wide == truth.wide_dtype("float64")
    assert judgement.problem(case, "float32", truth.BALL).wide == truth.BALL


def test_the_form_comes_before_the_numbers():
    case, p = asymmetric(), judgement.problem(asymmetric(), "float64")
    W1, W2 = case.W1, case.W2
    right = trace(numpy_impl, case, "float64")
    assert form.malformed_trace(named(right), (W1, W2), p) is None
    for name, Z in right._asdict().items():
        short = right._replace(**{name: Z[:2]})
        assert (
            form.malformed_trace(named(short), (W1, W2), p).sentence == f"{name} has shape {Z[:2].shape}, not {Z.shape}"
        )
        half = right._replace(**{name: Z.astype("f4")})
        assert form.malformed_trace(named(half), (W1, W2), p) == (
            quantities.internal(name, "two_layer"),
            f"{name} is float32, not float64",
        )
    steps = path(numpy_impl, case, "float64")
    assert form.malformed_path(steps, (W1, W2), 10, p) is None
    assert form.malformed_path(steps, (W1, W2), 9, p).sentence == "W1 has shape (10, 3, 5, 4), not (9, 3, 5, 4)"
    for n, name in enumerate(("W1", "W2", "L")):
        wrong = [Z[:9] if m == n else Z for m, Z in enumerate(steps)]
        complaint = form.malformed_path(wrong, (W1, W2), 10, p)
        assert complaint == (name, f"{name} has shape {wrong[n].shape}, not {steps[n].shape}")
    few = right._asdict() | {"D": right.H}
    del few["dL_dA"]
    assert form.malformed_trace(named(few), (W1, W2), p) == ("dL_dA1", "dL_dA is missing")
    extra = right._asdict() | {"D": right.H}
    assert form.malformed_trace(named(extra), (W1, W2), p).sentence == "D is there, and is no quantity of this network"
    with pytest.raises(ValueError, match="zip"):
        form.malformed_path(steps[:-1], (W1, W2), 10, p)


def test_the_form_of_networks_of_any_depth():
    H, A, Y_hat, W, b = [(5, 7, 4), (5, 7, 2)], [(5, 7, 4)], (5, 7, 2), [(5, 3, 4), (5, 4, 2)], [(5, 1, 4), (5, 1, 2)]
    form = lambda biases: quantities.shown_shapes("deep", (5,), 7, (3, 4, 2), biases)
    assert form(True) == DeepTrace(H, A, Y_hat, Y_hat, (5,), Y_hat, H, W, b, A).named()
    assert form(False) == DeepTrace(H, A, Y_hat, Y_hat, (5,), Y_hat, H, W, [], A).named()


def deep(widths, bias):
    case = make_case("xor", "tanh", 0.1, 2, 3, range(3), layers=widths, bias=bias)
    p, (X, Y, *parameters) = judgement.problem(case, "float64"), case.cast("float64")
    K = len(case.activations)
    W, b = tuple(parameters[:K]), tuple(parameters[K:])
    path = deep_numpy_impl.train(X, Y, W, b, case.lr, 2, case.activations)
    return p, parameters, deep_numpy_impl.trace(X, Y, W, b, case.activations), [*path[0], *path[1], path[2]]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("widths", [[2, 1], [2, 3, 2, 1]])
def test_networks_of_any_depth_are_judged_by_the_same_names(widths, bias):
    """Of one layer too."""
    p, parameters, found, path = deep(widths, bias)
    K = len(widths) - 1
    names = [f"W{k}" for k in range(1, K + 1)] + [f"b{k}" for k in range(1, K + 1) if bias]
    assert list(quantities.parameter_names(K, len(parameters))) == names
    assert form.malformed_trace(named(found), parameters, p) is None
    assert form.malformed_path(path, parameters, 2, p) is None
    without = {name: Z for name, Z in found.named().items() if name != names[-1]}
    del without[f"dL_d{names[-1]}"]
    assert form.malformed_trace(named(without), parameters, p).sentence == f"dL_d{names[-1]} is missing"
    assert judgement.first_wrong(judgement.judge_trace(named(found), parameters, p)) is None
    old = [np.stack([Z, new[0]]) for Z, new in zip(parameters, path, strict=False)]
    steps = judgement.judge_steps(old, path, p)
    order = [name for k in range(K, 0, -1) for name in (f"W{k}", f"b{k}") if name in names]
    assert [j.quantity for j in steps] == ["L", *order]
    assert judgement.first_wrong(steps) is None
    run = judgement.judge_run(parameters, [*(Z[-1] for Z in path[:-1]), path[-1]], p)
    assert [j.quantity for j in run] == ["L", *order]
    assert judgement.first_wrong(run) is None


def before(case, steps, dtype="float64"):
    *_, W1, W2 = case.cast(dtype)
    return form.before_each_step((W1, W2), steps)


@pytest.mark.parametrize("block", [1, 6, 7])
def test_blocks_are_judged_like_one(monkeypatch, block):
    """Also blocks smaller than the number of seeds, and a last one that is shorter."""
    case, p = asymmetric(), judgement.problem(asymmetric(), "float64")
    steps = path(numpy_impl, case, "float64")
    whole = judgement.judge_steps(before(case, steps), steps, p)
    monkeypatch.setattr(judgement, "BLOCK", block)
    for a, b in zip(whole, judgement.judge_steps(before(case, steps), steps, p), strict=True):
        assert a.quantity == b.quantity
        assert all((x == y).all() for x, y in zip(a[1:], b[1:], strict=True))


@pytest.mark.parametrize(("block", "points"), [(1, 1), (70, 2), (3 * 35, 3), (7 * 35 - 1, 6), (10**4, 30)])
def test_as_many_points_are_judged_at_once_as_a_block_holds(monkeypatch, block, points):
    """Whole steps of all seeds where it holds them; the widest array of a point is X, 7 × 5."""
    case, p = asymmetric("identity"), judgement.problem(asymmetric("identity"), "float64")
    sizes, judge_block = [], judgement._judge_block
    monkeypatch.setattr(judgement, "BLOCK", block)
    monkeypatch.setattr(
        judgement, "_judge_block", lambda Zs, *more: sizes.append(Zs[1].shape[:2]) or judge_block(Zs, *more)
    )
    steps = path(numpy_impl, case, "float64")
    judgement.judge_steps(before(case, steps), steps, p)
    assert max(t * s for t, s in sizes) == points
    assert sum(t * s for t, s in sizes) == 30


@pytest.mark.parametrize(
    ("N", "widths", "most"),
    [(2, (9, 1, 1), 18), (2, (1, 9, 1), 18), (2, (3, 7, 1), 21), (2, (1, 3, 7), 21), (9, (1, 2, 1), 18)],
)
def test_the_widest_array_of_a_point(N, widths, most):
    p = SINGLE._replace(X=np.zeros((N, widths[0])), Y=np.zeros((N, widths[-1])))
    assert judgement.entries(p, [np.zeros((5, *pair)) for pair in pairwise(widths)]) == most


def test_blocks_hold_the_same_quantities():
    case, p = asymmetric(), judgement.problem(asymmetric(), "float64")
    H, *more = judgement.judge_trace(named(trace(numpy_impl, case, "float64")), case.weights, p)
    with pytest.raises(ValueError, match="zip"):
        judgement.concatenate([[H], [H, *more]])


def test_the_first_wrong_entry_is_the_first_in_time_and_then_in_order_of_computation():
    h, a, y = judgement.judge_trace(
        named(trace(numpy_impl, asymmetric(), "float64")),
        asymmetric().weights,
        judgement.problem(asymmetric(), "float64"),
    )[:3]
    mark = lambda j, *at: j._replace(wrong=np.isin(np.arange(j.wrong.size), at).reshape(j.wrong.shape))
    size = h.wrong[0].size
    assert judgement.first_wrong([h, a, y]) is None
    found = judgement.first_wrong([h, mark(a, size + 5, size + 6), mark(y, 3)])
    assert (found.judged.quantity, found.index) == ("Y_hat", (0, 1, 1))
    found = judgement.first_wrong([mark(h, size + 9), mark(a, size + 5), y])
    assert (found.judged.quantity, found.index) == ("H1", (1, 2, 1))


def test_nothing_is_certified_beyond_an_eighth_of_the_largest_number():
    below = lambda x: judgement.below_overflow(np.array(x), SINGLE).item()
    assert [below(LARGEST / 8), below(np.nextafter(LARGEST / 8, inf)), below(nan)] == [True, False, False]


@pytest.mark.parametrize("activation", ["sigmoid", "identity"])
def test_range_is_a_matter_of_each_point_by_itself(activation):
    """H may overflow, Y_hat may overflow, the loss alone may overflow, nothing may."""
    case = asymmetric(activation, seeds=range(5))
    p = judgement.problem(case, "float32")
    W1, W2 = case.W1.copy(), case.W2.copy()
    W1[0] *= 1e38
    W2[1] *= 1e38
    W2[2] *= 1e19  # r² is beyond 1e38
    q, E, in_range = judgement.exact_values((W1, W2), p)
    assert in_range.tolist() == [False, False, False, True, True]
    assert list(E) == list(bounds.limits(q, p.X, p.Y, judgement.network_of((W1, W2), p, p.wide), "float32", p.wide))


def test_the_loss_is_in_range_while_its_sum_is():
    """Before 2N = 14 divide it: here the sum is within a third, or beyond three times, of what is certified."""
    case = asymmetric("identity")
    p = judgement.problem(case, "float32")
    q, E, _ = judgement.exact_values((case.W1, case.W2), p)
    sums = 14 * (q["L"] + E["L"] * 2.0**24)
    for share, fits in ((1 / 3, True), (3, False)):
        scale = np.sqrt(LARGEST / 8 / sums * share)[:, None, None]
        _, _, in_range = judgement.exact_values((case.W1, scale * case.W2), p)
        assert in_range.tolist() == 3 * [fits]


@pytest.mark.parametrize(("share", "fits"), [(1 / 3, True), (2 / 3, False)])
def test_the_largest_value_is_in_range_with_what_its_sum_may_have_come_to(share, fits):
    """H = w alone: |w|, and as much again for terms that cancel, are in range or not; the output does not feel it."""
    w = np.float32(share * LARGEST / 8)
    p = SINGLE._replace(activations=("tanh", "identity"))
    with np.errstate(all="ignore"):
        _, E, in_range = judgement.exact_values((w * ONE[None], ONE[None]), p)
    assert E["H1"].item() * 2.0**24 < LARGEST / 8
    assert in_range.tolist() == [fits]


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="long double is double")
@pytest.mark.parametrize(("limit", "overflows"), [("9e399", True), ("2e400", False)])
def test_out_of_float64s_range_limits_and_truth_are_compared_in_long_double(limit, overflows):
    p = SINGLE._replace(dtype="float64", wide=np.dtype(np.longdouble), activations=("tanh", "identity"))
    exact, limit = (np.array([np.longdouble(z)]) for z in ("1e400", limit))
    off = np.zeros(1, bool)
    with np.errstate(all="ignore"):
        assert judgement.judge("L", np.ones(1), exact, limit, off, ~off, p).no_number.tolist() == [overflows]


def test_limits_are_held_where_float64_cannot():
    case = asymmetric("identity")
    W1 = case.W1.copy()
    W1[0] *= 1e300
    p = judgement.problem(case, "float64", np.dtype(np.longdouble))
    with np.errstate(all="ignore"):
        _, E, in_range = judgement.exact_values((W1, case.W2), p)
    assert in_range.tolist() == [False, True, True]
    assert E["L"].dtype == np.longdouble
    _, E, _ = judgement.exact_values((case.W1, case.W2), p)
    assert E["L"].dtype == np.float64


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="long double is double")
@pytest.mark.parametrize("scale", [1, 1e307])
def test_a_columns_own_numbers_are_those_of_the_truth_and_of_its_limits(scale):
    """Also where float64 cannot hold the limits."""
    case = asymmetric("identity")
    p, W = judgement.problem(case, "float64", np.dtype(np.longdouble)), (scale * case.W1, case.W2)
    own = {"A1": np.full((3, 7, 4), 2.5e-310), "dL_dY_hat": np.full((3, 7, 2), 0.1)}
    E_W = [abs(w) / 8 for w in W]
    with np.errstate(all="ignore"):
        q, E, in_range = judgement.exact_values(W, p, E_W, own)
    assert in_range.all() == (scale == 1)
    X, Y, wider = *(truth.widen(Z, p.wide) for Z in (p.X, p.Y)), {k: truth.widen(Z, p.wide) for k, Z in own.items()}
    network = judgement.network_of(W, p, p.wide)
    expected = truth.evaluate(X, Y, network, own=wider)
    number = np.float64 if scale == 1 else np.longdouble
    limits = bounds.limits(expected, X, Y, network, "float64", p.wide, number, E_W, wider)
    for name, limit in limits.items():
        np.testing.assert_array_equal(q[name], expected[name])
        np.testing.assert_array_equal(E[name], limit)
        assert E[name].dtype == limit.dtype


def test_bits_are_demanded_at_each_point_by_itself():
    W1, W2 = np.array([[[0.5]], [[0.1]]], np.float32), np.ones((2, 1, 1), np.float32)
    for exact in (True, False):
        _, E, _ = judgement.exact_values((W1, W2), SINGLE._replace(exact=exact))
        assert (E["Y_hat"].ravel() > 0).tolist() == [not exact, True]
        assert (E["L"] > 0).all()  # its square may be that of a root


@pytest.mark.parametrize(
    ("activation", "H", "limit", "shows"),
    [
        ("tanh", 1.0, 1e-9, True),
        ("tanh", LARGEST, 1e-9, False),  # it may overflow, or not
        ("tanh", 1.0, LARGEST, False),  # its terms may
        ("tanh", nan, nan, True),
        ("tanh", inf, nan, True),
        ("identity", LARGEST, 1e-9, True),
    ],
)
def test_where_what_is_out_of_range_must_show_behind_h(activation, H, limit, shows):
    """Where H is in range, and where it is none: between the two it may come out as either infinity."""
    p = SINGLE._replace(activations=(activation, "identity"))
    q = {"H1": np.array([[[1.0, 2.0]], [[1.0, H]]]), "H2": np.full((2, 1, 1), LARGEST)}
    E = {"H1": np.array([[[0.0, 0.0]], [[0.0, limit]]]), "H2": np.full((2, 1, 1), 1e-9)}
    with np.errstate(all="ignore"):
        before, behind, last = judgement.showing(q, E, p)
    assert before.all()
    assert behind.tolist() == last.tolist() == [True, shows]


def test_what_is_held_to_it_is_what_no_activation_comes_before():
    before = lambda name, K: judgement._layers_before(name, SINGLE._replace(activations=("tanh",) * K))
    assert [before(name, 2) for name in ("H1", "A1", "H2", "Y_hat", "L", "dL_dA1", "dL_dW1")] == [0, 1, 1, 2, 2, 2, 2]
    assert [before(name, 12) for name in ("H12", "A11", "R")] == [11, 11, 12]


def updated(old, gradient, E_gradient, new=None, lr=0.5, exact=False):
    """Three points of two weights, the middle one as said: Judged."""
    points = lambda z, dtype=float: np.array([[[1, 1]], [[1, z]], [[1, 1]]], dtype)
    old, g = points(old, np.float32), points(gradient)
    E = 0 * g if np.ndim(E_gradient) == 0 and E_gradient == 0 else points(E_gradient)
    p = SINGLE._replace(lr=lr, exact=exact)
    new = (old - lr * g).astype(np.float32) if new is None else points(new, np.float32)
    on = np.ones(3, bool)
    with np.errstate(all="ignore"):
        return judgement._judge_update("W2", old, new, g, E, on, on, p), (old, g, E)


def test_weights_are_judged_by_the_step_limit():
    j, (old, g, E) = updated(3.0, 2.0, 1e-6, lr=-0.25)
    exact = old.astype(float) + 0.25 * g
    np.testing.assert_array_equal(j.exact, exact)
    np.testing.assert_array_equal(j.limit, bounds.step_limit(-0.25, g, E, old, exact, "float32", FLOAT64))
    assert j.certified.all()


@pytest.mark.parametrize(
    ("old", "gradient", "E", "lr", "certified"),
    [
        (LARGEST / 16, LARGEST / 8, 0, 0.5, True),
        (LARGEST / 16, -LARGEST / 8, 0, -0.5, True),
        (LARGEST / 16, LARGEST / 7.9, 0, 0.5, False),
        (-LARGEST / 16, -LARGEST / 7.9, 0, -0.5, False),
        (LARGEST / 16, LARGEST / 16, LARGEST / 16, 0.5, True),
        (LARGEST / 16, LARGEST / 16, LARGEST / 15.9, 0.5, False),
        (LARGEST / 16, LARGEST / 100, 0, 2.0**-120, True),
        (1e-30, 1e-30, 0, 0.5, True),
    ],
)
def test_how_far_a_step_may_reach(old, gradient, E, lr, certified):
    j, _ = updated(old, gradient, E, lr=lr)
    assert j.certified[:, 0].tolist() == [[True] * 2, [certified] * 2, [True] * 2]


def test_a_step_that_cannot_round_is_judged_to_the_bit():
    for exact in (False, True):
        j, _ = updated(3.0, 2.0, 0, exact=exact)
        assert (j.limit > 0).all() == (not exact)
        assert (j.limit == 0).all() == exact
        j, _ = updated(3.0, 0.1, 0, exact=exact)
        assert j.limit[1, 0, 1] > 0
    j, _ = updated(3.0, 2.0, 1e-9, exact=True)
    assert (j.limit[:, 0] > 0).tolist() == [[True] * 2] * 3  # known within 1: the first entries too


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(np.float64).max, reason="long double is double")
@pytest.mark.parametrize(("share", "must_fail"), [("1e-3", True), ("2", False)])
def test_a_step_out_of_float64s_range_is_judged_in_long_double(share, must_fail):
    p = SINGLE._replace(dtype="float64", wide=np.dtype(np.longdouble))
    g = np.full((1, 1, 1), np.longdouble("1e400"))
    one, on = np.ones((1, 1, 1)), np.ones(1, bool)
    with np.errstate(all="ignore"):
        j = judgement._judge_update("W2", one, one, g, np.longdouble(share) * g, on, on, p)
    assert (j.certified.item(), j.no_number.item(), j.wrong.item()) == (False, must_fail, must_fail)


def several(activation="tanh", dtype="float64"):
    case = asymmetric(activation, steps=3)
    p = judgement.problem(case, dtype)
    *_, W1, W2 = case.cast(dtype)
    with np.errstate(all="ignore"):
        return case, p, W1, W2, path(numpy_impl, case, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_run_of_one_step_is_judged_like_a_step(dtype):
    _, p, W1, W2, (W1s, W2s, L) = several(dtype=dtype)
    run = judgement.judge_run((W1, W2), (W1s[0], W2s[0], L[:1]), p)
    steps = judgement.judge_steps((W1[None], W2[None]), (W1s[:1], W2s[:1], L[:1]), p)
    assert [j.quantity for j in run] == [j.quantity for j in steps]
    for a, b in zip(run, steps, strict=True):
        np.testing.assert_array_equal(a.exact.ravel(), b.exact.ravel())
        np.testing.assert_allclose(a.limit.ravel(), b.limit.ravel(), rtol=1e-6)
        assert a.certified.all()
        assert not a.wrong.any()


def test_limits_are_carried_from_step_to_step():
    """After two steps: what the weights may be off after one, in every limit of the second, and its own rounding."""
    _, p, W1, W2, (W1s, W2s, L) = several()
    once = judgement.judge_run((W1, W2), (W1s[0], W2s[0], L[:1]), p)
    twice = judgement.judge_run((W1, W2), (W1s[1], W2s[1], L[:2]), p)
    one2, one1 = once[1:]
    step = lambda W, q: truth.widen(W, p.wide) - truth.widen(p.lr, p.wide) * q
    q0, _, _ = judgement.exact_values((W1, W2), p)
    w1, w2 = step(W1, q0["dL_dW1"]), step(W2, q0["dL_dW2"])
    q, E, _ = judgement.exact_values((w1, w2), p, [one1.limit, one2.limit])
    np.testing.assert_allclose(twice[0].limit[1], E["L"], rtol=1e-12)
    for j, w, g, one in ((twice[1], w2, "dL_dW2", one2), (twice[2], w1, "dL_dW1", one1)):
        known, most = truth.narrow(q[g]), np.abs(truth.narrow(w - truth.widen(p.lr, p.wide) * q[g])) + one.limit
        own = bounds.step_limit(p.lr, known, E[g], truth.narrow(w), most, "float64", p.wide)
        np.testing.assert_allclose(j.limit, bounds.slack("float64", p.wide) * one.limit + own, rtol=1e-12)
        np.testing.assert_array_equal(j.exact, truth.narrow(w - truth.widen(p.lr, p.wide) * q[g]))


def test_what_a_step_adds_to_what_the_weights_are_off_by():
    old, E_old, g, E_g = (np.array([[z]]) for z in (3.0, 0.5, 2.0, 0.25))
    new, E_new = judgement._carry(old, E_old, g, E_g, SINGLE)
    own = bounds.step_limit(0.5, g, E_g, old, np.array([[2.5]]), "float32", FLOAT64)  # |3 - 1| + 0.5
    np.testing.assert_allclose(E_new, bounds.slack("float32", FLOAT64) * 0.5 + own, rtol=1e-14)
    assert new.item() == 2


def test_a_run_is_never_judged_to_the_bit():
    """Once its weights may be off by anything, an operation may round that rounds not at the exact ones."""
    half = np.full((1, 1, 1), 0.5, np.float32)
    runs = [
        judgement.judge_run((half, half), (half, half, np.ones((1, 1))), SINGLE._replace(exact=e))
        for e in (False, True)
    ]
    for a, b in zip(*runs, strict=True):
        np.testing.assert_array_equal(a.limit, b.limit)
        assert (a.limit > 0).all()


def test_a_run_may_hide_what_overflows_on_the_way_to_its_sum():
    """As in one evaluation: -1e309 + 1.5e309 may come out as -inf, and ReLU makes 0 of that."""
    X, Y = np.array([[1e155, 1e155]]), np.zeros((1, 1))
    W1, W2, L = np.array([[[-1e154], [1.9e154]]]), np.ones((1, 1, 1)), np.zeros((1, 1))
    p = Problem(X, Y, ("relu", "identity"), 0.1, "float64", truth.wide_dtype("float64"), False)
    assert judgement.first_wrong(judgement.judge_run((W1, W2), (W1, W2, L), p)) is None
    assert (
        judgement.first_wrong(
            judgement.judge_run((W1, W2), (W1, W2, L), p._replace(activations=("identity", "identity")))
        )
        is not None
    )


def test_a_run_may_hide_it_in_its_last_layer_too():
    X, Y = np.ones((1, 1)), np.zeros((1, 1))
    W1, W2, L = np.array([[[1e155, 1e155]]]), np.array([[[-1e154], [1.9e154]]]), np.zeros((1, 1))
    p = Problem(X, Y, ("identity", "relu"), 0.1, "float64", truth.wide_dtype("float64"), False)
    assert judgement.first_wrong(judgement.judge_run((W1, W2), (W1, W2, L), p)) is None


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_run_is_judged_alike_in_ball_arithmetic(activation, dtype):
    """Nothing of its weights is lost from step to step: they are no float64 after the first."""
    _, p, W1, W2, (W1s, W2s, L) = several(activation, dtype)
    end = (W1s[-1], W2s[-1], L)
    run = [judgement.judge_run((W1, W2), end, p._replace(wide=w)) for w in (p.wide, truth.BALL)]
    for by_wide, by_ball in zip(*run, strict=True):
        assert not by_ball.wrong.any()
        np.testing.assert_allclose(by_ball.limit, by_wide.limit, rtol=1e-2)
        np.testing.assert_allclose(by_ball.error, by_wide.error, atol=0.02 * np.spacing(abs(by_wide.value)).max())


@pytest.mark.parametrize("dtype", DTYPES)
def test_steps_that_overflow_are_judged_without_a_warning(dtype):
    _, p, W1, W2, (W1s, W2s, L) = several("identity", dtype)
    W1 = np.finfo(dtype).max * np.sign(W1)
    assert not judgement.judge_steps((W1[None], W2[None]), (W1s[:1], W2s[:1], L[:1]), p)[0].certified.any()


@pytest.mark.parametrize("few", [True, False])
def test_a_path_shows_all_parameters_and_no_others(few):
    _, p, W1, W2, (W1s, W2s, L) = several()
    shown = [W1s] if few else [W1s, W2s, W2s]
    with pytest.raises(ValueError, match="zip"):
        judgement.judge_run((W1, W2), (*(Z[0] for Z in shown), L[:1]), p)
    with pytest.raises(ValueError, match="zip"):
        judgement.judge_steps((W1[None], W2[None]), (*(Z[:1] for Z in shown), L[:1]), p)
    for more in ([W1], [W1] * 3):  # neither without biases nor with
        with pytest.raises(ValueError, match="zip"):
            judgement.judge_run((W1, W2, *more), (W1, W2, W1, W2, L[:1]), p)
        before = [Z[None] for Z in (W1, W2, *more)]
        with pytest.raises(ValueError, match="zip"):
            judgement.judge_steps(before, (W1s[:1], W2s[:1], W1s[:1], W2s[:1], L[:1]), p)


def test_parameters_come_in_the_order_of_their_gradients():
    run = [*quantities.anatomy("deep", 10, True).run]
    assert run[:5] == ["every L", "every W10", "every b10", "every W9", "every b9"]
    assert run[-2:] == ["every W1", "every b1"]


def test_weights_at_the_edge_of_their_range_are_not_certified():
    """An eighth of the largest number, and what it may be off by is more."""
    p = SINGLE._replace(X=np.full((1, 1), 1e-30, np.float32))
    W1, W2 = np.full((1, 1, 1), LARGEST / 8, np.float32), np.ones((1, 1, 1), np.float32)
    for scale, certified in ((1, False), (0.5, True)):
        W1s, W2s, L = numpy_impl.train(p.X, p.Y, np.float32(scale) * W1, W2, p.lr, 1, "identity")
        loss, w2, w1 = judgement.judge_run((np.float32(scale) * W1, W2), (W1s[0], W2s[0], L), p)
        assert [j.certified.item() for j in (loss, w2, w1)] == [True, True, certified]


def test_what_is_known_to_less_than_its_own_size_says_nothing():
    exact = np.array([[[1.0, -2.0]], [[1.0, -2.0]], [[0.0, 0.0]]])
    limit = np.array([[[2.0, 0.0]], [[0.0, 2.1]], [[0.0, 1e-9]]])
    assert judgement._says_something(exact, limit).tolist() == [True, False, False]
    assert judgement._says_something(exact, 0 * limit).all()
    assert judgement._says_something(np.array([-1.0, 1.0]), np.array([1.0, 1.1])).tolist() == [True, False]


def test_a_run_is_certified_point_by_point_and_never_again_once_out_of_range():
    _, p, W1, W2, _ = several("identity", "float32")
    W1 = W1.copy()
    W1[0] *= np.float32(1e20)  # its loss overflows at once, and shows
    with np.errstate(all="ignore"):
        W1s, W2s, L = numpy_impl.train(p.X, p.Y, W1, W2, p.lr, 3, "identity")
    judged = judgement.judge_run((W1, W2), (W1s[-1], W2s[-1], L), p)
    assert not judged[0].certified[:, 0].any()
    assert judged[0].certified[:, 1:].all()
    for j in judged[1:]:
        assert [point.any() for point in j.certified] == [False, True, True]
    assert judgement.first_wrong(judged) is None


def balls(*values):
    return np.array([flint.arb(x) if np.isscalar(x) else flint.arb(*x) for x in values], object)


def test_numbers_wide_and_narrow():
    assert truth.unit_roundoff(truth.BALL) == 2.0**-192
    assert truth.unit_roundoff(FLOAT64) == 2.0**-53
    more = np.longdouble(1) + np.finfo(np.longdouble).eps
    assert truth.widen(more, np.dtype(np.longdouble)) == more  # not by way of float64
    third = flint.arb(1) / 3
    assert truth.widen(np.array([third]), truth.BALL)[0].mid() == third.mid()
    assert truth.narrow(balls(1.5, (1.5, 0.25))).tolist() == [1.5, 1.5]
    assert np.isnan(truth.narrow(balls(inf, nan, (0, inf)))).all()
    assert truth.finite(balls(1.5, inf, nan)).tolist() == [True, False, False]


def test_balls_enclose_every_activation():
    about_0 = balls((0, 1))
    slope, relu = truth._positive(about_0)[0], truth._relu(about_0)[0]
    assert (0 in slope, 1 in slope, 0 in relu, 1 in relu) == (True, True, True, True)
    assert truth._positive(balls(2, 0, -2)).tolist() == [1, 0, 0]
    assert truth._relu(balls(2, 0, -2)).tolist() == [2, 0, 0]
    tiny, half, one = truth._sigmoid(balls(-1e60, 0, 1e60))
    assert tiny > 0
    assert tiny < 1e-300
    assert half == 0.5
    assert 1 in one
    assert one.is_finite()
    uncertain = truth._sigmoid(balls((-1e60, 1e50)))[0]
    assert uncertain.is_finite()
    assert uncertain < 1e-300


CANCELS = SINGLE._replace(X=np.array([[1.0, 1, 1]]), Y=np.zeros((1, 1)), dtype="float64", wide=truth.BALL)
LARGE, UNIT = 2.0**1000, np.ones((1, 1))
CANCELLING = np.array([[LARGE], [1], [-LARGE]])  # H = 1, of which 1000 bits are needed to know anything


def test_precision_is_doubled_until_it_is_enough(monkeypatch):
    asked = []
    narrow_enough = lambda q: asked.append(q["H1"].item().rad()) or asked[-1] < 1
    q, bits = referee.enclose((CANCELLING, UNIT), CANCELS, narrow_enough)
    assert (bits, len(asked), float(q["H1"].item())) == (192 * 2**3, 4, 1)
    assert all(after < before * 2.0**-150 for before, after in pairwise(asked))
    monkeypatch.setattr(referee, "MOST_BITS", 768)
    asked.clear()
    with pytest.raises(referee.JudgeError, match=r"^768 bits do not enclose the exact value narrowly enough$"):
        referee.enclose((CANCELLING, UNIT), CANCELS, narrow_enough)
    assert len(asked) == 3


class Given(Exception):
    """What the truth is evaluated from."""


@pytest.mark.parametrize("wide", [truth.wide_dtype("float64"), truth.BALL])
@pytest.mark.parametrize("enclose", [True, False])
def test_nothing_but_wide_numbers_goes_into_the_truth(monkeypatch, enclose, wide):
    """Nothing of a column's own either: a third of a float64 is no float64."""
    case = make_case("xor", "tanh", 0.1, 1, 3, range(1), layers=[2, 2, 1], bias=True)
    p, own = judgement.problem(case, "float64", wide), {"R": np.ones((4, 1))}

    def evaluate(X, Y, network, bits=None, own=None):
        raise Given(X, Y, *network.weights, *network.biases, *own.values())

    monkeypatch.setattr(truth, "evaluate", evaluate)
    evaluation = partial(referee.enclose, sufficient=None) if enclose else judgement.exact_values
    with pytest.raises(Given) as given:
        evaluation(case.weights, p, own=own)
    assert {Z.dtype for Z in given.value.args} == {truth.BALL if enclose else wide}
    assert len(given.value.args) == 7


@pytest.mark.parametrize(
    ("exact", "limit", "enough", "too_little"),
    [
        (1.0, 0.5, 2.0**-19 * (1 - 2.0**-20), 2.0**-19),  # off by 2
        (1.0, 8.0, 2.0**-17 * (1 - 2.0**-20), 2.0**-17),
    ],
)
def test_a_certificate_is_a_million_times_narrower_than_what_it_is_about(monkeypatch, exact, limit, enough, too_little):
    asked = []

    def enclose(parameters, p, sufficient, own):
        asked.extend(sufficient({"L": flint.arb(exact, radius)}) for radius in (enough, too_little))
        return {"L": flint.arb(9 * exact + limit)}, 192

    monkeypatch.setattr(referee, "enclose", enclose)
    referee.confirm("L", (), 3.0, limit, (UNIT, UNIT), SINGLE)
    assert asked == [True, False]


def test_what_a_certificate_says():
    confirm = lambda name, index, value, limit: referee.confirm(name, index, value, limit, (CANCELLING, UNIT), CANCELS)
    sure = "confirmed in ball arithmetic, {} bits: off by {}, limit {}".format
    assert confirm("H1", (0, 0), 5.0, 1.0) == sure(1536, "4.00", "1")
    assert confirm("H1", (0, 0), -5.0, 1.0) == sure(1536, "6.00", "1")
    # w - λ g at the column's own weights: W1 = 1, λ = 1/2, dL_dW1 = 1; W2 likewise
    assert confirm("W1", (1, 0), 1.25, 1 / 3) == sure(1536, "0.750", "0.33")
    assert confirm("W2", (0, 0), 1.25, 1 / 3) == sure(1536, "0.750", "0.33")
    # h = 2, r = 6 - 1: W2 = 3 - 10/2, W1 = 2 - 15/2
    assert referee.confirm("W2", (0, 0), 2.0, 0.25, (2 * UNIT, 3 * UNIT), SINGLE) == sure(192, "4.00", "0.25")
    assert referee.confirm("W1", (0, 0), 2.0, 0.25, (2 * UNIT, 3 * UNIT), SINGLE) == sure(192, "7.50", "0.25")
    assert confirm("L", (), nan, 1.0) == "certified: it is no finite number, and the exact value is"
    with pytest.raises(referee.JudgeError, match=r"^L\[\] was rejected, but .* within the limit$"):
        confirm("L", (), 1.0, 0.5)  # off by exactly the limit
    with pytest.raises(referee.JudgeError, match=r"^L\[\] was rejected, but .* within the limit$"):
        confirm("L", (), 0.5, 0.0)  # not off at all


def test_a_certificate_of_what_no_precision_tells_exactly():
    p = judgement.problem(asymmetric(), "float64")
    W1, W2 = asymmetric().W1[0], asymmetric().W2[0]
    off = 2 - numpy_impl.trace(p.X, p.Y, W1, W2, "sigmoid").A[1, 1]
    text = referee.confirm("A1", (1, 1), 2.0, 1e-12, (W1, W2), p)
    assert text == f"confirmed in ball arithmetic, 192 bits: off by {off:.2f}, limit 1e-12"


@pytest.mark.parametrize("name", ["A1", "L"])
@pytest.mark.parametrize(("share", "enough"), [(1 - 2.0**-20, True), (1 + 2.0**-20, False)])
def test_balls_that_audit_are_16_times_narrower_than_what_they_allow(monkeypatch, share, enough, name):
    p, asked = judgement.problem(asymmetric(), "float32"), []
    *_, W1, W2 = (Z[0] if Z.ndim == 3 else Z for Z in asymmetric().cast("float32"))
    honest = referee.enclose

    def enclose(parameters, p, sufficient):
        q, bits = honest(parameters, p, sufficient)
        _, E, _ = judgement.exact_values(parameters, p)
        wide = np.frompyfunc(lambda ball, limit: flint.arb(ball.mid(), share * limit * 2.0**-28 / 16), 2, 1)
        asked.append(sufficient(q | {name: wide(q[name], E[name])}))
        return q, bits

    monkeypatch.setattr(referee, "enclose", enclose)
    referee.audit((W1, W2), p)
    assert asked == [enough]


@pytest.mark.parametrize(("shares", "wrong"), [(1.5, False), (2.5, True)])
@pytest.mark.parametrize("name", ["H1", "L", "slope1", "dL_dW1"])
def test_the_bulk_evaluation_may_be_off_by_twice_its_share_of_the_limit(monkeypatch, name, shares, wrong):
    case = asymmetric()
    p, honest = judgement.problem(case, "float32"), truth.evaluate
    *_, W1, W2 = case.cast("float32")
    share = 2.0**-53 / 2.0**-24

    def off(X, Y, network, *bits, **own):
        q = honest(X, Y, network, *bits, **own)
        if not bits:
            E = bounds.limits(q, X, Y, network, p.dtype, p.wide)[name]
            q[name] = q[name] + shares * share * E
        return q

    monkeypatch.setattr(truth, "evaluate", off)
    found = rf"^the exact {name}\[.*\] is off by \[?\d\.\d\d?e-\d+( \+/- .*\])?: the judge is wrong$"
    with pytest.raises(referee.JudgeError, match=found) if wrong else nullcontext():
        referee.audit((W1[0], W2[0]), p)
