"""The steps of a backward pass, and what people write in their place: a list of (Kind, array) for every step."""

from functools import cached_property

import numpy as np

from fourfold.compare.mistakes.anywhere import entries, slopes
from fourfold.compare.mistakes.anywhere.functions import SOFTMAXES, back, softmax
from fourfold.compare.mistakes.anywhere.losses import BINARY, CATEGORICAL, LOSSES, RIGHT, SQUARED
from fourfold.compare.mistakes.anywhere.network import forward, is_penalised


class Pass:
    """One point: its forward pass, and what the loss that was meant has for dL_dY_hat."""

    def __init__(self, network, seen):
        self.network, self.seen, self.meant = network, seen, network.intended
        self.depth = len(network.activations)
        self.H, self.A = forward(network.activations, seen)
        self.factor = self.meant.factor(seen)
        self.N = len(seen.X)
        self.penalty = 2 * self.meant.penalty(seen)
        self._slopes, self._rights = {}, {}

    def activation(self, k):
        """Of layer k = 1 ... K."""
        return self.meant.activations[k - 1]

    def penalised(self, name):
        """What the right gradient of a parameter has from the penalty, as a multiple of the parameter."""
        return self.penalty * is_penalised(self.meant.penalised, name)

    @cached_property
    def errors(self):
        """(Kind, dL_dY_hat); the first is right."""
        return [(None, self.right_error), *self._wrong_errors()]

    @cached_property
    def right_error(self):
        """What the loss that was meant has for dL_dY_hat."""
        return self.factor * LOSSES[self.meant.loss].slope(self.A[-1], self.seen.Y)

    def _wrong_errors(self):
        P, Y, c = self.A[-1], self.seen.Y, self.factor
        name = self.meant.loss
        if name == BINARY:
            yield entries.SECOND_TERM, -c * Y / P
            yield entries.SECOND_TERM, c * (1 - Y) / (1 - P)
            yield entries.SECOND_SIGN, c * (-Y / P - (1 - Y) / (1 - P))
        if name in {BINARY, CATEGORICAL}:
            yield entries.LOG_MISSING, -c * Y
        if name == SQUARED:
            yield entries.ABSOLUTE_RESIDUAL, 2 * c * abs(P - Y)
            yield entries.LOGITS, 2 * c * (self.H[-1] - Y)
        if name.endswith("hinge loss"):
            yield entries.HINGE_MASK, -c * Y
        for loss in RIGHT:
            if loss.name != name:
                G = c * loss.slope(P, Y) * (0.5 if loss.name == SQUARED else 1)
                if np.isfinite(G).all():
                    yield entries.of_other_loss(loss.name, name), G

    def outputs(self, G, right_error):
        """(Kind, dL_dHK): what is behind the output's activation, for a dL_dY_hat."""
        K, name, Y, c = self.depth, self.activation(self.depth), self.seen.Y, self.factor
        H, P = self.H[-1], self.A[-1]
        D = back(name, H, P, G)
        yield None, D
        if name in SOFTMAXES:
            yield entries.DIAGONAL, G * P * (1 - P)
            yield slopes.MISSING, G
            yield entries.TOO, D * P * (1 - P)
            yield entries.TOO, back(name, H, P, D)
            if right_error:
                for axis in SOFTMAXES.values():
                    yield entries.AXIS, c * (softmax(H, axis) - Y)
        else:
            for kind, S in self.slopes(K):
                yield kind, G * S
            if self.meant.loss == BINARY and name == "sigmoid":
                yield entries.TOO, D * P * (1 - P)
        if right_error and self.meant.loss in {BINARY, CATEGORICAL}:
            yield entries.TARGETS_MISSING, c * P
            yield entries.TRUE_CLASS, c * Y * (P - Y)
            yield entries.PREDICTIONS_ROUNDED, c * (np.round(P) - Y)
            yield entries.LOGITS, c * (H - Y)
            yield entries.ABSOLUTE_RESIDUAL, c * abs(P - Y)
            yield entries.of_other_loss("fused squared error", "cross-entropy"), 2 * c * back(name, H, P, P - Y)
            yield entries.of_p_minus_y(), c * (P - Y)

    @property
    def penalty_over(self):
        """What the penalty's coefficient is divided by: N, or 1."""
        return self.N if self.meant.over_n else 1

    def slopes(self, k):
        """(Kind, slope) of the wrong slopes of layer k."""
        if k not in self._slopes:
            others = [(slopes.OF_X, self.A[k - 1])]
            if k > 1:
                others.append((slopes.OF_X, self.seen.X))
            others += [(slopes.OTHER_LAYER, Z) for j, Z in enumerate(self.H, start=1) if j != k]
            self._slopes[k] = [*slopes.wrong_slopes(self.activation(k), self.H[k - 1], self.A[k], others)]
            if k == self.depth > 1 and self.activation(k) != self.activation(k - 1):
                hidden = slopes.ACTIVATIONS[self.activation(k - 1)]
                self._slopes[k].append((entries.OF_HIDDEN, hidden.slope(self.H[k - 1])))
                if hidden.slope_of_a:
                    self._slopes[k].append((entries.OF_HIDDEN, hidden.slope_of_a(self.A[k])))
        return self._slopes[k]

    def hidden(self, k, dL_dA):
        """(Kind, dL_dHk) of a hidden layer."""
        if k not in self._rights:
            self._rights[k] = slopes.ACTIVATIONS[self.activation(k)].slope(self.H[k - 1])
        yield None, dL_dA * self._rights[k]
        for kind, S in self.slopes(k):
            yield kind, dL_dA * S
        yield slopes.OF_GRADIENT, dL_dA * (dL_dA > 0)
        if slopes.family(self.activation(k)) not in {"ReLU", "identity"}:
            for times in (1, 1 / self.N):  # it may be divided at the very end
                yield slopes.ASSIGNED, np.where(self.H[k - 1] > 0, dL_dA, times * self._rights[k])

    def backs(self, k, D, G, output):
        """(Kind, dL_dA of layer k - 1): D is dL_dHk, G is dL_dAk, `output` is dL_dHK."""
        W, seen = self.seen.weights[k - 1], self.seen
        yield None, D @ W.T
        yield entries.FORGOTTEN, D @ np.ones_like(W).T
        given = seen.dL_dW[k - 1]
        if given is not None and given.shape == W.shape:
            for times in (1, self.N, 2 * self.N, 2):  # it may be divided at the very end
                yield entries.GRADIENT_FOR_W, times * (D @ given.T)
        if G is not D:
            yield entries.BEFORE_SLOPE, G @ W.T
        if D.shape[1] > 1:
            yield entries.FIRST_OUTPUT, D[:, :1] @ W[:, :1].T
            yield entries.LAST_OUTPUT, D[:, -1:] @ W[:, -1:].T
            yield entries.ASSIGNED, D[:, :1] @ W[:, :1].T
            yield entries.ASSIGNED, D[:, -1:] @ W[:, -1:].T
        if k == self.depth:
            yield entries.FORGOTTEN_RESIDUAL, np.full_like(D, 1 / self.N) @ W.T
            yield entries.FORGOTTEN_RESIDUAL, np.ones_like(D) @ W.T
        if W.shape[0] == W.shape[1]:
            yield entries.NOT_TRANSPOSED, D @ W
            yield entries.PASSED_ON, D
            if given is not None and given.shape == W.shape:
                yield entries.GRADIENT_FOR_W, D @ given
        for j, other in enumerate(seen.weights, start=1):
            if j != k and other.shape == W.shape:
                yield entries.OTHER_W, D @ other.T
        if k != self.depth and output.shape == self.A[k - 1].shape:
            yield entries.ALWAYS_OUTPUT, output

    def weights(self, k, D, G, dL_dA):
        """(Kind, the data's part of dL_dWk)."""
        A, N = self.A[k - 1], self.N
        Z = A.T @ D
        yield None, Z
        if k > 1:
            yield entries.H_FOR_A, self.H[k - 2].T @ D
            if self.seen.X.shape == A.shape:
                yield entries.X_FOR_A, self.seen.X.T @ D
        if G is not D and (k > 1 or self.seen.biases):  # else nothing but W1's gradient sees the slope
            yield entries.ERROR_FOR_DELTA, A.T @ G
        if N > 1:
            for rows, kind in (
                (slice(-1, None), entries.LAST_SAMPLE),
                (slice(1), entries.FIRST_SAMPLE),
                (slice(-1), entries.ONE_SHORT),
            ):
                one = A[rows].T @ D[rows]
                yield kind, one
                if kind is not entries.ONE_SHORT:
                    yield entries.ASSIGNED, one
        yield entries.UNITS, Z[:, ::-1]
        if Z.shape[0] == Z.shape[1]:
            yield entries.W_TRANSPOSED, Z.T
            if len(A) == len(Z):
                yield entries.A_NOT_TRANSPOSED, A @ D
        if self.A[k].shape == A.shape:
            yield entries.OUT_FOR_IN, self.A[k].T @ D
        for axis, kind in ((0, entries.ROW), (1, entries.COLUMN)):
            if Z.shape[axis] > 1:
                short = np.delete(Z, -1, axis)
                yield kind, np.concatenate([short, 0 * Z.take([-1], axis)], axis)
        if np.max(abs(Z), initial=0) > 1:
            yield entries.CLIPPED, np.clip(Z, -1, 1)
        yield entries.W_DETACHED, np.zeros_like(Z)

    def biases(self, k, D, G, deltas):
        """(Kind, the data's part of dL_dbk); `deltas` are dL_dH of the layers behind."""
        total = D.sum(axis=0, keepdims=True)
        yield None, total
        yield entries.ONE_NUMBER, np.full_like(total, total.sum())
        yield entries.ONE_MEAN, np.full_like(total, D.mean())
        if G is not D:
            yield entries.B_BEFORE_SLOPE, G.sum(axis=0, keepdims=True)
        if self.N > 1:
            for rows, kind in ((D[-1:], entries.B_LAST), (D[:1], entries.B_FIRST)):
                yield kind, rows
                yield entries.ASSIGNED, rows
            yield entries.B_SHORT, D[:-1].sum(axis=0, keepdims=True)
            yield entries.NOT_SUMMED, D
        yield entries.OVER_UNITS, D.sum(axis=1)[None]
        yield entries.OVER_UNITS_MEAN, D.mean(axis=1)[None]
        for other in deltas:
            if other.shape == D.shape:
                yield entries.B_OTHER, other.sum(axis=0, keepdims=True)
        yield entries.B_OF_INPUT, self.A[k].sum(axis=0, keepdims=True)
        yield entries.B_DETACHED, np.zeros_like(total)
