"""Classes in the forms that people write are recognised: networks, layers, small automatic differentiation.

Each text is right; with `wrong` in place of `right` it has a fault, which has to show in what its recipe gives.
"""

from typing import NamedTuple

import numpy as np
import pytest

from fourfold.compare.check.forms import class_trials, classes, layers, scalars


class Style(NamedTuple):
    """How somebody writes a class."""

    room: object  # the module that recognises it
    text: str
    right: str
    wrong: str
    words: tuple = ()  # that are in what was recognised


ELEVEN_LINES = """
from numpy import exp, array, random, dot

class NeuralNetwork():
    def __init__(self):
        random.seed(1)
        self.synaptic_weights = 2 * random.random((3, 1)) - 1
    def __sigmoid(self, x):
        return 1 / (1 + exp(-x))
    def __sigmoid_derivative(self, x):
        return x * (1 - x)
    def train(self, training_set_inputs, training_set_outputs, number_of_training_iterations):
        for iteration in range(number_of_training_iterations):
            output = self.think(training_set_inputs)
            error = training_set_outputs - output
            adjustment = dot(training_set_inputs.T, error * self.__sigmoid_derivative(output))
            self.synaptic_weights += adjustment
    def think(self, inputs):
        return self.__sigmoid(dot(inputs, self.synaptic_weights))
"""

COST_FUNCTION = """
import numpy as np

class Neural_Network(object):
    def __init__(self):
        self.inputLayerSize = 2
        self.outputLayerSize = 1
        self.hiddenLayerSize = 3
        self.W1 = np.random.randn(self.inputLayerSize, self.hiddenLayerSize)
        self.W2 = np.random.randn(self.hiddenLayerSize, self.outputLayerSize)
    def forward(self, X):
        self.z2 = np.dot(X, self.W1)
        self.a2 = self.sigmoid(self.z2)
        self.z3 = np.dot(self.a2, self.W2)
        return self.sigmoid(self.z3)
    def sigmoid(self, z):
        return 1/(1+np.exp(-z))
    def sigmoidPrime(self, z):
        return np.exp(-z)/((1+np.exp(-z))**2)
    def costFunction(self, X, y):
        self.yHat = self.forward(X)
        return 0.5*sum((y-self.yHat)**2)
    def costFunctionPrime(self, X, y):
        self.yHat = self.forward(X)
        delta3 = np.multiply(-(y-self.yHat), self.sigmoidPrime(self.z3))
        dJdW2 = np.dot(self.a2.T, delta3)
        delta2 = np.dot(delta3, self.W2.T)*self.sigmoidPrime(self.z2)
        dJdW1 = np.dot(X.T, delta2)
        return dJdW1, dJdW2
"""

ADDED_TO_THE_WEIGHTS = """
import numpy as np

class Neural_Network(object):
    def __init__(self):
        self.inputSize, self.outputSize, self.hiddenSize = 2, 1, 3
        self.W1 = np.random.randn(self.inputSize, self.hiddenSize)
        self.W2 = np.random.randn(self.hiddenSize, self.outputSize)
    def forward(self, X):
        self.z2 = self.sigmoid(np.dot(X, self.W1))
        o = self.sigmoid(np.dot(self.z2, self.W2))
        return o
    def sigmoid(self, s):
        return 1/(1+np.exp(-s))
    def sigmoidPrime(self, s):
        return s * (1 - s)
    def backward(self, X, y, o):
        self.o_error = y - o
        self.o_delta = self.o_error*self.sigmoidPrime(o)
        self.z2_error = self.o_delta.dot(self.W2.T)
        self.z2_delta = self.z2_error*self.sigmoidPrime(self.z2)
        self.W1 += X.T.dot(self.z2_delta)
        self.W2 += self.z2.T.dot(self.o_delta)
    def train(self, X, y):
        o = self.forward(X)
        self.backward(X, y, o)
    def saveWeights(self):
        np.savetxt("w1.txt", self.W1, fmt="%s")
"""

LISTS_FOR_ARGUMENTS = """
import numpy

class neuralNetwork:
    def __init__(self, inputnodes, hiddennodes, outputnodes, learningrate):
        self.inodes, self.hnodes, self.onodes = inputnodes, hiddennodes, outputnodes
        self.wih = numpy.random.normal(0.0, pow(self.inodes, -0.5), (self.hnodes, self.inodes))
        self.who = numpy.random.normal(0.0, pow(self.hnodes, -0.5), (self.onodes, self.hnodes))
        self.lr = learningrate
        self.activation_function = lambda x: 1/(1+numpy.exp(-x))
    def train(self, inputs_list, targets_list):
        inputs = numpy.array(inputs_list, ndmin=2).T
        targets = numpy.array(targets_list, ndmin=2).T
        hidden_outputs = self.activation_function(numpy.dot(self.wih, inputs))
        final_outputs = self.activation_function(numpy.dot(self.who, hidden_outputs))
        output_errors = (targets - final_outputs) * final_outputs * (1.0 - final_outputs)
        hidden_errors = numpy.dot(self.who.T, output_errors)
        self.who += self.lr * numpy.dot(output_errors, numpy.transpose(hidden_outputs))
        hidden_errors = hidden_errors * hidden_outputs * (1.0 - hidden_outputs)
        self.wih += self.lr * numpy.dot(hidden_errors, numpy.transpose(inputs))
    def query(self, inputs_list):
        inputs = numpy.array(inputs_list, ndmin=2).T
        hidden_outputs = self.activation_function(numpy.dot(self.wih, inputs))
        return self.activation_function(numpy.dot(self.who, hidden_outputs))
"""

LISTS_OF_COLUMNS = """
import random
import numpy as np

class CrossEntropyCost(object):
    @staticmethod
    def fn(a, y):
        return np.sum(-y*np.log(a)-(1-y)*np.log(1-a))
    @staticmethod
    def delta(z, a, y):
        return (a-y)

class Network(object):
    def __init__(self, sizes, cost=CrossEntropyCost):
        self.num_layers = len(sizes)
        self.cost = cost
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]
    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a)+b)
        return a
    def SGD(self, training_data, epochs, mini_batch_size, eta, test_data=None):
        n = len(training_data)
        for j in range(epochs):
            random.shuffle(training_data)
            for k in range(0, n, mini_batch_size):
                self.update_mini_batch(training_data[k:k+mini_batch_size], eta)
            print("Epoch {0} complete".format(j))
    def update_mini_batch(self, mini_batch, eta):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb+dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw+dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        self.weights = [w-(eta/len(mini_batch))*nw for w, nw in zip(self.weights, nabla_w)]
        self.biases = [b-(eta/len(mini_batch))*nb for b, nb in zip(self.biases, nabla_b)]
    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation, activations, zs = x, [x], []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation)+b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        delta = (self.cost).delta(zs[-1], activations[-1], y)
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            delta = np.dot(self.weights[-l+1].transpose(), delta) * sigmoid_prime(zs[-l])
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l-1].transpose())
        return (nabla_b, nabla_w)

def sigmoid(z):
    return 1.0/(1.0+np.exp(-z))

def sigmoid_prime(z):
    return sigmoid(z)*(1-sigmoid(z))
"""

LOSS_WITH_LABELS = """
import numpy as np

class TwoLayerNet(object):
  def __init__(self, input_size, hidden_size, output_size, std=1e-4):
    self.params = {}
    self.params['W1'] = std * np.random.randn(input_size, hidden_size)
    self.params['b1'] = np.zeros(hidden_size)
    self.params['W2'] = std * np.random.randn(hidden_size, output_size)
    self.params['b2'] = np.zeros(output_size)
  def loss(self, X, y=None, reg=0.0):
    W1, b1 = self.params['W1'], self.params['b1']
    W2, b2 = self.params['W2'], self.params['b2']
    N, D = X.shape
    h1 = np.maximum(0, X.dot(W1) + b1)
    scores = h1.dot(W2) + b2
    if y is None:
      return scores
    shift = scores - np.max(scores, axis=1).reshape(-1, 1)
    softmax = np.exp(shift) / np.sum(np.exp(shift), axis=1).reshape(-1, 1)
    loss = -np.sum(np.log(softmax[range(N), list(y)])) / N
    loss += 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    grads = {}
    dscores = softmax.copy()
    dscores[range(N), list(y)] -= 1
    dscores /= N
    grads['W2'] = h1.T.dot(dscores) + reg * W2
    grads['b2'] = np.sum(dscores, axis=0)
    dh = (h1 > 0) * dscores.dot(W2.T)
    grads['W1'] = X.T.dot(dh) + reg * W1
    grads['b1'] = np.sum(dh, axis=0)
    return loss, grads
  def predict(self, X):
    return np.argmax(self.loss(X), axis=1)
"""

LAYERS_IN_A_NETWORK = """
import numpy as np
from collections import OrderedDict

def softmax(x):
    x = x - np.max(x, axis=-1, keepdims=True)
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)

def cross_entropy_error(y, t):
    if t.size == y.size:
        t = t.argmax(axis=1)
    batch_size = y.shape[0]
    return -np.sum(np.log(y[np.arange(batch_size), t])) / batch_size

class Relu:
    def __init__(self):
        self.mask = None
    def forward(self, x):
        self.mask = (x <= 0)
        out = x.copy()
        out[self.mask] = 0
        return out
    def backward(self, dout):
        dout[self.mask] = 0
        return dout

class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.x = self.dW = self.db = None
    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b
    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx

class SoftmaxWithLoss:
    def __init__(self):
        self.loss = self.y = self.t = None
    def forward(self, x, t):
        self.t, self.y = t, softmax(x)
        self.loss = cross_entropy_error(self.y, self.t)
        return self.loss
    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        if self.t.size == self.y.size:
            return (self.y - self.t) / batch_size
        dx = self.y.copy()
        dx[np.arange(batch_size), self.t] -= 1
        return dx / batch_size
"""

NETWORK_OF_LAYERS = (
    LAYERS_IN_A_NETWORK
    + """
class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01):
        self.params = {}
        self.params['W1'] = weight_init_std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = weight_init_std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)
        self.layers = OrderedDict()
        self.layers['Affine1'] = Affine(self.params['W1'], self.params['b1'])
        self.layers['Relu1'] = Relu()
        self.layers['Affine2'] = Affine(self.params['W2'], self.params['b2'])
        self.lastLayer = SoftmaxWithLoss()
    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x
    def loss(self, x, t):
        return self.lastLayer.forward(self.predict(x), t)
    def accuracy(self, x, t):
        return np.sum(np.argmax(self.predict(x), axis=1) == t) / float(x.shape[0])
    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.lastLayer.backward(1)
        for layer in list(self.layers.values())[::-1]:
            dout = layer.backward(dout)
        grads = {}
        grads['W1'], grads['b1'] = self.layers['Affine1'].dW, self.layers['Affine1'].db
        grads['W2'], grads['b2'] = self.layers['Affine2'].dW, self.layers['Affine2'].db
        return grads
"""
)

LAYERS_THAT_LEARN = """
import numpy as np

class Layer:
    def __init__(self):
        self.input = None
        self.output = None
    def forward_propagation(self, input):
        raise NotImplementedError
    def backward_propagation(self, output_error, learning_rate):
        raise NotImplementedError

class FCLayer(Layer):
    def __init__(self, input_size, output_size):
        self.weights = np.random.rand(output_size, input_size) - 0.5
        self.bias = np.random.rand(output_size, 1) - 0.5
    def forward_propagation(self, input_data):
        self.input = input_data
        self.output = np.dot(self.weights, self.input) + self.bias
        return self.output
    def backward_propagation(self, output_error, learning_rate):
        input_error = np.dot(self.weights.T, output_error)
        weights_error = np.dot(output_error, self.input.T)
        self.weights -= learning_rate * weights_error
        self.bias -= learning_rate * output_error
        return input_error

class ActivationLayer(Layer):
    def __init__(self, activation, activation_prime):
        self.activation = activation
        self.activation_prime = activation_prime
    def forward_propagation(self, input_data):
        self.input = input_data
        self.output = self.activation(self.input)
        return self.output
    def backward_propagation(self, output_error, learning_rate):
        return self.activation_prime(self.input) * output_error

def tanh(x):
    return np.tanh(x)

def tanh_prime(x):
    return 1-np.tanh(x)**2

def sigmoid(x):
    return 1/(1+np.exp(-x))

def sigmoid_prime(x):
    return sigmoid(x)*(1-sigmoid(x))

class Network:
    def __init__(self):
        self.layers = []
        self.loss = None
        self.loss_prime = None
    def add(self, layer):
        self.layers.append(layer)
    def use(self, loss, loss_prime):
        self.loss, self.loss_prime = loss, loss_prime
    def fit(self, x_train, y_train, epochs, learning_rate):
        for i in range(epochs):
            for j in range(len(x_train)):
                output = x_train[j]
                for layer in self.layers:
                    output = layer.forward_propagation(output)
                error = self.loss_prime(y_train[j], output)
                for layer in reversed(self.layers):
                    error = layer.backward_propagation(error, learning_rate)
"""

FIT_THAT_STARTS_ANEW = """
import numpy as np

class LogisticRegression:
    def __init__(self, learning_rate=0.001, n_iters=1000):
        self.lr = learning_rate
        self.n_iters = n_iters
        self.weights = None
        self.bias = None
    def fit(self, X, y):
        n_samples, n_features = X.shape
        self.weights = np.zeros(n_features)
        self.bias = 0
        for _ in range(self.n_iters):
            linear_model = np.dot(X, self.weights) + self.bias
            y_predicted = self._sigmoid(linear_model)
            dw = (1 / n_samples) * np.dot(X.T, (y_predicted - y))
            db = (1 / n_samples) * np.sum(y_predicted - y)
            self.weights -= self.lr * dw
            self.bias -= self.lr * db
    def predict(self, X):
        y_predicted = self._sigmoid(np.dot(X, self.weights) + self.bias)
        return np.array([1 if i > 0.5 else 0 for i in y_predicted])
    def _sigmoid(self, x):
        return 1 / (1 + np.exp(-x))
"""

CACHE_AND_KEYWORDS = """
import numpy as np

class MLP:
    def __init__(self, *, in_dim, hid_dim, out_dim, seed=0):
        rng = np.random.default_rng(seed)
        self.W1 = rng.normal(size=(in_dim, hid_dim)) / np.sqrt(in_dim)
        self.b1 = np.zeros(hid_dim)
        self.W2 = rng.normal(size=(hid_dim, out_dim)) / np.sqrt(hid_dim)
        self.b2 = np.zeros(out_dim)
    def forward(self, X):
        h = np.tanh(X @ self.W1 + self.b1)
        s = h @ self.W2 + self.b2
        e = np.exp(s - s.max(axis=1, keepdims=True))
        probs = e / e.sum(axis=1, keepdims=True)
        return probs, (X, h, probs)
    def loss(self, probs, y):
        return -np.log(probs[np.arange(len(y)), y]).mean()
    def backward(self, cache, y):
        X, h, probs = cache
        d = probs.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        grads = {"W2": h.T @ d, "b2": d.sum(0)}
        dh = d @ self.W2.T * (1 - h**2)
        grads["W1"] = X.T @ dh
        grads["b1"] = dh.sum(0)
        return grads
    def step(self, grads, lr):
        for k, g in grads.items():
            setattr(self, k, getattr(self, k) - lr*g)
"""

DEEP_IN_COLUMNS = """
import numpy as np

class DeepNet:
    def __init__(self, layer_dims, learning_rate=0.0075):
        self.L = len(layer_dims) - 1
        self.lr = learning_rate
        self.parameters = {}
        self.grads = {}
        for l in range(1, self.L + 1):
            self.parameters["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l-1]) * 0.01
            self.parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    def forward(self, X):
        self.cache = {"A0": X}
        A = X
        for l in range(1, self.L + 1):
            Z = self.parameters["W" + str(l)] @ A + self.parameters["b" + str(l)]
            A = np.maximum(0, Z) if l < self.L else 1/(1 + np.exp(-Z))
            self.cache["Z" + str(l)], self.cache["A" + str(l)] = Z, A
        return A
    def compute_cost(self, AL, Y):
        m = Y.shape[1]
        return np.squeeze(-1/m*np.sum(Y*np.log(AL) + (1-Y)*np.log(1-AL)))
    def backward(self, Y):
        m = Y.shape[1]
        dZ = self.cache["A" + str(self.L)] - Y
        for l in range(self.L, 0, -1):
            self.grads["dW" + str(l)] = 1/m * dZ @ self.cache["A" + str(l-1)].T
            self.grads["db" + str(l)] = 1/m * np.sum(dZ, axis=1, keepdims=True)
            if l > 1:
                dA = self.parameters["W" + str(l)].T @ dZ
                dZ = dA * (self.cache["Z" + str(l-1)] > 0)
    def update(self):
        for l in range(1, self.L + 1):
            self.parameters["W" + str(l)] -= self.lr * self.grads["dW" + str(l)]
            self.parameters["b" + str(l)] -= self.lr * self.grads["db" + str(l)]
    def train(self, X, Y, epochs=1000, print_cost=False):
        costs = []
        for i in range(epochs):
            AL = self.forward(X)
            costs.append(self.compute_cost(AL, Y))
            self.backward(Y)
            self.update()
        return costs
"""

LAYERS_AS_DICTIONARIES = """
import numpy as np

class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.layers = [{"W": np.random.randn(n_in, n_hidden), "b": np.zeros(n_hidden)},
                       {"W": np.random.randn(n_hidden, n_out), "b": np.zeros(n_out)}]
    def predict(self, x):
        self.h = np.tanh(x @ self.layers[0]["W"] + self.layers[0]["b"])
        self.out = self.h @ self.layers[1]["W"] + self.layers[1]["b"]
        return self.out
    def compute_loss(self, x, y):
        return np.mean(np.sum((self.predict(x) - y)**2, axis=1))
    def compute_gradients(self, x, y):
        self.predict(x)
        d = 2*(self.out - y)/len(x)
        dh = d @ self.layers[1]["W"].T * (1 - self.h**2)
        return [{"W": x.T @ dh, "b": dh.sum(axis=0)}, {"W": self.h.T @ d, "b": d.sum(axis=0)}]
"""

RECURRENT_ON_TOKENS = """
import numpy as np

class RNN:
    def __init__(self, vocab_size, hidden_size):
        self.Wxh = np.random.randn(hidden_size, vocab_size)*0.01
        self.Whh = np.random.randn(hidden_size, hidden_size)*0.01
        self.Why = np.random.randn(vocab_size, hidden_size)*0.01
        self.bh = np.zeros((hidden_size, 1))
        self.by = np.zeros((vocab_size, 1))
        self.hidden_size = hidden_size
    def lossFun(self, inputs, targets, hprev):
        xs, hs, ys, ps = {}, {}, {}, {}
        hs[-1] = np.copy(hprev)
        loss = 0
        for t in range(len(inputs)):
            xs[t] = np.zeros((self.Wxh.shape[1], 1))
            xs[t][inputs[t]] = 1
            hs[t] = np.tanh(np.dot(self.Wxh, xs[t]) + np.dot(self.Whh, hs[t-1]) + self.bh)
            ys[t] = np.dot(self.Why, hs[t]) + self.by
            ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
            loss += -np.log(ps[t][targets[t], 0])
        dWxh, dWhh, dWhy = np.zeros_like(self.Wxh), np.zeros_like(self.Whh), np.zeros_like(self.Why)
        dbh, dby = np.zeros_like(self.bh), np.zeros_like(self.by)
        dhnext = np.zeros_like(hs[0])
        for t in reversed(range(len(inputs))):
            dy = np.copy(ps[t])
            dy[targets[t]] -= 1
            dWhy += np.dot(dy, hs[t].T)
            dby += dy
            dh = np.dot(self.Why.T, dy) + dhnext
            dhraw = (1 - hs[t] * hs[t]) * dh
            dbh += dhraw
            dWxh += np.dot(dhraw, xs[t].T)
            dWhh += np.dot(dhraw, hs[t-1].T)
            dhnext = np.dot(self.Whh.T, dhraw)
        return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs)-1]
"""

RECURRENT_ON_ROWS = """
import numpy as np

class SimpleRNN:
    def __init__(self, input_dim, hidden_dim, output_dim):
        self.U = np.random.randn(hidden_dim, input_dim)
        self.W = np.random.randn(hidden_dim, hidden_dim)
        self.V = np.random.randn(output_dim, hidden_dim)
    def forward(self, x):
        T = len(x)
        self.s = np.zeros((T + 1, self.W.shape[0]))
        self.o = np.zeros((T, self.V.shape[0]))
        for t in range(T):
            self.s[t] = np.tanh(self.U @ x[t] + self.W @ self.s[t-1])
            self.o[t] = self.V @ self.s[t]
        return self.o
    def loss(self, x, y):
        return 0.5*np.sum((self.forward(x) - y)**2)
    def bptt(self, x, y):
        o = self.forward(x)
        dU, dW, dV = np.zeros(self.U.shape), np.zeros(self.W.shape), np.zeros(self.V.shape)
        carry = np.zeros(self.W.shape[0])
        for t in reversed(range(len(x))):
            d = o[t] - y[t]
            dV += np.outer(d, self.s[t])
            dz = (self.V.T @ d + carry)*(1 - self.s[t]**2)
            dU += np.outer(dz, x[t])
            dW += np.outer(dz, self.s[t-1])
            carry = self.W.T @ dz
        return dU, dW, dV
"""

WEIGHTS_GIVEN = """
import numpy as np

class Net:
    def __init__(self, W1, b1, W2, b2):
        self.W1, self.b1, self.W2, self.b2 = W1, b1, W2, b2
    def __call__(self, X):
        self.X = X
        self.Z1 = X @ self.W1 + self.b1
        self.H = np.maximum(self.Z1, 0)
        return self.H @ self.W2 + self.b2
    def loss(self, X, Y):
        self.R = self(X) - Y
        return (self.R**2).sum()/(2*len(X))
    def backward(self):
        d = self.R/len(self.X)
        self.grad_W2 = self.H.T @ d
        self.grad_b2 = d.sum(0)
        d = (d @ self.W2.T)*(self.Z1 > 0)
        self.grad_W1 = self.X.T @ d
        self.grad_b1 = d.sum(0)
"""

DATA_CLASS = """
from dataclasses import dataclass, field
import numpy as np

@dataclass
class Net:
    n_in: int
    n_hidden: int
    n_out: int
    lr: float = 0.1
    history: list = field(default_factory=list)
    def __post_init__(self):
        self.w1 = np.random.randn(self.n_in, self.n_hidden)
        self.w2 = np.random.randn(self.n_hidden, self.n_out)
    def fit(self, X, y, epochs=100):
        for _ in range(epochs):
            h = 1/(1+np.exp(-X @ self.w1))
            e = h @ self.w2 - y
            self.history.append(0.5*np.sum(e**2))
            g2 = h.T @ e
            g1 = X.T @ (e @ self.w2.T*h*(1-h))
            self.w2 -= self.lr*g2
            self.w1 -= self.lr*g1
        return self
"""

UPDATE_IS_FORWARD = """
import numpy as np

class NN:
    def __init__(self, ni, nh, no):
        self.wi = np.random.randn(ni, nh)
        self.wo = np.random.randn(nh, no)
    def update(self, inputs):
        self.ai = inputs
        self.ah = np.tanh(inputs @ self.wi)
        self.ao = np.tanh(self.ah @ self.wo)
        return self.ao
    def backPropagate(self, targets, N):
        error = targets - self.ao
        d_o = error * (1 - self.ao**2)
        d_h = (self.wo @ d_o) * (1 - self.ah**2)
        self.wo = self.wo + N*np.outer(self.ah, d_o)
        self.wi = self.wi + N*np.outer(self.ai, d_h)
        return 0.5*np.sum(error**2)
    def train(self, patterns, iterations=1000, N=0.5):
        for i in range(iterations):
            for x, t in patterns:
                self.update(x)
                self.backPropagate(t, N)
"""

DATA_IN_ATTRIBUTES = """
import numpy as np

class NeuralNet:
    def __init__(self, layers=[2, 3, 1], learning_rate=0.1, iterations=100):
        self.params = {}
        self.learning_rate, self.iterations, self.layers = learning_rate, iterations, layers
        self.loss = []
        self.X = None
        self.y = None
        self.init_weights()
    def init_weights(self):
        np.random.seed(1)
        self.params["W1"] = np.random.randn(self.layers[0], self.layers[1])
        self.params['b1'] = np.random.randn(self.layers[1],)
        self.params['W2'] = np.random.randn(self.layers[1], self.layers[2])
        self.params['b2'] = np.random.randn(self.layers[2],)
    def entropy_loss(self, y, yhat):
        return -1/len(y) * np.sum(np.multiply(np.log(yhat), y) + np.multiply((1 - y), np.log(1 - yhat)))
    def forward_propagation(self):
        Z1 = self.X.dot(self.params['W1']) + self.params['b1']
        A1 = np.maximum(0, Z1)
        yhat = 1/(1+np.exp(-(A1.dot(self.params['W2']) + self.params['b2'])))
        loss = self.entropy_loss(self.y, yhat)
        self.params['Z1'], self.params['A1'] = Z1, A1
        return yhat, loss
    def back_propagation(self, yhat):
        dl_wrt_z2 = (yhat - self.y)/len(self.y)
        dl_wrt_A1 = dl_wrt_z2.dot(self.params['W2'].T)
        dl_wrt_z1 = dl_wrt_A1 * (self.params['Z1'] > 0)
        self.params['W2'] = self.params['W2'] - self.learning_rate * self.params['A1'].T.dot(dl_wrt_z2)
        self.params['b2'] = self.params['b2'] - self.learning_rate * np.sum(dl_wrt_z2, axis=0)
        self.params['W1'] = self.params['W1'] - self.learning_rate * self.X.T.dot(dl_wrt_z1)
        self.params['b1'] = self.params['b1'] - self.learning_rate * np.sum(dl_wrt_z1, axis=0)
    def fit(self, X, y):
        self.X, self.y = X, y
        self.init_weights()
        for i in range(self.iterations):
            yhat, loss = self.forward_propagation()
            self.back_propagation(yhat)
            self.loss.append(loss)
"""

NEGATIVE_GRADIENTS = """
import numpy as np

class Net:
    def __init__(self, sizes):
        self.W1 = np.random.randn(sizes[0], sizes[1])
        self.W2 = np.random.randn(sizes[1], sizes[2])
    def forward(self, x):
        self.x = x
        self.h = np.tanh(x @ self.W1)
        self.o = self.h @ self.W2
        return self.o
    def backward(self, y):
        err = y - self.o
        self.dW2 = self.h.T @ err
        self.dW1 = self.x.T @ (err @ self.W2.T * (1 - self.h**2))
    def step(self, lr):
        self.W1 += lr*self.dW1
        self.W2 += lr*self.dW2
"""

GRADIENTS_THAT_ADD_UP = """
import numpy as np

class Parameter:
    def __init__(self, value):
        self.value = value
        self.grad = np.zeros_like(value)

class Linear:
    def __init__(self, in_features, out_features):
        self.weight = Parameter(np.random.randn(in_features, out_features))
        self.bias = Parameter(np.zeros(out_features))
    def __call__(self, x):
        self.x = x
        return x @ self.weight.value + self.bias.value
    def backward(self, grad):
        self.weight.grad += self.x.T @ grad
        self.bias.grad += grad.sum(axis=0)
        return grad @ self.weight.value.T
    def zero_grad(self):
        self.weight.grad[...] = 0

class ReLU:
    def __call__(self, x):
        self.mask = x > 0
        return x * self.mask
    def backward(self, grad):
        return grad * self.mask

class MSELoss:
    def __call__(self, pred, target):
        self.diff = pred - target
        return (self.diff**2).mean()
    def backward(self):
        return 2*self.diff/self.diff.size

class Sequential:
    def __init__(self, *layers):
        self.layers = layers
    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad
"""

MODULE_WITH_CRITERION = (
    GRADIENTS_THAT_ADD_UP
    + """
class MLP:
    def __init__(self, d_in, d_hidden, d_out):
        self.net = Sequential(Linear(d_in, d_hidden), ReLU(), Linear(d_hidden, d_out))
        self.criterion = MSELoss()
    def forward(self, x):
        return self.net(x)
    def loss(self, x, y):
        return self.criterion(self.forward(x), y)
    def backward(self):
        self.net.backward(self.criterion.backward())
"""
)

NORMALISATION = """
import numpy as np

class BatchNorm:
    def __init__(self, dim, eps=1e-5, momentum=0.9):
        self.gamma = np.ones(dim)
        self.beta = np.zeros(dim)
        self.eps, self.momentum = eps, momentum
        self.running_mean, self.running_var = np.zeros(dim), np.ones(dim)
    def forward(self, x, training=True):
        self.mu, self.var = (x.mean(axis=0), x.var(axis=0)) if training else (self.running_mean, self.running_var)
        self.running_mean = self.momentum*self.running_mean + (1-self.momentum)*self.mu
        self.std = np.sqrt(self.var + self.eps)
        self.xhat = (x - self.mu)/self.std
        return self.gamma*self.xhat + self.beta
    def backward(self, dout):
        N = dout.shape[0]
        self.dgamma = (dout*self.xhat).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        dxhat = dout*self.gamma
        return (N*dxhat - dxhat.sum(axis=0) - self.xhat*(dxhat*self.xhat).sum(axis=0))/(N*self.std)
"""

IMAGES = """
import numpy as np

class Conv2D:
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        self.k, self.s = kernel_size, stride
        self.W = np.random.randn(out_channels, in_channels, kernel_size, kernel_size)
        self.b = np.zeros(out_channels)
    def forward(self, x):
        self.x = x
        n, c, h, w = x.shape
        oh, ow = (h - self.k)//self.s + 1, (w - self.k)//self.s + 1
        out = np.zeros((n, self.W.shape[0], oh, ow))
        for i in range(oh):
            for j in range(ow):
                patch = x[:, :, i*self.s:i*self.s+self.k, j*self.s:j*self.s+self.k]
                out[:, :, i, j] = np.tensordot(patch, self.W, axes=([1, 2, 3], [1, 2, 3])) + self.b
        return out
    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        self.db = dout.sum(axis=(0, 2, 3))
        dx = np.zeros_like(self.x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                sl = np.s_[:, :, i*self.s:i*self.s+self.k, j*self.s:j*self.s+self.k]
                self.dW += np.tensordot(dout[:, :, i, j], self.x[sl], axes=([0], [0]))
                dx[sl] += np.tensordot(dout[:, :, i, j], self.W, axes=([1], [0]))
        return dx

class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)
    def backward(self, g):
        return g.reshape(self.shape)
"""

OUTPUT_IN_ATTRIBUTES = """
import numpy as np

class Layer_Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.01 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases
    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)

class Activation_ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)
    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0

class Activation_Softmax:
    def forward(self, inputs):
        exp_values = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp_values / np.sum(exp_values, axis=1, keepdims=True)
    def backward(self, dvalues):
        self.dinputs = np.empty_like(dvalues)
        for index, (single_output, single_dvalues) in enumerate(zip(self.output, dvalues)):
            single_output = single_output.reshape(-1, 1)
            jacobian_matrix = np.diagflat(single_output) - np.dot(single_output, single_output.T)
            self.dinputs[index] = np.dot(jacobian_matrix, single_dvalues)

class Loss:
    def calculate(self, output, y):
        return np.mean(self.forward(output, y))

class Loss_CategoricalCrossentropy(Loss):
    def forward(self, y_pred, y_true):
        if len(y_true.shape) == 1:
            return -np.log(y_pred[range(len(y_pred)), y_true])
        return -np.log(np.sum(y_pred * y_true, axis=1))
    def backward(self, dvalues, y_true):
        if len(y_true.shape) == 1:
            y_true = np.eye(len(dvalues[0]))[y_true]
        self.dinputs = -y_true / dvalues
        self.dinputs = self.dinputs / len(dvalues)
"""

RIGHT_TOGETHER = """
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, g):
        m = len(self.x)
        self.dW = self.x.T @ g / m
        self.db = g.sum(axis=0) / m
        return g @ self.W.T

class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = e/e.sum(axis=1, keepdims=True)
        return self.p
    def backward(self, g):
        return g

class ReLU:
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)
    def backward(self, g):
        return g*(self.x > 0)

class CrossEntropy:
    def forward(self, p, y):
        self.p, self.y = p, y
        return -np.sum(y*np.log(p))/len(y)
    def backward(self):
        return self.p - self.y
"""

TIED_AUTOENCODER = """
import numpy as np

class AutoEncoder:
    def __init__(self, n_in, n_hidden):
        self.W = np.random.randn(n_in, n_hidden)
        self.b = np.zeros(n_hidden)
        self.c = np.zeros(n_in)
    def loss_and_grad(self, X):
        H = np.tanh(X @ self.W + self.b)
        R = H @ self.W.T + self.c - X
        L = 0.5*np.sum(R**2)
        dH = R @ self.W * (1 - H**2)
        return L, {"W": X.T @ dH + R.T @ H, "b": dH.sum(0), "c": R.sum(0)}
"""

SLOPES_ALONE = """
import numpy as np

class Sigmoid:
    def forward(self, x): return 1/(1+np.exp(-x))
    def derivative(self, x):
        s = self.forward(x)
        return s*(1-s)

class Tanh:
    @staticmethod
    def fn(x): return np.tanh(x)
    @staticmethod
    def prime(x): return 1-np.tanh(x)**2
"""

VALUES = """
import math

class Value:
    def __init__(self, data, _children=(), _op=''):
        self.data = data
        self.grad = 0
        self._backward = lambda: None
        self._prev = set(_children)
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), '+')
        def _backward():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = _backward
        return out
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), '*')
        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out
    def __pow__(self, other):
        assert isinstance(other, (int, float)), "only supporting int/float powers for now"
        out = Value(self.data**other, (self,), f'**{other}')
        def _backward():
            self.grad += (other * self.data**(other-1)) * out.grad
        out._backward = _backward
        return out
    def relu(self):
        out = Value(0 if self.data < 0 else self.data, (self,), 'ReLU')
        def _backward():
            self.grad += (out.data > 0) * out.grad
        out._backward = _backward
        return out
    def backward(self):
        topo, visited = [], set()
        def build_topo(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build_topo(child)
                topo.append(v)
        build_topo(self)
        self.grad = 1
        for v in reversed(topo):
            v._backward()
    def __neg__(self): return self * -1
    def __radd__(self, other): return self + other
    def __sub__(self, other): return self + (-other)
    def __rsub__(self, other): return other + (-self)
    def __rmul__(self, other): return self * other
    def __truediv__(self, other): return self * other**-1
    def __rtruediv__(self, other): return other * self**-1
    def __repr__(self): return f"Value(data={self.data}, grad={self.grad})"
"""

TENSORS = """
import numpy as np

class Tensor:
    def __init__(self, data, requires_grad=False, _prev=()):
        self.data = np.array(data)
        self.requires_grad = requires_grad
        self.grad = np.zeros_like(self.data) if requires_grad else None
        self._prev = _prev
        self._backward = lambda: None
    def _accumulate(self, g):
        if self.grad is None: self.grad = np.zeros_like(self.data)
        while g.ndim > self.data.ndim: g = g.sum(axis=0)
        for i, n in enumerate(self.data.shape):
            if n == 1 and g.shape[i] != 1: g = g.sum(axis=i, keepdims=True)
        self.grad = self.grad + g
    def __add__(self, other):
        other = other if isinstance(other, Tensor) else Tensor(other)
        out = Tensor(self.data + other.data, True, (self, other))
        def back():
            self._accumulate(out.grad); other._accumulate(out.grad)
        out._backward = back
        return out
    def __mul__(self, other):
        other = other if isinstance(other, Tensor) else Tensor(other)
        out = Tensor(self.data * other.data, True, (self, other))
        def back():
            self._accumulate(out.grad*other.data); other._accumulate(out.grad*self.data)
        out._backward = back
        return out
    __rmul__ = __mul__
    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, True, (self, other))
        def back():
            self._accumulate(out.grad @ other.data.T); other._accumulate(self.data.T @ out.grad)
        out._backward = back
        return out
    def relu(self):
        out = Tensor(np.maximum(self.data, 0), True, (self,))
        def back(): self._accumulate(out.grad*(self.data > 0))
        out._backward = back
        return out
    def sum(self):
        out = Tensor(self.data.sum(), True, (self,))
        def back(): self._accumulate(out.grad*np.ones_like(self.data))
        out._backward = back
        return out
    def backward(self):
        topo, seen = [], set()
        def build(v):
            if v not in seen:
                seen.add(v)
                for p in v._prev: build(p)
                topo.append(v)
        build(self)
        self.grad = np.ones_like(self.data)
        for v in reversed(topo): v._backward()
"""

OPERATIONS_AS_FUNCTIONS = """
import math

class Var:
    def __init__(self, value):
        self.value = value
        self.children = []
        self.grad_value = None
    def grad(self):
        if self.grad_value is None:
            self.grad_value = sum(weight * var.grad() for weight, var in self.children)
        return self.grad_value
    def __add__(self, other):
        z = Var(self.value + other.value)
        self.children.append((1.0, z))
        other.children.append((1.0, z))
        return z
    def __mul__(self, other):
        z = Var(self.value * other.value)
        self.children.append((other.value, z))
        other.children.append((self.value, z))
        return z

def sin(x):
    z = Var(math.sin(x.value))
    x.children.append((math.cos(x.value), z))
    return z
"""

LISTS_OF_NUMBERS = """
import math

class NN:
    def __init__(self, ni, nh, no):
        self.ni, self.nh, self.no = ni, nh, no
        self.wi = [[0.1*(i + j) for j in range(nh)] for i in range(ni)]
        self.wo = [[0.2*(i - j) for j in range(no)] for i in range(nh)]
    def update(self, inputs):
        self.ai = list(inputs)
        self.ah = [math.tanh(sum(self.ai[i]*self.wi[i][j] for i in range(self.ni))) for j in range(self.nh)]
        self.ao = [math.tanh(sum(self.ah[j]*self.wo[j][k] for j in range(self.nh))) for k in range(self.no)]
        return self.ao[:]
    def backPropagate(self, targets, N):
        deltas = [(1 - self.ao[k]**2)*(targets[k] - self.ao[k]) for k in range(self.no)]
        hidden = [0.0]*self.nh
        for j in range(self.nh):
            error = 0.0
            for k in range(self.no):
                error += deltas[k]*self.wo[j][k]
            hidden[j] = (1 - self.ah[j]**2)*error
        for j in range(self.nh):
            for k in range(self.no):
                self.wo[j][k] += N*deltas[k]*self.ah[j]
        for i in range(self.ni):
            for j in range(self.nh):
                self.wi[i][j] += N*hidden[j]*self.ai[i]
        return sum(0.5*(t - o)**2 for t, o in zip(targets, self.ao))
"""

NUMBERS_IN_ATTRIBUTES = """
import numpy as np

def sigmoid(x):
    return 1/(1 + np.exp(-x))

def mse_loss(y_true, y_pred):
    return ((y_true - y_pred)**2).mean()

class OurNeuralNetwork:
    def __init__(self):
        self.w1, self.w2, self.w3, self.b1, self.b2 = np.random.normal(size=5).tolist()
    def feedforward(self, x):
        return sigmoid(self.w3*sigmoid(self.w1*x[0] + self.w2*x[1] + self.b1) + self.b2)
    def train(self, data, all_y_trues):
        learn_rate = 0.1
        for x, y_true in zip(data, all_y_trues):
            h = sigmoid(self.w1*x[0] + self.w2*x[1] + self.b1)
            o = sigmoid(self.w3*h + self.b2)
            d = -2*(y_true - o)*o*(1 - o)
            d_h = self.w3*d*h*(1 - h)
            self.w1 -= learn_rate*d_h*x[0]
            self.w2 -= learn_rate*d_h*x[1]
            self.b1 -= learn_rate*d_h
            self.w3 -= learn_rate*d*h
            self.b2 -= learn_rate*d
"""

LAYERS_IN_A_DEQUE = """
import numpy as np
from collections import deque

class Linear:
    def __init__(self, n_in, n_out):
        self.W, self.c = np.random.randn(n_in, n_out), np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.c
    def backward(self, g):
        self.dW, self.dc = self.x.T @ g, g.sum(0)
        return g @ self.W.T

class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.layers = deque([Linear(n_in, n_hidden), Linear(n_hidden, n_out)])
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def loss(self, x, y):
        self.out, self.y = self.forward(x), y
        return ((self.out - y)**2).sum()/len(x)
    def backward(self):
        g = 2*(self.out - self.y)/len(self.y)
        for layer in reversed(self.layers):
            g = layer.backward(g)
"""

A_SEQUENCE = """
import numpy as np

class RNN:
    def __init__(self, input_size, hidden_size, output_size):
        self.U = np.random.randn(hidden_size, input_size)
        self.W = np.random.randn(hidden_size, hidden_size)
        self.V = np.random.randn(output_size, hidden_size)
    def loss(self, x, y):
        self.x, self.hs = x, [np.zeros(len(self.W))]
        for xt in x:
            self.hs.append(np.tanh(self.U @ xt + self.W @ self.hs[-1]))
        self.e = self.V @ self.hs[-1] - y
        return 0.5*np.sum(self.e**2)
    def backward(self):
        dU, dW = np.zeros_like(self.U), np.zeros_like(self.W)
        dh = self.V.T @ self.e
        for t in range(len(self.x), 0, -1):
            da = dh*(1 - self.hs[t]**2)
            dU += np.outer(da, self.x[t-1])
            dW += np.outer(da, self.hs[t-1])
            dh = self.W.T @ da
        return {"U": dU, "W": dW, "V": np.outer(self.e, self.hs[-1])}
"""

A_ROW_OF_LAYERS = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, grad):
        self.dW = self.x.T @ grad
        return grad @ self.W.T

class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y
    def backward(self, grad):
        return grad*(1 - self.y**2)

class Sequential:
    def __init__(self, layers):
        self.layers = layers
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad
"""

LOSS_OF_PREDICTIONS = """
class MSELoss:
    def __call__(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        return ((y_pred - y_true)**2).mean()
    def backward(self):
        return 2*(self.y_pred - self.y_true)/self.y_true.size
"""

A_COST_THAT_IS_KEPT = """
import numpy as np

class LogisticRegression:
    def __init__(self, lr=0.01, n_iters=1000):
        self.lr, self.n_iters, self.losses = lr, n_iters, []
    def fit(self, X, y):
        self.weights, self.bias = np.zeros(X.shape[1]), 0
        for _ in range(self.n_iters):
            A = 1/(1 + np.exp(-(np.dot(X, self.weights) + self.bias)))
            self.losses.append(-np.mean(y*np.log(A) + (1 - y)*np.log(1 - A)))
            dz = (A - y)/len(y)
            self.weights -= self.lr*np.dot(X.T, dz)
            self.bias -= self.lr*np.sum(dz)
"""

CENTER_AND_CONTEXT = """
import numpy as np

class SkipGram:
    def __init__(self, vocab_size, embed_dim):
        self.W_in, self.W_out = np.random.randn(vocab_size, embed_dim), np.random.randn(embed_dim, vocab_size)
    def forward(self, center):
        self.h = self.W_in[center]
        e = np.exp(self.h @ self.W_out)
        return e/e.sum(axis=1, keepdims=True)
    def loss(self, center, context):
        return -np.sum(np.log(self.forward(center)[np.arange(len(context)), context]))
    def gradients(self, center, context):
        d = self.forward(center)
        d[np.arange(len(context)), context] -= 1
        dW_in = np.zeros_like(self.W_in)
        for i, c in enumerate(center):
            dW_in[c] += d[i] @ self.W_out.T
        return dW_in, self.h.T @ d
"""

STYLES = {
    "eleven lines": Style(
        classes,
        ELEVEN_LINES,
        "self.__sigmoid_derivative(output)",
        "self.__sigmoid_derivative(output) ** 2",
        ("assumed",),
    ),
    "a cost function": Style(
        classes, COST_FUNCTION, "self.W2.T)*self.sigmoidPrime(self.z2)", "self.W2.T)*self.sigmoidPrime(self.a2)"
    ),
    "added to the weights": Style(
        classes, ADDED_TO_THE_WEIGHTS, "self.z2_error*self.sigmoidPrime(self.z2)", "self.z2_error", ("assumed",)
    ),
    "lists for arguments": Style(
        classes,
        LISTS_FOR_ARGUMENTS,
        "hidden_errors * hidden_outputs * (1.0 - hidden_outputs)",
        "hidden_errors * hidden_outputs",
        ("one sample",),
    ),
    "lists of columns": Style(
        classes, LISTS_OF_COLUMNS, "sigmoid_prime(zs[-l])", "sigmoid(zs[-l])", ("backprop()", "one sample", "fn()")
    ),
    "a loss with labels": Style(
        classes, LOSS_WITH_LABELS, "h1.T.dot(dscores) + reg * W2", "h1.T.dot(dscores) * N", ("loss()",)
    ),
    "layers with weights given": Style(layers, LAYERS_IN_A_NETWORK, "np.sum(dout, axis=0)", "np.mean(dout, axis=0)"),
    "a network of layers": Style(classes, NETWORK_OF_LAYERS, "dout[self.mask] = 0", "pass", ("loss()", "gradient()")),
    "layers that learn": Style(
        layers, LAYERS_THAT_LEARN, "return sigmoid(x)*(1-sigmoid(x))", "return x*(1-x)", ("(tanh)", "(sigmoid)")
    ),
    "a fit that starts anew": Style(
        classes, FIT_THAT_STARTS_ANEW, "np.sum(y_predicted - y)", "np.sum(y_predicted)", ("fit()", "assumed")
    ),
    "a cache and keywords": Style(classes, CACHE_AND_KEYWORDS, "(1 - h**2)", "(1 - h)"),
    "deep in columns": Style(
        classes, DEEP_IN_COLUMNS, 'self.cache["Z" + str(l-1)] > 0', 'self.cache["Z" + str(l-1)] < 0', ("columns",)
    ),
    "layers as dictionaries": Style(classes, LAYERS_AS_DICTIONARIES, "2*(self.out - y)", "(self.out - y)"),
    "recurrent on tokens": Style(classes, RECURRENT_ON_TOKENS, "np.dot(dhraw, hs[t-1].T)", "np.dot(dhraw, hs[t].T)"),
    "recurrent on rows": Style(classes, RECURRENT_ON_ROWS, "carry = self.W.T @ dz", "carry = self.W @ dz"),
    "weights given": Style(classes, WEIGHTS_GIVEN, "(self.Z1 > 0)", "self.H"),
    "a data class": Style(classes, DATA_CLASS, "*h*(1-h)", "*(1-h)", ("history",)),
    "a forward pass called update": Style(classes, UPDATE_IS_FORWARD, "(1 - self.ah**2)", "(1 + self.ah**2)"),
    "data in attributes": Style(classes, DATA_IN_ATTRIBUTES, "(self.params['Z1'] > 0)", "self.params['Z1']"),
    "negative gradients": Style(classes, NEGATIVE_GRADIENTS, "(1 - self.h**2)", "(1 - self.h)", ("assumed",)),
    "gradients that add up": Style(
        layers, GRADIENTS_THAT_ADD_UP, "grad @ self.weight.value.T", "grad @ self.weight.grad.T", ("Sequential",)
    ),
    "a module with a criterion": Style(classes, MODULE_WITH_CRITERION, "2*self.diff", "self.diff"),
    "normalisation": Style(layers, NORMALISATION, "N*dxhat - dxhat.sum(axis=0)", "N*dxhat"),
    "images": Style(layers, IMAGES, "dx[sl] +=", "dx[sl] ="),
    "output in attributes": Style(layers, OUTPUT_IN_ATTRIBUTES, "[self.inputs <= 0] = 0", "[self.inputs <= 0] = 1"),
    "right together": Style(layers, RIGHT_TOGETHER, "return g*(self.x > 0)", "return g*self.x", ("CrossEntropy",)),
    "an autoencoder": Style(classes, TIED_AUTOENCODER, "X.T @ dH + R.T @ H", "X.T @ dH"),
    "slopes alone": Style(layers, SLOPES_ALONE, "1-np.tanh(x)**2", "1-np.tanh(x)"),
    "lists of numbers": Style(
        classes, LISTS_OF_NUMBERS, "error += deltas", "error = deltas", ("one sample", "backPropagate()")
    ),
    "numbers in attributes": Style(classes, NUMBERS_IN_ATTRIBUTES, "self.w3*d*h", "self.w2*d*h", ("learn_rate",)),
    "layers in a deque": Style(classes, LAYERS_IN_A_DEQUE, "g = 2*", "g = "),
    "a sequence": Style(classes, A_SEQUENCE, "dh = self.W.T @ da", "dh = self.W @ da"),
    "layers in a row": Style(layers, A_ROW_OF_LAYERS, "in reversed(self.layers)", "in self.layers", ("Sequential",)),
    "a loss of predictions": Style(
        layers, LOSS_OF_PREDICTIONS, "(self.y_pred - self.y_true)", "(self.y_true - self.y_pred)"
    ),
    "a cost that is kept": Style(
        classes, A_COST_THAT_IS_KEPT, "(A - y)/len(y)", "(A - y)*A*(1 - A)/len(y)", ("self.losses",)
    ),
    "a penalty by default": Style(classes, LOSS_WITH_LABELS, "dh) + reg * W1", "dh)"),
    "a word beside another": Style(classes, CENTER_AND_CONTEXT, "dW_in[c] +=", "dW_in[c] ="),
    "values": Style(scalars, VALUES, "self.data**(other-1)", "self.data**other", ("**", ".relu()", "1 / x")),
    "tensors": Style(
        scalars,
        TENSORS,
        "if n == 1 and g.shape[i] != 1: g = g.sum(axis=i, keepdims=True)",
        "if n == 1 and g.shape[i] != 1: g = g.mean(axis=i, keepdims=True)",
        ("@", "x + row", ".relu()"),
    ),
    "operations as functions": Style(
        scalars, OPERATIONS_AS_FUNCTIONS, "math.cos(x.value)", "math.sin(x.value)", ("sin()",)
    ),
}


def recognised(room, text):
    namespace = {"__name__": "theirs"}
    with class_trials.quiet():
        exec(compile(text, "theirs.py", "exec"), namespace)
    return namespace, room.find(namespace, text)


def judged(namespace, recipe, n):
    """{parameter: whether its gradient is what central differences say}."""
    inputs = recipe.example(np.random.default_rng(n), n)
    with class_trials.quiet():
        _, gradients = recipe.run(namespace, class_trials.copied(inputs))
    slopes = class_trials.slopes(lambda moved: recipe.run(namespace, moved)[0], inputs, recipe.parameters)
    assert gradients.keys() == set(recipe.parameters)
    return {name: class_trials.agree(gradients[name], slopes[name]) for name in recipe.parameters}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_style_is_recognised_and_its_fault_shows(style):
    namespace, recipe = recognised(style.room, style.text)
    assert recipe is not None
    assert [word for word in style.words if word not in recipe.words] == []
    for n in range(2):
        answers = judged(namespace, recipe, n)
        assert all(answers.values()), answers
    assert style.text.count(style.right) >= 1
    namespace, recipe = recognised(style.room, style.text.replace(style.right, style.wrong))
    assert recipe is not None
    assert not all(judged(namespace, recipe, 0).values())


@pytest.mark.parametrize(("factor", "words"), [("2", "2 times"), ("len(X)", "N times"), ("3", "")])
def test_an_update_goes_along_a_multiple_of_its_slope_only_if_a_rate_explains_it(factor, words):
    text = COST_FUNCTION.replace("return dJdW1, dJdW2", f"self.W1 -= {factor}*dJdW1; self.W2 -= {factor}*dJdW2")
    namespace, recipe = recognised(classes, text)
    assert words in recipe.words
    assert all(judged(namespace, recipe, 0).values()) == bool(words)


def test_targets_of_a_squared_error_are_any_numbers():
    for text, real in ((LAYERS_IN_A_DEQUE, True), (LOSS_WITH_LABELS, False)):
        _, recipe = recognised(classes, text)
        targets = recipe.example(np.random.default_rng(0), 1)["Y"]
        assert real == (not np.isin(targets, [0, 1]).all())
