"""Exercise 7: the chain rule as sums of products (E7) and as products of Jacobians (E9)."""

from functools import partial
from typing import NamedTuple

import numpy as np

from fourfold import impls
from fourfold.compare.columns import calls, questions
from fourfold.compare.judge import form, judgement, truth
from fourfold.compare.judge.quantities import TWO_LAYER, anatomy, internal, shapes
from fourfold.compare.lesson.examinee import DTYPE, by_quantity, gather
from fourfold.compare.lesson.exercises import jacobians, training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, answered, table
from fourfold.compare.results.words import percent

SEEDS = range(2)
FUNCTIONS = {
    "dL_dY_hat": "J_ŷ(L)",
    "dY_hat_dW2": "J_W2(ŷ)",
    "dY_hat_dA": "J_a(ŷ)",
    "dA_dH": "J_h(a)",
    "dH_dW1": "J_W1(h)",
}
GRADIENTS = ("dL_dW2", "dL_dA", "dL_dH", "dL_dW1")
# By which a framework's column gets its Jacobians; NumPy's has none
TOOLS = {"torch": "torch.func.jacrev", "jax": "jax.jacobian", "tf": "tape.jacobian"}


class Chains(NamedTuple):
    """What one column did, over all networks."""

    jacobians: dict  # of the first network, by name
    product: np.ndarray  # E9's dL_dW1 of it
    shares: dict  # Jacobian's name -> its largest error as a share of its limit
    ways: dict  # gradient -> Ways


class Ways(NamedTuple):
    """A gradient by E7's sums and by E9's products."""

    by_sums: float  # largest error as a share of its limit
    by_products: float
    within: bool  # whether both are within their limits everywhere
    same: int  # entries that are the same to the last bit
    entries: int
    ulps: float  # how far two entries are at most apart, in units in the last place


def answer(columns, seeds):
    """Answered: every Jacobian against its exact entries, and both forms against the exact gradients and each other."""
    cases = jacobians.cases(seeds)
    (chains,) = columns.each(partial(examine, cases=cases))
    first = chains[columns.names[0]]
    shares, errors, same = {}, {}, {}
    for name, of_column in chains.items():
        shares[name] = map(percent, of_column.shares.values())
        errors[name] = [percent(max(ways.by_sums, ways.by_products)) for ways in of_column.ways.values()]
        same[name] = [f"{ways.same / ways.entries:.0%}" for ways in of_column.ways.values()]
    tables = [
        table(
            "Jacobians: largest error, in percent of what rounding allows",
            {
                "Jacobian": FUNCTIONS.values(),
                f"shape on {cases[0].name}": map(_shape, first.jacobians.values()),
            },
            shares,
        ),
        table(
            "Gradients by E7 and by E9: largest error of either, in percent of what rounding allows",
            {"gradient": GRADIENTS},
            errors,
        ),
        table(
            "Gradients by E7 and by E9: entries that are the same to the last bit",
            {"gradient": GRADIENTS},
            same,
        ),
    ]
    figure = Figure(
        "7-jacobians",
        "The chain on XOR",
        "The four Jacobians whose product is ∂L/∂W1, and that product: + is positive, − negative, an empty cell "
        "exactly zero; the stronger the colour, the larger. Samples do not mix, units do not mix in the activation, "
        "and a weight reaches one unit.",
    )
    return answered(
        7,
        columns,
        short=_short(chains),
        tried=f"Every Jacobian of {len(cases)} networks ({', '.join(c.name for c in cases)}), {training.named(seeds)}, "
        f"{DTYPE}. Each is compared with its exact entries, then multiplied in both forms: E7's sums over all ways, "
        "and E9's products of matrices.",
        claims=[_jacobians(chains), _gradients(chains)],
        means="E7 and E9 are the same sums of the same products, since that is what entry (i, j) of a product of "
        "matrices is. They may round differently, where a sum is added in another order.",
        certificate="every Jacobian, and every gradient",
        tables=tables,
        figures=[figure],
        arrays={**first.jacobians, "dL_dW1": first.product.reshape(1, -1)},
    )


def examine(column, cases):
    """The Chains of an Examinee for every seed of every Case."""
    first, sums, products = {}, {}, {}
    shares = dict.fromkeys(FUNCTIONS, 0.0)
    for c in cases:
        for n in range(len(c.seeds)):
            J, of_network, judged = _chain(column, c, n)
            first = first or J
            gather(sums, judged["sums"])
            gather(products, judged["product"])
            for name in FUNCTIONS:
                shares[name] = max(shares[name], of_network[name])
    ways = {}
    for q in GRADIENTS:
        name = internal(q, TWO_LAYER)
        ways[q] = _ways(sums[name], products[name])
    return Chains(first, products["dL_dW1"][0].value, shares, ways)


def _chain(column, c, n):
    """Seed number n: {name: Jacobian}, {name: its largest error as a share of its limit}, {way: {gradient: Judged}}."""
    p = judgement.problem(c, DTYPE)
    weights = [W[n] for W in c.cast(DTYPE)[2:]]
    J, ways = column.call(calls.chain_rule, questions.about(p, "trace", weights))
    exact, limits = jacobians.exact_and_limits(weights, p)
    column.check_form(jacobians.malformed(J, limits, p))
    shares, certified = {}, 0
    for name in FUNCTIONS:
        shares[name] = _share(J[name], exact[name], limits[name])
        certified += J[name].size if shares[name] <= 1 else 0
    judged = {}
    for way, gradients in ways.items():
        judged[way] = _judged(column, way, gradients, c, weights, p)
    column.count([*judged["sums"].values(), *judged["product"].values()], c.row)
    column.certified += certified
    return J, shares, judged


def _share(value, exact, limit):
    with np.errstate(all="ignore"):
        error = truth.narrow(np.abs(truth.widen(value, exact.dtype) - exact))
        return float(np.nan_to_num(np.where(error == 0, 0, error / limit), nan=np.inf).max())


def _judged(column, way, gradients, c, weights, p):
    """{gradient: Judged}: zeros add no rounding, so the limits are those of the trace."""
    shape_of = shapes(anatomy(TWO_LAYER, 2, False), (), len(p.Y), c.widths())
    shaped = {}
    for q, Z in gradients.items():
        name = internal(q, TWO_LAYER)
        entries = (int(np.prod(shape_of[name])),)
        column.check_form(form.malformed(f"{way}'s {q}", Z.reshape(-1), entries, p))
        shaped[name] = Z.reshape(shape_of[name])
    return by_quantity(judgement.judge_trace(shaped, weights, p))


def _ways(sums, products):
    """The Ways of a gradient, Judged of every network."""
    one, other = _entries(sums, "value"), _entries(products, "value")
    within = True
    for j in (*sums, *products):
        within &= bool((j.error <= j.limit).all())
    return Ways(
        by_sums=_entries(sums, "ratio").max(),
        by_products=_entries(products, "ratio").max(),
        within=within,
        same=int((one == other).sum()),
        entries=one.size,
        ulps=float((np.abs(one - other) / np.spacing(np.abs(one))).max()),
    )


def _entries(judged, field):
    return np.concatenate([getattr(j, field).ravel() for j in judged])


def _shape(J):
    return "×".join(map(str, J.shape))


def _jacobians(chains):
    largest, tools = 0.0, []
    for name, of_column in chains.items():
        tool = "by hand" if name in impls.NAMES else "its own"
        tools.append(f"{name} {TOOLS.get(name, tool)}")
        largest = max(largest, *of_column.shares.values())
    return Claim(
        f"The Jacobians of L by ŷ, of ŷ by A and by W2, of A by H and of H by W1 ({', '.join(tools)}) are within "
        f"rounding of their exact values: the largest error is {percent(largest)} of what rounding allows. What must "
        "be zero is exactly zero.",
        largest <= 1,
    )


def _all_ways(chains):
    """The Ways of every gradient in every column."""
    return [ways for of_column in chains.values() for ways in of_column.ways.values()]


def _short(chains):
    every = _all_ways(chains)
    entries, same = sum(ways.entries for ways in every), sum(ways.same for ways in every)
    return (
        "Yes: at every link E7's sums and E9's products give the exact gradient, within rounding. "
        f"{same / entries:.1%} of {entries:,} entries are the same to the last bit."
    )


def _gradients(chains):
    every = _all_ways(chains)
    return Claim(
        "The gradients that E7's sums and E9's products make of the Jacobians are both within rounding of the exact "
        f"gradients, and at most {max(ways.ulps for ways in every):,.0f} units in the last place apart.",
        all(ways.within for ways in every),
    )
