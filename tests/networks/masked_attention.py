"""A causal attention block: layer norm, attention with a mask, a residual connection, squared error per token."""

import numpy as np

EPS = 1e-5


def layer_norm(x, gain, shift):
    mu = x.mean(axis=-1, keepdims=True)
    centred = x - mu
    inv = 1 / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPS)
    xhat = centred * inv
    return xhat * gain + shift, (xhat, inv, gain)


def layer_norm_backward(dout, cache):
    xhat, inv, gain = cache
    dgain = (dout * xhat).sum(axis=0)
    dshift = dout.sum(axis=0)
    dxhat = dout * gain
    mean = dxhat.mean(axis=-1, keepdims=True)
    projection = (dxhat * xhat).mean(axis=-1, keepdims=True)
    return inv * (dxhat - mean - xhat * projection), dgain, dshift


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def block(tokens, target, mask, gain, shift, Wq, Wk, Wv, Wo):
    normed, norm_cache = layer_norm(tokens, gain, shift)
    Q, K, V = normed @ Wq, normed @ Wk, normed @ Wv
    scale = 1 / np.sqrt(Wq.shape[1])
    scores = np.where(mask, Q @ K.T * scale, -1e9)
    P = softmax(scores)
    context = P @ V
    out = tokens + context @ Wo
    error = out - target
    loss = np.mean(np.sum(error**2, axis=1))

    dout = 2 * error / len(tokens)
    dWo = context.T @ dout
    dcontext = dout @ Wo.T
    dP = dcontext @ V.T
    dV = P.T @ dcontext
    dscores = P * (dP - (dP * P).sum(axis=-1, keepdims=True))
    dscores = np.where(mask, dscores, 0) * scale
    dQ = dscores @ K
    dK = dscores.T @ Q
    dWq = normed.T @ dQ
    dWk = normed.T @ dK
    dWv = normed.T @ dV
    dnormed = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    dtokens, dgain, dshift = layer_norm_backward(dnormed, norm_cache)
    dtokens = dtokens + dout
    return loss, {
        "tokens": dtokens,
        "gain": dgain,
        "shift": dshift,
        "Wq": dWq,
        "Wk": dWk,
        "Wv": dWv,
        "Wo": dWo,
    }


def example(rng):
    T, d, k, v = 4, 5, 2, 3
    return {
        "tokens": rng.normal(size=(T, d)),
        "target": rng.normal(size=(T, d)),
        "mask": np.tril(np.ones((T, T), dtype=bool)),
        "gain": rng.normal(size=d),
        "shift": rng.normal(size=d),
        "Wq": rng.normal(size=(d, k)),
        "Wk": rng.normal(size=(d, k)),
        "Wv": rng.normal(size=(d, v)),
        "Wo": rng.normal(size=(v, d)),
    }
