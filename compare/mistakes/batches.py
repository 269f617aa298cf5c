"""Mistakes that only show in numbers beyond those of a small example: in batches, and beyond what was cut off."""

from typing import Any

from fourfold import impls
from fourfold.compare.mistakes import loops, right
from fourfold.compare.mistakes.mistake import mistake

LARGE, BROAD = "large", "broad"
MEANS = """\
batches = [R[..., k : k + {n}, :] for k in range(0, N, {n})]
    L = sum((r**2).sum(axis=(-2, -1)) / (2 * r.shape[-2]) for r in batches) / len(batches)"""
GRADIENT_OF_MEANS = """\
batches = [R[..., k : k + {n}, :] for k in range(0, N, {n})]
    dL_dY_hat = np.concatenate([r / r.shape[-2] for r in batches], axis=-2) / len(batches)"""
DROPPED = """\
kept = N - N % {n} or N
    L = (R[..., :kept, :] ** 2).sum(axis=(-2, -1)) / (2 * kept)"""
GRADIENT_OF_DROPPED = """\
kept = N - N % {n} or N
    dL_dY_hat = R / kept
    dL_dY_hat[..., kept:, :] = 0"""

ACCUMULATED = """\
    batches = []
    for k in range(0, Y.shape[-2], {n}):
        batches.append(trace(X[..., k : k + {n}, :], Y[..., k : k + {n}, :], W1, W2, activation))
    mean = lambda name: sum(getattr(T, name) for T in batches) / len(batches)
    return W1 - lr * mean("dL_dW1"), W2 - lr * mean("dL_dW2"), mean("L")"""
PASSES = """\
        batches, L = [*zip(X.split({n}, dim=-2), Y.split({n}, dim=-2), strict=True)], 0
        for some_X, some_Y in batches:
            part = loss(forward(some_X, W1, W2, activation)[-1], some_Y)[1] / len(batches)
            part.sum().backward()
            L = L + part.detach()
"""


def batched(loss, gradient, n, columns=("numpy", "torch")):
    """{column: texts}: a loss in batches of n, and its gradient where nothing differentiates it."""
    loss, gradient = loss.format(n=n), gradient.format(n=n)
    in_tf = loss.replace("(R[..., :kept, :] ** 2).sum(", "tf.reduce_sum(tf.square(R[..., :kept, :]), ")
    texts = {
        "numpy": (right.L, loss, right.dL_dY_hat, gradient),
        "torch": (right.torch_L, loss.replace("axis", "dim")),
        "jax": (right.L, loss),
        "tf": (f"L = {right.tf_L}", in_tf),
    }
    return {column: texts[column] for column in columns if column in texts}


def in_blocks(product, names, n):
    """A sum over samples in blocks of n; what is left over is left out."""
    cut = [f"{name}[..., :full, :]" for name in names]
    return f"full = N - N % {n} or N\n    {product.format(*cut)}"


def accumulated(n) -> dict[str, Any]:
    """{column: texts}: a step from the gradients of batches of n, as many as there are."""
    loop = loops.torch_loop("SGD((W1, W2), lr)", passes=PASSES.format(n=n), L="L")
    return {"numpy": (right.update, ACCUMULATED.format(n=n)), "torch": loop}


# fmt: off
# A few lines a mistake: its name and what it breaks first; why people make it; the text, right and wrong, by column.
BATCHES = (
    mistake("inputs beyond 100 left out", "H", case=BROAD,
        why="A table was cut to its first hundred columns.",
        numpy=(right.H, "H = X[..., :100] @ W1[..., :100, :]")),
    mistake("product in blocks of 64", "Y_hat", case=LARGE,
        why="The sum over the hidden units goes block by block, and the last, partial block is left out.",
        numpy=(right.Y_hat, "full = A.shape[-1] - A.shape[-1] % 64 or A.shape[-1]\n"
                            "    Y_hat = A[..., :full] @ W2[..., :full, :]")),
    mistake("hidden units beyond 256 left out", "Y_hat", case=LARGE,
        why="A buffer has room for 256.",
        numpy=(right.Y_hat, "Y_hat = A[..., :256] @ W2[..., :256, :]")),
    mistake("outputs beyond the tenth left out", "R", case=BROAD,
        why="The code was written for ten digits.",
        numpy=(right.R, "R = Y_hat - Y\n    R[..., 10:] = 0")),
    mistake("samples beyond 256 left out of the loss", "L", case=LARGE,
        why="The loss is logged for only as much of the data as fits a plot.",
        numpy=(right.L, "L = (R[..., :256, :] ** 2).sum(axis=(-2, -1)) / (2 * N)")),
    *(mistake(f"mean of batch means, of {n}", "L",
        why="The mean of every batch counts the same, even that of the last, smaller one.",
        **batched(MEANS, GRADIENT_OF_MEANS, n, ("numpy", "torch", "jax"))) for n in (2, 3, 4)),
    mistake("mean of batch means, of 32", "L", case=LARGE,
        why="The mean of every batch counts the same, even that of the last, smaller one.",
        **batched(MEANS, GRADIENT_OF_MEANS, 32)),
    mistake("last partial batch of 4 dropped", "L",
        why="The data loader has drop_last=True.",
        **batched(DROPPED, GRADIENT_OF_DROPPED, 4)),
    mistake("last partial batch of 32 dropped", "L", case=LARGE,
        why="The data loader has drop_last=True.",
        **batched(DROPPED, GRADIENT_OF_DROPPED, 32, impls.FRAMEWORKS)),
    mistake("last partial batch of 128 dropped", "L", case=LARGE,
        why="The data loader has drop_last=True.",
        **batched(DROPPED, GRADIENT_OF_DROPPED, 128)),
    mistake("last partial batch of 10 left out of W2's gradient", "dL_dW2", case=LARGE,
        why="The sum over the samples goes batch by batch, and range stops before the last one.",
        numpy=(right.dL_dW2, in_blocks("dL_dW2 = {}.mT @ {}", ("A", "dL_dY_hat"), 10))),
    mistake("last partial batch of 16 left out of W1's gradient", "dL_dW1", case=LARGE,
        why="The sum over the samples goes batch by batch, and range stops before the last one.",
        numpy=(right.dL_dW1, in_blocks("dL_dW1 = {}.mT @ {}", ("X", "dL_dH"), 16))),
    mistake("only the last batch of 4 counts", "dL_dW2",
        why="= where += was meant, in a loop over the batches.",
        numpy=(right.dL_dW2, "k = (N - 1) // 4 * 4\n    dL_dW2 = A[..., k:, :].mT @ dL_dY_hat[..., k:, :]",
               right.dL_dW1, "dL_dW1 = X[..., k:, :].mT @ dL_dH[..., k:, :]")),
    mistake("only the last batch of 100 counts", "dL_dW2", case=LARGE,
        why="= where += was meant, in a loop over the batches.",
        numpy=(right.dL_dW2, "k = (N - 1) // 100 * 100\n    dL_dW2 = A[..., k:, :].mT @ dL_dY_hat[..., k:, :]",
               right.dL_dW1, "dL_dW1 = X[..., k:, :].mT @ dL_dH[..., k:, :]")),
    mistake("only the first ten seeds trained", "every W1", case="every-shape",
        why="A list of seeds is cut to its first ten.",
        numpy=(right.new_W1, "np.concatenate([W1[:10] - lr * T.dL_dW1[:10], W1[10:]])")),
    mistake("seeds in groups of 100", "every W2", case="every-shape", equation="E24",
        why="Seeds that do not fill a group keep their initial weights.",
        numpy=(right.one_step, right.one_step.replace("W1, W2, L", "W1, new_W2, L")
               + "        full = len(W2) - len(W2) % 100 or len(W2)\n"
                 "        W2 = np.concatenate([new_W2[:full], W2[full:]])\n")),
    *(mistake(f"gradients accumulated as a mean of batch means, of {n}", "every L",
        why="Every batch's mean loss is divided by the number of batches, and the last batch has fewer samples.",
        **accumulated(n)) for n in (2, 3, 4)),
    mistake("batches of 32 in turn", "every L", case=LARGE,
        why="The data loader's batch size is smaller than N.",
        numpy=loops.counted("X, Y,", "*(Z[t % -(-len(Z) // 32) * 32 :][:32] for Z in (X, Y)),")),
)
