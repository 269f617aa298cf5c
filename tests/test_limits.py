"""Every limit against the formula it is derived from, worked out beside it, at examples small enough for a pencil.

COARSE is a format so coarse that no term hides behind another: with u = 1/64, γ_n = n / (64 - n) and 8 eps = 1/4.
"""

from itertools import pairwise

import flint
import numpy as np
import pytest

from fourfold.compare.judge import bounds, truth
from fourfold.compare.judge.formats import Format

ETA = 2.0**-5
COARSE = Format(bits=24, u=2.0**-6, eta=ETA, largest=2.0**10)
BIG = np.finfo(np.float64).max
FLOAT64 = np.dtype(np.float64)
same = lambda got, expected: np.testing.assert_allclose(got, expected, rtol=1e-14, atol=0)
column = lambda *x: np.array(x, float)[:, None]
row = lambda *x: np.array(x, float)[None, :]


def gamma(n):
    return n / (64 - n)


@pytest.fixture
def coarse(monkeypatch):
    monkeypatch.setattr(bounds, "format_of", lambda dtype: COARSE)


def test_the_formats():
    assert bounds.format_of("float64")[:4] == (53, 2.0**-53, 2.0**-1022, BIG)
    assert bounds.format_of("float32")[:4] == (24, 2.0**-24, 2.0**-126, (2 - 2.0**-23) * 2.0**127)


def test_an_input_is_exact_unless_it_may_be_flushed():
    Z = np.array([0, 1, -1, ETA, -ETA, 0.99 * ETA, -1e-9])
    assert bounds._input(Z, COARSE).tolist() == [0, 0, 0, 0, 0, ETA, ETA]


def test_an_operation_rounds_and_underflows():
    got = bounds._rounded(0.25, np.array([8.0, 0.0]), COARSE)
    assert got.tolist() == [2 + 2 * ETA, 0]
    assert bounds._rounded(0.25, np.array([8.0]), COARSE, operations=3).tolist() == [2 + 6 * ETA]


@pytest.mark.parametrize(
    ("a", "E_a", "b", "E_b", "bias", "most", "carried", "n"),
    [
        # most = Σ (|a| + E_a)(|b| + E_b) + |bias| + E_bias, carried = Σ (|a| + E_a)(|b| + E_b) - |a||b| + E_bias
        ([2], [0], [3], [0], None, 6, 0, 1),
        ([1, 2], [0.5, 0], [3, 1], [0, 0.25], None, 1.5 * 3 + 2 * 1.25, 1.5 + 0.5, 2),
        ([1], [0.5], [3], [0.25], None, 1.5 * 3.25, 1.5 * 3.25 - 3, 1),
        ([1, 2, 0], [0.5, 0, 0], [3, 1, 1], [0, 0, 0], None, 6.5, 1.5, 3),
        ([2], [0], [3], [0], (5, 0), 6 + 5, 0, 2),
        ([2], [0], [3], [0], (5, 0.5), 6 + 5.5, 0.5, 2),
        ([2], [0], [3], [0], (0.5 * ETA, 0), 6 + 0.5 * ETA, ETA, 2),  # a bias that may be flushed
        ([0], [0], [3], [0], (0.5, 0), 0.5, 0, 2),
        ([0], [0], [3], [0], (0, 0.5), 0.5, 0.5, 2),
        ([0], [0.5], [0], [0.25], None, 0.125, 0.125, 1),
    ],
)
def test_a_product(a, E_a, b, E_b, bias, most, carried, n):
    """γ_n of all there may be, what the factors' errors carry into it, and 2n - 1 operations that may be flushed."""
    b0 = () if bias is None else (np.array([[z]], float) for z in bias)
    got = bounds._product(row(*a)[None], row(*E_a), column(*b), column(*E_b), COARSE, *b0)
    same(got, [[[gamma(n) * most + carried + 4 * n * ETA]]])


def test_a_product_has_room_only_where_something_is_not_zero():
    a, b = np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[2.0, 0.0], [0.0, 0.0]])
    exact = np.zeros((2, 2))
    assert (bounds._product(a, exact, b, exact, COARSE) == 0).all()  # every product has a factor 0
    same(bounds._product(a[:, ::-1], exact, b, exact, COARSE), [[gamma(2) * 2 + 8 * ETA, 0], [0, 0]])
    same(bounds._product(a, exact, b, exact, COARSE, np.array([[0.0, 3.0]])), 2 * [[0, gamma(3) * 3 + 12 * ETA]])


LN3 = np.log(3)


@pytest.mark.parametrize(
    ("activation", "h", "E_h", "a", "moved"),
    [
        # |φ'| E + ½ max|φ''| E², ½ max|φ''| <= 0.05 and 0.39
        ("sigmoid", LN3, 0.1, 3 / 4, (3 / 16 + 0.05 * 0.1) * 0.1),
        ("tanh", LN3 / 2, 0.1, 1 / 2, (3 / 4 + 0.39 * 0.1) * 0.1),
        # no steeper than 1/4 and 1 anywhere
        ("sigmoid", 0, 1, 1 / 2, 1 / 4),
        ("tanh", 0, 1, 0, 1),
        # no steeper than e^-t and 4 e^-2t from t = |h| - E_h on
        ("sigmoid", 20, 1, 1 - np.exp(-20), np.exp(-19)),
        ("tanh", 10, 1, np.tanh(10), 4 * np.exp(-18)),
        ("sigmoid", 20, 2, 1 - np.exp(-20), 2 * np.exp(-18)),
        # and φ has nowhere else to go
        ("sigmoid", 0, 100, 1 / 2, 1),
        ("tanh", 0, 100, 0, 2),
        # nothing moves
        ("sigmoid", 0, 0, 1 / 2, 0),
        ("sigmoid", 800, 0, 0, 0),
        ("tanh", LN3 / 2, 0, 1 / 2, 0),
    ],
)
def test_sigmoid_and_tanh(activation, h, E_h, a, moved):
    slope = a * (1 - a) if activation == "sigmoid" else 1 - a * a
    E_a, E_slope = bounds._activation(activation, *map(np.array, (float(h), E_h, a, slope)), COARSE)
    expected = moved + (a + moved) / 4 + 2 * ETA  # the library's 8 eps of what it returns
    most = a + expected
    same(E_a, expected)
    if activation == "sigmoid":
        carried = (abs(1 - 2 * a) + expected) * expected  # of a - a²: |1 - 2a| E + E²
        own = gamma(2) * (slope + expected)  # 1 - a and the product, relative to a (1 - a)
    else:
        carried = (2 * a + expected) * expected  # of 1 - a²: 2|a| E + E²
        own = gamma(3) * (slope + 2 * most * expected)  # 1 - a, 1 + a and the product, relative to (1 - a)(1 + a)
    # otherwise a² and a difference, or a product a (1 - a), not relative to the result: u |a| twice; two operations
    same(E_slope, carried + own + 2 * most / 64 + 4 * ETA)


def test_tanh_of_nothing_is_nothing_and_sigmoid_of_nothing_is_not():
    zero = np.array(0.0)
    assert bounds._activation("tanh", zero, zero, zero, np.array(1.0), COARSE)[0] == 0
    assert bounds._activation("sigmoid", np.array(800.0), zero, zero, zero, COARSE)[0] == 2 * ETA


def test_identity_and_relu_round_nothing():
    H, E_H = np.array([1.0, 0.5, 0.25, 0.0]), np.array([0.5, 0.5, 0.5, 0.0])
    E_A, E_slope = bounds._activation("identity", H, E_H, H, np.ones(4), COARSE)
    assert (E_A.tolist(), E_slope.tolist()) == (E_H.tolist(), [0, 0, 0, 0])
    # the slope is unknown where h may have been rounded to 0 or to its other side
    E_A, E_slope = bounds._activation("relu", H, E_H, H, np.ones(4), COARSE)
    assert (E_A.tolist(), E_slope.tolist()) == (E_H.tolist(), [0, 1, 1, 0])


def test_a_gradient_times_a_slope():
    """E_g σ' + g E_σ' + E_g E_σ', and two operations that round: g (1 - a), then times a."""
    arrays = [np.array([x]) for x in (3.0, 0.5, 0.25, 0.125)]
    carried = 3.5 * 0.375 - 3 * 0.25
    times = lambda activation: bounds._times_slope(activation, *arrays, COARSE)
    same(times("sigmoid"), [carried + gamma(2) * 3.5 * 0.375 + 4 * ETA])
    same(times("tanh"), times("sigmoid"))
    same(times("relu"), [carried])
    same(times("identity"), [0.5])
    zero = np.zeros(1)
    assert bounds._times_slope("tanh", zero, zero, *arrays[2:], COARSE) == 0
    same(bounds._times_slope("tanh", zero, arrays[1], *arrays[2:], COARSE), [0.5 * 0.375 * (1 + gamma(2)) + 4 * ETA])


def test_a_sum_over_samples():
    dH, E_dH = np.array([[[0.1, 0], [0.2, 0], [0.3, 0]]]), np.array([[[0.05, 0], [0, 0], [0.02, 0]]])
    same(bounds._column_sum(dH, E_dH, COARSE), [[[0.07 + gamma(2) * 0.67 + 6 * ETA, 0]]])


def three_layers():
    """2 points, 2 samples, widths 3, 2, 2, 2, every activation that rounds and the one that does not."""
    rng = np.random.default_rng(31)
    widths, S, N = (3, 2, 2, 2), 2, 2
    W = tuple(rng.standard_normal((S, *shape)) for shape in pairwise(widths))
    b = (rng.standard_normal((S, 1, 2)), None, rng.standard_normal((S, 1, 2)))
    X, Y = rng.standard_normal((N, 3)), rng.standard_normal((N, 2))
    X[0, 0] = Y[1, 0] = W[0][0, 1, 1] = W[1][1, 0, 0] = W[2][0, 1, 0] = ETA / 2  # may be flushed
    network = truth.Network(W, b, ("sigmoid", "relu", "tanh"))
    return X, Y, network, truth.evaluate(X, Y, network)


def expected_limits(X, Y, network, q, E_weights):
    """The derivation, step by step. What weights may be off by may flush them, too."""
    f, (W, b, (phi1, phi2, phi3)) = COARSE, network
    X, Y, W = abs(X), abs(Y), [abs(w) for w in W]
    b = [None if z is None else abs(z) for z in b]
    q = {name: abs(value) for name, value in q.items()}
    inputs = lambda Z: bounds._input(Z, f)
    E_W = [inputs(w) if e is None else np.where(e > 0, e + ETA, inputs(w)) for w, e in zip(W, E_weights, strict=False)]
    E_b = E_weights[3:] or [0, 0, 0]
    product, act, times = bounds._product, bounds._activation, bounds._times_slope
    E = {"H1": product(X, inputs(X), W[0], E_W[0], f, b[0], E_b[0])}
    E["A1"], E["slope1"] = act(phi1, q["H1"], E["H1"], q["A1"], q["slope1"], f)
    E["H2"] = product(q["A1"], E["A1"], W[1], E_W[1], f)
    E["A2"], E["slope2"] = act(phi2, q["H2"], E["H2"], q["A2"], q["slope2"], f)
    E["H3"] = product(q["A2"], E["A2"], W[2], E_W[2], f, b[2], E_b[2])
    E["Y_hat"], E["slope3"] = act(phi3, q["H3"], E["H3"], q["Y_hat"], q["slope3"], f)
    # a difference: rounds once
    E["R"] = E["Y_hat"] + inputs(Y) + (q["R"] + E["Y_hat"]) / 64 + 2 * ETA
    R, E_R = q["R"], E["R"]
    # L = Σ r² / (2N), N = 2: (r + e)² - r² and 4 terms of a square, 3 sums and at most 3 scalings
    E["L"] = ((2 * R * E_R + E_R**2 + gamma(10) * (R + E_R) ** 2) / 4).sum(axis=(-2, -1)) + 10 * 2 * ETA
    # 2r · (1/2 · 1/N): four operations
    E["dL_dY_hat"] = E_R / 2 + gamma(4) * (R + E_R) / 2 + 4 * 2 * ETA
    E["dL_dH3"] = times(phi3, q["dL_dY_hat"], E["dL_dY_hat"], q["slope3"], E["slope3"], f)
    E["dL_dW3"] = product(q["A2"].mT, E["A2"].mT, q["dL_dH3"], E["dL_dH3"], f)
    E["dL_db3"] = bounds._column_sum(q["dL_dH3"], E["dL_dH3"], f)
    E["dL_dA2"] = product(q["dL_dH3"], E["dL_dH3"], W[2].mT, E_W[2].mT, f)
    E["dL_dH2"] = times(phi2, q["dL_dA2"], E["dL_dA2"], q["slope2"], E["slope2"], f)
    E["dL_dW2"] = product(q["A1"].mT, E["A1"].mT, q["dL_dH2"], E["dL_dH2"], f)
    E["dL_dA1"] = product(q["dL_dH2"], E["dL_dH2"], W[1].mT, E_W[1].mT, f)
    E["dL_dH1"] = times(phi1, q["dL_dA1"], E["dL_dA1"], q["slope1"], E["slope1"], f)
    E["dL_dW1"] = product(X.mT, inputs(X).mT, q["dL_dH1"], E["dL_dH1"], f)
    E["dL_db1"] = bounds._column_sum(q["dL_dH1"], E["dL_dH1"], f)
    return E


@pytest.mark.parametrize("number", [np.float64, np.longdouble])
@pytest.mark.parametrize("known", ["all", "biases", "nothing"])
def test_a_network_of_three_layers(coarse, number, known):
    X, Y, network, q = three_layers()
    E_weights = [np.where(w > 0, abs(w) / 8, 0) for w in network.weights]
    if known == "nothing":
        E_weights += [0.0 if b is None else abs(b) / 16 for b in network.biases]
    E = bounds.limits(q, X, Y[None], network, "any", FLOAT64, number, None if known == "all" else E_weights)
    expected = expected_limits(X, Y, network, q, 3 * [None] if known == "all" else E_weights)
    assert E.keys() == expected.keys()
    for name, limit in expected.items():
        assert E[name].shape == q[name].shape
        same(E[name], bounds.slack("any", FLOAT64) * limit)


def test_every_layers_weights_are_known_to_something(coarse):
    X, Y, network, q = three_layers()
    with pytest.raises(ValueError, match="zip"):
        bounds.limits(q, X, Y, network, "any", FLOAT64, E_weights=[np.zeros_like(w) for w in network.weights[:2]])


@pytest.mark.parametrize("number", [np.float64, np.longdouble])
def test_a_columns_own_numbers_are_known_as_inputs_are(coarse, number):
    X, Y, network, q = three_layers()
    own = {name: (1.5 + n / 8) * Z for n, (name, Z) in enumerate(q.items()) if name[0] != "s"}
    for name in own.keys() - {"L"}:
        own[name][0, 0, 0] = ETA / 2  # may be flushed
    q = truth.evaluate(X, Y, network, own=own)
    E = bounds.limits(q, X, Y, network, "any", FLOAT64, number, own=own)
    f, (W1, W2, W3), (b1, _, b3) = (
        COARSE,
        map(abs, network.weights),
        [0 if b is None else abs(b) for b in network.biases],
    )
    a, q = ({name: abs(Z) for name, Z in Zs.items()} for Zs in (own, q))
    known = lambda Z: (Z, bounds._input(Z, f))
    product, act, times = bounds._product, bounds._activation, bounds._times_slope
    gradient = lambda A, dH: product(A.mT, known(A)[1].mT, *known(dH), f)
    expected = {"H1": product(*known(abs(X)), *known(W1), f, b1), "H2": product(*known(a["A1"]), *known(W2), f),
                "H3": product(*known(a["A2"]), *known(W3), f, b3)}  # fmt: skip
    for k, (name, phi) in enumerate(zip(("A1", "A2", "Y_hat"), network.activations, strict=True), start=1):
        H, slope = f"H{k}", f"slope{k}"
        expected[name], expected[slope] = act(phi, *known(a[H]), q[name], q[slope], f)
        A, dL_dA = abs(X) if k == 1 else a[f"A{k - 1}"], a["dL_dY_hat" if k == 3 else f"dL_dA{k}"]
        expected[f"dL_dH{k}"] = times(phi, *known(dL_dA), q[slope], expected[slope], f)
        expected[f"dL_dW{k}"] = gradient(A, a[f"dL_dH{k}"])
    for k, W in ((2, W2), (3, W3)):
        expected[f"dL_dA{k - 1}"] = product(*known(a[f"dL_dH{k}"]), W.mT, known(W)[1].mT, f)
    for k in (1, 3):
        dH, E_dH = known(a[f"dL_dH{k}"])
        fused = dH / 64 if network.activations[k - 1] in {"sigmoid", "tanh"} else 0  # the product may not be rounded
        expected[f"dL_db{k}"] = bounds._column_sum(dH, E_dH + fused, f)
    (R, E_R), E_Y = known(a["R"]), known(abs(Y))[1]
    expected["R"] = known(a["Y_hat"])[1] + E_Y + (q["R"] + known(a["Y_hat"])[1]) / 64 + 2 * ETA
    expected["L"] = ((2 * R * E_R + E_R**2 + gamma(10) * (R + E_R) ** 2) / 4).sum(axis=(-2, -1)) + 10 * 2 * ETA
    expected["dL_dY_hat"] = E_R / 2 + gamma(4) * (R + E_R) / 2 + 4 * 2 * ETA
    assert E.keys() == expected.keys()
    for name, limit in expected.items():
        same(E[name], bounds.slack("any", FLOAT64) * limit)


def test_a_network_that_is_right_by_construction_has_no_room(coarse):
    """Targets 0, and at one of two points all weights 0: there nothing rounds, and every number is exactly 0."""
    W1, W2 = np.array([0.0, 0.25])[:, None, None] * np.ones((2, 2, 1)), np.array([0.0, 0.25])[:, None, None]
    network = truth.Network((W1, W2), (None, None), ("tanh", "identity"))
    X, Y = np.ones((2, 2)), np.zeros((2, 1))
    q = truth.evaluate(X, Y, network)
    E = bounds.limits(q, X, Y, network, "any", FLOAT64)
    assert all((limit[0] == 0).all() for name, limit in E.items() if name != "slope1")
    R, E_R = np.abs(q["R"][1]), E["R"][1] / bounds.slack("any", FLOAT64)
    squares = ((2 * R + E_R) * E_R + gamma(8) * (R + E_R) ** 2).sum()
    same(E["L"][1], bounds.slack("any", FLOAT64) * (squares / 4 + 8 * 2 * ETA))


def test_limits_out_of_range_are_infinite_or_no_number_without_a_warning():
    huge = np.full((1, 1), 1e200)
    network = truth.Network((huge, huge), (None, None), ("tanh", "identity"))
    E = bounds.limits(truth.evaluate(huge, huge, network), huge, huge, network, "float64", FLOAT64)
    assert not np.isfinite(E["H1"]).any()


def test_the_steepest_slope_is_that_of_the_exact_difference():
    """|h| - E_h = 600 - 2^-45 rounds to 600, where σ is less steep by a factor 1 - 2^-45: more than slack has."""
    small, E_h = np.exp(-600), 2.0**-45
    E_a, _ = bounds._activation("sigmoid", *map(np.array, (600.0, E_h, small, small)), Format(53, 0, 0, 1))
    with truth.precision(200):
        assert flint.arb(float(E_a)) > (flint.arb(E_h) - 600).exp() * E_h
    same(E_a, np.exp(-600 * (1 - 2.0**-50)) * E_h)


def test_slack_is_the_truths_own_rounding():
    """u_wide / u twice, and 64 eps for the limits' own sums."""
    assert bounds.slack("float32", FLOAT64) == 1 + 2 * 2.0**-53 / 2.0**-24 + 64 * 2.0**-52
    assert bounds.slack("float64", truth.BALL) == 1 + 64 * 2.0**-52  # 2^-192 is lost beside it
    assert bounds.slack("float64", FLOAT64) == 3 + 64 * 2.0**-52


@pytest.mark.parametrize(("lr", "flushed"), [(0.5, 0), (-0.5, 0), (ETA / 2, ETA)])
def test_an_update(coarse, lr, flushed):
    """λ ĝ rounds once, then w - λ ĝ once, and both may be flushed; the truth does the same in float64."""
    old, g, E_g = np.array([3.0, -3.0]), np.array([2.0, -8.0]), np.array([0.25, 0.5])
    exact = old - lr * g
    size, g = abs(lr), abs(g)
    product = size * E_g + size * (g + E_g) / 64 + flushed * (g + E_g)
    difference = (abs(exact) + product) / 64
    truths = 2 * 2.0**-53 * (abs(old) + size * g)
    got = bounds.step_limit(lr, np.array([2.0, -8.0]), E_g, old, exact, "float64", FLOAT64)
    same(got, bounds.slack("float64", FLOAT64) * (product + difference + truths + 4 * ETA))


def test_the_truths_own_part_of_an_update(coarse, monkeypatch):
    """As large as the column's where the truth's numbers are no wider: 2 u (|w| + λ |g|)."""
    monkeypatch.setattr(bounds, "unit_roundoff", lambda wide: COARSE.u)
    got = bounds.step_limit(0.5, np.array([-8.0]), 0, np.array([-3.0]), np.array([1.0]), "float64", FLOAT64)
    same(got, (3 + 64 * 2.0**-52) * (4 / 64 + (1 + 4 / 64) / 64 + 2 * (3 + 4) / 64 + 4 * ETA))


def test_how_far_an_intermediate_result_reaches():
    """E >= u P for partial sums of total magnitude P; Σ r² is 2N L."""
    Y, magnitude, limit = np.zeros((3, 2)), np.array([5.0]), np.array([2.0**-20])
    assert bounds.reaches("dL_dW1", magnitude, limit, Y, "float32") == 5 + 2.0**4
    assert bounds.reaches("L", magnitude, limit, Y, "float32") == 6 * (5 + 2.0**4)
    assert bounds.reaches("L", magnitude, limit, Y, "float64") == 6 * (5 + 2.0**33)


def test_a_mask_of_points_fits_what_has_more_axes():
    mask = np.array([[True, False, True]])
    assert bounds.per_point(mask, np.zeros((1, 3, 4, 5))).shape == (1, 3, 1, 1)
    assert bounds.per_point(mask, np.zeros((1, 3))).shape == (1, 3)


@pytest.mark.parametrize(
    ("z", "grain"), [(0, 1), (3, 1), (-0.5, 2), (0.375, 8), (2.0**-60, 2.0**60), (2.0**-61, np.inf)]
)
def test_the_grain_of_a_number(z, grain):
    assert bounds._grain(np.array(float(z))) == grain
    assert bounds._grain(np.array([[1.0], [z]])) == grain
    assert bounds._grain(np.array([[[z, 1.0]], [[0.25, 2.0]]])).tolist() == [grain, 4]


P = 2**12  # float32 has 24 bits: sums up to P² are exact
CASES = {  # x, W1, W2, y, all integers: sums of which the largest is P², and then one is more
    "H": ([P, 0], [[P], [1]], [[0]], [0]),
    "H, more": ([P, 1], [[P], [1]], [[0]], [0]),
    "Y_hat": ([1], [[P, P]], [[P // 2], [-P // 2]], [0]),
    "Y_hat, more": ([1], [[P, P, 1, 1]], [[P // 2], [-P // 2], [1], [-1]], [0]),
    "R": ([1], [[P * P // 2]], [[1]], [P * P // 2]),
    "R, more": ([1], [[P * P // 2]], [[1]], [P * P // 2 + 1]),
    "L": ([1], [[1]], [[1]], [1 - P]),
    "L, more": ([1], [[1]], [[1]], [-P]),
    # from here on in units of R's divided by 2N
    "dL_dW2": ([1], [[P // 2]], [[1]], [-P // 2]),
    "dL_dW2, more": ([1], [[P // 2 + 1]], [[1]], [1 - P // 2]),
    "dL_dA": ([1], [[1]], [[P // 2, P // 2]], [0, P]),
    "dL_dA, more": ([1], [[1]], [[P // 2 + 1, P // 2 + 1]], [1, P + 1]),
    "dL_dW1": ([P // 2], [[1]], [[1]], [-P // 2]),
    "dL_dW1, more": ([P // 2 + 1, -1], [[1], [1]], [[1]], [-P // 2]),
}


@pytest.mark.parametrize(("samples", "grains"), [(1, (2, 4, 8)), (2, (16, 4, 2))])
@pytest.mark.parametrize("name", CASES)
def test_what_cannot_round(name, grains, samples):
    """The same in units of 1/2, 1/4 ...: terms are multiples of the product of their factors' units."""
    x, W1, W2, y = (np.array(Z, float) for Z in CASES[name])
    # an input that is 1 with weights 0, an input that is 0 with weights 1, a hidden unit that is 0: each unit occurs
    x = np.concatenate([x, [1, 0]])
    W1 = np.block([[W1, np.zeros((len(W1), 1))], [np.zeros((1, W1.shape[1] + 1))], [np.ones((1, W1.shape[1])), 0]])
    W2 = np.concatenate([W2, np.ones((1, W2.shape[1]))])
    X, Y = np.zeros((samples, len(x))), np.zeros((samples, len(y)))
    X[0], Y[0] = x / grains[0], y / np.prod(grains)
    W1, W2 = W1 / grains[1], W2 / grains[2]
    # and, point by point: weights that are multiples of nothing, weights 0, and large ones
    W1, W2 = np.stack([W1, 0 * W1 + 2.0**-61, 0 * W1, 2.0**40 * W1]), np.stack([W2, W2, 0 * W2, W2])
    network = truth.Network((W1, W2), (None, None), ("identity", "identity"))
    got = bounds.roundless(truth.evaluate(X, Y, network), X, Y, network, "float32")
    assert got.tolist() == ["more" not in name, False, max(np.abs(y)) <= P, False]


@pytest.mark.parametrize(
    ("activations", "bias", "samples", "fits"),
    [
        (("relu", "identity"), None, 4, True),
        (("relu", "relu"), None, 1, True),
        (("tanh", "identity"), None, 4, False),
        (("identity", "sigmoid"), None, 4, False),
        (("relu", "identity"), np.zeros((1, 1)), 4, False),
        (("relu", "identity"), None, 3, False),
        (("relu", "identity"), None, 6, False),
    ],
)
def test_where_nothing_is_known_about_rounding(activations, bias, samples, fits):
    network = truth.Network((np.ones((5, 1, 1)), np.ones((5, 1, 1))), (None, bias), activations)
    X, Y = np.ones((samples, 1)), np.ones((samples, 1))
    got = bounds.roundless(truth.evaluate(X, Y, network), X, Y, network, "float32")
    assert (got.dtype, got.tolist()) == (bool, 5 * [fits])


@pytest.mark.parametrize(
    ("lr", "old", "g", "E_g", "exact"),
    [
        (0.25, 2.0**21 - 0.125, 0.5, 0, True),  # in eighths: 2^24 of them
        (-0.25, 0.125 - 2.0**21, -0.5, 0, True),
        (0.25, 2.0**21, 0.5, 0, False),
        (0.25, 2.0**21 - 0.125, 0.5, 1e-9, False),
        (0.25, 2.0**20 - 0.0625 - 0.125, 0.5, 0, True),  # the weight in sixteenths
        (0.25, 2.0**20 + 0.0625, 0.5, 0, False),
    ],
)
def test_a_step_that_cannot_round(lr, old, g, E_g, exact):
    arrays = [np.array([[float(z)]]) for z in (old, g, E_g)]
    assert bounds.exact_step(lr, *arrays, "float32").tolist() == [[exact]]
    assert bounds.exact_step(lr, *arrays, "float64").tolist() == [[E_g == 0]]


def test_steps_are_exact_entry_by_entry_and_their_units_point_by_point():
    old, g = np.array([[[1.0], [2.0**23]], [[1.0], [0.125]]]), np.array([[[0.0], [0.0]], [[0.0], [2.0**23]]])
    assert bounds.exact_step(0.5, old, g, np.zeros_like(g), "float32")[..., 0].tolist() == [[True, True], [True, False]]


SLOPES = {  # σ' from a, each operation with its own (1 + δ)
    "sigmoid": [lambda a, d, e: a * ((1 - a) * d) * e, lambda a, d, e: (a - a * a * d) * e],
    "tanh": [
        lambda a, d, e: (1 - a * a * d) * e,
        lambda a, d, e: (1 + a) * d * ((1 - a) * e),
        lambda a, d, e: ((1 - a) + a * (1 - a) * d) * e,
    ],
    "identity": [lambda a, d, e: np.ones_like(a)],
}
FINE = Format(bits=24, u=2.0**-20, eta=2.0**-500, largest=2.0**500)


PHI = {"sigmoid": lambda h: 1 / (1 + np.exp(-h)), "tanh": np.tanh, "identity": lambda h: h}


@pytest.mark.parametrize(("activation", "form"), [(phi, n) for phi in SLOPES for n in range(len(SLOPES[phi]))])
def test_every_way_of_rounding_is_within_the_limit_and_the_worst_is_near_it(monkeypatch, activation, form):
    """1 × 1 × 1 networks in which every operation is off by a factor 1 + u or 1 - u, in all combinations."""
    monkeypatch.setattr(bounds, "format_of", lambda dtype: FINE)
    d = np.meshgrid(*14 * [[1 - FINE.u, 1 + FINE.u]], sparse=True, indexing="ij")
    library = 1 + 2 * bounds.C_ACTIVATION * (d[1] - 1) if activation != "identity" else 1
    times = d[10] if activation != "identity" else 1
    worst = {}
    for seed in range(8):
        x, y, w1, w2 = np.random.default_rng(seed).standard_normal((4, 1, 1))
        network = truth.Network((w1, w2), (None, None), (activation, "identity"))
        q = truth.evaluate(x, y, network)
        E = bounds.limits(q, x, y, network, "any", FLOAT64)
        exact = q["W1"] = w1 - 0.5 * q["dL_dW1"]
        E["W1"] = bounds.step_limit(0.5, q["dL_dW1"], E["dL_dW1"], w1, exact, "any", FLOAT64)
        x, y, w1, w2 = (Z.item() for Z in (x, y, w1, w2))
        h = x * w1 * d[0]
        a = PHI[activation](h) * library
        y_hat = a * w2 * d[2]
        r = (y_hat - y) * d[3]
        dr = r * d[5] ** 4  # 2r · (1/2 · 1/N); for the loss a root, whose rounding counts twice, and two squares
        da = dr * w2 * d[6]
        dh = da * SLOPES[activation][form](a, d[8], d[9]) * times
        dw1 = x * dh * d[11]
        new = (w1 - 0.5 * dw1 * d[12]) * d[13]
        got = {"H1": h, "A1": a, "Y_hat": y_hat, "R": r, "L": r * r / 2 * d[4] ** 7, "dL_dY_hat": dr}
        got |= {"dL_dW2": a * dr * d[7], "dL_dA1": da, "dL_dH1": dh, "dL_dW1": dw1, "W1": new}
        for name, value in got.items():
            worst[name] = max(worst.get(name, 0), (np.abs(value - q[name]).max() / E[name]).item())
    assert max(worst.values()) <= 1, worst
    assert min(worst.values()) > 0.85, worst
