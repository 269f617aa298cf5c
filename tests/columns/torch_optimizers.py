"""Somebody's PyTorch: an nn.Module, a loop, and an optimiser of torch.optim. `train` is by Adam."""

import torch
from torch import nn


class Network(nn.Module):
    def __init__(self, W1, W2, activation):
        super().__init__()
        self.hidden = nn.Linear(*W1.shape, bias=False, dtype=W1.dtype)
        self.output = nn.Linear(*W2.shape, bias=False, dtype=W2.dtype)
        self.activation = getattr(torch, activation)
        with torch.no_grad():
            self.hidden.weight.copy_(W1.T)
            self.output.weight.copy_(W2.T)

    def forward(self, X):
        return self.output(self.activation(self.hidden(X)))


def trained(make):
    """A `train` by the optimiser that make(parameters, lr) gives."""

    def train(X, Y, W1, W2, lr, steps, activation):
        X, Y, W1, W2 = map(torch.tensor, (X, Y, W1, W2))
        network = Network(W1, W2, activation)
        optimizer = make(network.parameters(), lr)
        W1s, W2s, losses = [], [], []
        for _ in range(steps):
            optimizer.zero_grad()
            loss = ((network(X) - Y) ** 2).sum() / (2 * len(X))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            W1s.append(network.hidden.weight.detach().T.clone())
            W2s.append(network.output.weight.detach().T.clone())
        return torch.stack(W1s), torch.stack(W2s), torch.tensor(losses, dtype=W1.dtype)

    return train


train = trained(torch.optim.Adam)
