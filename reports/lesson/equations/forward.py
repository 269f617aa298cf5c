"""E1 to E5: from the inputs to the loss."""

from fourfold.compare.lesson.exercises.questions import live
from fourfold.reports.lesson.equation import Equation, Part

ACTIVATION = {
    "sigmoid": r"\sigma(h) = \frac{1}{1 + e^{-h}}",
    "tanh": r"\sigma(h) = \tanh(h)",
    "relu": r"\sigma(h) = \max(0, h)",
    "identity": r"\sigma(h) = h",
}

NETWORK = Part(
    "The network",
    "Two matrices of weights and one bend between them. Four samples go through at once, one per row.",
    [
        Equation(
            1,
            "A weighted sum for every hidden unit",
            "H = X W_1",
            "Point at a number of $H$. Which row and which column is it made of?",
            "Row $k$ of $X$ is one sample, column $j$ of $W_1$ holds the weights into one hidden unit. Their products, "
            "added up, are what the unit receives: $h_{21}$ = {X 1 0} · {W1 0 0} + {X 1 1} · {W1 1 0} = {H 1 0}. One "
            "matrix product does this for all samples and all units.",
            symbols=("H", "X", "W1"),
            worked=("X", "W1", "=", "H"),
            lines={"*": ["forward H"]},
            notes="Ask for the shape of $H$ before it is shown. Then: which row of $H$ is 0 whatever the weights are?",
        ),
        Equation(
            2,
            "The bend",
            r"A = \sigma(H)",
            "Train the network without its bend. Which of the four inputs stay wrong, and where does the loss stop?",
            r"The activation bends every number of $H$ by itself: $a_{21}$ = {A 1 0}. Without it two layers are one "
            "matrix, $X W_1 W_2$, and no matrix computes XOR: such a network ends at the predictions 0, ⅓, ⅓, ⅔ and a "
            "loss of ⅙, wherever it begins.",
            symbols=("A", "sigma", "H"),
            worked=("σ(", "H", ")", "=", "A"),
            lines={
                "numpy": ["sigmoid", "ACTIVATIONS *", "forward sigma", "forward A"],
                "*": ["ACTIVATIONS *", "forward sigma", "forward A"],
            },
            by_activation=ACTIVATION,
            picture="hidden",
            tries=(("Train without the bend", live(activation="identity")), ("Train with it", live())),
            notes="Ask what two matrix products in a row can do that one cannot. Most say: more. Then let it train.",
        ),
        Equation(
            3,
            "The prediction",
            r"\hat Y = A W_2",
            "Point at a prediction. Could it be below 0, or above 1?",
            "It could: the output is a weighted sum of the hidden units and nothing more, with no bend after it. "
            r"Here $\hat y_2$ = {Y_hat 1 0}, and its target is 1.",
            symbols=("Y_hat", "A", "W2"),
            worked=("A", "W2", "=", "Y_hat"),
            lines={"*": ["forward Y_hat"]},
            notes="Students expect a sigmoid at the output. Ask which later equation it would change, and come back "
            "to it at [E10](#E10).",
        ),
        Equation(
            4,
            "How far off",
            r"R = \hat Y - Y",
            "Move the slider from the first step to the last. What do the signs of $R$ say? Then [reverse "
            "them](#E4&mistake=sign-of-the-residual) and watch the loss.",
            "Prediction minus target, in this order: a positive residual says that the prediction is too large. Now "
            "$r_2$ = {Y_hat 1 0} − {Y 1 0} = {R 1 0}. With the order reversed the loss is the same, since it squares, "
            "but every gradient points uphill.",
            symbols=("R", "Y_hat", "Y"),
            worked=("Y_hat", "−", "Y", "=", "R"),
            lines={"*": ["loss R"]},
            notes="Ask why the loss does not notice the wrong order, and what will.",
        ),
        Equation(
            5,
            "One number to make small",
            r"L = \frac{1}{2N} \, \sum_k \lVert \hat y_k - y_k \rVert^2",
            "Which of the four samples costs most at this step? Point at the loss.",
            "The residuals are squared, added up and divided by $2N$: $L$ = {L 0 0}. The loss is a mean, so it does "
            "not grow with the number of samples $N$. The ½ is there for [E10](#E10), where it cancels the 2 from the "
            "derivative of the square.",
            symbols=("L", "N", "Y_hat", "Y", "R"),
            worked=("1/2N · Σ", "R", "²", "=", "L"),
            lines={"*": ["loss N", "loss L"]},
            notes="Ask what happens to the loss if every sample is in the data twice. Then ask what $N$ is when a "
            "network has ten outputs.",
        ),
    ],
)
