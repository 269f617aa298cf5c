import numpy as np

def sigmoid(z): return 1/(1 + np.exp(-z))
def dsigmoid(a): return a*(1 - a)

class NeuralNetwork:
    def __init__(self, n_input, n_hidden1, n_hidden2, n_output):
        self.W1 = np.random.randn(n_input, n_hidden1)
        self.W2 = np.random.randn(n_hidden1, n_hidden2)
        self.W3 = np.random.randn(n_hidden2, n_output)

    def forward(self, X):
        self.a1 = sigmoid(X @ self.W1)
        self.a2 = sigmoid(self.a1 @ self.W2)
        self.a3 = sigmoid(self.a2 @ self.W3)
        return self.a3

    def loss(self, X, y):
        return 0.5*np.sum((y - self.forward(X))**2)

    def backward(self, X, y):
        out = self.forward(X)
        delta3 = (out - y)*dsigmoid(out)
        delta2 = (delta3 @ self.W3.T)
        delta1 = (delta2 @ self.W2.T)*dsigmoid(self.a1)
        self.dW3 = self.a2.T @ delta3
        self.dW2 = self.a1.T @ delta2
        self.dW1 = X.T @ delta1
