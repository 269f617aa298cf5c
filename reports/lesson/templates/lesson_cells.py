# %% [markdown]
# # Backpropagation in four columns
#
# A network of two layers learns XOR. Every equation stands beside the lines that compute it, as they are in their
# files; the cell below it shows what each column gets and what the judge says. Cells that end in `raise
# NotImplementedError` are yours: fill one in, run it and the cell after it.

# %%
import matplotlib.pyplot as plt
import numpy as np

from fourfold import impls
from fourfold.compare.cases.case import make_case
from fourfold.compare.check import here, words
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import internal, shown

# %% tags=["parameters"]
COLUMNS = [*impls.FRAMEWORKS]
SEED, STEPS, LR = 0, 10_000, 0.1

# %%
ACTIVATION = "sigmoid"  # or tanh, relu, identity
case = make_case("xor", ACTIVATION, LR, STEPS, 3, range(SEED, SEED + 1))
problem = judgement.problem(case, "float64")
X, Y = case.X, case.Y
W1, W2 = (W[0] for W in case.weights)


def native(column):
    """The data and the first weights as the column has arrays."""
    return [column.array(Z, "float64") for Z in (X, Y, W1, W2)]


def word(judged):
    """What the judge says of an array: the share of what rounding allows that its largest error uses."""
    share = np.ceil(100 * judged.ratio.max())
    return "✗ wrong" if judged.wrong.any() else f"✓ {share:.0f} %" if share else "✓ exact"


def judge_trace(values):
    """Judges {quantity: array} at the first weights: (quantity, Judged), in order of computation."""
    by_layer = {internal(quantity, problem.row): Z for quantity, Z in values.items()}
    for judged in judgement.judge_trace(by_layer, (W1, W2), problem):
        yield shown(judged.quantity, problem.row), judged


def show(*quantities, columns=COLUMNS):
    """What each column computes at the first weights, each number judged against its exact value."""
    for name in columns:
        column = impls.load(name)
        trace = column.trace(*native(column), ACTIVATION).named()
        values = {quantity: column.to_numpy(trace[quantity]) for quantity in quantities}
        for quantity, judged in judge_trace(values):
            print(f"{name}: {quantity} {judged.value.shape} {word(judged)}\n{judged.value}")


# %% E1
print(f"X {X.shape}\n{X}\nW1 {W1.shape}\n{W1}")
show("H")

# %% E2
show("A")

# %% E3
print(f"W2 {W2.shape}\n{W2}")
show("Y_hat")

# %% E4
show("R")

# %% E5
show("L")

# %% E6
show("dL_dA", "dL_dH")

# %% E7
show("dL_dW2")

# %% E8
print(f"The Jacobian of one prediction by its activations\n{W2.T}")

# %% E9
show("dL_dY_hat", "A", "dL_dW2")

# %% E10
show("dL_dY_hat")

# %% E11
show("Y_hat")

# %% E12
show("A")

# %% E13
show("dL_dW2")

# %% E14
show("dL_dY_hat", "dL_dA", "dL_dH", "dL_dW1")

# %% E15
show("dL_dA")

# %% E16
show("dL_dH")

# %% E17
print(f"What every weight into a hidden unit is multiplied by\n{X}")

# %% E18
show("H", "dL_dH")

# %% E19
show("dL_dW1")

# %% E20
show("dL_dW2", "dL_dW1", columns=["numpy-loop"])

# %% E21
show("dL_dW2", "dL_dW1", columns=["numpy-tiled"])

# %% E22
show("dL_dW2", "dL_dW1")

# %% [markdown]
# ## Your own backward pass
#
# `judge` asks a function for its loss and gradients on many networks and certifies every number. Where one is wrong it
# says which came first, and which known mistake gives the same numbers. Here the slope was forgotten:


# %%
def judge(gradients, **more):
    """`activation=...` says which one it is, `train=...` judges that too, `hint=True` keeps the answer back."""
    try:
        print(words.text(here.check(gradients, **more)))
    except NotImplementedError:
        print("Nothing to judge yet: fill in the cell above.")


def slope_forgotten(X, Y, W1, W2):
    A = 1 / (1 + np.exp(-X @ W1))
    R = A @ W2 - Y
    dL_dY_hat = R / len(X)
    dL_dA = dL_dY_hat @ W2.T
    return (R**2).sum() / (2 * len(X)), X.T @ dL_dA, A.T @ dL_dY_hat


judge(slope_forgotten)

# %% [markdown]
# Yours: the loss and its gradients by `W1` and `W2`, in loops (E20), tiled (E21) or in one line (E22).


# %%
def gradients(X, Y, W1, W2):
    """Returns L, dL_dW1, dL_dW2."""
    raise NotImplementedError


# %%
judge(gradients)

# %% E23
for name in COLUMNS:
    column = impls.load(name)
    stepped = [column.to_numpy(Z) for Z in column.step(*native(column), LR, ACTIVATION)]
    trajectory = [Z[None, None] for Z in stepped]  # one step, one seed
    for judged in reversed(judgement.judge_steps([W1[None, None], W2[None, None]], trajectory, problem)):
        print(f"{name}: {judged.quantity} {word(judged)}\n{judged.value[0, 0]}")

# %% [markdown]
# Yours: several steps of gradient descent. `losses` has the loss before each of them.


# %%
def train(X, Y, W1, W2, lr, steps):
    """Returns W1, W2, losses."""
    raise NotImplementedError


# %%
judge(gradients, train=train)

# %% E24
trajectories = {}
for name in COLUMNS:
    column = impls.load(name)
    trajectories[name] = [column.to_numpy(Z) for Z in column.train(*native(column), LR, STEPS, ACTIVATION)]
    plt.plot(trajectories[name][-1], label=name)
    print(name, *(f"{loss:.4g}" for loss in trajectories[name][-1][:: max(200, STEPS // 10)]))
plt.yscale("log")
plt.xlabel("step")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% E25
W1_trained, W2_trained = (Z[-1] for Z in trajectories[COLUMNS[0]][:2])


def predict(X):
    column = impls.load(COLUMNS[0])
    *_, Y_hat = column.forward(*(column.array(Z, "float64") for Z in (X, W1_trained, W2_trained)), ACTIVATION)
    return column.to_numpy(Y_hat)


print(np.hstack([X, predict(X), predict(X).round()]))


# %% E26
def boundary(resolution=20, low=0, high=1):
    x1, x2 = np.meshgrid(*[np.linspace(low, high, resolution)] * 2)
    Y_hat = predict(np.column_stack([x1.ravel(), x2.ravel()])).reshape(x1.shape)
    plt.figure(figsize=(4, 4))
    plt.pcolormesh(x1, x2, Y_hat.round().clip(0, 1), cmap="coolwarm", alpha=0.5, vmin=0, vmax=1)
    plt.scatter(*X.T, c=Y[:, 0], cmap="coolwarm", edgecolors="black", s=80)
    plt.show()


boundary()


# %% Exercise 1
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
def network(widths, biases):
    return make_case("xor", ACTIVATION, LR, 1, 3, case.seeds, layers=widths, bias=biases)


try:
    for asked in (((2, 3, 1), False), ((2, 3, 1), True), ((2, 8, 8, 1), True)):
        yours, right = parameters(*asked), network(*asked).parameters()
        print(asked, f"RIGHT: {yours}" if yours == right else f"WRONG: {yours}, where the network has {right}")
except NotImplementedError:
    print("Nothing to judge yet: fill in the cell above.")

# %% Exercise 3
numpy = impls.load("numpy")
for lr in (0.01, 0.1, 1):  # more rates, other widths, other seeds
    *_, losses = numpy.train(X, Y, W1, W2, lr, STEPS, ACTIVATION)
    print(f"rate {lr}: loss {losses[-1]:.4g}")


# %% Exercise 4
def with_biases(X, Y, W, b):
    """W has W1 and W2, b has b1 and b2. Returns L, [dL_dW1, dL_dW2], [dL_db1, dL_db2]."""
    raise NotImplementedError


# %%
judge(with_biases, names=["two-layers"])

# %% Exercise 5
boundary(resolution=100, low=-1, high=2)


# %% Exercise 6
def any_depth(X, Y, W):
    """W has W1, W2 ... WK; all layers but the last have a sigmoid. Returns L, [dL_dW1, dL_dW2 ... dL_dWK]."""
    raise NotImplementedError


# %%
judge(any_depth)


# %% Exercise 7
def certify(f):
    """Judges all that f(X, Y, W1, W2) returns, {"dL_dW1": ...}, at the first weights."""
    try:
        yours = f(X, Y, W1, W2)
    except NotImplementedError:
        print("Nothing to judge yet: fill in the cell above.")
        return
    for quantity, judged in judge_trace(yours):
        print(quantity, word(judged))


def by_jacobians(X, Y, W1, W2):
    """Returns {"dL_dW2": ..., "dL_dW1": ...}, each a product of Jacobians."""
    raise NotImplementedError


# %%
certify(by_jacobians)
