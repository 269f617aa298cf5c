"""E6 to E9: the chain rule, on one number of the network."""

from fourfold.reports.lesson.equation import Equation, Part, gradient_lines

CHAIN = Part(
    "The chain rule",
    "Everything that follows is this one rule, used five times. x, y and z stand for any quantities of the network.",
    [
        Equation(
            6,
            "A function of a function",
            r"z = f(g(x)), \quad "
            r"\frac{\partial z}{\partial x} = \frac{\partial z}{\partial y} \cdot \frac{\partial y}{\partial x}",
            "",
            "Rates of change multiply. Here z is the loss, y an activation a and x its h: what a does to L, times "
            "what h does to a.",
            symbols=("dL_dH", "dL_dA", "sigma_prime"),
            worked=("dL_dA", "∘", "sigma_prime", "=", "dL_dH"),
            lines=gradient_lines("H"),
        ),
        Equation(
            7,
            "Several ways from x to z",
            r"\frac{\partial z}{\partial x_i} = "
            r"\sum_j \frac{\partial z}{\partial y_j} \cdot \frac{\partial y_j}{\partial x_i}",
            "",
            "Where x reaches z by several ways, the products of all ways are added. One weight of W2 reaches the loss "
            "through the predictions of all samples: the matrix product below is that sum.",
            symbols=("dL_dW2", "dL_dY_hat", "A"),
            worked=("A.T", "dL_dY_hat", "=", "dL_dW2"),
            lines=gradient_lines("W2"),
        ),
        Equation(
            8,
            "The Jacobian",
            r"J_{ij} = \frac{\partial h_i}{\partial x_j}, \quad J \text{ is } m \times n",
            "",
            "All partial derivatives of m outputs by n inputs, in a table. For one output it is a single row, the "
            "gradient laid on its side: the Jacobian of one prediction by its three activations is W2, transposed.",
            symbols=("W2", "Y_hat", "A"),
            worked=("A", "W2", "=", "Y_hat"),
            lines={"*": ["forward Y_hat"]},
        ),
        Equation(
            9,
            "The chain rule as a product of matrices",
            r"\frac{\partial z}{\partial x} = J_y(z) \cdot J_x(y) = (\nabla_y z)^\top J_x(y)",
            "",
            "The sum of E7 is a row times a column, so Jacobians multiply. The numbers are those of E7, and exercise "
            "7 checks it.",
            symbols=("dL_dW2", "dL_dY_hat", "A"),
            worked=("dL_dY_hat.T", "A", "=", "dL_dW2.T"),
            lines=gradient_lines("W2"),
        ),
    ],
)
