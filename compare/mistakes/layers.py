"""Mistakes that need layers or biases to be made, planted in the row of any depth: E1-E24 with an index k."""

from fourfold.compare.mistakes.mistake import Mistake

COLUMNS = ("numpy", "torch", "jax", "tf")
AFFINE = "A[k] @ W_k + b[k] if b else A[k] @ W_k"
ACTIVATED = "A.append(sigma(H[k]))"
LOOKED_UP = "sigma, _ = ACTIVATIONS[activation]"
INPUTS = "A_in, A_out, dL_dA_k, gradients = (X, *A)"
SLOPE = "dL_dH_k = dL_dA_k * sigma_prime(A_out[k])"
WEIGHTS = "dL_dW_k = A_in[k].mT @ dL_dH_k"
BIASES = "dL_db_k = dL_dH_k.sum(axis=-2, keepdims=True)"
BEFORE = "dL_dA_k = dL_dH_k @ W[k].mT"
CALL = "dict(zip(Zs, torch.autograd.grad(L.sum(), Zs), strict=True))"
UNUSED = CALL.replace("(L.sum(), Zs)", "(L.sum(), Zs, allow_unused=True, materialize_grads=True)")
TAPED = "tape.gradient(L_sum, Zs)"
UNCONNECTED = 'tape.gradient(L_sum, Zs, unconnected_gradients="zero")'
NEW_W = "W_k - lr * dL_dW_k"
NEW_B = "b_k - lr * dL_db_k"
UPDATE = f"    W = tuple({NEW_W} for W_k, dL_dW_k in zip(W, T.dL_dW, strict=True))"
STEP = "        W, b, L = step(X, Y, W, b, lr, activations)\n"
KEEP = "        path.append((*W, *b, L))"
LOOP = "    path = []\n    for _ in range(steps):\n" + STEP + KEEP


def _deep(name, quantity, equation, why, planted, case="deep-tanh"):
    return Mistake(name, quantity, equation, why, planted, case, row="deep")


def _optimizer(optimizer):
    """PyTorch's own training loop."""
    return (
        "    W, b = (tuple(Z.clone().requires_grad_() for Z in Zs) for Zs in (W, b))\n"
        f"    optimizer = torch.optim.{optimizer}\n"
        "    path = []\n"
        "    for _ in range(steps):\n"
        "        optimizer.zero_grad()\n"
        "        _, L = loss(forward(X, W, b, activations)[-1], Y)\n"
        "        L.sum().backward()\n"
        "        optimizer.step()\n"
        "        path.append((*(Z.detach().clone() for Z in (*W, *b)), L.detach()))"
    )


ONWARD = (
    _deep(
        "bias counted twice",
        "H1",
        "E1",
        "The data have a column of ones for the bias, and the layer adds it once more.",
        dict.fromkeys(COLUMNS, (AFFINE, AFFINE.replace("+ b[k]", "+ 2 * b[k]"))),
    ),
    _deep(
        "biases forgotten",
        "H1",
        "E1",
        "They are created and updated, and never added.",
        {"numpy": (AFFINE, "A[k] @ W_k")},
    ),
    _deep(
        "last bias missing",
        "H3",
        "E1",
        "The output layer is written apart from the loop over the hidden ones, without its bias.",
        dict.fromkeys(("numpy", "jax"), (AFFINE, AFFINE.replace("if b", "if b and k < len(W) - 1"))),
    ),
    _deep(
        "first bias missing",
        "H1",
        "E1",
        "The first layer is written apart from the loop, without its bias.",
        {"numpy": (AFFINE, AFFINE.replace("if b", "if b and k > 0"))},
    ),
    _deep(
        "bias of the layer before",
        "H1",
        "E1",
        "Lists that begin with the input's entry are an index off the others; with equal widths nothing complains.",
        dict.fromkeys(("numpy", "torch", "tf"), (AFFINE, AFFINE.replace("+ b[k]", "+ b[k - 1]"))),
        "deep-square-relu",
    ),
    _deep(
        "bias subtracted",
        "H1",
        "E1",
        "A unit's threshold is the bias with the other sign.",
        dict.fromkeys(("numpy", "torch"), (AFFINE, AFFINE.replace("+ b[k]", "- b[k]"))),
    ),
    _deep(
        "bias a column",
        "H1",
        "E1",
        "A bias of shape d × 1 is added to N × d: with N = d it goes to the samples.",
        dict.fromkeys(("numpy", "torch"), (AFFINE, AFFINE.replace("+ b[k]", "+ b[k].mT"))),
        "deep-square-relu",
    ),
    _deep(
        "bias after the activation",
        "H1",
        "E1",
        "σ(A W) + b for σ(A W + b).",
        {"numpy": (AFFINE, "A[k] @ W_k", ACTIVATED, "A.append(sigma(H[k]) + b[k] if b else sigma(H[k]))")},
    ),
    _deep(
        "weights of every layer transposed",
        "H1",
        "E1",
        "torch.nn.Linear keeps a layer as d_out × d_in; with equal widths nothing complains.",
        dict.fromkeys(("numpy", "torch"), (AFFINE, AFFINE.replace("W_k", "W_k.mT"))),
        "deep-square-relu",
    ),
    _deep(
        "layers in the wrong order",
        "H1",
        "E1",
        "The list of weights was built from the output back.",
        {"numpy": ("enumerate(zip(W, activations,", "enumerate(zip(W[::-1], activations,")},
        "deep-square-relu",
    ),
    _deep(
        "one layer used for all",
        "H2",
        "E1",
        "[Linear(4, 4)] * 3 is one layer three times, not three layers.",
        {"numpy": (AFFINE, AFFINE.replace("W_k", "W[0]"))},
        "deep-square-relu",
    ),
    _deep(
        "input to every layer",
        "H2",
        "E1",
        "The loop's variable is never assigned, and each layer reads X.",
        {"numpy": (AFFINE, AFFINE.replace("A[k]", "X")), "torch": (AFFINE, AFFINE.replace("A[k]", "X"), CALL, UNUSED)},
        "deep-square-relu",
    ),
    _deep(
        "layers normalised on the way",
        "H1",
        "E1",
        "Batch normalisation from a recipe is left on.",
        {"numpy": (ACTIVATED, f"H[k] = (H[k] - H[k].mean(axis=-2, keepdims=True)) / H[k].std()\n        {ACTIVATED}")},
    ),
    _deep(
        "ReLU in place",
        "H1",
        "E2",
        "relu_ and out= save memory, and write A over H.",
        {
            "numpy": ("(lambda H: np.maximum(H, 0)", "(lambda H: np.maximum(H, 0, out=H)"),
            "torch": ('"relu": torch.relu', '"relu": torch.relu_'),
        },
        "deep-square-relu",
    ),
    _deep(
        "activations one layer late",
        "A1",
        "E2",
        "σ_k is applied at layer k + 1, as where the list begins with the input's.",
        dict.fromkeys(
            ("numpy", "torch", "tf"),
            ("enumerate(zip(W, activations,", "enumerate(zip(W, activations[-1:] + activations[:-1],"),
        ),
    ),
    _deep(
        "a hidden layer without activation",
        "A2",
        "E2",
        "Two layers without a σ in between are one.",
        dict.fromkeys(("numpy", "torch"), (ACTIVATED, "A.append(H[k] if k == 1 else sigma(H[k]))")),
    ),
    _deep(
        "activation applied twice",
        "A1",
        "E2",
        "The layer has its activation, and the loop over the layers applies it again.",
        {"numpy": (ACTIVATED, "A.append(sigma(sigma(H[k])))")},
    ),
    _deep(
        "skip connections left in",
        "A1",
        "E2",
        "A residual network's layers add their input where the widths allow it.",
        dict.fromkeys(
            ("numpy", "torch", "tf"),
            (ACTIVATED, "A.append(sigma(H[k]) + (A[k] if A[k].shape[-1] == W_k.shape[-1] else 0))"),
        ),
        "deep-square-relu",
    ),
    _deep(
        "first layer's activation everywhere",
        "Y_hat",
        "E3",
        "The loop over the layers applies σ to the output too, which is to be linear.",
        {
            "numpy": (LOOKED_UP, "sigma, _ = ACTIVATIONS[activations[0]]"),
            "torch": ("ACTIVATIONS[activation]", "ACTIVATIONS[activations[0]]"),
        },
    ),
    _deep(
        "output's activation forgotten",
        "Y_hat",
        "E3",
        "Regression has a linear output, and this network has not.",
        dict.fromkeys(("numpy", "torch", "tf"), (ACTIVATED, "A.append(sigma(H[k]) if k < len(W) - 1 else H[k])")),
        "deep-saturated",
    ),
    _deep(
        "float32 leak in one layer",
        "H2",
        "E1",
        "One product runs in float32, and the result is cast back.",
        {"numpy": (ACTIVATED, f"H[k] = H[k].astype('f4').astype(X.dtype) if k == 1 else H[k]\n        {ACTIVATED}")},
    ),
)

BACK = (
    _deep(
        "output's slope forgotten",
        "dL_dH3",
        "E16",
        "ŷ - y at H belongs to cross entropy; the squared error has the output's σ' as well.",
        {"numpy": (SLOPE, "dL_dH_k = dL_dA_k * (sigma_prime(A_out[k]) if k < len(W) - 1 else 1)")},
        "deep-saturated",
    ),
    _deep(
        "output's slope that of the hidden layers",
        "dL_dH3",
        "E16",
        "One σ' is used for all layers, and the output is linear.",
        {"numpy": ("_, sigma_prime = ACTIVATIONS[activations[k]]", "_, sigma_prime = ACTIVATIONS[activations[0]]")},
    ),
    _deep(
        "slope at the layer's input",
        "dL_dH3",
        "E16",
        "σ' is taken of A of the layer before; with equal widths it fits.",
        {"numpy": (SLOPE, "dL_dH_k = dL_dA_k * sigma_prime(A_in[k])")},
        "deep-square-relu",
    ),
    _deep(
        "slopes of H, not of A",
        "dL_dH2",
        "E16",
        "1 - a² wants a = tanh(h), and is given h.",
        {"numpy": (SLOPE, "dL_dH_k = dL_dA_k * sigma_prime(H[k])")},
    ),
    _deep(
        "all slopes missing",
        "dL_dH2",
        "E16",
        "The chain of products has the weights, and not the σ'.",
        {"numpy": (SLOPE, "dL_dH_k = dL_dA_k")},
    ),
    _deep(
        "a layer's slope missing",
        "dL_dH2",
        "E16",
        "The layer in the middle was copied from the output, which is linear.",
        {"numpy": (SLOPE, "dL_dH_k = dL_dA_k * (sigma_prime(A_out[k]) if k != 1 else 1)")},
    ),
    _deep(
        "slope of every layer twice",
        "dL_dH2",
        "E16",
        "σ' is applied on leaving a layer, and again on entering the one before.",
        {"numpy": (SLOPE, "dL_dH_k = dL_dA_k * sigma_prime(A_out[k]) ** 2")},
    ),
    _deep(
        "first layer detached",
        "dL_dH1",
        "E16",
        "detach() or stop_gradient is left behind the first layer, and zeros are asked for where there is no gradient.",
        {
            "numpy": (SLOPE, "dL_dH_k = dL_dA_k * sigma_prime(A_out[k]) * (k > 0)"),
            "torch": (ACTIVATED, "A.append(sigma(H[k]) if k else sigma(H[k]).detach().requires_grad_())", CALL, UNUSED),
        },
    ),
    _deep(
        "weights not transposed on the way back",
        "dL_dA2",
        "E15",
        "With equal widths W and Wᵀ both fit.",
        {"numpy": (BEFORE, "dL_dA_k = dL_dH_k @ W[k]")},
        "deep-square-relu",
    ),
    _deep(
        "weights of the layer before on the way back",
        "dL_dA2",
        "E15",
        "The index is counted down before it is used; with equal widths it fits.",
        {"numpy": (BEFORE, "dL_dA_k = dL_dH_k @ W[k - 1].mT")},
        "deep-square-relu",
    ),
    _deep(
        "1/N once a layer",
        "dL_dA2",
        "E15",
        "A formula for one layer that has its 1/N inside is applied to every layer.",
        {"numpy": (BEFORE, f"{BEFORE} / N")},
    ),
    _deep(
        "always the output's gradient",
        "dL_dH2",
        "E16",
        "The loop's variable is not carried on: every layer gets dL_dY_hat, where the widths allow it.",
        {"numpy": (SLOPE, "dL_dH_k = dL_dY_hat * sigma_prime(A_out[k])")},
        "deep-square-relu",
    ),
    _deep(
        "H for A in the weights' gradients",
        "dL_dW3",
        "E13",
        "A layer's input is taken before its activation.",
        {"numpy": (INPUTS, INPUTS.replace("(X, *A)", "(X, *H[:-1])"))},
    ),
    _deep(
        "a layer's output for its input",
        "dL_dW3",
        "E13",
        "A_k and A_(k-1) are confused; with equal widths it fits.",
        {"numpy": (WEIGHTS, "dL_dW_k = A_out[k].mT @ dL_dH_k")},
        "deep-square-relu",
    ),
    _deep(
        "weights' gradients transposed",
        "dL_dW3",
        "E13",
        "D and A change places; with equal widths nothing complains.",
        {"numpy": (WEIGHTS, "dL_dW_k = dL_dH_k.mT @ A_in[k]")},
        "deep-square-relu",
    ),
    _deep(
        "gradients in backward order",
        "dL_dH3",
        "E16",
        "They are collected from the last layer on, and never turned round.",
        {"numpy": ("zip(*reversed(gradients), strict=True)", "zip(*gradients, strict=True)")},
        "deep-square-relu",
    ),
    _deep(
        "penalty on every layer's weights",
        "dL_dW3",
        "E13",
        "Regularisation is added to the gradients, and not to the loss.",
        {"numpy": (WEIGHTS, f"{WEIGHTS} + 1e-4 * W[k]")},
    ),
    _deep(
        "bias gradient averaged",
        "dL_db3",
        "E7",
        "mean for sum over the samples: 1/N is in E10 already.",
        {"numpy": (BIASES, BIASES.replace("sum", "mean"))},
    ),
    _deep(
        "bias gradient without 1/N",
        "dL_db3",
        "E7",
        "The residuals are summed, while the weights' gradients have their 1/N.",
        {"numpy": (BIASES, f"{BIASES} * N")},
    ),
    _deep(
        "bias gradient summed over the wrong axis",
        "dL_db3",
        "E7",
        "Rows are samples and columns units; with as many of both the sum over the units fits.",
        {"numpy": (BIASES, "dL_db_k = dL_dH_k.sum(axis=-1, keepdims=True).mT")},
        "deep-square-relu",
    ),
    _deep(
        "one number for a layer's biases",
        "dL_db1",
        "E7",
        "np.sum without an axis sums the units too, and subtracting one number broadcasts.",
        {"numpy": (BIASES, "dL_db_k = dL_dH_k.sum(axis=(-2, -1), keepdims=True)")},
    ),
    _deep(
        "bias gradient not summed",
        "dL_db1",
        "E7",
        "Every sample keeps its own, and b - lr * dL_db grows a row a sample.",
        {"numpy": (BIASES, "dL_db_k = dL_dH_k")},
    ),
    _deep(
        "bias gradient without its axis",
        "dL_db1",
        "E7",
        "Without keepdims the sum has shape d, not 1 × d.",
        {"numpy": (BIASES, "dL_db_k = dL_dH_k.sum(axis=-2)")},
    ),
    _deep(
        "bias gradient a column",
        "dL_db1",
        "E7",
        "d × 1 from 1 × d makes a square of b.",
        {"numpy": (BIASES, f"{BIASES}.mT")},
    ),
    _deep(
        "bias gradient of the first sample",
        "dL_db3",
        "E7",
        "dL_dH[:1] has the right shape, and is one sample's.",
        {"numpy": (BIASES, BIASES.replace("dL_dH_k.sum", "dL_dH_k[..., :1, :].sum"))},
    ),
    _deep(
        "bias gradient before the slope",
        "dL_db2",
        "E7",
        "The column sums are of dL_dA, not of dL_dH; at a linear output they are the same.",
        {"numpy": (BIASES, BIASES.replace("dL_dH_k", "dL_dA_k"))},
    ),
    _deep(
        "sign of the bias gradient",
        "dL_db3",
        "E7",
        "y - ŷ is summed where ŷ - y was meant.",
        {"numpy": (BIASES, BIASES.replace("dL_dH_k.", "-dL_dH_k."))},
    ),
    _deep(
        "biases detached",
        "dL_db3",
        "E7",
        "They went through a copy that the tape does not know, and their gradient is zero.",
        {
            "numpy": (BIASES, "dL_db_k = np.zeros_like(b[k]) if b else ()"),
            "torch": (AFFINE, AFFINE.replace("+ b[k]", "+ b[k].detach()"), CALL, UNUSED),
            "jax": (AFFINE, AFFINE.replace("+ b[k]", "+ jax.lax.stop_gradient(b[k])")),
            "tf": (AFFINE, AFFINE.replace("+ b[k]", "+ tf.stop_gradient(b[k])"), TAPED, UNCONNECTED),
        },
    ),
    _deep(
        "one entry within off by 1e-12",
        "dL_dW2",
        "E19",
        "A constant was typed in with twelve digits.",
        {"numpy": (WEIGHTS, f"{WEIGHTS} * (1 + 1e-12 * (k == 1))")},
    ),
)

TRAINING = (
    _deep(
        "biases never updated",
        "every b3",
        "E23",
        "The optimiser was given the weights only.",
        dict.fromkeys(("numpy", "tf"), (NEW_B, "b_k")) | {"torch": (LOOP, _optimizer("SGD(W, lr)"))},
        "deep-zero-biases",
    ),
    _deep(
        "middle layer frozen",
        "every W2",
        "E23",
        "requires_grad was switched off for a layer, or it is missing from a list.",
        dict.fromkeys(COLUMNS, (NEW_W, f"W_k if W_k is W[1] else {NEW_W}")),
    ),
    _deep(
        "only the last layer trained",
        "every W2",
        "E23",
        "All layers before it are taken for fixed features.",
        dict.fromkeys(("numpy", "torch"), (NEW_W, f"{NEW_W} if W_k is W[-1] else W_k")),
    ),
    _deep(
        "layers updated one after another",
        "every W2",
        "E23",
        "Each layer is updated as soon as its gradient is known, and the next one's is computed anew.",
        dict.fromkeys(
            ("numpy", "torch", "tf"),
            (
                UPDATE,
                "    for k in reversed(range(len(W))):\n"
                "        dL_dW_k = trace(X, Y, W, b, activations).dL_dW[k]\n"
                "        W = (*W[:k], W[k] - lr * dL_dW_k, *W[k + 1 :])",
            ),
        ),
    ),
    _deep(
        "updated weights on the way back",
        "every W2",
        "E23",
        "A layer is updated in the backward loop, before its gradient went through its weights.",
        {
            "numpy": (
                UPDATE,
                "    A, D = (X, *T.A, T.Y_hat), T.dL_dY_hat\n"
                "    for k in reversed(range(len(W))):\n"
                "        D = D * ACTIVATIONS[activations[k]][1](A[k + 1])\n"
                "        W = (*W[:k], W[k] - lr * A[k].mT @ D, *W[k + 1 :])\n"
                "        D = D @ W[k].mT",
            )
        },
    ),
    _deep(
        "gradients zipped in the wrong order",
        "every W3",
        "E23",
        "Backpropagation gives the last layer's first; with equal widths every pair fits.",
        dict.fromkeys(
            ("numpy", "torch", "tf"), ("zip(W, T.dL_dW, strict=True)", "zip(W, reversed(T.dL_dW), strict=True)")
        ),
        "deep-square-relu",
    ),
    _deep(
        "biases ascend",
        "every b3",
        "E23",
        "+ for - in one of two lines, and the weights make up for it.",
        {"numpy": (NEW_B, "b_k + lr * dL_db_k")},
    ),
    _deep(
        "biases without the rate",
        "every b3",
        "E23",
        "The gradient is subtracted as it is.",
        {"numpy": (NEW_B, "b_k - dL_db_k")},
    ),
    _deep(
        "rate divided by the depth",
        "every W3",
        "E23",
        "Deep networks are said to want smaller steps.",
        {"numpy": (NEW_W, "W_k - lr / len(W) * dL_dW_k")},
    ),
    _deep(
        "biases decayed with the weights",
        "every W3",
        "E23",
        "The optimiser's weight_decay is not 0, and it is given all parameters.",
        {
            "numpy": (NEW_W, "W_k - lr * (dL_dW_k + 1e-4 * W_k)", NEW_B, "b_k - lr * (dL_db_k + 1e-4 * b_k)"),
            "torch": (LOOP, _optimizer("SGD((*W, *b), lr, weight_decay=1e-4)")),
        },
    ),
    _deep(
        "momentum in every layer",
        "every W3",
        "E23",
        "The optimiser's momentum is not 0.",
        {
            "numpy": (
                LOOP,
                "    path, V = [], [0] * len(W)\n"
                "    for _ in range(steps):\n"
                "        T = trace(X, Y, W, b, activations)\n"
                "        V = [0.9 * V_k + dL_dW_k for V_k, dL_dW_k in zip(V, T.dL_dW, strict=True)]\n"
                "        _, b, L = step(X, Y, W, b, lr, activations)\n"
                "        W = tuple(W_k - lr * V_k for W_k, V_k in zip(W, V, strict=True))\n" + KEEP,
            ),
            "torch": (LOOP, _optimizer("SGD((*W, *b), lr, momentum=0.9)")),
        },
    ),
    _deep(
        "biases stored in float32",
        "every b3",
        "E24",
        "Biases began as float32 zeros, and stay so between the steps.",
        {"numpy": (KEEP, f"        b = tuple(b_k.astype('f4').astype(L.dtype) for b_k in b)\n{KEEP}")},
    ),
    _deep(
        "biases set back every step",
        "every b3",
        "E24",
        "They are created as zeros inside the loop.",
        {"numpy": (STEP, STEP + "        b = tuple(0 * b_k for b_k in b)\n")},
    ),
)
