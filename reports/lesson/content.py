"""What the lesson says: equations E1-E26, as data.

`lines` maps a column to places in its file, as source.lines takes them. "*" is every other column.
"""

from typing import NamedTuple

from fourfold import impls

SIDE_BY_SIDE = tuple(impls.FRAMEWORKS)


class Equation(NamedTuple):
    number: int
    title: str
    latex: str
    says: str
    symbols: tuple  # names that can be lit, as in source.SYMBOLS
    shows: tuple  # quantities whose numbers stand below the lines
    lines: dict  # column -> places
    by_activation: dict | None = None  # activation -> a formula shown while it is chosen
    picture: str = ""  # hidden, loss, predictions or boundary
    columns: tuple = SIDE_BY_SIDE


class Part(NamedTuple):
    title: str
    says: str
    equations: list[Equation]


def gradient(*names):
    """The lines that give L's gradients: by hand, by jax.grad of a named function, or asked of autograd."""
    return {
        "numpy": [f"trace dL_d{name}" for name in names],
        "jax": [f"trace {what}{name}" for name in names for what in ("L_of_", "dL_d")],
        "*": ["trace gradients"],
    }


MEANINGS = {
    "X": "inputs, a sample a row",
    "Y": "targets",
    "W1": "weights of the hidden layer",
    "W2": "weights of the output layer",
    "H": "hidden layer before its activation",
    "A": "hidden layer after its activation",
    "Y_hat": "predictions",
    "R": "residuals",
    "L": "loss",
    "N": "number of samples",
    "lr": "learning rate",
    "sigma": "activation",
    "sigma_prime": "slope of the activation",
    "dL_dY_hat": "gradient of the loss by the predictions",
    "dL_dW2": "gradient by the output weights",
    "dL_dA": "gradient by the activations",
    "dL_dH": "gradient by the hidden layer before activation",
    "dL_dW1": "gradient by the hidden weights",
}

# σ(h), and σ'(h) by a = σ(h)
ACTIVATION = {
    "sigmoid": r"\sigma(h) = \frac{1}{1 + e^{-h}}",
    "tanh": r"\sigma(h) = \tanh(h)",
    "relu": r"\sigma(h) = \max(0, h)",
    "identity": r"\sigma(h) = h",
}
SLOPE = {
    "sigmoid": r"\sigma'(h) = a(1 - a)",
    "tanh": r"\sigma'(h) = 1 - a^2",
    "relu": r"\sigma'(h) = 1 \text{ where } h > 0, \text{ else } 0",
    "identity": r"\sigma'(h) = 1",
}


NETWORK = Part(
    "The network",
    "Two matrices of weights and one bend between them. Four samples go through at once, a sample a row.",
    [
        Equation(
            1,
            "A weighted sum for every hidden unit",
            "H = X W_1",
            "Row k of X is one sample, column j of W1 the weights into one hidden unit; their products, added up, "
            "are that unit's input. One matrix product does it for all samples and all units.",
            ("H", "X", "W1"),
            ("X", "W1", "H"),
            {"*": ["forward H"]},
        ),
        Equation(
            2,
            "The bend",
            r"A = \sigma(H)",
            "The activation is applied to every entry by itself. Without it two layers would be one matrix, and no "
            "matrix computes XOR.",
            ("A", "sigma", "H"),
            ("A",),
            {
                "numpy": ["sigmoid", "ACTIVATIONS *", "forward sigma", "forward A"],
                "*": ["ACTIVATIONS *", "forward sigma", "forward A"],
            },
            ACTIVATION,
            picture="hidden",
        ),
        Equation(
            3,
            "The prediction",
            r"\hat Y = A W_2",
            "The output is linear: a weighted sum of the hidden units, which may come out below 0 or above 1.",
            ("Y_hat", "A", "W2"),
            ("W2", "Y_hat"),
            {"*": ["forward Y_hat"]},
        ),
        Equation(
            4,
            "How far off",
            r"R = \hat Y - Y",
            "Prediction minus target, in this order: a positive residual says that the prediction is too large.",
            ("R", "Y_hat", "Y"),
            ("Y", "R"),
            {"*": ["loss R"]},
        ),
        Equation(
            5,
            "One number to make small",
            r"L = \frac{1}{2N} \sum_i \lVert \hat y_i - y_i \rVert^2",
            "The mean over the samples of the squared residual, halved so that the 2 of its derivative cancels. N is "
            "the number of samples, whatever the number of outputs.",
            ("L", "N", "Y_hat", "Y", "R"),
            ("L",),
            {"*": ["loss N", "loss L"]},
        ),
    ],
)

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
            ("dL_dH", "dL_dA", "sigma_prime"),
            ("dL_dA", "dL_dH"),
            gradient("H"),
        ),
        Equation(
            7,
            "Several ways from x to z",
            r"\frac{\partial z}{\partial x_i} = "
            r"\sum_j \frac{\partial z}{\partial y_j} \cdot \frac{\partial y_j}{\partial x_i}",
            "Where x reaches z by several ways, the products of all ways are added. One weight of W2 reaches the loss "
            "through the predictions of all samples: the matrix product below is that sum.",
            ("dL_dW2", "dL_dY_hat", "A"),
            ("dL_dW2",),
            gradient("W2"),
        ),
        Equation(
            8,
            "The Jacobian",
            r"J_{ij} = \frac{\partial h_i}{\partial x_j}, \quad J \text{ is } m \times n",
            "All partial derivatives of m outputs by n inputs, in a table. For one output it is a single row, the "
            "gradient laid on its side: the Jacobian of one prediction by its three activations is W2, transposed.",
            ("W2", "Y_hat", "A"),
            ("W2",),
            {"*": ["forward Y_hat"]},
        ),
        Equation(
            9,
            "The chain rule as a product of matrices",
            r"\frac{\partial z}{\partial x} = J_y(z) \cdot J_x(y) = (\nabla_y z)^\top J_x(y)",
            "The sum of E7 is a row times a column, so Jacobians multiply. The numbers are those of E7, and exercise "
            "7 checks it.",
            ("dL_dW2", "dL_dY_hat", "A"),
            ("dL_dY_hat", "A", "dL_dW2"),
            gradient("W2"),
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
            ("dL_dY_hat", "R", "N"),
            ("R", "dL_dY_hat"),
            gradient("Y_hat"),
        ),
        Equation(
            11,
            "One prediction, written out",
            r"\hat y_i = \sum_j a_{ij} \; w_{2 j}",
            "E3 for a single sample i. Every weight stands beside the activation it multiplies.",
            ("Y_hat", "A", "W2"),
            ("Y_hat",),
            {"*": ["forward Y_hat"]},
        ),
        Equation(
            12,
            "The predictions by the output weights",
            r"\frac{\partial \hat y_i}{\partial w_{2 j}} = a_{ij} \quad \text{so} \quad J_{W_2}(\hat Y) = A",
            "The derivative of a sum of products by one factor is the other factor. All of them together are a "
            "matrix that is there already: A.",
            ("A", "W2", "Y_hat"),
            ("A",),
            gradient("W2"),
        ),
        Equation(
            13,
            "The loss by the output weights",
            r"\frac{\partial L}{\partial W_2} = \frac{1}{N} [\hat y_1 - y_1 \quad \ldots \quad \hat y_N - y_N] A",
            "A row of N residuals times A is a row, and W2 is a column, so the code turns it: Aᵀ first. Forget that, "
            "and W2 minus the row does not fail. It broadcasts into a square.",
            ("dL_dW2", "dL_dY_hat", "A", "W2"),
            ("dL_dW2",),
            gradient("W2"),
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
            ("dL_dW1", "dL_dH", "dL_dA", "dL_dY_hat"),
            ("dL_dY_hat", "dL_dA", "dL_dH", "dL_dW1"),
            {
                "numpy": [f"trace dL_d{name}" for name in ("Y_hat", "A", "H", "W1")],
                "jax": [f"trace L_of_{name}" for name in ("Y_hat", "A", "H", "W1")] + ["trace dL_dW1"],
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
            ("dL_dA", "dL_dY_hat", "W2"),
            ("W2", "dL_dA"),
            gradient("A"),
        ),
        Equation(
            16,
            "The activations by their inputs",
            r"\frac{\partial a}{\partial h} = \operatorname{diag} [\sigma'(h_1) \; \ldots \; \sigma'(h_H)]",
            "Unit j's activation depends on its own input alone, so the Jacobian is diagonal, and multiplying by it "
            "is multiplying entry by entry. Where σ is flat, nothing comes back.",
            ("dL_dH", "dL_dA", "sigma_prime", "H", "A"),
            ("dL_dH",),
            {
                "numpy": ["ACTIVATIONS *", "trace dL_dH"],
                "jax": ["ACTIVATIONS *", "trace L_of_H", "trace dL_dH"],
                "*": ["ACTIVATIONS *", "trace gradients"],
            },
            SLOPE,
        ),
        Equation(
            17,
            "A weighted sum by one of its weights",
            r"h_l = \sum_q x_{kq} \; w_{1 ql} \quad \text{so} \quad \frac{\partial h_j}{\partial w_{1 ij}} = x_{ki}",
            "Weight w_ij goes from input i to unit j and to no other: every other entry of ∂h/∂w_ij is zero. What is "
            "left is the input itself.",
            ("H", "X", "W1"),
            ("X",),
            {"*": ["forward H"]},
        ),
        Equation(
            18,
            "A prediction by one hidden weight",
            r"\frac{\partial \hat y_k}{\partial w_{1 ij}} = w_{2 j} \; \sigma'(h_{kj}) \; x_{ki}",
            "The three factors of E15, E16 and E17: how much the unit counts, how steep it is, how large the input "
            "was.",
            ("W2", "sigma_prime", "H", "X", "dL_dA", "dL_dH"),
            ("W2", "H", "X"),
            {
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
            ("dL_dW1", "dL_dH", "Y_hat", "Y", "W2", "sigma_prime", "H", "X"),
            ("dL_dW1",),
            gradient("W1"),
        ),
    ],
)

CODE = Part(
    "The code",
    "The same gradient three times by hand, then what it is for.",
    [
        Equation(
            20,
            "The backward pass in loops",
            r"\frac{\partial L}{\partial w_{1 ij}} \quad \text{for every } i \text{ and every } j",
            "E19 as it stands: a loop over the hidden units and one over the inputs. Slow, and easy to compare with "
            "the equation.",
            ("dL_dW1", "dL_dW2", "dL_dA", "dL_dH", "dL_dY_hat", "W2", "X", "A"),
            ("dL_dW2", "dL_dW1"),
            {"numpy-loop": ["trace dL_dY_hat", "trace dL_dW2", "trace dL_dA", "trace for"]},
            columns=("numpy-loop",),
        ),
        Equation(
            21,
            "The backward pass, tiled",
            r"\frac{\partial L}{\partial A} = \begin{bmatrix} W_2^\top \\ W_2^\top \\ \vdots \\ W_2^\top \end{bmatrix} "
            r"\circ \frac{\partial L}{\partial \hat Y}",
            "W2 is stacked, once for every sample, so that it lies entry on entry with the activations; broadcasting "
            "multiplies the residuals in. One matrix product with X is left.",
            ("dL_dA", "dL_dY_hat", "W2", "dL_dH", "dL_dW1", "dL_dW2", "X"),
            ("dL_dW2", "dL_dW1"),
            {
                "numpy-tiled": [
                    f"trace {name}" for name in ("dL_dY_hat", "dL_dW2", "W2_tiled", "dL_dA", "dL_dH", "dL_dW1")
                ]
            },
            columns=("numpy-tiled",),
        ),
        Equation(
            22,
            "The backward pass in one line",
            r"\frac{\partial L}{\partial W_1} = X^\top ((\frac{R}{N} W_2^\top) \circ \sigma'(H))",
            "Stacking and multiplying is what a matrix product does: R/N times W2ᵀ. NumPy trains with this, a line "
            "for every gradient on the way; the others ask for the same five.",
            ("dL_dW1", "X", "R", "N", "W2", "sigma_prime", "dL_dY_hat", "dL_dA", "dL_dH"),
            ("dL_dW2", "dL_dW1"),
            gradient("Y_hat", "W2", "A", "H", "W1"),
        ),
        Equation(
            23,
            "A step downhill",
            r"W_1 \leftarrow W_1 - \lambda \frac{\partial L}{\partial W_1} \quad "
            r"W_2 \leftarrow W_2 - \lambda \frac{\partial L}{\partial W_2}",
            "Against the gradient, a small step. Both gradients belong to the old weights: neither is computed anew "
            "after the other's update.",
            ("W1", "W2", "lr", "dL_dW1", "dL_dW2"),
            ("W1", "W2"),
            {"*": ["step"]},
        ),
        Equation(
            24,
            "Training",
            r"W_{t+1} = W_t - \lambda \frac{\partial L}{\partial W_t}, \quad t = 0, 1, 2, \ldots",
            "The same step, again and again, on all samples at once, from freshly drawn weights. Every column starts "
            "at the same ones. The loss is kept every 200 epochs.",
            ("W1", "W2", "L", "lr"),
            ("L",),
            {"*": ["train"]},
            picture="loss",
        ),
        Equation(
            25,
            "Predictions",
            r"\text{class} = \lfloor \hat Y \rceil",
            "The four inputs go through the trained network, and what comes out is rounded to the nearer class.",
            ("Y_hat", "A", "W2", "H", "X", "W1"),
            ("Y_hat",),
            {"*": ["forward H", "forward A", "forward Y_hat"]},
            picture="predictions",
        ),
        Equation(
            26,
            "The decision boundary",
            r"\hat Y(X) = \frac{1}{2}",
            "A grid of inputs, most of them never trained on, each classified. The line between the colours is what "
            "the network has decided; XOR needs two of them, or a bent one.",
            ("Y_hat", "X"),
            (),
            {"*": ["forward"]},
            picture="boundary",
        ),
    ],
)

PARTS = [NETWORK, CHAIN, OUTPUT, HIDDEN, CODE]
EQUATIONS = [equation for part in PARTS for equation in part.equations]


def places(equation, column):
    """What to look for in a column's file."""
    return equation.lines.get(column) or equation.lines["*"]
