"""Finds out how somebody's code is called: which function gives gradients, and what it takes."""

import importlib

from fourfold.compare.check.forms import examples, functions, losses, names, neurons, pipelines, updating
from fourfold.compare.check.forms.recipe import Recipe
from fourfold.compare.check.forms.written import WrittenText
from fourfold.compare.errors import Misfit

CLASSES = "classes", "layers", "scalars"  # rooms that recognise what is no function
HERE = __name__.rpartition(".")[0]
EXAMPLE = (
    "add `def example(rng):` and `return dict(X=rng.normal(size=(4, 3)), ...)` with every argument of the function "
    "that returns a loss and gradients"
)


def find(namespace, text, name=None):
    """The Recipe of what is in a namespace, in which a text was run; `name` is what is meant, if that is known.

    Raises Misfit with a sentence that says what was seen and what to do.
    """
    before = dict(namespace)
    try:
        return _recipe(WrittenText(namespace, text), namespace, text, name)
    finally:  # parameters that are variables of a module were tried with other values
        namespace |= before


def _recipe(written, namespace, text, name):
    if name is not None and name not in written.functions:
        return _of_classes(namespace, text, name) or _nothing(written, name)
    recipe = _by_example(written, name) if examples.has_example(namespace) else None
    recipe = recipe or (neurons.find(written) if name is None else None)
    if recipe:
        return recipe
    trial = _by_trial(written, name)
    if trial is not None and trial.right:
        trial = (_wrong_update(written, trial) if trial.all_right and name is None else None) or trial
        return trial.recipe(functions.words_of(trial, written))
    if trial is not None and not _is_meant(trial):
        trial = None
    is_sure = trial is not None and trial.fits and not written.has_classes
    recipe = None if is_sure else _of_classes(namespace, text, name)
    if recipe:
        return recipe
    return trial.recipe(functions.words_of(trial, written)) if trial else _nothing(written, name)


def _wrong_update(written, right):
    """The Trial of an update that computes gradients itself beside the right ones, and some of its own are wrong."""
    written.start_attempts()
    involved = {function.name for function in written.involved(right.plan.goal.function)}
    for name in _candidates(written):
        is_update = names.UPDATES.search(name) and not names.GRADIENTS.search(name)
        if is_update and name not in involved and not _calls(written, name, right):
            trial = functions.recognise(written, name, functions.forms)
            if trial is not None and trial.tier == 3 and trial.plan.rate is not None and 0 < trial.right < trial.total:
                return trial
    return None


def _is_meant(trial):
    """Whether a function with no right gradient is one all the same: it is called so, or gives all that it should."""
    return _is_called_so(trial) or (trial.fits and not trial.plan.in_place)


def _is_called_so(trial):
    function = trial.plan.goal.function
    return bool(names.GRADIENTS.search(function) or names.UPDATES.search(function))


def _of_classes(namespace, text, name):
    for room in CLASSES:
        try:
            module = importlib.import_module(f"{HERE}.{room}")
        except ModuleNotFoundError as error:
            if error.name != f"{HERE}.{room}":
                raise
            continue
        recipe = module.find(namespace, text, name)
        if isinstance(recipe, Recipe):
            return recipe
    return None


def _by_example(written, name):
    fits = examples.recognise(written, name)
    if not fits:
        return None
    best = [fit for fit in fits if fit.right == fits[0].right]
    chosen = _preferred(written, [fit.name for fit in best])
    return next(fit for fit in best if fit.name == chosen).recipe(written.namespace)


def _by_trial(written, name):
    """The best Trial of the functions that may give gradients; what they lack is assumed where none fits as it is."""
    candidates = [name] if name is not None else _candidates(written)
    weak = None
    for recognised in (_of_function, _with_assumptions):
        written.start_attempts()
        trial, weak = _by_rank(written, candidates, recognised, weak)
        if trial is not None:
            return trial
        if weak is not None and weak.fits:  # it is all there, and wrong
            return weak
        candidates = [n for n in candidates if n == name or names.GRADIENTS.search(n) or names.UPDATES.search(n)]
    return weak


def _by_rank(written, candidates, recognised, weak):
    """(the Trial that is meant, or None, and the best of those that hardly fit)."""
    ranked = {}
    for candidate in candidates:
        ranked.setdefault(_rank(candidate), []).append(candidate)
    for rank in sorted(ranked):
        good, inside = {}, set()
        for candidate in _outer_first(written, ranked[rank]):
            if weak is not None and _is_called_so(weak) and weak.fits and not _calls(written, candidate, weak):
                continue
            trial = None if candidate in inside else recognised(written, candidate)
            if trial is None:
                continue
            if trial.fits:
                inside |= {function.name for function in written.involved(candidate)}
            if trial.tier >= 2 and trial.right:
                good[candidate] = trial
            elif weak is None or trial.worth > weak.worth:
                weak = trial
        if good:
            sure = {n: trial for n, trial in good.items() if not trial.note} or good
            return sure[_preferred(written, list(sure))], weak
    return None, weak


def _calls(written, name, trial):
    return any(function.name == trial.plan.goal.function for function in written.involved(name))


def _outer_first(written, candidates):
    """Functions that no other one calls before those that are called."""
    called = set()
    for name in candidates:
        called |= {function.name for function in written.involved(name) if function.name != name}
    return sorted(candidates, key=lambda name: name in called)


def _of_function(written, name):
    first, second = functions.forms, pipelines.forms
    if losses.is_elsewhere(written, name):
        first, second = second, first
    trial = functions.recognise(written, name, first)
    if trial is None or not (trial.tier == 3 and trial.right):
        other = functions.recognise(written, name, second)
        trial = other if trial is None or (other is not None and other.worth > trial.worth) else trial
    return trial


def _with_assumptions(written, name):
    trial = functions.recognise(written, name, pipelines.forms, assume=True)
    if trial is not None and trial.right:
        return trial
    return pipelines.without_forward(written, name) or pipelines.without_loss(written, name)


def _candidates(written):
    return [name for name in written.functions if not names.NUMERICAL.search(name)]


def _rank(name):
    if name in names.BEST:
        return names.BEST.index(name) > 0
    if names.GRADIENTS.search(name):
        return 2
    if names.UPDATES.search(name):
        return 4
    return 5 if names.FORWARD.search(name) and not names.LOSS.search(name) else 3


def _preferred(written, candidates):
    """The one of several functions that is meant: one of the usual names, or what calls the others."""
    if len(candidates) > 1:
        called = set()
        for name in candidates:
            called |= {f.name for f in written.involved(name) if f.name != name}
        candidates = [name for name in candidates if name not in called] or candidates
    same = {}
    for name in candidates:
        same.setdefault(id(written.namespace[name]), name)
    candidates = list(same.values())
    usual = [name for name in names.BEST if name in candidates]
    if usual or len(candidates) == 1:
        return (usual or candidates)[0]
    listed = ", ".join(candidates)
    raise Misfit(f"Several functions give a loss and gradients: {listed}. Name one, as in FILE:{candidates[0]}.")


def _nothing(written, name):
    if name is not None and name.partition(".")[0] not in written.namespace:
        there = ", ".join(written.functions) or "nothing"
        raise Misfit(f"There is no {name} in the file: its functions are {there}.")
    if name is not None:
        raise Misfit(f"{name} was not recognised as a function that gives a loss and gradients: {EXAMPLE}.")
    seen = [n for n in written.functions if not names.NUMERICAL.search(n)]
    listed = f"among the functions {', '.join(seen[:6])}" if seen else "in a file without functions"
    scaled = [n for n in seen if updating.is_adaptive(written, n)]
    if scaled:
        raise Misfit(
            f"{scaled[0]} divides its steps by the root of squared gradients, so the gradients cannot be seen: "
            "write a function that returns them and the loss."
        )
    raise Misfit(f"No loss and gradients were recognised {listed}: {EXAMPLE}.")
