"""A variational autoencoder: the noise is given, the loss is reconstruction plus the Gaussian KL divergence."""

import numpy as np


class Encoder:
    def __init__(self, Wm, bm, Ws, bs):
        self.Wm, self.bm, self.Ws, self.bs = Wm, bm, Ws, bs

    def __call__(self, x):
        self.x = x
        return x @ self.Wm + self.bm, x @ self.Ws + self.bs

    def backward(self, d_mu, d_logvar):
        return {
            "Wm": self.x.T @ d_mu,
            "bm": d_mu.sum(axis=0),
            "Ws": self.x.T @ d_logvar,
            "bs": d_logvar.sum(axis=0),
        }


def negative_elbo(x, noise, Wm, bm, Ws, bs, Wd, bd):
    encoder = Encoder(Wm, bm, Ws, bs)
    mu, logvar = encoder(x)
    std = np.exp(0.5 * logvar)
    z = mu + std * noise
    reconstruction = z @ Wd + bd
    error = reconstruction - x
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    loss = 0.5 * np.sum(error**2) + kl

    dWd = z.T @ error
    dbd = error.sum(axis=0)
    dz = error @ Wd.T
    dmu = dz + mu
    dlogvar = 0.5 * dz * noise * std + 0.5 * (np.exp(logvar) - 1)
    grads = encoder.backward(dmu, dlogvar)
    grads.update(Wd=dWd, bd=dbd)
    return loss, grads


def example(rng):
    n, d, k = 3, 5, 2
    return {
        "x": rng.normal(size=(n, d)),
        "noise": rng.normal(size=(n, k)),
        "Wm": rng.normal(size=(d, k)),
        "bm": rng.normal(size=k),
        "Ws": 0.5 * rng.normal(size=(d, k)),
        "bs": rng.normal(size=k),
        "Wd": rng.normal(size=(k, d)),
        "bd": rng.normal(size=d),
    }
