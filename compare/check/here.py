"""Judges functions of this very process: in a test, a notebook or a console."""

import inspect
import sys
from functools import cache
from typing import NamedTuple

from msgspec.structs import replace

from fourfold.compare.cases import situations
from fourfold.compare.cases.case import DTYPES
from fourfold.compare.check import check as check_peer
from fourfold.compare.check import recognise, target
from fourfold.compare.check.checked import WRONG
from fourfold.compare.check.forms import sources


class Here(NamedTuple):
    """A peer.Peer without a process: the functions are called as they are."""

    name: str
    functions: dict  # {name of protocol.FUNCTIONS: function}
    given: tuple  # what they take, as in recognise.takes

    def ask(self, question):
        return target.ask(self.functions, question, self.given)


def check(
    gradients,
    train=None,
    trace=None,
    activation="sigmoid",
    dtype=None,
    seeds=3,
    hint=False,
    suite="default",
    names=(),
):
    """The Checked on them, as `fourfold check` has it: see compare/check/protocol.py for what they are given and give.

    `dtype`: float64 or float32; without, both, where they take both. `names`: cases, instead of the suite's. Raises
    UsageError for what cannot be judged, and what they raise.
    """
    given = recognise.takes(gradients)
    functions = {}
    for name, f in (("gradients", gradients), ("trace", trace), ("train", train)):
        if f is not None:
            recognise.check_signature(name, f, given)
            functions[name] = f
    cases = {}
    for precision in [dtype] if dtype else DTYPES:
        if given == recognise.TWO_ARRAYS:
            cases[precision] = situations.situations(activation, suite, names, precision, range(seeds))
        else:
            how = activation.split(","), None, given == recognise.WEIGHTS_AND_BIASES
            cases[precision] = situations.layered(*how, suite, names, precision, range(seeds))
    extra = (*situations.MAY_BE_REFUSED, *(() if dtype else DTYPES[1:]))
    return check_peer.check(Here(_name(gradients), functions, given), cases, extra, hint)


def with_line(checked, gradients):
    """(a Checked that is wrong, with a proof; the text of the file): what blames a line, where that can be done.

    Where the function is of no file, or is right by its own loss, the Checked is as it was and the text is "".
    """
    proof, text = _proved(gradients) if inspect.isfunction(gradients) else (None, "")
    if proof is None or proof.verdict() != WRONG:
        return checked, ""
    return replace(checked, proof=proof), text


@cache
def _proved(function):
    """(the proven.Proof of a function at the top of a file, the file's text); (None, "") where there is none."""
    try:
        from fourfold.compare.check import proof  # it takes its time

        namespace = vars(sys.modules[function.__module__])
        if namespace.get(function.__name__) is not function:
            return None, ""
        path = inspect.getsourcefile(function)
        source = sources.source(path)
        return proof.prove(source, path, namespace, function.__name__), source.text
    except (Exception, SystemExit):  # whatever it is, the numbers are judged
        return None, ""


def _name(gradients):
    """Module and name of a function; what has none, such as a partial, is "gradients"."""
    names = getattr(gradients, "__module__", ""), getattr(gradients, "__qualname__", "")
    return ".".join(name for name in names if name not in {"", None, "__main__"}) or "gradients"
