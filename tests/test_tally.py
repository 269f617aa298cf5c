"""A column that gives the very bits of another is not judged twice, and one that differs in a number is."""

from types import MappingProxyType

import numpy as np
import pytest

from fourfold.compare.agreement import tally
from fourfold.compare.agreement.certify import certify
from fourfold.compare.cases.case import make_case
from fourfold.compare.judge import judgement
from fourfold.impls.two_layer import numpy_impl, numpy_tiled_impl
from tests.conftest import Here


@pytest.fixture
def judged(monkeypatch):
    """Certifies a module, and says how many blocks of steps were judged for it: (Evidence, number)."""
    blocks, judge_block = [], judgement._judge_block

    def watched(*args):
        blocks.append(args)
        return judge_block(*args)

    monkeypatch.setattr(judgement, "_judge_block", watched)

    def run(module, case, seen):
        blocks.clear()
        evidence = certify(Here(monkeypatch, module), "mine", case, "float64", lambda steps: None, seen=seen)
        return evidence, len(blocks)

    return run


def case(lr=0.1):
    return make_case("xor", "sigmoid", lr, 40, 3, range(500))


def test_the_same_bits_are_judged_once_and_count_twice(judged):
    seen = {}
    first, in_full = judged(numpy_impl, case(), seen)
    second, less = judged(numpy_tiled_impl, case(), seen)
    alone, as_much = judged(numpy_tiled_impl, case(), None)
    assert less < in_full == as_much
    assert second.rows == first.rows == alone.rows
    assert second.arrays.keys() == alone.arrays.keys()
    for name, Z in alone.arrays.items():
        np.testing.assert_array_equal(second.arrays[name], Z)


def one_number_off(module):
    """The module, but in the last step of the last seed a number of W1 differs."""

    class Off:
        def __getattr__(self, name):
            return getattr(module, name)

        def train(self, *args):
            W1s, W2s, L = module.train(*args)
            if len(L) == 40:
                W1s[-1, -1, 0, 0] *= 1 + 2.0**-40
            return W1s, W2s, L

    return Off()


def test_one_other_number_is_judged_anew_and_found(judged):
    seen = {}
    right, _ = judged(numpy_impl, case(), seen)
    wrong, again = judged(one_number_off(numpy_impl), case(), seen)
    assert right.rejection is None
    assert wrong.rejection.step == 39
    assert wrong.rejection.seed == 499
    assert again > 1  # the piece with the number, and what finds out where the fault is


def test_a_column_that_may_only_look_adds_nothing(judged):
    seen = {}
    judged(numpy_impl, case(), MappingProxyType(seen))
    assert not seen
    first, in_full = judged(numpy_impl, case(), seen)
    second, less = judged(numpy_impl, case(), MappingProxyType(seen))
    assert less < in_full
    assert second.rows == first.rows


def test_the_same_bits_of_another_case_precision_or_step_are_another_matter():
    """Within one agreement every case has a name of its own."""
    Z, other = np.zeros((3, 2, 2, 2)), np.zeros((3, 2))
    keys = set()
    for name, dtype, first in (("a", "float64", 0), ("b", "float64", 0), ("a", "float32", 0), ("a", "float64", 3)):
        keys.add(tally.key(case()._replace(name=name), dtype, first, [Z], [Z, other]))
    assert len(keys) == 4
