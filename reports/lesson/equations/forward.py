"""E1 to E5: from the inputs to the loss."""

from fourfold.reports.lesson.equation import Equation, Part

ACTIVATION = {
    "sigmoid": r"\sigma(h) = \frac{1}{1 + e^{-h}}",
    "tanh": r"\sigma(h) = \tanh(h)",
    "relu": r"\sigma(h) = \max(0, h)",
    "identity": r"\sigma(h) = h",
}

NETWORK = Part(
    "The network",
    "Two matrices of weights and one bend between them. Four samples go through at once, a sample a row.",
    [
        Equation(
            1,
            "A weighted sum for every hidden unit",
            "H = X W_1",
            "",
            "Row k of X is one sample, column j of W1 the weights into one hidden unit; their products, added up, "
            "are that unit's input. One matrix product does it for all samples and all units.",
            symbols=("H", "X", "W1"),
            worked=("X", "W1", "=", "H"),
            lines={"*": ["forward H"]},
        ),
        Equation(
            2,
            "The bend",
            r"A = \sigma(H)",
            "",
            "The activation is applied to every entry by itself. Without it two layers would be one matrix, and no "
            "matrix computes XOR.",
            symbols=("A", "sigma", "H"),
            worked=("σ(", "H", ")", "=", "A"),
            lines={
                "numpy": ["sigmoid", "ACTIVATIONS *", "forward sigma", "forward A"],
                "*": ["ACTIVATIONS *", "forward sigma", "forward A"],
            },
            by_activation=ACTIVATION,
            picture="hidden",
        ),
        Equation(
            3,
            "The prediction",
            r"\hat Y = A W_2",
            "",
            "The output is linear: a weighted sum of the hidden units, which may come out below 0 or above 1.",
            symbols=("Y_hat", "A", "W2"),
            worked=("A", "W2", "=", "Y_hat"),
            lines={"*": ["forward Y_hat"]},
        ),
        Equation(
            4,
            "How far off",
            r"R = \hat Y - Y",
            "",
            "Prediction minus target, in this order: a positive residual says that the prediction is too large.",
            symbols=("R", "Y_hat", "Y"),
            worked=("Y_hat", "−", "Y", "=", "R"),
            lines={"*": ["loss R"]},
        ),
        Equation(
            5,
            "One number to make small",
            r"L = \frac{1}{2N} \sum_i \lVert \hat y_i - y_i \rVert^2",
            "",
            "The mean over the samples of the squared residual, halved so that the 2 of its derivative cancels. N is "
            "the number of samples, whatever the number of outputs.",
            symbols=("L", "N", "Y_hat", "Y", "R"),
            worked=("1/2N · Σ", "R", "²", "=", "L"),
            lines={"*": ["loss N", "loss L"]},
        ),
    ],
)
