import numpy as np

def ReLU(Z):
    return np.maximum(Z, 0)

def softmax(Z):
    return np.exp(Z) / sum(np.exp(Z))

def forward_prop(W1, b1, W2, b2, X):
    Z1 = X.dot(W1) + b1
    A1 = ReLU(Z1)
    Z2 = A1.dot(W2) + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2

def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = len(X)
    dZ2 = A2 - Y
    dW2 = 1 / m * A1.T.dot(dZ2)
    db2 = 1 / m * np.sum(dZ2, 0)
    dZ1 = dZ2.dot(W2.T) * (Z1 > 0)
    dW1 = 1 / m * X.T.dot(dZ1)
    db1 = 1 / m * np.sum(dZ1, 0)
    return dW1, db1, dW2, db2

def cross_entropy(A2, Y):
    return -np.sum(Y * np.log(A2)) / len(Y)
