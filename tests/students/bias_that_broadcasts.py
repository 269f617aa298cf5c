import numpy as np

def initialize(n_x, n_h, n_y):
    return {"W1": np.random.randn(n_h, n_x)*0.01, "b1": np.zeros((n_h, 1)),
            "W2": np.random.randn(n_y, n_h)*0.01, "b2": np.zeros((n_y, 1))}

def forward(X, params):
    A1 = np.maximum(0, params["W1"] @ X + params["b1"])
    Yhat = params["W2"] @ A1 + params["b2"]
    return Yhat, A1

def loss(Yhat, Y):
    return np.sum((Yhat - Y)**2)/Y.shape[1]

def backward(X, Y, params):
    Yhat, A1 = forward(X, params)
    m = X.shape[1]
    dYhat = 2*(Yhat - Y)/m
    dZ1 = params["W2"].T @ dYhat
    dZ1[A1 == 0] = 0
    return {"dW1": dZ1 @ X.T, "db1": np.sum(dZ1, axis=1),
            "dW2": dYhat @ A1.T, "db2": np.sum(dYhat, axis=1, keepdims=True)}
