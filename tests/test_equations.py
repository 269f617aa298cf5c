"""E6 to E19: both sides are equal in every column, and what breaks one is found in it."""

import pytest

from fourfold.compare.columns import workers
from fourfold.compare.columns.columns import Columns
from fourfold.compare.lesson import equations
from tests.lessons import InProcess
from tests.test_cli import command, said
from tests.test_exercises import plant, wrong  # noqa: F401


def checked(name="numpy", seeds=range(1)):
    return equations.check(Columns([name], InProcess()), seeds)[name]


def broken(found):
    return {number for number, check in found.items() if not check.holds()}


def test_every_equation_holds_and_none_is_left_out():
    found = checked()
    assert [*found] == list(range(6, 20))
    assert broken(found) == set()
    assert min(check.entries for check in found.values()) > 20


@pytest.mark.parametrize(
    ("row", "right", "planted", "equations_broken"),
    [
        ("two_layer", "dL_dY_hat = R / N", "dL_dY_hat = R", {7, 8, 9, 10, 13, 14, 19}),
        ("two_layer", "dL_dW2 = A.mT @ dL_dY_hat", "dL_dW2 = A.mT @ dL_dY_hat * (1 + 1e-13)", {13}),
        ("two_layer", "dL_dW1 = X.mT @ dL_dH", "dL_dW1 = abs(X.mT) @ dL_dH", {9, 14, 19}),
        ("two_layer", "dL_dH = dL_dA * sigma_prime(A)", "dL_dH = dL_dA", {6, 9, 14, 19}),
        ("two_layer", "Y_hat = A @ W2\n    return", "Y_hat = A @ W2 + 1e-9\n    return", {11}),
        ("chain_rule", "np.diag(sigma_prime(A).ravel())", "np.diag(A.ravel())", {6, 9, 14, 16, 18}),
        ("chain_rule", "np.kron(A, np.eye(d_out", "np.kron(A * (1 + 1e-14), np.eye(d_out", {12}),
        ("chain_rule", "np.kron(X, ", "np.kron(2 * X, ", {9, 14, 17, 18}),
        ("chain_rule", "W2.mT)", "W2.mT * (1 - 1e-16 * 9))", {15}),
    ],
)
def test_what_is_wrong_breaks_the_equations_it_is_in(plant, row, right, planted, equations_broken):  # noqa: F811
    plant(row, right, planted)
    found = checked()
    assert broken(found) >= equations_broken
    assert broken(found) != set(found)


@pytest.mark.skipif(not workers.installed("torch"), reason="needs torch")
@pytest.mark.xdist_group("torch")
def test_the_table_is_printed():
    done = command("lesson", "--verify", "--impl", "numpy,torch", "--seeds", 1)
    assert said(done, 0) == ""
    assert "RIGHT: both sides overlap in all. 14 equations, 2 columns" in done.stdout
