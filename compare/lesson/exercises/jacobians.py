"""What the Jacobians of the two-layer network are exactly, and how far a column's may be from that."""

import numpy as np

from fourfold.compare.cases.case import ACTIVATIONS, draw_weights, make_case, two_layer_case
from fourfold.compare.judge import form, judgement, truth
from fourfold.impls.model import Jacobians


def cases(seeds):
    """The Cases: XOR, and networks of two outputs on data without zeros or symmetry, one an activation."""
    rng = np.random.default_rng(6)
    X, Y = rng.standard_normal((6, 4)), rng.standard_normal((6, 2))
    W1, W2 = draw_weights(seeds, (4, 3, 2))
    networks = [make_case("xor", "sigmoid", 0.1, 1, 3, seeds)]
    for activation in ACTIVATIONS:
        networks.append(two_layer_case(f"4-3-2 {activation}", X, Y, W1, W2, activation, 0.1, 1, seeds))
    return networks


def exact_and_limits(weights, p):
    """{name: array} of exact values, in the numbers that judge, and of limits: E12, E15, E16 and E17 at W1, W2.

    Both come from those of the trace: dL_dY_hat, A and σ'(H) are computed, weights and inputs are given.
    """
    q, E, _ = judgement.exact_values(weights, p)
    samples, units = np.eye(len(p.X)), np.eye(len(weights[1]))
    outputs = np.eye(p.Y.shape[1])
    exact = Jacobians(
        dL_dY_hat=q["dL_dY_hat"].reshape(1, -1),
        dY_hat_dW2=np.kron(q["A1"], truth.widen(outputs, p.wide)),
        dY_hat_dA=np.kron(truth.widen(samples, p.wide), truth.widen(weights[1], p.wide).T),
        dA_dH=np.diag(q["slope1"].ravel()),
        dH_dW1=np.kron(truth.widen(p.X, p.wide), truth.widen(units, p.wide)),
    )
    limits = Jacobians(
        dL_dY_hat=E["dL_dY_hat"].reshape(1, -1),
        dY_hat_dW2=np.kron(E["A1"], outputs),
        dY_hat_dA=np.zeros(exact.dY_hat_dA.shape),
        dA_dH=np.diag(E["slope1"].ravel()),
        dH_dW1=np.zeros(exact.dH_dW1.shape),
    )
    return exact._asdict(), limits._asdict()


def malformed(J, limits, p):
    """The first form.Malformed of a column's Jacobians {name: array}, or None."""
    for name, limit in limits.items():
        complaint = form.malformed(name, J[name], limit.shape, p)
        if complaint:
            return complaint
    return None
