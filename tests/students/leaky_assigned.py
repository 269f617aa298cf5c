import numpy as np

ALPHA = 0.01

def leaky_relu(x):
    return np.where(x > 0, x, ALPHA * x)

def train(X, Y, W1, b1, W2, b2, lr, epochs):
    losses = []
    for epoch in range(epochs):
        # forward
        z1 = X @ W1 + b1
        a1 = leaky_relu(z1)
        y_hat = a1 @ W2 + b2
        losses.append(np.mean((y_hat - Y) ** 2))
        # backward
        d_yhat = 2 * (y_hat - Y) / Y.size
        d_W2 = a1.T @ d_yhat
        d_b2 = d_yhat.sum(axis=0)
        d_z1 = d_yhat @ W2.T
        d_z1[z1 <= 0] = ALPHA
        d_W1 = X.T @ d_z1
        d_b1 = d_z1.sum(axis=0)
        # update
        W1 = W1 - lr * d_W1
        b1 = b1 - lr * d_b1
        W2 = W2 - lr * d_W2
        b2 = b2 - lr * d_b2
    return W1, b1, W2, b2, losses
