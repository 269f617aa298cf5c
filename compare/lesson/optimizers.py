"""The lesson's network by every optimiser: its first steps, in every framework, certified."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.agreement.updating import Updating, taken_apart
from fourfold.compare.cases import update
from fourfold.compare.columns import questions
from fourfold.compare.columns.first_steps import first_steps
from fourfold.compare.judge import form, judgement, updates
from fourfold.compare.lesson.examinee import DTYPE, by_quantity

STEPS = 2  # what an optimiser keeps shows from the second step on
QUANTITY = "W2"


class FirstSteps(NamedTuple):
    """What became of W2 by one optimiser in one column, and how many numbers of all its steps were judged."""

    settings: str
    values: np.ndarray  # (STEPS, d_h, d_out)
    verdict: str  # of the same numbers: "✓ 22%" of what rounding allows, or what they are
    certified: int
    rejected: int


def rules():
    """Every UpdateRule with what it is asked with by default."""
    return [update.parse(name)[0] for name in updates.RULES]


def observe(column, case):
    """{rule: FirstSteps} of an Examinee, from a Case's first weights of its first seed."""
    case = case.first_seeds(1)._replace(steps=STEPS)
    before = case.cast(DTYPE)[2:]
    question = questions.about(judgement.problem(case, DTYPE), "trajectory", before, case.lr, STEPS)
    answers, by_rule = column.call(first_steps, question, rules()), {}
    for rule, answer in zip(rules(), answers, strict=True):
        p = judgement.problem(case._replace(update=rule), DTYPE)
        path, shown = taken_apart(answer)
        column.check_form(form.malformed_path([*path.values()], before, STEPS, p))
        updating = Updating(p)
        updating.begin(before)
        judged = updating.judge(0, form.before_each_step(before, [*path.values()]), [*path.values()], shown)
        counted, verdict = column.counted(judged, p.row), _verdict(by_quantity(judged)[QUANTITY])
        what = updates.words(rule), path[QUANTITY][:, 0], verdict
        by_rule[rule.name] = FirstSteps(*what, counted.certified, counted.rejected)
    return by_rule


def _verdict(judged):
    if judged.wrong.any():
        return "✗ wrong"
    return f"✓ {np.ceil(100 * judged.ratio.max()):.0f}%" if judged.certified.all() else "not certified"
