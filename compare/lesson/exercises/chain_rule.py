"""Exercise 7: the chain rule as sums of products (E7) and as products of Jacobians (E9)."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.columns import calls
from fourfold.compare.judge import judgement, quantities, truth
from fourfold.compare.lesson import equations
from fourfold.compare.lesson.exercises import training
from fourfold.compare.lesson.exercises.answer import Claim, Figure, Table, found

SEEDS = range(2)
FUNCTIONS = {
    "dL_dY_hat": "J_ŷ(L)",
    "dY_hat_dW2": "J_W2(ŷ)",
    "dY_hat_dA": "J_a(ŷ)",
    "dA_dH": "J_h(a)",
    "dH_dW1": "J_W1(h)",
}
TOOLS = {"numpy": "by hand", "torch": "torch.func.jacrev", "jax": "jax.jacobian", "tf": "tape.jacobian"}


class Chain(NamedTuple):
    """What one column did with one network."""

    jacobians: dict  #  name -> Jacobian
    shares: dict  #     name -> its largest error as a share of its limit
    ways: dict  #       "sums" and "product" -> {gradient: Judged}
    count: training.Count


def answer(columns, seeds):
    """Found: every Jacobian against its exact entries, and both forms against the exact gradients and each other."""
    made = equations.made(seeds)
    by_column = columns.each(lambda name: [chain(columns, name, c, n) for c in made for n in range(len(seeds))])
    shares = {what: {name: max(one.shares[what] for one in of) for name, of in by_column.items()} for what in FUNCTIONS}
    gradients = ["dL_dW2", "dL_dA", "dL_dH", "dL_dW1"]
    pairs = {q: {name: [_pair(one, q) for one in of] for name, of in by_column.items()} for q in gradients}
    every = [pair for of in pairs.values() for of_column in of.values() for pair in of_column]
    within = all((j.error <= j.limit).all() for pair in every for j in pair)
    same, entries = (sum(map(of, every)) for of in (_same, lambda pair: pair[0].value.size))
    tools = ", ".join(f"{name} {TOOLS.get(name, 'its own')}" for name in columns.names)
    largest = max(share for of in shares.values() for share in of.values())
    claims = [
        Claim(
            f"The Jacobians of L by ŷ, ŷ by A and by W2, A by H and H by W1 ({tools}) are what exact arithmetic gives, "
            f"to within what rounding allows: the largest error is {largest:.2f} of its limit. What is structurally "
            "zero is exactly zero.",
            largest <= 1,
        ),
        Claim(
            "The gradients that E7's sums and E9's matrix products make of them are both the exact gradients to within "
            f"what rounding allows; {same / entries:.1%} of {entries:,} entries are the same to the last bit, and the "
            f"others at most {max(map(_ulps, every)):,.0f} units in the last place apart. The two say the same: entry "
            "(i, j) of a product of matrices is a sum of products.",
            within,
        ),
    ]
    first = by_column[columns.names[0]][0].jacobians
    tables = [
        Table(
            "Jacobians: largest error as a share of its limit",
            ["Jacobian", f"shape on {made[0].name}", *columns.names],
            [
                [FUNCTIONS[what], "×".join(map(str, first[what].shape)), *(f"{share:.2f}" for share in of.values())]
                for what, of in shares.items()
            ],
        ),
        Table(
            "Gradients by E7 and by E9: largest error as a share of its limit, and entries that are the same bits",
            ["gradient", *columns.names],
            [[q, *map(_cell, of.values())] for q, of in pairs.items()],
        ),
    ]
    figure = Figure(
        "7-jacobians",
        "The chain on XOR",
        "The four Jacobians whose product is ∂L/∂W1, and that product: blue is positive, orange negative, no colour "
        "exactly zero. Samples do not mix, units do not mix in the activation, and a weight reaches one unit.",
    )
    setting = f"{', '.join(c.name for c in made)}, {training.named(seeds)}, {training.DTYPE}"
    counts = [one.count for of in by_column.values() for one in of]
    gradient = by_column[columns.names[0]][0].ways["product"]["dL_dW1"].value
    arrays = {**first, "dL_dW1": gradient.reshape(1, -1)}
    return found(7, columns, setting, claims, tables, counts, "every Jacobian, and every gradient", [figure], arrays)


def chain(columns, name, c, n):
    """The Chain of a column for seed number n of a Case."""
    p, (X, Y, *weights) = judgement.problem(c, training.DTYPE), c.cast(training.DTYPE)
    weights = [W[n] for W in weights]
    J, ways = columns.workers.call(name, calls.chain_rule, X, Y, weights, p.activations)
    q, E, _ = judgement.exact_values(weights, p)
    limits = equations.jacobian_limits(E, *c.widths()[1:])
    training.formed(name, equations.malformed_jacobians(J, limits))
    exact = equations.exact_jacobians(q, p, weights)
    shares = {what: _share(J[what], exact[what], limits[what]) for what in FUNCTIONS}
    shapes = quantities.trace_shapes((), len(Y), c.widths(), "two_layer", False).named()
    judged = {way: _judged(name, way, gradients, shapes, weights, p) for way, gradients in ways.items()}
    count = training.counted(name, [j for of in judged.values() for j in of.values()])
    entries = sum(J[what].size for what, share in shares.items() if share <= 1)
    return Chain(J, shares, judged, count._replace(certified=count.certified + entries))


def _judged(name, way, gradients, shapes, weights, p):
    """{gradient: Judged}: zeros add no rounding, so the limits are those of the trace."""
    for q, Z in gradients.items():
        training.formed(name, judgement.malformed(f"{way}'s {q}", Z.reshape(-1), (int(np.prod(shapes[q])),), p.dtype))
    of_shape = {q: Z.reshape(shapes[q]) for q, Z in gradients.items()}
    return {j.quantity: j for j in judgement.judge_trace(of_shape, weights, p)}


def _share(value, exact, limit):
    with np.errstate(all="ignore"):
        error = truth.narrow(np.abs(truth.widen(value, exact.dtype) - exact))
        return float(np.nan_to_num(np.where(error == 0, 0, error / limit), nan=np.inf).max())


def _pair(one, quantity):
    return one.ways["sums"][quantity], one.ways["product"][quantity]


def _same(pair):
    return int((pair[0].value == pair[1].value).sum())


def _ulps(pair):
    one, other = (j.value for j in pair)
    return float((np.abs(one - other) / np.spacing(np.abs(one))).max())


def _cell(pairs):
    share = lambda n: max(float(pair[n].ratio.max()) for pair in pairs)
    same = sum(map(_same, pairs)) / sum(pair[0].value.size for pair in pairs)
    return f"{share(0):.2f}, {share(1):.2f}, {same:.0%}"
