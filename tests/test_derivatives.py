"""The hand-written gradients against two derivations that know nothing of the chain rule."""

import numpy as np
import pytest

from fourfold import impls
from tests.conftest import asymmetric, trace

NUMPY = [name for name in impls.NAMES if name.startswith("numpy")]
pytestmark = pytest.mark.parametrize("name", NUMPY)


def loss_of(column, case, which, W):
    weights = {"W1": case.W1[0], "W2": case.W2[0]} | {which: W}
    Y_hat = column.forward(case.X, weights["W1"], weights["W2"], case.activation)[-1]
    return column.loss(Y_hat, case.Y)[1]


def entries(case, which):
    W = getattr(case, which)[0]
    return W, list(np.ndindex(W.shape))


@pytest.mark.parametrize("which", ["W1", "W2"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "identity"])
def test_complex_step(column, which, activation):
    """Im L(W + ih) / h has no cancellation, so h may be tiny (Squire and Trapp, SIAM Review 40, 1998)."""
    case = asymmetric(activation)
    gradient = getattr(trace(column, case, "float64"), f"dL_d{which}")[0]
    W, where = entries(case, which)
    h = 1e-200
    for ij in where:
        moved = W.astype(complex)
        moved[ij] += 1j * h
        assert loss_of(column, case, which, moved).imag / h == pytest.approx(gradient[ij], rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("which", ["W1", "W2"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "identity", "relu"])
def test_central_differences(column, which, activation):
    case = asymmetric(activation)
    gradient = getattr(trace(column, case, "float64"), f"dL_d{which}")[0]
    W, where = entries(case, which)
    h = 1e-5  # about eps^(1/3), where truncation and rounding balance
    for ij in where:
        up, down = W.copy(), W.copy()
        up[ij] += h
        down[ij] -= h
        slope = (loss_of(column, case, which, up) - loss_of(column, case, which, down)) / (2 * h)
        assert slope == pytest.approx(gradient[ij], rel=1e-7, abs=1e-8)
