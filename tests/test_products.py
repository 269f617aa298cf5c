"""Products at many points at once are those of NumPy, whatever is the same for all points."""

import flint
import numpy as np
import pytest

from fourfold.compare.judge import products
from fourfold.compare.judge.products import matmul, side_by_side

MANY = products.MANY


def whole(*shape):
    """Whole numbers, whose products and sums are exact in every order."""
    return np.random.default_rng(0).integers(-9, 10, shape).astype(np.float64)


@pytest.mark.parametrize("number", [np.float64, np.longdouble])
@pytest.mark.parametrize("S", [(), (1,), (MANY - 1,), (MANY,), (9, 8)])
@pytest.mark.parametrize(("n", "k", "m"), [(4, 2, 3), (1, 1, 1), (3, 4, 1), (1, 5, 2), (8, 8, 8), (8, 9, 8)])
@pytest.mark.parametrize("same", ["nothing", "a", "b"])
def test_a_product_is_numpys(number, S, n, k, m, same):
    a = whole(*(() if same == "a" else S), n, k).astype(number)
    b = whole(*(() if same == "b" else S), k, m).astype(number)
    for c, d in ((a, b), (side_by_side(a), side_by_side(b))):
        product = matmul(c, d)
        np.testing.assert_array_equal(product, a @ b)
        assert product.dtype == number


def test_balls_are_multiplied_one_matrix_after_the_other():
    balls = np.frompyfunc(flint.arb, 1, 1)(whole(MANY, 2, 2))
    assert (matmul(balls, balls) == np.matmul(balls, balls)).all()


@pytest.mark.parametrize("S", [(MANY,), (8, MANY)])
def test_an_entry_of_all_points_is_in_one_piece_of_memory(S):
    a, b = side_by_side(whole(*S, 3, 2)), side_by_side(whole(*S, 2, 4))
    for Z in (a, matmul(a, b), matmul(whole(3, 2), b)):
        assert Z[..., 1, 1].flags.c_contiguous
    np.testing.assert_array_equal(a, whole(*S, 3, 2))


def test_small_products_at_many_points_are_not_made_one_by_one(monkeypatch):
    called = []
    monkeypatch.setattr(np, "einsum", lambda *args: called.append(args) or np.zeros((4, 3, MANY)))
    matmul(whole(MANY, 4, 2), whole(MANY, 2, 3))
    assert len(called) == 1
    matmul(whole(MANY - 1, 4, 2), whole(MANY - 1, 2, 3))
    matmul(whole(MANY, 9, 8), whole(MANY, 8, 8))
    assert len(called) == 1
