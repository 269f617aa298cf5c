"""Mistakes that are no network's own: they show in the first wrong line, or in a shape."""

from fourfold.compare.check.proven import Mistaken
from fourfold.compare.exact.examined import ADDED_UP, FACTOR, OPERAND, PART, SIGN, SLOPE, SLOPE_MISSING, UPDATED

TRANSPOSED, MISSHAPEN = "transposed", "misshapen"
# Mistakes that are no network's own, by what shows them.
ANYWHERE = {
    ADDED_UP: Mistaken(
        "= where += was meant",
        "A value that is used several times gets a part of its gradient from each use. The parts add up.",
        "∂L/∂x = Σ ∂L/∂(each use of x)",
        "grad = part",
        "grad += part",
    ),
    UPDATED: Mistaken(
        "weights updated before they are used",
        "The gradients of earlier layers need the weights that the forward pass used.",
        "∂L/∂A = ∂L/∂Z Wᵀ, of the old W",
        "W -= rate * dW, and then dA = dZ @ W.T",
        "dA = dZ @ W.T, and then W -= rate * dW",
    ),
    FACTOR: Mistaken(
        "a constant factor",
        "The 1/N of a mean, the 2 of a square or a scale is counted twice, or not at all.",
        "∂(c f)/∂x = c ∂f/∂x",
        "grad = dZ @ W",
        "grad = c * dZ @ W",
    ),
    SIGN: Mistaken(
        "sign of a gradient",
        "A minus sign is lost, or applied twice.",
        "∂(-f)/∂x = -∂f/∂x",
        "grad = y - t",
        "grad = t - y",
    ),
    PART: Mistaken(
        "a part of a gradient missing",
        "A value that is used in several places gets a part of its gradient from each.",
        "∂L/∂x = Σ ∂L/∂(each use of x)",
        "dx = part_of_one_use",
        "dx = part_of_one_use + part_of_the_other",
    ),
    TRANSPOSED: Mistaken(
        "gradient transposed",
        "The factors of a product are swapped, so the result is transposed.",
        "∂L/∂W = Xᵀ ∂L/∂Z",
        "dW = dZ.T @ X",
        "dW = X.T @ dZ",
    ),
    MISSHAPEN: Mistaken(
        "gradient of another shape",
        "The update broadcasts it, and the parameter changes its shape.",
        "∂L/∂b = Σ_samples ∂L/∂Z, in the shape of b",
        "db = dZ.sum(axis)",
        "db = dZ.sum(axis, keepdims=True)",
    ),
    SLOPE: Mistaken(
        "a slope of something else",
        "The derivative is taken at the wrong value, or is that of another activation.",
        "∂L/∂Z = ∂L/∂A · σ′(Z)",
        "dZ = dA * slope(something else)",
        "dZ = dA * slope(Z)",
    ),
    SLOPE_MISSING: Mistaken(
        "a slope missing",
        "The chain rule's factor σ′ is left out.",
        "∂L/∂Z = ∂L/∂A · σ′(Z)",
        "dZ = dA",
        "dZ = dA * slope(Z)",
    ),
    OPERAND: Mistaken(
        "another array than is needed",
        "Two arrays with the same shape, or with similar names, are mixed up.",
        "∂L/∂W = Aᵀ ∂L/∂Z, ∂L/∂A = ∂L/∂Z Wᵀ",
        "dW = H.T @ dZ",
        "dW = A.T @ dZ",
    ),
}


def mistakes(outcome):
    """[Mistaken] of an Examined: the one that shows in its first wrong line, or in a shape; [] where none does."""
    kinds = []
    for one in outcome.gradients:
        if not one.right and "transpose" in one.why:
            kinds.append(TRANSPOSED)
        elif not one.right and "shape" in one.why:
            kinds.append(MISSHAPEN)
    kinds += [blamed.mistake for blamed in outcome.blamed[:1]]
    for kind in kinds:
        if kind in ANYWHERE:
            return [ANYWHERE[kind]]
    return []
