"""What a step makes of gradients, in PyTorch: by `torch.optim`."""

import torch

# What an optimiser keeps for every array of weights
KEPT = {
    "sgd": (),
    "momentum": ("momentum_buffer",),
    "nesterov": ("momentum_buffer",),
    "rmsprop": ("square_avg",),
    "adam": ("exp_avg", "exp_avg_sq"),
    "adamw": ("exp_avg", "exp_avg_sq"),
}


def array(values, dtype):
    return torch.tensor(values, dtype=getattr(torch, dtype))


def to_numpy(Z):
    return Z.detach().numpy().copy()


def optimizer(w, name, lr, l2, decay, **settings):
    if (decay and name != "adamw") or (l2 and name == "adamw"):
        raise NotImplementedError("torch.optim has decay for AdamW alone, and l2 for all others")
    s = settings
    match name:
        case "sgd":
            return torch.optim.SGD(w, lr, weight_decay=l2)  # E23, U1
        case "momentum" | "nesterov":
            return torch.optim.SGD(w, lr, s["momentum"], nesterov=name == "nesterov", weight_decay=l2)  # U3-U5
        case "rmsprop":
            return torch.optim.RMSprop(w, lr, alpha=s["rho"], eps=s["eps"], weight_decay=l2)  # U6, U7
        case "adam":
            return torch.optim.Adam(w, lr, (s["beta1"], s["beta2"]), s["eps"], l2)  # U8-U11
        case _:
            return torch.optim.AdamW(w, lr, (s["beta1"], s["beta2"]), s["eps"], decay)  # U2, U8-U11


def train(gradients, w, kept, done, steps, name, settings):
    w, n = [torch.nn.Parameter(w_k.clone()) for w_k in w], len(KEPT[name])
    update, path = optimizer(w, name, **settings), []
    for k in range(len(w) if done else 0):
        state = [Z.clone() for Z in kept[n * k : n * (k + 1)]]
        update.state[w[k]] = {"step": torch.tensor(float(done)), **dict(zip(KEPT[name], state, strict=True))}
    for _ in range(steps):  # E24
        L, g = gradients([w_k.detach() for w_k in w])
        for w_k, g_k in zip(w, g, strict=True):
            w_k.grad = g_k
        update.step()
        shown = [*w]
        for w_k in w:
            shown += [update.state[w_k][key] for key in KEPT[name]]
        path.append([*(Z.detach().clone() for Z in shown), L])
    return tuple(torch.stack(Z) for Z in zip(*path, strict=True))
