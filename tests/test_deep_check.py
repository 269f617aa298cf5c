"""`fourfold check` as the people meet it whose network has any number of layers, with biases or without."""

import inspect
import sys

import numpy as np
import pytest

from fourfold.compare.cases import situations
from fourfold.compare.cases.case import DTYPES, make_case
from fourfold.compare.check import protocol
from fourfold.compare.check.pytest_plugin import Fourfold
from fourfold.compare.check.recognise import TWO_ARRAYS, WEIGHTS, WEIGHTS_AND_BIASES, takes
from fourfold.compare.columns import calls
from fourfold.compare.columns.questions import Question
from fourfold.compare.commands import check as verb
from fourfold.compare.errors import UsageError
from fourfold.compare.judge import judgement, quantities
from fourfold.compare.mistakes import candidates, evidence, planted
from fourfold.compare.mistakes.catalogue import find, of_row
from fourfold.compare.mistakes.diagnosis import diagnose
from fourfold.compare.mistakes.evidence import Observation, points
from fourfold.impls.deep import numpy_impl

RIGHT = """
import numpy as np

def forward(X, W, b):
    A = [X]
    for k, (W_k, b_k) in enumerate(zip(W, b)):
        H = A[-1] @ W_k + b_k
        A.append(1 / (1 + np.exp(-H)) if k < len(W) - 1 else H)
    return A

def gradients(X, Y, W, b):
    A, K = forward(X, W, b), len(W)
    R = A[-1] - Y
    L, D = (R**2).sum() / (2 * len(X)), R / len(X)
    dL_dW, dL_db = [None] * K, [None] * K
    for k in reversed(range(K)):
        dL_dW[k] = A[k].T @ D
        dL_db[k] = D.sum(axis=0, keepdims=True)
        if k > 0:
            D = D @ W[k].T * (A[k] * (1 - A[k]))
    return L, dL_dW, dL_db
"""
TRACE = """
def trace(X, Y, W, b):
    A = forward(X, W, b)
    return {"A": A[1:-1], "Y_hat": A[-1], "dL_dW1": gradients(X, Y, W, b)[1][0]}
"""
TRAIN = """
def train(X, Y, W, b, lr, steps):
    losses = []
    for _ in range(steps):
        L, dL_dW, dL_db = gradients(X, Y, W, b)
        W = [W_k - lr * dL_dW_k for W_k, dL_dW_k in zip(W, dL_dW)]
        b = [b_k - lr * dL_db_k for b_k, dL_db_k in zip(b, dL_db)]
        losses.append(L)
    return W, b, losses
"""
RETURN = "return L, dL_dW, dL_db"


def test_what_is_right_is_right(judged):
    code, text = judged(RIGHT + TRACE + TRAIN, suite="default")
    assert code == 0, text
    assert "gradients, trace and train are exact up to rounding.\nJudged: gradients, trace and train, 17 cases" in text
    assert "Not given, so not judged: H1 of trace, H2 of trace, H3 of trace, R of trace" in text
    assert ", A1 of trace" not in text
    assert judged(RIGHT + TRAIN, suite="full", dtype="float32")[0] == 0


def test_without_biases(judged):
    without = RIGHT.replace(", b):", "):").replace("zip(W, b)", "zip(W, W)").replace(" + b_k", "")
    without = without.replace("(X, W, b)", "(X, W)").replace(RETURN, "return L, dL_dW")
    assert judged(without)[0] == 0
    assert judged(without, layers="2,5,1")[0] == 0
    code, text = judged(without.replace("D = D @ W[k].T *", "D = D @ W[k].T * 2 *"))
    assert (code, "First wrong number: dL_dW" in text) == (1, True)
    assert judged(without, bias=True) == (
        2,
        "gradients(X, Y, W) cannot be called as gradients(X, Y, W, b): too many positional arguments.",
    )


def test_whatever_activations_it_is_given_or_said_to_have(judged):
    several = """
from fourfold.impls.deep import numpy_impl

def gradients(X, Y, W, b, activations):
    T = numpy_impl.trace(X, Y, W, b, activations)
    return T.L, T.dL_dW, T.dL_db
"""
    code, text = judged(several, suite="default")
    assert (code, "tanh, sigmoid, identity and relu" in text) == (0, True), text
    fixed = several.replace("b, activations):", 'b):\n    activations = ("tanh", "relu", "sigmoid")')
    assert judged(fixed, activation="tanh,relu,sigmoid")[0] == 0
    assert judged(fixed, activation="tanh")[0] == 1
    uniform = fixed.replace('("tanh", "relu", "sigmoid")', '("tanh",) * (len(W) - 1) + ("identity",)')
    assert judged(uniform, activation="tanh", case="five-layers,two-layers")[0] == 0
    assert judged(fixed, activation="tanh,relu,sigmoid", layers="2,8,7,1")[0] == 0


@pytest.mark.parametrize(
    ("right", "wrong", "quantity", "function", "named"),
    [
        ("+ b_k", "+ 2 * b_k", "L", "gradients", "bias counted twice"),
        ("D.sum(axis=0", "D.mean(axis=0", "dL_db3[0, 0]", "gradients", "bias gradient averaged"),
        (" * (A[k] * (1 - A[k]))", "", "dL_dW2[0, 0]", "gradients", "all slopes missing"),
        ("(R**2).sum() / (2 * len(X))", "(R**2).sum() / len(X)", "L", "gradients", "1/N for 1/(2N)"),
        ("A[1:-1]", "A[1:-2] + [0 * A[2]]", "A2[0, 0]", "trace", ""),
        ("b_k - lr * dL_db_k", "b_k", "b3[0, 0]", "one step of train", "biases never updated"),
        ("losses = []", "losses, lr = [], lr * (1 + 1e-9 * (steps > 7))", "L of train, step 1 of 10", "carried", ""),
    ],
)
def test_the_first_wrong_quantity_and_the_mistake_are_named(judged, right, wrong, quantity, function, named):
    source = RIGHT + TRAIN + TRACE * (function == "trace")
    assert right in source
    code, text = judged(source.replace(right, wrong), case="xor,asymmetric")
    first = next(line for line in text.splitlines() if line.startswith("First wrong number: "))
    assert (code, f"First wrong number: {quantity}" in first, function in first) == (1, True, True), text
    assert f"The mistake: {named}." in text or not named


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        ("return L, dL_dW", "gradients gives 2 values, not 3: (L, dL_dW, dL_db)"),
        ("return L, dL_dW[0], dL_db", "gradients gives one ndarray for dL_dW, not a list with one array per layer"),
        ("return L, dL_dW[1:], dL_db", "gradients gives 2 arrays for dL_dW, not 3, one per layer"),
        ("return L, [None] * K, dL_db", "gradients gives None for dL_dW1"),
        ("return L, dL_dW, [g[0] for g in dL_db]", "gradients gives dL_db1 of shape (4,), not (1, 4)"),
        ("return L, dL_db, dL_dW", "gives dL_dW1 of shape (1, 4), not (2, 4), the shape of dL_db1"),
        ("b[1] -= 1; " + RETURN, "gradients changed the b2 it was given"),
    ],
)
def test_what_is_no_answer_is_wrong_and_named(judged, result, sentence):
    code, text = judged(RIGHT.replace(RETURN, result))
    assert (code, sentence in text) == (1, True), text


def test_a_trace_of_nothing_known(judged):
    code, text = judged(RIGHT + "def trace(X, Y, W, b): return {'Z': X}")
    assert (code, "trace gives Z: none of H1, A1, H2, A2, H3, Y_hat, R, L" in text) == (1, True)


@pytest.mark.parametrize(
    ("f", "given"),
    [
        (lambda X, Y, W1, W2: 0, TWO_ARRAYS),
        (lambda X, Y, W, V: 0, TWO_ARRAYS),
        (lambda X, Y, W1, W2, activation: 0, TWO_ARRAYS),
        (lambda *arrays: 0, TWO_ARRAYS),
        (lambda X, Y, W, b: 0, WEIGHTS_AND_BIASES),
        (lambda X, Y, W, b, activations: 0, WEIGHTS_AND_BIASES),
        (lambda X, Y, weights: 0, WEIGHTS),
        (lambda X, Y, weights, activations: 0, WEIGHTS),
        (max, TWO_ARRAYS),
    ],
)
def test_what_a_function_takes_is_seen_from_its_parameters(f, given):
    assert takes(f) == given
    assert takes(f, layers=True) == (WEIGHTS_AND_BIASES if given == WEIGHTS_AND_BIASES else WEIGHTS)
    assert takes(f, layers=True, biases=True) == WEIGHTS_AND_BIASES


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"layers": "2,x,1"}, "--layers takes widths such as 2,8,8,1, not '2,x,1'"),
        ({"layers": "1"}, "--layers must be widths of at least 1, inputs and outputs included"),
        ({"layers": "2,0,1"}, "--layers must be widths of at least 1"),
        ({"layers": "2,8,1", "activation": "tanh,tanh,tanh"}, "--activation has 3 names and --layers 2 layers"),
        ({"activation": "tanh,softplus"}, "There is no activation 'softplus'"),
        ({"case": "saturatde"}, "did you mean saturated?"),
        ({"suite": "quikc"}, "did you mean quick?"),
    ],
)
def test_bad_options(judged, options, sentence):
    code, text = judged(RIGHT, **options)
    assert (code, sentence in text) == (2, True), text


def test_what_is_of_two_layers_cannot_be_asked_for_more(judged):
    two = "def gradients(X, Y, W1, W2): pass"
    assert "cannot be called as gradients(X, Y, W)" in judged(two, layers="2,3,1")[1]
    model = "from fourfold.impls.two_layer.numpy_impl import *"
    assert judged(model, bias=True)[1].endswith("has two layers and no biases: leave out --layers and --bias.")


def test_a_whole_model_of_any_depth_is_judged_like_a_column(judged):
    source = inspect.getsource(numpy_impl)
    code, text = judged(source, case="deep-tanh")
    assert (code, "AGREED" in text) == (0, True)
    code, text = judged(source.replace("dL_dH_k.sum", "dL_dH_k.mean"), suite="default", layers="2,3,1", bias=True)
    assert (code, "first wrong at step 0, seed 0, dL_db2" in text) == (1, True)


def test_a_template_has_the_right_form_and_wrong_numbers(judged, tmp_path):
    verb.check(template="numpy-deep", out=str(tmp_path / "template.py"))
    code, text = judged((tmp_path / "template.py").read_text())
    assert (code, "is not filled in" in text) == (1, True)


PROGRAM = """
import json, sys
sys.path.insert(0, FOLDER)
import numpy as np
from mine import gradients
for line in sys.stdin:
    q = json.loads(line)
    answer = HELLO
    if q["call"] != "hello":
        array = lambda name: np.array(q[name])
        layers = range(1, len(q["widths"]))
        assert q["widths"][0] == array("X").shape[1] and len(q["activations"]) == len(layers)
        W, b = ([array(f"{z}{k}") for k in layers] for z in "Wb")
        L, dL_dW, dL_db = gradients(array("X"), array("Y"), W, b)
        answer = {"L": L}
        answer |= {f"dL_dW{k}": dL_dW[k - 1].tolist() for k in layers}
        answer |= {f"dL_db{k}": dL_db[k - 1].tolist() for k in layers}
    print(json.dumps(answer), flush=True)
"""


def test_a_program_of_any_depth(tmp_path, capsys):
    def judge(hello='{"functions": ["gradients"], "protocol": 2}', **how):
        (tmp_path / "peer.py").write_text(PROGRAM.replace("FOLDER", repr(str(tmp_path))).replace("HELLO", hello))
        command = f"{sys.executable} {tmp_path / 'peer.py'}"
        code = verb.check(command=command, how=verb.How(**{"suite": "quick", "timeout": 60} | how))
        return code, capsys.readouterr().out

    (tmp_path / "mine.py").write_text(RIGHT)
    assert judge()[0] == judge(bias=True, layers="2,3,3,1")[0] == 0
    with pytest.raises(UsageError, match="has no biases: leave out --bias"):
        judge('{"functions": ["gradients"], "protocol": 2, "biases": False}', bias=True)
    with pytest.raises(UsageError, match="has two layers and no biases"):
        judge('{"functions": ["gradients"]}', layers="2,3,3,1")
    (tmp_path / "mine.py").write_text(RIGHT.replace("D.sum(axis=0", "D[:1].sum(axis=0"))
    code, text = judge()
    assert (code, "The mistake: bias gradient of the first sample." in text) == (1, True)


def test_a_question_passes_the_protocol_unchanged():
    case = make_case("xor", "tanh", 0.1, 1, 3, range(1), [2, 3, 2, 1], True)
    X, Y, *Zs = case.cast("float32")
    parameters = dict(zip(quantities.parameter_names(3, len(Zs)), (Z[0] for Z in Zs), strict=True))
    asked = Question("train", "deep", case.activations, X, Y, parameters, 0.1, 3)
    got = protocol.question(protocol.json.loads(protocol.question_line(asked)))
    assert got.dtype == "float32"
    assert [*got.parameters] == ["W1", "W2", "W3", "b1", "b2", "b3"]
    assert all((got.parameters[name] == Z).all() and Z.dtype == np.float32 for name, Z in parameters.items())
    assert got._replace(X=0, Y=0, parameters=0) == asked._replace(X=0, Y=0, parameters=0)


def test_a_course_can_test_it():
    mine = {}
    exec(RIGHT + TRAIN, mine)
    for case in situations.SITUATIONS[:4]:  # that test_mine(fourfold) runs, whatever it is given
        Fourfold(case).check(mine["gradients"], train=mine["train"])
    exec(RIGHT.replace("D.sum(", "D.mean("), mine)
    with pytest.raises(pytest.fail.Exception, match="bias gradient averaged"):
        Fourfold("asymmetric").check(mine["gradients"])
    with pytest.raises(pytest.fail.Exception, match="cannot be called as train"):
        Fourfold("xor").check(mine["gradients"], train=lambda X, Y, W1, W2, lr: 0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("biases", [True, False])
def test_a_run_of_several_steps_is_judged_within_carried_limits(biases, dtype):
    for case in situations.layered(None, None, biases, "full", None, dtype, range(2)):
        p, (X, Y, *Zs), K = judgement.problem(case, dtype), case.cast(dtype), len(case.activations)
        with np.errstate(all="ignore"):
            path = calls.flat(numpy_impl.train(X, Y, tuple(Zs[:K]), tuple(Zs[K:]), p.lr, 10, p.activations))
        end = [*(Z[-1] for Z in path[:-1]), path[-1]]
        judged = judgement.judge_run(Zs, end, p)
        names = [f"{z}{k}" for k in range(K, 0, -1) for z in ("Wb" if biases else "W")]
        assert [j.quantity for j in judged] == ["L", *names]
        assert judgement.first_wrong(judged[:1]) is None, case.name
        assert judgement.first_wrong(judged[1:]) is None, case.name
        if case.name == "xor":
            assert all(j.certified.all() and (j.limit <= 1e4 * np.finfo(dtype).eps).all() for j in judged)
            for n, j in enumerate(judged[1:]):
                at = quantities.parameter_names(K, len(Zs)).index(j.quantity)
                moved = [Z + (2 * j.limit + np.spacing(Z) if i == at else 0) for i, Z in enumerate(end)]
                wrong = judgement.first_wrong(judgement.judge_run(Zs, [Z.astype(dtype) for Z in moved], p)[1:])
                assert wrong.judged.quantity == names[n]


POINTS = list(points("deep"))


@pytest.mark.parametrize("mistake", [m for m in of_row("deep") if "numpy" in m.planted], ids=lambda m: m.slug)
def test_a_mistake_is_named_from_loss_and_gradients_or_from_a_path(mistake):
    """The target rounds otherwise than the planted column: it computes in long double."""
    column, training = planted.load("numpy", mistake.name), quantities.is_of_every_step(mistake.quantity)
    observed = []
    for p, parameters in POINTS[: 2 if training else None]:
        X, Y, *natives = (np.array(Z, np.longdouble) for Z in (p.X, p.Y, *parameters))
        K = len(p.activations)
        W, b = tuple(natives[:K]), tuple(natives[K:])
        with np.errstate(all="ignore"):
            try:
                T = column.trace(X, Y, W, b, p.activations).named()
                path = column.train(X, Y, W, b, p.lr, 6, p.activations) if training else None
            except ValueError:  # shapes that do not fit
                continue
        found = {q: np.asarray(Z, np.float64) for q, Z in T.items() if q[:5] in {"L", "dL_dW", "dL_db"}}
        observed.append(Observation(p, parameters, found, path and tuple(calls.flat(path))))
    found = diagnose(observed)
    if not found.candidates:  # a network that is looked into, other data or longer training show it
        assert "ReLU in place" in mistake.name or mistake.case not in evidence.CASES["deep"]
    else:
        assert (mistake,) in found.candidates


def test_a_mistake_of_two_layers_is_known_at_any_depth(judged):
    known = candidates._known("deep")
    for name in ("1/N missing", "mean over all elements", "ReLU's slope 1 everywhere"):
        assert find(name) in known
    assert find("slope missing") not in known
    text = judged(RIGHT.replace("R / len(X)", "R"))[1]
    assert "The mistake: 1/N missing." in text
    off = "share is wrong, dL_dY_hat (E10: R / N) or dL_dH3 (E16: dL_dY_hat ∘ σ3'(H3))"
    assert f"{off}, or there is more than one mistake. dL_dW3 is N times" in text
