"""E20 to E26: the gradients as code, and what they are for."""

from fourfold.reports.lesson.equation import Equation, Part, gradient_lines

CODE = Part(
    "The code",
    "The same gradient three times by hand, then what it is for.",
    [
        Equation(
            20,
            "The backward pass in loops",
            r"\frac{\partial L}{\partial w_{1 ij}} \quad \text{for every } i \text{ and every } j",
            "",
            "E19 as it stands: a loop over the hidden units and one over the inputs. Slow, and easy to compare with "
            "the equation.",
            symbols=("dL_dW1", "dL_dW2", "dL_dA", "dL_dH", "dL_dY_hat", "W2", "X", "A"),
            worked=("X.T", "dL_dH", "=", "dL_dW1"),
            lines={"numpy-loop": ["trace dL_dY_hat", "trace dL_dW2", "trace dL_dA", "trace for"]},
            columns=("numpy-loop",),
        ),
        Equation(
            21,
            "The backward pass, tiled",
            r"\frac{\partial L}{\partial A} = \begin{bmatrix} W_2^\top \\ W_2^\top \\ \vdots \\ W_2^\top \end{bmatrix} "
            r"\circ \frac{\partial L}{\partial \hat Y}",
            "",
            "W2 is stacked, once for every sample, so that it lies entry on entry with the activations; broadcasting "
            "multiplies the residuals in. One matrix product with X is left.",
            symbols=("dL_dA", "dL_dY_hat", "W2", "dL_dH", "dL_dW1", "dL_dW2", "X"),
            worked=("W2.T", "stacked ∘", "dL_dY_hat", "=", "dL_dA"),
            lines={
                "numpy-tiled": [
                    "trace dL_dY_hat",
                    "trace dL_dW2",
                    "trace W2_tiled",
                    "trace dL_dA",
                    "trace dL_dH",
                    "trace dL_dW1",
                ],
            },
            columns=("numpy-tiled",),
        ),
        Equation(
            22,
            "The backward pass in one line",
            r"\frac{\partial L}{\partial W_1} = X^\top \left(\left(\frac{R}{N} W_2^\top\right) \circ \sigma'(H)\right)",
            "",
            "Stacking and multiplying is what a matrix product does: R/N times W2ᵀ. NumPy trains with this, a line "
            "for every gradient on the way; the others ask for the same five.",
            symbols=("dL_dW1", "X", "R", "N", "W2", "sigma_prime", "dL_dY_hat", "dL_dA", "dL_dH"),
            worked=("X.T", "(", "R", "/ N", "W2.T", "∘", "sigma_prime", ")", "=", "dL_dW1"),
            lines=gradient_lines("Y_hat", "W2", "A", "H", "W1"),
        ),
        Equation(
            23,
            "A step downhill",
            r"W_1 \leftarrow W_1 - \lambda \frac{\partial L}{\partial W_1} \quad "
            r"W_2 \leftarrow W_2 - \lambda \frac{\partial L}{\partial W_2}",
            "",
            "Against the gradient, a small step. Both gradients belong to the old weights: neither is computed anew "
            "after the other's update.",
            symbols=("W1", "W2", "lr", "dL_dW1", "dL_dW2"),
            worked=("W1", "−", "λ", "dL_dW1", ",", "W2", "−", "λ", "dL_dW2"),
            lines={"*": ["step"]},
        ),
        Equation(
            24,
            "Training",
            r"W_{t+1} = W_t - \lambda \frac{\partial L}{\partial W_t}, \quad t = 0, 1, 2, \ldots",
            "",
            "The same step, again and again, on all samples at once, from freshly drawn weights. Every column starts "
            "at the same ones. The loss is kept every 200 epochs.",
            symbols=("W1", "W2", "L", "lr"),
            worked=("W1", "W2", "L"),
            lines={"*": ["train"]},
            picture="loss",
        ),
        Equation(
            25,
            "Predictions",
            r"\text{class} = \lfloor \hat Y \rceil",
            "",
            "The four inputs go through the trained network, and what comes out is rounded to the nearer class.",
            symbols=("Y_hat", "A", "W2", "H", "X", "W1"),
            worked=("X", "→", "H", "→", "A", "→", "Y_hat"),
            lines={"*": ["forward H", "forward A", "forward Y_hat"]},
            picture="predictions",
        ),
        Equation(
            26,
            "The decision boundary",
            r"\hat Y(X) = \frac{1}{2}",
            "",
            "A grid of inputs, most of them never trained on, each classified. The line between the colours is what "
            "the network has decided; XOR needs two of them, or a bent one.",
            symbols=("Y_hat", "X"),
            worked=(),
            lines={"*": ["forward"]},
            picture="boundary",
        ),
    ],
)
