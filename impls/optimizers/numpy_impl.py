"""What a step makes of gradients, in NumPy; every rule by hand, from the paper it was published in."""

import numpy as np


def sgd(w, g, state, t, lr):
    return w - lr * g, ()  # E23


def momentum(w, g, state, t, lr, momentum):
    u = momentum * state[0] - lr * g  # U3
    return w + u, (u,)  # U4


def nesterov(w, g, state, t, lr, momentum):
    u = momentum * state[0] - lr * g  # U3
    return w + momentum * u - lr * g, (u,)  # U5


def rmsprop(w, g, state, t, lr, rho, eps):
    v = rho * state[0] + (1 - rho) * g**2  # U6
    return w - lr * g / np.sqrt(v + eps), (v,)  # U7


def adam(w, g, state, t, lr, beta1, beta2, eps):
    m = beta1 * state[0] + (1 - beta1) * g  # U8
    v = beta2 * state[1] + (1 - beta2) * g**2  # U9
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)  # U10
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), (m, v)  # U11


RULES = {"sgd": sgd, "momentum": momentum, "nesterov": nesterov, "rmsprop": rmsprop, "adam": adam, "adamw": adam}
KEPT = {"sgd": 0, "momentum": 1, "nesterov": 1, "rmsprop": 1, "adam": 2, "adamw": 2}  # arrays for each one of weights


def array(values, dtype):
    return np.array(values, dtype)


def to_numpy(Z):
    return np.array(Z)


def optimizer(w, name, lr, l2, decay, **settings):
    def update(w, g, state, t):
        g = g + l2 * w if l2 else g  # U1
        new, state = RULES[name](w, g, state, t, lr, **settings)
        return new - lr * decay * w if decay else new, state  # U2

    return update


def train(gradients, w, kept, done, steps, name, settings):
    update, n = optimizer(w, name, **settings), KEPT[name]
    w, state, path = [*w], [(np.zeros_like(w_k),) * n for w_k in w], []
    if done:
        state = [kept[n * k : n * (k + 1)] for k in range(len(w))]
    for t in range(done + 1, done + steps + 1):  # E24
        L, g = gradients(w)
        for k in range(len(w)):
            w[k], state[k] = update(w[k], g[k], state[k], t)
        path.append((*w, *sum(state, ()), L))
    return tuple(np.stack(Z) for Z in zip(*path, strict=True))
