"""A column under examination: it is asked, what it answers is judged, and what was judged is counted."""

from concurrent.futures import as_completed
from functools import partial
from time import monotonic
from typing import NamedTuple

from fourfold.compare.columns import questions, workers
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import form, judgement
from fourfold.compare.judge.quantities import shown

DTYPE = "float64"


class Counted(NamedTuple):
    """What was judged of a run, or of a part of one."""

    certified: int  # numbers that were right
    rejected: int
    complaint: str  # on the first wrong number, or ""


class Examinee:
    """One column. `advance` is called with the steps of training that were just done.

    All that asks raises ColumnError, also where what is answered has not the right form.
    """

    def __init__(self, name, pool, advance=lambda steps: None, runs=None):
        self.name, self.pool, self.advance = name, pool, advance
        self.runs = {} if runs is None else runs  # of training, that others may need: exercises/training.py
        self.certified = 0  # numbers that were right
        self.rejected = 0
        self.complaints = []  # a sentence on the first wrong number of every run
        self._run_is_wrong = False

    def ask(self, question):
        """{name: NumPy array}. Raises ColumnError."""
        return self.pool.ask(self.name, question)

    def call(self, task, *args):
        """What task(name, *args) gives in the column's process. Raises ColumnError."""
        return self.result(self.begin(task, *args))

    def begin(self, task, *args):
        """The future of the same, for `result`."""
        return self.pool.submit(self.name, task, *args)

    def result(self, future):
        return self.pool.result(self.name, future)

    def check_form(self, malformed):
        """Raises ColumnError where an array has not the right form: takes a form.Malformed, or None."""
        if malformed:
            raise ColumnError(f"{self.name}: {malformed.sentence}")

    def trace(self, case):
        """{quantity: Judged} of a Case at its first weights, in order of computation; it is counted."""
        p = judgement.problem(case, DTYPE)
        judged = self.judge_trace(p, case.cast(DTYPE)[2:])
        self.count(judged, case.row)
        return by_quantity(judged)

    def step(self, case):
        """One step from a Case's first weights: these, the trajectory {name: (1, ...)}, and its Judged, not counted."""
        p = judgement.problem(case, DTYPE)
        before = case.cast(DTYPE)[2:]
        trajectory = self.ask(questions.about(p, "trajectory", before, p.lr, 1))
        judged = self.judge_steps(p, before, trajectory, 1)
        return before, trajectory, judged

    def judge_trace(self, p, parameters, call="trace"):
        """What `call` gives of a Problem at parameters (*S, ...), every quantity, as Judged in order of computation."""
        values = self.ask(questions.about(p, call, parameters))
        if call == "trace":
            self.check_form(form.malformed_trace(values, parameters, p))
        return judgement.judge_trace(values, parameters, p)

    def judge_steps(self, p, parameters, trajectory, steps):
        """L and all that is trained along a trajectory of so many steps from these parameters, as Judged."""
        path = [*trajectory.values()]
        self.check_form(form.malformed_path(path, parameters, steps, p))
        before = form.before_each_step(parameters, path)
        return judgement.judge_steps(before, path, p)

    def count(self, judged, row, more=False):
        """Add up what was judged; `more` of the run before: of one run the first wrong number is enough."""
        self.add(self.counted(judged, row), more)

    def counted(self, judged, row):
        """What comes of what was judged."""
        certified = sum(int(j.certified.sum()) for j in judged)
        rejected = sum(int(j.wrong.sum()) for j in judged)
        wrong = judgement.first_wrong(judged)
        return Counted(certified, rejected, self._complaint(wrong, row) if wrong else "")

    def add(self, counted, more=False):
        self.certified += counted.certified
        self.rejected += counted.rejected
        known = more and self._run_is_wrong
        if counted.complaint and not known:
            self.complaints.append(counted.complaint)
        self._run_is_wrong = known or bool(counted.complaint)

    def _complaint(self, wrong, row):
        j, index = wrong.judged, wrong.index
        error, limit = float(j.error[index]), float(j.limit[index])
        entry = f"{self.name}'s {shown(j.quantity, row)}{list(map(int, index))}"
        return f"{entry} is off by {error:.3g}, {limit:.3g} is allowed"


def by_quantity(judged):
    return {j.quantity: j for j in judged}


def gather(lists, named):
    """Append everything in {name: ...} to the list of its name."""
    for name, entry in named.items():
        lists.setdefault(name, []).append(entry)


class Examinees:
    """All columns an exercise asks.

    lanes: the lanes.Lanes in which they are asked, beside what else is asked of them and as urgently as `urgency` says;
    without any each call of `each` is by itself. runs: {column: what training it has done for others}.
    """

    def __init__(self, names, pool, advance=lambda steps: None, lanes=None, urgency=0, runs=None):
        self.names, self.pool, self.began = names, pool, None
        self._lanes, self._urgency = lanes, urgency
        self.by_name = {name: Examinee(name, pool, advance, (runs or {}).get(name)) for name in names}

    def each(self, *tasks):
        """Of every task a {column's name: task(Examinee)}. Raises ColumnError where a column cannot be run."""
        if self._lanes:
            futures = [self._begin(self._lanes, task) for task in tasks]
            return [self._results(by_column) for by_column in futures]
        results = [dict.fromkeys(self.names) for _ in tasks]

        def examine(name):
            for task, by_column in zip(tasks, results, strict=True):
                by_column[name] = task(self.by_name[name])

        workers.each(self.pool, self.names, examine)
        return results

    def one_by_one(self, tasks):
        """The same, one after the other: yields of every task what it gives, while the next is done."""
        if not self._lanes:
            for task in tasks:
                yield from self.each(task)
            return
        futures = []
        for task in tasks:
            futures.append(self._begin(self._lanes, task))
            if len(futures) > 1:
                yield self._results(futures.pop(0))
        for by_column in futures:
            yield self._results(by_column)

    def _begin(self, lanes, task):
        return {name: lanes.submit(name, self._urgency, partial(self._do, task, name)) for name in self.names}

    def _do(self, task, name):
        self.began = self.began or monotonic()
        return task(self.by_name[name])

    def _results(self, futures):
        try:
            for future in as_completed(futures.values()):
                future.result()
        except BaseException:
            self.pool.stop()  # what the others do nobody reads
            raise
        return {name: future.result() for name, future in futures.items()}
