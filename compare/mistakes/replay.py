"""From the steps of a wrong optimiser to the mistake behind them.

NumPy's rules with a mistake in their text go along the column's own run, in long double: from its weights before a step
and the exact gradient there to the weights after it. What they keep is carried on, as the column must have kept it.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.update import parse
from fourfold.compare.judge import bounds, formats, truth, updates
from fourfold.compare.judge.judgement import Problem
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import of_row
from fourfold.compare.mistakes.mistake import OPTIMIZERS, Mistake
from fourfold.compare.mistakes.optimizers import CONVENTIONS, GOES_ON

# A candidate may be this many times farther off than what moves it: limits are derived, this is not.
LENIENT = 16
# Most candidates are out after so many steps.
FEW = 3
# Numbers that people write, and frameworks have by default
USUAL = {
    "lr": (1e-4, 1e-3, 1e-2, 0.1, 1.0),
    "momentum": (0.5, 0.9, 0.95, 0.99),
    "rho": (0.5, 0.9, 0.95, 0.99, 0.999),
    "beta1": (0.0, 0.5, 0.8, 0.9, 0.95, 0.99),
    "beta2": (0.9, 0.95, 0.98, 0.99, 0.999, 0.9999),
    "eps": (1e-16, 1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3),
    "l2": (1e-4, 5e-4, 1e-3, 4e-3, 5e-3, 0.01, 0.05, 0.1),
    "decay": (1e-4, 5e-4, 1e-3, 4e-3, 5e-3, 0.01, 0.05, 0.1),
}


class StepsSeen(NamedTuple):
    """The first steps of a run by an optimiser, as far as there are numbers to go on from; all arrays (T, ...)."""

    p: Problem
    before: list  # all weights before each step, in an order that all the others have too
    after: list
    kept: list  # what the column shows that is kept after it, as NumPy's `train` gives it; [] where it shows none
    slopes: list  # exact gradients
    errors: list  # how far those of a correct column may be from them


class Explained(NamedTuple):
    """What gives all the steps: mistakes, each by itself, or where there is none the right rule as it is asked here."""

    mistakes: tuple[Mistake, ...] = ()
    rule: str = ""


def explained(steps):
    """The Explained of StepsSeen that are wrong; of steps that are right, or nearly, nothing."""
    with np.errstate(all="ignore"):
        asked, matching = steps.p.update, {}
        right = _match_right(steps, asked)
        if right == 2 or (right and not steps.kept):
            return Explained()
        for mistake in of_row(OPTIMIZERS):
            if mistake.name == GOES_ON:  # of which a single run says nothing
                continue
            match = max(_match(steps, asked, texts + mistake.planted["numpy"]) for texts in _conventions(asked))
            matching.setdefault(match, []).append(mistake)
        # what also keeps the column's own numbers is nearer; it may keep others that come to the same
        best = matching.get(2) or (not right and matching.get(1)) or ()
        return Explained(tuple(best), "" if best or right else _other_rule(steps))


def _first(steps, number):
    """So many of the StepsSeen."""
    fewer = {}
    for name in StepsSeen._fields[1:]:
        fewer[name] = [Z[:number] for Z in getattr(steps, name)]
    return steps._replace(**fewer)


def _other_rule(steps):
    """The first of another setting, and of another rule, that gives all the steps, in words; "" where none does."""
    asked = steps.p.update
    for papers_alone in (True, False):  # a decay by itself is another one by the rate: the papers' way is meant
        for key, value in asked.rates(steps.p.lr).items():
            for usual in USUAL[key]:
                settings = {**asked.rates(steps.p.lr), key: usual}
                lr = settings.pop("lr")
                rule = asked._replace(settings=tuple(settings.items()))
                there = steps._replace(p=steps.p._replace(lr=lr))
                if usual != value and _match_right(there, rule, papers_alone):
                    return f"It is right with {key} {usual:g}, not {value:g}."
    for name in updates.RULES:
        rule, _ = parse(name)
        if _match_right(steps, rule):
            return f"These are the steps of another optimiser: {updates.words(rule)}."
    return ""


def _match_right(steps, rule, papers_alone=False):
    """What `_match` says of an UpdateRule, by the papers' convention or by the one that is nearest."""
    every = _conventions(rule)
    return max(_match(steps, rule, texts) for texts in (every[:1] if papers_alone else every))


def _conventions(rule):
    """Texts of all that may differ in an UpdateRule, the papers' first: none of it is a mistake."""
    every = [()]
    for point in updates.conventions(rule, "float32")[0]:
        every += [(*before, *CONVENTIONS[point]) for before in every]
    return every


@cache
def _module(texts):
    """NumPy's column with texts replaced; None where there is no such text any more."""
    try:
        return planted.changed("numpy", *texts, row=OPTIMIZERS)
    except ValueError:
        return None


def _match(steps, rule, texts):
    """2 where an UpdateRule with texts replaced gives all numbers of the steps, 1 where all weights, 0 otherwise."""
    module = _module(texts)
    if not module:
        return 0
    match = 0
    for number in (FEW, len(steps.before[0])):
        few = _first(steps, number)
        try:
            match = _match_all(few, _Replay(module, rule, few))
        except Exception:  # a planted mistake may raise anything, as on shapes that do not fit
            return 0
        if not match:
            return 0
    return match


def _match_all(steps, replay):
    u, K = bounds.format_of(steps.p.dtype).u, len(steps.before)
    for w, new, Z, spread in zip(steps.before, steps.after, replay.middle, replay.spread, strict=False):
        room = spread + 4 * u * (np.abs(w) + np.abs(Z - w))
        if not _is_near(new, Z, LENIENT * room):
            return 0
    kept, spreads = replay.middle[K:-1], replay.spread[K:-1]
    if len(steps.kept) != len(kept):
        return 1
    near = [_is_near(*each) for each in zip(steps.kept, kept, _rooms(kept, spreads, u), strict=True)]
    return 2 if all(near) else 1


def _rooms(kept, spreads, u):
    return [LENIENT * (spread + 8 * u * np.abs(Z)) for Z, spread in zip(kept, spreads, strict=True)]


def _is_near(value, Z, room):
    same = (value == Z) | (np.isnan(value) & np.isnan(Z))
    return bool((same | (np.abs(value - Z) <= room)).all())


class _Replay:
    """What a module's `train` gives along the steps: `middle` exactly, `spread` where what it is given is rounded."""

    def __init__(self, module, rule, steps):
        self._module, self._rule, self._steps = module, rule, steps
        # β, 1 - β and 1 - βᵗ exactly, and as the column's own numbers are rounded
        exact, rounded = self._along(np.longdouble), self._along(formats.carrier(steps.p.dtype).type)
        self.middle = [Z[:, 0] for Z in exact]
        self.spread = []
        for k, Z in enumerate(self.middle):
            apart = np.concatenate([exact[k], rounded[k]], axis=1) - Z[:, None]
            self.spread.append(np.abs(apart).max(axis=1))

    def _along(self, number):
        """Every array (T, 5, ...): by exact gradients; by larger ones, smaller ones, and in turn."""
        number_of_steps = len(self._steps.before[0])
        t, own, slopes = iter(range(number_of_steps)), [], []
        u = bounds.format_of(self._steps.p.dtype).u
        in_turn = (-1.0) ** np.arange(number_of_steps)
        signs = np.stack(np.broadcast_arrays(0, 1, -1, in_turn, -in_turn), axis=1)
        for w, g, error in zip(self._steps.before, self._steps.slopes, self._steps.errors, strict=True):
            at = signs.reshape(*signs.shape, *(1,) * (w.ndim - 1))
            g = truth.narrow(g, np.longdouble)[:, None]
            slopes.append(g + at * (error[:, None] + 4 * u * np.abs(g)))
            own.append(np.broadcast_to(w[:, None].astype(np.longdouble), slopes[-1].shape))

        def gradients(w):
            """Puts the column's own weights into the list of `train`, which goes on from them."""
            n = next(t)
            w[:] = [Z[n] for Z in own]
            return np.zeros(signs.shape[1]), [Z[n] for Z in slopes]

        rates = self._rule.rates(self._steps.p.lr)
        settings = {key: number(value) for key, value in rates.items()}
        return self._module.train(gradients, [Z[0] for Z in own], [], 0, number_of_steps, self._rule.name, settings)
