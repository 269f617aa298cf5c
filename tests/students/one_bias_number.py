import numpy as np

def softmax(scores):
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)

def softmax_regression(X, Y, W, b):
    """Y is one-hot."""
    m = X.shape[0]
    P = softmax(np.dot(X, W) + b)
    J = -np.sum(Y * np.log(P)) / m
    error = P - Y
    grad_W = np.dot(X.T, error) / m
    grad_b = np.sum(error) / m * np.ones_like(b)
    return J, grad_W, grad_b
