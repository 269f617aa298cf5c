"""E10 to E13: from the loss back to the second weights."""

from fourfold.reports.lesson.equation import Equation, Part, gradient_lines

OUTPUT = Part(
    "The output layer",
    "Backwards, starting where the loss is. What each prediction does to L comes first.",
    [
        Equation(
            10,
            "The loss by the predictions",
            r"\frac{\partial L}{\partial \hat y_i} = \frac{\hat y_i - y_i}{N}",
            "",
            "The square's 2 meets the loss's ½ and only the residual is left, divided by N. N is divided by here, "
            "once, and never again on the way back.",
            symbols=("dL_dY_hat", "R", "N"),
            worked=("R", "/ N", "=", "dL_dY_hat"),
            chain=("residual",),
            lines=gradient_lines("Y_hat"),
        ),
        Equation(
            11,
            "One prediction, written out",
            r"\hat y_i = \sum_j a_{ij} \; w_{2 j}",
            "",
            "E3 for a single sample i. Every weight stands beside the activation it multiplies.",
            symbols=("Y_hat", "A", "W2"),
            worked=("A", "W2", "=", "Y_hat"),
            chain=("residual",),
            lines={"*": ["forward Y_hat"]},
        ),
        Equation(
            12,
            "The predictions by the output weights",
            r"\frac{\partial \hat y_i}{\partial w_{2 j}} = a_{ij} \quad \text{so} \quad J_{W_2}(\hat Y) = A",
            "",
            "The derivative of a sum of products by one factor is the other factor. All of them together are a "
            "matrix that is there already: A.",
            symbols=("A", "W2", "Y_hat"),
            worked=("A",),
            chain=("residual", "activation"),
            lines=gradient_lines("W2"),
        ),
        Equation(
            13,
            "The loss by the output weights",
            r"\frac{\partial L}{\partial W_2} = \frac{1}{N} [\hat y_1 - y_1 \quad \ldots \quad \hat y_N - y_N] A",
            "",
            "A row of N residuals times A is a row, and W2 is a column, so the code turns it: Aᵀ first. Forget that, "
            "and W2 minus the row does not fail. It broadcasts into a square.",
            symbols=("dL_dW2", "dL_dY_hat", "A", "W2"),
            worked=("A.T", "dL_dY_hat", "=", "dL_dW2"),
            chain=("residual", "activation"),
            lines=gradient_lines("W2"),
        ),
    ],
)
