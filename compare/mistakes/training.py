"""Mistakes in the update and in the loop around it, E23-E24, and where numbers are stored too narrowly."""

from fourfold.compare.mistakes.mistake import Mistake

UPDATE = "    return W1 - lr * T.dL_dW1, W2 - lr * T.dL_dW2, T.L"
ONE = "W1 - lr * T.dL_dW1"
TWO = "W2 - lr * T.dL_dW2"
STEP = "        W1, W2, L = step(X, Y, W1, W2, lr, activation)\n"
KEEP = "        path.append((W1, W2, L))"
TRAIN = "    path = []\n    for _ in range(steps):\n" + STEP
LOOP = TRAIN + KEEP
COUNTED = TRAIN.replace("_ in range", "t in range")
PRODUCT = "Y_hat = A @ W2"


def _optimizer(optimizer, before="", zero="        optimizer.zero_grad()\n"):
    """PyTorch's own training loop."""
    return (
        "    W1, W2 = (W.clone().requires_grad_() for W in (W1, W2))\n"
        f"    optimizer = torch.optim.{optimizer}\n"
        "    path = []\n"
        "    for _ in range(steps):\n"
        f"{zero}"
        "        _, L = loss(forward(X, W1, W2, activation)[-1], Y)\n"
        "        L.sum().backward()\n"
        f"{before}"
        "        optimizer.step()\n"
        "        path.append((W1.detach().clone(), W2.detach().clone(), L.detach()))"
    )


def _by_hand(direction, start):
    """NumPy's: `direction` makes the update d of gradient g and state; `start` is the state before the first step."""
    return (
        f"    path, state = [], {start}\n"
        "    for t in range(1, steps + 1):\n"
        "        T = trace(X, Y, W1, W2, activation)\n"
        "        new, d = [], []\n"
        "        for k, (W, g) in enumerate(((W1, T.dL_dW1), (W2, T.dL_dW2))):\n"
        f"{direction}"
        "            new.append(W - lr * d)\n"
        "        W1, W2 = new\n"
        "        path.append((W1, W2, T.L))"
    )


MOMENTUM = "            d = state[k] = 0.9 * state[k] + g\n"
NESTEROV = "            state[k] = 0.9 * state[k] + g\n            d = g + 0.9 * state[k]\n"
ADAM = (
    "            m, v = state[k] = 0.9 * state[k][0] + 0.1 * g, 0.999 * state[k][1] + 0.001 * g * g\n"
    "            d = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)\n"
)
RMSPROP = "            state[k] = 0.99 * state[k] + 0.01 * g * g\n            d = g / (np.sqrt(state[k]) + 1e-8)\n"

UPDATES = (
    Mistake(
        "W2 updated before W1's gradient",
        "every W1",
        "E23",
        "Each weight is updated as soon as its gradient is known; W1's then sees the new W2.",
        dict.fromkeys(
            ("numpy", "torch", "tf"),
            (UPDATE, f"    W2 = {TWO}\n    return W1 - lr * trace(X, Y, W1, W2, activation).dL_dW1, W2, T.L"),
        ),
    ),
    Mistake(
        "W1 updated before W2's gradient",
        "every W2",
        "E23",
        "The layers are updated from the first on, each from a fresh evaluation.",
        {"numpy": (UPDATE, f"    W1 = {ONE}\n    return W1, W2 - lr * trace(X, Y, W1, W2, activation).dL_dW2, T.L")},
    ),
    Mistake(
        "ascent",
        "every W2",
        "E23",
        "+ for -: the loss grows.",
        {"numpy": (ONE, "W1 + lr * T.dL_dW1", TWO, "W2 + lr * T.dL_dW2")},
    ),
    Mistake(
        "sign of one update",
        "every W1",
        "E23",
        "One of two lines has + for -, and W2 still learns.",
        {"numpy": (ONE, "W1 + lr * T.dL_dW1")},
    ),
    Mistake(
        "W1 never updated",
        "every W1",
        "E23",
        "A random hidden layer is often good enough for XOR.",
        {"numpy": (ONE, "W1"), "jax": ("return (W1, W2), (W1, W2, L)", "return (W[0], W2), (W[0], W2, L)")},
    ),
    Mistake(
        "W2 never updated",
        "every W2",
        "E23",
        "The optimiser was given the first layer's parameters only.",
        {"numpy": (TWO, "W2")},
    ),
    Mistake(
        "W2's update broadcast from a row",
        "every W2",
        "E23",
        "A row subtracted from a column is a square, and a slice makes it fit again.",
        {"numpy": (TWO, "(W2 - lr * T.dL_dW2.mT)[..., :1]")},
        "xnor",
    ),
    Mistake(
        "rate hard-wired",
        "every W2",
        "E23",
        "λ = 0.1 is written into the update, and the option is ignored.",
        {"numpy": (ONE, "W1 - 0.1 * T.dL_dW1", TWO, "W2 - 0.1 * T.dL_dW2")},
        "rate-1.5",
    ),
    Mistake(
        "rate forgotten",
        "every W2",
        "E23",
        "The gradient is subtracted as it is.",
        {"numpy": (ONE, "W1 - T.dL_dW1", TWO, "W2 - T.dL_dW2")},
    ),
    Mistake(
        "rate divided by N",
        "every W2",
        "E23",
        "The 1/N is in the gradient, and once more in the update.",
        {"numpy": (ONE, "W1 - lr / len(X) * T.dL_dW1", TWO, "W2 - lr / len(X) * T.dL_dW2")},
    ),
    Mistake(
        "rate decayed",
        "every W2",
        "E23",
        "A learning-rate schedule is left switched on.",
        {"numpy": (TRAIN, COUNTED.replace("lr,", "lr / (1 + 0.01 * t),"))},
    ),
    Mistake(
        "rate in float32",
        "every W2",
        "E23",
        "0.1 came from a float32 array or a configuration.",
        {
            "numpy": (ONE, "W1 - float(np.float32(lr)) * T.dL_dW1", TWO, "W2 - float(np.float32(lr)) * T.dL_dW2"),
            "tf": (
                UPDATE,
                f"    lr = tf.cast(tf.constant(lr, tf.float32), W1.dtype)\n{UPDATE}",
            ),
        },
    ),
    Mistake(
        "step of the sign",
        "every W2",
        "E23",
        "sign(g) for g: every step is λ long.",
        {"numpy": (ONE, "W1 - lr * np.sign(T.dL_dW1)", TWO, "W2 - lr * np.sign(T.dL_dW2)")},
    ),
    Mistake(
        "gradient normalised",
        "every W2",
        "E23",
        "The gradient is divided by its length, and the step no longer shrinks at the minimum.",
        {
            "numpy": (
                UPDATE,
                "    length = lambda g: np.sqrt((g**2).sum(axis=(-2, -1), keepdims=True))\n"
                "    W1, W2 = W1 - lr * T.dL_dW1 / length(T.dL_dW1), W2 - lr * T.dL_dW2 / length(T.dL_dW2)\n"
                "    return W1, W2, T.L",
            )
        },
    ),
    Mistake(
        "gradient clipped by its norm",
        "every W2",
        "E23",
        "clip_grad_norm_(…, 1.0) is copied from a recipe.",
        {
            "numpy": (
                UPDATE,
                "    clip = lambda g: g / np.maximum(1, np.sqrt((g**2).sum(axis=(-2, -1), keepdims=True)))\n"
                "    return W1 - lr * clip(T.dL_dW1), W2 - lr * clip(T.dL_dW2), T.L",
            ),
            "torch": (
                LOOP,
                _optimizer("SGD((W1, W2), lr)", "        torch.nn.utils.clip_grad_norm_((W1, W2), 1.0)\n"),
            ),
            "tf": (
                ONE,
                "W1 - lr * tf.clip_by_norm(T.dL_dW1, 1, (-2, -1))",
                TWO,
                "W2 - lr * tf.clip_by_norm(T.dL_dW2, 1, (-2, -1))",
            ),
        },
        "huge-relu",
    ),
    Mistake(
        "weight decay",
        "every W2",
        "E23",
        "The optimiser's weight_decay is not 0.",
        {
            "numpy": (ONE, "W1 - lr * (T.dL_dW1 + 1e-4 * W1)", TWO, "W2 - lr * (T.dL_dW2 + 1e-4 * W2)"),
            "torch": (LOOP, _optimizer("SGD((W1, W2), lr, weight_decay=1e-4)")),
        },
    ),
    Mistake(
        "weight decay of 1e-9",
        "every W2",
        "E23",
        "Decay so weak that no plot shows it.",
        {"numpy": (TWO, "W2 * (1 - 1e-9) - lr * T.dL_dW2")},
    ),
    Mistake(
        "weights clipped",
        "every W2",
        "E23",
        "A constraint on the weights is left in the update.",
        {"numpy": (TWO, "np.clip(W2 - lr * T.dL_dW2, -1, 1)")},
    ),
    Mistake(
        "loss after the update",
        "every L",
        "E24",
        "The loss is computed anew for logging, with the new weights.",
        {
            "numpy": (
                UPDATE,
                f"    W1, W2 = {ONE}, {TWO}\n    return W1, W2, loss(forward(X, W1, W2, activation)[-1], Y)[1]",
            )
        },
    ),
)

LOOPS = (
    Mistake(
        "momentum",
        "every W2",
        "E23",
        "The optimiser's momentum is not 0.",
        {
            "numpy": (LOOP, _by_hand(MOMENTUM, "[0, 0]")),
            "torch": (LOOP, _optimizer("SGD((W1, W2), lr, momentum=0.9)")),
        },
    ),
    Mistake(
        "Nesterov's momentum",
        "every W2",
        "E23",
        "The framework's recommended optimiser for plain descent.",
        {
            "numpy": (LOOP, _by_hand(NESTEROV, "[0, 0]")),
            "torch": (LOOP, _optimizer("SGD((W1, W2), lr, momentum=0.9, nesterov=True)")),
        },
    ),
    Mistake(
        "Adam",
        "every W2",
        "E23",
        "Adam is everybody's default, and is not gradient descent.",
        {
            "numpy": (LOOP, _by_hand(ADAM, "[(0, 0), (0, 0)]")),
            "torch": (LOOP, _optimizer("Adam((W1, W2), lr)")),
        },
    ),
    Mistake(
        "RMSprop",
        "every W2",
        "E23",
        "Adaptive rates are taken for gradient descent.",
        {
            "numpy": (LOOP, _by_hand(RMSPROP, "[0, 0]")),
            "torch": (LOOP, _optimizer("RMSprop((W1, W2), lr)")),
        },
    ),
    Mistake(
        "gradients not zeroed",
        "every W2",
        "E24",
        "backward() adds to .grad, and zero_grad() is forgotten.",
        {
            "numpy": (LOOP, _by_hand("            d = state[k] = state[k] + g\n", "[0, 0]")),
            "torch": (LOOP, _optimizer("SGD((W1, W2), lr)", zero="")),
        },
    ),
    Mistake(
        "stale gradient",
        "every W2",
        "E24",
        "The update uses the gradient of the step before.",
        {
            "numpy": (
                LOOP,
                "    path, old = [], trace(X, Y, W1, W2, activation)\n"
                "    for _ in range(steps):\n"
                "        T = trace(X, Y, W1, W2, activation)\n"
                "        W1, W2, old = W1 - lr * old.dL_dW1, W2 - lr * old.dL_dW2, T\n"
                "        path.append((W1, W2, T.L))",
            )
        },
    ),
    Mistake(
        "loss logged every tenth step",
        "every L",
        "E24",
        "The last logged value is repeated in between.",
        {"numpy": (TRAIN, COUNTED + "        L = L if t % 10 == 0 else path[-1][2]\n")},
    ),
    Mistake(
        "loss rounded",
        "every L",
        "E24",
        "What is printed with four digits is what is kept.",
        {"numpy": (TRAIN, TRAIN + "        L = np.round(L, 4)\n")},
    ),
    Mistake(
        "loss smoothed",
        "every L",
        "E24",
        "A moving average is logged in its place.",
        {"numpy": (TRAIN, TRAIN + "        L = 0.9 * path[-1][2] + 0.1 * L if path else L\n")},
    ),
    Mistake(
        "one step short",
        "every L",
        "E24",
        "range(steps - 1), or the last step never stored.",
        {
            "numpy": ("range(steps)", "range(steps - 1)"),
            "tf": ("tf.range(steps)", "tf.range(steps - 1)"),
        },
    ),
    Mistake(
        "one step skipped",
        "every W2",
        "E24",
        "An exception is caught, and training goes on without that step.",
        {"numpy": (TRAIN, COUNTED + "        W1, W2 = (W1, W2) if t != 3 else path[-1][:2]\n")},
    ),
    Mistake(
        "two steps for one",
        "every W2",
        "E24",
        "step() is called for its loss, and once more for its weights.",
        {"numpy": (STEP, STEP + "        W1, W2, _ = step(X, Y, W1, W2, lr, activation)\n")},
    ),
    Mistake(
        "stops when the loss is small",
        "every W2",
        "E24",
        "Early stopping ends a run that was to go on.",
        {
            "numpy": (
                TRAIN,
                TRAIN.replace("        W1, W2, L", "        old = W1, W2\n        W1, W2, L")
                + "        W1, W2 = (W1, W2) if L.mean() > 0.5 else old\n",
            )
        },
    ),
    Mistake(
        "weights logged before the update",
        "every W2",
        "E24",
        "The path begins with the initial weights, and ends one step early.",
        {
            "numpy": (STEP + KEEP, "        old = W1, W2\n" + STEP + "        path.append((*old, L))"),
            "jax": ("return (W1, W2), (W1, W2, L)", "return (W1, W2), (*W, L)"),
        },
    ),
    Mistake(
        "one array for the whole path",
        "every W2",
        "E24",
        "The weights are updated in place, and every entry of the path is the last one.",
        {
            "numpy": (
                TRAIN,
                "    path, W1, W2 = [], W1.copy(), W2.copy()\n    for _ in range(steps):\n"
                "        W1[:], W2[:], L = step(X, Y, W1, W2, lr, activation)\n",
            ),
            "torch": (
                TRAIN,
                "    path, W1, W2 = [], W1.clone(), W2.clone()\n    for _ in range(steps):\n"
                "        W1[:], W2[:], L = step(X, Y, W1, W2, lr, activation)\n",
            ),
        },
    ),
    Mistake(
        "initial weights aliased",
        "every W2",
        "E24",
        "asarray shares the caller's memory, and the update in place trains everybody's weights.",
        {
            "numpy": (
                "return np.array(values, dtype)",
                "return np.asarray(values, dtype)",
                LOOP,
                "    path = []\n    for _ in range(steps):\n"
                "        W1[:], W2[:], L = step(X, Y, W1, W2, lr, activation)\n"
                "        path.append((W1.copy(), W2.copy(), L))",
            ),
            "torch": (
                "return torch.tensor(values, dtype=getattr(torch, dtype))",
                "return torch.as_tensor(values, dtype=getattr(torch, dtype))",
                LOOP,
                "    path = []\n    for _ in range(steps):\n"
                "        W1[:], W2[:], L = step(X, Y, W1, W2, lr, activation)\n"
                "        path.append((W1.clone(), W2.clone(), L))",
            ),
        },
    ),
    Mistake(
        "other seed",
        "every L",
        "E24",
        "The weights are drawn anew, and the ones given are ignored.",
        {"numpy": (TRAIN, "    W2 = np.random.default_rng(1).standard_normal(W2.shape).astype(W2.dtype)\n" + TRAIN)},
    ),
    Mistake(
        "minibatch for full batch",
        "every L",
        "E24",
        "The data loader's batch size is smaller than N.",
        {"numpy": (TRAIN, COUNTED.replace("X, Y,", "*(Z[t % 2 :: 2] if len(Z) > 1 else Z for Z in (X, Y)),"))},
    ),
    Mistake(
        "one sample a step",
        "every L",
        "E24",
        "Stochastic descent goes through the samples in turn.",
        {"numpy": (TRAIN, COUNTED.replace("X, Y,", "X[[t % len(X)]], Y[[t % len(Y)]],"))},
    ),
    Mistake(
        "shuffled every epoch, targets not",
        "every L",
        "E24",
        "The loader permutes X, and Y is indexed in the old order.",
        {"numpy": (TRAIN, COUNTED.replace("X, Y,", "X[np.random.default_rng(t).permutation(len(X))], Y,"))},
    ),
    Mistake(
        "infinite weights hidden",
        "every W2",
        "E24",
        "nan_to_num keeps a diverging run on the plot.",
        {"numpy": (KEEP, "        W1, W2 = np.nan_to_num(W1), np.nan_to_num(W2)\n" + KEEP)},
        "diverging",
    ),
)

PRECISION = (
    Mistake(
        "inputs stored in float32",
        "H",
        "E1",
        "The data file was read as float32, and cast afterwards.",
        {"numpy": ("H = X @ W1", "H = X.astype('f4').astype(X.dtype) @ W1")},
    ),
    Mistake(
        "float32 leak in the product",
        "Y_hat",
        "E3",
        "One product runs in float32, and the result is cast back.",
        {
            "numpy": (PRODUCT, "Y_hat = (A.astype('f4') @ W2.astype('f4')).astype(A.dtype)"),
            "torch": (PRODUCT, "Y_hat = (A.float() @ W2.float()).to(A.dtype)"),
            "jax": (PRODUCT, "Y_hat = (A.astype('float32') @ W2.astype('float32')).astype(A.dtype)"),
            "tf": (PRODUCT, "Y_hat = tf.cast(tf.cast(A, tf.float32) @ tf.cast(W2, tf.float32), A.dtype)"),
        },
    ),
    Mistake(
        "float32 leak in the loss",
        "L",
        "E5",
        "The loss is collected in a float32 array.",
        {"numpy": ("/ (2 * N)", "/ (2 * N)\n    L = np.float32(L).astype(R.dtype)")},
    ),
    Mistake(
        "float32 leak in storage",
        "every W1",
        "E24",
        "Weights are kept in float32 between the steps.",
        {"numpy": (KEEP, "        W1 = W1.astype('f4').astype(L.dtype)\n" + KEEP)},
    ),
    Mistake(
        "checkpoints in half precision",
        "every W2",
        "E24",
        "Training goes on from weights that were saved in 16 bits.",
        {
            "numpy": (KEEP, "        W2 = W2.astype('f2').astype(L.dtype)\n" + KEEP),
            "torch": (KEEP, "        W2 = W2.half().to(L.dtype)\n" + KEEP),
        },
    ),
    Mistake(
        "weights saved with six decimals",
        "every W2",
        "E24",
        "Weights go through a text file.",
        {"numpy": (KEEP, "        W2 = np.round(W2, 6)\n" + KEEP)},
    ),
    Mistake(
        "float64 leak in a float32 run",
        "every W1",
        "E23",
        "A np.float64 rate makes float64 of float32 arrays.",
        {"numpy": (ONE, "W1 - np.float64(lr) * T.dL_dW1")},
    ),
    Mistake(
        "Python lists become float32",
        "H",
        "E1",
        "torch.tensor(list) is float32 whatever the numbers were.",
        {"torch": ("torch.tensor(values, dtype=getattr(torch, dtype))", "torch.tensor(values.tolist())")},
    ),
    Mistake(
        "x64 left off",
        "H",
        "E1",
        "JAX is float32 until it is told otherwise, and says nothing.",
        {"jax": ('"jax_enable_x64", True)', '"jax_enable_x64", False)')},
        alone=True,
    ),
)
