r"""LaTeX to MathML: as much of it as the lesson needs. Symbols of the network carry their name in data-s, to be lit.

A symbol is written in one way, W_1 or \frac{\partial L}{\partial W_1}, and an entry of an array in lower case: h_{kj}
lights with H, w_{1 ij} with W1.
"""

import re
from collections import deque

from markupsafe import Markup

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
LATEX |= {f"dL_d{name}": rf"\frac{{\partial L}}{{\partial {LATEX[name]}}}" for name in ("Y_hat", "W2", "A", "H", "W1")}
NAMES = {latex: name for name, latex in LATEX.items()}
ENTRY = re.compile(r"(\\hat y|[yrahx]|w(?=_\{[12]))(_\{.*?\}|_\w)?")

PLAIN = r"\\text\{.*?\}|\\operatorname\{.*?\}|\\begin\{bmatrix\}|\\end\{bmatrix\}|\\[A-Za-z]+|\\\S|\d+|\S"
LONGEST_FIRST = sorted(NAMES, key=len, reverse=True)
MARKED = "|".join([*map(re.escape, LONGEST_FIRST), rf"(?:{ENTRY.pattern})(?![a-z])", PLAIN])
FENCES = {
    "(": ("(", ")", ")"),
    "[": ("[", "]", "]"),
    r"\lVert": ("‖", r"\rVert", "‖"),
    r"\lfloor": ("⌊", r"\rceil", "⌉"),
}


def math(latex, marked=True):
    """A formula on a line of its own; where letters stand for anything, it is not marked."""
    return Markup('<math display="block">{}</math>').format(_tag("mrow", _convert(latex, marked)))


def symbol(name):
    """A symbol of the network between words."""
    return Markup("<math>{}</math>").format(_convert(LATEX[name], True))


def _tag(name, content, **attributes):
    text = Markup("").join(Markup(' {}="{}"').format(key.replace("_", "-"), value) for key, value in attributes.items())
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), text, content)


def _convert(latex, marked):
    return _until(None, deque(m[0] for m in re.finditer(MARKED if marked else PLAIN, latex)), marked)


def _until(end, tokens, marked):
    """What stands before `end`, which is taken off too."""
    parts = []
    while (token := tokens.popleft() if tokens else None) != end:
        if token is None:
            raise LookupError(f"a formula lacks its {end}")
        parts.append(_with_scripts(token, tokens, marked))
    return Markup("").join(parts)


def _with_scripts(token, tokens, marked):
    base = _atom(token, tokens, marked)
    while tokens and tokens[0] in {"_", "^"}:
        kind = "munder" if token == r"\sum" else {"_": "msub", "^": "msup"}[tokens.popleft()]
        if kind == "munder":
            tokens.popleft()
        base = _tag(kind, base + _argument(tokens, marked=False))
    return base


def _argument(tokens, marked):
    token = tokens.popleft()
    return _tag("mrow", _until("}", tokens, marked)) if token == "{" else _atom(token, tokens, marked)


def _atom(token, tokens, marked):
    name = _name(token) if marked else None
    if name or not re.fullmatch(PLAIN, token):
        return _tag("mrow", _convert(token, False), **({"data_s": name} if name else {}))
    if token == "{":
        return _tag("mrow", _until("}", tokens, marked))
    if token in FENCES:
        left, end, right = FENCES[token]
        inside = _until(end, tokens, marked)
        stretchy = str("<mfrac" in inside).lower()
        return _tag("mrow", _tag("mo", left, stretchy=stretchy) + inside + _tag("mo", right, stretchy=stretchy))
    if token == r"\frac":
        return _tag("mfrac", _argument(tokens, marked) + _argument(tokens, marked))
    if token == r"\hat":
        return _tag("mover", _argument(tokens, marked) + _tag("mo", "ˆ", stretchy="false"), accent="true")
    return _matrix(tokens, marked) if token == r"\begin{bmatrix}" else _leaf(token)


def _name(token):
    r"""What it lights with, or None: W_1 -> W1, \hat y_i -> Y_hat, h_{kj} -> H, w_{1 ij} -> W1."""
    if not (entry := ENTRY.fullmatch(token)):
        return NAMES.get(token)
    letter, index = entry.groups()
    return {r"\hat y": "Y_hat", "w": f"W{(index or '')[2:3]}"}.get(letter, letter.upper())


def _matrix(tokens, marked):
    """One column: a row of LaTeX is one entry."""
    rows = [[]]
    while (token := tokens.popleft()) != r"\end{bmatrix}":
        if token == r"\\":
            rows.append([])
        else:
            rows[-1].append(_with_scripts(token, tokens, marked))
    entries = (_tag("mtr", _tag("mtd", Markup("").join(row))) for row in rows)
    return _tag("mrow", _tag("mo", "[") + _tag("mtable", Markup("").join(entries)) + _tag("mo", "]"))


LEAVES = {
    **{mark: _tag("mo", mark) for mark in "=+,<>"},
    **{f"\\{name}": _tag("mi", name) for name in ("max", "tanh")},
    "-": _tag("mo", "−"),
    r"\cdot": _tag("mo", "·"),
    r"\circ": _tag("mo", "∘"),
    r"\times": _tag("mo", "×"),
    r"\leftarrow": _tag("mo", "←"),
    r"\partial": _tag("mo", "∂"),
    r"\nabla": _tag("mo", "∇"),
    r"\sum": _tag("mo", "∑", largeop="true", movablelimits="false"),
    r"\top": _tag("mo", "⊤", lspace="0", rspace="0"),
    "'": _tag("mo", "′", lspace="0", rspace="0"),
    r"\vdots": _tag("mo", "⋮"),
    r"\sigma": _tag("mi", "σ"),
    r"\lambda": _tag("mi", "λ"),
    r"\ldots": _tag("mi", "…"),
    r"\;": _tag("mspace", "", width="0.28em"),
    r"\quad": _tag("mspace", "", width="1em"),
}


def _leaf(token):
    if token in LEAVES:
        return LEAVES[token]
    if words := re.fullmatch(r"\\(text|operatorname)\{(.*)\}", token):
        return _tag("mtext" if words[1] == "text" else "mi", words[2].replace(" ", "\N{NO-BREAK SPACE}"))
    if token.isalnum():
        return _tag("mn" if token.isdigit() else "mi", token)
    raise LookupError(f"a formula has {token}, which is not among what is written here")
