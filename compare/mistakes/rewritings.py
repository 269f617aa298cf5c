"""The NumPy column rewritten so that it computes the same in another way: none of these may be rejected anywhere."""

from fourfold.compare.judge.quantities import DEEP, TWO_LAYER

REWRITINGS = {
    "einsum for matmul": (
        "X.mT @ dL_dH",
        "np.einsum('...ki,...kj->...ij', np.broadcast_to(X, (*H.shape[:-1], X.shape[-1])), dL_dH)",
    ),
    "samples summed backwards": ("X.mT @ dL_dH", "X[..., ::-1, :].mT @ dL_dH[..., ::-1, :]"),
    "hidden units summed backwards": ("Y_hat = A @ W2", "Y_hat = A[..., ::-1] @ W2[..., ::-1, :]"),
    "sigmoid in two branches": (
        "return 1 / (1 + np.exp(-H))",
        "e = np.exp(-abs(H))\n    return np.where(H >= 0, 1 / (1 + e), e / (1 + e))",
    ),
    "slope as a - a²": ("A * (1 - A)", "A - A**2"),
    "slope as (1 + a)(1 - a)": ("lambda A: 1 - A**2", "lambda A: (1 + A) * (1 - A)"),
    "ReLU by where": ("np.maximum(H, 0)", "np.where(H <= 0, 0 * H, H)"),
    "reciprocal of N": ("dL_dY_hat = R / N", "dL_dY_hat = R * (1 / N)"),
    "gradient from 1/(2N)": ("dL_dY_hat = R / N", "dL_dY_hat = 2 * R * (1 / (2 * N))"),
    "loss as half a mean": (".sum(axis=(-2, -1)) / (2 * N)", ".sum(axis=-1).mean(axis=-1) / 2"),
    "product of transposes": ("dL_dW1 = X.mT @ dL_dH", "dL_dW1 = (dL_dH.mT @ X).mT"),
    "product by broadcasting": ("A.mT @ dL_dY_hat", "(A[..., :, None] * dL_dY_hat[..., None, :]).sum(axis=-3)"),
    "update negated twice": ("W1 - lr * T.dL_dW1", "-(lr * T.dL_dW1 - W1)"),
    "loss by einsum": ("(R**2).sum(axis=(-2, -1))", "np.einsum('...ij,...ij->...', R, R)"),
    "a dot product for every entry": ("H = X @ W1", "H = np.vecdot(X[..., :, None, :], W1.mT[..., None, :, :])"),
    "a product for every sample": (
        "H = X @ W1",
        "H = np.concatenate([X[..., n : n + 1, :] @ W1 for n in range(X.shape[-2])], axis=-2)",
    ),
    "product in two halves": ("H = X @ W1", "H = X[..., :2] @ W1[..., :2, :] + X[..., 2:] @ W1[..., 2:, :]"),
    "product in long double": ("H = X @ W1", "H = (X.astype('g') @ W1).astype(X.dtype)"),
    "product as a running sum": (
        "Y_hat = A @ W2",
        "Y_hat = np.cumsum(A[..., None] * W2[..., None, :, :], axis=-2)[..., -1, :]",
    ),
    "an output after the other": (
        "Y_hat = A @ W2",
        "Y_hat = np.stack([(A @ W2[..., j, None])[..., 0] for j in range(W2.shape[-1])], axis=-1)",
    ),
    "ReLU by clip": ("np.maximum(H, 0)", "np.clip(H, 0, None)"),
    "ReLU by absolute value": ("np.maximum(H, 0)", "(H + abs(H)) / 2"),
    "ReLU's slope by comparison": ("np.heaviside(A, 0)", "(A > 0).astype(A.dtype)"),
    "ReLU's slope by sign": ("np.heaviside(A, 0)", "np.sign(A)"),
    "ReLU's slope of h": (
        "dL_dH = dL_dA * sigma_prime(A)",
        'dL_dH = dL_dA * (np.heaviside(H, 0) if activation == "relu" else sigma_prime(A))',
    ),
    "sigmoid by reciprocal": ("1 / (1 + np.exp(-H))", "np.reciprocal(1 + np.exp(-H))"),
    "sigmoid by a power of minus 1": ("1 / (1 + np.exp(-H))", "(1 + np.exp(-H)) ** -1"),
    "sigmoid's slope from both sides": (
        "dL_dH = dL_dA * sigma_prime(A)",
        'dL_dH = dL_dA * (A * sigmoid(-H) if activation == "sigmoid" else sigma_prime(A))',
    ),
    "tanh's slope by cosh": (
        "dL_dH = dL_dA * sigma_prime(A)",
        'dL_dH = dL_dA * (np.cosh(np.clip(H, -300, 300)) ** -2 if activation == "tanh" else sigma_prime(A))',
    ),
    "slope by multiply": ("dL_dH = dL_dA * sigma_prime(A)", "dL_dH = np.multiply(sigma_prime(A), dL_dA)"),
    "square by multiplication": ("(R**2)", "(R * R)"),
    "square by np.square": ("(R**2)", "np.square(R)"),
    "loss by the norm": (
        "L = (R**2).sum(axis=(-2, -1)) / (2 * N)",
        "L = np.linalg.norm(R, axis=(-2, -1)) ** 2 / (2 * N)",
    ),
    "loss by the trace of RᵀR": ("(R**2).sum(axis=(-2, -1))", "np.trace(R.mT @ R, axis1=-2, axis2=-1)"),
    "loss as a product": (
        "(R**2).sum(axis=(-2, -1))",
        "np.vecdot(*2 * [R.reshape(*R.shape[:-2], -1)])",
    ),
    "loss from mean() over everything": (
        "L = (R**2).sum(axis=(-2, -1)) / (2 * N)",
        "L = (R**2).mean(axis=(-2, -1)) * (R.shape[-1] / 2)",
    ),
    "loss of every output, then their sum": ("(R**2).sum(axis=(-2, -1))", "(R**2).sum(axis=-2).sum(axis=-1)"),
    "small squares first": (
        "(R**2).sum(axis=(-2, -1))",
        "np.sort((R**2).reshape(*R.shape[:-2], -1), axis=-1).sum(axis=-1)",
    ),
    "residual negated twice": ("dL_dY_hat = R / N", "dL_dY_hat = np.negative(Y - Y_hat) / N"),
    "1/N after the product": ("dL_dW2 = A.mT @ dL_dY_hat", "dL_dW2 = A.mT @ R / N"),
    "1/N as a mean of outer products": (
        "dL_dW2 = A.mT @ dL_dY_hat",
        "dL_dW2 = (A[..., :, None] * R[..., None, :]).mean(axis=-3)",
    ),
    "outer products added up": (
        "dL_dW1 = X.mT @ dL_dH",
        "dL_dW1 = sum(X[..., n, :, None] * dL_dH[..., n, None, :] for n in range(N))",
    ),
    "batches of 3 added up": (
        "dL_dW1 = X.mT @ dL_dH",
        "dL_dW1 = sum(X[..., n : n + 3, :].mT @ dL_dH[..., n : n + 3, :] for n in range(0, N, 3))",
    ),
    "gradient by matmul": ("dL_dW1 = X.mT @ dL_dH", "dL_dW1 = np.matmul(np.swapaxes(X, -1, -2), dL_dH)"),
    "on the way back by einsum": (
        "dL_dA = dL_dY_hat @ W2.mT",
        "dL_dA = np.einsum('...nk,...jk->...nj', dL_dY_hat, W2)",
    ),
    "on the way back by tiling": (
        "dL_dA = dL_dY_hat @ W2.mT",
        "dL_dA = (dL_dY_hat[..., None, :] * W2[..., None, :, :]).sum(axis=-1)",
    ),
    "rate last": ("W1 - lr * T.dL_dW1", "W1 - T.dL_dW1 * lr"),
    "rate with its sign": ("W1 - lr * T.dL_dW1", "W1 + -lr * T.dL_dW1"),
    "update by subtract": ("W2 - lr * T.dL_dW2", "np.subtract(W2, np.multiply(T.dL_dW2, lr))"),
    "path filled in": (
        """\
    path = []
    for _ in range(steps):
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        path.append((W1, W2, L))
    return tuple(np.stack(Z) for Z in zip(*path, strict=True))""",
        """\
    W1s, W2s = (np.empty((steps, *W.shape), W.dtype) for W in (W1, W2))
    Ls = np.empty((steps, *W1.shape[:-2]), W1.dtype)
    for t in range(steps):
        W1, W2, Ls[t] = step(X, Y, W1, W2, lr, activation)
        W1s[t], W2s[t] = W1, W2
    return W1s, W2s, Ls""",
    ),
}

# The same of the column of any depth.
DEEP_REWRITINGS = {
    "bias first": ("A[k] @ W_k + b[k] if b", "b[k] + A[k] @ W_k if b"),
    "bias in between": (
        "A[k] @ W_k + b[k] if b",
        "A[k][..., :1] @ W_k[..., :1, :] + b[k] + A[k][..., 1:] @ W_k[..., 1:, :] if b",
    ),
    "bias as the weights of a one": (
        "A[k] @ W_k + b[k] if b",
        "np.concatenate([A[k], np.ones_like(A[k][..., :1])], -1)"
        " @ np.concatenate([W_k + np.zeros((*A[k].shape[:-2], 1, 1), W_k.dtype), b[k]], -2) if b",
    ),
    "bias gradient by a row of ones": ("dL_dH_k.sum(axis=-2, keepdims=True)", "np.ones((1, N), R.dtype) @ dL_dH_k"),
    "bias gradient by einsum": (
        "dL_dH_k.sum(axis=-2, keepdims=True)",
        "np.einsum('...ij->...j', dL_dH_k)[..., None, :]",
    ),
    "einsum in every layer": (
        "A_in[k].mT @ dL_dH_k",
        "np.einsum('...ki,...kj->...ij', np.broadcast_to(A_in[k], (*dL_dH_k.shape[:-1], A_in[k].shape[-1])), dL_dH_k)",
    ),
    "samples summed backwards in every layer": (
        "A_in[k].mT @ dL_dH_k",
        "A_in[k][..., ::-1, :].mT @ dL_dH_k[..., ::-1, :]",
    ),
    "product of transposes on the way back": ("dL_dH_k @ W[k].mT", "(W[k] @ dL_dH_k.mT).mT"),
    "slopes as a - a²": ("A * (1 - A)", "A - A**2"),
    "slopes as (1 + a)(1 - a)": ("lambda A: 1 - A**2", "lambda A: (1 + A) * (1 - A)"),
    "slope by comparison": ("np.heaviside(A, 0)", "(A > 0).astype(A.dtype)"),
    "1/N from 1/(2N)": ("dL_dY_hat = R / N", "dL_dY_hat = 2 * R * (1 / (2 * N))"),
    "updates negated twice": ("W_k - lr * dL_dW_k for", "-(lr * dL_dW_k - W_k) for"),
    "bias gradient as a mean": ("dL_dH_k.sum(axis=-2, keepdims=True)", "dL_dH_k.mean(axis=-2, keepdims=True) * N"),
    "bias gradient a sample after the other": (
        "dL_dH_k.sum(axis=-2, keepdims=True)",
        "sum(dL_dH_k[..., n : n + 1, :] for n in range(N))",
    ),
    "bias added in place": (
        "H.append(A[k] @ W_k + b[k] if b else A[k] @ W_k)",
        "H.append(A[k] @ W_k)\n        if b:\n            H[k] += b[k]",
    ),
    "on the way back by tiling in every layer": (
        "dL_dH_k @ W[k].mT",
        "(dL_dH_k[..., None, :] * W[k][..., None, :, :]).sum(axis=-1)",
    ),
    "slope by np.where": ("np.heaviside(A, 0)", "np.where(A > 0, np.ones_like(A), 0)"),
    "loss by the norm at any depth": (
        "L = (R**2).sum(axis=(-2, -1)) / (2 * N)",
        "L = np.linalg.norm(R, axis=(-2, -1)) ** 2 / (2 * N)",
    ),
    "rates last": ("W_k - lr * dL_dW_k for", "W_k - dL_dW_k * lr for"),
}

OF_ROW = {TWO_LAYER: REWRITINGS, DEEP: DEEP_REWRITINGS}
