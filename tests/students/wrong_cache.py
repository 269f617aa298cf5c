import numpy as np

def linear_forward(A_prev, W, b):
    Z = A_prev @ W + b
    return Z, (A_prev, W, Z)

def model_forward(X, params):
    caches = []
    A = X
    L = len(params) // 2
    for l in range(1, L):
        Z, cache = linear_forward(A, params["W" + str(l)], params["b" + str(l)])
        caches.append(cache)
        A = np.tanh(Z)
    Z, cache = linear_forward(A, params["W" + str(L)], params["b" + str(L)])
    caches.append(cache)
    return Z, caches

def model_backward(X, y, params):
    out, caches = model_forward(X, params)
    m = X.shape[0]
    L = len(caches)
    loss = np.mean(np.sum((out - y)**2, axis=1))
    grads = {}
    dZ = 2*(out - y)/m
    for l in reversed(range(1, L + 1)):
        A_prev, W, Z = caches[l - 1]
        grads["dW" + str(l)] = A_prev.T @ dZ
        grads["db" + str(l)] = np.sum(dZ, axis=0, keepdims=True)
        if l > 1:
            Z_prev = caches[l - 2][2]
            dZ = (dZ @ W.T)*(1 - Z_prev**2)
    return loss, grads
