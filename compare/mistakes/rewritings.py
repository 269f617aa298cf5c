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
}

OF_ROW = {TWO_LAYER: REWRITINGS, DEEP: DEEP_REWRITINGS}
