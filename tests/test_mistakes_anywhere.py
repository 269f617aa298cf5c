"""Mistakes in any layered network: it is recognised by its loss, and its wrong gradients get a known name."""

from itertools import pairwise, product

import numpy as np
import pytest

from fourfold.compare.check import canonical
from fourfold.compare.check.forms.recipe import Roles
from fourfold.compare.exact.updated import Updated
from fourfold.compare.mistakes.anywhere import entries, naming, search, slopes
from fourfold.compare.mistakes.anywhere.faults import Pass
from fourfold.compare.mistakes.anywhere.functions import HIDDEN, family, sigmoid, softmax
from fourfold.compare.mistakes.anywhere.losses import EPSILON_LOSSES, LOSSES, RIGHT, WRONG
from fourfold.compare.mistakes.anywhere.network import (
    CONSTANT,
    AnyNetwork,
    Given,
    gradients,
    has_right_gradients,
    loss,
)
from fourfold.compare.mistakes.anywhere.recognition import recognised
from fourfold.compare.mistakes.anywhere.scales import Scale
from fourfold.compare.mistakes.anywhere.search import Choice, numbered, walked
from fourfold.compare.mistakes.catalogue import MISTAKES

MEAN, SUM, HALF = "mean over samples", "sum", "half the mean over samples"
SQUARED, BINARY, CATEGORICAL = "squared error", "binary cross-entropy", "categorical cross-entropy"
OUTPUTS = (
    ("identity", SQUARED),
    ("sigmoid", SQUARED),
    ("sigmoid", BINARY),
    ("softmax", CATEGORICAL),
    ("softmax", SQUARED),
    ("identity", "absolute error"),
    ("identity", "Huber"),
    ("tanh", "hinge loss"),
)
SIZES = {1: (4, 3), 2: (3, 4, 2), 3: (3, 4, 5, 3)}


def point(network, rng, N, sizes, biases=True):
    """A Given with the network's own loss and gradients."""
    X, Y = rng.standard_normal((N, sizes[0])), rng.random((N, sizes[-1]))
    if network.loss in {CATEGORICAL, "multi-class hinge loss"}:
        Y = np.eye(sizes[-1])[rng.integers(0, sizes[-1], N)]
    elif "hinge" in network.loss or network.loss == "logistic loss":
        Y = rng.choice([-1.0, 1.0], (N, sizes[-1]))
    W = tuple(0.8 * rng.standard_normal(shape) for shape in pairwise(sizes))
    b = tuple(0.5 * rng.standard_normal((1, d)) for d in sizes[1:]) if biases else ()
    seen = Given(X, Y, W, b, 0.0, (), ())
    with np.errstate(all="ignore"):
        dL_dW, dL_db = gradients(network, seen)
        return seen._replace(L=loss(network, seen), dL_dW=dL_dW, dL_db=dL_db)


def points(network, depth=2, biases=True, seed=0, sizes=None):
    rng = np.random.default_rng(seed)
    return [point(network, rng, N, sizes or SIZES[depth], biases) for N in (5, 6, 5)]


def with_mistakes(network, seens, *choices):
    """The same points with the gradients of a pass that has mistakes in it."""
    wrong = []
    for seen in seens:
        for _ in seen.weights:  # a layer's wrong gradient may go into the next layer's
            dL_dW, dL_db = walked(Pass(network, seen), choices)
            seen = seen._replace(dL_dW=dL_dW, dL_db=dL_db if seen.biases else ())
        wrong.append(seen)
    return wrong


def names(seens):
    return [" + ".join(result.names) for result in naming.named(seens)]


# What network it is.


@pytest.mark.parametrize("name", [function.name for function in RIGHT])
@pytest.mark.parametrize("depth", [1, 2])
def test_every_loss_is_recognised(name, depth):
    output = {BINARY: "sigmoid", CATEGORICAL: "softmax"}.get(name, "identity")
    for reduction in (MEAN, SUM):
        network = AnyNetwork((*("tanh",) * (depth - 1), output), name, reduction)
        assert recognised(points(network, depth, sizes=(4, 3) if depth == 1 else (3, 4, 3))) == network


@pytest.mark.parametrize("name", HIDDEN)
def test_every_activation_is_recognised(name):
    network = AnyNetwork((name, "identity"), SQUARED, HALF)
    seens = points(network)
    own = recognised(seens)
    assert family(own.activations[0]) == family(name)
    assert has_right_gradients(own, seens)
    assert (
        recognised(points(network, biases=False)).words()
        == f"squared error, half the mean over samples; {name}, identity"
    )


@pytest.mark.parametrize("over_n", [False, True])
@pytest.mark.parametrize("penalised", ["weights", "weights and biases", "W2"])
def test_a_penalty_is_recognised_with_its_coefficient(penalised, over_n):
    network = AnyNetwork(("tanh", "softmax"), CATEGORICAL, MEAN, 0.005, penalised, over_n)
    assert recognised(points(network, sizes=(3, 4, 3))) == network
    assert names(points(network, sizes=(3, 4, 3))) == []


def test_a_loss_of_nobody_s_is_not_recognised_and_its_own_constant_is():
    network = AnyNetwork(("tanh", "identity"), SQUARED, CONSTANT, constant=0.37)
    assert recognised(points(network)) == network
    seens = [seen._replace(L=seen.L**2 + n) for n, seen in enumerate(points(network))]
    assert recognised(seens) is None
    assert names(seens) == []


def test_layers_of_several_activations_are_recognised():
    network = AnyNetwork(("tanh", "ReLU", "sigmoid"), BINARY, MEAN)
    assert recognised(points(network, 3)) == network


@pytest.mark.parametrize(("activations", "name"), [(("sine", "identity"), SQUARED), (("SELU", "softmax"), CATEGORICAL)])
def test_a_network_s_gradients_are_the_derivatives_of_its_loss(activations, name):
    network = AnyNetwork(activations, name, MEAN, 0.1)
    seen = points(network)[0]
    for k, (i, j) in product((0, 1), ((0, 1), (2, 0))):
        ends = []
        for step in (1e-6, -1e-6):
            W = [w.copy() for w in seen.weights]
            W[k][i, j] += step
            ends.append(loss(network, seen._replace(weights=tuple(W))))
        assert seen.dL_dW[k][i, j] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6, abs=1e-8)


# Backward passes as people write them.


def student(gradients_of, N, rng, sizes, classes=False):
    X, Y = rng.standard_normal((N, sizes[0])), rng.random((N, sizes[-1]))
    if classes:
        Y = np.eye(sizes[-1])[rng.integers(0, sizes[-1], N)]
    W = tuple(rng.standard_normal(shape) for shape in pairwise(sizes))
    b = tuple(rng.standard_normal((1, d)) for d in sizes[1:])
    L, dL_dW, dL_db = gradients_of(X, Y, W, b)
    return Given(X, Y, W, b, float(L), tuple(dL_dW), tuple(dL_db))


def named_student(gradients_of, classes=False):
    rng = np.random.default_rng(1)
    return names([student(gradients_of, N, rng, (3, 4, 3), classes) for N in (5, 6, 5)])


def sigmoids(output_weights=True):
    def gradients_of(X, Y, W, b):
        A = sigmoid(X @ W[0] + b[0])
        P = sigmoid(A @ W[1] + b[1])
        E = (P - Y) / len(X)
        D2 = E * P * (1 - P)
        D1 = D2 @ W[1].T * A * (1 - A)
        dW2 = A.T @ (D2 if output_weights else E)
        return (
            ((P - Y) ** 2).sum() / (2 * len(X)),
            (X.T @ D1, dW2),
            (D1.sum(0, keepdims=True), D2.sum(0, keepdims=True)),
        )

    return gradients_of


def cross_entropy(sign=-1.0, weights=None, axis=1):
    def gradients_of(X, Y, W, b):
        N = len(X)
        A = np.tanh(X @ W[0] + b[0])
        P = sigmoid(A @ W[1] + b[1]) if axis == 1 else softmax(A @ W[1] + b[1], axis)
        D2 = (P - Y) / N
        dW2 = A.T @ D2
        D1 = D2 @ (dW2 if weights == "gradient" else W[1]).T * (1 - A**2)
        L = (-Y * np.log(P) + sign * (1 - Y) * np.log(1 - P)).sum() / N if axis == 1 else -(Y * np.log(P)).sum() / N
        return L, (X.T @ D1, dW2), (D1.sum(0, keepdims=True), D2.sum(0, keepdims=True))

    return gradients_of


def regularised(X, Y, W, b):
    """(data + λ/2 ΣW²)/N, and a gradient with nothing divided by N."""
    N, A = len(X), np.tanh(X @ W[0] + b[0])
    P = softmax(A @ W[1] + b[1])
    D2 = P - Y
    D1 = D2 @ W[1].T * (1 - A**2)
    L = (-(Y * np.log(P)).sum() + 0.005 * sum((w**2).sum() for w in W)) / N
    return L, (X.T @ D1 + 0.01 * W[0], A.T @ D2 + 0.01 * W[1]), (D1.sum(0, keepdims=True), D2.sum(0, keepdims=True))


def assigned(X, Y, W, b):
    """Every gradient is set where it should be added to: what is written last is the first sample's, by one output."""
    A = np.tanh(X @ W[0] + b[0])
    D2 = (A @ W[1] + b[1] - Y) / len(X)
    D1 = D2[:, :1] @ W[1][:, :1].T * (1 - A**2)
    L = len(X) * (D2**2).sum() / 2
    return L, (X[:1].T @ D1[:1], A[:1].T @ D2[:1]), (D1[:1], D2[:1])


def penalised_with_biases(X, Y, W, b):
    """λ/2N ΣW² in the loss, and λ/N of weights and biases in the gradients."""
    N, lam, A = len(X), 0.3, sigmoid(X @ W[0] + b[0])
    P = sigmoid(A @ W[1] + b[1])
    D2 = (P - Y) / N
    D1 = D2 @ W[1].T * A * (1 - A)
    L = -(Y * np.log(P) + (1 - Y) * np.log(1 - P)).sum() / N + lam / 2 / N * sum((w**2).sum() for w in W)
    dL_dW = X.T @ D1 + lam / N * W[0], A.T @ D2 + lam / N * W[1]
    return L, dL_dW, (D1.sum(0, keepdims=True) + lam / N * b[0], D2.sum(0, keepdims=True) + lam / N * b[1])


def slope_assigned(X, Y, W, b):
    """Below 0 leaky ReLU's slope replaces the gradient."""
    Z = X @ W[0] + b[0]
    D2 = (np.where(Z > 0, Z, 0.1 * Z) @ W[1] + b[1] - Y) / len(X)
    D1 = np.where(Z > 0, D2 @ W[1].T, 0.1)
    L = len(X) * (D2**2).sum() / 2
    dL_dW = X.T @ D1, np.where(Z > 0, Z, 0.1 * Z).T @ D2
    return L, dL_dW, (D1.sum(0, keepdims=True), D2.sum(0, keepdims=True))


def one_number_beside_an_epsilon(X, Y, W, b):
    """Every bias's gradient is the sum over all classes; the small number in the loss is nothing beside it."""
    A = np.tanh(X @ W[0] + b[0])
    P = softmax(A @ W[1] + b[1])
    D2 = (P - Y) / len(X)
    D1 = D2 @ W[1].T * (1 - A**2)
    L = -(Y * np.log(P + 1e-8)).sum() / len(X)
    return L, (X.T @ D1, A.T @ D2), (np.full_like(b[0], D1.sum()), np.full_like(b[1], D2.sum()))


def updated_at_once(X, Y, W, b):
    """Each sample's W2 is updated before its error goes back through it."""
    A = sigmoid(X @ W[0] + b[0])
    P = sigmoid(A @ W[1] + b[1])
    D2 = (P - Y) * P * (1 - P)
    back = np.stack([(W[1] - np.outer(a, d)) @ d for a, d in zip(A, D2, strict=True)])
    D1 = back * A * (1 - A)
    dL_dW, dL_db = (X.T @ D1, A.T @ D2), (D1.sum(0, keepdims=True), D2.sum(0, keepdims=True))
    return ((P - Y) ** 2).sum() / 2, dL_dW, dL_db


@pytest.mark.parametrize(
    ("gradients_of", "classes", "name"),
    [
        (sigmoids(), False, None),
        (cross_entropy(), False, None),
        (sigmoids(output_weights=False), False, "output's slope missing from the last weights' gradient"),
        (cross_entropy(sign=1.0), False, "sign inside the cross-entropy"),
        (cross_entropy(weights="gradient"), False, "W2's gradient for W2 on the way back"),
        (cross_entropy(axis=0), True, "softmax over the samples"),
        (regularised, True, "1/N missing beside the penalty"),
        (assigned, False, "= where += was meant"),
        (updated_at_once, False, "W2 updated before W1's gradient"),
        (penalised_with_biases, False, "penalty on the biases too"),
        (slope_assigned, False, "slope in place of the gradient"),
        (one_number_beside_an_epsilon, True, "one number for every bias of a layer"),
    ],
)
def test_a_backward_pass_as_people_write_it_is_named(gradients_of, classes, name):
    assert named_student(gradients_of, classes)[:1] == ([name] if name else [])


@pytest.mark.parametrize("name", [function.name for function in (*WRONG, EPSILON_LOSSES[0])])
def test_a_mistake_in_the_loss_alone_is_named(name):
    output = {BINARY: "sigmoid", CATEGORICAL: "softmax"}.get(LOSSES[name].intended, "identity")
    network = AnyNetwork(("tanh", output), name, MEAN)
    seens, wrong = points(network, sizes=(3, 4, 3)), []
    assert names(seens) == []  # it is right for what it says
    for seen in seens:
        dL_dW, dL_db = gradients(network.intended, seen)
        wrong.append(seen._replace(dL_dW=dL_dW, dL_db=dL_db))
    assert names(wrong)[0] == LOSSES[name].mistake.name
    assert recognised(wrong) == network


# Every mistake, planted.


def choices_of(network, seen):
    """Every single Choice there is in a network."""
    p, K = Pass(network, seen), len(network.activations)
    G, deltas, choices = p.right_error, [], []

    def add(step, k, options, shape=None):
        for kind, nth, Z in numbered(options):
            if kind is not None and (shape is None or Z.shape == shape):
                choices.append(Choice(step, k, kind, nth))

    add("error", K, p.errors)
    add("output", K, p.outputs(G, True))
    D = next(iter(p.outputs(G, True)))[1]
    for k in range(K, 0, -1):
        add("weights", k, p.weights(k, D, G, None), seen.weights[k - 1].shape)
        for scale in (Scale(count="N"), Scale(count="1/N"), Scale(sign="-1")):
            choices += [Choice("weights", k, scale=scale), Choice("scale", k, scale=scale)]
            choices += [Choice("biases", k, scale=scale)] if seen.biases else []
        choices.append(Choice("penalty W", k, search.PENALTY_ADDED, value=0.1))
        if seen.biases:
            add("biases", k, p.biases(k, D, G, deltas))
            choices.append(Choice("penalty b", k, search.ON_BIASES, value=0.1))
        if k > 1:
            choices.append(Choice("updated", k, entries.UPDATED, value=0.5))
            deltas.append(D)
            add("back", k, p.backs(k, D, G, deltas[0]))
            G = next(iter(p.backs(k, D, G, deltas[0])))[1]
            add("hidden", k - 1, p.hidden(k - 1, G))
            D = next(iter(p.hidden(k - 1, G)))[1]
    return choices


def some_network(seed):
    """(network, points) with an activation, loss, depth and biases of its own."""
    rng = np.random.default_rng(seed)
    output, name = OUTPUTS[seed % len(OUTPUTS)]
    depth, biases = 1 + seed % 3, bool(rng.integers(2))
    hidden = HIDDEN[rng.integers(12)]
    reduction = (MEAN, SUM, HALF)[rng.integers(3)]
    network = AnyNetwork((*(hidden,) * (depth - 1), output), name, reduction, 0.05 * rng.integers(2))
    return network, points(network, depth, biases, seed)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_planted_mistake_is_named_and_none_where_all_is_right(seed):
    network, seens = some_network(seed)
    assert naming.named(seens) == []
    choices = choices_of(network, seens[0])
    rng = np.random.default_rng(seed)
    for n in rng.permutation(len(choices))[:4]:
        wrong = with_mistakes(network, seens, choices[n])
        if all(np.isfinite(Z).all() for Z in wrong[0].dL_dW) and not has_right_gradients(network, wrong):
            name = naming.explained(network, (choices[n],)).names
            assert name in [result.names for result in naming.named(wrong)], (network.words(), choices[n])


@pytest.mark.parametrize(
    ("choices", "name"),
    [
        (
            (Choice("scale", 2, scale=Scale(count="N")), Choice("hidden", 1, slopes.MISSING)),
            "1/N missing + slope missing",
        ),
        (
            (Choice("output", 2, slopes.MISSING), Choice("biases", 1, scale=Scale(count="1/N"))),
            "output's slope forgotten + bias gradient averaged",
        ),
        (
            (Choice("back", 2, entries.GRADIENT_FOR_W), Choice("hidden", 1, slopes.OF_H)),
            "W2's gradient for W2 on the way back + slope of H, not of A",
        ),
        (
            (Choice("weights", 2, entries.H_FOR_A), Choice("biases", 2, entries.ONE_NUMBER)),
            "H for A in W2's gradient + one number for every bias of a layer",
        ),
    ],
)
def test_two_mistakes_at_once_are_both_named(choices, name):
    network = AnyNetwork(("sigmoid", "sigmoid"), SQUARED, HALF)
    assert names(with_mistakes(network, points(network), *choices))[0] == name


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (slopes.MISSING, "all slopes missing"),
        (slopes.OF_H, "slopes of H, not of A"),
        (slopes.TWICE, "slope of every layer twice"),
    ],
)
def test_one_mistake_in_all_layers_is_one_mistake(kind, name):
    network = AnyNetwork(("sigmoid",) * 3, SQUARED, HALF)
    choices = (Choice("output", 3, kind), Choice("hidden", 2, kind), Choice("hidden", 1, kind))
    assert names(with_mistakes(network, points(network, 3), *choices))[0] == name


def test_gradients_of_nothing_get_no_name():
    network = AnyNetwork(("tanh", "identity"), SQUARED, HALF)
    seens = [seen._replace(dL_dW=tuple(np.cos(7 * Z) for Z in seen.dL_dW)) for seen in points(network)]
    assert naming.named(seens) == []


def test_gradients_of_another_loss_than_L_are_named():
    network = AnyNetwork(("tanh", "identity"), SQUARED, HALF)
    seens = [seen._replace(L=np.exp(seen.L) + n) for n, seen in enumerate(points(network))]
    (result,) = naming.named(seens)
    assert result.names == ("L is not what was differentiated",)
    assert "squared error" not in result.names
    assert network.words() in result.formula[0]


def test_a_mistake_is_told_in_words_and_by_its_lines():
    network = AnyNetwork(("tanh", "identity"), SQUARED, HALF)
    result = naming.named(with_mistakes(network, points(network), Choice("hidden", 1, slopes.MISSING)))[0]
    assert result.names == ("slope missing",)
    assert result.why == (MISTAKES["slope_missing"].why,)
    assert result.equation == ("E16",)
    assert result.formula == ("∂L/∂H1 = ∂L/∂A1 ∘ σ'(H1)",)
    assert result.wrong == ("dL_dH1 = dL_dA1",)
    assert result.right == ("dL_dH1 = dL_dA1 * (1 - A1**2)",)
    assert result.network_words == network.words()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_text_fits_its_layer():
    for output, name in OUTPUTS:
        for hidden in HIDDEN[:12]:
            network = AnyNetwork((hidden, output), name, MEAN)
            for choice in choices_of(network, points(network)[0]):
                result = naming.explained(network, (choice,))
                texts = "".join((*result.names, *result.formula, *result.wrong, *result.right))
                assert "{" not in texts
                assert all(result.names)


# What a course asks for.


def test_a_right_gradient_of_another_convention_is_told():
    seens = points(AnyNetwork(("tanh", "identity"), SQUARED, SUM))
    assert naming.demanded(seens, loss="sse") == ""
    assert naming.demanded(seens) == ""
    sentence = "Right for squared error, sum; you asked for squared error, mean over samples."
    assert naming.demanded(seens, loss="mse") == sentence
    assert "you asked for squared error, sum, L2 penalty 0.05 ΣW²." in naming.demanded(seens, loss="sse", l2=0.1)


def test_gradients_of_another_convention_than_L_are_told():
    network = AnyNetwork(("tanh", "identity"), SQUARED, MEAN)
    halved = [seen._replace(L=seen.L / 2) for seen in points(network)]
    assert "L is squared error, half the mean over samples" in naming.demanded(halved, loss="mse")
    sentence = (
        "The gradients are right for squared error, mean over samples; you asked for squared error, half the mean"
    )
    assert naming.demanded(halved, loss="half-mse").startswith(sentence)


# The form it was written in.


def test_every_form_becomes_the_same_canonical_one():
    network = AnyNetwork(("tanh", "softmax"), CATEGORICAL, MEAN)
    seen = points(network, sizes=(3, 4, 3))[0]
    (W1, W2), (b1, b2), (dW1, dW2), (db1, db2) = seen.weights, seen.biases, seen.dL_dW, seen.dL_db
    rows = {"X": seen.X, "Y": seen.Y, "W1": W1, "W2": W2, "b1": b1, "b2": b2}
    slim = {"W1": dW1, "W2": dW2, "b1": db1[0], "b2": db2[0]}
    roles = Roles("X", "Y", ("W1", "W2"), ("b1", "b2"))
    assert_same(canonical.seen(roles, rows, seen.L, slim), seen)
    columns = {name: Z.T for name, Z in rows.items()}
    given = {name: Updated(columns[name], columns[name] - 0.5 * np.atleast_2d(Z).T, 0.5) for name, Z in slim.items()}
    assert_same(canonical.seen(roles._replace(columns=True), columns, seen.L, given), seen)
    classes = rows | {"Y": seen.Y.argmax(axis=1)}
    assert_same(canonical.seen(roles._replace(labels="integers"), classes, seen.L, slim), seen)
    both = Roles("X", "Y", ("W1", "W2"), augmented=True)
    stacked = {"X": seen.X, "Y": seen.Y, "W1": np.vstack([W1, b1]), "W2": np.vstack([W2, b2])}
    given = {"W1": np.vstack([dW1, db1]), "W2": np.vstack([dW2, db2]).tolist()}
    assert_same(canonical.seen(both, stacked, seen.L, given), seen)


def assert_same(one, other):
    for Z, expected in zip(one[:2], other[:2], strict=True):
        np.testing.assert_array_equal(Z, expected)
    for arrays, expected in zip((*one[2:4], *one[5:7]), (*other[2:4], *other[5:7]), strict=True):
        for Z, right in zip(arrays, expected, strict=True):
            np.testing.assert_allclose(Z, right, rtol=1e-12, atol=1e-14)
    assert one.shape == ""


def test_one_sample_is_one_row():
    seen = points(AnyNetwork(("tanh", "identity"), SQUARED, SUM))[0]
    inputs = {"x": seen.X[0], "y": seen.Y[0], "W1": seen.weights[0], "W2": seen.weights[1]}
    one = canonical.seen(Roles("x", "y", ("W1", "W2")), inputs, 1.0, {})
    assert (one.X.shape, one.Y.shape) == ((1, 3), (1, 2))
    assert one.dL_dW == (None, None)


def test_weights_of_either_order_and_biases_in_the_first_column_become_the_same():
    rng = np.random.default_rng(3)
    W, X, Y = rng.standard_normal((3, 6)), rng.standard_normal(5), rng.standard_normal(3)
    roles = Roles("X", "Y", ("W",), augmented=True, first=True)
    one = canonical.seen(roles, {"X": X, "Y": Y, "W": W}, 1.0, {"W": 2 * W})
    other = canonical.seen(roles, {"X": X, "Y": Y, "W": W.T}, 1.0, {"W": 2 * W.T})
    assert np.array_equal(one.weights[0], W[:, 1:].T)
    assert np.array_equal(one.biases[0], W[:, :1].T)
    assert np.array_equal(one.dL_dW[0], other.dL_dW[0])


def test_an_odd_shape_is_told_and_named():
    network = AnyNetwork(("tanh", "identity"), SQUARED, MEAN)
    roles, seens = Roles("X", "Y", ("W1", "W2"), ("b1", "b2")), []
    for seen in points(network):
        inputs = dict(
            zip(("X", "Y", "W1", "W2", "b1", "b2"), (seen.X, seen.Y, *seen.weights, *seen.biases), strict=True)
        )
        given = {"W1": seen.dL_dW[0].T, "W2": seen.dL_dW[1], "b1": seen.dL_db[0], "b2": seen.dL_db[1].sum()}
        seens.append(canonical.seen(roles, inputs, seen.L, given))
    assert seens[0].shape == "The gradient for W1 is transposed. The gradient for b2 is one number."
    assert names(seens)[0] == "one number for every bias of a layer"


def test_what_is_no_layered_network_has_no_canonical_form():
    roles = Roles("X", "Y", ("W1", "W2"))
    arrays = {"X": np.ones((5, 3)), "Y": np.ones((5, 2)), "W1": np.ones((3, 4)), "W2": np.ones((3, 2))}
    assert canonical.seen(roles, arrays, 1.0, {}) is None
    assert canonical.seen(roles, arrays | {"W2": "text"}, 1.0, {}) is None
    assert canonical.seen(roles, arrays | {"X": np.ones((5, 7))}, 1.0, {}) is None
