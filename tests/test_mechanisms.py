"""What makes columns differ, as people report it: each is judged, and what is wrong has its name, in every framework.

All of the table, in both precisions, takes minutes, as JAX compiles everything anew: --hypothesis-profile=nightly.
"""

import numpy as np
import pytest
from hypothesis import settings

from fourfold import impls
from fourfold.compare.agreement import diagnose
from fourfold.compare.agreement.certify import certify
from fourfold.compare.agreement.suite import agreement
from fourfold.compare.cases import suites
from fourfold.compare.columns import calls, workers
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.columns.questions import about
from fourfold.compare.errors import ColumnError
from fourfold.compare.judge import form, judgement
from fourfold.compare.mistakes import evidence, matrix, planted
from fourfold.compare.mistakes.catalogue import find
from tests.columns.mechanisms import BOTH, MECHANISMS, RIGHT
from tests.conftest import Here, each_column

pytestmark = pytest.mark.xdist_group("pool")
RECIPES = suites.by_name(*suites.TABLE)
COLUMNS = ("jax", "tf", "torch", "numpy")
# Asked of JAX by day: what it answers otherwise than others, and one that only training shows.
BY_DAY = {"maximum of h and 0", "h clipped at 0", "half of h + |h|", "momentum"}


def is_night():
    return settings.get_current_profile_name() == "nightly"


def judged(_process, column, texts, name, dtype, steps, everywhere):
    """(what is wrong first, names of mistakes) of a column with other texts, in a process of its framework.

    It is asked about little training: what takes long is to make all known mistakes beside it. If not `everywhere`, it
    is compared with them on the case alone.
    """
    matrix._leave_uncompiled(column, "two_layer")
    module = planted.changed(column, *texts)
    case = suites.build(RECIPES[name])._replace(steps=steps)
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(evidence, "CASES", evidence.CASES if everywhere else {case.row: (name,)})
        patch.setattr(diagnose, "STEPS", 8)
        rejection = certify(Here(patch, module), column, case, dtype, lambda steps: None).rejection
        if not rejection:
            return "", []
        names, _ = diagnose.diagnosis(InProcess(column, module), case, rejection)
        return rejection.quantity, names


def asked():
    """(mechanism, column, dtype, name of the mistake, texts) of the cells of the table.

    By day both precisions of PyTorch where they differ, and one else.
    """
    for mechanism in MECHANISMS:
        differ = mechanism.dtypes != BOTH
        for column, (name, texts) in mechanism.columns.items():
            dtypes = BOTH if is_night() or (column == "torch" and differ) else mechanism.dtypes[:1]
            is_asked = column != "jax" or mechanism.does in BY_DAY or is_night()
            for dtype in dtypes if is_asked and workers.installed(column) else ():
                yield mechanism, column, dtype, name if dtype in mechanism.dtypes else RIGHT, texts


def test_each_mechanism_is_judged_and_what_is_wrong_is_named_first(pool):
    futures, odd = [], []
    for mechanism, column, dtype, name, texts in asked():
        how = texts, mechanism.case, dtype, mechanism.steps, column != "jax" or is_night()
        futures.append((mechanism, column, dtype, name, pool.submit(column, judged, column, *how)))
    for mechanism, column, dtype, name, future in futures:
        first, names = pool.result(column, future)
        expected = (mechanism.first.removeprefix("every "), [name]) if name else ("", [])
        if (first, names[:1]) != expected:
            odd.append(f"{mechanism.does} ({column}, {dtype}): {first} {names}, not {expected}")
    assert not odd, "\n".join(odd)
    assert len(futures) >= 20


def test_the_table_has_every_framework_for_what_each_can_do():
    """JAX's arrays cannot be changed, and have no buffer to share; autocast is PyTorch's."""
    only = {mechanism.does: mechanism.columns.keys() for mechanism in MECHANISMS if len(mechanism.columns) < 3}
    assert only == {
        "autocast": {"torch"},
        "a Keras optimiser in float64: its rate is a float32": {"tf"},
        "activations that overwrite their argument": {"numpy", "torch"},
    }


def paths(_process, column):
    """A column's training, compiled and not: (their bytes, what of them is rejected)."""
    module, case = impls.load(column), suites.build(RECIPES["asymmetric-sigmoid"])
    p, (_, _, *given) = judgement.problem(case, "float64"), case.cast("float64")
    given_bits, rejected = [], []
    for eager in (False, True):
        matrix._leave_uncompiled(column, "two_layer", eager)
        path = [*calls.answer_of(module, column, about(p, "trajectory", given, p.lr, 3)).values()]
        judged_steps = judgement.judge_steps(form.before_each_step(given, path), path, p)
        given_bits.append(b"".join(Z.tobytes() for Z in path))
        rejected.append([j.quantity for j in judged_steps if j.wrong.any()])
    return given_bits, rejected


@pytest.mark.parametrize("column", each_column(("jax", "tf"), "pool"))
def test_compiled_and_eager_are_both_right_and_not_the_same_bits(column, pool):
    (compiled, eager), rejected = pool.call(column, paths, column)
    assert rejected == [[], []]
    assert compiled != eager


@pytest.mark.parametrize("column", each_column(("torch",), "pool"))
def test_a_processor_that_flushes_to_zero_is_right(column, pool):
    """What is below the smallest normal number may be 0: it is there, and is not in the column that keeps it."""
    flushes = "tests.columns.flushes"
    cases = [suites.build(RECIPES[name])._replace(steps=2) for name in ("asymmetric-relu", "subnormal-relu")]
    result, _ = agreement([flushes], cases, ["float64"], 300, "")
    assert [one.verdict for one in result.columns] == ["agrees"]
    p, (_, _, *given) = judgement.problem(cases[1], "float64"), cases[1].cast("float64")
    kept, flushed = (pool.ask(name, about(p, "trace", given))["H1"] for name in (column, flushes))
    assert np.count_nonzero(flushed) < np.count_nonzero(kept)


@pytest.mark.parametrize("column", each_column(("numpy", "torch"), "pool"))
def test_weights_changed_in_the_callers_memory_are_not_judged_and_it_says_why(column, pool):
    texts = find("initial weights aliased").planted[column]
    with pytest.raises(ColumnError, match="the arrays it was given were changed"):
        pool.call(column, judged, column, texts, "asymmetric-sigmoid", "float64", 2, False)


@pytest.mark.parametrize("column", each_column(("jax",), "pool"))
def test_memory_that_is_shared_and_never_changed_does_no_harm(column, pool):
    texts = "jnp.array(values, dtype)", "jax.device_put(values)"
    assert pool.call(column, judged, column, texts, "asymmetric-relu", "float64", 1, False) == ("", [])
