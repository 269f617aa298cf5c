"""Batch normalisation with the long backward pass, a line for every node of the graph."""

import numpy as np


def batchnorm_forward(x, gamma, beta, eps):
    mu = x.mean(axis=0)
    xmu = x - mu
    sq = xmu**2
    var = sq.mean(axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    out = gamma * xhat + beta
    return out, (xhat, gamma, xmu, ivar, sqrtvar)


def batchnorm_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -divar / sqrtvar**2
    dvar = 0.5 * dsqrtvar * ivar
    dsq = np.ones((N, D)) * dvar / N
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -np.sum(dx1, axis=0)
    dx2 = np.ones((N, D)) * dmu / N
    return dx1 + dx2, dgamma, dbeta


def gradients(features, y, W, gamma, beta, w_out, eps=1e-5):
    h = features @ W
    normed, cache = batchnorm_forward(h, gamma, beta, eps)
    act = normed * (normed > 0)
    pred = act @ w_out
    loss = np.sum((pred - y) ** 2) / len(y)
    dpred = 2 * (pred - y) / len(y)
    dw_out = act.T @ dpred
    dnormed = np.outer(dpred, w_out)
    dnormed[normed <= 0] = 0
    dh, dgamma, dbeta = batchnorm_backward(dnormed, cache)
    dW = features.T @ dh
    return loss, (dW, dgamma, dbeta, dw_out)


def example(rng):
    return {
        "features": rng.normal(size=(6, 3)),
        "y": rng.normal(size=6),
        "W": rng.normal(size=(3, 4)),
        "gamma": 1 + 0.3 * rng.normal(size=4),
        "beta": 0.5 * rng.normal(size=4),
        "w_out": rng.normal(size=4),
    }
