"""A few words that write MathML. Every symbol of the code carries its name in data-s, so that it can be lit.

A formula is text of symbols, numbers and operators between blanks, `math("L = {} {}", frac("1", "2 N"), ...)`, with
{} where a part goes.
"""

from markupsafe import Markup

T = "⊤"


def _tag(name, content, s="", **attributes):
    attributes = {"data-s": s, **attributes} if s else attributes
    text = Markup("").join(Markup(' {}="{}"').format(key, value) for key, value in attributes.items())
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), text, content)


def _hat(letter, s=""):
    return _tag("mover", _tag("mi", letter) + _tag("mo", "ˆ", stretchy="false"), s, accent="true")


def _indexed(letter, index, s=""):
    return _tag("msub", _tag("mi", letter) + _tag("mn", index), s)


def _letters(s=lambda name: name):
    """{name: element}, marked with s(name)."""
    return {
        **{letter: _tag("mi", letter, s(letter)) for letter in "XYHARLN"},
        "W1": _indexed("W", 1, s("W1")),
        "W2": _indexed("W", 2, s("W2")),
        "Y_hat": _hat("Y", s("Y_hat")),
        "lr": _tag("mi", "λ", s("lr")),
        "sigma": _tag("mi", "σ", s("sigma")),
        "sigma_prime": _tag("mrow", _tag("mi", "σ") + _tag("mo", "′", lspace="0", rspace="0"), s("sigma_prime")),
    }


def _gradient(name):
    above = _tag("mrow", _tag("mo", "∂") + _tag("mi", "L"))
    below = _tag("mrow", _tag("mo", "∂") + _letters(lambda name: "")[name])
    return _tag("mfrac", above + below, f"dL_d{name}")


SYMBOLS = _letters() | {f"dL_d{name}": _gradient(name) for name in ("Y_hat", "W2", "A", "H", "W1")}
# Entries of those, in lower case: they light with the whole
ENTRIES = {"y": "Y", "r": "R", "a": "A", "h": "H", "x": "X", "w1": "W1", "w2": "W2", "y_hat": "Y_hat"}
STRETCHY = set("()[]{}|‖")


def row(formula, *pieces):
    """A <mrow>."""
    rest, out = list(pieces), []
    for word in formula.split():
        out.append(rest.pop(0) if word == "{}" else _word(word))
    return _tag("mrow", Markup("").join(out))


def _word(word):
    """'x is a letter that stands for nothing of the network."""
    if word in SYMBOLS:
        return SYMBOLS[word]
    if word in ENTRIES:
        return _entry(word)
    if word.isdigit():
        return _tag("mn", word)
    if word.strip("'").isalpha() or word == "…":
        return _tag("mi", word.strip("'"))
    return _tag("mo", word, **({"stretchy": "false"} if word in STRETCHY else {}))


def _entry(word, index=""):
    """An element of an array: its lower-case letter, with an index or without."""
    s = "" if index else ENTRIES[word]
    letter = _hat("y", s) if word == "y_hat" else _tag("mi", word[0], s)
    number = _tag("mn", word[1:]) if word in {"w1", "w2"} else Markup("")
    if index or number:
        return _tag("msub", letter + _tag("mrow", number + _part(index)), ENTRIES[word])
    return letter


def math(formula, *pieces):
    """A formula on a line of its own."""
    return Markup('<math display="block">{}</math>').format(row(formula, *pieces))


def _part(piece):
    return piece if isinstance(piece, Markup) else row(piece)


def frac(above, below):
    return _tag("mfrac", _part(above) + _part(below))


def sub(base, index):
    """With an index; sub("w2", "j") has both."""
    return _entry(base, index) if base in ENTRIES else _tag("msub", _part(base) + _part(index))


def sup(base, index):
    return _tag("msup", _part(base) + _part(index))


def tr(symbol):
    """Transposed."""
    return sup(symbol, _tag("mo", T, lspace="0", rspace="0"))


def over(index):
    """Σ over an index."""
    return _tag("munder", _tag("mo", "∑", largeop="true", movablelimits="false") + _part(index))


def partial(above, below):
    """∂ above / ∂ below."""
    return frac(_tag("mrow", _tag("mo", "∂") + _part(above)), _tag("mrow", _tag("mo", "∂") + _part(below)))


def fenced(content, left="(", right=")"):
    return _tag("mrow", _tag("mo", left) + _part(content) + _tag("mo", right))


def stack(*rows):
    """Rows of a matrix, the last one repeated."""
    cells = [*rows, _tag("mo", "⋮"), rows[-1]]
    return _tag("mtable", Markup("").join(_tag("mtr", _tag("mtd", cell)) for cell in cells))


def text(words):
    """Words; blanks at either end are kept."""
    return _tag("mtext", words.replace(" ", "\N{NO-BREAK SPACE}"))
