"""The anatomy of a network: name, order, layer, equation, inputs and shape of every quantity there is.

Nobody else takes a name apart or counts a shape. For K layers the quantities of one evaluation are, in order of
computation,

    H1 A1 ... HK Y_hat R L dL_dY_hat dL_dHK dL_dWK dL_dbK dL_dA(K-1) ... dL_dH1 dL_dW1 dL_db1

The parameters are W1 ... WK and, with biases, b1 ... bK. What a run shows after every step is called "every L",
"every WK" ... The two-layer row is a network of two layers without biases whose output is linear: its H2 is Y_hat, its
dL_dH2 is dL_dY_hat, and neither is shown. People know its quantities by shorter names; `shown` and `internal`
translate them at the border.
"""

from functools import cache
from typing import NamedTuple

TWO_LAYER, DEEP = "two_layer", "deep"
# What people call the quantities of the two-layer row whose layer needs no number.
SHORT_NAMES = {"H1": "H", "A1": "A", "dL_dA1": "dL_dA", "dL_dH1": "dL_dH"}
LONG_NAMES = {short: long for long, short in SHORT_NAMES.items()}

EQUATIONS = {
    "H": "E1",
    "A": "E2",
    "Y_hat": "E3",
    "R": "E4",
    "L": "E5",
    "dL_dY_hat": "E10",
    "dL_dA": "E15",
    "dL_dH": "E16",
    "dL_dW": "E19",
    "dL_db": "E7",
    "every L": "E24",
    "every W": "E23",
    "every b": "E23",
}

UPDATE = "W - lr dL_dW"  # E23
# What each is computed from, as impls/model.py says it; in a layer of any depth with the numbers of layers left open.
FORMULAS = {
    TWO_LAYER: {
        "H": "X W1",
        "A": "σ(H)",
        "Y_hat": "A W2",
        "R": "Y_hat - Y",
        "L": "1/(2N) Σ R²",
        "dL_dY_hat": "R / N",
        "dL_dW2": "Aᵀ dL_dY_hat",
        "dL_dA": "dL_dY_hat W2ᵀ",
        "dL_dH": "dL_dA ∘ σ'(H)",
        "dL_dW1": "Xᵀ dL_dH",
    },
    DEEP: {
        "H": "A_(k-1) W_k + b_k",
        "A": "σ_k(H_k)",
        "Y_hat": "σ_K(H_K)",
        "R": "Y_hat - Y",
        "L": "1/(2N) Σ R²",
        "dL_dY_hat": "R / N",
        "dL_dH": "dL_dA_k ∘ σ_k'(H_k)",
        "dL_dW": "A_(k-1)ᵀ dL_dH_k",
        "dL_db": "column sums of dL_dH_k",
        "dL_dA": "dL_dH_(k+1) W_(k+1)ᵀ",
    },
}


class Quantity(NamedTuple):
    """One quantity of a network."""

    name: str  #      "dL_dW2"
    kind: str  #      "dL_dW": the name without the number of its layer
    layer: int  #     2: the number in its name, K for Y_hat; 0 for what belongs to the loss
    equation: str  #  of the lesson: "E13"
    inputs: tuple  #  names of the quantities it is computed from, parameters and data left out

    @property
    def computed_in(self):
        """The layer that computes it, forwards or backwards; 0 is the loss."""
        return self.layer + 1 if self.kind == "dL_dA" else self.layer

    def shape(self, S, N, widths):
        """Its shape with leading axes S, N samples and widths (d_in, ..., d_out)."""
        return _shape(self.kind.removeprefix("every "), self.layer, S, N, widths)


class Anatomy(NamedTuple):
    """All of a network's quantities. `trace` and `run` are {name: Quantity}, in order of computation."""

    depth: int
    trace: dict  # of one evaluation
    run: dict  #   of every step: "every L", then the parameters from the last layer to the first
    parameters: tuple  # names, in the order in which they are stored: W1 ... WK b1 ... bK

    @property
    def all(self):
        return self.trace | self.run

    def first(self, names):
        """The one of these that is computed first."""
        return min(names, key=list(self.all).index)

    def behind(self, name):
        """The names of everything a quantity is computed from, directly or not."""
        sources = set()
        for source in self.all[name].inputs:
            sources |= {source} | self.behind(source)
        return sources


@cache
def anatomy(row, depth, biases):
    """The Anatomy of a network of a row ("two_layer" or "deep") with `depth` layers."""
    trace = {}

    def add(kind, layer, *inputs, name=None):
        name = name or f"{kind}{layer or ''}"
        equation = "E13" if kind == "dL_dW" and layer == depth else EQUATIONS[kind]
        trace[name] = Quantity(name, kind, layer, equation, inputs)
        return name

    before = ()
    activations = [""]  # names of A1 ... AK, from 1
    for k in range(1, depth + 1):
        H = add("H", k, *before)
        A = add("Y_hat", k, H, name="Y_hat") if k == depth else add("A", k, H)
        before = (A,)
        activations.append(A)
    add("R", 0, "Y_hat")
    add("L", 0, "R")
    slope_times = add("dL_dY_hat", 0, "R")
    for k in range(depth, 0, -1):
        dL_dH = add("dL_dH", k, activations[k], slope_times)
        add("dL_dW", k, *activations[k - 1 : k] if k > 1 else (), dL_dH)
        if biases:
            add("dL_db", k, dL_dH)
        if k > 1:
            slope_times = add("dL_dA", k - 1, dL_dH)
    if row == TWO_LAYER:
        trace = _with_linear_output(trace)

    parameters = [f"W{k}" for k in range(1, depth + 1)]
    if biases:
        parameters += [f"b{k}" for k in range(1, depth + 1)]
    run = {"every L": Quantity("every L", "every L", 0, EQUATIONS["every L"], ("L",))}
    for quantity in trace.values():
        if quantity.kind in {"dL_dW", "dL_db"}:
            parameter = parameter_of(quantity.name)
            kind = f"every {parameter[0]}"
            name = every(parameter)
            run[name] = Quantity(name, kind, quantity.layer, EQUATIONS[kind], (quantity.name,))
    return Anatomy(depth, trace, run, tuple(parameters))


def _with_linear_output(trace):
    """The same without H2 and dL_dH2, which have the values of Y_hat and dL_dY_hat."""
    same = {"H2": "Y_hat", "dL_dH2": "dL_dY_hat"}
    kept = {}
    for name, quantity in trace.items():
        if name not in same:
            inputs = trace["H2"].inputs if name == "Y_hat" else quantity.inputs
            kept[name] = quantity._replace(inputs=tuple(same.get(source, source) for source in inputs))
    return kept


def formula(quantity, row, depth, biases):
    """What a Quantity is computed from, "dL_dA ∘ σ'(H)", by the names people know; "" of what a run shows."""
    if row == TWO_LAYER:
        return FORMULAS[row].get(shown(quantity.name, row), "")
    k = quantity.layer
    text = FORMULAS[row].get(quantity.kind, "")
    if not biases:
        text = text.removesuffix(" + b_k")
    for letter, number in (("_(k-1)", k - 1), ("_(k+1)", k + 1), ("_k", k), ("_K", depth)):
        text = text.replace(letter, str(number))
    return text.replace("A0", "X").replace(f"dL_dA{depth}", "dL_dY_hat")


def anatomy_of(p):
    """The Anatomy of whatever has `row`, `activations` and `parameters`: a Case, or a Question."""
    return anatomy_at(p.parameters, p)


def anatomy_at(parameters, p):
    """The Anatomy of a Problem's network with these parameters."""
    depth = len(p.activations)
    return anatomy(p.row, depth, len(parameters) > depth)


def parameter_names(depth, count):
    """W1 ... WK and, where there are more than K of them, b1 ... bK."""
    return anatomy(DEEP, depth, count > depth).parameters


def shapes(network, S, N, widths):
    """{name: shape} of a whole trace of an Anatomy."""
    return {name: quantity.shape(S, N, widths) for name, quantity in network.trace.items()}


def shown_shapes(row, S, N, widths, biases):
    """{name: shape} of a whole trace by the names people know."""
    network = anatomy(row, len(widths) - 1, biases)
    return {shown(name, row): shape for name, shape in shapes(network, S, N, widths).items()}


def parameter_shapes(S, widths, biases):
    """{name: shape} of all that is trained, in the order in which it is stored."""
    result = {}
    for kind in ("W", "b") if biases else ("W",):
        for k in range(1, len(widths)):
            result[f"{kind}{k}"] = _shape(kind, k, S, 1, widths)
    return result


def _shape(kind, k, S, N, widths):
    if kind == "L":
        return tuple(S)
    if kind in {"W", "dL_dW"}:
        return (*S, widths[k - 1], widths[k])
    if kind in {"b", "dL_db"}:
        return (*S, 1, widths[k])
    if kind in {"R", "dL_dY_hat"}:
        return (*S, N, widths[-1])
    return (*S, N, widths[k])


def kind_of(name):
    """ "dL_dW" of "dL_dW2", "W" of "W1"."""
    return name.rstrip("0123456789")


def layer_of(name):
    """2 of "dL_dW2"; 0 where a name has no number."""
    return int(name.removeprefix(kind_of(name)) or 0)


def gradient(parameter):
    """The name of the gradient of a parameter."""
    return f"dL_d{parameter}"


def parameter_of(gradient_name):
    """The name of the parameter a gradient belongs to."""
    return gradient_name.removeprefix("dL_d")


def every(name):
    """The name of what a run shows of a quantity after every step."""
    return f"every {name}"


def kept_name(letter, parameter):
    """The name of what an optimiser keeps for a parameter: "m_W1"."""
    return f"{letter}_{parameter}"


def names_kept(letters, parameters):
    """The names of all that is kept, in the order in which columns give it: m_W1 v_W1 m_W2 ..."""
    names = []
    for parameter in parameters:
        names += [kept_name(letter, parameter) for letter in letters]
    return names


def parameter_kept_for(name):
    """The parameter that an optimiser keeps something for: "W1" of "m_W1"; "" of all other names."""
    letter, _, parameter = name.partition("_")
    return parameter if len(letter) == 1 and letter in "uvm" else ""


def is_of_every_step(name):
    return name.startswith("every ")


def of_every_step(name):
    """The name without "every"."""
    return name.removeprefix("every ")


def shown(name: str, row: str) -> str:
    """What people call a quantity of a row."""
    return SHORT_NAMES.get(name, name) if row == TWO_LAYER else name


def internal(name: str, row: str) -> str:
    """The anatomy's name of what people call a quantity of a row."""
    return LONG_NAMES.get(name, name) if row == TWO_LAYER else name


def part(quantity, depth):
    """Which part of a network computes a quantity: "layer 3", forwards or backwards, or "the loss"."""
    layer = anatomy(DEEP, depth, True).trace[quantity].computed_in
    return f"layer {layer}" if layer else "the loss"
