"""What people multiply with where an activation's slope belongs."""

from functools import cache

import numpy as np

from fourfold.compare.mistakes.anywhere import functions
from fourfold.compare.mistakes.anywhere.functions import ACTIVATIONS, LEAKY, SOFTMAX, family, sigmoid
from fourfold.compare.mistakes.anywhere.kinds import SLOPE, SLOPE_LINE, known, of_slope


def _known(name, wrong, **names):
    return known(name, SLOPE, wrong, SLOPE_LINE, **names)


MISSING = _known(
    "slope missing",
    "dL_dH{k} = dL_d{A}",
    output="output's slope forgotten",
    layer="a layer's slope missing",
    everywhere="all slopes missing",
)
TWICE = _known(
    "slope twice",
    "dL_dH{k} = dL_d{A} * slope(H{k}) * slope(H{k})",
    output="slope at the output too",
    everywhere="slope of every layer twice",
)
OF_H = _known(
    "slope of H, not of A", "dL_dH{k} = dL_d{A} * slope_by_a(H{k})", everywhere="slopes of H, not of A"
)._replace(right="dL_dH{k} = dL_d{A} * slope_by_a({A})", why="a(1 - a), or 1 - a², expects a = σ(h), but gets h.")
OF_SLOPE = _known("slope of σ(A), not of A", "dL_dH{k} = dL_d{A} * slope({A})")
OF_X = _known("slope of X", "dL_dH{k} = dL_d{A} * slope(X)", layer="slope at the layer's input")
ITSELF = _known("the activation for its slope", "dL_dH{k} = dL_d{A} * {A}", layer="a layer's activation for its slope")
DETACHED = _known("hidden layer detached", "dL_dH{k} = np.zeros_like(dL_d{A})", layer="first layer detached")
OTHER_LAYER = of_slope(
    "slope of another layer",
    "The index is off by one layer; with equal widths it fits.",
    "dL_dH{k} = dL_d{A} * slope(H{j})",
)
OF_GRADIENT = of_slope(
    "mask of the gradient",
    "ReLU's mask is where h is positive, not where the gradient is.",
    "dL_dH{k} = dL_d{A} * (dL_d{A} > 0)",
)
ASSIGNED = of_slope(
    "slope in place of the gradient",
    "The gradient is replaced by the slope instead of being multiplied by it.",
    "dL_dH{k} = dL_d{A}.copy(); dL_dH{k}[H{k} <= 0] = slope",
    right="dL_dH{k} = dL_d{A}.copy(); dL_dH{k}[H{k} <= 0] *= slope",
)
ITSELF_OF = {
    "sigmoid": "sigmoid's slope taken for σ",
    "tanh": "tanh's slope taken for tanh",
    "ReLU": "ReLU's slope taken for h",
    "identity": "identity's slope taken for h",
}


def formula_of(name, text, why, right="", odd=False):
    """The Kind of a slope written in a wrong way."""
    right = right or "slope(H{k})"
    return of_slope(name, why, f"dL_dH{{k}} = dL_d{{A}} * {text}", right=f"dL_dH{{k}} = dL_d{{A}} * {right}", odd=odd)


SIGMOID_LINE, TANH_LINE = "{A} * (1 - {A})", "(1 - {A}**2)"
SIGN = "The slope has the wrong sign: an inner derivative of -1 is lost, or a difference is reversed."


def _catalogued(name, text, right):
    return known(name, SLOPE, f"dL_dH{{k}} = dL_d{{A}} * {text}", f"dL_dH{{k}} = dL_d{{A}} * {right}")


@cache
def other_slope(other, name):
    """The Kind of an activation's slope beside another activation."""
    short, own = family(other), family(name)
    title = f"{short}'s slope for {own}'s" if short != own else f"the slope of {other} for {name}'s"
    why = "The activation was changed, but its derivative was not."
    return formula_of(title, f"slope_of_{short.lower().replace(' ', '_')}(H{{k}})", why)


def _wrong_sigmoid(H, A):
    yield _catalogued("sigmoid's slope without a", "(1 - {A})", SIGMOID_LINE), 1 - A
    yield _catalogued("sigmoid's slope with a plus", "{A} * (1 + {A})", SIGMOID_LINE), A * (1 + A)
    yield _catalogued("tanh's slope for sigmoid's", "(1 - {A}**2)", SIGMOID_LINE), 1 - A**2
    yield formula_of("sigmoid's slope with the sign turned", "{A} * ({A} - 1)", SIGN, SIGMOID_LINE), A * (A - 1)
    why = "a(1 - a) is a - a²; here the square is lost, or on the wrong factor."
    yield formula_of("sigmoid's slope with a square", "{A}**2 * (1 - {A})", why, SIGMOID_LINE), A**2 * (1 - A)
    yield formula_of("sigmoid's slope with a square", "{A} * (1 - {A})**2", why, SIGMOID_LINE), A * (1 - A) ** 2
    yield formula_of("sigmoid's slope with a square", "{A} * (1 - {A}**2)", why, SIGMOID_LINE), A * (1 - A**2)
    why = "The square of the quotient rule is left out: the slope is e^h/(1 + e^h)²."
    yield formula_of("sigmoid's slope as e^-h", "np.exp(-H{k})", why, SIGMOID_LINE), np.exp(-H)
    yield (
        formula_of("sigmoid's slope as e^h/(1 + e^-h)²", "np.exp(H{k}) / (1 + np.exp(-H{k}))**2", SIGN),
        np.exp(H) * A**2,
    )


def _wrong_tanh(H, A):
    yield _catalogued("tanh's slope without the square", "(1 - {A})", TANH_LINE), 1 - A
    yield _catalogued("sigmoid's slope for tanh's", "{A} * (1 - {A})", TANH_LINE), A * (1 - A)
    why = "1 + a² is the tangent's slope; the hyperbolic tangent has 1 - a²."
    yield formula_of("tanh's slope with a plus", "(1 + {A}**2)", why, TANH_LINE), 1 + A**2
    yield formula_of("tanh's slope with the sign turned", "({A}**2 - 1)", SIGN, TANH_LINE), A**2 - 1
    why = "1 - a² is not (1 - a)²."
    yield formula_of("tanh's slope with the square outside", "(1 - {A})**2", why, TANH_LINE), (1 - A) ** 2
    why = "tanh' is 1/cosh², and the square is left out."
    yield formula_of("tanh's slope as 1/cosh", "1 / np.cosh(H{k})", why, TANH_LINE), 1 / np.cosh(H)
    yield formula_of("tanh's slope as 1/cosh", "1 / np.cosh({A})", why, TANH_LINE, odd=True), 1 / np.cosh(A)
    why = "2a is the derivative of a², not that of tanh."
    yield formula_of("tanh's slope as a's", "(1 - 2 * {A})", why, TANH_LINE), 1 - 2 * A


def _wrong_relu(H, A):
    line = "(H{k} > 0)"
    yield _catalogued("ReLU's slope ½ where A is 0", "np.heaviside({A}, 0.5)", line), np.where(H > 0, 1, 0.5)
    for alpha in LEAKY:
        yield _catalogued("leaky slope", f"np.where(H{{k}} > 0, 1, {alpha:g})", line), np.where(H > 0, 1, alpha)
    why = "The comparison is the wrong way round."
    yield formula_of("ReLU's mask turned round", "(H{k} < 0)", why, line), (H <= 0) * 1.0
    why = "np.sign is -1 below 0, but ReLU's slope is 0 there."
    yield formula_of("ReLU's slope as a sign", "np.sign(H{k})", why, line), np.sign(H)
    why = "The mask's threshold is not 0."
    for threshold in (1, 0.5):
        yield formula_of("ReLU's mask beside 0", f"(H{{k}} > {threshold:g})", why, line), (threshold < H) * 1.0


def _wrong_leaky(name, H):
    alpha = float(name.split("(")[1][:-1])
    line = f"np.where(H{{k}} > 0, 1, {alpha:g})"

    def kind(title, text, why):
        return formula_of(title, text, why, line)

    why = "Below 0 plain ReLU's slope is used, but the activation leaks."
    yield kind("leaky slope 0 below zero", "(H{k} > 0)", why), (H > 0) * 1.0
    why = "1 and the small slope are swapped."
    yield kind("leaky slope turned round", f"np.where(H{{k}} > 0, {alpha:g}, 1)", why), np.where(H > 0, alpha, 1)
    yield kind("leaky slope's sign", f"np.where(H{{k}} > 0, 1, -{alpha:g})", SIGN), np.where(H > 0, 1, -alpha)
    why = "The slope below 0 is not the activation's."
    for other in (*LEAKY, 1 - alpha, 1 / alpha, alpha**2):
        if other != alpha:
            text = f"np.where(H{{k}} > 0, 1, {other:g})"
            yield kind("leaky slope of another constant", text, why), np.where(H > 0, 1, other)
    why = "The small slope is used everywhere."
    yield kind("leaky slope above zero too", f"{alpha:g}", why), np.full_like(H, alpha)
    why = "Below 0 the function's value is taken, not its slope."
    yield (
        kind("leaky value below zero", f"np.where(H{{k}} > 0, 1, {alpha:g} * H{{k}})", why),
        np.where(H > 0, 1, alpha * H),
    )


def _wrong_elu(H, A):
    line = "np.where(H{k} > 0, 1, {A} + 1)"
    why = "ELU is e^h - 1 below 0, and its slope is e^h: a + 1."
    yield formula_of("ELU's slope without + 1", "np.where(H{k} > 0, 1, {A})", why, line), np.where(H > 0, 1, A)
    yield formula_of("ELU's slope below zero everywhere", "({A} + 1)", why, line), A + 1
    yield (
        formula_of("ELU's slope of its output", "np.where(H{k} > 0, 1, np.exp({A}))", why, line),
        np.where(H > 0, 1, np.exp(A)),
    )
    yield formula_of("ELU's slope below zero everywhere", "np.exp(H{k})", why, line), np.exp(H)
    yield (
        formula_of("ELU's slope with the sign turned", "np.where(H{k} > 0, 1, -np.exp(H{k}))", SIGN),
        np.where(H > 0, 1, -np.exp(H)),
    )
    yield formula_of("ELU's slope with 1 - a", "np.where(H{k} > 0, 1, 1 - {A})", SIGN, line), np.where(H > 0, 1, 1 - A)


def _wrong_softplus(H, A):
    line = "sigmoid(H{k})"
    why = "softplus' is σ(h), but σ gets the layer's output: σ(a)."
    yield formula_of("softplus' slope of its output", "sigmoid({A})", why, line), sigmoid(A)
    yield formula_of("softplus' slope with the sign turned", "sigmoid(-H{k})", SIGN, line), sigmoid(-H)
    why = "softplus' is σ; σ' is its second derivative."
    yield formula_of("softplus' slope differentiated twice", "s * (1 - s)", why, line), sigmoid(H) * sigmoid(-H)
    why = "1 - e^-a is the slope in terms of a."
    yield formula_of("softplus' slope as e^-a", "np.exp(-{A})", why, line), np.exp(-A)
    yield formula_of("softplus' slope as 1 - e^-h", "(1 - np.exp(-H{k}))", why, line), 1 - np.exp(-H)
    yield formula_of("softplus' slope as 1 + e^-a", "(1 + np.exp(-{A}))", SIGN, line, odd=True), 1 + np.exp(-A)


def _wrong_gelu(name, H):
    cube, fit = functions.CUBE, functions.FIT
    if "(tanh form, " in name:
        fit = float(name.split(", ")[1][:-1])
    t = functions.inner(H, fit)
    cdf, density = functions.normal(H), functions.density(H)
    if "(tanh form" in name:
        first, second = 0.5 * (1 + t), 0.5 * H * (1 - t**2) * fit
        bend = 1 + 3 * cube * H**2
        rest = second * bend
        cases = (
            ("GELU's inner derivative missing", 0.5 * (1 + t) + 0.5 * H * (1 - t**2)),
            ("GELU's inner derivative without its cubic term", first + second),
            ("GELU's inner derivative without its 3", first + second * (1 + cube * H**2)),
            ("GELU's inner derivative without √(2/π)", first + 0.5 * H * (1 - t**2) * bend),
            ("GELU's inner derivative with h³", first + second * (1 + 3 * cube * H**3)),
            ("GELU's inner derivative of 2h", first + second * (1 + 2 * cube * H**2)),
            ("GELU's slope with 1 - t for 1 - t²", first + 0.5 * H * (1 - t) * fit * bend),
            ("GELU's second term without h", first + rest / H),
            ("GELU's second term without its ½", first + 2 * rest),
            ("GELU's first term without its ½", 2 * first + rest),
        )
    else:
        first, rest = cdf, H * density
        cases = (
            ("GELU's second term without h", first + density),
            ("GELU's density without 1/√(2π)", first + H * np.exp(-(H**2) / 2)),
            ("GELU's density with e^-h²", first + H * np.exp(-(H**2)) / np.sqrt(2 * np.pi)),
            ("GELU's density with 1/√π", first + H * np.exp(-(H**2) / 2) / np.sqrt(np.pi)),
            ("GELU's second term with ½", first + rest / 2),
        )
    why = "The product rule gives two terms, Φ(h) and h Φ'(h), and the chain rule an inner derivative."
    yield formula_of("GELU's second term missing", "Phi(H{k})", why), first
    yield formula_of("GELU's first term missing", "H{k} * Phi_slope(H{k})", why), rest
    yield formula_of("GELU's second term with a minus", "(Phi(H{k}) - H{k} * Phi_slope(H{k}))", why), first - rest
    for title, array in cases:
        yield formula_of(title, "gelu_slope(H{k})", why, "(Phi(H{k}) + H{k} * Phi_slope(H{k}))"), array
    polynomial = 0.0356774 * H**3 + 0.797885 * H
    rounded = 0.5 * np.tanh(polynomial) + (0.0535161 * H**3 + 0.398942 * H) / np.cosh(polynomial) ** 2 + 0.5
    why = "The formula that goes round has constants of six digits."
    yield formula_of("GELU's slope with rounded constants", "gelu_slope(H{k})", why), rounded


def _wrong_silu(H, A):
    s = sigmoid(H)
    line, why = "(s + H{k} * s * (1 - s))", "The product rule gives two terms: σ and h σ'."
    yield formula_of("SiLU's second term missing", "sigmoid(H{k})", why, line), s
    yield formula_of("SiLU's first term missing", "H{k} * s * (1 - s)", why, line), H * s * (1 - s)
    yield formula_of("SiLU's second term without h", "(s + s * (1 - s))", why, line), s + s * (1 - s)
    yield formula_of("SiLU's second term with σ for σ'", "(s + H{k} * s)", why, line), s + H * s
    yield formula_of("SiLU's second term with 1 - σ for σ'", "(s + H{k} * (1 - s))", why, line), s + H * (1 - s)
    yield formula_of("SiLU's second term with a minus", "(s - H{k} * s * (1 - s))", why, line), s - H * s * (1 - s)
    yield formula_of("SiLU's slope with a(1 - a)", "(s + {A} * (1 - {A}))", why, line), s + A * (1 - A)
    yield formula_of("SiLU's slope with a(1 - a)", "{A} * (1 - {A})", why, line), A * (1 - A)
    yield formula_of("SiLU's slope with 1 for a", "(1 + H{k} * s * (1 - s))", why, line, odd=True), 1 + H * s * (1 - s)


def _own(name, H, A):
    """(Kind, slope) of the ways to get an activation's own formula wrong."""
    short = family(name)
    with_both = {"sigmoid": _wrong_sigmoid, "tanh": _wrong_tanh, "ReLU": _wrong_relu, "ELU": _wrong_elu}
    with_both |= {"softplus": _wrong_softplus, "SiLU": _wrong_silu}
    if short in with_both:
        yield from with_both[short](H, A)
    elif short == "leaky ReLU":
        yield from _wrong_leaky(name, H)
    elif short == "GELU":
        yield from _wrong_gelu(name, H)


OTHERS = (
    "sigmoid",
    "tanh",
    "ReLU",
    "softplus",
    "ELU",
    "GELU (tanh form)",
    "GELU (erf form)",
    "GELU (sigmoid form)",
    "SiLU",
    "leaky ReLU (0.01)",
)


def wrong_slopes(name, H, A, inputs):
    """(Kind, slope) of all that is multiplied with in place of σ'(H); `inputs` are arrays of other layers, by Kind."""
    if name == SOFTMAX:
        return
    activation = ACTIVATIONS[name]
    right = activation.slope(H)
    of_a = activation.slope_of_a
    if name != "identity":  # its slope is 1 wherever it is taken
        yield MISSING, np.ones_like(H)
        if of_a:
            yield OF_H, of_a(H)
        yield OF_SLOPE, activation.slope(A)
    if family(name) in ITSELF_OF:
        yield _known(ITSELF_OF[family(name)], "dL_dH{k} = dL_d{A} * {A}"), A
    else:
        yield ITSELF, A
    yield from _own(name, H, A)
    if name != "identity":
        yield TWICE, right * right
    for kind, Z in inputs:
        if Z.shape == H.shape and name != "identity":
            yield kind, activation.slope(Z)
            if of_a:
                yield kind, of_a(Z)
    for other in OTHERS:
        if other != name:
            yield other_slope(other, name), ACTIVATIONS[other].slope(H)
            slope_of_a = ACTIVATIONS[other].slope_of_a
            if slope_of_a:
                yield other_slope(other, name), slope_of_a(A)
    yield DETACHED, np.zeros_like(H)
