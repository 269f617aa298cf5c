"""U1 to U11: what a step can make of a gradient, beside E23."""

from typing import NamedTuple


class UpdateEquations(NamedTuple):
    """Equations of impls/optimizers that belong together. `lines` as an Equation's, in the columns of that row."""

    place: str  # the page's anchor
    numbers: str
    title: str
    latex: tuple  # a line each
    says: str  # prose
    lines: dict


def by_name(rule):
    """The lines of a rule: NumPy's function, by hand, and the call of a framework's own optimiser."""
    return {"numpy": [rule], "*": [f"optimizer case:{rule}"]}


# A power of ½, as the page's font has no root.
UPDATES = [
    UpdateEquations(
        "U1",
        "U1, U2",
        "Decay",
        (r"g \leftarrow g + l \, w \quad \text{or} \quad w \leftarrow \ldots - \lambda \, d \, w",),
        "Weights are pulled towards 0, so that none gets large for nothing. Coupled ($l$), the pull goes through the "
        "rule as a part of the gradient; decoupled ($d$), it stands beside it. In plain descent that is the same; "
        "behind a division, as in Adam, it is not.",
        {
            "numpy": ["optimizer update"],
            "jax": ["optimizer before", "optimizer after"],
            "tf": ["train g", "optimizer case:adamw"],
            "*": ["optimizer case:adam", "optimizer case:adamw"],
        },
    ),
    UpdateEquations(
        "U3",
        "U3, U4",
        "Momentum",
        (r"u \leftarrow \mu \, u - \lambda \, g \quad w \leftarrow w + u",),
        r"A step remembers the steps before: $u$ is their sum, each weighed by a power of $\mu$. Along a valley they "
        "add up, across it they cancel.",
        by_name("momentum"),
    ),
    UpdateEquations(
        "U5",
        "U5",
        "Nesterov's momentum",
        (r"w \leftarrow w + \mu \, u - \lambda \, g",),
        "Where the next step of momentum would lead is known before its gradient is. The papers take the gradient "
        "there; every column here takes it at $w$ and makes the step longer instead, which is the same path seen from "
        "another point.",
        by_name("nesterov"),
    ),
    UpdateEquations(
        "U6",
        "U6, U7",
        "RMSProp",
        (
            r"v \leftarrow \rho \, v + (1 - \rho) \, g^2",
            r"w \leftarrow w - \frac{\lambda \, g}{(v + \varepsilon)^{1/2}}",
        ),
        "Every weight has a rate of its own: $v$ is a running mean of its squared gradients, and the step is divided "
        r"by its root. $\varepsilon$ keeps the divisor from 0; whether it stands inside the root is where "
        "columns differ.",
        by_name("rmsprop"),
    ),
    UpdateEquations(
        "U8",
        "U8 to U11",
        "Adam and AdamW",
        (
            r"m \leftarrow \beta_1 \, m + (1 - \beta_1) \, g \quad v \leftarrow \beta_2 \, v + (1 - \beta_2) \, g^2",
            r"\hat m = \frac{m}{1 - \beta_1^t} \quad \hat v = \frac{v}{1 - \beta_2^t} \quad "
            r"w \leftarrow w - \frac{\lambda \, \hat m}{\hat v^{1/2} + \varepsilon}",
        ),
        r"Momentum and RMSProp at once. At first $m$ and $v$ are far too small, since they began at 0: $\hat m$ and "
        r"$\hat v$ make up for that. AdamW is Adam with the decoupled decay of U2.",
        by_name("adam"),
    ),
]
