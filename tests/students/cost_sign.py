import numpy as np

def sigmoid(z):
    return 1/(1+np.exp(-z))

# X is (n_x, m), Y is (n_y, m)
def cost_and_grads(X, Y, W1, b1, W2, b2):
    m = X.shape[1]
    # forward
    Z1 = np.dot(W1, X) + b1
    A1 = sigmoid(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    cost = np.sum(-Y*np.log(A2) + (1-Y)*np.log(1-A2))/m
    # backward
    dZ2 = A2 - Y
    dW2 = np.dot(dZ2, A1.T)/m
    db2 = np.sum(dZ2, axis=1, keepdims=True)/m
    dZ1 = np.dot(W2.T, dZ2)*A1*(1-A1)
    dW1 = np.dot(dZ1, X.T)/m
    db1 = np.sum(dZ1, axis=1, keepdims=True)/m
    return cost, dW1, db1, dW2, db2
