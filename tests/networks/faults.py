"""What can go wrong in the networks' backward passes: three faults each."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One text that stands for another in a file, over as many lines, so that a line keeps its number."""

    old: str  # is there exactly once
    new: str
    line: int  # where it is
    lines: set  # those that a reasonable person accepts: the fault's own, and where it shows first
    wrong: tuple  # the parameters whose gradients become wrong

    def plant(self, text):
        """The text of the file with this fault."""
        return text.replace(self.old, self.new)


FAULTS = {
    "batch_norm": (
        Fault("dsqrtvar = -divar / sqrtvar**2", "dsqrtvar = -divar / sqrtvar", 26, {26, 27}, ("W",)),
        Fault("dmu = -np.sum(dx1, axis=0)", "dmu = np.sum(dx1, axis=0)", 31, {31, 32}, ("W",)),
        Fault("dnormed[normed <= 0] = 0", "dnormed[h <= 0] = 0", 45, {45}, ("W", "gamma", "beta")),
    ),
    "bigram": (
        Fault("dlogits[range(n), ys] -= 1", "dlogits[range(n), xs] -= 1", 17, {17}, ("table", "left", "right")),
        Fault("dtable[x] += dlogits[i]", "dtable[x] = dlogits[i]", 23, {23}, ("table",)),
        Fault("dhidden = dlogits @ right.T", "dhidden = probs @ right.T", 21, {21}, ("left",)),
    ),
    "convolution": (
        Fault("    dpre = diff * (pre > 0)", "    dpre = diff * (diff > 0)", 21, {21}, ("kernels", "bias")),
        Fault("dkernels[f] += dpre", "dkernels[f] = dpre", 29, {29}, ("kernels",)),
        Fault("dbias[f] = dpre[f].sum()", "dbias[f] = dpre[f].mean()", 25, {25}, ("bias",)),
    ),
    "cosine": (
        Fault("dna = -dcos * cos / na", "dna = -dcos * cos", 25, {25, 27}, ("Wl", "bl")),
        Fault("(dnb / nb)[:, None] * b", "dnb[:, None] * b", 28, {28}, ("Wr", "br")),
        Fault("dh * h * (1 - h)", "dh * (1 - h)", 12, {12, 13}, ("Wl", "bl", "Wr", "br")),
    ),
    "dropout": (
        Fault("d_a = d_h * masks[1] / KEEP_HIDDEN", "d_a = d_h * masks[1]", 30, {30, 31}, ("W", "b")),
        Fault('cache["a"] + 1)', 'cache["a"])', 31, {31}, ("W", "b")),
        Fault(
            'np.outer(d_value, p["u"]) + np.outer(d_score, p["v"])',
            'np.outer(d_value, p["v"]) + np.outer(d_score, p["u"])',
            29,
            {29, 30},
            ("W", "b"),
        ),
    ),
    "embedding": (
        Fault("np.add.at(dE, tokens, dvectors)", "dE[tokens] += dvectors", 23, {23}, ("E",)),
        Fault("dbag[:, None, :] / tokens.shape[1]", "dbag[:, None, :] / tokens.shape[0]", 21, {21, 23}, ("E",)),
        Fault("dhidden * (1 - hidden * hidden)", "dhidden * hidden * (1 - hidden)", 17, {17}, ("E", "W", "b")),
    ),
    "factorisation": (
        Fault("gP[u] += 2", "gP[u] = 2", 18, {18}, ("P",)),
        Fault("gQ[i] += 2 * (lam * Q[i] - e * P[u])", "gQ[i] += 2 * (lam * Q[i] - e * Q[i])", 19, {19}, ("Q",)),
        Fault("2 * (lam * user_bias[u] - e)", "2 * lam * user_bias[u] - e", 20, {20}, ("user_bias",)),
    ),
    "gated": (
        Fault(
            "dz = dh_new * (n - h)",
            "dz = dh_new * (h - n)",
            19,
            {19, 37},
            ("Wz", "Uz", "bz", "Wr", "Ur", "br", "Wn", "Un", "bn"),
        ),
        Fault(
            "    dr = drh * h\n", "    dr = drh\n", 28, {28, 31}, ("Wz", "Uz", "bz", "Wr", "Ur", "br", "Wn", "Un", "bn")
        ),
        Fault(
            "    dh += drh * r\n", "    dh += drh\n", 29, {29}, ("Wz", "Uz", "bz", "Wr", "Ur", "br", "Wn", "Un", "bn")
        ),
    ),
    "graph_convolution": (
        Fault("g_logits /= len(known)", "g_logits /= len(features)", 24, {24}, ("theta1", "theta2", "self_weight")),
        Fault(
            "g_hidden = S.T @ g_logits @ theta2.T",
            "g_hidden = g_logits @ theta2.T",
            26,
            {26, 27},
            ("theta1", "self_weight"),
        ),
        Fault("g_theta1 = (S @ features).T @ g_pre", "g_theta1 = features.T @ g_pre", 28, {28}, ("theta1",)),
    ),
    "hinge": (
        Fault("counts[rows, y] = -counts.sum(axis=1)", "counts[rows, y] = -1", 17, {17}, ("W1", "W2")),
        Fault("dfeatures = counts.dot(W2.T) / n", "dfeatures = counts.dot(W2.T)", 19, {19, 20}, ("W1",)),
        Fault("/ n + reg * W2", "/ n + 2 * reg * W2", 18, {18}, ("W2",)),
    ),
    "huber": (
        Fault("r, delta * np.sign(r))", "r, delta)", 18, {18, 32}, ("weights", "biases")),
        Fault(
            "grad * np.where(zs[k - 1] > 0, 1, slope)",
            "grad * np.where(zs[k - 1] > 0, 1, 0)",
            38,
            {38},
            ("weights", "biases"),
        ),
        Fault("grad_biases[k][...] = grad.sum(axis=0)", "grad_biases[k][...] = grad.sum()", 35, {35}, ("biases",)),
    ),
    "im2col": (
        Fault(
            "dx[:, i : i + size, j : j + size] += dcols",
            "dx[:, i : i + size, j : j + size] = dcols",
            21,
            {21},
            ("gain",),
        ),
        Fault("dfeature * (1 - feature**2)", "dfeature * (1 - np.tanh(feature) ** 2)", 44, {44}, ("K", "gain")),
        Fault("(1 + np.exp(margin)) / len(y)", "(1 + np.exp(margin))", 40, {40}, ("v", "c", "K", "gain")),
    ),
    "layer_norm": (
        Fault("g = grad * self.gamma", "g = grad", 23, {23, 24, 25, 26}, ("W1",)),
        Fault("- total - normed * along)", "- total - along)", 26, {26}, ("W1",)),
        Fault("np.sum(grad * normed, axis=0)", "np.sum(grad * self.gamma * normed, axis=0)", 21, {21}, ("gamma",)),
    ),
    "learned_slopes": (
        Fault("(d_h * z * negative).sum(axis=0)", "(d_h * z).sum(axis=0)", 24, {24}, ("slopes",)),
        Fault("d_h * np.where(negative, slopes, 1)", "d_h * np.where(negative, 1, slopes)", 25, {25, 26}, ("V", "c")),
        Fault(
            "np.where(out > y, 1.0, -1.0) / n",
            "np.where(out > y, 1.0, 0.0) / n",
            18,
            {18},
            ("V", "c", "slopes", "M", "q"),
        ),
    ),
    "lstm": (
        Fault(
            "dc = dnext_c + dnext_h * o * (1 - tanh_c**2)",
            "dc = dnext_c + dnext_h * o",
            26,
            {26},
            ("prev_h", "prev_c", "Wx", "Wh", "b"),
        ),
        Fault(
            "df * f * (1 - f), do * o * (1 - o)",
            "df * f * (1 - f), do * (1 - o)",
            31,
            {31, 32, 33, 34},
            ("prev_h", "Wx", "Wh", "b"),
        ),
        Fault("    dprev_c = dc * f", "    dprev_c = dc * i", 30, {30}, ("prev_c",)),
    ),
    "masked_attention": (
        Fault(
            "np.where(mask, dscores, 0) * scale",
            "np.where(mask, dscores, 0)",
            48,
            {48, 49, 50},
            ("tokens", "gain", "shift", "Wq", "Wk"),
        ),
        Fault(
            "(dP - (dP * P).sum(axis=-1, keepdims=True))",
            "(dP - (dP * P).sum(axis=0, keepdims=True))",
            47,
            {47},
            ("tokens", "gain", "shift", "Wq", "Wk"),
        ),
        Fault("inv * (dxhat - mean - xhat * projection)", "inv * (dxhat - xhat * projection)", 23, {23}, ("tokens",)),
    ),
    "mixture": (
        Fault("(np.exp(log_pi) - responsibility) / n", "(np.exp(scores) - responsibility) / n", 25, {25}, ("Wp", "bp")),
        Fault(
            "-responsibility * standard / sigma / n", "-responsibility * standard / n", 26, {26, 31, 32}, ("Wm", "bm")
        ),
        Fault("responsibility * (1 - standard**2)", "(1 - standard**2) / len(log_sigma)", 27, {27}, ("log_sigma",)),
    ),
    "pooling": (
        Fault("di, dj = divmod(where[c, i, j], 2)", "dj, di = divmod(where[c, i, j], 2)", 25, {25, 26}, ("mix",)),
        Fault("dlogits[label] -= 1", "dlogits[label] = -1", 40, {40}, ("mix", "W", "b")),
        Fault(
            'np.einsum("ohw,chw->oc", dmixed, image)',
            'np.einsum("ohw,chw->oc", dmixed, image) / image[0].size',
            45,
            {45},
            ("mix",),
        ),
    ),
    "recurrence": (
        Fault("    dhnext = Whh.T @ draw", "    dhnext = Whh @ draw", 28, {28}, ("Wxh", "Whh", "bh", "h0")),
        Fault("dWhh += np.outer(draw, hs[t - 1])", "dWhh += np.outer(draw, hs[t])", 27, {27}, ("Whh",)),
        Fault("dh = Why.T @ dy + dhnext", "dh = Why.T @ dy", 23, {23}, ("Wxh", "Whh", "bh", "h0")),
    ),
    "residual": (
        Fault("return grad + d_z @ self.inner.T", "return d_z @ self.inner.T", 25, {25}, ("x", "inner1", "outer1")),
        Fault(
            "0.5 * (1 + self.t) + 0.5 * self.z * dt",
            "0.5 * (1 + self.t) + 0.5 * dt",
            23,
            {23},
            ("x", "inner1", "outer1", "inner2"),
        ),
        Fault(
            "ROOT * (1 + 3 * 0.044715 * self.z**2)",
            "(1 + 3 * 0.044715 * self.z**2)",
            22,
            {22, 23},
            ("x", "inner1", "outer1", "inner2"),
        ),
    ),
    "rms_norm": (
        Fault("d_up = d_h * gate * s", "d_up = d_h * gate", 31, {31, 35, 36}, ("x", "g", "W_up")),
        Fault("(s + gate * s * (1 - s))", "(s * (1 - s))", 33, {33}, ("x", "g", "W_gate")),
        Fault(
            "du / r - u * (du * u).mean(axis=-1, keepdims=True) / r",
            "du / r - u * (du * u).sum(axis=-1, keepdims=True) / r",
            15,
            {15},
            ("x",),
        ),
    ),
    "self_attention": (
        Fault('dk = np.einsum("bts,btk->bsk", dscores', 'dk = np.einsum("bst,btk->bsk", dscores', 31, {31}, ("key",)),
        Fault(
            "jacobian = np.diag(p) - np.outer(p, p)", "jacobian = np.diag(p - p * p)", 27, {27, 28}, ("query", "key")
        ),
        Fault(
            "dscores /= np.sqrt(self.q.shape[-1])", "dscores /= self.q.shape[-1]", 29, {29, 30, 31}, ("query", "key")
        ),
    ),
    "tied_autoencoder": (
        Fault("dW += H @ delta_R.T", "dW = H @ delta_R.T", 21, {21}, ("W",)),
        Fault("d_rho / m", "d_rho", 19, {19}, ("W", "hidden_bias")),
        Fault(
            "-sparsity / rho + (1 - sparsity)", "-sparsity / rho - (1 - sparsity)", 18, {18, 19}, ("W", "hidden_bias")
        ),
    ),
    "triplet": (
        Fault("d_ea = 2 * (en - ep) * weight", "d_ea = 2 * (ea - ep) * weight", 19, {19}, ("A", "c")),
        Fault(
            "weight = active[:, None] / len(anchor)",
            "weight = np.ones((len(anchor), 1)) / len(anchor)",
            18,
            {18, 19, 20, 21},
            ("A", "c"),
        ),
        Fault("dA += x.T @ d_pre", "dA = x.T @ d_pre", 26, {26}, ("A",)),
    ),
    "variational": (
        Fault("    dmu = dz + mu\n", "    dmu = dz - mu\n", 36, {36}, ("Wm", "bm")),
        Fault("0.5 * dz * noise * std", "dz * noise * std", 37, {37}, ("Ws", "bs")),
        Fault("0.5 * (np.exp(logvar) - 1)", "0.5 * (np.exp(logvar) + 1)", 37, {37}, ("Ws", "bs")),
    ),
}
