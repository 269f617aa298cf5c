"""The formulas of activations and losses as they are written in NumPy, and what is written in their place."""

# By z, what goes in, and by a, what came out; {c} is the axis of the classes.
VALUES = {
    "sigmoid": "1 / (1 + np.exp(-{z}))",
    "tanh": "np.tanh({z})",
    "relu": "np.maximum({z}, 0)",
    "leaky_relu": "np.where({z} > 0, {z}, 0.1 * {z})",
    "elu": "np.where({z} > 0, {z}, np.exp(np.minimum({z}, 0)) - 1)",
    "softplus": "np.log1p(np.exp({z}))",
    "gelu": "0.5 * {z} * (1 + np.tanh(C * ({z} + 0.044715 * {z}**3)))",
    "silu": "{z} / (1 + np.exp(-{z}))",
    "identity": "{z}",
    "softmax": "np.exp({z}) / np.exp({z}).sum(axis={c}, keepdims=True)",
}
GELU = "C * ({z} + 0.044715 * {z}**3)"
SLOPES = {
    "sigmoid": "{a} * (1 - {a})",
    "tanh": "1 - {a}**2",
    "relu": "{z} > 0",
    "leaky_relu": "np.where({z} > 0, 1, 0.1)",
    "elu": "np.where({z} > 0, 1, {a} + 1)",
    "softplus": "1 / (1 + np.exp(-{z}))",
    "gelu": (
        f"0.5 * (1 + np.tanh({GELU})) + 0.5 * {{z}} * (1 - np.tanh({GELU})**2) * C * (1 + 3 * 0.044715 * {{z}}**2)"
    ),
    "silu": "(1 + np.exp(-{z}) * (1 + {z})) / (1 + np.exp(-{z}))**2",
}
WRONG_SLOPES = {
    "sigmoid": ("{z} * (1 - {z})", "{a} * (1 + {a})"),
    "tanh": ("1 - {z}**2", "1 - {a}"),
    "relu": ("{z} < 0",),
    "leaky_relu": ("np.where({z} > 0, 1, 0.01)", "np.where({z} > 0, 0.1, 1)"),
    "elu": ("np.where({z} > 0, 1, {a})",),
    "softplus": ("1 / (1 + np.exp(-{a}))",),
    "gelu": (
        f"0.5 * (1 + np.tanh({GELU})) + 0.5 * {{z}} * (1 - np.tanh({GELU})**2) * C * (1 + 0.044715 * {{z}}**2)",
        f"0.5 * (1 + np.tanh({GELU}))",
    ),
    "silu": ("1 / (1 + np.exp(-{z}))", "(1 + np.exp(-{z}) * (1 - {z})) / (1 + np.exp(-{z}))**2"),
}
SOFTMAX_BACK = "{a} * ({d} - ({d} * {a}).sum(axis={c}, keepdims=True))"
# (loss, its derivative by the output, what may stand there instead)
HUBER = "np.sum(np.where(np.abs(out - Y) <= 1, 0.5 * (out - Y)**2, np.abs(out - Y) - 0.5)) / N"
LOSSES = {
    "half-mse": ("np.sum((out - Y)**2) / (2 * N)", "(out - Y) / N", ("(Y - out) / N", "2 * (out - Y) / N")),
    "sse": ("np.sum((out - Y)**2)", "2 * (out - Y)", ("out - Y", "2 * (Y - out)")),
    "mse": ("np.mean((out - Y)**2)", "2 * (out - Y) / Y.size", ("2 * (out - Y) / N", "(out - Y) / Y.size")),
    "huber": (HUBER, "np.clip(out - Y, -1, 1) / N", ("(out - Y) / N", "np.sign(out - Y) / N")),
    "bce": (
        "-np.sum(Y * np.log(out) + (1 - Y) * np.log(1 - out)) / N",
        "(out - Y) / (out * (1 - out)) / N",
        ("(out - Y) / N", "-Y / out / N"),
    ),
    "softmax-ce": ("-np.sum(Y * np.log(out)) / N", "-Y / out / N", ("-Y / out", "(out - Y) / N")),
}
OUTPUTS = {"bce": ("sigmoid",), "softmax-ce": ("softmax",)}
