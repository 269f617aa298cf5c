"""What was found out about an implementation."""

import msgspec

from fourfold.compare.check import in_lesson
from fourfold.compare.check.proven import Proof
from fourfold.compare.errors import exit_code
from fourfold.compare.results.result import Rejection

RIGHT, LOSES_DIGITS, WRONG, NOT_JUDGED = "right", "loses digits", "wrong", "not judged"


class FunctionVerdict(msgspec.Struct, frozen=True):
    """What was found out about one function."""

    name: str
    verdict: str  # RIGHT, LOSES_DIGITS, WRONG or NOT_JUDGED
    numbers: int  # judged
    wrong: int  # of them
    rejection: Rejection | None = None
    reason: str = ""  # why it is wrong, or was not judged, other than by a number
    left_out: list[str] = []  # what of it could not be judged, and costs nothing but itself
    steps: int = 0  # of the longest call of `train`


class Checked(msgspec.Struct, frozen=True):
    """What was found out about an implementation; as JSON, what `fourfold check --json` writes."""

    target: str
    dtype: str  # those in which anything was judged, comma-separated
    cases: list[str]
    activations: list[str]
    seeds: int
    functions: list[FunctionVerdict]
    missing: list[str]  # functions and quantities that are not there to be judged
    diagnosis: str = ""
    printed: str = ""  # by the target
    proof: Proof | None = None  # of its gradients against its own loss
    update: str = ""  # how `train` steps, where it is not by plain descent: a sentence
    lesson: str = ""  # where in the lesson the mistake is seen: "#E16&mistake=slope-missing"

    def verdict(self):
        """The worst of its functions', and of what was proved."""
        verdicts = {f.verdict for f in self.functions}
        if self.proof:
            verdicts.add(self.proof.verdict())
        return next((v for v in (WRONG, NOT_JUDGED, LOSES_DIGITS) if v in verdicts), RIGHT)

    def exit_code(self):
        return exit_code(self.verdict() == WRONG, self.verdict() == NOT_JUDGED)


def first_rejection(checked):
    """The first wrong number in order of computation: of `trace` if that shows it, else of `gradients` or `train`.

    One that is not only lossy comes before those that are.
    """
    rejections = {f.name: f.rejection for f in checked.functions if f.rejection}
    in_order = [rejections[name] for name in ("trace", "gradients", "train") if name in rejections]
    return min(in_order, key=lambda r: r.loses_digits, default=None)


def settled(peer):
    """The Checked on a peer whose proof says all there is to say."""
    place = in_lesson.place_of(peer.proof)
    return Checked(peer.name, "float64", [], [], 0, [], [], printed=peer.printed(), proof=peer.proof, lesson=place)
