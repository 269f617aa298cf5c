"""Where the frameworks' optimisers differ, from each other and from the papers, as one table; and what a run has shown.

Every entry of a framework is what its own optimiser computes: tests/test_optimizer_conventions.py asks it.
"""

from typing import NamedTuple

from fourfold import impls
from fourfold.compare.judge.updates import POINTS, RULES
from fourfold.compare.results.words import brief, label

ALL = tuple(impls.FRAMEWORKS)
RATE, EPS, DECAY = POINTS["rate-at"], POINTS["eps-at"], POINTS["decay-by"]
GIVEN = "must be given"
HEADINGS = ("optimiser", "where they differ")
PAPERS = "in the papers"


class Difference(NamedTuple):
    """A line of the table: at one point, who chooses what."""

    optimizers: str
    point: str
    choices: dict  # {choice: what it says}
    columns: dict  # {choice: the columns that have it}
    papers: dict  # {choice: where it is published}

    def choice(self, column):
        """What a column chooses; "" of one that is not in the table."""
        return next((choice for choice, columns in self.columns.items() if column in columns), "")


def _default(optimizers, name, columns, papers):
    """The Difference of a setting that nobody gives: {number: columns}."""
    choices = {number: _written(number) for number in columns} | {"": GIVEN}
    have_one = sum(columns.values(), ())
    every = columns | {"": tuple(column for column in ALL if column not in have_one)}
    choices |= {number: _written(number) for number in papers}
    return Difference(optimizers, f"{name}, if it is not given", choices, every, papers)


def _written(number):
    """1e-8, and not 1e-08."""
    return f"{number:g}".replace("e-0", "e-")


DIFFERENCES = (
    Difference(
        "momentum, nesterov",
        "where the rate is",
        RATE,
        {"inside": ("numpy", "tf"), "outside": ("torch", "jax")},
        {"inside": "Polyak 1964; Sutskever et al. 2013, eqs. 1-4"},
    ),
    Difference(
        "nesterov",
        "where the gradient is taken",
        {"here": "at w; the step is μ u - λ g", "ahead": "at w + μ u; the step is u"},
        {"here": ALL},
        {"ahead": "Sutskever et al. 2013, eqs. 3, 4", "here": "Bengio et al. 2012, arXiv 1212.0901, eq. 7"},
    ),
    Difference(
        "rmsprop",
        "where ε is",
        {"inside": EPS["inside"], "outside": EPS["outside"], "none": "g / √v"},
        {"inside": ("numpy", "jax", "tf"), "outside": ("torch",)},
        {"inside": "Goodfellow et al. 2016, Algorithm 8.5", "none": "Hinton 2012, lecture 6e"},
    ),
    Difference(
        "adam, adamw",
        "where ε is",
        {"after": EPS["after"], "before": EPS["before"]},
        {"after": ("numpy", "torch", "jax"), "before": ("tf",)},
        {"after": "Kingma & Ba 2015, Algorithm 1", "before": "the same, end of section 2"},
    ),
    Difference(  # in plain descent both are the same
        "momentum, rmsprop, adam",
        "what weight_decay d is",
        {
            "coupled": "g ← g + d w, before the rule",
            "decoupled": "w ← w - λ d w, beside the rule",
            "either": "no such setting: one for each",
        },
        {"either": ("numpy", "jax"), "coupled": ("torch",), "decoupled": ("tf",)},
        {"coupled": "Loshchilov & Hutter 2019, Algorithm 2, line 6"},
    ),
    Difference(
        "adamw",
        "what multiplies its decay d",
        DECAY,
        {"rate": ALL},
        {"itself": "Loshchilov & Hutter 2019, Algorithm 2: η d w, without α"},
    ),
    _default("sgd", "λ", {0.001: ("torch",), 0.01: ("tf",)}, {}),
    _default("rmsprop", "λ", {0.01: ("torch",), 0.001: ("tf",)}, {}),
    _default("rmsprop", "ρ", {0.99: ("torch",), 0.9: ("jax", "tf")}, {0.9: "Hinton 2012, lecture 6e"}),
    _default("rmsprop", "ε", {1e-8: ("torch", "jax"), 1e-7: ("tf",)}, {1e-6: "Goodfellow et al. 2016, Algorithm 8.5"}),
    _default("adam, adamw", "ε", {1e-8: ("torch", "jax"), 1e-7: ("tf",)}, {1e-8: "Kingma & Ba 2015, Algorithm 1"}),
    _default("adamw", "d", {0.01: ("torch",), 1e-4: ("jax",), 0.004: ("tf",)}, {}),
    Difference(
        "all",
        "settings, where weights are float64",
        {"exact": "float64 too", "float32": "rounded to float32, unless Keras is told otherwise"},
        {"exact": ("numpy", "torch", "jax"), "float32": ("tf",)},
        {},
    ),
)


def conventions_table():
    """(headings, lines of cells): a line a Difference, a column a framework, and the papers last."""
    headings = [*HEADINGS, *(framework.title for framework in impls.FRAMEWORKS.values()), PAPERS]
    lines = []
    for one in DIFFERENCES:
        cells = [one.choices.get(one.choice(column), "–") for column in ALL]
        papers = [f"{one.choices[choice]}: {where}" for choice, where in one.papers.items()]
        lines.append([one.optimizers, one.point, *cells, "; ".join(papers) or "–"])
    return headings, lines


def of_run(result):
    """(headings, lines of cells): of every column that agrees, what its numbers say at every point."""
    headings = ["column", "point", "its numbers allow", "that is", "the papers' choice would be off by"]
    lines = []
    for one in result.conventions:
        says = "; or ".join(POINTS[one.point][choice] for choice in one.choices)
        off = "–"
        if one.error is not None:
            place = f"{label(one.quantity)} after step {one.step + 1:,} in {one.dtype}"
            off = f"{brief(one.error)}, ×{brief(one.share)} the limit: {place}"
        lines.append([one.column, one.point, " or ".join(one.choices), says, off])
    return headings, lines


def settings_by_rule(result):
    """{rule: Setting} of a Result's first case by its optimiser, and by the others that it was run with too."""
    first, by_rule = result.settings[0], {}
    for setting in result.settings:
        rule = setting.update.partition(",")[0]
        if rule and (setting is first or setting.name == f"{first.name}, {rule}"):
            by_rule[rule] = setting
    return {rule: by_rule[rule] for rule in RULES if rule in by_rule}
