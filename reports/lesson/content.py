"""What the lesson says: E1 to E26 in five parts, and the words for their symbols."""

from fourfold.reports.lesson.equations.chain import CHAIN
from fourfold.reports.lesson.equations.code import CODE
from fourfold.reports.lesson.equations.forward import NETWORK
from fourfold.reports.lesson.equations.hidden import HIDDEN
from fourfold.reports.lesson.equations.output import OUTPUT

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

PARTS = [NETWORK, CHAIN, OUTPUT, HIDDEN, CODE]
EQUATIONS = [equation for part in PARTS for equation in part.equations]

# The page's doors: (question, short answer, where it is seen)
FIVE: list[tuple[str, str, str]] = []
