"""The picture of where a precision stops learning."""

import numpy as np

from fourfold.reports.pictures import COLOURS, Picture, draw
from fourfold.reports.pictures.axes import legend_below


def standstill(first, case):
    """How many networks still move. first: {dtype: of every network the first step that changes nothing, or all}."""

    def paint(figure):
        axis = figure.subplots()
        for (dtype, steps), colour in zip(first.items(), COLOURS[1:], strict=False):
            when = np.sort(steps[steps < case.steps])
            x = np.concatenate([[1], when + 1, [case.steps]])
            y = len(steps) - np.concatenate([[0], np.arange(1, len(when) + 1), [len(when)]])
            axis.step(x, y, where="post", label=dtype, color=colour, lw=1.8)
        axis.set(xscale="log", xlabel="step + 1", ylabel="networks that still move", ylim=(0, None))
        legend_below(figure, axis)

    table, seen = [["dtype", "seed", "first step without a change"]], []
    for dtype, steps in first.items():
        for n, step in enumerate(steps.tolist()):
            table.append([dtype, case.first_seed + n, step if step < case.steps else ""])
        stopped = steps[steps < case.steps]
        between = f", the first at step {stopped.min():,}, the last at {stopped.max():,}" if len(stopped) else ""
        seen.append(f"in {dtype} {len(stopped)} of {len(steps)} stand still{between}")
    return Picture(
        "standstill",
        "Where a precision stops learning",
        "A step that is less than half a unit in a weight's last place leaves the weight as it is. Where that is so of "
        "all weights of a network, it learns no more, though its gradient is not 0. By exact gradients, from the same "
        "first weights, each rounded to the precision.",
        f"Of {case.steps:,} steps: {'; '.join(seen)}.",
        draw("standstill", 8, 3.4, paint),
        table,
    )
