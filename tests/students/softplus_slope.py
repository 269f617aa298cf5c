import numpy as np

softplus = lambda x: np.log1p(np.exp(x))
logistic = lambda x: 1/(1 + np.exp(-x))   # the derivative of softplus

def grads(X, Y, W1, W2):
    N = X.shape[0]
    Z = X @ W1
    A = softplus(Z)
    P = A @ W2
    loss = 0.5*np.sum((P - Y)**2)/N
    dP = (P - Y)/N
    dW2 = A.T @ dP
    dA = dP @ W2.T
    dZ = dA*logistic(A)
    dW1 = X.T @ dZ
    return loss, dW1, dW2
