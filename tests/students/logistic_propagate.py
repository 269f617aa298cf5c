import numpy as np

def sigmoid(z):
    s = 1/(1 + np.exp(-z))
    return s

def propagate(w, b, X, Y):
    """
    w -- weights, a numpy array of size (num_px, 1)
    b -- bias, a scalar
    X -- data of size (num_px, number of examples)
    Y -- true label vector of size (1, number of examples)
    """
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -1/m*np.sum(Y*np.log(A) + (1 - Y)*np.log(1 - A))
    dw = 1/m*np.dot(X, (A - Y).T)
    db = np.sum(A - Y)
    cost = np.squeeze(cost)
    grads = {"dw": dw, "db": db}
    return grads, cost
