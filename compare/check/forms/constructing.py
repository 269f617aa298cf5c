"""What constructors and methods are given: told from the names of what they take."""

import inspect
import re
from itertools import islice, product
from typing import NamedTuple

from fourfold.compare.check.forms import names

MOST = 48  # ways to call one thing that are tried
RATE = 0.5
PENALTY = 0.125

# (kind, the names), in order: the first that fits is taken.
KINDS = (
    (
        "rate",
        r"l_?r|(base_?|init(ial)?_?)?learning_?rate(_init)?|learn_?rate|l_?rate|alpha|eta|rate|step_?size|learning",
    ),
    ("batch size", r"(mini_?)?batch_?size|bs|batchsize"),
    ("epochs", r".*epochs?|.*iter(ation)?s?\w*|(num_|n_|max_)?steps?|times|rounds|repeats"),
    (
        "penalty",
        r"reg|lam|lamb|lambda_?|lambd|lmbda|l2|reg_?(lambda|strength|param)|weight_?decay|regulari[sz]ation\w*|l2_\w+",
    ),
    ("seed", r"seed|random_?(state|seed)|rng"),
    ("quiet", r"verbose|print\w*|debug|display|plot|show|log|verbosity|monitor\w*"),
    ("momentum", r"momentum|mu|beta|gamma|decay"),
)
SIZES = (
    (
        "sizes",
        r"sizes?|layers?|layer_?(sizes|dims?|list|units|nodes|structure|dimensions)|dims|dimensions|architecture|topology"
        r"|structure|nodes|net_?(arch\w*|sizes|dims)|nn_\w+|units_?(per_layer|list)?|shape|num_nodes|neurons_per_layer|widths",
    ),
    ("hidden list", r"hidden_?(layers?|sizes|dims|units)(_sizes)?"),
    ("hidden", r".*hid.*|n?_?h\d?|nh|units|neurons|n_neurons|num_neurons|width"),
    ("outputs", r".*out.*|.*class.*|n_?y|no|k|c|m|output.*|.*labels?"),
    ("inputs", r"in|.*input.*|.*features?|n_?x|d|ni|n_?in|nin|dim|fan_?in|.*_in|in_.*|num_in|vocab\w*|n"),
)
ACTIVATIONS = r"sigmoid|tanh|relu|logistic|leaky_?relu|sigma|sig|softplus|elu|gelu|swish|silu|identity|linear"
SLOPES = re.compile(r"prime|deriv|grad|slope|^d_?(sig|tanh|relu|log|leaky|soft|elu|gelu)|backward|_d$")
# Names of data that may be numbers of units.
MAYBE_SIZES = {"inputs", "input", "d", "features", "classes", "labels"}
WINDOWS = (
    ("window", r"(kernel|filter|pool|window|k)_?(size|dim|width|height|h|w)?|k_?size|f|hh|ww|pool_\w|filter_\w"),
    ("stride", r"strides?|s"),
    ("padding", r"pad(ding)?s?"),
    ("filters", r"(n|num)_?(filters|kernels|channels)|filters|out_?channels"),
)
ARRAYS = (
    ("weight", r"w_?\d*|w_?(i|h|o|ih|ho|hh|in|out|hidden|output|x\w?)|weights?_?\w*|theta_?\d*|kernel|syn\d|w\w{1,2}"),
    ("bias", r"b_?\d*|b_?(i|h|o|ih|ho|hh|in|out|hidden|output)|bias(es)?_?\w*|b\w"),
)


class Sizes(NamedTuple):
    """Of a network that is made to be tried: a number for each of its layers."""

    inputs: int = 3
    hidden: tuple = (4,)
    outputs: int = 2

    @property
    def widths(self):
        return (self.inputs, *self.hidden, self.outputs)


class Call(NamedTuple):
    """What something is called with. A value that depends on the inputs, or the namespace, is a Placeholder."""

    arguments: tuple = ()
    keywords: tuple = ()  # pairs

    def bound(self, values):
        """(arguments, keywords) with what `values(given)` says in place of every Placeholder."""
        arguments = [_bound(x, values) for x in self.arguments]
        return arguments, {name: _bound(x, values) for name, x in self.keywords}

    def instead(self, kind, value):
        """The same call with a value for every Placeholder of a kind."""

        def exchanged(x):
            return value if isinstance(x, Placeholder) and x.kind == kind else x

        return Call(tuple(map(exchanged, self.arguments)), tuple((name, exchanged(x)) for name, x in self.keywords))

    def uses(self, kind):
        """Whether a Placeholder of this kind is in it."""
        everything = [*self.arguments, *(value for _, value in self.keywords)]
        return any(isinstance(x, Placeholder) and x.kind == kind for x in everything)


class Placeholder(NamedTuple):
    """A value that is known when the call is made: an input ("X"), an output, a function of the namespace, an array."""

    kind: str
    key: object = None


def _bound(x, values):
    if isinstance(x, Placeholder):
        return values(x)
    return list(x) if isinstance(x, list) else x


def kind(name, *tables):
    """Which kind of thing a name stands for; None if it is none of them."""
    plain = name.strip("_").lower() if name.strip("_") else name.lower()
    for known, pattern in (row for table in tables for row in table):
        if re.fullmatch(pattern, plain):
            return known
    return None


def parameters(function):
    """inspect's parameters of something to be called, without `self`; none where they cannot be known."""
    try:
        return [p for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    except (TypeError, ValueError):
        return []


def constructions(cls, sizes, namespace, columns=False):
    """Calls that may make an object of a class, the likeliest first."""
    taken = parameters(cls)
    if taken and taken[0].kind is taken[0].VAR_POSITIONAL:
        return [Call(tuple(sizes.widths)), Call((list(sizes.widths),)), Call()]
    required = [p for p in taken if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    weights = [p.name for p in required if kind(p.name, SIZES, ARRAYS) in {"weight", "bias"}]
    windows = any(kind(p.name, WINDOWS) in {"stride", "padding"} for p in taken)
    options = []
    for p in taken:
        if p.kind is p.VAR_POSITIONAL:
            continue
        choices = _choices(p, sizes, required, weights, namespace, columns, windows)
        if choices is not None:
            options.append([(p, value) for value in choices])
    calls = []
    for chosen in islice(product(*options), MOST):
        positional = tuple(value for p, value in chosen if p.kind is p.POSITIONAL_ONLY)
        keywords = tuple((p.name, value) for p, value in chosen if p.kind is not p.POSITIONAL_ONLY)
        if _are_partners(
            [value.key for _, value in chosen if isinstance(value, Placeholder) and value.kind == "function"]
        ):
            calls.append(Call(positional, keywords))
    return calls


def _are_partners(functions):
    """Whether two functions are one and its derivative, by their names."""
    return len(functions) != 2 or (functions[0] != functions[1] and functions[0].lower() in functions[1].lower())


def _choices(p, sizes, required, weights, namespace, columns, windows):
    """Values for one parameter of a constructor; None to leave it out."""
    fixed = _fixed(p.name, sizes)
    if p.default is not p.empty:
        return _instead(p, sizes, fixed)
    if fixed is not None:
        return [fixed]
    if p.name in weights and (p.name.lower() not in {"w", "b"} or len(weights) == len(required)):
        given = [Placeholder("array", _shape(p.name, weights, sizes, columns, flat)) for flat in (False, True)]
        if windows:
            images = (
                (sizes.outputs, sizes.inputs, 2, 2) if kind(p.name, SIZES, ARRAYS) == "weight" else (sizes.outputs,)
            )
            given.insert(0, Placeholder("array", images))
        return given
    data = "X" if names.is_one(p.name, names.DATA) else "Y" if names.is_one(p.name, names.TARGETS) else None
    if data and p.name.lower() not in MAYBE_SIZES and len(required) <= 3:
        return [Placeholder(data)]
    return _functions(p.name, namespace) or _sizes(p, sizes, required, data)


def _fixed(name, sizes):
    """The value that everything of a kind gets; None for other kinds."""
    values = {"rate": RATE, "epochs": 1, "batch size": Placeholder("N"), "quiet": False, "penalty": PENALTY, "seed": 0}
    values |= {"momentum": 0.0, "window": 2, "stride": 1, "padding": 0, "filters": sizes.outputs}
    return values.get(kind(name, WINDOWS, KINDS) or "")


def _instead(p, sizes, fixed):
    """Values in place of a default; None to leave it."""
    if kind(p.name, WINDOWS, KINDS) in {"rate", "epochs", "batch size", "quiet"}:
        return [fixed]
    if kind(p.name, WINDOWS, KINDS) == "penalty" and type(p.default) in (int, float) and 0 <= p.default < PENALTY:
        return [fixed]
    size = kind(p.name, SIZES)
    if fixed is None and size in {"inputs", "hidden", "outputs"} and type(p.default) is int:
        return [{"inputs": sizes.inputs, "hidden": sizes.hidden[0], "outputs": sizes.outputs}[size]]
    return [list(sizes.widths)] if size == "sizes" and isinstance(p.default, list | tuple) and p.default else None


def _functions(name, namespace):
    """An activation, or its derivative, where a name asks for one."""
    if not re.search("activ|func|nonlin|prime|deriv|^f$|^fn$|^df$", name.lower()):
        return []
    if re.search("prime|deriv|grad|^d|slope|back", name.lower()):
        return [Placeholder("function", key) for key in namespace if SLOPES.search(key.lower())]
    known = [Placeholder("function", key) for key in namespace if re.fullmatch(ACTIVATIONS, key.lower())]
    return known or ["sigmoid", "tanh", "relu"]


def _sizes(p, sizes, required, data):
    """Numbers of units, or lists of these, by a parameter's name, or else by its place."""
    position, size = required.index(p), kind(p.name, SIZES)
    by_position = [*sizes.widths, *[sizes.outputs] * 9][position]
    hidden = [other.name for other in required if kind(other.name, SIZES) == "hidden"]
    width = sizes.hidden[min(hidden.index(p.name), len(sizes.hidden) - 1)] if p.name in hidden else sizes.hidden[0]
    named = {
        "sizes": [list(sizes.widths), tuple(sizes.widths), by_position],
        "hidden list": [[*sizes.hidden], sizes.hidden[0]],
        "hidden": [width, [*sizes.hidden]],
        "outputs": [sizes.outputs],
        "inputs": [sizes.inputs],
    }
    place = [Placeholder("X"), Placeholder("Y")][position : position + 1]
    if size and not (size == "sizes" and len(required) > 2):
        return named[size] + (place if data else [])
    return [by_position, list(sizes.widths), *place]


def _shape(name, weights, sizes, columns, flat):
    """The shape of an array that a constructor takes, by its place among those of its kind."""
    same = [other for other in weights if kind(other, SIZES, ARRAYS) == kind(name, SIZES, ARRAYS)]
    layers = list(zip(sizes.widths, sizes.widths[1:], strict=False))
    layer = min(same.index(name), len(layers) - 1) if len(same) > 1 else (0 if len(weights) > 2 else len(layers) - 1)
    before, after = layers[layer]
    if kind(name, SIZES, ARRAYS) == "weight":
        return (after, before) if columns else (before, after)
    return (after,) if flat else ((after, 1) if columns else (1, after))


def random_array(rng, shape):
    """Numbers that are neither small nor so large that units saturate."""
    return rng.uniform(0.25, 1.0, shape) * rng.choice([-1.0, 1.0], shape)
