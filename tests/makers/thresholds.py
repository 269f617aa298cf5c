"""`make thresholds`, or python -m tests.makers.thresholds: how sharp the judge is."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.cases import suites
from fourfold.compare.cases.case import DTYPES, make_case
from fourfold.compare.commands import cli
from fourfold.compare.commands.options import Json
from fourfold.compare.commands.terminal import out, write_json
from fourfold.compare.judge import bounds, judgement, truth
from fourfold.compare.judge.quantities import anatomy_at, gradient, of_every_step, shown
from fourfold.compare.results import result
from tests.makers.programs import program

SHOWN = ("L", "dL_dW2", "dL_dW1", "W2, every step", "W1, every step")


class Threshold(NamedTuple):
    """The smallest relative fault in one number that is sure to be rejected, in eps, over entries and seeds.

    It is limit / |value| of the entries of one quantity that are certified and not zero.
    """

    case: str
    dtype: str
    quantity: str  # as people know it; "W1, every step" is of the gradient in w - λ g, as weights alone show it
    least: float
    median: float


@np.errstate(all="ignore")
def of_case(case, dtype):
    """The Thresholds of one case at its first weights, in order of computation.

    A column's own rounding adds to a fault or takes from it; what is stated is for a column without any.
    """
    p = judgement.problem(case, dtype)
    _, _, *parameters = case.cast(dtype)
    network = anatomy_at(parameters, p)
    old = dict(zip(network.parameters, parameters, strict=True))
    exact, limits, in_range = judgement.exact_values(parameters, p)
    thresholds = []

    def add(quantity, value, limit):
        certified = np.broadcast_to(bounds.per_point(in_range, value), value.shape) & np.isfinite(limit)
        counts = certified & (value > 0)
        if counts.any():
            relative = limit[counts] / value[counts] / float(np.finfo(dtype).eps)
            least, median = float(relative.min()), float(np.median(relative))
            thresholds.append(Threshold(case.name, dtype, quantity, least, median))

    for name in network.trace:
        add(shown(name, p.row), np.abs(truth.narrow(exact[name])), limits[name])
    for name in map(of_every_step, network.run):
        if name in old:  # L is none of them
            slope = gradient(name)
            add(f"{name}, every step", *_of_step(old[name], exact[slope], limits[slope], p))
    return thresholds


def _of_step(old, slope, E_slope, p):
    """Magnitude of λ g, and the limit of w - λ g."""
    change = truth.widen(p.lr, p.wide) * slope
    exact = truth.widen(old, p.wide) - change
    limit = bounds.step_limit(p.lr, truth.narrow(slope), E_slope, old, truth.narrow(exact), p.dtype, p.wide)
    return np.abs(truth.narrow(change)), limit


def thresholds(*, json: Json = None):
    """Say how small a fault in one number is sure to be rejected, case by case.

    Example: make thresholds

    Parameters
    ----------
    json
        Write them as JSON to this file, in both precisions; - is standard output.
    """
    all_thresholds = []
    if json != "-":
        out.print("smallest relative fault that is sure to be rejected, in eps: least / median over entries and seeds")
        out.print(f"{'':<33}" + "".join(map("{:>17}".format, SHOWN)))
    default = make_case("xor", "sigmoid", 0.1, 1, 3, range(10))
    for case in suites.choose("full", None, default):
        if case.exact or not case.is_finite():
            continue
        for dtype in filter(case.dtypes.__contains__, DTYPES):
            in_case = of_case(case, dtype)
            all_thresholds += in_case
            if json != "-" and dtype == case.dtypes[0]:
                out.print(f"{case.name:<25}{dtype:<8}{_cells(in_case)}", markup=False)
    write_json(json, result.encode([threshold._asdict() for threshold in all_thresholds]))
    return 0


def _cells(in_case):
    by_name = {threshold.quantity: threshold for threshold in in_case}
    line = ""
    for quantity in SHOWN:
        threshold = by_name.get(quantity)
        cell = f"{_short(threshold.least)} / {_short(threshold.median)}" if threshold else "–"
        line += f"{cell:>17}"
    return line


def _short(eps):
    return f"{eps:.3g}" if eps < 1e5 else ">1e5"


app = program("python -m tests.makers.thresholds", thresholds)

if __name__ == "__main__":
    cli.main(app)
