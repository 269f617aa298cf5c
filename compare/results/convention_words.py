"""By which conventions the columns' optimisers work, in words."""

from fourfold.compare.judge.updates import POINTS
from fourfold.compare.results.words import brief, label, listed, measure


def conventions(result):
    """A sentence for every point at which not all columns that agree can be by the papers' choice."""
    points = {}
    for one in result.conventions:
        points.setdefault(one.point, []).append(one)
    sentences = []
    for point, each in points.items():
        choices = {}
        for one in each:
            choices.setdefault(tuple(one.choices), []).append(one)
        differs = [one for one in each if one.error is not None and measure(one.error) > 0]
        if differs:
            sentences.append(_sentence(point, choices, differs))
    return sentences


def _sentence(point, choices, differs):
    clauses = []
    for allowed, each in choices.items():
        formulas = " or ".join(f"{choice}, {POINTS[point][choice]}" for choice in allowed)
        clauses.append(f"{listed([one.column for one in each])} {formulas}")
    first = max(differs, key=lambda one: measure(one.share))
    size = f"off by {brief(first.error)}, ×{brief(first.share)} the limit"
    place = f"{label(first.quantity)} after step {first.step + 1:,} in {first.dtype}"
    return f"Convention {point}: {'; '.join(clauses)}. By the other one {first.column} would be {size}: {place}."
