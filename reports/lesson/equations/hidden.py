"""E14 to E19: from the predictions back to the first weights."""

from fourfold.reports.lesson.equation import Equation, Part, gradient_lines

# σ'(h), by a = σ(h)
SLOPE = {
    "sigmoid": r"\sigma'(h) = a(1 - a)",
    "tanh": r"\sigma'(h) = 1 - a^2",
    "relu": r"\sigma'(h) = 1 \text{ where } h > 0, \text{ else } 0",
    "identity": r"\sigma'(h) = 1",
}

HIDDEN = Part(
    "The hidden layer",
    "Four factors further back. Each is simple; the work is in keeping track of which sample, which unit, which input.",
    [
        Equation(
            14,
            "The way back to the first layer",
            r"\frac{\partial L}{\partial W_1} = \frac{\partial L}{\partial \hat Y} "
            r"\cdot \frac{\partial \hat Y}{\partial A} \cdot \frac{\partial A}{\partial H} "
            r"\cdot \frac{\partial H}{\partial W_1}",
            "",
            "The chain rule through predictions, activations and weighted sums. It is read for one weight at a time "
            "and one sample at a time; the next equations are its factors.",
            symbols=("dL_dW1", "dL_dH", "dL_dA", "dL_dY_hat"),
            worked=("dL_dY_hat", "→", "dL_dA", "→", "dL_dH", "→", "dL_dW1"),
            chain=("residual",),
            lines={
                "numpy": ["trace dL_dY_hat", "trace dL_dA", "trace dL_dH", "trace dL_dW1"],
                "jax": ["trace L_of_Y_hat", "trace L_of_A", "trace L_of_H", "trace L_of_W1", "trace dL_dW1"],
                "tf": ["trace with", "trace gradients"],
                "*": ["trace H", "trace R", "trace gradients"],
            },
        ),
        Equation(
            15,
            "A prediction by its activations",
            r"\frac{\partial \hat y_k}{\partial a} = W_2^\top",
            "",
            "An activation counts for a prediction as much as its weight. So the residuals go back through the same "
            "weights that the activations came by.",
            symbols=("dL_dA", "dL_dY_hat", "W2"),
            worked=("dL_dY_hat", "W2.T", "=", "dL_dA"),
            chain=("residual", "weight"),
            lines=gradient_lines("A"),
        ),
        Equation(
            16,
            "The activations by their inputs",
            r"\frac{\partial a}{\partial h} = \operatorname{diag} [\sigma'(h_1) \; \ldots \; \sigma'(h_H)]",
            "",
            "Unit j's activation depends on its own input alone, so the Jacobian is diagonal, and multiplying by it "
            "is multiplying entry by entry. Where σ is flat, nothing comes back.",
            symbols=("dL_dH", "dL_dA", "sigma_prime", "H", "A"),
            worked=("dL_dA", "∘", "sigma_prime", "=", "dL_dH"),
            chain=("residual", "weight", "slope"),
            lines={
                "numpy": ["ACTIVATIONS *", "trace dL_dH"],
                "jax": ["ACTIVATIONS *", "trace L_of_H", "trace dL_dH"],
                "*": ["ACTIVATIONS *", "trace gradients"],
            },
            by_activation=SLOPE,
        ),
        Equation(
            17,
            "A weighted sum by one of its weights",
            r"h_l = \sum_q x_{kq} \; w_{1 ql} \quad \text{so} \quad \frac{\partial h_j}{\partial w_{1 ij}} = x_{ki}",
            "",
            "Weight w_ij goes from input i to unit j and to no other: every other entry of ∂h/∂w_ij is zero. What is "
            "left is the input itself.",
            symbols=("H", "X", "W1"),
            worked=("X", "W1", "=", "H"),
            chain=("residual", "weight", "slope", "input"),
            lines={"*": ["forward H"]},
        ),
        Equation(
            18,
            "A prediction by one hidden weight",
            r"\frac{\partial \hat y_k}{\partial w_{1 ij}} = w_{2 j} \; \sigma'(h_{kj}) \; x_{ki}",
            "",
            "The three factors of E15, E16 and E17: how much the unit counts, how steep it is, how large the input "
            "was.",
            symbols=("W2", "sigma_prime", "H", "X", "dL_dA", "dL_dH"),
            worked=("W2.T", ",", "sigma_prime", ",", "X"),
            chain=("residual", "weight", "slope", "input"),
            lines={
                "numpy": ["trace dL_dA", "trace dL_dH", "trace dL_dW1"],
                "jax": ["trace L_of_A", "trace L_of_H", "trace L_of_W1"],
                "*": ["trace gradients"],
            },
        ),
        Equation(
            19,
            "The loss by one hidden weight",
            r"\frac{\partial L}{\partial w_{1 ij}} = "
            r"\frac{1}{N} \sum_k (\hat y_k - y_k) \; w_{2 j} \; \sigma'(h_{kj}) \; x_{ki}",
            "",
            "E10 times E18, added over the samples. Every sample says how it would like the weight to be; the "
            "gradient is their mean.",
            symbols=("dL_dW1", "dL_dH", "Y_hat", "Y", "W2", "sigma_prime", "H", "X"),
            worked=("X.T", "dL_dH", "=", "dL_dW1"),
            chain=("residual", "weight", "slope", "input"),
            lines=gradient_lines("W1"),
        ),
    ],
)
