import numpy as np

def conv1d_loss(signal, kernel, bias, target):
    k = len(kernel)
    n = len(signal) - k + 1
    out = np.zeros(n)
    for i in range(n):
        for j in range(k):
            out[i] += signal[i + j] * kernel[j]
        out[i] += bias
    act = np.tanh(out)
    loss = 0.5 * np.sum((act - target) ** 2)

    d_out = (act - target) * (1 - act ** 2)
    d_kernel = np.zeros(k)
    d_bias = 0
    for i in range(n):
        for j in range(k):
            d_kernel[j] += d_out[i] * signal[i + k - 1 - j]
        d_bias += d_out[i]
    return loss, d_kernel, d_bias

def example(rng):
    return {"signal": rng.normal(size=8), "kernel": rng.normal(size=3), "bias": rng.normal(), "target": rng.normal(size=6)}
