"""Mistakes in what the contract allows beside one batch of seeds and shared data: leading axes, and what is no name."""

from fourfold.compare.mistakes import reasons, right, right_deep
from fourfold.compare.mistakes.deep import deep
from fourfold.compare.mistakes.mistake import edited, mistake

EVERY_SHAPE = "every-shape"
WITHOUT_SEEDS = "W1.ndim == 2"
DEEP_GET = ("ACTIVATIONS[activation]", 'ACTIVATIONS.get(activation, ACTIVATIONS["identity"])')


def where(condition, line, change):
    """The same line, and under a condition with a change at its end."""
    name, _, value = line.partition(" = ")
    return line, f"{name} = {value} {change} if {condition} else {value}"


# fmt: off
# A few lines a mistake: its name and what it breaks first; why people make it; the text, right and wrong, by column.
SHAPES = (
    mistake("unknown activation taken for none", "A", case=EVERY_SHAPE,
        why="dict.get has a default, so a typing error trains a linear network.",
        numpy=("ACTIVATIONS[activation]", 'ACTIVATIONS.get(activation, ACTIVATIONS["identity"])'),
        torch=("ACTIVATIONS[activation]", 'ACTIVATIONS.get(activation, ACTIVATIONS["identity"])')),
    mistake("first network's inputs for all", "H", case=EVERY_SHAPE,
        why="X had no axis of its own for the seeds when this was written.",
        numpy=(right.H, "H = X.reshape(-1, *X.shape[-2:])[0] @ W1")),
    mistake("first network's targets for all", "R", case=EVERY_SHAPE,
        why="Y had no axis of its own for the seeds when this was written.",
        numpy=(right.R, "R = Y_hat - Y.reshape(-1, *Y.shape[-2:])[0]")),
    mistake("len(Y) for N in the loss", "L", case=EVERY_SHAPE,
        why=reasons.LEN,
        **dict.fromkeys(("numpy", "torch"), (right.N_of_loss, "N = len(Y)\n    R"))),
    mistake("loss a mean where there are no seeds", "L", case=EVERY_SHAPE,
        why="Without leading axes another branch is taken, and it has no ½.",
        numpy=where("R.ndim == 2", right.L, "* 2")),
    mistake("loss over literal axes", "L", case=EVERY_SHAPE,
        why="Samples and outputs are axes 1 and 2 only where there is one axis of seeds.",
        numpy=edited(right.L, "(-2, -1)", "(1, 2)"),
        torch=edited(right.torch_L, "(-2, -1)", "(1, 2)")),
    mistake("loss of one network an array", "L", case=EVERY_SHAPE,
        why="atleast_1d makes one network look like several.",
        numpy=(right.L, f"{right.L}\n    L = np.atleast_1d(L)")),
    mistake("len(Y) for N", "dL_dY_hat", case=EVERY_SHAPE,
        why=reasons.LEN,
        numpy=(right.N_of_gradient, "N = len(Y)\n    H,")),
    mistake("X's first axis for N", "dL_dY_hat", case=EVERY_SHAPE,
        why=reasons.LEN,
        numpy=(right.N_of_gradient, "N = X.shape[0]\n    H,")),
    mistake("A transposed by literal axes", "dL_dW2", case=EVERY_SHAPE,
        why="swapaxes(1, 2) is a transpose only where there is one axis of seeds.",
        numpy=(right.dL_dW2, "dL_dW2 = A.swapaxes(1, 2) @ dL_dY_hat")),
    mistake("gradients summed over the second axis of seeds", "dL_dW2", case=EVERY_SHAPE,
        why="All axes but the last two are treated as one batch.",
        numpy=(right.dL_dW2, right.dL_dW2 + "\n    if W2.ndim > 3:\n        dL_dW2 = 0 * dL_dW2 + dL_dW2.sum(axis=1, "
                                            "keepdims=True)")),
    mistake("mean over the leading axes", "dL_dW2", case=EVERY_SHAPE,
        why="Two leading axes look like a batch of batches.",
        numpy=(right.dL_dW2, right.dL_dW2 + "\n    if W2.ndim > 3:\n        dL_dW2 = 0 * dL_dW2 + dL_dW2.mean(axis=(0, "
                                            "1))")),
    mistake("gradient negated without seeds", "dL_dW1", case=EVERY_SHAPE,
        why="A single network takes its own branch, which already contains the update's minus.",
        numpy=where(WITHOUT_SEEDS, right.dL_dW1, "* -1")),
    mistake("gradient summed without seeds", "dL_dW1", case=EVERY_SHAPE,
        why="A single network takes its own branch, which leaves out 1/N.",
        numpy=where(WITHOUT_SEEDS, right.dL_dW1, "* N")),
    mistake("X.T for X.mT", "dL_dW1", case=EVERY_SHAPE,
        why=".T reverses all axes, so it is a transpose only where X has two.",
        numpy=(right.dL_dW1, "dL_dW1 = X.T @ dL_dH")),
    mistake("steps of one network at another rate", "every W2", case=EVERY_SHAPE,
        why="Without leading axes another branch is taken, with the rate of an example.",
        numpy=(right.new_W2, "W2 - (lr if W2.ndim > 2 else 0.01) * T.dL_dW2")),
    mistake("one step and one more", "every L", case=EVERY_SHAPE, equation="E24",
        why="A loop of one step is treated as none.",
        numpy=("range(steps)", "range(max(steps, 2))")),
    mistake("a path of one step without its axis", "every L", case=EVERY_SHAPE, equation="E24",
        why="squeeze() drops every axis of length 1.",
        numpy=("np.stack(Z) for Z in", "np.squeeze(np.stack(Z), 0) if steps == 1 else np.stack(Z) for Z in")),
)

DEEP_SHAPES = (
    deep("unknown activation taken for none in a layer", "A1", case=f"deep-{EVERY_SHAPE}",
        why="dict.get has a default, so a typing error makes a layer linear.",
        numpy=(*DEEP_GET, "ACTIVATIONS[activations[k]]", 'ACTIVATIONS.get(activations[k], ACTIVATIONS["identity"])'),
        torch=DEEP_GET),
    deep("biases of the first network", "H1", case=f"deep-{EVERY_SHAPE}",
        why="A bias with leading axes did not broadcast, and was cut until it did.",
        numpy=edited(right_deep.H, "+ b[k]", "+ (b[k][:1] if b[k].ndim > 3 else b[k])")),
    deep("A.T for A.mT", "dL_dW1", case=f"deep-{EVERY_SHAPE}",
        why=".T reverses all axes, so it is a transpose only where X has two.",
        numpy=(right_deep.dL_dW, "dL_dW_k = (A_in[k].mT if k > 0 else X.T) @ dL_dH_k")),
    deep("bias gradient over a literal axis", "dL_db3", case=f"deep-{EVERY_SHAPE}",
        why="Samples are axis 1 only where there is one axis of seeds.",
        numpy=edited(right_deep.dL_db, "axis=-2", "axis=1")),
    deep("bias gradient averaged without seeds", "dL_db3", case=f"deep-{EVERY_SHAPE}",
        why="A single network takes its own branch.",
        numpy=where("W[k].ndim == 2", right_deep.dL_db, "/ N")),
)
