import numpy as np


class Linear:
    def __init__(self, W, b):
        self.W = W
        self.b = b

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, dout):
        self.dW = self.X.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Tanh:
    def forward(self, X):
        self.out = np.tanh(X)
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out ** 2)


class Softmax:
    def forward(self, X):
        e = np.exp(X - X.max(axis=1, keepdims=True))
        self.out = e / e.sum(axis=1, keepdims=True)
        return self.out

    def backward(self, dout):
        # derivative of the softmax: s * (1 - s)
        return dout * self.out * (1 - self.out)


class CrossEntropy:
    def forward(self, p, y):
        self.p, self.y = p, y
        return -np.mean(np.sum(y * np.log(p), axis=1))

    def backward(self):
        return -self.y / self.p / len(self.y)


class Classifier:
    def __init__(self, W1, b1, W2, b2):
        self.fc1 = Linear(W1, b1)
        self.act = Tanh()
        self.fc2 = Linear(W2, b2)
        self.softmax = Softmax()
        self.criterion = CrossEntropy()

    def forward(self, X, y):
        h = self.act.forward(self.fc1.forward(X))
        p = self.softmax.forward(self.fc2.forward(h))
        return self.criterion.forward(p, y)

    def backward(self):
        d = self.softmax.backward(self.criterion.backward())
        d = self.fc2.backward(d)
        d = self.act.backward(d)
        self.fc1.backward(d)
        return self.fc1.dW, self.fc1.db, self.fc2.dW, self.fc2.db
