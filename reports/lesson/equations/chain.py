"""E6 to E9: the chain rule, on one number of the network."""

from fourfold.reports.lesson.equation import Equation, Part, gradient_lines

CHAIN = Part(
    "The chain rule",
    "Everything that follows is this one rule. Here it is on one number of the network: the sample (0, 1), row 2, in "
    "the first hidden unit, column 1.",
    [
        Equation(
            6,
            "A function of a function",
            r"z = f(g(x)), \quad "
            r"\frac{\partial z}{\partial x} = \frac{\partial z}{\partial y} \cdot \frac{\partial y}{\partial x}"
            r"\qquad \frac{\partial L}{\partial h_{kj}} = \frac{\partial L}{\partial a_{kj}} \cdot \sigma'(h_{kj})",
            "Say $h_{21}$ grows a little. By how much does the loss grow? Work it out from the first two matrices, "
            "then point at the result: row 2, column 1.",
            r"Rates of change multiply. A little more $h$ becomes $\sigma'(h)$ times as much $a$, and that becomes "
            r"$\partial L/\partial a$ times as much loss: $\partial L/\partial h_{21}$ = {dL_dA 1 0} · "
            "{sigma_prime 1 0} = {dL_dH 1 0}. Here *z* is the loss, *y* the activation and *x* what the unit "
            "receives.",
            symbols=("dL_dH", "dL_dA", "sigma_prime"),
            worked=("dL_dA", "∘", "sigma_prime", "=", "dL_dH"),
            lines=gradient_lines("H"),
            notes="Gears help: one turns three times as fast, the next half as fast. Ask for both together, and why "
            "nobody adds.",
        ),
        Equation(
            7,
            "Several ways from x to z",
            r"\frac{\partial z}{\partial x_i} = "
            r"\sum_j \frac{\partial z}{\partial y_j} \cdot \frac{\partial y_j}{\partial x_i}"
            r"\qquad \frac{\partial L}{\partial w_{2,j}} = \sum_k \frac{\partial L}{\partial \hat y_k} \cdot a_{kj}",
            "The sample (0, 1) is one of four. How many ways lead from one weight of $W_2$ to the loss? Point at the "
            "first number of its gradient and count the pairs that light up.",
            "Four ways, one through the prediction of every sample, and the products of all ways are added: "
            r"$\partial L/\partial w_{2,1}$ = {A 0 0} · {dL_dY_hat 0 0} + {A 1 0} · {dL_dY_hat 1 0} + {A 2 0} · "
            "{dL_dY_hat 2 0} + {A 3 0} · {dL_dY_hat 3 0} = {dL_dW2 0 0}. The matrix product is that sum, for all "
            "weights.",
            symbols=("dL_dW2", "dL_dY_hat", "A"),
            worked=("A.T", "dL_dY_hat", "=", "dL_dW2"),
            lines=gradient_lines("W2"),
            notes="Ask which ways there are from one weight of $W_1$ to the loss: through one unit, but through four "
            "samples. Where in the code is that sum?",
        ),
        Equation(
            8,
            "The Jacobian",
            r"J_{ij} = \frac{\partial h_i}{\partial x_j}, \quad J \text{ is } m \times n"
            r"\qquad J_{W_2}(\hat Y) = A, \quad "
            r"J_{\hat Y}(L) = \left(\frac{\partial L}{\partial \hat Y}\right)^\top",
            "Four predictions, three weights: which twelve numbers say how each prediction changes with each "
            "weight? Point at the predictions one by one.",
            "It has all derivatives of *m* outputs with respect to *n* inputs: a row for every output, a column for "
            "every input. For the predictions with respect to $W_2$ it is $A$, four by three, and the prediction for "
            "the sample (0, 1) changes with the first weight by $a_{21}$ = {A 1 0}. The loss is one output, so its "
            "Jacobian is a single row: the gradient laid on its side.",
            symbols=("W2", "Y_hat", "A", "dL_dY_hat"),
            worked=("A", "W2", "=", "Y_hat"),
            lines={"*": ["forward Y_hat"]},
            notes="Ask for the shape first: for a function with 5 outputs and 2 inputs, and for the loss. [E13](#E13) "
            "goes wrong because the gradient is a column and the Jacobian a row.",
        ),
        Equation(
            9,
            "The chain rule as a product of matrices",
            r"\frac{\partial z}{\partial x} = J_y(z) \cdot J_x(y) = (\nabla_y z)^\top J_x(y)"
            r"\qquad \left(\frac{\partial L}{\partial W_2}\right)^\top = "
            r"\left(\frac{\partial L}{\partial \hat Y}\right)^\top \, A",
            "Point at the first number here, then at the first number of the gradient in [E7](#E7). What is the same, "
            "and what is not?",
            r"The sum is the same, and so is the number: $\partial L/\partial w_{2,1}$ = {dL_dW2 0 0}. The sum of "
            "E7 is a row times a column, so Jacobians multiply. Only the shape differs: a row times a matrix is a "
            "row, and E7 gives a column.",
            symbols=("dL_dW2", "dL_dY_hat", "A"),
            worked=("dL_dY_hat.T", "A", "=", "dL_dW2.T"),
            lines=gradient_lines("W2"),
            notes="Ask which of the two a computer does. Both: exercise 7 checks it with the Jacobians of every "
            "column.",
        ),
    ],
)
