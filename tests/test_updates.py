"""What a `train` does with its gradients is told from its trajectory; what a course demands is compared."""

from itertools import product

import numpy as np
import pytest

from fourfold.compare.check import updates
from fourfold.compare.check.demands import LOSSES, Demands
from fourfold.compare.check.forms.recipe import Roles
from fourfold.compare.check.stepping import layered
from fourfold.compare.errors import UsageError
from fourfold.compare.mistakes.anywhere.network import AnyNetwork
from tests.test_mistakes_anywhere import points

RATE, STEPS, N = 0.05, 7, 5
NAMES = ("W1", "b1", "W2", "b2")
rng = np.random.default_rng(4)
X, Y = rng.normal(size=(N, 3)), rng.normal(size=(N, 2))
START = {
    "W1": rng.normal(size=(3, 4)),
    "b1": rng.normal(size=4),
    "W2": rng.normal(size=(4, 2)),
    "b2": rng.normal(size=2),
}


def gradients(P, through=None, rows=None):
    """Those of half the mean squared error of a network with tanh; errors go back through the weights `through`."""
    rows = np.arange(N) if rows is None else rows
    A = np.tanh(X[rows] @ P["W1"] + P["b1"])
    error = (A @ P["W2"] + P["b2"] - Y[rows]) / len(rows)
    back = error @ (through or P)["W2"].T * (1 - A**2)
    return {"W1": X[rows].T @ back, "b1": back.sum(axis=0), "W2": A.T @ error, "b2": error.sum(axis=0)}


def moved(P, G, c):
    return {name: P[name] - c * G[name] for name in P}


def update_of(step, rate=RATE, steps=STEPS, samples=N, elsewhere=False):
    """What is said of a `step(parameters, gradients, t, state) -> parameters`."""
    P, points, slopes, state = {name: Z.copy() for name, Z in START.items()}, [], [], {}
    for t in range(steps):
        G = gradients(P)
        points.append(P)
        slopes.append(G)
        P = step(P, G, t, state)
    points.append(P)
    parameters = {name: np.stack([P[name] for P in points]) for name in NAMES}
    steepness = {name: np.stack([G[name] for G in slopes]) for name in NAMES}
    return updates.kind_of_update(parameters, steepness, rate, samples, gradients if elsewhere else None)


def words_of(step, **how):
    update = update_of(step, **how)
    return update.words if update else updates.UNKNOWN


def scaled(c):
    return lambda P, G, t, state: moved(P, G, c)


def scheduled(rate_at):
    return lambda P, G, t, state: moved(P, G, rate_at(t))


def with_velocity(mu, c=1.0, sign=-1, dampened=0.0):
    def step(P, G, t, state):
        for name in P:
            v = state.get(name)
            state[name] = c * G[name] if v is None else mu * v + (1 - dampened) * c * G[name]
        return {name: P[name] + sign * RATE * state[name] for name in P}

    return step


def heavy_ball(P, G, t, state):
    """The other convention: the rate is in the velocity."""
    for name in P:
        state[name] = 0.8 * state.get(name, 0) - RATE * G[name]
    return {name: P[name] + state[name] for name in P}


def averaged(corrected):
    def step(P, G, t, state):
        for name in P:
            state[name] = 0.9 * state.get(name, 0) + 0.1 * G[name]
        c = RATE / (1 - 0.9 ** (t + 1)) if corrected else RATE
        return moved(P, state, c)

    return step


def nesterov(P, G, t, state):
    after = {}
    for name in P:
        before = state.get(name, np.zeros_like(P[name]))
        state[name] = 0.9 * before - RATE * G[name]
        after[name] = P[name] - 0.9 * before + 1.9 * state[name]
    return after


def nesterov_ahead(P, G, t, state):
    ahead = {name: P[name] + 0.9 * state.get(name, 0) for name in P}
    slopes = gradients(ahead)
    for name in P:
        state[name] = 0.9 * state.get(name, 0) - RATE * slopes[name]
    return {name: P[name] + state[name] for name in P}


def penalised(l2, names=NAMES, mu=0.0):
    def step(P, G, t, state):
        G = {name: G[name] + l2 * P[name] * (name in names) for name in P}
        for name in P:
            state[name] = mu * state.get(name, 0) + G[name]
        return moved(P, state, RATE)

    return step


def shrunk_after(P, G, t, state):
    return {name: 0.99 * Z for name, Z in moved(P, G, RATE).items()}


def lasso(P, G, t, state):
    return {name: P[name] - RATE * (G[name] + 0.01 * np.sign(P[name])) for name in P}


def adam(corrected=True, epsilon=1e-8, rate=RATE, decay=0.0):
    def step(P, G, t, state):
        after = {}
        for name in P:
            m, v = state.get(name, (0, 0))
            state[name] = m, v = 0.9 * m + 0.1 * G[name], 0.999 * v + 0.001 * G[name] ** 2
            if corrected:
                m, v = m / (1 - 0.9 ** (t + 1)), v / (1 - 0.999 ** (t + 1))
            after[name] = P[name] - rate * (m / (np.sqrt(v) + epsilon) + decay * P[name])
        return after

    return step


def rmsprop(P, G, t, state):
    for name in P:
        state[name] = 0.9 * state.get(name, 0) + 0.1 * G[name] ** 2
    return {name: P[name] - RATE * G[name] / np.sqrt(state[name] + 1e-6) for name in P}


def adagrad(P, G, t, state):
    for name in P:
        state[name] = state.get(name, 0) + G[name] ** 2
    return {name: P[name] - RATE * G[name] / (np.sqrt(state[name]) + 1e-7) for name in P}


def clipped_by_value(P, G, t, state):
    return {name: P[name] - RATE * np.clip(G[name], -0.1, 0.1) for name in P}


def clipped_by_norm(most, each=False):
    def step(P, G, t, state):
        norms = {name: np.linalg.norm(G[name]) for name in P}
        together = np.sqrt(sum(norm**2 for norm in norms.values()))
        return {name: P[name] - RATE * min(1, most / (norms[name] if each else together)) * G[name] for name in P}

    return step


def signs(P, G, t, state):
    return {name: P[name] - RATE * np.sign(G[name]) for name in P}


def stale(P, G, t, state):
    before = state.get("G", G)
    state["G"] = G
    return moved(P, before, RATE)


def frozen(P, G, t, state):
    return moved(P, G, RATE) | {"b1": P["b1"], "b2": P["b2"]}


SEEN = {
    "plain descent": (scaled(RATE), "plain descent"),
    "uphill": (scaled(-RATE), "plain descent, with the opposite sign"),
    "doubled": (scaled(2 * RATE), "plain descent, with twice the rate"),
    "over N": (scaled(RATE / N), "plain descent, with the rate divided by N"),
    "another": (scaled(0.03), "plain descent, with another rate, 0.03"),
    "no rate": (scaled(1), "plain descent, with no rate"),
    "still": (scaled(0), "none: the parameters do not change"),
    "frozen": (frozen, "plain descent, but b1 and b2 are never updated"),
    "velocity": (with_velocity(0.9), "momentum, 0.9"),
    "heavy ball": (heavy_ball, "momentum, 0.8"),
    "velocity uphill": (with_velocity(0.9, sign=1), "momentum, 0.9, with the opposite sign"),
    "dampened": (with_velocity(0.9, dampened=0.5), "momentum, 0.9, dampened by 0.5"),
    "never zeroed": (with_velocity(1), "gradients that add up from step to step"),
    "averaged": (averaged(False), "momentum, 0.9, of averaged gradients: v = 0.9 v + 0.1 ∂L/∂W"),
    "corrected": (averaged(True), "momentum, 0.9, of averaged gradients divided by 1 - 0.9^t"),
    "Nesterov": (nesterov, "Nesterov momentum, 0.9"),
    "decay": (penalised(0.01), "weight decay, 0.01: W - rate (∂L/∂W + 0.01 W)"),
    "weights' decay": (
        penalised(0.01, ("W1", "W2")),
        "weight decay of the weights, 0.01: W - rate (∂L/∂W + 0.01 W)",
    ),
    "decay and momentum": (penalised(0.01, mu=0.9), "momentum, 0.9, and weight decay, 0.01"),
    "shrunk": (shrunk_after, "weight decay, 0.01, after the step: W - 0.01 W"),
    "lasso": (lasso, "L1 penalty, 0.01: W - rate (∂L/∂W + 0.01 sign(W))"),
    "Adam": (adam(), "Adam, β = 0.9 and 0.999, ε = 1e-08"),
    "Adam's ε": (adam(epsilon=1e-7), "Adam, β = 0.9 and 0.999, ε = 1e-07"),
    "raw Adam": (adam(corrected=False), "Adam, without bias correction, β = 0.9 and 0.999, ε = 1e-08"),
    "AdamW": (adam(decay=0.01), "Adam, β = 0.9 and 0.999, ε = 1e-08, and weight decay, 0.01"),
    "Adam's rate": (adam(rate=0.001), "Adam, β = 0.9 and 0.999, ε = 1e-08, with another rate, 0.001"),
    "RMSprop": (rmsprop, "RMSprop, 0.9, ε = 1e-06 inside the root"),
    "Adagrad": (adagrad, "Adagrad, ε = 1e-07"),
    "clipped": (clipped_by_value, "gradients clipped by value, 0.1"),
    "norm": (clipped_by_norm(2.2), "gradients clipped by norm, 2.2"),
    "norms": (clipped_by_norm(1.0, each=True), "gradients clipped by norm, 1, each parameter's alone"),
    "normalised": (clipped_by_norm(0.01), "gradients brought to one norm, 0.01"),
    "signs": (signs, "the signs of the gradients"),
    "stale": (stale, "the gradients of the step before"),
    "1/t": (scheduled(lambda t: RATE / (1 + 0.1 * t)), "rate decay, 1/(1 + 0.1 t)"),
    "1/t from 1": (scheduled(lambda t: RATE / (1.1 + 0.1 * t)), "rate decay, 1/(1 + 0.1 t), from t = 1"),
    "exponential": (scheduled(lambda t: RATE * 0.9**t), "rate decay, times 0.9 a step"),
    "linear": (scheduled(lambda t: RATE * (1 - t / 10)), "rate decay, 1 - 0.1 t"),
    "root": (scheduled(lambda t: RATE / np.sqrt(1 + t)), "rate decay, 1/√(1 + t)"),
    "stairs": (scheduled(lambda t: RATE * 0.5 ** (t // 3)), "rate decay in stairs, times 0.5 every 3 steps"),
    "any": (scheduled(lambda t: RATE * (1.2, 0.7, 1)[t % 3]), "a rate that changes: 0.06, 0.035, 0.05, 0.06 ..."),
}


@pytest.mark.parametrize("name", SEEN)
def test_an_update_is_told_by_its_trajectory(name):
    step, words = SEEN[name]
    assert words_of(step) == words


def test_only_plain_descent_is_plain():
    assert [name for name, (step, _) in SEEN.items() if update_of(step).is_plain] == ["plain descent"]


def test_an_update_that_is_none_of_them_is_not_given_a_name():
    noise = np.random.default_rng(0)
    assert words_of(lambda P, G, t, s: {n: Z + noise.normal(size=Z.shape) for n, Z in P.items()}) == updates.UNKNOWN
    assert update_of(scaled(RATE * (1 + 2e-6))).words == "plain descent, with another rate, 0.0500001"
    cubes = lambda P, G, t, s: {n: P[n] - RATE * G[n] ** 3 for n in P}
    assert update_of(cubes, elsewhere=True) is None
    nearly = lambda P, G, t, s: {n: P[n] - RATE * G[n] * (1 + 1e-7 * np.cos(P[n])) for n in P}
    assert update_of(nearly) is None
    with np.errstate(all="ignore"):
        assert update_of(scaled(1e200)) is None


def test_a_trajectory_has_to_be_long_enough():
    with pytest.raises(ValueError, match="5 steps are needed to tell updates apart, not 4"):
        update_of(scaled(RATE), steps=4)


def test_without_a_rate_any_descent_is_plain():
    assert update_of(scaled(0.123), rate=None).is_plain
    assert update_of(scaled(-1), rate=None).words == "plain descent, with the opposite sign"
    assert update_of(with_velocity(0.9), rate=None).coefficient == pytest.approx(0.9)


# In turn, and by samples.


def in_turn(order, rows_of=lambda t: [None], anew=False):
    def step(P, G, t, state):
        now = dict(P)
        for rows in rows_of(t):
            begun = dict(now)
            for names in order:
                slopes = gradients(now if anew else begun, now, rows)
                now |= {name: now[name] - RATE * slopes[name] for name in names}
        return now

    return step


def each(t):
    return [np.array([k]) for k in range(N)]


BY_LAYER, AT_ONCE = (("W2", "b2"), ("W1", "b1")), (NAMES,)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (in_turn(BY_LAYER), "W2 is updated before ∂L/∂W1 and ∂L/∂b1 are taken through it"),
        (in_turn(BY_LAYER, anew=True), "W2 and b2 are updated before ∂L/∂W1 and ∂L/∂b1 are taken"),
        (in_turn(AT_ONCE, each), "sample by sample"),
        (in_turn(AT_ONCE, lambda t: each(t)[::-1]), "sample by sample, the last first"),
        (in_turn(AT_ONCE, lambda t: np.split(np.arange(4), 2) + each(t)[4:]), "in batches of 2 samples"),
        (in_turn(AT_ONCE, lambda t: [each(t)[t * t % N]]), "one sample a step: 0, 1, 4, 4, 1, 0, 1"),
        (
            in_turn(AT_ONCE, lambda t: [np.array([k]) for k in np.random.default_rng(t).permutation(N)]),
            "sample by sample, in an order that changes",
        ),
        (
            in_turn(BY_LAYER, each),
            "sample by sample, and W2 is updated before ∂L/∂W1 and ∂L/∂b1 are taken through it",
        ),
        (nesterov_ahead, "Nesterov momentum, 0.9, looking ahead"),
    ],
    ids=range(9),
)
def test_an_update_that_takes_gradients_elsewhere_is_told(step, words):
    assert words_of(step, elsewhere=True) == words
    assert words_of(step) == updates.UNKNOWN


def test_gradients_that_cannot_be_had_are_done_without():
    parameters = {"W": np.random.default_rng(1).normal(size=(7, 3))}
    steepness = {"W": np.ones((6, 3))}
    nothing = lambda P, through, rows: None
    assert updates.kind_of_update(parameters, steepness, 0.1, 5, nothing) is None


def test_a_recognised_network_gives_gradients_wherever_they_are_taken():
    network = AnyNetwork(("tanh", "identity"), "squared error", "half the mean over samples")
    given = points(network)[0]._replace(X=X, Y=Y)
    at = layered.gradients_at(network, given, ("W1", "W2"), ("b1", "b2"))
    other = {name: Z + 0.1 for name, Z in START.items()}
    for through, rows in product((START, other), (None, np.array([3]))):
        right = gradients(START, through, rows)
        for name, gradient in at(START, through, rows).items():
            np.testing.assert_allclose(gradient, right[name], rtol=1e-12)
    penalised = layered.gradients_at(network._replace(l2=0.1), given, ("W1", "W2"), ("b1", "b2"))
    here = penalised(START, START, None)
    np.testing.assert_allclose(here["W2"], gradients(START)["W2"] + 0.2 * START["W2"], rtol=1e-12)
    np.testing.assert_allclose(here["b2"], gradients(START)["b2"], rtol=1e-12)


# What is demanded.


@pytest.mark.parametrize("text", ["adam,lr=1", "adams", "momentum=x", "momentum=1", "momentum=nan", "sgd=1", ""])
def test_a_step_that_cannot_be_demanded_is_a_sentence(text):
    sentence = r"^(--update momentum=0\.9 takes|--update here takes|There is no optimiser) .*[.?]$"
    with pytest.raises(UsageError, match=sentence):
        Demands.parse(update=text)


def test_a_step_is_compared_with_the_one_demanded():
    sgd, momentum = updates.demanded("sgd"), updates.demanded("momentum=0.9")
    plain, ball = update_of(scaled(RATE)), update_of(with_velocity(0.9))
    assert updates.unlike(sgd, plain) == updates.unlike(momentum, ball) == ""
    assert updates.demanded("momentum=0") == sgd
    assert updates.unlike(momentum, plain) == "Its step is plain descent; you asked for momentum, 0.9."
    assert updates.unlike(sgd, ball) == "Its step is momentum, 0.9; you asked for plain descent."
    assert "momentum, 0.8; you asked for momentum, 0.9." in updates.unlike(momentum, update_of(heavy_ball))
    assert "with twice the rate; you asked" in updates.unlike(sgd, update_of(scaled(2 * RATE)))
    assert updates.unlike(sgd, None).startswith(
        "Its step is not plain descent, nor any other step that is known; you asked for"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"loss": "mes"}, "There is no loss 'mes': did you mean mse?"),
        ({"loss": "huber"}, "There is no loss 'huber': choose from half-mse, mse, sse, half-sse, bce, softmax-ce."),
        ({"l2": "x"}, "--l2 must be a number of at least 0, not x."),
        ({"l2": -1.0}, "--l2 must be a number of at least 0, not -1.0."),
        ({"l2": "inf"}, "--l2 must be a number of at least 0, not inf."),
    ],
)
def test_what_cannot_be_demanded_is_a_sentence(options, sentence):
    with pytest.raises(UsageError) as raised:
        Demands.parse(**options)
    assert str(raised.value) == sentence


def test_options_become_demands():
    assert Demands.parse() == Demands(None, None, False, None)
    assert Demands.parse("bce", "0.01", True, "momentum=0.9") == Demands("bce", 0.01, True, "momentum=0.9")
    assert all(Demands.parse(loss).loss == loss for loss in LOSSES)


@pytest.mark.parametrize(
    ("own", "loss", "times"),
    [
        ("sum", "mse", "1/N"),
        ("sum", "half-sse", "1/2"),
        ("sum", "half-mse", "1/(2 N)"),
        ("half the sum", "mse", "2/N"),
        ("mean over samples", "half-mse", "1/2"),
        ("half the mean over samples", "mse", "2"),
        ("half the mean over samples", "sse", "2 N"),
        ("mean over samples", "half-sse", "N/2"),
        ("mean over samples", "sse", "N"),
    ],
)
def test_another_average_is_told_with_its_factor(own, loss, times):
    givens = points(AnyNetwork(("tanh", "identity"), "squared error", own))
    sentence = Demands.parse(loss).unlike(givens)
    assert sentence.startswith(f"Right for squared error, {own}; you asked for squared error,")
    assert sentence.endswith(f"Multiply its gradients by {times} to get what you asked for.")


def test_what_is_as_demanded_gives_no_sentence():
    givens = points(AnyNetwork(("tanh", "identity"), "squared error", "sum"))
    assert Demands.parse("sse", 0, False).unlike(givens) == Demands().unlike(givens) == ""


def test_rows_and_columns_are_told_apart():
    roles = Roles("X", "Y", ("W1",))
    assert "you asked for columns" in Demands.parse(columns=True).unlike([], roles)
    assert Demands.parse(columns=True).unlike([], roles._replace(columns=True)) == ""
