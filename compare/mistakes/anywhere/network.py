"""What somebody's code gave at a few points, and the network whose loss that is."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.mistakes.anywhere.functions import OVER_ALL, OVER_SAMPLES, SOFTMAX, back, value
from fourfold.compare.mistakes.anywhere.losses import LOSSES, REDUCTIONS, LossMistake

GRADIENTS_SAME = 1e-9
CONSTANT, CONSTANT_OVER_N = "times a constant", "times a constant, over N"
WEIGHTS, ALL = "weights", "weights and biases"

SOFTMAX_MISTAKE = LossMistake(
    "softmax over the samples",
    "Without an axis, or with axis 0, the exponentials are divided by sums over other samples too.",
    "p = exp(h) / Σ_classes exp(h)",
    "P = np.exp(H) / np.exp(H).sum(axis=0)",
    "P = np.exp(H) / np.exp(H).sum(axis=1, keepdims=True)",
)


class Given(NamedTuple):
    """What code gave at one point: samples in rows, weights (in, out), biases (1, d), float64.

    A gradient may have another shape, where it was given so, or be None where none was given.
    """

    X: np.ndarray
    Y: np.ndarray
    weights: tuple
    biases: tuple  # () without biases
    L: float
    dL_dW: tuple
    dL_db: tuple = ()
    shape: str = ""  # what was odd about the form it was given in

    @property
    def sizes(self):
        """(N, d_in, d_out)."""
        return len(self.X), self.X.shape[1], self.Y.shape[1]


class AnyNetwork(NamedTuple):
    """A loss over a layered network; what it has a mistake in, and was differentiated without."""

    activations: tuple
    loss: str
    reduction: str
    l2: float = 0.0  # the penalty is l2 ΣW²
    penalised: str = WEIGHTS
    over_n: bool = False  # l2 is divided by N
    constant: float = 1.0  # of a reduction that has no name

    def factor(self, seen):
        """What the sum over all entries is multiplied with."""
        if self.reduction == CONSTANT:
            return self.constant
        if self.reduction == CONSTANT_OVER_N:
            return self.constant / len(seen.X)
        return REDUCTIONS[self.reduction].factor(*seen.sizes)

    def penalty(self, seen):
        """The coefficient of ΣW²."""
        return self.l2 / len(seen.X) if self.over_n else self.l2

    @property
    def mistakes(self):
        """LossMistakes of the forward pass."""
        return self._lists()[0]

    @property
    def intended(self):
        """The network that was differentiated, if one of the mistakes is in the loss alone."""
        return self._lists()[1]

    def _lists(self):
        mistakes, meant = [], self
        loss, reduction = LOSSES[self.loss], REDUCTIONS.get(self.reduction)
        if self.activations[-1] in {OVER_SAMPLES, OVER_ALL}:
            mistakes.append(SOFTMAX_MISTAKE)
            meant = meant._replace(activations=(*self.activations[:-1], SOFTMAX))
        if loss.mistake:
            mistakes.append(loss.mistake)
            meant = meant._replace(loss=loss.intended)
        if reduction and reduction.mistake:
            mistakes.append(reduction.mistake)
            meant = meant._replace(reduction=reduction.intended)
        return mistakes, meant

    def words(self):
        """ "binary cross-entropy, mean over samples; tanh, sigmoid"."""
        reduction = self.reduction
        if reduction in {CONSTANT, CONSTANT_OVER_N}:
            reduction = f"times {self.constant:.6g}{'/N' if reduction == CONSTANT_OVER_N else ''}"
        penalty = ""
        if self.l2:
            of_what = {WEIGHTS: "ΣW²", ALL: "Σ(W² + b²)"}.get(self.penalised, f"Σ{self.penalised}²")
            penalty = f", L2 penalty {self.l2:.6g}{'/N' if self.over_n else ''} {of_what}"
        function = LOSSES[self.loss]
        name = f"{function.intended} ({self.loss})" if function.intended not in self.loss else self.loss
        return f"{name}, {reduction}{penalty}; {', '.join(self.activations)}"


def forward(activations, seen):
    """(H, A): a list of pre-activations from layer 1, and one of activations from A_0 = X."""
    H, A = [], [seen.X]
    for k, name in enumerate(activations):
        Z = A[-1] @ seen.weights[k]
        H.append(Z + seen.biases[k] if seen.biases else Z)
        A.append(value(name, H[-1]))
    return H, A


def squares(penalised, seen):
    """The sum of squares that a penalty is a multiple of."""
    arrays = {WEIGHTS: seen.weights, ALL: (*seen.weights, *seen.biases)}.get(penalised)
    if arrays is None:
        arrays = (seen.weights[int(penalised[1:]) - 1],)
    return sum(float((W**2).sum()) for W in arrays)


def is_penalised(penalised, name):
    """Whether a parameter, W2 or b1, is in the penalty."""
    return penalised in {ALL, name} or (penalised == WEIGHTS and name.startswith("W"))


def loss(network, seen):
    """L of a network."""
    A = forward(network.activations, seen)[1]
    total = network.factor(seen) * LOSSES[network.loss].total(A[-1], seen.Y)
    return float(total + network.penalty(seen) * squares(network.penalised, seen))


def gradients(network, seen):
    """(dL_dW, dL_db) of a network's own L, two tuples."""
    H, A = forward(network.activations, seen)
    G = network.factor(seen) * LOSSES[network.loss].slope(A[-1], seen.Y)
    c = 2 * network.penalty(seen)
    dL_dW, dL_db = [], []
    for k in reversed(range(len(H))):
        D = back(network.activations[k], H[k], A[k + 1], G)
        W_too, b_too = (c * is_penalised(network.penalised, f"{p}{k + 1}") for p in "Wb")
        dL_dW.insert(0, A[k].T @ D + W_too * seen.weights[k])
        if seen.biases:
            dL_db.insert(0, D.sum(axis=0, keepdims=True) + b_too * seen.biases[k])
        G = D @ seen.weights[k].T
    return tuple(dL_dW), tuple(dL_db)


def near(given, right, size=0.0):
    """Whether two arrays have one shape, and their entries are the same, relative to the largest, or to `size`."""
    if np.shape(given) != np.shape(right):
        return False
    size = max(np.max(np.abs(right), initial=0), np.max(np.abs(given), initial=0), size)
    return bool(np.max(np.abs(given - right), initial=0) <= GRADIENTS_SAME * size)


def smallest(seen):
    """The size below which entries of gradients are nothing but rounding."""
    given = [Z for Z in (*seen.dL_dW, *seen.dL_db) if Z is not None]
    return 1e-5 * max(float(np.max(np.abs(Z), initial=0)) for Z in given) if given else 0.0


def has_right_gradients(network, seens):
    """Whether all gradients given are the network's own."""
    with np.errstate(all="ignore"):
        for seen in seens:
            dL_dW, dL_db = gradients(network, seen)
            size = smallest(seen)
            for given, right in zip((*seen.dL_dW, *seen.dL_db), (*dL_dW, *dL_db), strict=False):
                if given is not None and not near(given, right, size):
                    return False
    return True


def has_right_backward(network, seens):
    """Whether the gradients are those of the loss that was meant, from the numbers of the forward pass as it is."""
    with np.errstate(all="ignore"):
        return all(_right_backward(network, seen) for seen in seens)


def _right_backward(network, seen):
    meant = network.intended
    H, A = forward(network.activations, seen)
    G = meant.factor(seen) * LOSSES[meant.loss].slope(A[-1], seen.Y)
    c = 2 * meant.penalty(seen)
    for k in reversed(range(len(H))):
        D = back(meant.activations[k], H[k], A[k + 1], G)
        W_too, b_too = (c * is_penalised(meant.penalised, f"{p}{k + 1}") for p in "Wb")
        checked = [(seen.dL_dW[k], A[k].T @ D + W_too * seen.weights[k])]
        if seen.biases and seen.dL_db:
            checked.append((seen.dL_db[k], D.sum(axis=0, keepdims=True) + b_too * seen.biases[k]))
        if not all(given is None or near(given, right, smallest(seen)) for given, right in checked):
            return False
        G = D @ seen.weights[k].T
    return True
