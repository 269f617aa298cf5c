"""Judges functions of this very process: in a test, a notebook or a console."""

from fourfold.compare.cases import suites
from fourfold.compare.check import check as check_peer
from fourfold.compare.check import target


class Here:
    """A peer.Peer without a process: the functions are called as they are."""

    def __init__(self, name, functions, taken):
        self.name, self.functions, self._taken = name, functions, taken

    def ask(self, question):
        return target.ask(self.functions, question, self._taken)


def check(
    gradients,
    train=None,
    trace=None,
    activation="sigmoid",
    dtype="float64",
    seeds=3,
    hint=False,
    suite="default",
    names=(),
):
    """The Checked on them, as `fourfold check` has it: see compare/check/protocol.py for what they are given and give.

    `names`: cases, instead of the suite's. Raises UsageError for what cannot be judged, and what they raise.
    """
    given = {"gradients": gradients, "trace": trace, "train": train}
    functions = {name: f for name, f in given.items() if f is not None}
    taken = target.takes(gradients)
    for name, f in functions.items():
        target.check_signature(name, f, taken)
    if taken == target.TWO_LAYER:
        cases = suites.situations(activation, suite, names, dtype, range(seeds))
    else:
        each = activation.split(",")
        cases = suites.layered(each, None, taken == target.BIASED, suite, names, dtype, range(seeds))
    names = (getattr(gradients, key, "") for key in ("__module__", "__qualname__"))
    name = ".".join(n for n in names if n not in {"", None, "__main__"})
    return check_peer.check(Here(name or "gradients", functions, taken), cases, dtype, hint)
