"""What people write in place of a step of any backward pass: names, reasons, equations and lines."""

from fourfold.compare.mistakes.anywhere import kinds
from fourfold.compare.mistakes.anywhere.kinds import known, of_back, of_biases, of_error, of_slope, of_weights


def _error(name, wrong, right=kinds.ERROR_LINE):
    return known(name, kinds.ERROR, wrong, right)


def _back(name, wrong, **names):
    return known(name, kinds.BACK, wrong, kinds.BACK_LINE, **names)


def _weights(name, wrong, **names):
    return known(name, kinds.WEIGHTS, wrong, kinds.WEIGHTS_LINE, **names)


def _biases(name, wrong, **names):
    return known(name, kinds.BIASES, wrong, kinds.BIASES_LINE, **names)


def _of_layer(kind):
    """The catalogue's names have W2 and W1; in a network of more layers the number is another one."""
    return kind._replace(name=kind.name.replace("W2", "W{k}").replace("W1", "W{k}"))


OUTPUT_LINE = "dL_dH{k} = (Y_hat - Y){D}"
OUTPUT_FORMULA = "∂L/∂H{k} = ŷ - y, averaged as L is, of the output's activation and cross-entropy together"
PREDICTIONS_ROUNDED = known("predictions rounded", OUTPUT_FORMULA, "dL_dH{k} = (np.round(Y_hat) - Y){D}", OUTPUT_LINE)
TARGETS_MISSING = of_error(
    "targets never subtracted",
    "dL_dH{k} = Y_hat{D}",
    "ŷ - y is 1 less at the true class, and that line is missing.",
    OUTPUT_LINE,
    OUTPUT_FORMULA,
)
TRUE_CLASS = of_error(
    "only the true class counts",
    "dL_dH{k} = Y * (Y_hat - Y){D}",
    "Each softmax output depends on all inputs: the other classes' gradients are ŷ, not 0.",
    OUTPUT_LINE,
    OUTPUT_FORMULA,
)
DIAGONAL = of_slope(
    "softmax's slope taken for p(1 - p)",
    "p(1 - p) is only the diagonal of the Jacobian: every output depends on every input.",
    "dL_dH{k} = dL_dY_hat * Y_hat * (1 - Y_hat)",
    "∂L/∂H{k} = ŷ ∘ (∂L/∂Ŷ - Σ ∂L/∂Ŷ ∘ ŷ)",
    "dL_dH{k} = Y_hat * (dL_dY_hat - (dL_dY_hat * Y_hat).sum(axis=1, keepdims=True))",
)
TOO = known(
    "slope at the output too",
    OUTPUT_FORMULA,
    "dL_dH{k} = (Y_hat - Y){D} * Y_hat * (1 - Y_hat)",
    OUTPUT_LINE,
)._replace(why="ŷ - y already contains the slope of the output's activation.")
OF_HIDDEN = known("output's slope that of the hidden layers", kinds.SLOPE, "dL_dH{k} = dL_d{A} * slope_of_hidden({A})")
LOGITS = of_error(
    "H for Ŷ in the residual",
    "dL_dH{k} = (H{k} - Y){D}",
    "The residual is taken before the output's activation.",
    OUTPUT_LINE,
    "∂L/∂H{k} has ŷ = σ(H{k}) in it",
)
AXIS = of_error(
    "softmax over the wrong axis on the way back",
    "P = np.exp(H{k}) / np.exp(H{k}).sum(axis=0)",
    "The backward pass has a softmax of its own, over the samples.",
    "P = np.exp(H{k}) / np.exp(H{k}).sum(axis=1, keepdims=True)",
    OUTPUT_FORMULA,
)
SECOND_TERM = of_error(
    "second term of the cross-entropy's gradient missing",
    "dL_dY_hat = -Y / Y_hat{D}",
    "(1 - y) log(1 - ŷ) has a derivative too.",
    "dL_dY_hat = (-Y / Y_hat + (1 - Y) / (1 - Y_hat)){D}",
    "∂L/∂ŷ = -y/ŷ + (1 - y)/(1 - ŷ), averaged as L is",
)
SECOND_SIGN = SECOND_TERM._replace(
    name="sign inside the cross-entropy's gradient",
    wrong="dL_dY_hat = (-Y / Y_hat - (1 - Y) / (1 - Y_hat)){D}",
    why="log(1 - ŷ) has the inner derivative -1.",
)
LOG_MISSING = of_error(
    "logarithm not differentiated",
    "dL_dY_hat = -Y{D}",
    "log' is 1/ŷ.",
    "dL_dY_hat = -Y / Y_hat{D}",
    "∂L/∂ŷ = -y/ŷ, averaged as L is",
)
ABSOLUTE_RESIDUAL = of_error(
    "absolute value of the residual", "dL_dY_hat = abs(Y_hat - Y)", "The gradient needs the residual's sign."
)
HINGE_MASK = of_error(
    "hinge's mask missing", "dL_dY_hat = -Y", "Where the margin is kept, the loss and its gradient are 0."
)
FORGOTTEN_RESIDUAL = _back("residual forgotten on the way back", "dL_dA{j} = np.ones_like(Y) / N @ W{k}.T")

FORGOTTEN = _of_layer(_back("W2 forgotten on the way back", "dL_dA{j} = dL_dH{k} @ np.ones_like(W{k}).T"))
PASSED_ON = of_back("gradient passed on as it is", "The layer's weights are skipped.", "dL_dA{j} = dL_dH{k}", odd=True)
NOT_TRANSPOSED = _of_layer(
    _back(
        "W2 not transposed on the way back",
        "dL_dA{j} = dL_dH{k} @ W{k}",
        everywhere="weights not transposed on the way back",
    ),
)
GRADIENT_FOR_W = _of_layer(
    _back(
        "W2's gradient for W2 on the way back",
        "dL_dA{j} = dL_dH{k} @ dL_dW{k}.T",
        everywhere="weights' gradient for the weights on the way back",
    ),
)
OTHER_W = _back("weights of the layer before on the way back", "dL_dA{j} = dL_dH{k} @ W{j}.T")
BEFORE_SLOPE = of_back(
    "slope missing on the way back",
    "Three lines need the slope, and this one lacks it.",
    "dL_dA{j} = dL_d{A} @ W{k}.T",
    output="output's slope missing on the way back",
)
FIRST_OUTPUT = _back("one output's gradient only", "dL_dA{j} = dL_dH{k}[:, :1] @ W{k}[:, :1].T")
LAST_OUTPUT = _back("only the last output counts on the way back", "dL_dA{j} = dL_dH{k}[:, -1:] @ W{k}[:, -1:].T")
ALWAYS_OUTPUT = _back("always the output's gradient", "dL_dA{j} = dL_dY_hat")
ASSIGNED = of_weights(
    "= where += was meant",
    "A value that is used several times gets a gradient from each use, and they add up; here only the last one stays.",
    "grad = local * upstream",
)._replace(right="grad += local * upstream", formula="∂L/∂v = Σ over all uses of v", equation="E7")
UPDATED = known("updated weights on the way back", kinds.BACK, "W{k} -= lr * dL_dW{k}; dL_dA{j} = dL_dH{k} @ W{k}.T")
UPDATED = UPDATED._replace(
    name="W{k} updated before W{j}'s gradient",
    everywhere=UPDATED.name,
    equation="E23",
    right="dL_dA{j} = dL_dH{k} @ W{k}.T; W{k} -= lr * dL_dW{k}",
)

H_FOR_A = _of_layer(
    _weights(
        "H for A in W2's gradient", "dL_dW{k} = H{j}.T @ dL_dH{k}", everywhere="H for A in the weights' gradients"
    ),
)
X_FOR_A = of_weights("X for A in W{k}'s gradient", "Every layer reads the inputs.", "dL_dW{k} = X.T @ dL_dH{k}")
OUT_FOR_IN = _weights("a layer's output for its input", "dL_dW{k} = {A}.T @ dL_dH{k}")
ERROR_FOR_DELTA = of_weights(
    "slope missing from W{k}'s gradient",
    "Three lines need the slope, and this one lacks it.",
    "dL_dW{k} = {B}.T @ dL_d{A}",
    output="output's slope missing from the last weights' gradient",
    everywhere="slopes missing from the weights' gradients",
)
LAST_SAMPLE = _of_layer(_weights("only the last sample counts for W2", "dL_dW{k} = {B}[-1:].T @ dL_dH{k}[-1:]"))
FIRST_SAMPLE = of_weights(
    "only the first sample counts for W{k}",
    "The loop over the samples returns or overwrites where it should add.",
    "dL_dW{k} = {B}[:1].T @ dL_dH{k}[:1]",
)
ONE_SHORT = _of_layer(_weights("last sample left out of W2's gradient", "dL_dW{k} = {B}[:-1].T @ dL_dH{k}[:-1]"))
W_DETACHED = _of_layer(_weights("W2 detached", "dL_dW{k} = np.zeros_like(W{k})"))
W_TRANSPOSED = _weights("weights' gradients transposed", "dL_dW{k} = dL_dH{k}.T @ {B}")
A_NOT_TRANSPOSED = _weights("A not transposed", "dL_dW{k} = {B} @ dL_dH{k}")
UNITS = _weights("units in another order", "dL_dW{k} = {B}.T @ dL_dH{k}[:, ::-1]")
ROW = _weights("last input's row never filled", "dL_dW{k}[-1] = 0")
COLUMN = _weights("last unit's column never filled", "dL_dW{k}[:, -1] = 0")
CLIPPED = _weights("gradient clipped", "dL_dW{k} = np.clip({B}.T @ dL_dH{k}, -1, 1)")

ONE_NUMBER = _biases("one number for every bias of a layer", "dL_db{k} = np.full_like(b{k}, dL_dH{k}.sum())")
ONE_MEAN = _biases("the mean for every bias of a layer", "dL_db{k} = np.full_like(b{k}, dL_dH{k}.mean())")
OVER_UNITS = _biases("bias gradient summed over the wrong axis", "dL_db{k} = dL_dH{k}.sum(axis=1)")
OVER_UNITS_MEAN = OVER_UNITS._replace(
    name="bias gradient averaged over the wrong axis", wrong="dL_db{k} = dL_dH{k}.mean(axis=1)"
)
NOT_SUMMED = _biases("bias gradient not summed", "dL_db{k} = dL_dH{k}")
B_LAST = _biases("bias gradient of the last sample", "dL_db{k} = dL_dH{k}[-1:]")
B_FIRST = _biases("bias gradient of the first sample", "dL_db{k} = dL_dH{k}[:1]")
B_BEFORE_SLOPE = _biases(
    "bias gradient before the slope",
    "dL_db{k} = dL_d{A}.sum(axis=0, keepdims=True)",
    output="output's slope missing from the last bias gradient",
)
B_DETACHED = _biases("biases detached", "dL_db{k} = np.zeros_like(b{k})")
B_OTHER = of_biases(
    "bias gradient of another layer", "The index is off by one layer; with equal widths it fits.", "dL_db{k} = dL_db{j}"
)
B_SHORT = of_biases(
    "last sample left out of the bias gradient", "range(N - 1) stops one short.", "dL_db{k} = dL_dH{k}[:-1].sum(axis=0)"
)
B_OF_INPUT = of_biases(
    "layer's output summed for the bias gradient",
    "The column sums are of the activations, not of their gradients.",
    "dL_db{k} = {A}.sum(axis=0)",
    odd=True,
)


def of_p_minus_y():
    """ŷ - y where the output's activation and the loss do not give it."""
    return of_error(
        "ŷ - y for another activation's gradient",
        OUTPUT_LINE,
        "ŷ - y belongs to σ with binary cross-entropy, and to softmax with categorical cross-entropy.",
        "dL_dH{k} = dL_dY_hat * slope(H{k})",
        "∂L/∂H{k} = ∂L/∂ŷ ∘ σ'(H{k})",
    )


def of_other_loss(other, name):
    """The gradient of another loss."""
    return of_error(
        f"{other}'s gradient for {name}'s",
        f"dL_dY_hat = slope_of_{other.replace(' ', '_').replace('-', '_')}(Y_hat, Y)",
        "The loss was changed, but its derivative was not.",
    )
