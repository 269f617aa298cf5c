"""Why columns differ, as people report it: what they write in each framework, and what the catalogue calls it.

A column here is the right one with some lines as a user has them: (name of the mistake, texts). The name is "" where
the column is right, though its bits need not be the other's.
"""

from typing import NamedTuple

from fourfold.compare.mistakes import loops, right
from fourfold.compare.mistakes.catalogue import find
from fourfold.compare.mistakes.planted import right_source
from fourfold.compare.mistakes.rewritings import REWRITINGS

RIGHT = ""
SLOPE_HALF, SLOPE_ONE = "ReLU's slope ½ at 0", "ReLU's slope 1 at 0"
BOTH = ("float64", "float32")


FLAT = "(Y[..., 0] if Y.shape[-1] == 1 else Y)"
MSE, FLAT_MSE = "the framework's mean squared error", "targets flat in the framework's mean squared error"
NOT_ZEROED, ONE_ARRAY = "gradients not zeroed", "one array for the whole path"
ACCUMULATED = "gradients accumulated as a mean of batch means, of 3"
TRANSPOSED = "W1 transposed, and differentiated so"
RESHAPED = "W1.reshape(*W1.shape[:-2], W1.shape[-1], W1.shape[-2])"
TF_RESHAPED = "tf.linalg.matmul(X, tf.reshape(W1, (*W1.shape[:-2], W1.shape[-1], W1.shape[-2])), transpose_b=True)"


class Mechanism(NamedTuple):
    """What somebody does, in each framework where it can be done."""

    does: str
    first: str  # the quantity that is wrong first, where it is wrong
    case: str  # of suites.TABLE
    columns: dict[str, tuple[str, tuple[str, ...]]]  # {framework: (name of the mistake, right and wrong texts in turn)}
    dtypes: tuple[str, ...] = BOTH  # where it shows; in another precision the column is right
    steps: int = 1


def planted(name, *columns):
    """What the catalogue itself has in these columns."""
    return {column: (name, find(name).planted[column]) for column in columns}


def relu(**columns):
    """{framework: (name, texts)} from {framework: (name, ReLU)}."""
    lines = {"torch": right.torch_relu, "jax": right.jax_relu, "tf": right.tf_relu}
    return {column: (name, (lines[column], f'"relu": {text}')) for column, (name, text) in columns.items()}


def by_hand(slope):
    """NumPy's slope of ReLU, in terms of h."""
    return right.dL_dH, f'dL_dH = dL_dA * ({slope} if activation == "relu" else sigma_prime(A))'


RELU = {
    "relu": relu(
        torch=(RIGHT, "torch.nn.functional.relu"),
        jax=(RIGHT, "jax.nn.relu"),
        tf=(RIGHT, "tf.keras.activations.relu"),
    ),
    "maximum of h and 0": relu(
        torch=(SLOPE_HALF, "lambda H: torch.maximum(H, torch.zeros_like(H))"),
        jax=(SLOPE_HALF, "lambda H: jnp.maximum(H, 0)"),
        tf=(SLOPE_ONE, "lambda H: tf.maximum(H, 0)"),
    ),
    "h clipped at 0": relu(
        torch=(SLOPE_ONE, "lambda H: H.clamp(min=0)"),
        jax=(SLOPE_HALF, "lambda H: jnp.clip(H, 0)"),
        tf=(SLOPE_ONE, "lambda H: tf.clip_by_value(H, 0, H.dtype.max)"),
    ),
    "where h > 0": relu(
        torch=(RIGHT, "lambda H: torch.where(H > 0, H, 0)"),
        jax=(RIGHT, "lambda H: jnp.where(H > 0, H, 0)"),
        tf=(RIGHT, "lambda H: tf.where(H > 0, H, 0)"),
    )
    | {"numpy": (RIGHT, by_hand("H > 0"))},
    "where h >= 0": relu(
        torch=(SLOPE_ONE, "lambda H: torch.where(H >= 0, H, 0)"),
        jax=(SLOPE_ONE, "lambda H: jnp.where(H >= 0, H, 0)"),
        tf=(SLOPE_ONE, "lambda H: tf.where(H >= 0, H, 0)"),
    )
    | {"numpy": (SLOPE_ONE, by_hand("H >= 0"))},
    # |h| has slope 0 at 0 in PyTorch and TensorFlow, and 1 in JAX
    "half of h + |h|": relu(
        torch=(SLOPE_HALF, "lambda H: (H + H.abs()) / 2"),
        jax=(SLOPE_ONE, "lambda H: (H + abs(H)) / 2"),
        tf=(SLOPE_HALF, "lambda H: (H + tf.abs(H)) / 2"),
    )
    | {"numpy": (SLOPE_HALF, by_hand("(1 + np.sign(H)) / 2"))},
}

TORCH_FORWARD = (
    "    H = X @ W1\n    A = sigma(H)\n    Y_hat = A @ W2\n",
    "    with torch.autocast('cpu', torch.bfloat16):\n"
    "        H = X @ W1\n        A = sigma(H)\n        Y_hat = A @ W2\n",
)
# A product whose inputs, forward and back, keep 10 bits of a float32's 23.
TORCH_TF32 = """\
class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, A, B):
        ctx.save_for_backward(A, B)
        return narrow(A) @ narrow(B)

    @staticmethod
    def backward(ctx, G):
        A, B = ctx.saved_tensors
        return narrow(G) @ narrow(B).mT, (narrow(A).mT @ narrow(G)).reshape(B.shape)


def narrow(Z):
    if Z.dtype != torch.float32:
        return Z
    return ((Z.detach().contiguous().view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)


ACTIVATIONS = {"""
JAX_TF32 = """\
@jax.custom_vjp
def product(A, B):
    return narrow(A) @ narrow(B)


def narrow(Z):
    return jax.lax.reduce_precision(Z, 8, 10) if Z.dtype == "float32" else Z


def back(kept, G):
    A, B = kept
    to_A, to_B = narrow(G) @ narrow(B).mT, narrow(A).mT @ narrow(G)
    summed = lambda Z, like: Z.reshape(-1, *like.shape).sum(axis=0)
    return summed(to_A, A), summed(to_B, B)


product.defvjp(lambda A, B: (product(A, B), (A, B)), back)
ACTIVATIONS = {"""
TF_TF32 = """\
@tf.custom_gradient
def product(A, B):
    back = lambda G: (
        tf.linalg.matmul(narrow(G), narrow(B), transpose_b=True),
        tf.reshape(tf.linalg.matmul(narrow(A), narrow(G), transpose_a=True), tf.shape(B)),
    )
    return narrow(A) @ narrow(B), back


def narrow(Z):
    if Z.dtype != tf.float32:
        return Z
    return tf.bitcast(tf.bitwise.bitwise_and(tf.bitcast(Z, tf.int32) + 0x1000, ~0x1FFF), tf.float32)


ACTIVATIONS = {"""
TO_NEAREST = "TF32 inside the products, rounded to nearest"


def with_product(text, product):
    """Both products by another function, which is defined before the activations."""
    return "ACTIVATIONS = {", text, "X @ W1", f"{product}(X, W1)", "A @ W2", f"{product}(A, W2)"


JAX_LOOP = """\
    def next_step(W, _):
        W1, W2, L = step(X, Y, W[0], W[1], lr, activation)
        return (W1, W2), (W1, W2, L)

    return jax.lax.scan(next_step, (W1, W2), length=steps)[1]"""
TF_TRAIN = "@tf.function" + right_source("tf").partition("@tf.function")[2].partition("\n\n\nif __name__")[0]
FUSED_SGD = loops.torch_loop("SGD((W1, W2), lr, fused=True)")
KERAS_UPDATE = "optimizer.apply_gradients([(T.dL_dW1, W1), (T.dL_dW2, W2)])"
IN_PLACE = "W1.assign_sub(lr * T.dL_dW1), W2.assign_sub(lr * T.dL_dW2)"
TF_STEP = "    for t in tf.range(steps):\n        W1, W2, L = step(X, Y, W1, W2, lr, activation)\n"


def jax_loop(velocity):
    """JAX's loop with something carried for every weight: what becomes of v and g."""
    loop = f"""\
    def next_step(carry, _):
        W, V = carry
        T = trace(X, Y, *W, activation)
        V = tuple({velocity} for v, g in zip(V, (T.dL_dW1, T.dL_dW2), strict=True))
        W = tuple(w - lr * v for w, v in zip(W, V, strict=True))
        return (W, V), (*W, T.L)

    start = (W1, W2), (jnp.zeros_like(W1), jnp.zeros_like(W2))
    return jax.lax.scan(next_step, start, length=steps)[1]"""
    return JAX_LOOP, loop


def tf_loop(velocity):
    """TensorFlow's."""
    V1, V2 = (velocity.replace("v", f"V{k}").replace("g", f"T.dL_dW{k}") for k in (1, 2))
    loop = f"""\
    V1, V2 = tf.zeros_like(W1), tf.zeros_like(W2)
    for t in tf.range(steps):
        T = trace(X, Y, W1, W2, activation)
        V1, V2, L = {V1}, {V2}, T.L
        W1, W2 = W1 - lr * V1, W2 - lr * V2
"""
    return TF_STEP, loop


def tf_variables(start, update, kept):
    """TensorFlow's with variables that an update changes; `kept` is of them after every step."""
    loop = f"""\
def train(X, Y, W1, W2, lr, steps, activation):
    W1, W2, path = tf.Variable(W1), tf.Variable(W2), []
    {start}
    for _ in range(steps):
        T = trace(X, Y, W1, W2, activation)
        {update}
        path.append(({kept}, T.L))
    return tuple(tf.stack(Z) for Z in zip(*path, strict=True))"""
    return TF_TRAIN, loop


def keras_loop(optimizer):
    """The same with one of Keras's optimisers."""
    start = f"optimizer = tf.keras.optimizers.{optimizer}"
    return tf_variables(start, KERAS_UPDATE, "tf.identity(W1), tf.identity(W2)")


def in_parts(n):
    """A step from the gradients of batches of n, divided by how many there are; in JAX and TensorFlow."""
    lines = f"""\
    parts = [slice(k, k + {n}) for k in range(0, Y.shape[-2], {n})]
    traces = [trace(X[..., k, :], Y[..., k, :], W1, W2, activation) for k in parts]
    mean = lambda Zs: sum(Zs) / len(parts)
    dL_dW1, dL_dW2 = mean([T.dL_dW1 for T in traces]), mean([T.dL_dW2 for T in traces])
    return W1 - lr * dL_dW1, W2 - lr * dL_dW2, mean([T.L for T in traces])"""
    return right.update, lines


MECHANISMS = [Mechanism(does, "dL_dH", "asymmetric-relu", columns) for does, columns in RELU.items()]
MECHANISMS += [
    Mechanism(
        "the mean of |r| over all elements",
        "L",
        "asymmetric-sigmoid",
        planted("the framework's mean absolute error", "numpy", "torch", "tf")
        | {"jax": ("the framework's mean absolute error", (right.L, "L = jnp.abs(R).mean(axis=(-2, -1))"))},
    ),
    Mechanism(
        "matrix products in TF32: 10 bits of 23, to the nearest",
        "H",
        "asymmetric-sigmoid",
        planted(TO_NEAREST, "numpy")
        | {
            "torch": (TO_NEAREST, with_product(TORCH_TF32, "Product.apply")),
            "jax": (TO_NEAREST, with_product(JAX_TF32, "product")),
            "tf": (TO_NEAREST, with_product(TF_TF32, "product")),
        },
        dtypes=("float32",),
    ),
    Mechanism(
        "autocast",
        "H",
        "asymmetric-sigmoid",
        {"torch": ("autocast to bfloat16", TORCH_FORWARD)},
        dtypes=("float32",),
    ),
    Mechanism(
        "layers in bfloat16, by a policy or by casting",
        "H",
        "asymmetric-sigmoid",
        planted("every product in bfloat16", "numpy", "torch", "jax", "tf"),
    ),
    Mechanism(
        "layers in float16, by a policy or by casting",
        "H",
        "asymmetric-sigmoid",
        planted("every product in float16", "numpy", "torch", "jax", "tf"),
    ),
    Mechanism(
        "targets of shape (N,) for outputs of (N, 1)",
        "L",
        "xnor",
        planted("targets flat", "numpy", "torch", "jax") | {"tf": ("targets flat", (right.R, f"R = Y_hat - {FLAT}"))},
    ),
    Mechanism(
        "the same in MSELoss, or a mean of squares",
        "L",
        "xnor",
        planted(FLAT_MSE, "numpy", "jax")
        | {
            "torch": (FLAT_MSE, (right.torch_L, f"L = ((Y_hat - {FLAT}) ** 2).mean(dim=(-2, -1))")),
            "tf": (FLAT_MSE, (right.tf_L, f"tf.reduce_mean(tf.square(Y_hat - {FLAT}), axis=(-2, -1))")),
        },
    ),
    Mechanism(
        "a mean over the outputs where their sum was meant",
        "L",
        "asymmetric-sigmoid",
        planted("mean over all elements", "numpy", "torch", "jax", "tf"),
    ),
    Mechanism(
        "the framework's mean of squares, which has no ½",
        "L",
        "xnor",
        planted(MSE, "numpy", "torch")
        | {
            "jax": (MSE, (right.L, "L = (R**2).mean(axis=(-2, -1))")),
            "tf": (MSE, (right.tf_L, "tf.reduce_mean(tf.square(R), axis=(-2, -1))")),
        },
    ),
    Mechanism(
        "the same with two outputs: N d_out is 2N, and it is right",
        "L",
        "asymmetric-sigmoid",
        {
            "torch": (RIGHT, find(MSE).planted["torch"]),
            "jax": (RIGHT, (right.L, "L = (R**2).mean(axis=(-2, -1))")),
            "tf": (RIGHT, (right.tf_L, "tf.reduce_mean(tf.square(R), axis=(-2, -1))")),
        },
    ),
    Mechanism(
        "momentum",
        "every W2",
        "asymmetric-sigmoid",
        planted("momentum", "numpy", "torch")
        | {"jax": ("momentum", jax_loop("0.9 * v + g")), "tf": ("momentum", keras_loop("SGD(lr, momentum=0.9)"))},
        steps=3,
    ),
    Mechanism(
        "gradients not set to zero",
        "every W2",
        "asymmetric-sigmoid",
        planted(NOT_ZEROED, "numpy", "torch")
        | {"jax": (NOT_ZEROED, jax_loop("v + g")), "tf": (NOT_ZEROED, tf_loop("v + g"))},
        steps=3,
    ),
    Mechanism(
        "batches whose means count the same, in the loss",
        "L",
        "asymmetric-sigmoid",
        planted("mean of batch means, of 4", "numpy", "torch", "jax"),
    ),
    Mechanism(
        "batches whose means count the same, in accumulated gradients",
        "every L",
        "asymmetric-sigmoid",
        planted(ACCUMULATED, "numpy", "torch") | {"jax": (ACCUMULATED, in_parts(3)), "tf": (ACCUMULATED, in_parts(3))},
    ),
    Mechanism(
        "batches of one size, in accumulated gradients",
        "",
        "square-tanh",
        {
            "numpy": (RIGHT, find("gradients accumulated as a mean of batch means, of 2").planted["numpy"]),
            "torch": (RIGHT, find("gradients accumulated as a mean of batch means, of 2").planted["torch"]),
            "jax": (RIGHT, in_parts(2)),
            "tf": (RIGHT, in_parts(2)),
        },
    ),
    Mechanism(
        "fused operations, and sums in another order",
        "",
        "asymmetric-sigmoid",
        {
            "numpy": (RIGHT, REWRITINGS["samples summed backwards"]),
            "torch": (RIGHT, (right.H, "H = torch.einsum('...nk,...kj->...nj', X, W1)", *FUSED_SGD)),
            "jax": (RIGHT, ("X @ W1", "jnp.einsum('nk,...kj->...nj', X, W1)")),
            "tf": (RIGHT, ("X @ W1", "tf.einsum('nk,...kj->...nj', X, W1)")),
        },
        steps=3,
    ),
    Mechanism(
        "weight decay",
        "every W2",
        "asymmetric-sigmoid",
        planted("weight decay", "numpy", "torch")
        | {
            "jax": ("weight decay", find("weight decay").planted["numpy"]),
            "tf": ("weight decay", keras_loop("SGD(lr, weight_decay=0.01)")),
        },
    ),
    Mechanism(
        "a Keras optimiser in float64: its rate is a float32",
        "every W2",
        "asymmetric-sigmoid",
        {"tf": ("rate in float32", keras_loop("SGD(lr)"))},
        dtypes=("float64",),
    ),
    Mechanism(
        "weights stored as (out, in), as nn.Linear has them",
        "H",
        "square-tanh",
        planted(TRANSPOSED, "numpy")
        | {
            "torch": (TRANSPOSED, (right.H, "H = torch.nn.functional.linear(X, W1) if W1.ndim == 2 else X @ W1.mT")),
            "jax": (TRANSPOSED, ("X @ W1", "X @ W1.mT")),
            "tf": (TRANSPOSED, ("X @ W1", "tf.linalg.matmul(X, W1, transpose_b=True)")),
        },
    ),
    Mechanism(
        "the same, made to fit by reshape",
        "H",
        "asymmetric-tanh",
        planted("W1 reshaped for transposed", "numpy", "torch")
        | {
            "jax": ("W1 reshaped for transposed", ("X @ W1", f"X @ {RESHAPED}.mT")),
            "tf": ("W1 reshaped for transposed", ("X @ W1", TF_RESHAPED)),
        },
    ),
    Mechanism(
        "activations that overwrite their argument",
        "H",
        "asymmetric-relu",
        planted("ReLU written over h", "numpy") | planted("ReLU written over h, and differentiated so", "torch"),
    ),
    Mechanism(
        "one buffer for the weights of all steps",
        "every W2",
        "asymmetric-sigmoid",
        planted(ONE_ARRAY, "numpy", "torch") | {"tf": (ONE_ARRAY, tf_variables("", IN_PLACE, "W1, W2"))},
        steps=3,
    ),
]
