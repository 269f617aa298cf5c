"""A valid convolution with several channels, ReLU, and a squared error, in loops."""

import numpy as np


def conv_loss(image, kernels, bias, target):
    _, height, width = image.shape
    filters, _, kh, kw = kernels.shape
    out_h, out_w = height - kh + 1, width - kw + 1

    pre = np.zeros((filters, out_h, out_w))
    for f in range(filters):
        for i in range(out_h):
            for j in range(out_w):
                patch = image[:, i : i + kh, j : j + kw]
                pre[f, i, j] = np.sum(patch * kernels[f]) + bias[f]
    act = np.maximum(pre, 0)
    diff = act - target
    loss = 0.5 * np.sum(diff**2)

    dpre = diff * (pre > 0)
    dkernels = np.zeros_like(kernels)
    dbias = np.zeros_like(bias)
    for f in range(filters):
        dbias[f] = dpre[f].sum()
        for i in range(out_h):
            for j in range(out_w):
                patch = image[:, i : i + kh, j : j + kw]
                dkernels[f] += dpre[f, i, j] * patch
    return loss, {"kernels": dkernels, "bias": dbias}


def example(rng):
    return {
        "image": rng.normal(size=(2, 5, 4)),
        "kernels": rng.normal(size=(3, 2, 2, 3)),
        "bias": rng.normal(size=3),
        "target": rng.normal(size=(3, 4, 2)),
    }
