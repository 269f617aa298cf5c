import numpy as np

def tanh(x):
    return np.tanh(x)

def tanh_prime(x):
    return (np.exp(2*x) - 1)/(np.exp(2*x) + 1)

def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))

def mse_prime(y_true, y_pred):
    return 2*(y_pred - y_true)/y_true.size

def gradients(x, y, w1, w2):
    z = np.dot(x, w1)
    a = tanh(z)
    pred = np.dot(a, w2)
    d_pred = mse_prime(y, pred)
    d_w2 = np.dot(a.T, d_pred)
    d_a = np.dot(d_pred, w2.T)
    d_z = d_a*tanh_prime(z)
    d_w1 = np.dot(x.T, d_z)
    return mse(y, pred), d_w1, d_w2
