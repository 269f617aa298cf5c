"""Trains a column by an optimiser: its own gradients, and its framework's optimiser."""

from fourfold import impls
from fourfold.compare.columns.given import flat
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge.quantities import DEEP, names_kept


def trajectory(asked, question):
    """The answer to a "trajectory" Question that has an UpdateRule; `asked` is calls' own."""
    column = _optimizer(asked)
    if not column:
        return _of_their_own(asked, question)
    kept = [asked.native(Z) for Z in (question.kept or {}).values()]
    settings = question.update.rates(question.lr)
    weights, name = flat(asked.weights), question.update.name
    try:
        column.optimizer(weights, name, **settings)
    except NotImplementedError as error:  # as the contract says; what fails in training is another thing
        raise ColumnError(f"{asked.name} cannot be asked this: {error}") from None
    given = column.train(_gradients(asked), weights, kept, question.done, question.steps, name, settings)
    parameters = [*question.parameters]
    keeps = names_kept(question.update.kept, parameters)
    named = asked.taken("train", given, (*parameters, *keeps, "L"))
    for name in keeps:
        named[name] = named.pop(name)  # L behind the weights, as without an optimiser
    return named


def _optimizer(asked):
    """The impls.model.Optimizer that goes with a column: its framework's, or what a module calls OPTIMIZER, or None."""
    if impls.is_built_in(asked.name):
        return impls.load(impls.optimizers_of(asked.name), "optimizers")
    return getattr(asked.column, "OPTIMIZER", None)


def pieces(asked, question, number):
    """What calls.pieces yields, by an optimiser: behind the parameters of some steps stands what is kept after them."""
    for _ in range(number):
        named = trajectory(asked, question)
        L = named.pop("L")

        def taken(steps, arrays=(*named.values(),)):
            return [Z[steps] for Z in arrays]

        yield L, taken
        last = {name: Z[-1] for name, Z in named.items()}
        asked.weights = asked.as_arguments([asked.native(last.pop(name)) for name in question.parameters])
        question = question._replace(kept=last, done=question.done + question.steps)


def _gradients(asked):
    """A function of weights, in order, that gives L and the gradient of each, by the column's own `trace`."""

    def gradients(w):
        T = asked.column.trace(asked.X, asked.Y, *asked.as_arguments([*w]), asked.sigma)
        if asked.row == DEEP:
            return T.L, [*T.dL_dW, *T.dL_db]
        return T.L, [T.dL_dW1, T.dL_dW2]

    return gradients


def _of_their_own(asked, question):
    """What a module from elsewhere gives: it trains by an optimiser of its own, from the start and in one call."""
    if question.done:
        raise ColumnError(f"{asked.name}: train would have to go on from what its optimiser keeps: ask for fewer steps")
    given = asked.column.train(asked.X, asked.Y, *asked.weights, question.lr, question.steps, asked.sigma)
    return asked.taken("train", given, asked.names["step"])
