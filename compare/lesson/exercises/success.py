"""How often, and how soon, runs learn: as a table, a sentence and curves."""

import numpy as np

from fourfold.compare.lesson import numbers
from fourfold.compare.lesson.exercises import answer

LEARNED = 1e-3  # the loss below which XOR counts as learned


def table(title, labels, runs):
    """A Table with a line a label: how many seeds learned, and their median step; runs {column: [Trained a label]}."""
    cells = {}
    for name, trained in runs.items():
        cells[name] = [*map(_success, trained)]
    return answer.table(title, {"setting": labels}, cells)


def _success(trained):
    steps = trained.steps_to(LEARNED)
    learned = np.isfinite(steps)
    median = f" ({np.median(steps[learned]):,.0f})" if learned.any() else ""
    return f"{learned.sum()} of {len(learned)}{median}"


def ranking(labels, runs):
    """One Claim that orders the labels by how many seeds learn, columns together, and says how soon."""
    steps, shares = {}, {}
    for label, trained in zip(labels, zip(*runs.values(), strict=True), strict=True):
        steps[label] = np.concatenate([t.steps_to(LEARNED) for t in trained])
        shares[label] = np.isfinite(steps[label]).mean()
    results = []
    for label in sorted(labels, key=shares.__getitem__, reverse=True):
        median = f" (median step {np.nanmedian(steps[label]):,.0f})" if shares[label] else ""
        results.append(f"{label}: {shares[label]:.0%}{median}")
    return answer.Claim(f"How many runs reach L < {LEARNED:g}, most first. {'; '.join(results)}.")


def curves(labels, trained, steps):
    """{"step": (T,), label: (T,)}: the share of seeds that have learned by then; `trained` has a Trained a label."""
    shown = np.array(numbers.recorded(steps, 200))
    arrays = {"step": shown}
    for label, t in zip(labels, trained, strict=True):
        arrays[label] = (t.steps_to(LEARNED) <= shown[:, None]).mean(axis=1)
    return arrays
