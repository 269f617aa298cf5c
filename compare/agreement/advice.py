"""What shows that a right form loses digits, and what to write instead."""

import numpy as np

from fourfold.compare.judge import judgement, truth
from fourfold.compare.judge.quantities import kind_of, layer_of

ACCURATE = {
    "sigmoid": "a = 1 / (1 + exp(-h)) for the activation, a (1 - a) for its slope",
    "tanh": "a = tanh(h) for the activation, 1 - a² for its slope",
}
LOSS = "R = Y_hat - Y first, and then the sum of R²"
UPDATE = "w - λ g, with nothing else done to w"


def advice_on(quantity, entry, parameters, p):
    """In words: at which input a quantity of one network loses digits, and what to write instead."""
    q, _, _ = judgement.exact_values(parameters, p)
    where, layer = _input(q, quantity, entry, p)
    kind = kind_of(quantity)
    advice = LOSS
    if kind in {"W", "b"}:
        advice = UPDATE
    elif layer:
        advice = ACCURATE[p.activations[layer - 1]]
        advice += f"; {LOSS}" if kind == "L" else ""
    where = f"It shows where {where}. " if where else ""
    return f"{where}This keeps the digits: {advice}."


def _input(q, quantity, entry, p):
    """The input that shows it, in words, and the layer whose activation is in question, or 0."""
    kind, layer = kind_of(quantity), layer_of(quantity) or len(p.activations)
    curved = [k for k, name in enumerate(p.activations, start=1) if name in ACCURATE]
    if kind in {"W", "b"}:
        return "", 0
    if kind in {"H", "A", "dL_dA", "dL_dH"} and layer in curved:
        return f"h = {float(q[f'H{layer}'][entry]):.6g}", layer
    if not curved:
        R = np.abs(truth.narrow(q["R"]))
        n = np.unravel_index(np.argmin(np.where(R > 0, R, np.inf)), R.shape)
        Y = np.asarray(p.Y)
        return f"Y_hat = {float(q['Y_hat'][n]):.17g} and Y = {float(Y[n]):.17g}", 0
    # of a sum over the samples, or a product: a unit where forms of that layer cancel: σ's far out, tanh's near 0
    nearest = layer if layer in curved else max([k for k in curved if k < layer], default=curved[0])
    H = truth.narrow(q[f"H{nearest}"])
    if kind == "dL_dW" and layer in (nearest, nearest + 1):
        unit = entry[-1] if layer == nearest else entry[-2]
        H = H[:, [unit]]
    size = np.abs(H)
    n = np.argmin(np.where(size > 0, size, np.inf)) if p.activations[nearest - 1] == "tanh" else np.argmax(size)
    return f"h = {H.flat[n]:.6g}", nearest
