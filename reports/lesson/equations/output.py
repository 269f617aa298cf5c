"""E10 to E13: from the loss back to the second weights."""

from fourfold.reports.lesson.equation import Equation, Part, gradient_lines

OUTPUT = Part(
    "The output layer",
    "Now backwards, starting at the loss. From here on one expression grows: every equation adds a factor.",
    [
        Equation(
            10,
            "The gradient of the loss with respect to the predictions",
            r"\frac{\partial L}{\partial \hat y_k} = \frac{\hat y_k - y_k}{N}",
            "Would this gradient grow if there were more samples? [Leave out 1/N](#E10&mistake=1-n-missing) and see "
            "which numbers turn red, and what the loss does.",
            "The 2 of the square cancels the ½ of the loss, which leaves the residual, divided by *N*: with $r_2$ = "
            r"{R 1 0} it is $\partial L/\partial \hat y_2$ = {dL_dY_hat 1 0}. The loss is a mean, so each sample "
            "counts one *N*th. Without 1/N every gradient is *N* times as large, and training behaves as with *N* "
            "times the learning rate. The code divides by $N$ here, once, and never again on the way back.",
            symbols=("dL_dY_hat", "R", "N", "Y_hat", "Y"),
            worked=("R", "· 1/N", "=", "dL_dY_hat"),
            chain=("residual",),
            lines=gradient_lines("Y_hat"),
            notes="Ask where 1/N could stand instead: in the learning rate. Then why it should not, when the data grow "
            "from 4 samples to 4,000.",
        ),
        Equation(
            11,
            "One prediction, written out",
            r"\hat y_k = \sum_j a_{kj} \; w_{2,j}",
            "The weight $w_{2,1}$ alone changes. Which numbers of this row of matrices change with it?",
            r"All four predictions, each by its own activation. This is [E3](#E3) for a single sample: "
            r"$\hat y_2$ = {A 1 0} · {W2 0 0} + {A 1 1} · {W2 1 0} + {A 1 2} · {W2 2 0} = {Y_hat 1 0}. Every weight "
            "stands beside the activation that it multiplies.",
            symbols=("Y_hat", "A", "W2"),
            worked=("A", "W2", "=", "Y_hat"),
            chain=("residual",),
            lines={"*": ["forward Y_hat"]},
            notes="Let the class write out the sum for one sample before anybody takes a derivative.",
        ),
        Equation(
            12,
            "The derivative of the predictions with respect to W2",
            r"\frac{\partial \hat y_k}{\partial w_{2,j}} = a_{kj} \quad \text{so} \quad J_{W_2}(\hat Y) = A",
            r"The weight $w_{2,1}$ grows by 1. By how much does $\hat y_2$ grow? The answer is one of these numbers.",
            "By the activation beside it, $a_{21}$ = {A 1 0}. The derivative of a product with respect to one "
            "factor is the other factor. Together they are a matrix that we already have, $A$. It is the new factor.",
            symbols=("A", "W2", "Y_hat"),
            worked=("A",),
            chain=("residual", "activation"),
            lines=gradient_lines("W2"),
            notes="Ask what the derivative would be if the activation were 0: such a weight learns nothing from this "
            "sample.",
        ),
        Equation(
            13,
            "The gradient of the loss with respect to W2",
            r"\frac{\partial L}{\partial W_2} = \frac{1}{N} \, [\hat y_1 - y_1 \quad \ldots \quad \hat y_N - y_N] \, A",
            "$A$ has a row for every sample, $W_2$ a row for every hidden unit. Point at the first number of the "
            "gradient: which numbers of $A$ does it take?",
            "One from each sample: a column of $A$. The sum goes over the samples, and a sample is a row, so the code "
            r"lays $A$ on its side: $A^\top$. Here that gives $\partial L/\partial w_{2,1}$ = {dL_dW2 0 0}. The "
            "formula gives a row, as Jacobians do, but $W_2$ is a column. Subtract the row from the column anyway, "
            "and NumPy does not complain: it broadcasts both to a square.",
            symbols=("dL_dW2", "dL_dY_hat", "A", "Y_hat", "Y", "N"),
            worked=("A.T", "dL_dY_hat", "=", "dL_dW2"),
            chain=("residual", "activation"),
            lines=gradient_lines("W2"),
            notes="Ask for the shapes: 4 × 3 and 4 × 1 must become 3 × 1. There is only one way to turn them. Warn "
            "that with square matrices shapes do not help.",
        ),
    ],
)
