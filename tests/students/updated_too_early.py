import numpy as np

def logistic(a):
    return 1.0/(1.0 + np.exp(-a))

def predict(network, x):
    for W in network:
        x = logistic(W @ np.append(x, 1.0))
    return x

def train_on(network, x, target, eta=0.1):
    # network = [W_hidden, W_output]; the last column of a matrix is the bias
    W_hidden, W_output = network
    x1 = np.append(x, 1.0)
    hidden = logistic(W_hidden @ x1)
    h1 = np.append(hidden, 1.0)
    output = logistic(W_output @ h1)

    output_delta = output*(1 - output)*(output - target)
    W_output -= eta*np.outer(output_delta, h1)
    hidden_delta = hidden*(1 - hidden)*(W_output[:, :-1].T @ output_delta)
    W_hidden -= eta*np.outer(hidden_delta, x1)
    return 0.5*np.sum((output - target)**2)
