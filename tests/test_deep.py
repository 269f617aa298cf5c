"""The second row, any depth, with and without biases: every column against exact values, and against known answers."""

from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import settings

from fourfold import impls
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES
from fourfold.compare.judge import bounds, truth
from fourfold.compare.judge.quantities import internal
from tests.conftest import asymmetric, each_column, trace

DEEP = each_column(impls.ROWS["deep"])
WIDTHS = {1: (5, 2), 2: (5, 4, 2), 3: (5, 4, 3, 2), 5: (5, 4, 3, 4, 3, 2)}
dtypes = pytest.mark.parametrize("dtype", DTYPES)
biases = pytest.mark.parametrize("biases", [True, False], ids=["biases", "no-biases"])


@pytest.fixture(params=DEEP)
def name(request):
    return request.param


@pytest.fixture
def column(name):
    with np.errstate(all="ignore"):
        yield impls.load(name, "deep")


class Net(NamedTuple):
    X: np.ndarray  # (7, d_in), one row all zeros
    Y: np.ndarray  # (7, d_out)
    W: tuple
    b: tuple
    activations: tuple


def draw(depth, biases, activation="tanh", dtype="float64", S=(3,)):
    """A network whose last layer has the activation asked for, the layers before it the others in turn."""
    rng, widths = np.random.default_rng(31), WIDTHS[depth]
    normal = lambda *shape: rng.standard_normal(shape).astype(dtype)
    X, Y = normal(7, widths[0]), normal(7, widths[-1])
    X[2] = 0
    W = tuple(normal(*S, *shape) for shape in pairwise(widths))
    b = tuple(normal(*S, 1, d) for d in widths[1:]) if biases else ()
    last = ACTIVATIONS.index(activation)
    return Net(X, Y, W, b, tuple(ACTIVATIONS[(last + k) % 4] for k in reversed(range(depth))))


def native(column, net):
    own = lambda Z: column.array(Z, Z.dtype.name)
    return own(net.X), own(net.Y), tuple(map(own, net.W)), tuple(map(own, net.b))


def named(column, net):
    """{name: NumPy array} of a column's trace."""
    T = column.trace(*native(column, net), net.activations)
    return {name: column.to_numpy(Z) for name, Z in T.named().items()}


def exact(net):
    """What is exact, in wide numbers, and its limits: two dictionaries."""
    dtype = net.X.dtype.name
    wide = truth.wide_dtype(dtype)
    widen = lambda Zs: tuple(truth.widen(Z, wide) for Z in Zs)
    X, Y = widen(net[:2])
    network = truth.Network(widen(net.W), widen(net.b) or (None,) * len(net.W), net.activations)
    q = truth.evaluate(X, Y, network)
    return q, bounds.limits(q, X, Y, network, dtype, wide)


def distance(value, exact):
    return truth.narrow(abs(truth.widen(value, exact.dtype) - exact))


def first_wrong(found, net):
    """The name of the first quantity that is not what exact arithmetic gives, with all there is to know about it."""
    q, E = exact(net)
    assert list(found) == [name for name in q if not name.startswith("slope")]
    for name, value in found.items():
        assert value.dtype == net.X.dtype
        assert value.shape == q[name].shape
        if not (distance(value, q[name]) <= E[name]).all():
            return f"{name}\n{value}\n{q[name]}\n{E[name]}"
    return None


def asked():
    """(column, activation, depth, biases, precision): all there is, but by day a quarter of it of JAX.

    It compiles each anew. By day every activation is at every depth once, in both precisions, with biases and without.
    """
    night = settings.get_current_profile_name() == "nightly"
    for column in DEEP:
        (name,) = column.values
        for (a, activation), (d, depth) in product(enumerate(ACTIVATIONS), enumerate(WIDTHS)):
            for biases, (t, dtype) in product((True, False), enumerate(DTYPES)):
                if name != "jax" or night or (biases == (a + d) % 2 and t == (a // 2 + d) % 2):
                    yield pytest.param(name, activation, depth, biases, dtype, marks=column.marks)


@pytest.mark.parametrize(("name", "activation", "depth", "biases", "dtype"), [*asked()])
def test_every_quantity_is_what_exact_arithmetic_gives(column, activation, depth, biases, dtype):
    net = draw(depth, biases, activation, dtype)
    assert first_wrong(named(column, net), net) is None


@dtypes
@biases
def test_train_is_step_repeated_and_both_descend_along_the_exact_gradient(column, biases, dtype):
    depth, lr, steps = 3, 0.1, 4
    net = draw(depth, biases, "sigmoid", dtype)
    wide = truth.wide_dtype(dtype)
    rate = np.dtype(dtype).type(lr)
    X, Y, W, b = native(column, net)
    Ws, bs, Ls = column.train(X, Y, W, b, lr, steps, net.activations)
    trained = [*(column.to_numpy(Z) for Z in (*Ws, *bs)), column.to_numpy(Ls)]
    for t in range(steps):
        _, _, W, b = native(column, net)
        W, b, L = column.step(X, Y, W, b, lr, net.activations)
        stepped = [column.to_numpy(Z) for Z in (*W, *b, L)]
        q, E = exact(net)
        gradients = [f"dL_dW{k}" for k in range(1, depth + 1)] + [f"dL_db{k}" for k in range(1, depth + 1) if biases]
        for found in ([Z[t] for Z in trained], stepped):
            assert (distance(found[-1], q["L"]) <= E["L"]).all()
            for gradient, old, new in zip(gradients, (*net.W, *net.b), found[:-1], strict=True):
                there = truth.widen(old, wide) - truth.widen(rate, wide) * q[gradient]
                known = truth.narrow(q[gradient]), E[gradient], old, truth.narrow(there)
                assert (distance(new, there) <= bounds.step_limit(float(rate), *known, dtype, wide)).all(), gradient
        # the compiled loop may round otherwise; go on from its weights, so that nothing adds up
        old = [Z[t] for Z in trained]
        net = net._replace(W=tuple(old[:depth]), b=tuple(old[depth:-1]))


@dtypes
@pytest.mark.parametrize("S", [(), (2, 2)])
def test_leading_axes_are_the_single_networks(column, S, dtype):
    net = draw(3, True, "tanh", dtype, S)
    found = named(column, net)
    assert first_wrong(found, net) is None
    for s in np.ndindex(S):
        one = net._replace(W=tuple(Z[s] for Z in net.W), b=tuple(Z[s] for Z in net.b))
        assert first_wrong({name: Z[s] for name, Z in found.items()}, one) is None


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_two_layers_without_biases_are_the_first_row(column, name, activation):
    case = asymmetric(activation)
    X, Y, *W = case.cast("float64")
    net = Net(X, Y, tuple(W), (), (activation, "identity"))
    found, (_, E) = named(column, net), exact(net)
    for quantity, value in trace(impls.load(name), case, "float64")._asdict().items():
        same = internal(quantity, "two_layer")
        assert (abs(found[same] - value) <= 2 * E[same]).all(), quantity
        if name == "numpy":
            assert (found[same] == value).all(), quantity


@pytest.mark.parametrize("biases", [(), ("b1", "b2", "b3")])
def test_an_unknown_activation_is_a_key_error(column, biases):
    net = draw(3, biases)._replace(activations=("tanh", "softplus", "tanh"))
    with pytest.raises(KeyError, match="softplus"):
        named(column, net)


def arrays(*rows):
    return tuple(np.array(Z, float) for Z in rows)


@dtypes
def test_the_relu_network_that_solves_xor(column, dtype):
    """Goodfellow, Bengio and Courville, Deep Learning, section 6.1: loss 0 and all gradients 0."""
    X, Y = arrays([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])
    W, b = arrays([[1, 1], [1, 1]], [[1], [-2]]), arrays([[0, -1]], [[0]])
    cast = lambda Zs: tuple(Z.astype(dtype) for Z in Zs)
    found = named(column, Net(*cast((X, Y)), cast(W), cast(b), ("relu", "identity")))
    assert (found["H1"] == [[0, -1], [1, 0], [1, 0], [2, 1]]).all()
    assert (found["Y_hat"] == Y).all()
    gradients = [name for name in found if name.startswith("dL_d")]
    assert len(gradients) == 8
    assert all((found[name] == 0).all() for name in ["L", *gradients])


def test_a_network_worked_out_by_hand(column):
    """Two inputs, two hidden units, two outputs, biases, σ throughout: Mazur, A Step by Step Backpropagation Example.

    https://mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example/ prints these digits.
    """
    X, Y = arrays([[0.05, 0.10]], [[0.01, 0.99]])
    W = arrays([[0.15, 0.25], [0.20, 0.30]], [[0.40, 0.50], [0.45, 0.55]])
    net = Net(X, Y, W, arrays([[0.35, 0.35]], [[0.60, 0.60]]), ("sigmoid", "sigmoid"))
    found = named(column, net)
    (W1, W2), _, L = column.step(*native(column, net), 0.5, net.activations)
    digits = lambda Z: pytest.approx(np.array(Z), rel=0, abs=6e-9)
    assert found["H1"][0, 0] == digits(0.3775)
    assert found["A1"] == digits([[0.593269992, 0.596884378]])
    assert found["Y_hat"] == digits([[0.75136507, 0.772928465]])
    assert found["L"] == column.to_numpy(L) == digits(0.298371109)
    assert found["dL_dH2"][0, 0] == digits(0.138498562)
    assert found["dL_dW2"][0, 0] == digits(0.082167041)
    assert found["dL_dA1"][0, 0] == digits(0.036350306)
    assert found["dL_dW1"][0, 0] == digits(0.000438568)
    assert column.to_numpy(W1) == digits([[0.149780716, 0.24975114], [0.19956143, 0.29950229]])
    assert column.to_numpy(W2) == digits([[0.35891648, 0.511301270], [0.408666186, 0.561370121]])


def parameters(net):
    """(gradient's name, function that puts an array in the parameter's place, the parameter) of every parameter."""
    for field in ("W", "b"):
        for k, Z in enumerate(getattr(net, field)):
            swap = lambda new, k=k, field=field: (*getattr(net, field)[:k], new, *getattr(net, field)[k + 1 :])
            yield f"dL_d{field}{k + 1}", lambda new, f=field, swap=swap: net._replace(**{f: swap(new)}), Z


def loss_of(column, net):
    *_, Y_hat = column.forward(net.X, net.W, net.b, net.activations)
    return column.loss(Y_hat, net.Y)[1]


@pytest.mark.parametrize("name", each_column(["numpy"]))
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "identity"])
def test_complex_step(column, activation):
    """Im L(W + ih) / h has no cancellation, so h may be tiny (Squire and Trapp, SIAM Review 40, 1998)."""
    net = draw(5, True, S=())._replace(activations=(activation, "tanh", activation, "sigmoid", activation))
    gradients, h = named(column, net), 1e-200
    for gradient, replaced, Z in parameters(net):
        for at in np.ndindex(Z.shape):
            moved = Z.astype(complex)
            moved[at] += 1j * h
            slope = loss_of(column, replaced(moved)).imag / h
            assert slope == pytest.approx(gradients[gradient][at], rel=1e-11, abs=1e-13), gradient


@pytest.mark.parametrize("name", each_column(["numpy"]))
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_central_differences(column, activation):
    net = draw(3, True, activation, S=())
    gradients, h = named(column, net), 1e-5  # about eps^(1/3), where truncation and rounding balance
    for gradient, replaced, Z in parameters(net):
        for at in np.ndindex(Z.shape):
            up, down = Z.copy(), Z.copy()
            up[at] += h
            down[at] -= h
            slope = (loss_of(column, replaced(up)) - loss_of(column, replaced(down))) / (2 * h)
            assert slope == pytest.approx(gradients[gradient][at], rel=1e-7, abs=1e-8), gradient
