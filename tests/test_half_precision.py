"""float16 and bfloat16, and mixed precision: limits, sentences, and what is found inside float32."""

from types import SimpleNamespace

import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.agreement import half, walk
from fourfold.compare.agreement.certify import certify
from fourfold.compare.agreement.diagnose import diagnosis
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import ACTIVATIONS, make_case, two_layer_case
from fourfold.compare.columns import calls, complete
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import bounds, form, formats, judgement, layers, referee, truth
from fourfold.compare.judge.formats import HALF, MIXED
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import MISTAKES
from fourfold.compare.results.result import Rejection
from fourfold.impls.model import Trace
from fourfold.impls.two_layer import numpy_impl
from fourfold.reports.pictures.standstill import standstill
from tests.conftest import Here, asymmetric, each_column, named

XOR = make_case("xor", "sigmoid", 0.1, 20, 3, range(10))
halves = pytest.mark.parametrize("dtype", HALF)
each_torch = pytest.mark.parametrize("name", each_column(["torch"]))


def upper_halves():
    """All numbers of bfloat16, as float32."""
    return (np.arange(2**16, dtype=np.uint32) << 16).view(np.float32)


def test_every_bfloat16_is_itself_and_what_lies_between_goes_to_the_nearest():
    every = upper_halves()
    assert formats.holds("bfloat16", every)
    finite = every[np.isfinite(every)]
    assert (formats.rounded(finite, "bfloat16").view(np.uint32) == finite.view(np.uint32)).all()
    below = np.unique(np.abs(finite)).astype(np.float64)
    between = (below[:-1] + below[1:]) / 2
    even = below[1:].astype(np.float32).view(np.uint32) >> 16 & 1 == 0
    assert (formats.rounded(between, "bfloat16") == np.where(even, below[1:], below[:-1])).all()
    assert (formats.rounded(np.nextafter(between, 0), "bfloat16") == below[:-1]).all()
    assert (formats.rounded(-np.nextafter(between, np.inf), "bfloat16") == -below[1:]).all()
    assert (formats.spacing(below[:-1], "bfloat16") == np.diff(below)).all()


def test_beyond_the_range_of_a_half_there_is_infinity():
    assert formats.rounded(np.array([3.39e38, 3.4e38, -1e300, 1e-300]), "bfloat16")[1:].tolist() == [np.inf, -np.inf, 0]
    assert formats.rounded(np.array([65519.0, 65520.0]), "float16").tolist() == [65504, np.inf]
    assert not formats.holds("bfloat16", np.array([1 + 2.0**-8], np.float32))
    assert not formats.holds("bfloat16", np.array([1.0]))
    assert np.isnan(formats.spacing(np.array([np.inf]), "bfloat16")).all()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_formats_are_numpys(dtype):
    f, info = formats.format_of(dtype), np.finfo(dtype)
    assert (2 * f.u, f.eta, f.largest, f.bits) == (info.eps, info.tiny, info.max, info.nmant + 1)
    assert formats.carrier(dtype) == dtype


def traced(column, case, p):
    _, _, *weights = case.cast(p.dtype)
    arrays = [column.array(Z, p.dtype) for Z in (p.X, p.Y, *weights)]
    T = column.trace(*arrays, case.activation)
    return named(type(T)(*map(column.to_numpy, T))), weights


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("name", each_column(impls.FRAMEWORKS))
@halves
def test_every_number_there_is_goes_through_sigma_within_its_limit(dtype, name, activation):
    """All 65,536 of them: the one measured constant has no case that was not measured."""
    if not impls.has(name, dtype):
        pytest.skip("it has none")
    every = upper_halves() if dtype == "bfloat16" else np.arange(2**16, dtype=np.uint16).view(np.float16)
    h = every[np.isfinite(every)][:, None, None]
    column = impls.load(name)
    with np.errstate(all="ignore"):
        given = column.ACTIVATIONS[activation]
        given = given[0] if isinstance(given, tuple) else given
        a = calls._Asked.numbers(asked(column, dtype), given(column.array(h, dtype)), "σ").astype(np.float64)
        exact = truth.ACTIVATIONS[activation][0](h.astype(np.longdouble)).astype(np.float64)
        f = formats.format_of(dtype)
        limit, _ = bounds._activation(activation, np.abs(h.astype(float)), 0.0 * exact, np.abs(exact), 0.0 * exact, f)
    assert (np.abs(a - exact) <= limit).all()


def asked(column, dtype):
    """Enough of a question to turn a column's numbers into NumPy's."""
    one = calls._Asked.__new__(calls._Asked)
    one.column, one.name, one.dtype = column, "column", dtype
    return one


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_numpys_own_float16_is_within_the_limits_and_so_is_each_layer(activation):
    case = asymmetric(activation)
    p = judgement.problem(case, "float16")
    values, weights = traced(numpy_impl, case, p)
    judged = judgement.judge_trace(values, weights, p)
    assert all(j.certified.any() for j in judged)
    assert judgement.first_wrong(judged) is None
    referee.audit([Z[0] for Z in weights], p)
    deep = p._replace(row="deep")
    values |= {"H2": values["Y_hat"], "dL_dH2": values["dL_dY_hat"]}
    assert layers.first_wrong([], layers.judge(values, weights, deep), values) is None


@halves
def test_what_a_compiler_keeps_in_float32_and_shows_rounded_is_within_the_limits_of_a_layer(dtype):
    case = asymmetric("tanh", seeds=range(20))
    p = judgement.problem(case, dtype)._replace(row="deep")
    _, _, *weights = case.cast(dtype)
    network = judgement.network_of(weights, p, p.wide)
    q = truth.evaluate(truth.widen(p.X, p.wide), truth.widen(p.Y, p.wide), network)
    shown = {name: formats.rounded(np.asarray(Z, np.float64), dtype) for name, Z in q.items() if name[:2] != "sl"}
    judged = layers.judge(shown, weights, p)
    assert layers.first_wrong([], judged, shown) is None
    assert max(j.ratio.max() for j in judged) > 0.3


@halves
def test_the_rate_is_given_as_it_is_judged(dtype):
    p = judgement.problem(XOR, dtype)
    assert XOR.rate(dtype) == p.lr != XOR.lr
    assert XOR.rate("float32") == XOR.lr
    assert about(p, "trace", XOR.weights).dtype == dtype


def test_where_sums_have_no_limit_nothing_is_certified_and_the_reason_is_said():
    X = np.full((300, 2), 0.25)
    case = two_layer_case("long", X, X[:, :1], np.ones((2, 2, 3)), np.zeros((2, 3, 1)), "tanh", 0.1, 3, range(2))
    assert "sums of 300 terms, whose rounding has no limit in bfloat16" in half.no_limits(case, "bfloat16")
    assert half.no_limits(case, "float16") == ""
    kept, silent = half.certifiable([XOR, case], ["bfloat16", "float16"], 1)
    assert silent == {"bfloat16": ["long"]}
    assert [c.name for c in kept] == ["xor", "long"]
    assert "bfloat16" not in kept[1].dtypes
    kept, _ = half.certifiable([XOR, case], ["bfloat16"], 1)
    assert [c.name for c in kept] == ["xor"]
    kept, silent = half.certifiable([XOR, case], ["bfloat16"], 2)
    assert (len(kept), silent) == (2, {})  # what is asked for is asked


def judged_here(monkeypatch, module, dtype, case=None, name="mine"):
    """The Evidence on a module in this process."""
    with np.errstate(all="ignore"):
        pool = Here(monkeypatch, module)
        return certify(pool, name, case or asymmetric("tanh"), dtype, lambda steps: None)


def test_the_right_column_agrees_and_mistakes_of_large_effect_do_not(monkeypatch):
    right = judged_here(monkeypatch, numpy_impl, "float16")
    assert right.rejection is None
    assert min(row.checked for row in right.rows) > 0
    large = (
        "activation_forgotten",
        "sign_of_the_residual",
        "1_n_missing",
        "sign_of_the_gradient",
        "loss_not_divided_by_n",
    )
    for mistake in large:
        wrong = judged_here(monkeypatch, planted.load("numpy", MISTAKES[mistake].name), "float16").rejection
        assert wrong, mistake
        assert "confirmed in ball arithmetic" in wrong.certificate
        assert not wrong.loses_digits


@each_torch
def test_bfloat16_is_judged_too(monkeypatch, name):
    torch_impl = impls.load(name)
    assert judged_here(monkeypatch, torch_impl, "bfloat16").rejection is None
    wrong = planted.load(name, "momentum")
    assert judged_here(monkeypatch, wrong, "bfloat16").rejection


def with_trace(change):
    """The NumPy column, with what its trace gives changed."""
    changed = SimpleNamespace(**vars(numpy_impl))
    changed.trace = lambda *arguments: change(numpy_impl.trace, *arguments)
    return changed


class InFloat32:
    """A column whose own numbers are float32: it has bfloat16 by name."""

    def __init__(self, right):
        vars(self).update(vars(numpy_impl))
        self.array = lambda values, dtype: np.array(values, np.float32)
        self.to_numpy = lambda Z: formats.rounded(Z, "bfloat16") if right else np.array(Z)


def test_what_is_no_bfloat16_number_is_the_wrong_kind_of_array(monkeypatch):
    rejection = judged_here(monkeypatch, InFloat32(right=False), "bfloat16").rejection
    assert rejection.note == "train gives the wrong kind of array: W1 is float32, not bfloat16"


def test_less_rounding_than_allowed_agrees(monkeypatch):
    p = judgement.problem(asymmetric(), "bfloat16")
    values, weights = traced(InFloat32(right=True), asymmetric(), p)
    assert judgement.first_wrong(judgement.judge_trace(values, weights, p)) is None


def emulated(values, dtype):
    raise TypeError(f"no {dtype}")


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (
            lambda values, dtype: np.array(values, np.float64),
            "mine: array and to_numpy do not give back the same bfloat16",
        ),
        (emulated, "no bfloat16"),
    ],
)
def test_a_module_without_bfloat16_says_so_in_a_sentence(monkeypatch, array, says):
    column = SimpleNamespace(**vars(numpy_impl) | {"array": array})
    question = about(judgement.problem(XOR, "bfloat16"), "trace", XOR.cast("bfloat16")[2:])
    with pytest.raises(ColumnError, match=says):
        InProcess("mine", column).ask(question)


def test_numpy_arrays_cannot_carry_bfloat16_to_functions_of_ones_own():
    mine = SimpleNamespace(gradients=lambda X, Y, W1, W2, activation: (0, W1, W2))
    mine.gradients.__module__ = "mine"
    column, _ = complete.completed(mine, "mine", "two_layer")
    question = about(judgement.problem(XOR, "bfloat16"), "gradients", XOR.cast("bfloat16")[2:])
    with pytest.raises(ColumnError, match="mine has no array that makes bfloat16 of the float32 it is given"):
        InProcess("mine", column).ask(question)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["agree", "--dtype", "float8"],
            "There is no precision 'float8': choose from float64, float32, float16, bfloat16.",
        ),
        (["agree", "--impl", "numpy", "--dtype", "bfloat16"], "numpy: NumPy has no bfloat16 of its own: choose from "),
        (["train", "numpy", "--dtype", "bfloat16"], "numpy: NumPy has no bfloat16 of its own: choose from "),
        (["sweep", "--impl", "numpy", "--dtype", "bfloat16"], "numpy: NumPy has no bfloat16 of its own: choose from "),
        (
            ["agree", "--impl", "torch:autocast", "--dtype", "float16"],
            "torch:autocast: mixed precision is float32 with",
        ),
        (
            ["agree", "--lr", "1e5", "--dtype", "float16"],
            "The learning rate 100000 is inf in float16: leave float16 out.",
        ),
        (["train", "numpy", "--lr", "1e-9", "--dtype", "float16"], "The learning rate 1e-09 is 0 in float16"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(typed, arguments, says):
    done = typed(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_data_beyond_float16_are_refused(typed, tmp_path):
    data = tmp_path / "large.csv"
    data.write_text("x1,x2,y\n1,2,70000\n3,4,5\n")
    done = typed("agree", "--data", data, "--dtype", "float16")
    assert (done.returncode, "numbers beyond the range of float16" in done.stderr) == (2, True)


def test_check_leaves_half_precision_to_agree(typed, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text("def gradients(X, Y, W1, W2, activation):\n    return 0, W1, W2\n")
    done = typed("check", mine, "--dtype", "float16")
    assert done.returncode == 2
    assert "check judges in float64 and float32 alone: fourfold agree --impl has half precision." in done.stderr


def with_short(short, everything):
    """The NumPy column in float32, with products of short numbers inside, or nothing else."""

    def trace(right, X, Y, W1, W2, activation):
        if everything:
            short_in, _ = [short(Z) for Z in (X, Y, W1, W2)], None
            return Trace(*map(short, right(*short_in, activation)))
        _, slope = numpy_impl.ACTIVATIONS[activation]
        H = short(X) @ short(W1)
        A = numpy_impl.ACTIVATIONS[activation][0](H)
        Y_hat = short(A) @ short(W2)
        R, L = numpy_impl.loss(Y_hat, Y)
        dY = R / np.float32(Y.shape[-2])
        dA = short(dY) @ short(W2).mT
        dH = dA * slope(A)
        return Trace(H, A, Y_hat, R, L, dY, short(A).mT @ short(dY), dA, dH, short(X).mT @ short(dH))

    column = with_trace(trace)
    column.step = lambda X, Y, W1, W2, lr, activation: stepped(column, X, Y, W1, W2, lr, activation)
    column.forward = lambda X, W1, W2, activation: column.trace(
        X, X[..., :1] * 0 + W2[..., :1, :] * 0, W1, W2, activation
    )[:3]
    return column


def stepped(column, X, Y, W1, W2, lr, activation):
    T = column.trace(X, Y, W1, W2, activation)
    return W1 - np.float32(lr) * T.dL_dW1, W2 - np.float32(lr) * T.dL_dW2, T.L


def tf32(Z):
    return ((np.ascontiguousarray(Z, np.float32).view(np.uint32) + 0x1000) & np.uint32(0xFFFFE000)).view(np.float32)


def float16(Z):
    return np.asarray(Z).astype(np.float16).astype(np.float32)


def bfloat16(Z):
    return formats.rounded(np.asarray(Z, np.float32), "bfloat16")


@pytest.mark.parametrize("everything", [False, True], ids=["products", "everything"])
@pytest.mark.parametrize(
    ("short", "says"),
    [(bfloat16, "bfloat16 inside"), (float16, "TF32 or float16 inside"), (tf32, "TF32 or float16 inside")],
)
def test_shorter_numbers_inside_float32_are_named(short, says, everything):
    case = asymmetric("tanh")
    found = Rejection(column="mine", case=case.name, dtype="float32", step=0, seed=0, quantity="H")
    with np.errstate(all="ignore"):
        mistakes, text = diagnosis(InProcess("mine", with_short(short, everything)), case, found)
    assert says in f"{mistakes} {text}"


def test_products_in_bfloat16_are_wrong_in_float32_and_right_as_mixed_precision():
    case = asymmetric("tanh", seeds=range(20))
    for dtype, wrong in (("float32", True), (MIXED, False)):
        p = judgement.problem(case, dtype)
        _, _, *weights = case.cast(dtype)
        T = with_short(bfloat16, everything=False).trace(p.X, p.Y, *weights, "tanh")
        values = {name: np.asarray(Z, np.float32) for name, Z in named(T).items()}
        judged = judgement.judge_trace(values, weights, p)
        assert (judgement.first_wrong(judged) is not None) == wrong
        assert form.malformed_trace(values, weights, p) is None


def test_a_mistake_in_mixed_precision_is_found():
    case = asymmetric("tanh", seeds=range(20))
    p = judgement.problem(case, MIXED)
    values, weights = traced(planted.load("numpy", MISTAKES["1_n_missing"].name), case, p._replace(dtype="float32"))
    assert judgement.first_wrong(judgement.judge_trace(values, weights, p))


def test_mixed_precision_is_judged_in_its_own_limits_and_says_so():
    assert half.arithmetic("torch:autocast", "float32") == MIXED
    assert half.arithmetic("torch", "float32") == "float32"
    assert half.dullest("torch:autocast", "float32") == half.dullest("torch", "bfloat16") == 0.5
    assert half.dullest("torch", "float32") == 1e-3
    assert [name for name in impls.mode_names() if impls.is_mixed(name)] == [*impls.MIXED]


def test_a_precision_stops_learning_where_a_step_rounds_to_nothing():
    """Here λ g is 2^-10: below half a unit in the last place of 1 in bfloat16, 2^-9, and not in float16, 2^-12."""
    one, rate = np.ones((1, 1)), 2.0**-5
    weights = np.ones((2, 1, 1)), np.ones((2, 1, 1))
    case = two_layer_case("one", one, one * (1 - 2.0**-5), *weights, "identity", rate, 5, range(2))
    assert walk.standstill(case, "bfloat16").tolist() == [0, 0]
    assert walk.standstill(case, "float16").min() > 0
    assert walk.standstill(case._replace(Y=one), "bfloat16").tolist() == [5, 5]  # its gradient is 0
    assert walk.standstills(case, ["float32"]) == {}
    still = walk.standstills(case, ["float32", "bfloat16"])
    drawn = standstill(still, SimpleNamespace(steps=5, first_seed=0))
    assert drawn.seen == (
        "Of 5 steps: in float32 0 of 2 stand still; in bfloat16 2 of 2 stand still, the first at step 0, the last at 0."
    )
    assert drawn.table[1:] == [["float32", 0, ""], ["float32", 1, ""], ["bfloat16", 0, 0], ["bfloat16", 1, 0]]


def test_bits_are_demanded_where_nothing_rounds_and_nothing_is_subnormal():
    """In halves up to 2 float16 holds every product; as multiples of 2^-12 they are below all normal numbers."""
    (dyadic,) = suites.choose("default", ["dyadic-relu"], XOR)
    p, tiny = judgement.problem(dyadic, "float16"), dyadic._replace(weights=tuple(Z * 2.0**-12 for Z in dyadic.weights))
    for case, demanded in ((dyadic, True), (tiny, False)):
        _, _, *weights = case.cast("float16")
        q = truth.evaluate(p.X.astype(float), p.Y.astype(float), judgement.network_of(weights, p, p.wide))
        network = judgement.network_of(weights, p, p.wide)
        bits = bounds.roundless(q, p.X.astype(float), p.Y.astype(float), network, "float16")
        assert bits.any() == demanded
