"""Networks of identities can only fit a plane: training ends at the least-squares optimum, in every column."""

import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.cases.case import make_case
from fourfold.compare.cases.data import xor
from tests.conftest import each_column

# without biases: a plane through 0; with them: any plane
OPTIMA = {False: ([0, 1 / 3, 1 / 3, 2 / 3], 1 / 6), True: ([1 / 2] * 4, 1 / 8)}


@pytest.mark.parametrize("biases", OPTIMA)
def test_the_optimum_is_what_the_normal_equations_give(biases):
    """Legendre's least squares, 1805: XᵀX w = XᵀY, with a column of ones for the biases."""
    X, Y = xor()
    X = np.hstack([X, np.ones((4, 1))]) if biases else X
    Y_hat = X @ np.linalg.solve(X.T @ X, X.T @ Y)
    assert Y_hat.ravel() == pytest.approx(OPTIMA[biases][0], abs=1e-15)
    assert ((Y_hat - Y) ** 2).sum() / 8 == pytest.approx(OPTIMA[biases][1], abs=1e-15)


@pytest.mark.parametrize("name", each_column())
def test_two_layers_of_identities_reach_it(name):
    column, case = impls.load(name), make_case("xor", "identity", 0.1, 2000, 3, range(2))
    X, Y, W1, W2 = (column.array(Z, "float64") for Z in case.cast("float64"))
    *path, L = (column.to_numpy(Z) for Z in column.train(X, Y, W1, W2, case.lr, case.steps, "identity"))
    *_, Y_hat = column.forward(X, *(column.array(Z[-1], "float64") for Z in path), "identity")
    reached(column.to_numpy(Y_hat), L, biases=False)


@pytest.mark.parametrize("biases", OPTIMA)
@pytest.mark.parametrize("name", each_column(impls.ROWS["deep"]))
def test_any_depth_of_identities_reaches_it(name, biases):
    column, case = (
        impls.load(name, "deep"),
        make_case("xor", "identity", 0.05, 2000, 3, range(2), [2, 3, 2, 1], biases),
    )
    X, Y, *natives = (column.array(Z, "float64") for Z in case.cast("float64"))
    W, b = tuple(natives[:3]), tuple(natives[3:])
    *path, L = column.train(X, Y, W, b, case.lr, case.steps, case.activations)
    last = (tuple(column.array(column.to_numpy(Z)[-1], "float64") for Z in Zs) for Zs in path)
    *_, Y_hat = column.forward(X, *last, case.activations)
    reached(column.to_numpy(Y_hat), column.to_numpy(L), biases)


def reached(Y_hat, L, biases):
    """`Y_hat` (S, 4, 1) at the last weights, and L (steps, S), which falls to its minimum and never below."""
    best_Y_hat, best_L = OPTIMA[biases]
    assert (L[0] > best_L + 0.01).all()
    assert (best_L - 1e-15 <= L).all()
    assert L[-1] == pytest.approx(best_L, abs=1e-12)
    for one in Y_hat:
        assert one.ravel() == pytest.approx(best_Y_hat, abs=1e-6)  # L is flat there: half as many digits
