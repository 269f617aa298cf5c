import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W = 0.1 * np.random.randn(n_in, n_out)
        self.b = np.zeros((1, n_out))

    def forward(self, inputs):
        self.inputs = inputs
        return np.dot(inputs, self.W) + self.b

    def backward(self, grad):
        self.dW = np.dot(self.inputs.T, grad)
        self.db = np.sum(grad, axis=0, keepdims=True)
        return np.dot(grad, self.W.T)


class SigmoidLayer:
    def forward(self, inputs):
        self.inputs = inputs
        self.out = 1 / (1 + np.exp(-inputs))
        return self.out

    def backward(self, grad):
        return grad * self.inputs * (1 - self.inputs)


class Mse:
    def forward(self, pred, target):
        self.diff = pred - target
        return np.mean(self.diff ** 2)

    def backward(self):
        return 2 * self.diff / self.diff.size


class Network:
    def __init__(self, sizes):
        self.layers = []
        for n_in, n_out in zip(sizes[:-2], sizes[1:-1]):
            self.layers += [Dense(n_in, n_out), SigmoidLayer()]
        self.layers.append(Dense(sizes[-2], sizes[-1]))
        self.loss = Mse()

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self):
        grad = self.loss.backward()
        for layer in reversed(self.layers):
            grad = layer.backward(grad)

    def train_step(self, x, y, lr):
        loss = self.loss.forward(self.forward(x), y)
        self.backward()
        for layer in self.layers:
            if isinstance(layer, Dense):
                layer.W -= lr * layer.dW
                layer.b -= lr * layer.db
        return loss
