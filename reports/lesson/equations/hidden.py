"""E14 to E19: from the predictions back to the first weights."""

from fourfold.compare.lesson.exercises.questions import live
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
            "How many stations lie between $W_1$ and the loss? Count the matrices, then point at one number of each: "
            "what is it made of?",
            "Predictions, activations and weighted sums lie between, so there are four factors. The first is known "
            "from [E10](#E10); the next three equations bring one each. Read them for one weight and one sample $k$ "
            "at a time; at the end the samples are added.",
            symbols=("dL_dW1", "dL_dH", "dL_dA", "dL_dY_hat"),
            worked=("dL_dY_hat", "→", "dL_dA", "→", "dL_dH", "→", "dL_dW1"),
            chain=("residual",),
            lines={
                "numpy": ["trace dL_dY_hat", "trace dL_dA", "trace dL_dH", "trace dL_dW1"],
                "jax": ["trace L_of_Y_hat", "trace L_of_A", "trace L_of_H", "trace L_of_W1", "trace dL_dW1"],
                "tf": ["trace with", "trace gradients"],
                "*": ["trace H", "trace R", "trace gradients"],
            },
            notes="Let the class name the stations backwards, with the shape of each: 4 × 1, 4 × 3, 4 × 3, 2 × 3.",
        ),
        Equation(
            15,
            "The derivative of a prediction with respect to its activations",
            r"\frac{\partial \hat y_k}{\partial a} = W_2^\top \quad \text{so} \quad "
            r"\frac{\partial L}{\partial A} = \frac{\partial L}{\partial \hat Y} \, W_2^\top",
            "Unit 1 becomes a little more active for the sample (0, 1). Which weight says what the prediction does? "
            "Point at row 2, column 1 of the result.",
            "An activation changes the prediction by its weight, $w_{2,1}$ = {W2 0 0}. So the gradient of the "
            r"prediction goes back through the weights that the activations came through: $\partial L/\partial a_{21}$ "
            r"= {dL_dY_hat 1 0} · {W2 0 0} = {dL_dA 1 0}. $W_2$ has a row for every unit and $\partial L/\partial A$ a "
            "column for every unit: that is why it is transposed.",
            symbols=("dL_dA", "dL_dY_hat", "W2", "Y_hat", "A"),
            worked=("dL_dY_hat", "W2.T", "=", "dL_dA"),
            chain=("residual", "weight"),
            lines=gradient_lines("A"),
            notes="Ask what a unit with weight 0 hears: nothing, as it does not matter to any prediction. Then "
            "[forget W2](#E15&mistake=w2-forgotten-on-the-way-back): every unit hears the same.",
        ),
        Equation(
            16,
            "The derivative of the activations with respect to their inputs",
            r"\frac{\partial a}{\partial h} = \operatorname{diag} [\sigma'(h_1) \; \ldots \; \sigma'(h_d)]",
            "What if the slope were left out? [Leave it out](#E16&mistake=slope-missing) and move the slider to the "
            "end. Then see what a slope of 0 does: train with ReLU.",
            "A unit's activation depends on its own input alone, so the Jacobian is diagonal, and multiplying by it "
            r"is multiplying entry by entry: $\partial L/\partial h_{21}$ = {dL_dA 1 0} · {sigma_prime 1 0} = {dL_dH 1 "
            r"0}. The slope says how much of a change of $h$ arrives at $a$. Where $\sigma$ is flat nothing arrives, "
            "so nothing comes back; without the slope, flat units are moved like steep ones, and training gets stuck. "
            r"ReLU's slope is 0 where $h \le 0$. With seed 8 that is so in every unit for every input. There is no "
            "gradient, so the weights never move: such a network is dead.",
            symbols=("dL_dH", "dL_dA", "sigma_prime", "H", "A"),
            worked=("dL_dA", "∘", "sigma_prime", "=", "dL_dH"),
            chain=("residual", "weight", "slope"),
            lines={
                "numpy": ["ACTIVATIONS *", "trace dL_dH"],
                "jax": ["ACTIVATIONS *", "trace L_of_H", "trace dL_dH"],
                "*": ["ACTIVATIONS *", "trace gradients"],
            },
            by_activation=SLOPE,
            tries=(
                ("ReLU, seed 8: dead", live(activation="relu", seed=8)),
                ("Seed 7: stuck", live(activation="relu", seed=7)),
                ("Seed 6: learns", live(activation="relu", seed=6)),
            ),
            notes="Ask for the largest slope the sigmoid can have (¼, at h = 0), and what is left of a gradient after "
            "ten such layers. Then why the slope can be computed from $A$ alone.",
        ),
        Equation(
            17,
            "The derivative of a weighted sum with respect to one weight",
            r"h_{kl} = \sum_q x_{kq} \; w_{1,ql} \quad \text{so} \quad "
            r"\frac{\partial h_{kj}}{\partial w_{1,ij}} = x_{ki}",
            "Which weights learn nothing from the sample (0, 0)? Point at its numbers in $H$, the first row.",
            "None learns anything, since both inputs are 0. The weight $w_{1,ij}$ goes from input $i$ to unit $j$ "
            "and to no other, so it moves $h_j$ alone, and the derivative of every other unit is 0. What is left "
            "is the input: from input 2 to unit 1, for the sample (0, 1), $x_{22}$ = {X 1 1}. This is the last "
            "factor.",
            symbols=("H", "X", "W1"),
            worked=("X", "W1", "=", "H"),
            chain=("residual", "weight", "slope", "input"),
            lines={"*": ["forward H"]},
            notes="Ask how many of the 2 × 3 weights change one given number of $H$. Only a column: two.",
        ),
        Equation(
            18,
            "The derivative of a prediction with respect to one hidden weight",
            r"\frac{\partial \hat y_k}{\partial w_{1,ij}} = w_{2,j} \; \sigma'(h_{kj}) \; x_{ki}",
            "Take the weight from input 2 to unit 1, and the sample (0, 1). Which three numbers below are multiplied?",
            r"$w_{2,1}$ = {W2 0 0}, $\sigma'(h_{21})$ = {sigma_prime 1 0} and $x_{22}$ = {X 1 1}: how much the "
            "unit counts, how steep it is, how large the input was. They are the factors of [E15](#E15), "
            "[E16](#E16) and [E17](#E17). If one of them is 0, this sample has no say in this weight.",
            symbols=("W2", "sigma_prime", "H", "X", "Y_hat", "W1"),
            worked=("W2.T", ",", "sigma_prime", ",", "X"),
            chain=("residual", "weight", "slope", "input"),
            lines={
                "numpy": ["trace dL_dA", "trace dL_dH", "trace dL_dW1"],
                "jax": ["trace L_of_A", "trace L_of_H", "trace L_of_W1"],
                "*": ["trace gradients"],
            },
            notes="Ask for a reason why this derivative could be 0. There are three, and dead ReLU units are one.",
        ),
        Equation(
            19,
            "The gradient of the loss with respect to W1",
            r"\frac{\partial L}{\partial w_{1,ij}} = "
            r"\frac{1}{N} \, \sum_k (\hat y_k - y_k) \; w_{2,j} \; \sigma'(h_{kj}) \; x_{ki}",
            "Point at a number of the gradient and read the sum. Which samples add nothing to it, and why?",
            r"Those whose input is 0. [E10](#E10) times [E18](#E18), added over the samples: $\partial L/\partial "
            "w_{1,21}$ = {X 0 1} · {dL_dH 0 0} + {X 1 1} · {dL_dH 1 0} + {X 2 1} · {dL_dH 2 0} + {X 3 1} · {dL_dH "
            "3 0} = {dL_dW1 1 0}. Every sample says how its own loss changes with the weight, and the gradient "
            r"is the mean of these: the 1/N is in $\partial L/\partial H$ already. One input is a column of $X$, "
            r"a sample a row, and the sum goes over the samples. That is why the code has $X^\top$.",
            symbols=("dL_dW1", "dL_dH", "Y_hat", "Y", "W2", "sigma_prime", "H", "X", "N"),
            worked=("X.T", "dL_dH", "=", "dL_dW1"),
            chain=("residual", "weight", "slope", "input"),
            lines=gradient_lines("W1"),
            notes="Cover the formula and let the class say it from the four factors. Then ask where the 1/N has gone "
            "in the code, and [divide twice](#E19&mistake=1-n-twice-in-w1-s-gradient).",
        ),
    ],
)
