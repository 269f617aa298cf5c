"""Every entry of the table of conventions is computed: by the framework's own optimiser, asked as its users ask it."""

import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.results.optimizer_table import DIFFERENCES, GIVEN, conventions_table
from fourfold.reports import readme
from tests.conftest import each_column

# All are float32 numbers too, so that nothing is rounded but on the way; ε is large enough to be seen where it is.
S = SimpleNamespace(lr=0.125, momentum=0.75, rho=0.5, beta1=0.5, beta2=0.75, eps=0.0625, d=0.25)
START, STEPS = np.array([1.0, -2.0, 0.5]), 3
FITS, DIFFERS = 1e-12, 1e-4
each = pytest.mark.parametrize("name", each_column(tuple(impls.FRAMEWORKS)))


def gradient(w):
    """Of a function that bends: steps from one place differ from those from another."""
    return w**3 + 2 * w - 1


# The frameworks' own front doors: {rule: what makes it}, and what steps with it.


def by_torch(make, steps=STEPS):
    import torch

    w = torch.tensor(START, requires_grad=True)
    update, path = make(torch.optim, [w]), []
    for _ in range(steps):
        w.grad = torch.tensor(gradient(w.detach().numpy()))
        update.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


def by_jax(make, steps=STEPS):
    import jax
    import jax.numpy as jnp
    import optax

    with jax.enable_x64(True):
        w, update, path = jnp.array(START), make(optax, None), []
        state = update.init(w)
        for _ in range(steps):
            changes, state = update.update(jnp.array(gradient(np.array(w))), state, w)
            w = optax.apply_updates(w, changes)
            path.append(np.array(w))
    return np.array(path)


def by_tf(make, steps=STEPS):
    import tensorflow as tf

    floatx = tf.keras.config.floatx()
    tf.keras.config.set_floatx("float32")  # as it is, if nobody says otherwise
    try:
        w = tf.Variable(START)
        update, path = make(tf.keras.optimizers, [w]), []
        for _ in range(steps):
            update.apply([tf.constant(gradient(w.numpy()))], [w])
            path.append(w.numpy())
    finally:
        tf.keras.config.set_floatx(floatx)
    return np.array(path)


def by_numpy(make, steps=STEPS):
    w, state, path = START, (np.zeros(3), np.zeros(3)), []
    update = make(impls.load("numpy", "optimizers").optimizer, [w])
    for t in range(1, steps + 1):
        w, state = update(w, gradient(w), state, t)
        path.append(w)
    return np.array(path)


RUN = {"torch": by_torch, "jax": by_jax, "tf": by_tf, "numpy": by_numpy}


def of_numpy(name, l2=0.0, decay=0.0, **settings):
    return lambda optimizer, w: optimizer(w, name, S.lr, l2, decay, **settings)


MOMENTUM = {
    "torch": lambda optim, w: optim.SGD(w, S.lr, momentum=S.momentum),
    "jax": lambda optax, w: optax.sgd(S.lr, S.momentum),
    "tf": lambda keras, w: keras.SGD(S.lr, S.momentum),
    "numpy": of_numpy("momentum", momentum=S.momentum),
}
NESTEROV = {
    "torch": lambda optim, w: optim.SGD(w, S.lr, momentum=S.momentum, nesterov=True),
    "jax": lambda optax, w: optax.sgd(S.lr, S.momentum, nesterov=True),
    "tf": lambda keras, w: keras.SGD(S.lr, S.momentum, nesterov=True),
    "numpy": of_numpy("nesterov", momentum=S.momentum),
}
RMSPROP = {
    "torch": lambda optim, w: optim.RMSprop(w, S.lr, alpha=S.rho, eps=S.eps),
    "jax": lambda optax, w: optax.rmsprop(S.lr, decay=S.rho, eps=S.eps),
    "tf": lambda keras, w: keras.RMSprop(S.lr, rho=S.rho, epsilon=S.eps),
    "numpy": of_numpy("rmsprop", rho=S.rho, eps=S.eps),
}
BETAS = {"beta1": S.beta1, "beta2": S.beta2, "eps": S.eps}
ADAM = {
    "torch": lambda optim, w: optim.Adam(w, S.lr, betas=(S.beta1, S.beta2), eps=S.eps),
    "jax": lambda optax, w: optax.adam(S.lr, S.beta1, S.beta2, S.eps),
    "tf": lambda keras, w: keras.Adam(S.lr, S.beta1, S.beta2, S.eps),
    "numpy": of_numpy("adam", **BETAS),
}
ADAMW = {
    "torch": lambda optim, w: optim.AdamW(w, S.lr, betas=(S.beta1, S.beta2), eps=S.eps, weight_decay=S.d),
    "jax": lambda optax, w: optax.adamw(S.lr, S.beta1, S.beta2, S.eps, weight_decay=S.d),
    "tf": lambda keras, w: keras.AdamW(S.lr, S.d, S.beta1, S.beta2, S.eps),
    "numpy": of_numpy("adamw", decay=S.d, **BETAS),
}
# With weight_decay, where there is such a setting
DECAYED = {
    "torch": {
        "momentum": lambda optim, w: optim.SGD(w, S.lr, momentum=S.momentum, weight_decay=S.d),
        "rmsprop": lambda optim, w: optim.RMSprop(w, S.lr, alpha=S.rho, eps=S.eps, weight_decay=S.d),
        "adam": lambda optim, w: optim.Adam(w, S.lr, betas=(S.beta1, S.beta2), eps=S.eps, weight_decay=S.d),
    },
    "tf": {
        "momentum": lambda keras, w: keras.SGD(S.lr, S.momentum, weight_decay=S.d),
        "rmsprop": lambda keras, w: keras.RMSprop(S.lr, rho=S.rho, epsilon=S.eps, weight_decay=S.d),
        "adam": lambda keras, w: keras.Adam(S.lr, S.beta1, S.beta2, S.eps, weight_decay=S.d),
    },
}


# What each choice says, written down once more: (w, g, what is kept, t) -> (the new w, what is kept).


def sgd(w, g, kept, t):
    return w - S.lr * g, kept


def rate_inside(w, g, kept, t):
    u = S.momentum * kept.get("u", 0) - S.lr * g
    return w + u, {"u": u}


def rate_inside_and_nesterov(w, g, kept, t):
    u = S.momentum * kept.get("u", 0) - S.lr * g
    return w + S.momentum * u - S.lr * g, {"u": u}


def look_ahead(w, g, kept, t):
    u = S.momentum * kept.get("u", 0) - S.lr * gradient(w + S.momentum * kept.get("u", 0))
    return w + u, {"u": u}


def rmsprop(divisor):
    def step(w, g, kept, t):
        v = S.rho * kept.get("v", 0) + (1 - S.rho) * g**2
        return w - S.lr * g / divisor(v), {"v": v}

    return step


EPS_AT = {
    "inside": rmsprop(lambda v: np.sqrt(v + S.eps)),
    "outside": rmsprop(lambda v: np.sqrt(v) + S.eps),
    "none": rmsprop(np.sqrt),
}


def adam(eps_at):
    def step(w, g, kept, t):
        m = S.beta1 * kept.get("m", 0) + (1 - S.beta1) * g
        v = S.beta2 * kept.get("v", 0) + (1 - S.beta2) * g**2
        c1, c2 = 1 - S.beta1**t, 1 - S.beta2**t
        after = S.lr * (m / c1) / (np.sqrt(v / c2) + S.eps)
        before = S.lr * np.sqrt(c2) / c1 * m / (np.sqrt(v) + S.eps)
        return w - (after if eps_at == "after" else before), {"m": m, "v": v}

    return step


def decayed(rule, how):
    """A rule with its decay coupled, or decoupled by the rate or by itself."""

    def step(w, g, kept, t):
        if how == "coupled":
            return rule(w, g + S.d * w, kept, t)
        new, kept = rule(w, g, kept, t)
        return new - {"decoupled": S.lr, "rate": S.lr, "itself": 1}[how] * S.d * w, kept

    return step


def by_hand(rule):
    w, kept, path = START, {}, []
    for t in range(1, STEPS + 1):
        w, kept = rule(w, gradient(w), kept, t)
        path.append(w)
    return np.array(path)


def fitting(path, rules):
    """The choices whose numbers a path has; all others are far from it."""
    fit = []
    for choice, rule in rules.items():
        off = np.abs(path / by_hand(rule) - 1).max()
        assert off < FITS or off > DIFFERS, (choice, off)
        if off < FITS:
            fit.append(choice)
    return fit


def entries(point, optimizers=""):
    """The Differences at a point."""
    return [one for one in DIFFERENCES if one.point == point and optimizers in one.optimizers]


def entry(point, optimizers=""):
    (one,) = entries(point, optimizers)
    return one


def kept_by(name):
    """What momentum keeps after one step, in a framework's own words."""
    if name == "torch":
        import torch

        w = torch.tensor(START, requires_grad=True)
        update = MOMENTUM[name](torch.optim, [w])
        w.grad = torch.tensor(gradient(START))
        update.step()
        return update.state[w]["momentum_buffer"].numpy()
    if name == "jax":
        import jax
        import optax

        with jax.enable_x64(True):
            update = MOMENTUM[name](optax, None)
            _, state = update.update(jax.numpy.array(gradient(START)), update.init(jax.numpy.array(START)))
            return np.array(optax.tree.get(state, "trace"))
    if name == "tf":
        import tensorflow as tf

        w = tf.Variable(START)
        update = MOMENTUM[name](tf.keras.optimizers, [w])
        update.apply([tf.constant(gradient(START))], [w])
        *_, u = update.variables
        return u.numpy()
    _, (u,) = MOMENTUM[name](impls.load("numpy", "optimizers").optimizer, [START])(START, gradient(START), (0, 0), 1)
    return u


@each
def test_where_momentum_has_its_rate(name):
    """Constant rates give the same weights by both; what is kept says which it is."""
    assert fitting(RUN[name](MOMENTUM[name]), {"momentum": rate_inside, "descent": sgd}) == ["momentum"]
    sizes = {"inside": -S.lr * gradient(START), "outside": gradient(START)}
    fit = [choice for choice, u in sizes.items() if np.allclose(kept_by(name), u, rtol=FITS)]
    assert fit == [entry("where the rate is").choice(name)]


@each
def test_where_nesterov_takes_its_gradient(name):
    rules = {"here": rate_inside_and_nesterov, "ahead": look_ahead}
    assert fitting(RUN[name](NESTEROV[name]), rules) == [entry("where the gradient is taken").choice(name)]


@each
def test_where_rmsprop_has_its_eps(name):
    assert fitting(RUN[name](RMSPROP[name]), EPS_AT) == [entry("where ε is", "rmsprop").choice(name)]


@each
def test_where_adam_and_adamw_have_their_eps_and_what_multiplies_adamw_s_decay(name):
    rules, decays = {}, {}
    for choice in ("after", "before"):
        rules[choice] = adam(choice)
        for by in ("rate", "itself", "coupled"):
            decays[choice, by] = decayed(adam(choice), by)
    choice = entry("where ε is", "adam").choice(name)
    assert fitting(RUN[name](ADAM[name]), rules) == [choice]
    by = entry("what multiplies its decay d").choice(name)
    assert fitting(RUN[name](ADAMW[name]), decays) == [(choice, by)]


@each
def test_what_weight_decay_is_in_every_optimizer_but_adamw(name):
    one = entry("what weight_decay d is")
    plain = {"momentum": rate_inside, "rmsprop": EPS_AT[entry("where ε is", "rmsprop").choice(name)]}
    plain["adam"] = adam(entry("where ε is", "adam").choice(name))
    assert [*plain] == one.optimizers.split(", ")
    for rule, step in plain.items():
        rules = {how: decayed(step, how) for how in ("coupled", "decoupled")}
        if name in DECAYED:
            assert fitting(RUN[name](DECAYED[name][rule]), rules) == [one.choice(name)], rule
        else:
            assert one.choice(name) == "either"
            for how, make in either(name, rule).items():
                assert fitting(RUN[name](make), rules) == [how], rule


def either(name, rule):
    """How a column that has no weight_decay is asked for each of the two."""
    if name == "jax":
        import optax

        make = {"momentum": MOMENTUM["jax"], "rmsprop": RMSPROP["jax"], "adam": ADAM["jax"]}[rule]
        own = {"momentum": optax.sgd, "rmsprop": optax.rmsprop, "adam": optax.adam}[rule]
        assert "weight_decay" not in inspect.signature(own).parameters
        return {
            "coupled": lambda optax, w: optax.chain(optax.add_decayed_weights(S.d), make(optax, w)),
            "decoupled": lambda optax, w: optax.chain(make(optax, w), optax.add_decayed_weights(-S.lr * S.d)),
        }
    own = {"momentum": {"momentum": S.momentum}, "rmsprop": {"rho": S.rho, "eps": S.eps}, "adam": BETAS}
    return {
        "coupled": of_numpy(rule, l2=S.d, **own[rule]),
        "decoupled": of_numpy(rule, decay=S.d, **own[rule]),
    }


def parameter(name, rule, called):
    """What a framework's optimiser takes where a setting is not given."""
    if name == "torch":
        import torch

        own = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}[rule]
        front, names = getattr(torch.optim, own), {"λ": "lr", "ρ": "alpha", "ε": "eps", "d": "weight_decay"}
    elif name == "jax":
        import optax

        front, names = getattr(optax, rule), {"λ": "learning_rate", "ρ": "decay", "ε": "eps", "d": "weight_decay"}
    elif name == "tf":
        import tensorflow as tf

        own = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}[rule]
        front = getattr(tf.keras.optimizers, own)
        names = {"λ": "learning_rate", "ρ": "rho", "ε": "epsilon", "d": "weight_decay"}
    else:
        column = impls.load("numpy", "optimizers")
        front = column.optimizer if called in "λd" else column.RULES[rule]
        names = {"λ": "lr", "ρ": "rho", "ε": "eps", "d": "decay"}
    default = inspect.signature(front).parameters[names[called]].default
    return "" if default is inspect.Parameter.empty else default


DEFAULTS = [one for one in DIFFERENCES if one.point.endswith("if it is not given")]


@each
@pytest.mark.parametrize("one", DEFAULTS, ids=lambda one: f"{one.optimizers}-{one.point[0]}")
def test_what_a_setting_is_that_is_not_given(one, name):
    for rule in one.optimizers.split(", "):
        assert parameter(name, rule, one.point[0]) == one.choice(name)
    written = one.choices[one.choice(name)]
    assert written == GIVEN if one.choice(name) == "" else float(written) == one.choice(name)


@each
def test_whether_settings_are_float64_where_weights_are(name):
    """One step by 0.1, which is no number of float32."""
    steps = {
        "torch": lambda optim, w: optim.SGD(w, 0.1),
        "jax": lambda optax, w: optax.sgd(0.1),
        "tf": lambda keras, w: keras.SGD(0.1),
        "numpy": lambda optimizer, w: optimizer(w, "sgd", 0.1, 0.0, 0.0),
    }
    (after,) = RUN[name](steps[name], steps=1)
    fit = []
    for choice, rate in (("exact", 0.1), ("float32", float(np.float32(0.1)))):
        if np.allclose(after, START - rate * gradient(START), rtol=FITS):
            fit.append(choice)
    assert fit == [entry("settings, where weights are float64").choice(name)]


def test_the_table_has_every_framework_and_nothing_that_is_not_computed():
    tried = {"where the rate is", "where the gradient is taken", "where ε is", "what weight_decay d is"}
    tried |= {"what multiplies its decay d", "settings, where weights are float64"}
    assert {one.point for one in DIFFERENCES} - tried == {one.point for one in DEFAULTS}
    headings, lines = conventions_table()
    assert headings[2:-1] == [framework.title for framework in impls.FRAMEWORKS.values()]
    for one, line in zip(DIFFERENCES, lines, strict=True):
        assert len(line) == len(headings)
        assert sorted(column for columns in one.columns.values() for column in columns) == sorted(impls.FRAMEWORKS)
        assert one.papers.keys() <= one.choices.keys()
        assert "–" not in line[:-1]


def test_the_readme_of_the_optimizers_has_the_table():
    text = Path(readme.ROOT, "impls/optimizers/README.md").read_text(encoding="utf-8")
    assert readme.refreshed(text) == text, "run: make readme"
    for line in conventions_table()[1]:
        assert " | ".join(line) in text


def test_the_readme_of_the_optimizers_has_every_equation_of_the_numpy_column():
    text = Path(readme.ROOT, "impls/optimizers/README.md").read_text(encoding="utf-8")
    numbers = re.findall(r"\bU\d+", impls.path_of("numpy", "optimizers").read_text(encoding="utf-8"))
    assert set(numbers) == set(re.findall(r"\bU\d+", text)) == {f"U{n}" for n in range(1, 12)}
