"""What the lesson says: E1 to E26 in five parts, and the words for their symbols."""

from fourfold.reports.lesson.equations.chain import CHAIN
from fourfold.reports.lesson.equations.code import CODE
from fourfold.reports.lesson.equations.forward import NETWORK
from fourfold.reports.lesson.equations.hidden import HIDDEN
from fourfold.reports.lesson.equations.output import OUTPUT

MEANINGS = {
    "X": "inputs, one sample per row",
    "Y": "targets",
    "W1": "weights of the hidden layer",
    "W2": "weights of the output layer",
    "H": "hidden layer before its activation",
    "A": "hidden layer after its activation",
    "Y_hat": "predictions",
    "R": "residuals, predictions minus targets",
    "L": "loss",
    "N": "number of samples",
    "lr": "learning rate",
    "sigma": "activation",
    "sigma_prime": "slope of the activation",
    "dL_dY_hat": "gradient of the loss with respect to the predictions",
    "dL_dW2": "gradient of the loss with respect to W2",
    "dL_dA": "gradient of the loss with respect to the activations",
    "dL_dH": "gradient of the loss with respect to the hidden layer before activation",
    "dL_dW1": "gradient of the loss with respect to W1",
}

PARTS = [NETWORK, CHAIN, OUTPUT, HIDDEN, CODE]
EQUATIONS = [equation for part in PARTS for equation in part.equations]

# The page's doors: (question, short answer, where it is seen)
FIVE = [
    (
        "Why is there a slope?",
        r"A change of $h$ reaches the loss only as far as $\sigma$ lets it through, and that is $\sigma'(h)$. Leave it "
        "out, and flat units are moved like steep ones: the loss falls at first, then stops falling.",
        "#E16&mistake=slope-missing",
    ),
    (
        "Why the transpose?",
        "A gradient has the shape of its weights, and is a sum over the samples. The samples are rows, so a *column* "
        r"of $A$ or $X$ has to meet the gradient: $A^\top$, $X^\top$. On the way back $W_2^\top$ distributes a "
        "prediction's gradient to the units.",
        "#E13",
    ),
    (
        "Why 1/N?",
        "The loss is a mean, so each sample counts one *N*th. Without 1/N every gradient is *N* times as large, as if "
        "the learning rate grew with the data.",
        "#E10&mistake=1-n-missing",
    ),
    (
        "What if W2 is updated first?",
        "Then $W_1$ is moved by the gradient of another network: old $W_1$, new $W_2$. It still learns, so no plot "
        "shows it.",
        "#E23&step=1&mistake=w2-updated-before-w1-s-gradient",
    ),
    (
        "Why does ReLU die here?",
        r"With seed 8 every $h$ is 0 or below, so every slope is 0. No gradient comes back, so the weights never move.",
        "#E16&activation=relu&seed=8",
    ),
]
