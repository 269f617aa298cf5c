"""Finds small automatic differentiation in a class: numbers, or arrays, that know where they came from."""

import inspect
from functools import partial
from typing import NamedTuple

import numpy as np

from fourfold.compare.check.forms import class_trials
from fourfold.compare.check.forms.recipe import Recipe

BACKWARD = ("backward", "backprop", "backpropagate", "back_propagate", "backward_pass", "run_backward", "grad_backward")
GRADIENTS = ("grad", "g", "gradient", "_grad", "d", "adj", "adjoint", "deriv", "derivative", "grad_value", "dv")
ARRAY_METHODS = ("matmul", "__matmul__", "sum", "dot", "mm", "transpose", "reshape")
NO_TERMS = {"copy", "detach", "clone", "zero_grad", "zero", "item", "numpy", "no_grad", "backward_step", "parameters"}
MODULE_LEVEL = {
    *("exp", "log", "tanh", "sigmoid", "relu", "sin", "cos", "sqrt", "square", "softplus", "add", "mul", "sub", "div"),
    *("neg", "power", "pow", "multiply", "subtract", "divide", "leaky_relu", "gelu", "elu", "swish", "silu", "abs"),
    *("maximum", "minimum", "matmul", "dot", "sum", "mean"),
}

# What is tried with numbers a, b > 0 > c: (its name, the expression). The last group uses values several times.
OPERATORS = (
    ("+", lambda a, b, c: a + b),
    ("*", lambda a, b, c: b * c),
    ("-", lambda a, b, c: a - c),
    ("/", lambda a, b, c: c / b),
    ("**", lambda a, b, c: c**2 * b),
    ("** 3", lambda a, b, c: c**3),
    ("** -1", lambda a, b, c: b**-1),
    ("** 0.5", lambda a, b, c: (a * b) ** 0.5),
    ("** itself", lambda a, b, c: a**b),
    ("-x", lambda a, b, c: -a * c),
    ("x + 1", lambda a, b, c: (a + 1.5) * c),
    ("1 + x", lambda a, b, c: (2.5 + a) * b),
    ("x - 1", lambda a, b, c: (b - 0.5) * a),
    ("1 - x", lambda a, b, c: (1 - c) * b),
    ("x * 2", lambda a, b, c: (a * 3) * c),
    ("2 * x", lambda a, b, c: 2 * b * a),
    ("x / 2", lambda a, b, c: (c / 4) * b),
    ("1 / x", lambda a, b, c: 1 / a * c),
)
TWICE = (
    lambda a, b, c: a + a,
    lambda a, b, c: a * a,
    lambda a, b, c: a * b + a,
    lambda a, b, c: _diamond(a * b, c),
    lambda a, b, c: _twice_each(a, b, c * a),
)
ARRAY_OPERATORS = (
    ("+", lambda X, W, b, c: b * c + b),
    ("x + row", lambda X, W, b, c: X + c),
    ("row + x", lambda X, W, b, c: c + X),
    ("x * row", lambda X, W, b, c: X * c),
    ("x - row", lambda X, W, b, c: (X - c) * X),
    ("x / row", lambda X, W, b, c: X / c),
    ("**", lambda X, W, b, c: X**2),
    ("-x", lambda X, W, b, c: -X * X),
    ("x + 1", lambda X, W, b, c: (X + 1.5) * X),
    ("2 * x", lambda X, W, b, c: 2 * X * X),
    ("1 - x", lambda X, W, b, c: (1 - X) * X),
    ("@", lambda X, W, b, c: X @ W),
    ("@ and +", lambda X, W, b, c: (X @ W + b) * (X @ W)),
    (".matmul", lambda X, W, b, c: X.matmul(W) + b),
    (".dot", lambda X, W, b, c: X.dot(W) + b),
    (".mm", lambda X, W, b, c: X.mm(W) + b),
    (".T", lambda X, W, b, c: W.T @ X.T),
    (".transpose", lambda X, W, b, c: X.transpose() * X.transpose()),
    (".sum(0)", lambda X, W, b, c: (X * X).sum(axis=0)),
    (".sum(1)", lambda X, W, b, c: (X * X).sum(axis=1)),
    (".mean(0)", lambda X, W, b, c: (X * X).mean(axis=0)),
    (".sum(dim)", lambda X, W, b, c: (X * X).sum(0)),
)


def _diamond(u, c):
    v = u * c
    return (u + v) * v


def _twice_each(a, b, c):
    """Every value is used twice, once further down."""
    x = a * c
    y = x + b
    z = y * x
    return z * y + x * z


class Engine(NamedTuple):
    """A class of numbers, or arrays, with gradients: how to use it."""

    cls: str
    data: str  # the attribute with the value
    grad: str  # the one with the gradient
    backward: str  # a method's name, or a function's
    seed: bool = False  # whether it takes what dL/dL is
    function: bool = False
    keywords: tuple = ()
    whole: bool = False  # whether its values are arrays
    pulled: bool = False  # whether `backward` is asked of the leaves, and gives their gradients

    def make(self, namespace, value):
        """An object with this value."""
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value.item()
        return namespace[self.cls](value, **dict(self.keywords))

    def value(self, thing):
        """The number, or array, in an object, or in an object that is itself a value's gradient."""
        for _ in range(3):
            if type(thing).__name__ != self.cls:
                break
            thing = getattr(thing, self.data)
        return thing

    def differentiate(self, namespace, result):
        if self.pulled:
            setattr(result, self.grad, 1.0)
            return
        seed = () if not self.seed else (np.ones_like(self.value(result)) if self.whole else 1.0,)
        if self.function:
            namespace[self.backward](result, *seed)
        else:
            getattr(result, self.backward)(*seed)

    def gradient(self, leaf):
        return getattr(leaf, self.backward)() if self.pulled else self.value(getattr(leaf, self.grad))


def find(namespace, text, name=None):
    """A Recipe that uses every operation of such a class; None where there is no such class.

    name: of the class, where there may be several.
    """
    for cls in [value for key, value in namespace.items() if isinstance(value, type) and name in (None, key)]:
        if cls.__module__ != namespace.get("__name__", cls.__module__) or not _computes(cls):
            continue
        for whole in (True, False) if any(hasattr(cls, method) for method in ARRAY_METHODS) else (False,):
            engine = _engine(namespace, cls, whole)
            recipe = engine and _recipe(namespace, engine)
            if recipe:
                return recipe
    return None


def _computes(cls):
    return any("__add__" in vars(base) or "__mul__" in vars(base) or "add" in vars(base) for base in cls.__mro__[:-1])


def _engine(namespace, cls, whole):
    """The Engine of a class, by what happens to a + b."""
    values = (np.array([[1.5, -2.25], [0.75, 3.5]]), np.array([[2.5, 0.25], [-1.75, 0.5]])) if whole else (1.625, 2.375)
    for keywords in ((), (("requires_grad", True),), (("requires_gradient", True),), (("trainable", True),)):
        made = class_trials.attempt(lambda: [cls(value, **dict(keywords)) for value in values])  # noqa: B023
        data = made and _attribute(made[0], values[0])
        if not data:
            continue
        for backward, function in _backwards(namespace, cls):
            for seed in (False, True):
                draft = Engine(cls.__name__, data, "", backward, seed, function, keywords, whole)
                grad = class_trials.attempt(_grad_attribute, namespace, draft, values)
                if grad:
                    return draft._replace(grad=grad)
        return None if whole else _pulled(namespace, draft_of(cls, data, keywords), made[0])
    return None


def draft_of(cls, data, keywords):
    """An Engine that is to be completed."""
    return Engine(cls.__name__, data, "", "", keywords=keywords, pulled=True)


def _pulled(namespace, draft, thing):
    """The Engine of a class whose leaves ask those that were made of them: `x.grad()` after `L.grad_value = 1`."""
    methods = [name for name in dir(thing) if name.lower() in {"grad", "gradient", "derivative", "get_grad", "adjoint"}]
    for method in methods:
        for name, value in vars(thing).items():
            if value is None or (isinstance(value, int | float) and name != draft.data):
                engine = draft._replace(grad=name, backward=method)
                answer = class_trials.attempt(
                    _run, namespace, engine, [lambda a, b, c: a * b], {"a": 2.0, "b": 3.0, "c": 1.0}
                )
                if answer and answer[1]["a"] == 3.0:
                    return engine
    return None


def _attribute(thing, value):
    for name in dir(thing):
        if not name.startswith("__"):
            own = class_trials.attempt(getattr, thing, name)
            if type(own) in (float, np.float64, np.ndarray) and np.shape(own) == np.shape(value) and _equal(own, value):
                return name
    return None


def _backwards(namespace, cls):
    methods = [(name, False) for name in dir(cls) if name.lower().strip("_") in BACKWARD and name != "_backward"]
    functions = [(name, True) for name in namespace if name.lower() in BACKWARD and callable(namespace[name])]
    return sorted(methods, key=lambda pair: pair[0].startswith("_")) + functions


def _grad_attribute(namespace, engine, values):
    """Which attribute of leaves is set by going back from a sum, or a product: it is 1 there, or the other value."""
    for combine, expected in ((lambda a, b: a + b, np.ones_like(values[0])), (lambda a, b: a * b, values[1])):
        leaves = [engine.make(namespace, value) for value in values]
        before = {name: getattr(leaves[0], name, None) for name in dir(leaves[0]) if not name.startswith("__")}
        result = combine(*leaves)
        total = result.sum() if engine.whole and not engine.seed else result
        engine.differentiate(namespace, total)
        changed = []
        for name, old in before.items():
            new = engine.value(getattr(leaves[0], name, None))
            if name == engine.data or callable(new) or new is None:
                continue
            named = name.lower() in GRADIENTS or "grad" in name.lower()
            right = np.shape(new) == np.shape(expected) and _equal(new, expected)
            if right or (named and new is not old and isinstance(new, float | np.ndarray | np.floating)):
                changed.append((not named, not right, name))
        if changed:
            return min(changed)[2]
    return None


def _equal(a, b):
    try:
        return bool(np.all(np.asarray(a, float) == b))
    except (TypeError, ValueError):
        return False


def _recipe(namespace, engine):
    names = ("X", "W", "b", "c") if engine.whole else ("a", "b", "c")
    sample = _example(engine)(np.random.default_rng(0), 0)
    terms = []
    for label, term in _terms(namespace, engine):
        if _works(namespace, engine, [term], sample):
            terms.append((label, term))
    terms = [*terms] if engine.whole else [*terms, *(("", term) for term in TWICE)]
    functions = [term for _, term in terms]
    if not terms or not _works(namespace, engine, functions, sample):
        functions = [f for f in functions if _works(namespace, engine, [f], sample)]
        if not functions or not _works(namespace, engine, functions, sample):
            return None

    def run(namespace, inputs):
        return _run(namespace, engine, functions, inputs)

    parts = []
    for label, term in terms:
        words = f"class {engine.cls}: {label or 'a number that is used several times'}"
        parts.append(Recipe(words, _example(engine), names, partial(_run_one, engine, term)))
    labels = ", ".join(dict.fromkeys(label for label, _ in terms if label))
    what = "arrays" if engine.whole else "numbers"
    words = f"class {engine.cls}: {what} with .{engine.data} and .{engine.grad}; used: {labels}"
    return Recipe(words, _example(engine), names, run, parts=tuple(parts))


def _example(engine):
    def numbers(rng, n):
        size = 1 + n / 2
        a, b, c = rng.uniform(0.5, 1.5, 3)
        return {"a": float(a * size), "b": float(b), "c": float(-c * size)}

    def whole(rng, n):
        shapes = {"X": (5, 3), "W": (3, 4), "b": (1, 4), "c": (1, 3)}
        return {name: rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1], shape) for name, shape in shapes.items()}

    return whole if engine.whole else numbers


def _run(namespace, engine, functions, inputs):
    leaves = {name: engine.make(namespace, value) for name, value in inputs.items()}
    total = None
    for term in functions:
        part = term(*leaves.values(), **({"namespace": namespace} if hasattr(term, "named") else {}))
        part = _reduced(engine, part)
        total = part if total is None else total + part
    engine.differentiate(namespace, total)
    L = engine.value(total)
    return (L.sum() if engine.whole else L), {name: engine.gradient(leaf) for name, leaf in leaves.items()}


def _run_one(engine, term, namespace, inputs):
    return _run(namespace, engine, [term], inputs)


def _reduced(engine, part):
    """One number of an array, where the class has a sum."""
    if not engine.whole or engine.seed:
        return part
    size = np.size(engine.value(part))
    return part.sum() if size > 1 or np.ndim(engine.value(part)) else part


def _works(namespace, engine, functions, sample):
    answer = class_trials.attempt(_run, namespace, engine, functions, sample)
    return (
        answer is not None and class_trials.is_number(answer[0]) and bool(np.isfinite(class_trials.as_float(answer[0])))
    )


def _terms(namespace, engine):
    """(label, function of the leaves and perhaps the namespace) of all that could be asked."""
    yield from ARRAY_OPERATORS if engine.whole else OPERATORS
    cls = namespace[engine.cls]
    for name in dir(cls):
        if (
            name.startswith("_")
            or name in NO_TERMS
            or name.lower() in BACKWARD
            or not inspect.isfunction(inspect.getattr_static(cls, name))
        ):
            continue
        yield from _calls(name, engine, False)
    for name, value in namespace.items():
        if name.lower() in MODULE_LEVEL and inspect.isfunction(value):
            yield from _calls(name, engine, True)


def _calls(name, engine, function):
    """One method or function, with each sign of its argument, another of its kind, and a plain number."""

    def call(namespace, thing, *rest):
        result = namespace[name](thing, *rest) if function else getattr(thing, name)(*rest)
        if not isinstance(result, namespace[engine.cls]):
            raise TypeError(name)
        return result

    def terms():
        if engine.whole:
            yield lambda X, W, b, c, namespace: call(namespace, X) * call(namespace, X)
            yield lambda X, W, b, c, namespace: call(namespace, X * X)
            yield lambda X, W, b, c, namespace: call(namespace, X, c)
        else:
            yield lambda a, b, c, namespace: call(namespace, a) * b
            yield lambda a, b, c, namespace: call(namespace, c * b) * a
            yield lambda a, b, c, namespace: call(namespace, a, c) * b
            yield lambda a, b, c, namespace: call(namespace, b, 3) * c

    for term in terms():
        term.named = True  # pyright: ignore[reportFunctionMemberAccess]
        yield f"{name}()" if function else f".{name}()", term
