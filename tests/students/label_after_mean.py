import numpy as np

def log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

def nll_and_grads(x, labels, w1, b1, w2, b2):
    n = len(labels)
    h = 1 / (1 + np.exp(-(x @ w1 + b1)))
    logp = log_softmax(h @ w2 + b2)
    loss = -logp[np.arange(n), labels].mean()
    d_logits = np.exp(logp) / n
    d_logits[np.arange(n), labels] -= 1
    d_w2 = h.T @ d_logits
    d_b2 = d_logits.sum(axis=0)
    d_h = d_logits @ w2.T
    d_a = d_h * h * (1 - h)
    return loss, x.T @ d_a, d_a.sum(axis=0), d_w2, d_b2
