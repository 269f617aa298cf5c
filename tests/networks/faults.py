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
    "convolution": (
        Fault("    dpre = diff * (pre > 0)", "    dpre = diff * (diff > 0)", 21, {21}, ("kernels", "bias")),
        Fault("dkernels[f] += dpre", "dkernels[f] = dpre", 29, {29}, ("kernels",)),
        Fault("dbias[f] = dpre[f].sum()", "dbias[f] = dpre[f].mean()", 25, {25}, ("bias",)),
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
    "self_attention": (
        Fault('dk = np.einsum("bts,btk->bsk", dscores', 'dk = np.einsum("bst,btk->bsk", dscores', 31, {31}, ("key",)),
        Fault(
            "jacobian = np.diag(p) - np.outer(p, p)", "jacobian = np.diag(p - p * p)", 27, {27, 28}, ("query", "key")
        ),
        Fault(
            "dscores /= np.sqrt(self.q.shape[-1])", "dscores /= self.q.shape[-1]", 29, {29, 30, 31}, ("query", "key")
        ),
    ),
    "layer_norm": (
        Fault("g = grad * self.gamma", "g = grad", 24, {24, 25, 26, 27}, ("W1",)),
        Fault("- total - normed * along)", "- total - along)", 27, {27}, ("W1",)),
        Fault("np.sum(grad * normed, axis=0)", "np.sum(grad * self.gamma * normed, axis=0)", 22, {22}, ("gamma",)),
    ),
    "batch_norm": (
        Fault("dsqrtvar = -divar / sqrtvar**2", "dsqrtvar = -divar / sqrtvar", 26, {26, 27}, ("W",)),
        Fault("dmu = -np.sum(dx1, axis=0)", "dmu = np.sum(dx1, axis=0)", 31, {31, 32}, ("W",)),
        Fault("dnormed[normed <= 0] = 0", "dnormed[h <= 0] = 0", 45, {45}, ("W", "gamma", "beta")),
    ),
    "embedding": (
        Fault("np.add.at(dE, tokens, dvectors)", "dE[tokens] += dvectors", 23, {23}, ("E",)),
        Fault("dbag[:, None, :] / tokens.shape[1]", "dbag[:, None, :] / tokens.shape[0]", 21, {21, 23}, ("E",)),
        Fault("dhidden * (1 - hidden * hidden)", "dhidden * hidden * (1 - hidden)", 17, {17}, ("E", "W", "b")),
    ),
    "bigram": (
        Fault("dlogits[range(n), ys] -= 1", "dlogits[range(n), xs] -= 1", 17, {17}, ("table", "left", "right")),
        Fault("dtable[x] += dlogits[i]", "dtable[x] = dlogits[i]", 23, {23}, ("table",)),
        Fault("dhidden = dlogits @ right.T", "dhidden = probs @ right.T", 21, {21}, ("left",)),
    ),
}
