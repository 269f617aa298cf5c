"""E20 to E26: the gradients as code, and what they are for."""

from fourfold.compare.lesson.exercises.questions import live
from fourfold.reports.lesson.equation import Equation, Part, gradient_lines

CODE = Part(
    "The code",
    "The gradient written by hand in three ways. Then what it is for: training.",
    [
        Equation(
            20,
            "The backward pass in loops",
            r"\frac{\partial L}{\partial w_{1,ij}} = \sum_k x_{ki} \; \frac{\partial L}{\partial h_{kj}} "
            r"\quad \text{for every } i \text{ and every } j",
            "Find the four factors of [E19](#E19) in these lines: press a symbol. Where is the sum over the samples?",
            r"E19 as it stands: a loop over the hidden units $j$ and one over the inputs $i$; *sum* goes over the "
            "samples. Slow, and easy to compare with the equation.",
            symbols=("dL_dW1", "dL_dY_hat", "R", "N", "W2", "sigma_prime", "X", "dL_dA", "dL_dH"),
            worked=("X.T", "dL_dH", "=", "dL_dW1"),
            lines={"numpy-loop": ["trace dL_dY_hat", "trace dL_dW2", "trace dL_dA", "trace for"]},
            columns=("numpy-loop",),
            notes="Let the class write these two loops from E19 alone, before they see them.",
        ),
        Equation(
            21,
            "The backward pass, tiled",
            r"\frac{\partial L}{\partial A} = \begin{bmatrix} W_2^\top \\ W_2^\top \\ \vdots \\ W_2^\top \end{bmatrix} "
            r"\circ \frac{\partial L}{\partial \hat Y}",
            "There are four samples and one $W_2$. How many times must it be stacked to match $A$ entry by entry? "
            "Point at the results: all rows take the same weights.",
            "Once for every sample. Then broadcasting multiplies the gradient of each prediction into its row, "
            r"$\partial L/\partial a_{21}$ = {W2 0 0} · {dL_dY_hat 1 0} = {dL_dA 1 0}, and one matrix product with $X$ "
            "is left.",
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
            notes="Ask what broadcasting does here that stacking does there: a column is repeated along the units, a "
            "row along the samples.",
        ),
        Equation(
            22,
            "The backward pass in one line",
            r"\frac{\partial L}{\partial W_1} = X^\top \, \left(\left(\frac{R}{N} \, W_2^\top\right) \circ "
            r"\sigma'(H)\right)",
            "Three ways to one gradient: in loops, tiled, in one line. Set the digits to *all*: do they agree to the "
            "last digit?",
            r"Stacking and multiplying is what a matrix product does, so $R/N \, W_2^\top$ says the same in fewer "
            "words. The last digits may differ, since sums are rounded in another order; that is allowed, and the "
            "judge knows by how much. The NumPy column trains with this, one line per gradient; the other columns ask "
            "their framework for the same five.",
            symbols=("dL_dW1", "X", "R", "N", "W2", "sigma_prime", "H"),
            worked=("X.T", "(", "R", "· 1/N", "W2.T", "∘", "sigma_prime", ")", "=", "dL_dW1"),
            lines=gradient_lines("Y_hat", "W2", "A", "H", "W1"),
            notes="Let the class check the shapes from the inside out: 4 × 1 times 1 × 3, entry by entry 4 × 3, and "
            "2 × 4 times 4 × 3.",
        ),
        Equation(
            23,
            "A step downhill",
            r"W_1 \leftarrow W_1 - \lambda \, \frac{\partial L}{\partial W_1} \quad "
            r"W_2 \leftarrow W_2 - \lambda \, \frac{\partial L}{\partial W_2}",
            "What if $W_2$ is updated first? [Break it](#E23&step=1&mistake=w2-updated-before-w1-s-gradient), "
            "and move the slider from step to step: which weights turn red, and does it still learn?",
            "The step is small and goes against the gradient, and both gradients belong to the old weights. If $W_2$ "
            "is updated first and the gradient is computed again, $W_1$ is moved by the gradient of another network: "
            "old $W_1$, new $W_2$. It still learns, as the steps are small, so no plot shows it; the numbers do, from "
            "step 1. There are [other steps](#optimizers).",
            symbols=("W1", "W2", "lr", "dL_dW1", "dL_dW2"),
            worked=("W1", "−", "λ", "dL_dW1", ",", "W2", "−", "λ", "dL_dW2"),
            lines={"*": ["step"]},
            tries=(
                ("W2 first", live(mistake="w2-updated-before-w1-s-gradient")),
                ("A + for the −", live(mistake="ascent")),
                ("Both at once, as it should be", live()),
            ),
            notes="Ask what the minus is for before you plant [ascent](#E23&mistake=ascent). Then ask how one "
            "would ever find out that $W_2$ is updated first.",
        ),
        Equation(
            24,
            "Training",
            r"W_{t+1} = W_t - \lambda \, \frac{\partial L}{\partial W_t}, \quad t = 0, 1, 2, \ldots",
            "How large may the learning rate be? First say which of these is quickest, then train with each.",
            "The same step, again and again, on all samples at once, from random weights that are the same in every "
            "column. Ten times the rate is about ten times as fast, until a step jumps over the valley it should go "
            "down into. The loss is kept every 200 epochs.",
            symbols=("W1", "W2", "L", "lr"),
            worked=("W1", ",", "W2", ",", "L"),
            lines={"*": ["train"]},
            picture="loss",
            tries=(
                ("λ = 0.1", live()),
                ("λ = 1", live(lr=1)),
                ("λ = 10", live(lr=10)),
            ),
            notes="Point at the flat part of the curve and ask whether the network has finished. What do its "
            "predictions look like there? JAX and TensorFlow compile this loop: fourfold agree --modes runs it "
            "uncompiled too, and says whether last bits change.",
        ),
        Equation(
            25,
            "Predictions",
            r"\text{class}_k = 1 \text{ where } \hat y_k > \frac{1}{2}, \text{ else } 0",
            "From which step on are all four inputs on the right side of ½? Move the slider until they are.",
            r"The four inputs go through the network of this step, and what comes out is rounded to the nearer class. "
            r"The target of the sample (0, 1) is 1; now it gets $\hat y_2$ = {Y_hat 1 0}. With the sigmoid and seed 6 "
            "all four are right somewhere between steps 1,438 and 2,336, long before the loss is small.",
            symbols=("Y_hat", "X", "H", "A"),
            worked=("X", "→", "H", "→", "A", "→", "Y_hat"),
            lines={"*": ["forward H", "forward A", "forward Y_hat"]},
            picture="predictions",
            notes="Ask for the loss of a network that always answers ½: it is ⅛. Why do so many runs wait there for a "
            "while?",
        ),
        Equation(
            26,
            "The decision boundary",
            r"\hat Y(X) = \frac{1}{2}",
            "Train AND, then XOR. Which of the two has classes that one straight line can separate?",
            "Every input on a grid is classified; most of them were never trained on. The line between the colours is "
            "what the network has decided. AND needs one straight line; XOR needs two, or a bent one, and that is "
            "what the hidden layer is for.",
            symbols=("Y_hat", "X"),
            worked=(),
            lines={"*": ["forward"]},
            picture="boundary",
            tries=(("AND", live(data="and")), ("XOR", live())),
            notes="Let the class draw the boundary they would like best before they see one, then ask what the network "
            "was never told.",
        ),
    ],
)
