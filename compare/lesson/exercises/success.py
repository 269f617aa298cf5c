"""How often, and how soon, runs learn: as a table, and as a sentence."""

import numpy as np

from fourfold.compare.lesson import numbers
from fourfold.compare.lesson.exercises.answer import Claim, Table

LEARNED = 1e-3  # the loss below which XOR counts as learned


def table(title, labels, runs):
    """A row a label, a column's cell how many seeds learned and their median step; runs {column: [Trained a label]}."""
    rows = [[label, *(_success(of[n]) for of in runs.values())] for n, label in enumerate(labels)]
    return Table(title, ["setting", *runs], rows)


def learned(t):
    """(S,) bool: which seeds ever have a loss below LEARNED."""
    return np.isfinite(t.steps_to(LEARNED))


def _success(t):
    steps = t.steps_to(LEARNED)
    some = np.isfinite(steps)
    return f"{some.sum()} of {len(some)}" + (f" ({np.median(steps[some]):,.0f})" if some.any() else "")


def ranking(labels, runs):
    """One Claim that orders the labels by how many seeds learn, columns together, and says how soon."""
    of = lambda n, pick: np.concatenate([pick(trained[n]) for trained in runs.values()])
    rates = {label: of(n, learned).mean() for n, label in enumerate(labels)}
    steps = {label: of(n, lambda t: t.steps_to(LEARNED)) for n, label in enumerate(labels)}
    in_order = sorted(labels, key=lambda label: rates[label], reverse=True)
    said = [
        f"{label}: {rates[label]:.0%}" + (f" (median step {np.nanmedian(steps[label]):,.0f})" if rates[label] else "")
        for label in in_order
    ]
    return Claim(f"How many runs reach L < {LEARNED:g}, most first. {'; '.join(said)}.")


def curves(labels, trained, steps):
    """{"step": (T,), label: (T,)}: the share of seeds that have learned by then; `trained` has a Trained a label."""
    at = np.array(numbers.recorded(steps, 200))
    by_then = lambda t: (t.steps_to(LEARNED) <= at[:, None]).mean(axis=1)
    return {"step": at, **{label: by_then(t) for label, t in zip(labels, trained, strict=True)}}
