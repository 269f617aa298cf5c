r"""LaTeX to MathML. Symbols of the network carry their name in data-s, so that the page can light them.

A symbol is written in one way, W_1 or \frac{\partial L}{\partial W_1}, and an entry of an array in lower case: h_{kj}
lights with H, w_{1 ij} with W1.
"""

import re

from latex2mathml.converter import convert
from markupsafe import Markup

from fourfold.compare.judge.quantities import gradient

# Name in code -> LaTeX
LATEX = {
    **{letter: letter for letter in "XYHARLN"},
    "W1": "W_1",
    "W2": "W_2",
    "Y_hat": r"\hat Y",
    "lr": r"\lambda",
    "sigma": r"\sigma",
    "sigma_prime": r"\sigma'",
}
for _name in ("Y_hat", "W2", "A", "H", "W1"):
    LATEX[gradient(_name)] = rf"\frac{{\partial L}}{{\partial {LATEX[_name]}}}"
NAMES = {latex: name for name, latex in LATEX.items()}
for _name in ("Y_hat", "W2", "A", "H", "W1"):  # as it is written between words
    NAMES[rf"\partial L/\partial {LATEX[_name]}"] = gradient(_name)

ENTRY = re.compile(r"(\\hat y|[yrahx]|w(?=_\{[12]))(_\{.*?\}|_\w)?(?![a-z])")
BELOW, AFTER = rf"(?P<below>{ENTRY.pattern})", rf"(?P<after>{ENTRY.pattern})"
GRADIENT = re.compile(rf"\\frac\{{\\partial L\}}\{{\\partial {BELOW}\}}|\\partial L/\\partial {AFTER}")
# Words, commands and scripts hold no symbols.
OTHER = r"\\(?:text|operatorname|begin|end)\{.*?\}|\\\w+|[_^](?:\{.*?\}|.)"
LONGEST_FIRST = sorted(NAMES, key=len, reverse=True)
TRANSPOSED = r"^\top"
NAMED = rf"(?:{'|'.join(map(re.escape, LONGEST_FIRST))})(?:{re.escape(TRANSPOSED)})?"
TOKEN = re.compile("|".join([NAMED, GRADIENT.pattern, ENTRY.pattern, OTHER]))
# The library's hat and norm would grow with what they stand beside.
OPERATORS = {
    "<mo>&#x0005E;</mo>": '<mo stretchy="false">ˆ</mo>',
    "<mo>&#x02016;</mo>": '<mo stretchy="false">‖</mo>',
    # ... and would leave a space beside these.
    "<mo>&#x02202;</mo>": '<mi mathvariant="normal">∂</mi>',
    "<mo>&#x0002F;</mo>": '<mo lspace="0" rspace="0">/</mo>',
}


def math(latex):
    r"""A formula on a line of its own. What stands before a \qquad is a rule for any letters: they are not marked.

    Raises LookupError where a bracket is missing or a command is unknown.
    """
    rule, _, of_network = latex.rpartition(r"\qquad")
    formula = _checked(of_network, TOKEN.sub(_marked, of_network), "block")
    if not rule:
        return formula
    of_anything = str(_checked(rule, rule, "block"))
    return Markup(of_anything.replace("<math ", '<math class="rule" ', 1)) + formula


def inline(latex):
    """A formula between words. Raises LookupError as `math` does."""
    return _checked(latex, TOKEN.sub(_marked, latex), "inline")


def symbol(name):
    """A symbol of the network between words."""
    return _converted(_linked(name, LATEX[name]), "inline")


def _marked(token):
    r"""The LaTeX of a match of TOKEN, linked with what it lights with.

    W_1 lights with W1, \hat y_i with Y_hat, h_{kj} with H, w_{1 ij} with W1, \frac by itself with nothing; the
    derivative of L with respect to an entry lights with the gradient that it is an entry of.
    """
    latex = token[0]
    if name := NAMES.get(latex.removesuffix(TRANSPOSED)):
        return _linked(name, latex)
    if derivative := GRADIENT.fullmatch(latex):
        return _linked(gradient(_array(derivative["below"] or derivative["after"])), latex)
    return _linked(_array(latex), latex) if ENTRY.fullmatch(latex) else latex


def _array(entry):
    """The array that an entry is one of."""
    ((letter, index),) = ENTRY.findall(entry)
    if letter == "w":
        return f"W{index[2]}"
    return "Y_hat" if letter == r"\hat y" else letter.upper()


def _checked(latex, marked, display):
    for opening, closing in ("{}", "()", "[]"):
        if latex.count(opening) != latex.count(closing):
            raise LookupError(f"a formula lacks its {opening} or {closing}: {latex}")
    mathml = _converted(marked, display)
    if "\\" in mathml:  # the library leaves what it does not know as it is
        raise LookupError(f"a formula has a command that is unknown: {latex}")
    return mathml


def _linked(name, latex):
    return rf"\href{{{name}}}{{{latex}}}"


def _converted(latex, display):
    full_size_prime = latex.replace("'", r"\text{′}")
    mathml = convert(full_size_prime, xmlns="", display=display).replace(' xmlns=""', "")
    for operator, fixed in OPERATORS.items():
        mathml = mathml.replace(operator, fixed)
    mathml = re.sub("<mo>([a-z]+)</mo>", r"<mi>\1</mi>", mathml)  # max and diag, without an operator's space
    return Markup(mathml.replace(" href=", " data-s="))
