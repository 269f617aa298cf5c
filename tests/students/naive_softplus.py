import numpy as np

def softplus(z):
    return np.log(1 + np.exp(z))

def loss_and_grad(X, y, W1, b1, W2, b2):
    z = X @ W1 + b1
    h = softplus(z)
    out = h @ W2 + b2
    err = out - y
    loss = np.sum(err**2)/(2*len(X))

    d_out = err/len(X)
    d_z = (d_out @ W2.T)/(1 + np.exp(-z))
    return loss, X.T @ d_z, d_z.sum(axis=0), h.T @ d_out, d_out.sum(axis=0)
