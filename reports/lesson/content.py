"""What the lesson says: E1 to E26 in five parts, and the words for their symbols."""

from fourfold.reports.lesson.backward import CHAIN, HIDDEN, OUTPUT
from fourfold.reports.lesson.descent import CODE
from fourfold.reports.lesson.forward import NETWORK

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
