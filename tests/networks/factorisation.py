"""Matrix factorisation of ratings with biases and an L2 penalty, rating by rating as for stochastic descent."""

import numpy as np


def ratings_loss(users, items, ratings, P, Q, user_bias, item_bias, offset, lam=0.1):
    gP = np.zeros_like(P)
    gQ = np.zeros_like(Q)
    g_user = np.zeros_like(user_bias)
    g_item = np.zeros_like(item_bias)
    g_offset = 0.0
    loss = 0.0
    for u, i, r in zip(users, items, ratings, strict=True):
        guess = offset + user_bias[u] + item_bias[i] + P[u] @ Q[i]
        e = r - guess
        loss += e**2
        loss += lam * (P[u] @ P[u] + Q[i] @ Q[i] + user_bias[u] ** 2 + item_bias[i] ** 2)
        gP[u] += 2 * (lam * P[u] - e * Q[i])
        gQ[i] += 2 * (lam * Q[i] - e * P[u])
        g_user[u] += 2 * (lam * user_bias[u] - e)
        g_item[i] += 2 * (lam * item_bias[i] - e)
        g_offset -= 2 * e
    return loss, {"P": gP, "Q": gQ, "user_bias": g_user, "item_bias": g_item, "offset": g_offset}


def example(rng):
    return {
        "users": np.array([0, 0, 1, 2, 3, 3, 2]),
        "items": np.array([1, 2, 0, 4, 3, 1, 1]),
        "ratings": rng.normal(size=7),
        "P": rng.normal(size=(4, 3)),
        "Q": rng.normal(size=(5, 3)),
        "user_bias": rng.normal(size=4),
        "item_bias": rng.normal(size=5),
        "offset": rng.normal(),
    }
