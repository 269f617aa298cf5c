import numpy as np

def sigma(v):
    return 1./(1. + np.exp(-v))

def gradient_for_one(x, y, V, W):
    # x has n entries, V is n x k, W is k x m
    h = sigma(x.dot(V))
    o = sigma(h.dot(W))
    delta_out = (o - y)*o*(1. - o)
    delta_hidden = W.dot(delta_out)*h*(1. - h)
    dW = np.outer(delta_out, h)
    dV = np.outer(x, delta_hidden)
    return 0.5*((o - y)**2).sum(), dV, dW
