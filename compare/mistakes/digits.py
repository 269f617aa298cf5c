"""Numbers kept too narrowly, which are mistakes; and forms that are right on paper and lose digits, which are none."""

from typing import Any

from fourfold.compare.mistakes import loops, reasons, right
from fourfold.compare.mistakes.mistake import mistake

# TensorFloat-32 keeps 10 bits of a float32's 23 of what goes into a product, and nothing of float64's happens.
TF32 = "cut = lambda Z: (Z.view('u4') & 0xFFFFE000).view('f4') if Z.dtype == 'f4' else Z"
# bfloat16 keeps 7, to the nearest and at a tie to the even one; the products are added up in the wider format.
BFLOAT16 = """\
bits = lambda Z: Z.astype('f4').view('u4')
    cut = lambda Z: (bits(Z) + 0x7FFF + (bits(Z) >> 16 & 1) & 0xFFFF0000).view('f4').astype(Z.dtype)"""
# The same to the nearest number of TF32's, and float16's, which float64 is rounded to as well.
TF32_NEAREST = "cut = lambda Z: ((Z.view('u4') + 0x1000) & 0xFFFFE000).view('f4') if Z.dtype == 'f4' else Z"
FLOAT16 = "cut = lambda Z: Z.astype('f2').astype(Z.dtype)"
# Odd and even rows and columns are the blocks; an odd size gets a zero more.
STRASSEN = """\
even = lambda Z: np.pad(Z, [(0, 0)] * (Z.ndim - 2) + [(0, Z.shape[-2] % 2), (0, Z.shape[-1] % 2)])
    blocks = lambda Z: (Z[..., ::2, ::2], Z[..., ::2, 1::2], Z[..., 1::2, ::2], Z[..., 1::2, 1::2])
    (a, b, c, d), (e, f, g, h) = blocks(even(X)), blocks(even(W1))
    p, q, r, s, t = (a + d) @ (e + h), (c + d) @ e, a @ (f - h), d @ (g - e), (a + b) @ h
    H = np.zeros((*(X[..., :1] @ W1[..., :1, :]).shape[:-2], 2 * p.shape[-2], 2 * p.shape[-1]), X.dtype)
    H[..., ::2, ::2], H[..., ::2, 1::2] = p + s - t + (b - d) @ (g + h), r + t
    H[..., 1::2, ::2], H[..., 1::2, 1::2] = q + s, p - q + r + (c - a) @ (e + f)
    H = H[..., : X.shape[-2], : W1.shape[-1]]"""


def digits(name, quantity, **fields):
    """A form that loses digits: no mistake."""
    return mistake(name, quantity, loses_digits=True, **fields)


def in_products(cut, result="{}"):
    """NumPy's text with what goes into every product cut to narrower numbers; `result` is done to what comes out."""
    lines = {
        right.H: f"{cut}\n    H = {result.format('cut(X) @ cut(W1)')}",
        right.Y_hat: f"Y_hat = {result.format('cut(A) @ cut(W2)')}",
        right.dL_dW2: f"{cut}\n    dL_dW2 = {result.format('cut(A).mT @ cut(dL_dY_hat)')}",
        right.dL_dA: f"dL_dA = {result.format('cut(dL_dY_hat) @ cut(W2).mT')}",
        right.dL_dW1: f"dL_dW1 = {result.format('cut(X).mT @ cut(dL_dH)')}",
    }
    return tuple(text for line in lines.items() for text in line)


def autocast(cut):
    """NumPy's text with all of the forward pass in narrower numbers, and all of the backward pass with it."""
    slope, residual = "cut(dL_dA * sigma_prime(A))", "cut(R / N)"
    texts = in_products(cut, "cut({})")
    narrow = right.A, "A = cut(sigma(H))", right.dL_dY_hat, f"{cut}\n    dL_dY_hat = {residual}"
    return *texts, *narrow, right.dL_dH, f"dL_dH = {slope}"


def every_product(dtype, cut) -> dict[str, Any]:
    """{column: texts}: both products, and those on the way back, in numbers of this type, and wide again."""
    wide = {
        "torch": f"({{0}}.to(torch.{dtype}) @ {{1}}.to(torch.{dtype})).to({{0}}.dtype)",
        "jax": f'({{0}}.astype("{dtype}") @ {{1}}.astype("{dtype}")).astype({{0}}.dtype)',
        "tf": f"tf.cast(tf.cast({{0}}, tf.{dtype}) @ tf.cast({{1}}, tf.{dtype}), {{0}}.dtype)",
    }
    texts = {"numpy": in_products(cut, "cut({})")}
    for column, product in wide.items():
        texts[column] = "X @ W1", product.format("X", "W1"), "A @ W2", product.format("A", "W2")
    return texts


# fmt: off
# A few lines a mistake: its name and what it breaks first; why people make it; the text, right and wrong, by column.
PRECISION = (
    mistake("inputs stored in float32", "H",
        why="The data file was read as float32, and cast afterwards.",
        numpy=(right.H, "H = X.astype('f4').astype(X.dtype) @ W1")),
    mistake("float32 leak in the product", "Y_hat",
        why=reasons.FLOAT32,
        numpy=(right.Y_hat, "Y_hat = (A.astype('f4') @ W2.astype('f4')).astype(A.dtype)")),
    mistake("float32 leak in the product and its gradients", "Y_hat",
        why="The same under automatic differentiation: what comes back goes through float32 as well.",
        numpy=(right.Y_hat, "Y_hat = (A.astype('f4') @ W2.astype('f4')).astype(A.dtype)",
               right.dL_dW2, "dL_dW2 = (A.astype('f4').mT @ dL_dY_hat.astype('f4')).astype(A.dtype)",
               right.dL_dA, "dL_dA = (dL_dY_hat.astype('f4') @ W2.astype('f4').mT).astype(A.dtype)"),
        torch=(right.Y_hat, "Y_hat = (A.float() @ W2.float()).to(A.dtype)"),
        jax=(right.Y_hat, "Y_hat = (A.astype('float32') @ W2.astype('float32')).astype(A.dtype)"),
        tf=(right.Y_hat, "Y_hat = tf.cast(tf.cast(A, tf.float32) @ tf.cast(W2, tf.float32), A.dtype)")),
    mistake("float32 leak in the loss", "L",
        why="The loss is collected in a float32 array.",
        numpy=(right.halved_mean, "/ (2 * N)\n    L = np.float32(L).astype(R.dtype)")),
    mistake("float32 leak in storage", "every W1", equation="E24",
        why="Weights are kept in float32 between the steps.",
        numpy=loops.before_keeping("W1 = W1.astype('f4').astype(L.dtype)")),
    mistake("checkpoints in half precision", "every W2", equation="E24",
        why="Training goes on from weights that were saved in 16 bits.",
        numpy=loops.before_keeping("W2 = W2.astype('f2').astype(L.dtype)"),
        torch=loops.before_keeping("W2 = W2.half().to(L.dtype)")),
    mistake("weights saved with six decimals", "every W2", equation="E24",
        why="Weights go through a text file.",
        numpy=loops.before_keeping("W2 = np.round(W2, 6)")),
    mistake("float64 leak in a float32 run", "every W1",
        why="An np.float64 rate turns float32 arrays into float64.",
        numpy=(right.new_W1, "W1 - np.float64(lr) * T.dL_dW1")),
    mistake("Python lists become float32", "H",
        why="torch.tensor(list) is float32 whatever the numbers were.",
        torch=("torch.tensor(values, dtype=getattr(torch, dtype))", "torch.tensor(values.tolist())")),
    mistake("TF32 inside the products", "H",
        why="Graphics cards multiply float32 in TF32 where that is allowed, and PyTorch gives no warning.",
        numpy=in_products(TF32)),
    mistake("TF32 inside the products, rounded to nearest", "H",
        why="Graphics cards multiply float32 in TF32 where that is allowed: here to the nearest number of 10 bits.",
        numpy=in_products(TF32_NEAREST)),
    mistake("bfloat16 inside the products", "H",
        why="TPUs multiply float32 in bfloat16 unless they are asked for more, and JAX gives no warning.",
        numpy=in_products(BFLOAT16)),
    mistake("every product in bfloat16", "H",
        why="A mixed-precision policy casts a layer's inputs and weights, and its output back.",
        **every_product("bfloat16", BFLOAT16)),
    mistake("every product in float16", "H",
        why="A mixed-precision policy casts a layer's inputs and weights, and its output back.",
        **every_product("float16", FLOAT16)),
    mistake("autocast to bfloat16", "H",
        why="torch.autocast runs products and activations in bfloat16, and so their gradients.",
        numpy=autocast(BFLOAT16)),
    mistake("autocast to float16", "H",
        why="torch.autocast runs products and activations in float16, and so their gradients.",
        numpy=autocast(FLOAT16)),
    mistake("bfloat16 inside a product", "H",
        why="Mixed precision casts the factors of a product, but the result looks as wide as before.",
        numpy=(right.H, f"{BFLOAT16}\n    H = cut(X) @ cut(W1)")),
    mistake("bfloat16 on the way back", "dL_dA",
        why="The backward pass is in mixed precision, the forward pass is not.",
        numpy=(right.dL_dA, f"{BFLOAT16}\n    dL_dA = cut(dL_dY_hat) @ cut(W2).mT")),
    mistake("loss added up in half precision", "L",
        why="An accumulator started as a float16 zero.",
        numpy=(right.halved_mean, "/ (2 * N)\n    L = np.float16(L).astype(R.dtype)")),
    mistake("x64 left off", "H", alone=True,
        why="JAX computes in float32 unless told otherwise, and gives no warning.",
        jax=('"jax_enable_x64", True)', '"jax_enable_x64", False)')),
)

# What is wrong here is no formula: beside each stands the form that keeps the digits.
LOSES_DIGITS = (
    digits("product by Strassen's method", "H",
        why="Seven block products replace eight: what is added before a product is subtracted after it.",
        numpy=(right.H, STRASSEN)),
    digits("inputs shifted and back", "H",
        why="(X + 1) W1 minus the column sums of W1 is X W1 on paper, but digits cancel.",
        numpy=(right.H, "H = (X + 1) @ W1 - W1.sum(axis=-2, keepdims=True)")),
    digits("sigmoid by tanh", "A", case="saturated-sigmoid",
        why="½(1 + tanh(h/2)) is the same function on paper, but digits cancel for h far below 0.",
        numpy=(right.sigma, "0.5 * (1 + np.tanh(H / 2))"),
        torch=(right.torch_sigmoid, '"sigmoid": lambda H: 0.5 * (1 + torch.tanh(H / 2))'),
        tf=(right.tf_sigmoid, '"sigmoid": lambda H: 0.5 * (1 + tf.tanh(H / 2))')),
    digits("sigmoid as what is left of 1", "A", case="saturated-sigmoid",
        why="1 - 1/(1 + e^h) is the same function on paper, but digits cancel for h far below 0.",
        numpy=(right.sigma, "1 - 1 / (1 + np.exp(H))"),
        torch=(right.torch_sigmoid, '"sigmoid": lambda H: 1 - torch.sigmoid(-H)')),
    digits("tanh by sigmoid", "A", case="small-tanh",
        why="2σ(2h) - 1 is the same function on paper, but digits cancel for h near 0.",
        numpy=(right.tanh, '"tanh": (lambda H: 2 * sigmoid(2 * H) - 1, lambda A: 1 - A**2)'),
        torch=('"tanh": torch.tanh', '"tanh": lambda H: 2 * torch.sigmoid(2 * H) - 1')),
    digits("tanh by exponentials", "A", case="small-tanh",
        why="(1 - e)/(1 + e) with e = exp(-2|h|) does not overflow, but digits cancel for h near 0.",
        numpy=(right.tanh, '"tanh": (lambda H: np.sign(H) * (1 - np.exp(-2 * abs(H))) / (1 + np.exp(-2 * abs(H))),'
                           " lambda A: 1 - A**2)")),
    digits("loss expanded", "L", case="whole-run",
        why="ŷ² - 2ŷy + y² is (ŷ - y)² on paper, but digits cancel where the network has learnt.",
        numpy=(right.L, "L = (Y_hat**2 - 2 * Y_hat * Y + Y**2).sum(axis=(-2, -1)) / (2 * N)"),
        torch=(right.torch_L, "L = (Y_hat**2 - 2 * Y_hat * Y + Y**2).sum(dim=(-2, -1)) / (2 * N)")),
    digits("loss by logarithms", "L", case="huge-relu",
        why="exp(logaddexp(...)) of 2 log|r| cannot overflow, but keeps only the digits that its exponent leaves.",
        numpy=(right.L, "L = np.exp(np.logaddexp.reduce(2 * np.log(abs(R)), axis=(-2, -1))) / (2 * N)")),
    digits("slope around ½", "dL_dH", case="saturated-sigmoid",
        why="¼ - (a - ½)² is a(1 - a) on paper, but digits cancel for a near 0.",
        numpy=(right.sigmoid_slope, "lambda A: 0.25 - (A - 0.5) ** 2")),
    digits("rate taken out of the update", "every W1",
        why="λ(w/λ - g) is w - λg on paper, but rounds w twice more.",
        numpy=(right.new_W1, "lr * (W1 / lr - T.dL_dW1)", right.new_W2, "lr * (W2 / lr - T.dL_dW2)")),
    digits("update between two points", "every W1", case="rate-1.5",
        why="w + (λ(w - g) - λw) is w - λg on paper: the way from w towards w - g, and a small g is lost in w.",
        numpy=(right.new_W1, "W1 + (lr * (W1 - T.dL_dW1) - lr * W1)",
               right.new_W2, "W2 + (lr * (W2 - T.dL_dW2) - lr * W2)")),
)
