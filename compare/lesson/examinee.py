"""A column under examination: it is asked, what it answers is judged, and what was judged is counted."""

from fourfold.compare.columns import questions, workers
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import form, judgement
from fourfold.compare.judge.quantities import shown

DTYPE = "float64"


class Examinee:
    """One column. `advance` is called with the steps of training that were just done.

    All that asks raises ColumnError, also where what is answered has not the right form.
    """

    def __init__(self, name, pool, advance=lambda steps: None):
        self.name, self.pool, self.advance = name, pool, advance
        self.certified = 0  # numbers that were right
        self.rejected = 0
        self.complaints = []  # a sentence on the first wrong number of every run
        self._run_is_wrong = False

    def ask(self, question):
        """{name: NumPy array}. Raises ColumnError."""
        return self.pool.ask(self.name, question)

    def call(self, task, *args):
        """What task(name, *args) gives in the column's process. Raises ColumnError."""
        return self.pool.call(self.name, task, *args)

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

    def judge_trace(self, p, parameters):
        """Every quantity of a Problem at parameters (*S, ...), as Judged in order of computation."""
        values = self.ask(questions.about(p, "trace", parameters))
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
        for j in judged:
            self.certified += int(j.certified.sum())
            self.rejected += int(j.wrong.sum())
        wrong = judgement.first_wrong(judged)
        known = more and self._run_is_wrong
        if wrong and not known:
            self.complaints.append(self._complaint(wrong, row))
        self._run_is_wrong = known or wrong is not None

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
    """All columns an exercise asks."""

    def __init__(self, names, pool, advance=lambda steps: None):
        self.names, self.pool = names, pool
        self.by_name = {name: Examinee(name, pool, advance) for name in names}

    def each(self, *tasks):
        """Of every task a {column's name: task(Examinee)}. Raises ColumnError where a column cannot be run."""
        results = [dict.fromkeys(self.names) for _ in tasks]

        def examine(name):
            for task, by_column in zip(tasks, results, strict=True):
                by_column[name] = task(self.by_name[name])

        workers.each(self.pool, self.names, examine)
        return results
