"""Backward passes in plain functions are recognised, whatever their names, orders, layouts and containers."""

import json
import textwrap
from typing import NamedTuple

import numpy as np
import pytest

from fourfold.compare.check.forms import find, names, slopes, sources, trials
from fourfold.compare.errors import Misfit, UsageError


class Form(NamedTuple):
    """Somebody's text, what is recognised of it, and a fault in it: `parameters` have wrong gradients then."""

    text: str
    words: str
    right: str
    wrong: str
    parameters: set


FORMS = {}
FORMS["keras_named"] = Form(
    """
import numpy as np
def relu(x): return np.maximum(0, x)
def compute(inputs, labels, kernel_1, bias_1, kernel_2, bias_2):
    batch = inputs.shape[0]
    hidden = relu(inputs @ kernel_1 + bias_1)
    logits = hidden @ kernel_2 + bias_2
    shifted = logits - logits.max(axis=1, keepdims=True)
    probs = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(batch), labels]).mean()
    d = probs.copy()
    d[np.arange(batch), labels] -= 1
    d /= batch
    grad_kernel_2 = hidden.T @ d
    grad_bias_2 = d.sum(axis=0)
    dh = d @ kernel_2.T * (hidden > 0)
    first = {"kernel_1": inputs.T @ dh, "bias_1": dh.sum(axis=0)}
    return {"loss": loss, **first, "kernel_2": grad_kernel_2, "bias_2": grad_bias_2}
""",
    "samples in rows, biases, targets are class numbers",
    "* (hidden > 0)",
    "",
    {"bias_1", "kernel_1"},
)
FORMS["course_deep"] = Form(
    """
import numpy as np
def sigmoid(Z):
    A = 1/(1+np.exp(-Z)); return A, Z
def relu(Z):
    return np.maximum(0,Z), Z
def relu_backward(dA, cache):
    Z = cache
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ
def sigmoid_backward(dA, cache):
    Z = cache
    s = 1/(1+np.exp(-Z))
    return dA * s * (1-s)
def initialize_parameters_deep(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters['W' + str(l)] = np.random.randn(layer_dims[l], layer_dims[l-1])*0.01
        parameters['b' + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters
def linear_forward(A, W, b):
    Z = np.dot(W, A) + b
    cache = (A, W, b)
    return Z, cache
def linear_activation_forward(A_prev, W, b, activation):
    if activation == "sigmoid":
        Z, linear_cache = linear_forward(A_prev, W, b)
        A, activation_cache = sigmoid(Z)
    elif activation == "relu":
        Z, linear_cache = linear_forward(A_prev, W, b)
        A, activation_cache = relu(Z)
    cache = (linear_cache, activation_cache)
    return A, cache
def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A_prev = A
        A, cache = linear_activation_forward(A_prev, parameters['W' + str(l)], parameters['b' + str(l)], "relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters['W' + str(L)], parameters['b' + str(L)], "sigmoid")
    caches.append(cache)
    return AL, caches
def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = (1./m) * (-np.dot(Y,np.log(AL).T) - np.dot(1-Y, np.log(1-AL).T))
    cost = np.squeeze(cost)
    return cost
def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = 1./m * np.dot(dZ,A_prev.T)
    db = 1./m * np.sum(dZ, axis = 1, keepdims = True)
    dA_prev = np.dot(W.T,dZ)
    return dA_prev, dW, db
def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache)
def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    m = AL.shape[1]
    Y = Y.reshape(AL.shape)
    dAL = - (np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    current_cache = caches[L-1]
    dA_prev_temp, dW_temp, db_temp = linear_activation_backward(dAL, current_cache, "sigmoid")
    grads["dA" + str(L-1)], grads["dW" + str(L)], grads["db" + str(L)] = dA_prev_temp, dW_temp, db_temp
    for l in reversed(range(L-1)):
        current_cache = caches[l]
        dA_prev_temp, dW_temp, db_temp = linear_activation_backward(grads["dA" + str(l + 1)], current_cache, "relu")
        grads["dA" + str(l)] = dA_prev_temp
        grads["dW" + str(l + 1)] = dW_temp
        grads["db" + str(l + 1)] = db_temp
    return grads
def update_parameters(params, grads, learning_rate):
    parameters = params.copy()
    L = len(parameters) // 2
    for l in range(L):
        parameters["W" + str(l+1)] = parameters["W" + str(l+1)] - learning_rate * grads["dW" + str(l+1)]
        parameters["b" + str(l+1)] = parameters["b" + str(l+1)] - learning_rate * grads["db" + str(l+1)]
    return parameters
""",
    "L_model_forward, compute_cost and L_model_backward(AL, Y, caches): samples in columns, biases, one output",
    "dZ[Z <= 0] = 0\n",
    "pass\n",
    {'parameters["b2"]', 'parameters["W1"]', 'parameters["b1"]', 'parameters["W2"]'},
)
FORMS["regularized_course"] = Form(
    """
import numpy as np
def sigmoid(x): return 1/(1+np.exp(-x))
def relu(x): return np.maximum(0,x)
def forward_propagation(X, parameters):
    W1 = parameters["W1"]; b1 = parameters["b1"]
    W2 = parameters["W2"]; b2 = parameters["b2"]
    W3 = parameters["W3"]; b3 = parameters["b3"]
    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = relu(Z2)
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    cache = (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)
    return A3, cache
def compute_cost(a3, Y):
    m = Y.shape[1]
    logprobs = np.multiply(-np.log(a3),Y) + np.multiply(-np.log(1 - a3), 1 - Y)
    return 1./m * np.nansum(logprobs)
def compute_cost_with_regularization(A3, Y, parameters, lambd):
    m = Y.shape[1]
    W1 = parameters["W1"]
    W2 = parameters["W2"]
    W3 = parameters["W3"]
    cross_entropy_cost = compute_cost(A3, Y)
    L2_regularization_cost = lambd/(2*m) * (np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3)))
    return cross_entropy_cost + L2_regularization_cost
def backward_propagation_with_regularization(X, Y, cache, lambd):
    m = X.shape[1]
    (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3) = cache
    dZ3 = A3 - Y
    dW3 = 1./m * np.dot(dZ3, A2.T) + lambd/m*W3
    db3 = 1./m * np.sum(dZ3, axis=1, keepdims = True)
    dA2 = np.dot(W3.T, dZ3)
    dZ2 = np.multiply(dA2, np.int64(A2 > 0))
    dW2 = 1./m * np.dot(dZ2, A1.T) + lambd/m*W2
    db2 = 1./m * np.sum(dZ2, axis=1, keepdims = True)
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.multiply(dA1, np.int64(A1 > 0))
    dW1 = 1./m * np.dot(dZ1, X.T) + lambd/m*W1
    db1 = 1./m * np.sum(dZ1, axis=1, keepdims = True)
    gradients = {"dZ3": dZ3, "dW3": dW3, "db3": db3, "dA2": dA2, "dZ2": dZ2, "dW2": dW2, "db2": db2,
                 "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}
    return gradients
""",
    "compute_cost_with_regularization and backward_propagation_with_regularization(X, Y, cache, lambd)",
    "+ lambd/m*W2",
    "",
    {'parameters["W2"]'},
)
FORMS["lists_of_floats"] = Form(
    '''
import math
def gradients(x, t, w, b):
    """One neuron layer in plain Python: x is a list of samples."""
    n, out = len(x), len(b)
    loss = 0.0
    dw = [[0.0]*out for _ in w]
    db = [0.0]*out
    for xi, ti in zip(x, t):
        for k in range(out):
            z = b[k]
            for j in range(len(xi)):
                z += w[j][k]*xi[j]
            o = 1/(1+math.exp(-z))
            loss += 0.5*(o-ti[k])**2/n
            d = (o-ti[k])*o*(1-o)/n
            for j in range(len(xi)):
                dw[j][k] += d*xi[j]
            db[k] += d
    return loss, dw, db
''',
    "samples in rows, biases",
    "*o*(1-o)/n",
    "/n",
    {"w", "b"},
)
FORMS["nested_tuples"] = Form(
    """
import numpy as np
def loss_and_grad(params, batch_x, batch_y):
    (w1, b1), (w2, b2) = params
    h = np.tanh(batch_x @ w1 + b1)
    p = h @ w2 + b2
    err = p - batch_y
    loss = np.mean(err**2)
    g = 2*err/err.size
    gh = g @ w2.T*(1-h*h)
    return loss, ((batch_x.T @ gh, gh.sum(0)), (h.T @ g, g.sum(0)))
""",
    "samples in rows, biases",
    "gh.sum(0)",
    "gh.mean(0)",
    {"params[0][1]"},
)
FORMS["grads_first"] = Form(
    """
import numpy as np
def L_grad(w, b, X, Y):
    m = X.shape[1]
    A = 1/(1+np.exp(-(np.dot(w.T, X) + b)))
    dw = np.dot(X, (A-Y).T)/m
    db = np.sum(A-Y)/m
    cost = -np.sum(Y*np.log(A)+(1-Y)*np.log(1-A))/m
    return {"dw": dw, "db": db}, cost
""",
    "samples in columns, biases, one output",
    "np.sum(A-Y)/m",
    "np.sum(A-Y)",
    {"b"},
)
FORMS["iamtrask"] = Form(
    """
import numpy as np
def nonlin(x,deriv=False):
    if(deriv==True):
        return x*(1-x)
    return 1/(1+np.exp(-x))
def train(X, y, syn0, syn1, iterations=60000):
    for j in range(iterations):
        l0 = X
        l1 = nonlin(np.dot(l0,syn0))
        l2 = nonlin(np.dot(l1,syn1))
        l2_error = y - l2
        l2_delta = l2_error*nonlin(l2,deriv=True)
        l1_error = l2_delta.dot(syn1.T)
        l1_delta = l1_error * nonlin(l1,deriv=True)
        syn1 += l1.T.dot(l2_delta)
        syn0 += l0.T.dot(l1_delta)
    return syn0, syn1
""",
    "this one is assumed: sigmoid, sigmoid and half the sum of squared errors",
    "l1_error * nonlin(l1,deriv=True)",
    "l1_error",
    {"syn0"},
)
FORMS["caches_list"] = Form(
    """
import numpy as np
def forward(x, weights, biases):
    acts, zs = [x], []
    for w, b in zip(weights, biases):
        z = w @ acts[-1] + b
        zs.append(z)
        acts.append(1/(1+np.exp(-z)))
    return acts, zs
def backprop(x, y, weights, biases):
    acts, zs = forward(x, weights, biases)
    nabla_b = [np.zeros(b.shape) for b in biases]
    nabla_w = [np.zeros(w.shape) for w in weights]
    delta = (acts[-1]-y)*acts[-1]*(1-acts[-1])
    nabla_b[-1] = delta
    nabla_w[-1] = delta @ acts[-2].T
    for l in range(2, len(weights)+1):
        s = acts[-l]*(1-acts[-l])
        delta = (weights[-l+1].T @ delta)*s
        nabla_b[-l] = delta
        nabla_w[-l] = delta @ acts[-l-1].T
    return nabla_b, nabla_w
def quadratic_cost(x, y, weights, biases):
    acts, _ = forward(x, weights, biases)
    return 0.5*np.sum((acts[-1]-y)**2)
""",
    "quadratic_cost and backprop(x, y, weights, biases): one sample at a time",
    "(weights[-l+1].T @ delta)*s",
    "weights[-l+1].T @ delta",
    {"weights[0]", "weights[1]", "biases[0]", "biases[1]"},
)
FORMS["predict_backward_two"] = Form(
    """
import numpy as np
def forward(X, w1, w2):
    h = np.tanh(X @ w1)
    return h @ w2, h
def mse(y_hat, y):
    return np.mean((y_hat - y)**2)
def mse_grad(y_hat, y):
    return 2*(y_hat - y)/y.size
def backward(dout, X, h, w1, w2):
    dw2 = h.T @ dout
    dh = dout @ w2.T
    dw1 = X.T @ (dh*(1-h**2))
    return dw1, dw2
""",
    "forward, mse_grad, mse and backward(dout, X, h, w1, w2)",
    "(dh*(1-h**2))",
    "(dh*(1-h))",
    {"w1"},
)
FORMS["ng_unrolled"] = Form(
    """
import numpy as np
def sigmoid(z): return 1/(1+np.exp(-z))
def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, Lambda):
    Theta1 = nn_params[:((input_layer_size+1)*hidden_layer_size)]
    Theta1 = Theta1.reshape(hidden_layer_size, input_layer_size+1)
    Theta2 = nn_params[((input_layer_size+1)*hidden_layer_size):]
    Theta2 = Theta2.reshape(num_labels, hidden_layer_size+1)
    m = X.shape[0]
    a1 = np.hstack((np.ones((m,1)), X))
    a2 = np.hstack((np.ones((m,1)), sigmoid(a1 @ Theta1.T)))
    a3 = sigmoid(a2 @ Theta2.T)
    Y = np.eye(num_labels)[y]
    J = -1/m*np.sum(Y*np.log(a3)+(1-Y)*np.log(1-a3))
    J = J + Lambda/(2*m)*(np.sum(Theta1[:,1:]**2)+np.sum(Theta2[:,1:]**2))
    d3 = a3 - Y
    d2 = (d3 @ Theta2)[:,1:]*a2[:,1:]*(1-a2[:,1:])
    g1 = d2.T @ a1/m
    g2 = d3.T @ a2/m
    g1[:,1:] += Lambda/m*Theta1[:,1:]
    g2[:,1:] += Lambda/m*Theta2[:,1:]
    return J, np.concatenate([g1.ravel(), g2.ravel()])
""",
    "biases inside the weights",
    "*a2[:,1:]*(1-a2[:,1:])",
    "",
    {"nn_params: W1"},
)
FORMS["backward_only_y_yhat"] = Form(
    """
import numpy as np
def backward(y, y_hat, cache):
    X, h, W2 = cache["X"], cache["A1"], cache["W2"]
    m = y.shape[0]
    dz = (y_hat - y)/m
    dW2 = h.T @ dz
    db2 = dz.sum(axis=0)
    dh = dz @ W2.T*h*(1-h)
    return {"dW1": X.T @ dh, "db1": dh.sum(axis=0), "dW2": dW2, "db2": db2}
""",
    "no forward pass found, so this one is assumed: sigmoid, sigmoid and binary cross-entropy",
    "dz @ W2.T*h",
    "dz @ W2.T*h*h",
    {"b1", "W1"},
)
FORMS["list_of_dicts"] = Form(
    """
import numpy as np
def loss_fn(layers, x, y):
    a, stored = x, []
    for i, layer in enumerate(layers):
        z = a @ layer["w"] + layer["b"]
        stored.append(a)
        a = np.tanh(z) if i < len(layers) - 1 else z
    loss = 0.5*((a-y)**2).mean()
    g = (a-y)/y.size
    grads = []
    for i in reversed(range(len(layers))):
        grads.append({"w": stored[i].T @ g, "b": g.sum(axis=0)})
        g = g @ layers[i]["w"].T*(1-stored[i]**2)
    return loss, grads[::-1]
""",
    "samples in rows, biases",
    "*(1-stored[i]**2)",
    "",
    {'layers[1]["w"]', 'layers[1]["b"]', 'layers[0]["b"]', 'layers[0]["w"]'},
)
FORMS["sgd_samples"] = Form(
    """
import numpy as np
def sigmoid(x): return 1/(1+np.exp(-x))
def train(X, Y, W1, W2, learning_rate, epochs):
    for epoch in range(epochs):
        total = 0
        for x, y in zip(X, Y):
            h = sigmoid(x @ W1)
            o = sigmoid(h @ W2)
            total += 0.5*np.sum((o-y)**2)
            d = (o-y)*o*(1-o)
            dh = (W2 @ d)*h*(1-h)
            W2 = W2 - learning_rate*np.outer(h, d)
            W1 = W1 - learning_rate*np.outer(x, dh)
    return W1, W2, total
""",
    "one sample at a time, no biases; it updates its parameters",
    "(W2 @ d)*h*(1-h)",
    "W2 @ d",
    {"W1"},
)
FORMS["neg_gradients"] = Form(
    """
import numpy as np
def deltas(X, T, w1, w2):
    h = np.tanh(X @ w1)
    e = T - h @ w2
    return 0.5*np.sum(e**2), X.T @ (e @ w2.T*(1-h**2)), h.T @ e
def learn(X, T, w1, w2, rate):
    _, d1, d2 = deltas(X, T, w1, w2)
    w1 += rate*d1
    w2 += rate*d2
""",
    "its gradients have the opposite sign",
    "(1-h**2)), h.T",
    "(1-h)), h.T",
    {"w1"},
)
FORMS["variables_of_the_module"] = Form(
    """
import numpy as np
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0, 1, 1, 0]]).T
syn0, syn1 = np.ones((3, 4)), np.ones((4, 1))
def nonlin(x, deriv=False):
    return x*(1-x) if deriv else 1/(1+np.exp(-x))
def train_once():
    global syn0, syn1
    l1 = nonlin(X @ syn0)
    l2 = nonlin(l1 @ syn1)
    l2_delta = (y - l2)*nonlin(l2, True)
    l1_delta = l2_delta.dot(syn1.T) * nonlin(l1, True)
    syn1 += l1.T.dot(l2_delta)
    syn0 = syn0 + X.T.dot(l1_delta)
    return np.sum((y - l2)**2)/2
""",
    "it updates its parameters",
    " * nonlin(l1, True)",
    "",
    {"syn0"},
)
FORMS["neurons"] = Form(
    """
from math import exp
def forward_propagate(network, row):
    for layer in network:
        outputs = []
        for neuron in layer:
            w = neuron["weights"]
            neuron["output"] = 1/(1+exp(-w[-1] - sum(w[i]*row[i] for i in range(len(w) - 1))))
            outputs.append(neuron["output"])
        row = outputs
    return row
def backward_propagate_error(network, expected):
    for i in reversed(range(len(network))):
        for j, neuron in enumerate(network[i]):
            o = neuron["output"]
            if i == len(network) - 1:
                error = expected[j] - o
            else:
                error = sum(n["weights"][j]*n["delta"] for n in network[i + 1])
            neuron["delta"] = error*o*(1 - o)
def update_weights(network, row, l_rate):
    inputs = row[:-1]
    for layer in network:
        for neuron in layer:
            for j in range(len(inputs)):
                neuron["weights"][j] += l_rate*neuron["delta"]*inputs[j]
            neuron["weights"][-1] += l_rate*neuron["delta"]
        inputs = [neuron["output"] for neuron in layer]
""",
    "neurons in lists of layers, one sample at a time",
    'neuron["weights"][-1] += l_rate*neuron["delta"]',
    "pass",
    {'network[0]["weights"]', 'network[1]["weights"]'},
)
FORMS["lists_of_weights"] = Form(
    """
from math import exp
def feed_forward(neural_network, input_vector):
    outputs = []
    for layer in neural_network:
        input_vector = [1/(1+exp(-sum(w*x for w, x in zip(n, input_vector + [1])))) for n in layer]
        outputs.append(input_vector)
    return outputs
def sqerror_gradients(network, input_vector, target_vector):
    hidden, outputs = feed_forward(network, input_vector)
    deltas = [o*(1 - o)*(o - t) for o, t in zip(outputs, target_vector)]
    before = [h*(1 - h)*sum(d*n[i] for d, n in zip(deltas, network[-1])) for i, h in enumerate(hidden)]
    return [[d*x for x in input_vector + [1]] for d in before], [[d*h for h in hidden + [1]] for d in deltas]
""",
    "one sample at a time, biases inside the weights",
    "h*(1 - h)*sum",
    "h*sum",
    {"neural_network[0]"},
)
FORMS["steps_of_rmsprop"] = Form(
    """
import numpy as np
def rmsprop(X, y, W1, W2, lr=0.01, epochs=10, decay=0.9, eps=1e-8):
    c1, c2 = np.zeros_like(W1), np.zeros_like(W2)
    for i in range(epochs):
        H = np.tanh(X @ W1)
        E = H @ W2 - y
        d1, d2 = X.T @ (E @ W2.T * (1 - H**2)), H.T @ E
        c1 = decay*c1 + (1 - decay)*d1**2
        c2 = decay*c2 + (1 - decay)*d2**2
        W1 = W1 - lr*d1/(np.sqrt(c1) + eps)
        W2 = W2 - lr*d2/(np.sqrt(c2) + eps)
    return W1, W2, np.sum(E**2)/2
""",
    "it updates its parameters",
    " * (1 - H**2)",
    "",
    {"W1"},
)
FORMS["augmented_rows"] = Form(
    """
import numpy as np
def add_bias(A): return np.hstack([A, np.ones((len(A), 1))])
def grads(X, T, Wh, Wo):
    Xb = add_bias(X)
    H = np.tanh(Xb @ Wh)
    Hb = add_bias(H)
    O = Hb @ Wo
    E = O - T
    dWo = Hb.T @ E/len(X)
    dH = (E @ Wo.T)[:, :-1]*(1-H**2)
    dWh = Xb.T @ dH/len(X)
    return np.sum(E**2)/2/len(X), dWh, dWo
""",
    "biases inside the weights",
    "*(1-H**2)",
    "",
    {"Wh"},
)
FORMS["output_single_vec"] = Form(
    """
import numpy as np
def binary_net(X, y, W1, b1, w2, b2):
    n = len(y)
    h = np.maximum(X @ W1 + b1, 0)
    s = h @ w2 + b2
    p = 1/(1+np.exp(-s))
    loss = -np.mean(y*np.log(p) + (1-y)*np.log(1-p))
    ds = (p-y)/n
    dw2 = h.T @ ds
    db2 = ds.sum()
    dh = np.outer(ds, w2)*(h > 0)
    return loss, (X.T @ dh, dh.sum(0), dw2, db2)
""",
    "samples in rows, biases, one output",
    "*(h > 0)",
    "",
    {"b1", "W1"},
)
FORMS["globals"] = Form(
    """
import numpy as np
np.random.seed(0)
W1 = np.random.randn(2, 3)
W2 = np.random.randn(3, 1)
def sigmoid(x): return 1/(1+np.exp(-x))
def forward(X):
    h = sigmoid(X @ W1)
    return sigmoid(h @ W2), h
def loss(X, Y):
    o, _ = forward(X)
    return 0.5*np.sum((o-Y)**2)
def backward(X, Y):
    o, h = forward(X)
    d = (o-Y)*o*(1-o)
    return X.T @ (d @ W2.T*h*(1-h)), h.T @ d
""",
    "loss and backward(X, Y): samples in rows, no biases",
    "*h*(1-h)",
    "",
    {"W1"},
)
FORMS["eye10"] = Form(
    """
import numpy as np
def loss_and_gradients(W1, W2, x, y):
    t = np.eye(10)[y]
    h = np.tanh(x @ W1)
    z = h @ W2
    p = np.exp(z)/np.exp(z).sum(1, keepdims=True)
    g = (p-t)/len(x)
    return -np.sum(t*np.log(p))/len(x), x.T @ (g @ W2.T*(1-h**2)), h.T @ g
""",
    "samples in rows, no biases, targets are class numbers",
    "(p-t)/len(x)",
    "(p-t)",
    {"W2", "W1"},
)
FORMS["hidden_w_b"] = Form(
    """
import numpy as np
def loss_grads(x, y, hidden_weights, hidden_bias, output_weights, output_bias):
    h = np.tanh(np.dot(x, hidden_weights) + hidden_bias)
    o = np.dot(h, output_weights) + output_bias
    l = np.mean((o-y)**2)
    do = 2*(o-y)/o.size
    dh = np.dot(do, output_weights.T)*(1-h**2)
    return l, np.dot(x.T, dh), np.sum(dh, axis=0, keepdims=True), np.dot(h.T, do), np.sum(do, axis=0, keepdims=True)
""",
    "samples in rows, biases",
    "*(1-h**2)",
    "",
    {"hidden_weights", "hidden_bias"},
)
FORMS["cache_loop_dict"] = Form(
    """
import numpy as np
def sigmoid(z): return 1/(1+np.exp(-z))
def forward(X, weights, biases):
    cache = {"A0": X}
    A = X
    for i, (W, b) in enumerate(zip(weights, biases), 1):
        Z = W @ A + b
        A = sigmoid(Z)
        cache[f"Z{i}"] = Z
        cache[f"A{i}"] = A
    return A, cache
def cost(A, Y):
    return np.sum((A-Y)**2)/(2*Y.shape[1])
def backward(Y, weights, cache):
    L = len(weights)
    m = Y.shape[1]
    dW, db = [None]*L, [None]*L
    dA = (cache[f"A{L}"] - Y)/m
    for i in range(L, 0, -1):
        A = cache[f"A{i}"]
        dZ = dA*A*(1-A)
        dW[i-1] = dZ @ cache[f"A{i-1}"].T
        db[i-1] = dZ.sum(axis=1, keepdims=True)
        dA = weights[i-1].T @ dZ
    return dW, db
""",
    "forward, cost and backward(Y, weights, cache): samples in columns, biases",
    "dA*A*(1-A)",
    "dA*A",
    {"weights[0]", "biases[2]", "weights[1]", "biases[0]", "biases[1]", "weights[2]"},
)
FORMS["vector_net_loops"] = Form(
    """
import math
def backpropagate(w_hidden, b_hidden, w_out, b_out, x, t):
    h = []
    for j in range(len(b_hidden)):
        s = b_hidden[j]
        for i in range(len(x)):
            s += w_hidden[j][i]*x[i]
        h.append(math.tanh(s))
    o = []
    for k in range(len(b_out)):
        s = b_out[k]
        for j in range(len(h)):
            s += w_out[k][j]*h[j]
        o.append(1/(1+math.exp(-s)))
    error = sum(0.5*(o[k]-t[k])**2 for k in range(len(o)))
    d_out = [(o[k]-t[k])*o[k]*(1-o[k]) for k in range(len(o))]
    d_hidden = [sum(d_out[k]*w_out[k][j] for k in range(len(o)))*(1-h[j]**2) for j in range(len(h))]
    g_w_out = [[d_out[k]*h[j] for j in range(len(h))] for k in range(len(o))]
    g_w_hidden = [[d_hidden[j]*x[i] for i in range(len(x))] for j in range(len(h))]
    return error, g_w_hidden, d_hidden, g_w_out, d_out
""",
    "one sample at a time, biases",
    "*(1-h[j]**2) for",
    "*1 for",
    {"b_hidden", "w_hidden"},
)


def recognised(text, name=None):
    """(Recipe, {parameter: whether its gradient is that of central differences}) at points 0 and 1."""
    namespace = run(text)
    recipe = find.find(namespace, text, name)
    right = dict.fromkeys(recipe.parameters, True)
    for n in range(2):
        inputs = recipe.example(np.random.default_rng(n), n)
        _, gradients = recipe.run(run(text), trials.copies(inputs))
        truth = slopes.slopes(lambda moved: trials.number(recipe.run(namespace, moved)[0]), inputs, recipe.parameters)
        for parameter in right:
            given = trials.as_array(gradients.get(parameter))
            right[parameter] &= slopes.alike(given, truth[parameter])
    return recipe, right


def run(text):
    namespace = {"__name__": "theirs"}
    exec(compile(text, "theirs", "exec"), namespace)
    return namespace


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_recognised_and_its_gradients_are_those_of_its_loss(name):
    form = FORMS[name]
    recipe, right = recognised(form.text)
    assert form.words in recipe.words
    assert all(right.values())


@pytest.mark.parametrize("name", FORMS)
def test_a_form_with_a_fault_is_called_in_the_same_way(name):
    form = FORMS[name]
    recipe, right = recognised(form.text.replace(form.right, form.wrong))
    assert {parameter for parameter, is_right in right.items() if not is_right} == form.parameters
    assert set(recipe.parameters) == set(recognised(form.text)[0].parameters)


def dedented(text):
    return textwrap.dedent(text).lstrip()


TWO_LAYERS = dedented("""
    import numpy as np
    def gradients(X, Y, W1, b1, W2, b2):
        N = len(X)
        A = np.tanh(X @ W1 + b1)
        R = (A @ W2 + b2 - Y) / N
        D = R @ W2.T * (1 - A**2)
        return np.sum((N * R) ** 2) / 2 / N, X.T @ D, D.sum(0), A.T @ R, R.sum(0)
""")


def test_the_example_is_generic_and_its_sizes_differ():
    recipe, _ = recognised(TWO_LAYERS)
    first, second = (recipe.example(np.random.default_rng(0), n) for n in (0, 1))
    assert [len(inputs["X"]) for inputs in (first, second)] == [4, 16]
    sizes = {4, 16, *second["X"].shape[1:], *second["W1"].shape[1:], *second["W2"].shape[1:]}
    assert len(sizes) == 5
    assert 2 not in sizes
    assert (second["Y"].sum(axis=1) == 1).all()
    assert (second["Y"].sum(axis=0) > 0).all()


def test_roles_name_the_inputs_in_the_order_of_layers():
    recipe, _ = recognised(TWO_LAYERS.replace("X, Y, W1, b1, W2, b2", "W2, b2, Y, W1, X, b1"))
    roles = recipe.roles
    assert (roles.X, roles.Y, roles.weights, roles.biases) == ("X", "Y", ("W1", "W2"), ("b1", "b2"))
    assert not roles.columns
    assert not roles.augmented


def test_roles_say_that_samples_are_columns():
    recipe, _ = recognised(FORMS["regularized_course"].text)
    assert recipe.roles.columns


def test_functions_are_looked_up_in_the_namespace_of_every_run():
    recipe, _ = recognised(TWO_LAYERS)
    inputs = recipe.example(np.random.default_rng(0), 0)
    other = {"gradients": lambda *given: (7.0, 1, 2, 3, 4)}
    assert recipe.run(other, inputs) == (7.0, {"W1": 1, "b1": 2, "W2": 3, "b2": 4})


@pytest.mark.parametrize("rate", ["lr", "eta"])
@pytest.mark.parametrize("update", ["W = W - {rate} * G", "W -= {rate} * G", "W[:] = W - {rate} * G"])
def test_what_only_updates_is_recognised(rate, update):
    text = dedented("""
        import numpy as np
        def step(W, x, t, RATE):
            R = x @ W - t
            G = x.T @ R
            UPDATE
            return W, 0.5 * np.sum(R**2)
    """)
    text = text.replace("UPDATE", update.format(rate=rate)).replace("RATE", rate)
    recipe, right = recognised(text)
    assert "it updates its parameters" in recipe.words
    assert right == {"W": True}


def test_going_up_the_loss_is_wrong():
    _, right = recognised(FORMS["sgd_samples"].text.replace("- learning_rate", "+ learning_rate"))
    assert not any(right.values())


def test_going_up_a_likelihood_is_right():
    text = dedented("""
        import numpy as np
        def log_likelihood(w, X, y):
            p = 1 / (1 + np.exp(-X @ w))
            return np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))
        def update(w, X, y, eta):
            p = 1 / (1 + np.exp(-X @ w))
            return w + eta * X.T @ (y - p)
    """)
    assert recognised(text)[1] == {"w": True}


def test_a_fault_that_one_sample_hides_is_seen():
    _, right = recognised(TWO_LAYERS.replace("R.sum(0)", "R"))
    assert not all(right.values())


def test_a_fault_that_one_output_hides_is_seen():
    _, right = recognised(TWO_LAYERS.replace("R.sum(0)", "np.full_like(b2, R.sum())"))
    assert right == {"W1": True, "b1": True, "W2": True, "b2": False}


EXAMPLE = dedented("""
    import numpy as np
    def anything(u, weights, k, scale):
        z = (u[k] * weights[0]).sum() * scale + weights[1].sum()
        return z**2, {"weights": [2 * z * scale * u[k], 2 * z * np.ones(2)], "scale": 2 * z * (u[k] * weights[0]).sum()}
    def unrelated(u):
        return u
    def example(rng):
        return {"u": rng.normal(size=(2, 3)), "weights": [rng.normal(size=3), rng.normal(size=2)], "k": 1, "scale": 0.5}
""")


def test_no_size_is_chosen_because_a_fault_does_not_show_there():
    text = dedented("""
        import numpy as np
        def gradients(X, Y, W, b):
            N, y = len(X), Y.argmax(1)
            e = np.exp(X @ W[0] + b[0])
            p = e / e.sum(1, keepdims=True)
            L = (0.5 * np.sum(W[0]**2) - np.sum(np.log(p[range(N), y]))) / N
            p[range(N), y] -= 1
            return L, [X.T @ p + W[0]], [p.sum(0, keepdims=True)]
    """)
    recipe, right = recognised(text)
    assert recipe.words == "gradients(X, Y, W, b): samples in rows, biases"
    assert not any(right.values())


def test_the_sign_of_what_is_called_a_gradient_is_known():
    text = dedented("""
        import numpy as np
        def cost_and_gradient(theta, X, y):
            h = 1 / (1 + np.exp(-X @ theta))
            grad = X.T @ (y - h)
            return -np.sum(y * np.log(h) + (1 - y) * np.log(1 - h)), grad
    """)
    assert recognised(text)[1] == {"theta": False}
    assert recognised(text.replace("y - h", "h - y"))[1] == {"theta": True}


def test_steps_that_hide_the_gradients_are_told():
    text = (
        FORMS["steps_of_rmsprop"]
        .text.replace(", decay=0.9, eps=1e-8", "")
        .replace("import numpy as np", "import numpy as np\ndecay, eps = 0.9, 1e-8")
    )
    with pytest.raises(Misfit, match="rmsprop divides its steps"):
        recognised(text)


def test_an_example_says_which_function_is_meant_and_what_has_gradients():
    recipe, right = recognised(EXAMPLE)
    assert right == {"weights[0]": True, "weights[1]": True, "scale": True}
    inputs = recipe.example(np.random.default_rng(0), 0)
    assert inputs["k"] == 1
    assert isinstance(inputs["k"], int)


def test_several_good_functions_need_a_name():
    text = TWO_LAYERS.replace("def gradients", "def first") + TWO_LAYERS.replace("def gradients", "def second")
    with pytest.raises(Misfit, match="FILE:first"):
        recognised(text)
    assert all(recognised(text, "second")[1].values())


def test_the_function_with_the_usual_name_is_meant():
    recipe, _ = recognised(TWO_LAYERS + TWO_LAYERS.replace("def gradients", "def my_grads"))
    assert recipe.words.startswith("gradients(")


def test_what_is_not_recognised_is_told_what_to_add():
    with pytest.raises(Misfit, match=r"weird.*example\(rng\)"):
        recognised("def weird(q):\n    return q")


def test_what_they_print_is_not_seen(capfd):
    text = TWO_LAYERS.replace("    N = len(X)", "    print('here')\n    N = len(X)")
    find.find(run(text), text)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("gradient", "parameter"),
    [("dW1", "W1"), ("grad_W1", "W1"), ("dL_dW1", "W1"), ("nabla_w", "w"), ("g_b2", "b2"), ("W1_grad", "W1")],
)
def test_names_of_gradients_are_known(gradient, parameter):
    assert names.belongs(gradient, parameter)
    assert names.belongs(gradient, f'params["{parameter}"]')
    assert not names.belongs(gradient, "other")


def notebook(tmp_path, *cells):
    path = tmp_path / "mine.ipynb"
    written = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": ["# x"]}, *written]}))
    return path


def test_a_notebook_gives_what_its_cells_define(tmp_path):
    path = notebook(
        tmp_path,
        "%matplotlib inline\nimport numpy as np\n!pip list\nRATE = 0.1",
        "data = open('x').read()\nprint(data)",
        "W = np.random.randn(2, 3)\n\ndef f(x):\n    return x * RATE\nf(3)",
        "%%time\nf(2)",
        "this is no Python",
    )
    text, places = sources.source(path)
    assert text == "import numpy as np\nRATE = 0.1\ndef f(x):\n    return x * RATE\n"
    assert places == {1: (2, 2), 2: (2, 4), 3: (4, 3), 4: (4, 4)}


def test_a_python_file_is_all_text(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("a = 1\n")
    assert sources.source(path) == ("a = 1\n", {})


def test_no_notebook_is_told(tmp_path):
    path = tmp_path / "mine.ipynb"
    path.write_text("[]")
    with pytest.raises(UsageError, match="is not a notebook"):
        sources.source(path)
