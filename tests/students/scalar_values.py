import math
import random


class Scalar:
    def __init__(self, data, parents=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self._back = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        out = Scalar(self.data + other.data, (self, other))

        def _back():
            self.grad = out.grad
            other.grad = out.grad
        out._back = _back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        out = Scalar(self.data * other.data, (self, other))

        def _back():
            self.grad = other.data * out.grad
            other.grad = self.data * out.grad
        out._back = _back
        return out

    __radd__ = __add__
    __rmul__ = __mul__

    def __sub__(self, other):
        return self + (-1) * other

    def tanh(self):
        t = math.tanh(self.data)
        out = Scalar(t, (self,))

        def _back():
            self.grad += (1 - t ** 2) * out.grad
        out._back = _back
        return out

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)
        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node._back()


class Neuron:
    def __init__(self, n_in, linear=False):
        self.w = [Scalar(random.uniform(-1, 1)) for _ in range(n_in)]
        self.linear = linear

    def __call__(self, x):
        total = Scalar(0.0)
        for wi, xi in zip(self.w, x):
            total = total + wi * xi
        return total if self.linear else total.tanh()

    def parameters(self):
        return self.w


class MLP:
    def __init__(self, n_in, n_hidden, n_out):
        self.layers = [[Neuron(n_in) for _ in range(n_hidden)],
                       [Neuron(n_hidden, linear=True) for _ in range(n_out)]]

    def __call__(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x

    def parameters(self):
        return [p for layer in self.layers for neuron in layer for p in neuron.parameters()]


def squared_error(model, xs, ys):
    loss = Scalar(0.0)
    for x, y in zip(xs, ys):
        for out, target in zip(model(x), y):
            diff = out - target
            loss = loss + diff * diff
    return loss
