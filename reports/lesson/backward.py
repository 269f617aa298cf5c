"""E6 to E19: the chain rule, and the gradients it gives, from the loss back to the first weights."""

from fourfold.reports.lesson.equation import Equation, Part, gradient_lines

# σ'(h), by a = σ(h)
SLOPE = {
    "sigmoid": r"\sigma'(h) = a(1 - a)",
    "tanh": r"\sigma'(h) = 1 - a^2",
    "relu": r"\sigma'(h) = 1 \text{ where } h > 0, \text{ else } 0",
    "identity": r"\sigma'(h) = 1",
}

CHAIN = Part(
    "The chain rule",
    "Everything that follows is this one rule, used five times. x, y and z stand for any quantities of the network.",
    [
        Equation(
            6,
            "A function of a function",
            r"z = f(g(x)), \quad "
            r"\frac{\partial z}{\partial x} = \frac{\partial z}{\partial y} \cdot \frac{\partial y}{\partial x}",
            "Rates of change multiply. Here z is the loss, y an activation a and x its h: what a does to L, times "
            "what h does to a.",
            symbols=("dL_dH", "dL_dA", "sigma_prime"),
            shows=("dL_dA", "dL_dH"),
            lines=gradient_lines("H"),
        ),
        Equation(
            7,
            "Several ways from x to z",
            r"\frac{\partial z}{\partial x_i} = "
            r"\sum_j \frac{\partial z}{\partial y_j} \cdot \frac{\partial y_j}{\partial x_i}",
            "Where x reaches z by several ways, the products of all ways are added. One weight of W2 reaches the loss "
            "through the predictions of all samples: the matrix product below is that sum.",
            symbols=("dL_dW2", "dL_dY_hat", "A"),
            shows=("dL_dW2",),
            lines=gradient_lines("W2"),
        ),
        Equation(
            8,
            "The Jacobian",
            r"J_{ij} = \frac{\partial h_i}{\partial x_j}, \quad J \text{ is } m \times n",
            "All partial derivatives of m outputs by n inputs, in a table. For one output it is a single row, the "
            "gradient laid on its side: the Jacobian of one prediction by its three activations is W2, transposed.",
            symbols=("W2", "Y_hat", "A"),
            shows=("W2",),
            lines={"*": ["forward Y_hat"]},
        ),
        Equation(
            9,
            "The chain rule as a product of matrices",
            r"\frac{\partial z}{\partial x} = J_y(z) \cdot J_x(y) = (\nabla_y z)^\top J_x(y)",
            "The sum of E7 is a row times a column, so Jacobians multiply. The numbers are those of E7, and exercise "
            "7 checks it.",
            symbols=("dL_dW2", "dL_dY_hat", "A"),
            shows=("dL_dY_hat", "A", "dL_dW2"),
            lines=gradient_lines("W2"),
        ),
    ],
)

OUTPUT = Part(
    "The output layer",
    "Backwards, starting where the loss is. What each prediction does to L comes first.",
    [
        Equation(
            10,
            "The loss by the predictions",
            r"\frac{\partial L}{\partial \hat y_i} = \frac{\hat y_i - y_i}{N}",
            "The square's 2 meets the loss's ½ and only the residual is left, divided by N. N is divided by here, "
            "once, and never again on the way back.",
            symbols=("dL_dY_hat", "R", "N"),
            shows=("R", "dL_dY_hat"),
            lines=gradient_lines("Y_hat"),
        ),
        Equation(
            11,
            "One prediction, written out",
            r"\hat y_i = \sum_j a_{ij} \; w_{2 j}",
            "E3 for a single sample i. Every weight stands beside the activation it multiplies.",
            symbols=("Y_hat", "A", "W2"),
            shows=("Y_hat",),
            lines={"*": ["forward Y_hat"]},
        ),
        Equation(
            12,
            "The predictions by the output weights",
            r"\frac{\partial \hat y_i}{\partial w_{2 j}} = a_{ij} \quad \text{so} \quad J_{W_2}(\hat Y) = A",
            "The derivative of a sum of products by one factor is the other factor. All of them together are a "
            "matrix that is there already: A.",
            symbols=("A", "W2", "Y_hat"),
            shows=("A",),
            lines=gradient_lines("W2"),
        ),
        Equation(
            13,
            "The loss by the output weights",
            r"\frac{\partial L}{\partial W_2} = \frac{1}{N} [\hat y_1 - y_1 \quad \ldots \quad \hat y_N - y_N] A",
            "A row of N residuals times A is a row, and W2 is a column, so the code turns it: Aᵀ first. Forget that, "
            "and W2 minus the row does not fail. It broadcasts into a square.",
            symbols=("dL_dW2", "dL_dY_hat", "A", "W2"),
            shows=("dL_dW2",),
            lines=gradient_lines("W2"),
        ),
    ],
)

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
            "The chain rule through predictions, activations and weighted sums. It is read for one weight at a time "
            "and one sample at a time; the next equations are its factors.",
            symbols=("dL_dW1", "dL_dH", "dL_dA", "dL_dY_hat"),
            shows=("dL_dY_hat", "dL_dA", "dL_dH", "dL_dW1"),
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
            "An activation counts for a prediction as much as its weight. So the residuals go back through the same "
            "weights that the activations came by.",
            symbols=("dL_dA", "dL_dY_hat", "W2"),
            shows=("W2", "dL_dA"),
            lines=gradient_lines("A"),
        ),
        Equation(
            16,
            "The activations by their inputs",
            r"\frac{\partial a}{\partial h} = \operatorname{diag} [\sigma'(h_1) \; \ldots \; \sigma'(h_H)]",
            "Unit j's activation depends on its own input alone, so the Jacobian is diagonal, and multiplying by it "
            "is multiplying entry by entry. Where σ is flat, nothing comes back.",
            symbols=("dL_dH", "dL_dA", "sigma_prime", "H", "A"),
            shows=("dL_dH",),
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
            "Weight w_ij goes from input i to unit j and to no other: every other entry of ∂h/∂w_ij is zero. What is "
            "left is the input itself.",
            symbols=("H", "X", "W1"),
            shows=("X",),
            lines={"*": ["forward H"]},
        ),
        Equation(
            18,
            "A prediction by one hidden weight",
            r"\frac{\partial \hat y_k}{\partial w_{1 ij}} = w_{2 j} \; \sigma'(h_{kj}) \; x_{ki}",
            "The three factors of E15, E16 and E17: how much the unit counts, how steep it is, how large the input "
            "was.",
            symbols=("W2", "sigma_prime", "H", "X", "dL_dA", "dL_dH"),
            shows=("W2", "H", "X"),
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
            "E10 times E18, added over the samples. Every sample says how it would like the weight to be; the "
            "gradient is their mean.",
            symbols=("dL_dW1", "dL_dH", "Y_hat", "Y", "W2", "sigma_prime", "H", "X"),
            shows=("dL_dW1",),
            lines=gradient_lines("W1"),
        ),
    ],
)
