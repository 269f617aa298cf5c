"""Modes: the other ways to run a framework's column."""

from importlib.metadata import version

import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.agreement import modes
from fourfold.compare.agreement.certify import Evidence, certify
from fourfold.compare.columns import calls, workers
from fourfold.compare.commands import options
from fourfold.compare.errors import UsageError
from fourfold.compare.results import mode_words
from fourfold.compare.results.result import Row

WORKERS_SET = {name: value for name, value in workers.ENVIRONMENT.items() if name.startswith("TORCH")}


def compiles():
    """Whether this PyTorch can compile a backward pass."""
    return tuple(map(int, version("torch").split(".")[:2])) >= (2, 11)


pytestmark = pytest.mark.xdist_group("modes")  # their processes are shared


SET_A_FRAMEWORK_UP = {"jax:eager", "jax:bfloat16", "tf:eager"}  # the others change no more than their copy of a column


def process_of(name):
    return name if name in SET_A_FRAMEWORK_UP else name.partition(":")[0]


def answer_of(_process, name, question):
    return calls.answer(name, question)


class Together(workers.Pool):
    """A pool where modes that can be in one process are: each framework is imported once or twice, not ten times."""

    def begin(self, name, question):
        return self.submit(process_of(name), answer_of, name, question)


@pytest.fixture(scope="module")
def pool():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "Pool", Together)
        with workers.open_pool(300) as pool:
            yield pool


def runs(name):
    return workers.installed(name) and (name != "torch:compile" or compiles())


def test_every_mode_has_a_process_of_its_own():
    assert workers.by_process(impls.mode_names()) == [[name] for name in impls.mode_names()]


@pytest.mark.parametrize("layers", ["2,3,1", None], ids=["deep", "two_layer"])
@pytest.mark.parametrize("base", impls.MODES)
def test_every_mode_agrees_and_is_compared_with_its_column(pool, base, layers):
    if not workers.installed(base):
        pytest.skip(f"{impls.framework(base)} is not installed")
    names = [*filter(runs, options.columns(base, modes=True)[0])]
    case = options.case(options.Training(steps=3, layers=layers), range(2))
    seen = {}
    for name, dtype in [*((name, "float64") for name in names), *((name, "float32") for name in names)]:
        if impls.has(name, dtype) and (dtype == "float64" or name == base or impls.is_mixed(name)):
            seen[name, case.name, dtype] = certify(pool, name, case, dtype, lambda steps: None)
    assert [name for (name, *_), one in seen.items() if one.rejection] == []
    compared = modes.differences(seen)
    assert [(mode.column, mode.base) for mode in compared] == [(name, base) for name in names[1:]]
    for mode in compared:
        assert mode.compared > 100
        assert float(mode.share) <= 1


LOOKED_AT = {
    "torch:compile": "hasattr(column.trace, '_torchdynamo_orig_callable')",
    "torch:func": "'_mapped' in str(column.trace.__code__.co_names)",
    "torch:autocast": "column.trace.__code__.co_name == 'decorate_autocast'",
    "jax:eager": "__import__('jax').config.jax_disable_jit",
    "jax:vmap": "not hasattr(column.trace, 'lower')",  # what is jitted has it
    "jax:bfloat16": "'product' in __import__('jax').lax.dot_general_p.bind.__code__.co_freevars",
    "tf:eager": "__import__('tensorflow').config.functions_run_eagerly()",
    "tf:no-xla": "column.train._jit_compile is None",
    "tf:mixed": "column.forward.__name__ == 'in_bfloat16'",
    "tf:xla": "getattr(column.trace, '_jit_compile', None)",
}


def seen_of(_process, name, expression):
    """What a worker sees of a mode, or of its column beside it; this runs there."""
    return bool(eval(expression, {"column": impls.load(name)}))


def test_every_mode_is_what_it_says_and_leaves_its_column_as_it_is(pool):
    assert sorted(LOOKED_AT) == sorted(impls.mode_names())
    for name, expression in LOOKED_AT.items():
        if runs(name):
            base = name.partition(":")[0]
            assert pool.call(process_of(name), seen_of, name, expression), name
            assert not pool.call(base, seen_of, base, expression), name


def test_every_mode_has_a_function_that_says_what_it_is():
    for base, own in impls.MODES.items():
        text = impls.path_of(base, "modes").with_name(f"{base}_modes.py").read_text(encoding="utf-8")
        for mode in own:
            assert f'def {mode.replace("-", "_")}(column):\n    """' in text
        assert text.count("(column):\n") == len(own)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("torch:foo", "torch has no mode 'foo': choose from torch:compile, torch:func, torch:autocast."),
        ("jax:compile", "jax has no mode 'compile': choose from jax:eager, jax:vmap, jax:bfloat16."),
        ("torch:", "torch has no mode '': choose from torch:compile, torch:func, torch:autocast."),
        ("numpy:jit", "numpy has no modes: choose from torch:compile"),
        ("mine:jit", "There is no column 'mine' with modes: choose from torch:compile"),
        ("torch:func:func", "torch has no mode 'func:func'"),
    ],
)
def test_what_is_no_mode_is_one_sentence(name, hint):
    with pytest.raises(UsageError, match="choose from") as caught:
        options.columns(name)
    assert str(caught.value).startswith(hint)


def test_modes_of_the_columns_asked_for_are_asked_for_once():
    assert options.columns("jax,torch:func,torch", modes=True)[0] == [
        *("jax", "torch:func", "torch", "torch:compile", "torch:autocast", "jax:eager", "jax:vmap", "jax:bfloat16"),
    ]
    with pytest.raises(UsageError, match="--modes finds none for numpy: there are torch:compile"):
        options.columns("numpy", modes=True)


def test_modes_make_fewer_steps_unless_they_are_asked_for_more():
    assert options.case(options.Training(), range(1), 1000).steps == 1000
    assert options.case(options.Training(steps=10_000), range(1), 1000).steps == 10_000


def evidence(values, ratio):
    limit = np.full(3, 1e-15)
    arrays = {"trace_L": np.array(values), "limit_L": limit, "L": np.zeros(3)}
    row = Row("", "xor", "float64", "L", 3, 0, 0, 0, ratio, 0.0)
    return Evidence([row], None, arrays)


def test_bits_and_accuracy_are_told_apart():
    right = evidence([1.0, 2.0, 3.0], 0.2)
    other_bits = evidence([1.0, 2.0 + 4e-16, 3.0], 0.25)
    less_accurate = evidence([1.0, 2.0, 3.0], 0.9)
    key = "xor", "float64"
    together = {("jax", *key): right, ("jax:vmap", *key): other_bits, ("jax:eager", *key): less_accurate}
    together |= {("torch:func", *key): right}  # without its column there is nothing to compare it with
    by_bits, by_accuracy = modes.differences(together)
    assert (by_bits.column, by_bits.moved, by_bits.compared) == ("jax:vmap", 1, 3)
    assert float(by_bits.share) == pytest.approx(0.222, abs=1e-3)
    assert (by_accuracy.moved, by_accuracy.ratio, by_accuracy.base_ratio) == (0, 0.9, 0.2)

    class Found:
        modes = (by_bits, by_accuracy)

    assert mode_words.modes(Found) == [
        "jax:vmap: other bits than jax in 33% of the numbers, at most 22% of what two correct columns may differ by; "
        "as accurate.",
        "jax:eager: the same bits as jax; its accuracy differs most in L (xor, float64): error 90% of what rounding "
        "allows, that of jax 20%.",
    ]


def test_what_is_compiled_is_kept_beside_other_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    from fourfold.compare.system import files

    assert files.cache_folder() == tmp_path / "fourfold"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the specification has it ignored
    assert files.cache_folder().is_absolute()
    assert WORKERS_SET["TORCHINDUCTOR_CACHE_DIR"].endswith("torchinductor")


def test_a_mode_of_which_nothing_can_be_judged_is_not_compared():
    key = "xor", "float64"
    nothing = Evidence([], None, {})
    assert modes.differences({("jax", *key): evidence([1.0, 2.0, 3.0], 0.2), ("jax:vmap", *key): nothing}) == []
