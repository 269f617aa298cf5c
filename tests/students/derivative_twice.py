import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))

def backward(X, y, weights, biases):
    """Any number of layers. Returns the cost and the gradients as two lists."""
    activations = [X]
    for W, b in zip(weights, biases):
        activations.append(sigmoid(activations[-1] @ W + b))
    m = len(X)
    cost = np.sum((activations[-1] - y) ** 2) / (2 * m)

    dW = [None] * len(weights)
    db = [None] * len(weights)
    delta = (activations[-1] - y) / m
    for l in reversed(range(len(weights))):
        delta = delta * sigmoid_prime(activations[l + 1])
        dW[l] = activations[l].T @ delta
        db[l] = delta.sum(axis=0)
        delta = delta @ weights[l].T
    return cost, dW, db
