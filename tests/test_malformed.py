"""A column that gives the wrong kind of thing is named for it in one sentence, whichever function it was."""

import types
from concurrent.futures import Future

import numpy as np
import pytest

from fourfold.compare.agreement.certify import certify
from fourfold.compare.cases.case import make_case
from fourfold.compare.cases.data import square_grid
from fourfold.compare.columns import workers
from fourfold.compare.columns.questions import Question
from fourfold.compare.commands import options
from fourfold.compare.commands.train import train
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.impls.two_layer import numpy_impl


def column(**functions):
    return types.SimpleNamespace(**{**vars(numpy_impl), **functions})


def raising(error):
    def trace(*args):
        raise error

    return trace


def cut(Z):
    return Z[:-1]


def to_numpy_late(otherwise):
    """Right for what was given, and something else for what was computed."""
    seen = []

    def to_numpy(Z):
        seen.append(Z)
        return np.array(Z) if len(seen) <= 4 else otherwise(Z)

    return to_numpy


BAD = {
    "train gives two": (
        column(train=lambda *a: numpy_impl.train(*a)[:2]),
        "train gives a tuple of 2, not a tuple of 3",
    ),
    "train gives one array": (column(train=lambda *a: numpy_impl.train(*a)[0]), "train gives a ndarray, not a tuple"),
    "train gives None": (column(train=lambda *a: None), "train gives nothing, not a tuple of 3: W1, W2, L"),
    "train generates": (column(train=lambda *a: iter(numpy_impl.train(*a))), "train gives a tuple_iterator"),
    "trace gives nine": (column(trace=lambda *a: numpy_impl.trace(*a)[:9]), "trace gives a tuple of 9, not"),
    "trace gives a dict": (column(trace=lambda *a: numpy_impl.trace(*a)._asdict()), "trace gives a dict, not"),
    "forward gives one": (column(forward=lambda *a: numpy_impl.forward(*a)[-1]), "forward gives a ndarray, not"),
    "no copy of the inputs": (column(array=lambda Z, dtype: Z.astype("f4")), "do not give back the same float64"),
    "to_numpy gives a list": (column(to_numpy=lambda Z: Z.tolist()), "to_numpy gives a list for an input"),
    "to_numpy gives None": (column(to_numpy=lambda Z: None), "to_numpy gives a NoneType for an input"),
    "to_numpy gives objects": (
        column(to_numpy=to_numpy_late(lambda Z: np.array(Z, object))),
        "to_numpy gives an array of object for train's W1, not of numbers",
    ),
    "inputs flattened": (column(to_numpy=lambda Z: np.array(Z).ravel()), "do not give back the same float64 numbers"),
    "inputs changed": (
        column(array=lambda Z, dtype: Z, train=lambda X, *a: X.fill(7) or numpy_impl.train(X, *a)),
        "changed",
    ),
}


def workers_here(monkeypatch, module):
    """The real `workers.Pool`, its processes replaced by calls."""
    monkeypatch.setattr("fourfold.impls.load", lambda name, row="two_layer": module)

    class Now:
        def __init__(self, memory, surroundings):
            pass

        def submit(self, seconds, f, *args):
            future = Future()
            future.set_result(f(*args))
            return future

        def stop(self):
            pass

    monkeypatch.setattr(workers, "Worker", Now)


@pytest.mark.parametrize("what", BAD)
def test_agree_and_report(monkeypatch, what):
    module, sentence = BAD[what]
    workers_here(monkeypatch, module)
    case = make_case("xor", "sigmoid", 0.1, 5, 3, range(2))
    with workers.open_pool(60) as pool, pytest.raises(ColumnError, match=sentence) as refused:
        certify(pool, "numpy", case, "float64", lambda n: None, square_grid(20, "0,1"))
    assert str(refused.value).startswith("numpy: ")


PATHS = {
    "a step too few": lambda *a: tuple(map(cut, numpy_impl.train(*a))),
    "only the last weights": lambda *a: tuple(Z[-1] for Z in numpy_impl.train(*a)),
    "scalars": lambda *a: (np.float64(1), np.float64(2), np.float64(3)),
    "empty": lambda *a: tuple(Z[:0] for Z in numpy_impl.train(*a)),
    "float32": lambda *a: tuple(Z.astype("f4") for Z in numpy_impl.train(*a)),
}


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("what", PATHS)
def test_paths_of_the_wrong_form_are_rejected(monkeypatch, what, pieces):
    monkeypatch.setattr("fourfold.compare.agreement.certify.PIECE", 5)
    workers_here(monkeypatch, column(train=PATHS[what]))
    case = make_case("xor", "sigmoid", 0.1, 5 * pieces, 3, range(1))
    with workers.open_pool(60) as pool:
        note = certify(pool, "numpy", case, "float64", lambda n: None).rejection.note
    assert "train gives the wrong kind of array: W1 " in note


@pytest.mark.parametrize("what", PATHS)
def test_train_the_verb_refuses_them(monkeypatch, what):
    workers_here(monkeypatch, column(train=PATHS[what]))
    with pytest.raises(ColumnError, match="numpy: train gives the wrong kind of array: W1 "):
        train("numpy", training=options.Begun(steps=500))


def test_train_the_verb_refuses_a_malformed_trace(monkeypatch):
    workers_here(monkeypatch, column(trace=lambda *a: numpy_impl.trace(*a)._replace(Y_hat=np.ones(3))))
    with pytest.raises(ColumnError, match=r"numpy: trace gives the wrong kind of array: Y_hat has shape \(3,\)"):
        train("numpy", training=options.Begun(steps=5))


def test_what_is_only_drawn_has_its_form_checked_too(monkeypatch):
    workers_here(monkeypatch, column(forward=lambda *a: (*numpy_impl.forward(*a)[:2], np.ones((2, 3, 1)))))
    X, Z = np.ones((4, 1)), np.ones((2, 1, 1))
    with (
        workers.open_pool(60) as pool,
        pytest.raises(ColumnError, match=r"forward gives Y_hat as float64 of shape \(2, 3, 1\)"),
    ):
        pool.ask("numpy", Question("predict", "two_layer", ("tanh", "identity"), X, X, {"W1": Z, "W2": Z}))


class Unpicklable(Exception):
    def __init__(self, one, two):
        super().__init__("x" * 10**6)

    def __reduce__(self):
        raise RuntimeError


class Speechless(Exception):
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (GeneratorExit(), "raised GeneratorExit: no message"),
        (KeyboardInterrupt(), "raised KeyboardInterrupt: no message"),
        (SystemExit(7), "raised SystemExit: 7"),
        (Unpicklable(1, 2), "raised Unpicklable: xxx"),
        (Speechless(), "raised Speechless: no message"),
    ],
)
def test_whatever_a_column_raises_is_its_own(monkeypatch, error, sentence):
    workers_here(monkeypatch, column(trace=raising(error)))
    Z = np.ones((1, 1))
    with workers.open_pool(60) as pool, pytest.raises(ColumnError, match=f"numpy {sentence}") as refused:
        pool.ask("numpy", Question("trace", "two_layer", ("tanh", "identity"), Z, Z, {"W1": Z, "W2": Z}))
    assert 'test_malformed.py", line' in str(refused.value)
    assert len(str(refused.value)) < 600


def test_a_package_is_found_without_being_imported(tmp_path, monkeypatch):
    (tmp_path / "explosive").mkdir()
    (tmp_path / "explosive" / "__init__.py").write_text("raise SystemExit('imported in the wrong process')")
    (tmp_path / "explosive" / "column.py").write_text("")
    (tmp_path / "mymodule.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    assert [options.column(name) for name in ("explosive.column", "explosive", "mymodule")]
    for name in ("explosive.other", "mymodule.part", "explosive..column", ".mymodule", "mymodul", "", "../mymodule"):
        with pytest.raises(UsageError, match="There is no column"):
            options.column(name)


@pytest.mark.parametrize(
    ("name", "near"), [("troch", "torch"), ("tensorflow", "tf"), ("Jax", "jax"), ("pytorch", "torch")]
)
def test_a_misspelt_column_is_recognised(name, near):
    with pytest.raises(UsageError, match=f"did you mean {near}\\?"):
        options.column(name)
