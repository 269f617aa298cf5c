# %% [markdown]
# # Backpropagation in four columns
#
# A network of two layers learns XOR, and you work out why its weights move as they do. Every equation comes with a
# question: answer it, run the cell, then read on.

# %%
import numpy as np

try:
    from fourfold.compare.lesson.classroom import Classroom, judge, judge_count
except ModuleNotFoundError:  # then it is installed from its wheel or folder, beside this notebook or around it
    from pathlib import Path

    folders = [f for f in (Path.cwd(), *Path.cwd().parents, *Path.cwd().iterdir()) if (f / "impls/two_layer").is_dir()]
    places = [*Path.cwd().glob("fourfold-*.whl"), *folders]
    assert places, "Put the folder of fourfold, or a wheel of it, beside this notebook, and run this cell again."
    # %pip install --quiet "{places[0]}"
    from fourfold.compare.lesson.classroom import Classroom, judge, judge_count
from fourfold.reports.lesson import drawings

lesson = Classroom(["numpy"], seed=6, steps=10_000, lr=0.1)

# %% E1
lesson.show("X", "W1", "H")
lesson.point("H", row=2, column=1)

# %% [markdown]
# Below every array are the judge's marks, one for each framework. ✓ 5% means that it is right, and that its largest
# error is 5% of what rounding allows. Where frameworks differ, you see in which digits. The numbers in the sentences
# are NumPy's, of seed 6.

# %% E2
lesson.show("A")
print(lesson.train(activation="identity"))
print(lesson.train())

# %% E3
lesson.show("W2", "Y_hat")
lesson.point("Y_hat", row=2)

# %% E4
lesson.show("Y", "R")
print(lesson.train(mistake="sign of the residual"))

# %% E5
lesson.show("L")
lesson.point("L")

# %% E6
lesson.show("dL_dA", "sigma_prime", "dL_dH")
lesson.point("dL_dH", row=2, column=1)

# %% E7
lesson.show("dL_dW2")
lesson.point("dL_dW2", row=1)

# %% E8
for k in (1, 2, 3, 4):
    lesson.point("Y_hat", row=k)

# %% E9
T = lesson.trace  # NumPy's numbers
print(T.dL_dY_hat.T @ T.A)
lesson.point("dL_dW2", row=1)

# %% E10
lesson.show("dL_dY_hat", mistake="1/N missing")
print(lesson.train(mistake="1/N missing"))
print(lesson.train())

# %% E11
more = lesson.W2 + np.array([[1], [0], [0]])
print(T.A @ more - T.Y_hat)

# %% E12
print(f"ŷ grows by {(T.A @ more - T.Y_hat)[1, 0]:.4f}, and a is {T.A[1, 0]:.4f}")

# %% E13
lesson.point("dL_dW2", row=1)
print("W2 minus a row has shape", (lesson.W2 - lesson.lr * T.dL_dW2.T).shape)
print("W2 minus a column has shape", (lesson.W2 - lesson.lr * T.dL_dW2).shape)

# %% E14
for quantity in ("dL_dY_hat", "dL_dA", "dL_dH", "dL_dW1"):
    lesson.point(quantity, row=2)

# %% E15
lesson.point("dL_dA", row=2, column=1)
lesson.marks("dL_dA", mistake="W2 forgotten on the way back")

# %% E16
lesson.marks("dL_dH", mistake="slope missing")
print(lesson.train(mistake="slope missing"))
print(lesson.train(activation="relu", seed=8))
print(lesson.train(activation="relu", seed=7))
print(lesson.train(activation="relu", seed=6))

# %% E17
lesson.point("H", row=1, column=1)
print(lesson.X @ (lesson.W1 + np.array([[0, 0, 0], [1, 0, 0]])) - T.H)  # the weight from input 2 to unit 1 grows by 1

# %% E18
factors = lesson.W2[0, 0], lesson.slope[1, 0], lesson.X[1, 1]
print("{:.4f} · {:.4f} · {:.0f}".format(*factors), f"= {np.prod(factors):.4f}")

# %% E19
lesson.show("dL_dW1")
lesson.point("dL_dW1", row=2, column=1)

# %% E20
lesson.marks("dL_dW2", "dL_dW1", columns=["numpy-loop"])

# %% E21
lesson.marks("dL_dW2", "dL_dW1", columns=["numpy-tiled"])
lesson.point("dL_dA", row=1)
lesson.point("dL_dA", row=4)

# %% E22
lesson.marks("dL_dW1", columns=["numpy-loop", "numpy-tiled", *lesson.columns])

# %% [markdown]
# ## Your own backward pass
#
# `judge` asks a function for its loss and gradients on many networks and checks every number. If one is wrong, it says
# which comes first, and which known mistake gives the same numbers. Here the slope was forgotten:


# %%
def slope_forgotten(X, Y, W1, W2):
    A = 1 / (1 + np.exp(-X @ W1))
    R = A @ W2 - Y
    dL_dY_hat = R / len(X)
    dL_dA = dL_dY_hat @ W2.T
    return (R**2).sum() / (2 * len(X)), X.T @ dL_dA, A.T @ dL_dY_hat


judge(slope_forgotten)

# %% [markdown]
# Your turn: the loss, and its gradients with respect to `W1` and `W2`, in loops (E20), tiled (E21) or in one line
# (E22).


# %%
def gradients(X, Y, W1, W2):
    """Returns L, dL_dW1, dL_dW2."""
    raise NotImplementedError


# %%
judge(gradients)

# %% E23
lesson.step(mistake="W2 updated before W1's gradient")
print(lesson.train(mistake="W2 updated before W1's gradient"))
print(lesson.train(mistake="ascent"))
print(lesson.train())

# %% [markdown]
# Your turn: several steps of gradient descent. `losses` has the loss before each of them.


# %%
def train(X, Y, W1, W2, lr, steps):
    """Returns W1, W2, losses."""
    raise NotImplementedError


# %%
judge(gradients, train=train)

# %% E24
lesson.train_columns()
runs = lesson.train(lr=0.1), lesson.train(lr=1), lesson.train(lr=10)
print(*runs, sep="\n")
drawings.losses(*runs)

# %% E25
run = lesson.train()
print(run)
drawings.training(run)

# %% E26
drawings.boundaries(lesson.train(data="and"), lesson.train())

# %% Exercise 1


# %% [markdown]
# `.losses()` and `.predictions()` of such a run have an entry for every step; `drawings.losses` and
# `drawings.boundaries` draw it. Yours: the loss and its gradients with tanh.


# %%
def with_tanh(X, Y, W1, W2):
    """Returns L, dL_dW1, dL_dW2."""
    raise NotImplementedError


# %%
judge(with_tanh, activation="tanh")


# %% Exercise 2
def parameters(widths, biases):
    """Number of weights of a network with these widths: parameters((2, 3, 1), False)."""
    raise NotImplementedError


# %%
judge_count(parameters)

# %% Exercise 3
for lr in (0.01, 0.1, 1):  # more rates, other widths, other seeds
    print(lesson.train(lr=lr))


# %% Exercise 4
def with_biases(X, Y, W, b):
    """W has W1 and W2, b has b1 and b2. Returns L, [dL_dW1, dL_dW2], [dL_db1, dL_db2]."""
    raise NotImplementedError


# %%
judge(with_biases, names=["two-layers"])

# %% Exercise 5
drawings.boundaries(lesson.train(), resolution=100, low=-1, high=2)


# %% Exercise 6
def any_depth(X, Y, W):
    """W has W1, W2 ... WK; all layers but the last have a sigmoid. Returns L, [dL_dW1, dL_dW2 ... dL_dWK]."""
    raise NotImplementedError


# %%
judge(any_depth)


# %% Exercise 7
def by_jacobians(X, Y, W1, W2):
    """Returns {"dL_dW2": ..., "dL_dW1": ...}, each a product of Jacobians."""
    raise NotImplementedError


# %%
lesson.certify(by_jacobians)
