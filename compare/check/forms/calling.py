"""What methods and functions are given: told from the names of what they take."""

import re
from itertools import islice, product

from fourfold.compare.check.forms import names
from fourfold.compare.check.forms.constructing import (
    KINDS,
    MOST,
    PENALTY,
    RATE,
    Call,
    Placeholder,
    Sizes,
    kind,
    parameters,
)

DATA = (
    ("samples", names.PAIRS),
    ("X", names.DATA),
    ("Y", names.TARGETS),
    ("output", names.PREDICTIONS),
    ("gradient", names.OUTPUT_GRADIENTS),
    ("cache", names.CACHES),
)
STATES = (
    ("state", r"(h|state|hidden|a)_?(prev|0|init|last)|(prev|last|init|initial)_?(h|state|hidden\w*)|hidden_state"),
    ("gradient", r"g|gy|gout|d_?[wb]\d*|d_?(values?|inputs?|out\w*|l\w*|y\w*|z|a|h|x)|.*grad.*|upstream\w*|delta\w*"),
)
LIKE = (
    ("Y", r"^context|trues?$|^(train|test|batch|in)\w*(out|lab|target|_y|answer)|target|label|expect|desire|correct"),
    ("X", r"^cent(er|re)|^(train|batch)\w*(_in|_x|data|set)|input|data|feature|pattern|sample"),
)
ERRORS = (("error", r"errors?|err|outputerrors?|diff|residuals?|e|loss"),)
FIXED = {
    "rate": RATE,
    "epochs": 1,
    "batch size": Placeholder("N"),
    "quiet": False,
    "penalty": PENALTY,
    "momentum": 0.0,
    "seed": 0,
}


def data_kind(name):
    """What a method takes by this name: "X", "Y", "output", ...; None if that is not known."""
    known = kind(name, KINDS) or kind(names.plain(name), ERRORS) or kind(name, STATES)
    if known:
        return known
    for known, words in DATA:
        if names.is_one(name, words) or names.is_one(name.rstrip("0123456789s"), words):
            return known
    return next((known for known, pattern in LIKE if re.search(pattern, name.lower())), None)


def method_calls(method, returns=(), extra=None, guess=True):
    """Calls that may be meant by a method, or a function, the likeliest first; none if it takes what is not known.

    returns: what the forward pass returns, by name. extra: more Givens by name. guess: whether a single thing that
    has no known name may be data.
    """
    options = []
    taken = parameters(method)
    if {re.sub("tre$", "ter", p.name.split("_")[0]) for p in taken} >= {"center", "context"}:  # words beside each other
        extra = {p.name: Placeholder("Y") for p in taken if p.name.startswith("context")} | (extra or {})
    unknown = [p.name for p in taken if p.default is p.empty and _given(p.name, returns, extra) is None]
    if unknown and len(taken) == 1 and not guess:
        return []
    for p in taken:
        if p.kind is p.VAR_POSITIONAL:
            continue
        choices = _choices(p, returns, unknown, extra, len(taken))
        if choices is not None:
            options.append([(p, value) for value in choices])
    calls = []
    for chosen in islice(product(*options), MOST):
        givens = [value for _, value in chosen if isinstance(value, Placeholder) and value.kind in {"X", "Y"}]
        if len(set(givens)) == len(givens):
            positional = tuple(value for p, value in chosen if p.kind is p.POSITIONAL_ONLY)
            calls.append(Call(positional, tuple((p.name, v) for p, v in chosen if p.kind is not p.POSITIONAL_ONLY)))
    return calls


def _given(name, returns, extra):
    if extra and name in extra:
        return extra[name]
    lower = [n.lower() for n in returns]
    if name.lower() in lower and data_kind(name) not in {"X", "Y"}:
        return Placeholder("returned", lower.index(name.lower())) if len(returns) > 1 else Placeholder("output")
    known = data_kind(name)
    return Placeholder(known) if known else None


def _choices(p, returns, unknown, extra, count):
    """Values for one parameter of a method; None to leave it out."""
    optional = p.default is not p.empty
    given = _given(p.name, returns, extra)
    if given is None:
        return None if optional else _in_order(unknown.index(p.name), count)
    if given.kind in FIXED:
        left_out = optional and (given.kind in {"momentum", "seed"} or (given.kind == "penalty" and not _is_off(p)))
        return None if left_out else [FIXED[given.kind]]
    if optional and (given.kind not in {"X", "Y", "output", "samples"} or p.default is not None):
        return None
    return _alternatives(given, p.name, count)


def _is_off(p):
    """Whether a penalty's default is none, or so small that nothing would be seen of it."""
    return isinstance(p.default, int | float) and 0 <= p.default < PENALTY


def _alternatives(given, name, count):
    """What may be meant by a known name."""
    one_more = [Placeholder("X"), Placeholder("Y")] if count == 1 else [Placeholder("Y")]
    hidden = Sizes().hidden
    others = {
        "state": [Placeholder("state", (*hidden, 1)), Placeholder("state", hidden)],
        "error": [given, Placeholder("error", -1), Placeholder("Y")],
        "output": [given, *one_more],
        "samples": [Placeholder("X"), given] if name.lower() == "samples" else [given],
    }
    return others.get(given.kind, [given])


def _in_order(position, count):
    """What something without a known name may be, by its place among those."""
    if count == 1:
        return [Placeholder("X"), Placeholder("Y"), Placeholder("output")]
    first = [Placeholder("X"), Placeholder("output"), Placeholder("samples"), RATE]
    later = [Placeholder("output"), RATE]
    return [first, [Placeholder("Y"), *later], later][min(position, 2)]
