"""How a network's own derivatives are written: what stands in the right lines."""

from fourfold.compare.mistakes.anywhere.losses import ABSOLUTE, BINARY, CATEGORICAL, LOSSES, SQUARED

# Slopes as they are written with a.
WRITTEN = {
    "sigmoid": "{} * (1 - {})",
    "tanh": "(1 - {}**2)",
    "ReLU": "({} > 0)",
    "ELU": "np.where({} > 0, 1, {} + 1)",
    "softplus": "(1 - np.exp(-{}))",
    "identity": "1",
}
ERRORS = {
    SQUARED: "(Y_hat - Y)",
    BINARY: "(Y_hat - Y) / (Y_hat * (1 - Y_hat))",
    CATEGORICAL: "-Y / Y_hat",
    ABSOLUTE: "np.sign(Y_hat - Y)",
    "hinge loss": "-Y * (Y * Y_hat < 1)",
    "Huber": "np.clip(Y_hat - Y, -1, 1)",
}


def slope_of(activation, array):
    """An activation's slope with this array for a; None where it is not written so."""
    if activation.startswith("leaky ReLU"):
        return f"np.where({array} > 0, 1, {activation.split('(')[1][:-1]})"
    text = WRITTEN.get(activation)
    return text and text.replace("{}", array)


def fields_of(network):
    """What error lines are filled in with: {E} the right one, {S} not averaged, {D} the average, {F} the loss."""
    halved, error = "half" in network.reduction, ERRORS.get(network.loss, "loss_slope(Y_hat, Y)")
    if network.loss == SQUARED and not halved:
        error = f"2 * {error}"
    elif network.loss != SQUARED and halved:
        error = f"{error} / 2"
    over = ""
    if "over samples" in network.reduction:
        over = " / N"
    elif "over entries" in network.reduction:
        over = " / Y.size"
    formula = f"{LOSSES[network.loss].formula}, {network.reduction}"
    return {"E": error + over, "S": error, "D": over, "F": formula}
