"""How one function does in all exams, and what is said of it."""

from functools import partial

from fourfold.compare.check.checked import LOSES_DIGITS, NOT_JUDGED, RIGHT, WRONG, FunctionVerdict
from fourfold.compare.check.exams import VARIES, ask, evaluated
from fourfold.compare.check.training import train
from fourfold.compare.errors import ColumnError, Misfit, Raised, WrongPrecision
from fourfold.compare.results.words import listed


def _gradients(peer, exam, n, first):
    return [evaluated(peer, "gradients", exam, ask(peer, exam, "gradients"))]


def _trace(peer, exam, n, first):
    return [evaluated(peer, "trace", exam, ask(peer, exam, "trace"))]


# In the order in which they are put; gradients is the one that has to be there. Each gives the Findings on a function
# in the n-th Exam, of which `first` is the first.
JUDGES = {"gradients": _gradients, "trace": _trace, "train": train}


def _again(answers, peer, exam, n, first):
    """The same question has to get an answer as right."""
    again = ask(peer, exam, "gradients", backwards=True)
    if all(Z.tobytes() == answers[n][name].tobytes() for name, Z in again.items()):
        return []
    return [evaluated(peer, "gradients", exam, again)._replace(judged=0, varies=True)]


class Record:
    """How one function does.

    `extra`: precisions that cost nothing but themselves where it does not take them, as an activation does beside
    others, and an exam that may be refused.
    """

    def __init__(self, peer, name, exams, extra):
        self._peer, self._name, self._exams, self._extra = peer, name, exams, extra
        self._judged, self._wrong, self._steps = {}, 0, 0  # numbers judged, by group
        self._complaint = self._crash = ""
        self._varies, self._refusals, self._left_out = False, {}, {}  # reasons, by group and by exam
        self.rejection = None

    def judge(self, given, advance):
        """Puts all exams; what is given is added to `given`, a dict an exam, where no function before gave it."""
        answers = {}
        try:
            for n, _ in enumerate(self._exams):
                for finding in self._put(n, JUDGES[self._name]):
                    answers[n] = finding.quantities
                    for quantity, Z in finding.quantities.items():
                        given[n].setdefault(quantity, Z)
                advance(1)
            if self._name == "gradients":
                for n in reversed(answers):
                    self._put(n, partial(_again, answers))
        except Misfit as error:
            self._complaint = str(error)
        except ColumnError as error:
            self._crash = str(error)

    def _put(self, n, judge):
        """The Findings of an exam. Raises what is a complaint, or the end of all questions."""
        exam = self._exams[n]
        group = exam.group()
        if group in self._refusals:
            return []
        try:
            findings = judge(self._peer, exam, n, self._exams[0])
        except (Raised, WrongPrecision) as error:
            if isinstance(error, Misfit) and exam.p.dtype not in self._extra:
                raise
            if exam.may_be_refused:
                self._left_out[n] = str(error)
            else:
                self._refusals[group] = str(error)
            return []
        for finding in findings:
            self._judged[group] = self._judged.get(group, 0) + finding.judged
            self._wrong += finding.wrong
            self._steps = max(self._steps, finding.steps)
            self._varies |= finding.varies and finding.rejection is not None
            if finding.rejection and (
                not self.rejection or self.rejection.loses_digits > finding.rejection.loses_digits
            ):
                self.rejection = finding.rejection
        return findings

    def judged_in(self):
        """The precisions in which anything was judged."""
        return dict.fromkeys(dtype for dtype, _ in self._judged)

    def verdict(self):
        """The FunctionVerdict."""
        verdict, reason = RIGHT, ""
        if self.rejection:
            verdict = LOSES_DIGITS if self.rejection.loses_digits else WRONG
        if self._complaint:
            verdict, reason = WRONG, self._complaint
        elif verdict == WRONG:
            reason = VARIES.format(self._name) if self._varies else ""
        elif cause := self._not_judged():
            verdict, reason = NOT_JUDGED, cause
        left_out = [] if verdict == NOT_JUDGED else self._all_left_out()
        return FunctionVerdict(
            name=self._name,
            verdict=verdict,
            numbers=sum(self._judged.values()),
            wrong=self._wrong,
            rejection=self.rejection,
            reason=reason,
            left_out=left_out,
            steps=self._steps,
        )

    def _not_judged(self):
        """Why the function was not judged; "" where it was, in every precision asked for."""
        if self._crash:
            return self._crash
        groups = dict.fromkeys(exam.group() for exam in self._exams)
        for dtype in dict.fromkeys(dtype for dtype, _ in groups):
            refusals = [self._refusals.get(group) for group in groups if group[0] == dtype]
            if dtype not in self._extra and all(refusals):
                return refusals[0]
        if not sum(self._judged.values()):
            reasons = [*self._left_out.values()]
            nothing = f"{self._name} leaves the format's range at once: nothing could be certified"
            return reasons[0] if reasons else nothing
        return ""

    def _all_left_out(self):
        """Sentences about what could not be judged, one a reason."""
        groups = dict.fromkeys(exam.group() for exam in self._exams)
        things = {}  # {reason: what}
        for (dtype, activation), reason in self._refusals.items():
            what = activation  # whatever the precision
            if self._refusals.get((self._exams[0].p.dtype, activation)) != reason:
                all_of_it = all((dtype, other) in self._refusals for precision, other in groups if precision == dtype)
                what = dtype if all_of_it else f"{activation} in {dtype}"
            elif len({other for _, other in groups}) == 1:
                what = f"the rest of {self._name}"
            things.setdefault(reason, {})[what] = True
        for n, reason in self._left_out.items():
            things.setdefault(reason, {})[self._exams[n].case] = True
        return [f"{listed([*whats])} could not be judged: {reason}" for reason, whats in things.items()]
