import numpy as np

C = np.sqrt(2 / np.pi)

def gelu(x):
    return 0.5 * x * (1 + np.tanh(C * (x + 0.044715 * x ** 3)))

def gelu_grad(x):
    t = np.tanh(C * (x + 0.044715 * x ** 3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * C * (1 + 0.044715 * x ** 2)

def mlp(x, y, weights):
    w_in, w_out = weights
    pre = x @ w_in
    hid = gelu(pre)
    pred = hid @ w_out
    loss = ((pred - y) ** 2).mean()
    g_pred = 2 * (pred - y) / y.size
    g_out = hid.T @ g_pred
    g_hid = g_pred @ w_out.T
    g_in = x.T @ (g_hid * gelu_grad(pre))
    return loss, [g_in, g_out]
