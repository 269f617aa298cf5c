import numpy as np

def fit(X, y, w1, w2, lr=0.05, momentum=0.9, n_iter=1):
    v1 = np.zeros_like(w1)
    v2 = np.zeros_like(w2)
    history = []
    for _ in range(n_iter):
        a = np.tanh(X @ w1)
        r = a @ w2 - y
        history.append(0.5 * np.mean(np.sum(r**2, axis=1)))
        g2 = a.T @ r / len(X)
        g1 = X.T @ (r @ w2.T * (1 - a**2)) / len(X)
        v1 = momentum * v1 - lr * g1
        v2 = momentum * v2 + lr * g2
        w1 = w1 + v1
        w2 = w2 + v2
    return w1, w2, history
