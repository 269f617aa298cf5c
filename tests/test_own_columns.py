"""Columns of somebody's own: what they have is judged, what they have not is listed, and the templates agree."""

import re
import types
from contextlib import nullcontext

import numpy as np
import pytest

from fourfold.compare.agreement import suite
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import DTYPES, make_case
from fourfold.compare.columns import calls, starting, workers
from fourfold.compare.errors import Breach
from fourfold.compare.results import part_words, words
from tests.conftest import Here
from tests.test_cli import command, said

pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in")  # what overflows is judged
MODULE = ("-m", "fourfold.compare")
NEEDS = {"torch-nn": "torch", "torch": "torch", "jax": "jax", "keras": "tensorflow", "flax": "flax"}

GRADIENTS = """
import numpy as np

def gradients(X, Y, W1, W2, activation):
    A, slope = at(X @ W1, activation)
    R = A @ W2 - Y
    dL_dY_hat = R / len(X)
    return (R * R).sum() / (2 * len(X)), X.T @ (dL_dY_hat @ W2.T * slope), A.T @ dL_dY_hat

def at(H, activation):
    if activation == "sigmoid":
        A = 1 / (1 + np.exp(-H))
        return A, A * (1 - A)
    return {"relu": (np.maximum(H, 0), (H > 0).astype(H.dtype))}[activation]
"""
STEP = (
    GRADIENTS.replace("def gradients", "def slopes")
    + """
def step(X, Y, W1, W2, lr, activation):
    L, dL_dW1, dL_dW2 = slopes(X, Y, W1, W2, activation)
    return W1 - lr * dL_dW1, W2 - lr * dL_dW2, L
"""
)
TRAIN = (
    STEP.replace("def step", "def one_step")
    + """
def train(X, Y, W1, W2, lr, steps, activation):
    path = []
    for _ in range(steps):
        W1, W2, L = one_step(X, Y, W1, W2, lr, activation)
        path.append((W1, W2, L))
    return [*zip(*path)]
"""
)
FORWARD = (
    GRADIENTS.replace("def gradients", "def slopes")
    + """
def forward(X, W1, W2, activation):
    A, _ = at(X @ W1, activation)
    return X @ W1, A, A @ W2

def loss(Y_hat, Y):
    return Y_hat - Y, ((Y_hat - Y) ** 2).sum() / (2 * len(Y))
"""
)
PARTS = {"gradients": GRADIENTS, "step": STEP, "train": TRAIN, "forward and loss": FORWARD}


def template(name):
    return starting.template(name).decode()


class Answers(Here):
    """A pool whose tasks run in this process, and whose columns raise as those of workers do."""

    _timeout, _spent = 60, {}

    def result(self, name, future):
        outcome = calls.timed(lambda name: future(), name)
        if outcome.complaint:
            raise Breach(outcome.complaint)
        return outcome.value


def module(text):
    column = types.ModuleType("mine")
    with np.errstate(all="ignore"):
        exec(text, column.__dict__)
    return column


@pytest.fixture
def judged(monkeypatch):
    """Judges a text in this process: its Result."""

    def judge(text, cases, dtypes=DTYPES, **how):
        pool = Answers(monkeypatch, module(text))
        monkeypatch.setattr("fourfold.compare.agreement.suite.workers.open_pool", lambda *_, **__: nullcontext(pool))
        with np.errstate(all="ignore"):
            outcome, _ = suite.agreement(["mine"], cases, list(dtypes), 60, "-", **how)
        return outcome

    return judge


def xor(activation="sigmoid", layers=None, bias=False):
    return make_case("xor", activation, 0.1, 12, 3, range(2), layers, bias)


def every(default):
    """The cases of the full suite, the large ones made small."""
    cases = suites.choose("full", None, default, deep=default.row == "deep")
    return [case.first_seeds(3)._replace(steps=min(3, case.steps)) for case in cases if case.row == default.row]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_there_agrees_in_every_case_and_what_is_not_is_listed(judged, part):
    outcome = judged(PARTS[part], every(xor()))
    assert outcome.exit_code() == 0, words.summary(outcome)
    (column,) = outcome.columns
    assert words.listed(column.judged) == part
    assert {*column.judged, *column.missing} == {"gradients", "forward", "loss", "trace", "step", "train"}
    assert column.one_at_a_time
    assert set(column.unknown) == {"tanh", "identity"}
    assert column.unknown["tanh"].startswith("raised KeyError: 'tanh' (")
    first, no_training = part_words.parts(outcome)[0], "; asked at steps 0, 1, 10, 100 and so on of an exact run"
    steps = "" if part in ("step", "train") else no_training
    assert first.startswith(f"mine: judged {part}; asked about one network at a time{steps}; has no ")
    asked = {row.case for row in outcome.rows}
    assert {"xor", "every-shape", "wide-relu", "nan-in-data", "dyadic-relu"} <= asked
    assert not any("tanh" in case or "identity" in case for case in asked)


SLOPE = " * slope), A.T", "), A.T"
FAULTS = {
    "gradients": (GRADIENTS, *SLOPE, "dL_dW1"),
    "gradients, the loss": (GRADIENTS, "(2 * len(X))", "(2 * len(X) + 1e-12)", "L"),
    "step": (STEP, *SLOPE, "W1"),
    "step, the update": (STEP, "W2 - lr * dL_dW2", "W2 - lr * dL_dW2 * (1 + 1e-9)", "W2"),
    "train": (TRAIN, *SLOPE, "W1"),
    "train, carried along": (TRAIN, "W1, W2, L = one_step(", "lr *= 1 + 1e-12\n        W1, W2, L = one_step(", "W2"),
    "forward": (FORWARD, "A, A @ W2", "A, A @ W2 * (1 + 1e-12)", "Y_hat"),
    "loss": (FORWARD, ".sum() / (2 * len(Y))", ".mean()", "L"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_the_first_wrong_quantity_is_named(judged, capsys, monkeypatch, fault):
    right, old, new, quantity = FAULTS[fault]
    assert right.count(old) == 1
    outcome = judged(right.replace(old, new), [xor()])
    assert outcome.exit_code() == 1
    r = outcome.rejections[0]
    assert r.quantity == quantity
    assert "confirmed in ball arithmetic" in r.certificate
    exec(r.reproduce, {})
    got, exact = (float(line.split()[1]) for line in capsys.readouterr().out.splitlines())
    assert (got, exact) == (r.value, r.truth)


def test_a_fault_is_named_by_the_gradients_alone(judged):
    outcome = judged(GRADIENTS.replace(*SLOPE), [xor()])
    assert outcome.rejections[0].mistakes[0] == "slope missing"


def test_a_function_without_activation_is_asked_with_one(judged):
    text = GRADIENTS.replace("W2, activation)", "W2)").replace("W1, activation)", 'W1, "sigmoid")')
    cases = [xor(), *every(xor())[1:4]]
    outcome = judged(text, cases)
    assert outcome.exit_code() == 0
    assert "tanh" in outcome.columns[0].unknown
    assert {row.case for row in outcome.rows} == {"xor", "asymmetric-sigmoid"}
    asked_for = judged(text, [xor("tanh")])
    assert asked_for.exit_code() == 3
    assert "computes sigmoid alone, not tanh: ask with --activation sigmoid" in asked_for.columns[0].reason
    relu = judged(text.replace('"sigmoid")', '"relu")') + "ACTIVATION = 'relu'\n", [xor("relu")])
    assert relu.exit_code() == 0
    both = judged(text, cases[:3], asked_for=3)
    assert both.exit_code() == 3


def test_what_was_asked_for_has_to_be_judged(judged):
    outcome = judged(GRADIENTS, [xor("tanh")])
    assert outcome.exit_code() == 3
    assert "mine raised KeyError: 'tanh'" in outcome.columns[0].reason
    assert "(asked about xor in float64), and so in 1 other run" in outcome.columns[0].reason


def test_networks_are_asked_about_one_at_a_time_unless_a_line_says_otherwise(judged):
    many = GRADIENTS.replace("len(X)", "X.shape[-2]").replace(".T", ".mT").replace(".sum()", ".sum((-2, -1))")
    outcome = judged(f"SEEDS = True\n{many}", every(xor())[:5])
    assert outcome.exit_code() == 0, words.summary(outcome)
    assert not outcome.columns[0].one_at_a_time
    wrong = judged(f"SEEDS = True\n{GRADIENTS}", [xor()])
    assert wrong.exit_code() in {1, 3}


def test_a_whole_column_is_asked_about_one_network_at_a_time_where_it_says_so(judged):
    text = "from fourfold.impls.two_layer.numpy_impl import *\nSEEDS = False\n"
    text = text.replace("import *", "import array, to_numpy, forward, loss, trace, step, train")
    outcome = judged(text, every(xor())[:3])
    assert outcome.exit_code() == 0
    assert part_words.parts(outcome) == ["mine: asked about one network at a time."]


BAD = {
    "nothing to ask": ("x = 1", "mine has none of gradients, forward, loss, trace, step, train: start from one that"),
    "loss alone": ("def loss(Y_hat, Y): return 1", "mine has loss alone, which is judged at what forward gives"),
    "other parameters": (
        "def gradients(model, data): pass",
        "mine: gradients(model, data) cannot be called as gradients(X, Y, W1, W2): give it these parameters, or",
    ),
    "nothing": (re.sub("return .R.*", "pass", GRADIENTS), "gradients gives nothing, not a tuple of 3: L, dL_dW1, dL_"),
    "None": (GRADIENTS.replace("return (R * R).sum() / (2 * len(X))", "return None"), "gradients gives L as None"),
    "text": (GRADIENTS.replace("return (R * R).sum()", "return 'a', R, R #"), "gives L as a str, which holds no num"),
    "two": (GRADIENTS.replace(", A.T @ dL", " #"), "gradients gives a tuple of 2, not a tuple of 3: L, dL_dW1, dL_dW2"),
    "in place": (GRADIENTS.replace("    R = ", "    W1 *= 2\n    R = "), "changes an array that it is given: let it"),
    "SEEDS": (f"{GRADIENTS}SEEDS = 3", "mine: SEEDS is 3: write True where functions take many networks, or False"),
    "ACTIVATION": (f"{GRADIENTS}ACTIVATION = 3", 'mine: ACTIVATION is 3: write "tanh", or a name a layer'),
    "both forms": (
        f"{GRADIENTS}def step(X, Y, W, b, lr, activations): pass",
        "mine: step takes W, and gradients does not: take W1, W2 or W, b in all",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_asked_is_said_in_one_sentence(judged, what):
    text, sentence = BAD[what]
    outcome = judged(text, [xor()])
    assert outcome.exit_code() == 3
    assert sentence in outcome.columns[0].reason
    assert "\n" not in outcome.columns[0].reason


def test_two_layers_are_not_any_depth(judged):
    outcome = judged(GRADIENTS, [xor("sigmoid", (2, 3, 3, 1))])
    assert outcome.columns[0].reason == "mine takes W1 and W2, two layers: for any depth let it take tuples, W and b"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            ", X.T @ (dL_dY_hat @ W2.T * slope)",
            ", (X.T @ (dL_dY_hat @ W2.T * slope)).T",
            "has shape (3, 2), not (2, 3)",
        ),
        ("return (R * R).sum()", "return (R * R).sum(0)", "L has shape (1,), not ()"),
        ("A.T @ dL_dY_hat", "(A.T @ dL_dY_hat).astype('f2')", "dL_dW2 is float16, not float64"),
    ],
)
def test_a_wrong_form_is_a_rejection_that_speaks_of_one_network(judged, old, new, sentence):
    assert GRADIENTS.count(old) == 1
    outcome = judged(GRADIENTS.replace(old, new), [xor()])
    assert outcome.exit_code() == 1
    assert outcome.rejections[0].note.startswith("gradients gives the wrong kind of array: ")
    assert outcome.rejections[0].note.endswith(sentence)


def test_numbers_and_tensors_are_taken_as_they_come(judged):
    tensors = """
class Tensor:
    def __init__(self, Z): self.Z = Z
    def detach(self): return self
    def cpu(self): return self
    def numpy(self): return self.Z
"""
    text = (
        GRADIENTS.replace("def gradients", "def own")
        + tensors
        + """
def gradients(X, Y, W1, W2, activation):
    L, *slopes = own(X, Y, W1, W2, activation)
    return float(L), *map(Tensor, slopes)
"""
    )
    assert judged(text, [xor()]).exit_code() == 0


DEEP = xor("relu,tanh,sigmoid", (2, 4, 3, 1), True)


def test_a_fault_in_any_depth_is_found_in_its_layer(judged):
    text = template("numpy")
    assert text.count("dL_dH.sum(axis=-2, keepdims=True)") == 1
    outcome = judged(
        text.replace("dL_dH.sum(axis=-2, keepdims=True)", "(0 if k == 1 else 1) * dL_dH.sum(axis=-2, keepdims=True)"),
        [DEEP],
    )
    assert (outcome.exit_code(), outcome.rejections[0].quantity) == (1, "dL_db2")


def test_biases_that_a_function_does_not_take_cost_nothing_but_themselves(judged):
    text = re.sub(r"(?s)def step.*", "", template("numpy"))
    text = text.replace("W, b, activations):", "W, activations):").replace(" + b[k] if b else A[k] @ W[k]", "")
    text = text.replace("dL_dW, dL_db if b else ()", "dL_dW")
    for case in (xor(), xor("relu,tanh,sigmoid", (2, 4, 3, 1))):
        assert judged(text, [case]).exit_code() == 0
    with_biases = judged(text, [DEEP])
    assert with_biases.exit_code() == 3
    assert "mine: gradients takes no b: leave out --bias" in with_biases.columns[0].reason


# Templates.


def installed(name):
    return name not in NEEDS or workers.package_installed(NEEDS[name])


each_template = pytest.mark.parametrize("name", starting.names())


@each_template
def test_a_template_agrees_as_it_is_in_both_depths(judged, name):
    if not installed(name):
        pytest.skip(f"needs {NEEDS[name]}")
    outcome = judged(template(name), [xor(), every(xor())[2]])
    assert outcome.exit_code() == 0, (outcome.columns, words.summary(outcome))
    assert "gradients" in outcome.columns[0].judged
    assert not outcome.columns[0].unknown
    outcome = judged(template(name), [xor("relu,tanh,sigmoid", (2, 4, 3, 1), True)], ["float64"])
    assert outcome.exit_code() == 0, words.summary(outcome)


NN_FAULTS = {
    "gradients not zeroed": ("        optimiser.zero_grad()\n", "", "W2"),
    "momentum": ("SGD(network.parameters(), lr=lr)", "SGD(network.parameters(), lr=lr, momentum=0.9)", "W2"),
    "weight decay": ("SGD(network.parameters(), lr=lr)", "SGD(network.parameters(), lr=lr, weight_decay=1e-4)", "W2"),
    "the framework's mean squared error": (".sum() / (2 * len(Y))", ".mean()", "L"),
}


@pytest.mark.skipif(not installed("torch-nn"), reason="needs torch")
@pytest.mark.parametrize("mistake", NN_FAULTS)
def test_a_mistake_in_a_module_with_an_optimiser_is_named(judged, mistake):
    old, new, quantity = NN_FAULTS[mistake]
    text = template("torch-nn")
    assert text.count(old) == 1
    outcome = judged(text.replace(old, new), [xor()])
    assert outcome.exit_code() == 1
    assert outcome.rejections[0].quantity == quantity
    assert outcome.rejections[0].mistakes[0] == mistake


def test_a_template_is_written_and_never_over_a_file(tmp_path):
    start = ("agree", "--template", "numpy", "--out", "mine.py")
    assert said(command(*start, cwd=tmp_path), 0) == ""
    assert (tmp_path / "mine.py").read_bytes() == starting.template("numpy")
    (tmp_path / "mine.py").write_text("# mine\n")
    sentence = "fourfold: mine.py is there already: give --out the name of a new file."
    assert said(command(*start, cwd=tmp_path), 2) == sentence
    assert (tmp_path / "mine.py").read_text() == "# mine\n"


def test_a_written_column_is_judged_by_the_command(tmp_path):
    done = command("agree", "--template", "numpy", cwd=tmp_path)
    assert said(done, 0) == ""
    (tmp_path / "mine.py").write_text(done.stdout)
    done = command("agree", "--impl", "mine", "--steps", 20, "--seeds", 2, cwd=tmp_path, python=MODULE)
    assert said(done, 0) == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("AGREED: mine; ")
    assert lines[1] == "mine: judged gradients and step; has no forward, loss, trace, train."
    assert "dL_dH" not in done.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--template", "torhc"), "There is no template 'torhc': did you mean torch?"),
        (("--template", "mxnet"), f"There is no template 'mxnet': choose from {', '.join(starting.names())}."),
        (("--out", "mine.py"), "--out goes with --template; fourfold report --out writes a page."),
        (("--impl", "nobody"), "or write a module of your own: fourfold agree --template numpy"),
    ],
)
def test_what_cannot_be_begun_is_said_in_one_sentence(tmp_path, options, sentence):
    assert sentence in said(command("agree", *options, cwd=tmp_path), 2)


def test_what_takes_biases_is_asked_about_them_and_what_does_not_says_so(tmp_path):
    """A wrong gradient of the biases does not agree because nobody asked for --bias."""
    text = starting.template("numpy").decode()
    wrong = text.replace("dL_db.insert(0, dL_dH.sum(axis=-2", "dL_db.insert(0, dL_dH.mean(axis=-2")
    assert wrong != text
    (tmp_path / "wrong.py").write_text(wrong)
    (tmp_path / "two_layers.py").write_text(GRADIENTS)
    done = command(
        "agree", "--impl", "wrong", "--steps", 5, "--seeds", 2, "--dtype", "float64", cwd=tmp_path, python=MODULE
    )
    assert done.stdout.startswith("DISAGREED: wrong is wrong, first in dL_db3 (E7) at step 0.\n")
    done = command(
        "agree", "--impl", "two_layers", "--steps", 5, "--seeds", 2, "--dtype", "float64", cwd=tmp_path, python=MODULE
    )
    assert "two_layers: not judged with more layers or biases: it takes W1 and W2, two layers" in done.stdout
    assert done.stdout.startswith("AGREED: two_layers; ")
    named = ("--case", "xor,deep-tanh", "--steps", 5, "--seeds", 2)
    done = command("agree", "--impl", "two_layers", *named, cwd=tmp_path, python=MODULE)
    assert done.returncode == 3
    assert "for any depth let it take tuples, W and b" in done.stdout
