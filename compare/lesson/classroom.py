"""What the notebook's cells call: the lesson's network, asked of every column in this very process, and judged."""

from contextlib import contextmanager

import numpy as np

from fourfold import impls
from fourfold.compare.cases.case import build_case
from fourfold.compare.cases.data import xor
from fourfold.compare.check import here, words
from fourfold.compare.errors import UsageError
from fourfold.compare.judge import form, judgement
from fourfold.compare.judge.quantities import internal, shown
from fourfold.compare.lesson import wording
from fourfold.compare.lesson.examinee import DTYPE, by_quantity
from fourfold.compare.lesson.learned import Learned
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import find
from fourfold.impls.model import Trace

BY_HAND = "numpy"  # the column whose numbers are pointed at, and that mistakes are planted in
TARGETS = {"xor": (0, 1, 1, 0), "xnor": (1, 0, 0, 1), "and": (0, 0, 0, 1)}
GIVEN = ("X", "Y", "W1", "W2")
NOTHING = "Nothing to judge yet: fill in the cell above."


class Classroom:
    """XOR, the first weights of one seed, and the columns of `columns` whose framework is here."""

    def __init__(self, columns, seed, steps, lr, activation="sigmoid"):
        self.activation, self.seed, self.lr, self.steps = activation, seed, lr, steps
        self.case = self.network()
        self.X, self.Y = self.case.X, self.case.Y
        self.W1, self.W2 = (W[0] for W in self.case.weights)
        self.columns, left_out = {}, []
        for name in columns:
            try:
                self.columns[name] = impls.load(name)
            except ImportError:
                left_out.append(name)
        if left_out:
            print(f"Not installed, left out: {', '.join(left_out)}.")
        if not self.columns:
            self.columns[BY_HAND] = impls.load(BY_HAND)

    def network(self, activation=None, seed=None, lr=None, width=3, data="xor", **more):
        """The Case of a network on XOR, XNOR or AND; what is not said is as in the lesson."""
        if data not in TARGETS:
            raise UsageError(f"data is one of {', '.join(TARGETS)}, not {data}.")
        X, Y = xor()[0], np.reshape(TARGETS[data], (-1, 1)).astype(float)
        seed = self.seed if seed is None else seed
        how = activation or self.activation, self.lr if lr is None else lr, self.steps, width
        return build_case(data, X, Y, *how, range(seed, seed + 1), **more)

    @property
    def trace(self):
        """NumPy's numbers at the first weights: .H, .A, .Y_hat, .R, .L, .dL_dY_hat ..."""
        return impls.load(BY_HAND).trace(self.X, self.Y, self.W1, self.W2, self.activation)

    @property
    def slope(self):
        """σ'(H) at the first weights."""
        _, sigma_prime = impls.load(BY_HAND).ACTIVATIONS[self.activation]
        return sigma_prime(self.trace.A)

    def show(self, *quantities, columns=(), mistake=""):
        """Prints arrays at the first weights, each once, and what the judge says of it in every column."""
        judged = self._judged(quantities, columns, mistake)
        for name in quantities:
            print(wording.array(name, self.value(name)))
            if name in judged:
                print(wording.marks(judged[name]))

    def marks(self, *quantities, columns=(), mistake=""):
        """What the judge says, for arrays that were shown before; and where columns differ, in which digits."""
        for name, by_column in self._judged(quantities, columns, mistake).items():
            print(f"{name}\n{wording.marks(by_column)}")

    def point(self, quantity, row=1, column=1):
        """Prints what a number is made of; rows and columns are counted from 1, as in the equations."""
        if quantity not in Trace._fields:
            raise UsageError(f"Point at one of {', '.join(Trace._fields)}, not at {quantity}.")
        rows, columns = np.atleast_2d(self.value(quantity)).shape
        if not (1 <= row <= rows and 1 <= column <= columns):
            raise UsageError(f"{quantity} has rows 1 to {rows} and columns 1 to {columns}.")
        print(wording.made_of(quantity, row - 1, column - 1, self.value))

    def value(self, name):
        """An array at the first weights by its name; sigma_prime is σ'(H)."""
        if name in GIVEN:
            return getattr(self, name)
        return self.slope if name == "sigma_prime" else getattr(self.trace, name)

    def step(self, mistake=""):
        """Prints the weights after one step, W2 first, as it is computed first, and what the judge says of them."""
        judged = {}
        for name, column in self._asked((), mistake).items():
            path = [Z[None, None] for Z in self._in_column(column, column.step, self.lr)]
            judged[name] = by_quantity(judgement.judge_steps([Z[None] for Z in self.case.weights], path, self._problem))
        for quantity in ("W2", "W1"):
            by_column = {name: _at_first_point(of_column[quantity]) for name, of_column in judged.items()}
            print(f"{wording.array(quantity, next(iter(by_column.values())).value)}\n{wording.marks(by_column)}")

    def train(self, activation=None, seed=None, lr=None, width=3, data="xor", mistake=""):
        """A run of training by the NumPy column, as learned.Learned: print it, or draw it."""
        case = self.network(activation, seed, lr, width, data)
        name = find(mistake).name if mistake else ""
        column = planted.load(BY_HAND, name) if mistake else impls.load(BY_HAND)
        W1, W2 = (W[0] for W in case.weights)
        with np.errstate(all="ignore"):
            W1s, W2s, _ = column.train(case.X, case.Y, W1, W2, case.lr, case.steps, case.activation)
        return Learned(name, case, column, [np.stack([W1, *W1s]), np.stack([W2, *W2s])])

    def train_columns(self):
        """Has every column train, judges every step, and prints a line on each."""
        for name, column in self.columns.items():
            path = [Z[:, None] for Z in self._in_column(column, column.train, self.lr, self.steps)]
            before = form.before_each_step(self.case.weights, path)
            judged = judgement.judge_steps(before, path, self._problem)
            print(wording.trained(name, path[-1][-1, 0], judged, len(path[-1])))

    def certify(self, f):
        """Judges all that f(X, Y, W1, W2) returns, {"dL_dW1": ...}, at the first weights."""
        with _unless_to_do():
            yours = f(self.X, self.Y, self.W1, self.W2)
            for name, judged in self._judge_trace(yours).items():
                print(name, wording.mark(judged))

    @property
    def _problem(self):
        return judgement.problem(self.case, DTYPE)

    def _asked(self, columns, mistake):
        """{what it is called: a column's module}."""
        asked = {name: impls.load(name) for name in columns} or dict(self.columns)
        if mistake:
            asked[find(mistake).name] = planted.load(BY_HAND, find(mistake).name)
        return asked

    def _in_column(self, column, f, *more):
        """What a column's step, train or trace gives from the first weights, as NumPy arrays."""
        given = [column.array(Z, DTYPE) for Z in (self.X, self.Y, self.W1, self.W2)]
        with np.errstate(all="ignore"):
            return [column.to_numpy(Z) for Z in f(*given, *more, self.activation)]

    def _judged(self, quantities, columns, mistake):
        """{quantity: {what a column is called: Judged}} of those that a column computes."""
        judged = {name: {} for name in quantities if name in Trace._fields}
        if judged:
            for called, column in self._asked(columns, mistake).items():
                values = dict(zip(Trace._fields, self._in_column(column, column.trace), strict=True))
                of_column = self._judge_trace({name: values[name] for name in judged})
                for name, by_column in judged.items():
                    by_column[called] = of_column[name]
        return judged

    def _judge_trace(self, values):
        """{quantity: Judged} of {quantity: array}, in order of computation."""
        p = self._problem
        by_layer = {internal(quantity, p.row): Z for quantity, Z in values.items()}
        return {shown(j.quantity, p.row): j for j in judgement.judge_trace(by_layer, (self.W1, self.W2), p)}


@contextmanager
def _unless_to_do():
    """A cell that is still to be filled in raises NotImplementedError; one with a message is a library's, and shown."""
    try:
        yield
    except NotImplementedError as error:
        if error.args:
            raise
        print(NOTHING)


def judge(gradients, **more):
    """Says whether a backward pass is right, and which mistake it is if not.

    `activation=...` says which one it is, `train=...` judges that too, `hint=True` keeps the answer back.
    """
    with _unless_to_do():
        print(words.text(here.check(gradients, **more)))


def judge_count(parameters):
    """Judges the function of exercise 2 on three networks."""
    room = Classroom([BY_HAND], 0, 1, 0.1)
    with _unless_to_do():
        for asked in (((2, 3, 1), False), ((2, 3, 1), True), ((2, 8, 8, 1), True)):
            widths, biases = asked
            yours, right = parameters(*asked), room.network(layers=widths, bias=biases).parameters()
            print(asked, f"RIGHT: {yours}" if yours == right else f"WRONG: {yours}; the network has {right}")


def _at_first_point(judged):
    """A Judged of one step and one seed without these axes."""
    return judged._replace(**{name: Z[0, 0] for name, Z in judged._asdict().items() if name != "quantity"})
