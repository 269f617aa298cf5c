"""How often, and how soon, runs learn: as a table, shares and curves."""

import numpy as np

from fourfold.compare.lesson import numbers
from fourfold.compare.lesson.exercises import answer

LEARNED = 1e-3  # the loss below which XOR counts as learned


def table(title, labels, runs):
    """A Table with a line a label: how many seeds learned, and their median step; runs {column: [Trained a label]}."""
    title = f"{title}: seeds that reach L < {LEARNED:g} (and their median step)"
    cells = {}
    for name, trained in runs.items():
        cells[name] = [*map(_success, trained)]
    return answer.table(title, {"setting": labels}, cells)


def _success(trained):
    steps = trained.steps_to(LEARNED)
    learned = np.isfinite(steps)
    median = f" ({np.median(steps[learned]):,.0f})" if learned.any() else ""
    return f"{learned.sum()} of {len(learned)}{median}"


def shares(labels, runs):
    """{label: the share of the runs that learn}, all columns together; runs {column: [Trained a label]}."""
    learned = {}
    for label, trained in zip(labels, zip(*runs.values(), strict=True), strict=True):
        steps = np.concatenate([t.steps_to(LEARNED) for t in trained])
        learned[label] = float(np.isfinite(steps).mean())
    return learned


def most_first(learned):
    """{label: share} as text, such as "tanh learns from 100%, relu from 43%"."""
    order = sorted(learned, key=learned.__getitem__, reverse=True)
    first, *others = [f"from {learned[label]:.0%}" for label in order]
    return ", ".join([f"{order[0]} learns {first}", *map("{} {}".format, order[1:], others)])


def curves(labels, trained, steps):
    """{"step": (T,), label: (T,)}: the share of seeds that have learned by then; `trained` has a Trained a label."""
    shown = np.array(numbers.recorded(steps, 200))
    arrays = {"step": shown}
    for label, t in zip(labels, trained, strict=True):
        arrays[label] = (t.steps_to(LEARNED) <= shown[:, None]).mean(axis=1)
    return arrays
