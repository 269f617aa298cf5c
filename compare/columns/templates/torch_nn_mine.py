"""Your own network in PyTorch, every number of it judged: fourfold agree --impl mine

What is yours comes first; put your own there. Below it is what fourfold calls: leave it, or leave one function out.
Any depth: --layers 2,8,8,1 --bias --activation tanh
"""

from itertools import pairwise

import torch
from torch import nn

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda H: H}


class Network(nn.Module):
    def __init__(self, widths, activations, bias):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m, bias=bias) for n, m in pairwise(widths)])
        self.activations = [ACTIVATIONS[name] for name in activations]

    def forward(self, X):
        for layer, activation in zip(self.layers, self.activations, strict=True):
            X = activation(layer(X))
        return X


def half_mean_square(Y_hat, Y):
    return ((Y_hat - Y) ** 2).sum() / (2 * len(Y))


def descent(network, lr):
    return torch.optim.SGD(network.parameters(), lr=lr)


# What fourfold calls, with one network at a time, in NumPy arrays of float64 or float32: X (N, d_in), Y (N, d_out), and
# for K layers tuples, W of K arrays (d_in, d_out) and b of K arrays (1, d_out), or () without biases.


def gradients(X, Y, W, b, activations):
    """The loss, and its gradients in tuples like W and b."""
    network = filled(W, b, activations)
    L = half_mean_square(network(torch.tensor(X)), torch.tensor(Y))
    L.backward()
    dL_db = [layer.bias.grad[None] for layer in network.layers] if b else ()
    return L, [layer.weight.grad.T for layer in network.layers], dL_db


def train(X, Y, W, b, lr, steps, activations):
    """W and b after every step, along a new first axis of each array, and the loss before it."""
    network = filled(W, b, activations)
    optimiser, path = descent(network, lr), []
    X, Y = torch.tensor(X), torch.tensor(Y)
    for _ in range(steps):
        optimiser.zero_grad()
        L = half_mean_square(network(X), Y)
        L.backward()
        optimiser.step()
        path.append(([Z.detach().clone() for Z in network.parameters()], L.detach()))
    Zs, losses = zip(*path, strict=True)
    parameters = [torch.stack(Z) for Z in zip(*Zs, strict=True)]  # weights and biases in turn
    weights, biases = (parameters[::2], parameters[1::2]) if b else (parameters, ())
    return [Z.mT for Z in weights], [Z[:, None] for Z in biases], torch.stack(losses)


def filled(W, b, activations):
    """The network with these weights; nn.Linear has them the other way round."""
    network = Network([len(W[0]), *(Z.shape[1] for Z in W)], activations, bool(b))
    network.to(torch.tensor(W[0]).dtype)
    with torch.no_grad():
        for k, layer in enumerate(network.layers):
            layer.weight.copy_(torch.tensor(W[k].T))
            if b:
                layer.bias.copy_(torch.tensor(b[k][0]))
    return network
