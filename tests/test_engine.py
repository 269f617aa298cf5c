"""The engine of the lesson's page, which trains in the browser: it is judged as a column, and as a program."""

import json
import os
import shutil
import subprocess

import numpy as np
import pytest

from fourfold.compare.cases.case import draw_weights
from fourfold.compare.cases.data import xor
from fourfold.compare.check import protocol
from fourfold.compare.commands import check as verb
from fourfold.compare.lesson.broken import TWENTY
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import find
from fourfold.impls.two_layer import numpy_impl
from tests.columns.javascript import ANSWERS
from tests.test_cli import command

ENGINE = ANSWERS.parent / "engine.js"
FUNCTIONS = ("forward", "loss", "trace", "step", "train")


@pytest.fixture(scope="module", autouse=True)
def node():
    """Where it is not installed the tests are skipped, but not in continuous integration."""
    program = shutil.which("node")
    if program is None:
        refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        refuse("node is not installed")
    return program


def test_the_engine_agrees_with_exact_values_as_a_column():
    how = ("--dtype", "float64", "--suite", "quick", "--seeds", 3, "--steps", 50)
    done = command("agree", "--impl", "numpy,tests.columns.javascript", *how)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "AGREED: numpy and javascript; " in done.stdout


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "identity"])
def test_the_engine_is_right_as_a_program(capsys, activation):
    how = verb.How(suite="default", dtype="float64", activation=activation)
    assert verb.check(command=f"node {ANSWERS}", how=how) == 0
    assert "RIGHT: node: gradients, trace and train are exact up to rounding" in capsys.readouterr().out


def test_float32_is_refused_and_float64_judged_all_the_same(capsys):
    assert verb.check(command=f"node {ANSWERS}", how=verb.How(suite="quick")) == 0
    assert "float32 could not be judged: gradients: the engine computes in float64" in capsys.readouterr().out


def test_a_planted_mistake_is_seen_and_named(capsys):
    assert verb.check(command=f"node {ANSWERS} slope-missing", how=verb.How(suite="quick", dtype="float64")) == 1
    words = capsys.readouterr().out
    assert "WRONG: node" in words
    assert "The mistake: slope missing." in words


def answers(slug, *questions):
    """What the engine answers with a mistake in it."""
    lines = b"".join(map(protocol.line, questions))
    done = subprocess.run(["node", ANSWERS, slug], input=lines, capture_output=True, check=True)
    return [{name: protocol.array(Z) for name, Z in json.loads(line).items()} for line in done.stdout.splitlines()]


def question(call, activation, seed, width=3, **more):
    X, Y = xor()
    W1, W2 = (Z[0] for Z in draw_weights(range(seed, seed + 1), (2, width, 1)))
    named = {"X": X, "Y": Y, "W1": W1, "W2": W2}
    return {"call": call, "activation": activation, **more, **{name: Z.tolist() for name, Z in named.items()}}, named


@pytest.mark.parametrize("name", TWENTY)
@pytest.mark.parametrize(("activation", "seed", "width"), [("sigmoid", 6, 3), ("tanh", 1, 4), ("relu", 7, 2)])
def test_a_planted_mistake_computes_what_the_numpy_column_does_with_it(name, activation, seed, width):
    column = planted.changed("numpy", *find(name).planted["numpy"])
    slug = find(name).slug.replace("_", "-")
    trace, named = question("trace", activation, seed, width)
    path, _ = question("path", activation, seed, width, lr=0.02, steps=50)
    traced, trained = answers(slug, trace, path)
    with np.errstate(all="ignore"):
        expected = column.trace(**named, activation=activation)
        W1, W2, L = column.train(**named, lr=0.02, steps=50, activation=activation)
    for quantity, Z in expected.named().items():
        assert near(traced[quantity], Z), quantity
    for quantity, Z in {"W1": W1, "W2": W2, "L": L}.items():
        assert near(trained[quantity], Z), quantity


def near(got, expected):
    return np.allclose(got, expected, rtol=1e-10, atol=1e-12, equal_nan=True)


def test_every_planted_mistake_changes_something():
    trace, _ = question("trace", "sigmoid", 6)
    path, _ = question("path", "sigmoid", 6, lr=0.1, steps=3)
    right = answers("", trace, path)
    for name in TWENTY:
        wrong = answers(find(name).slug.replace("_", "-"), trace, path)
        assert json.dumps(wrong, default=np.ndarray.tolist) != json.dumps(right, default=np.ndarray.tolist), name


def test_there_are_those_twenty_and_no_other():
    done = subprocess.run(["node", ANSWERS, "made-up"], capture_output=True, text=True, check=False)
    listed = done.stderr.partition("no mistake made-up: ")[2].splitlines()[0].split(", ")
    assert listed == [find(name).slug.replace("_", "-") for name in TWENTY]


def test_it_reads_as_the_numpy_column_does():
    """The same functions in the same order, the same equations, and short enough to be projected."""
    text = ENGINE.read_text(encoding="utf-8")
    places = [text.index(f"export function {name}(") for name in FUNCTIONS]
    assert places == sorted(places)
    numpy_text = ANSWERS.parents[3].joinpath("impls/two_layer/numpy_impl.py").read_text(encoding="utf-8")
    for equation in ("E1", "E2", "E3", "E4", "E5", "E10", "E13", "E15", "E16", "E19", "E23", "E24"):
        assert equation in text
        assert equation in numpy_text
    assert [*numpy_impl.ACTIVATIONS] == ["sigmoid", "tanh", "relu", "identity"]
    assert len(text.splitlines()) <= 100
    assert not any(word in text for word in ("eval(", "Function("))
