"""Gradients are proved right or wrong on exact numbers, whatever the network, and the wrong line is found."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from fourfold.compare.check.forms import find
from fourfold.compare.check.forms.recipe import Recipe
from fourfold.compare.exact import estimate, examine, examined
from fourfold.compare.exact.examine import LeftExact, Undecided
from fourfold.compare.exact.examined import EXACTLY, OPEN, RIGHT, WRONG
from fourfold.compare.exact.updated import Updated
from tests.makers.random_networks import faulty, networks
from tests.networks.faults import FAULTS

NETWORKS = Path(__file__).parent / "networks"
LEAST_LINES = 68  # of 75 planted faults
LEAST_SHARE = 0.9  # of the lines in random networks
SAMPLES = 60  # random networks
NAMES = sorted(FAULTS)
START = re.compile(r"(d_?|grad_?|g_?)?(.*)")  # of the name of a gradient


def namespace_of(text, path="mine.py"):
    namespace = {"__name__": "mine"}
    exec(compile(text, str(path), "exec"), namespace)
    return namespace


def recognised(text, path="mine.py"):
    """The examine.Code of a text, in the form that is found in it."""
    return examine.Code(text, str(path), find.find(namespace_of(text, path), text))


def first_line(outcome):
    return outcome.blamed[0].line if outcome.blamed else None


def wrong_names(outcome):
    return {one.name for one in outcome.gradients if not one.right}


# Networks of any kind


@pytest.fixture(scope="module")
def explained():
    """{name: the Examined of a right network, with its steps}."""
    outcomes = {}
    for name in NAMES:
        path = NETWORKS / f"{name}.py"
        outcomes[name] = examine.examine(recognised(path.read_text(encoding="utf-8"), path), explain=True)
    return outcomes


def test_every_network_has_faults():
    assert {path.stem for path in NETWORKS.glob("*.py")} - {"__init__", "faults"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_right_network_is_proved(explained, name):
    outcome = explained[name]
    assert (outcome.verdict, outcome.how, outcome.blamed) == (RIGHT, EXACTLY, [])
    assert wrong_names(outcome) == set()


@pytest.mark.parametrize("name", NAMES)
def test_the_steps_of_right_code_have_gradients(explained, name):
    text = (NETWORKS / f"{name}.py").read_text(encoding="utf-8").splitlines()
    names = {one.name for one in explained[name].gradients}
    steps = explained[name].steps
    assert any(step.gradient for step in steps)
    for step in steps:
        assert not step.gradient or "∂L/∂" in step.gradient
        line = text[step.line - 1].strip()
        start, parameter = START.match(step.name or "").groups()
        is_whole = line.startswith(f"{step.name} = ")  # and no part that is added to others
        if start and parameter in names and is_whole and step.gradient:
            assert f"∂L/∂{parameter}" in step.gradient, line


def test_every_planted_fault_is_caught_and_most_lines_are_found():
    late = []
    for name, faults in FAULTS.items():
        path = NETWORKS / f"{name}.py"
        for fault in faults:
            outcome = examine.examine(recognised(fault.plant(path.read_text(encoding="utf-8")), path))
            assert (outcome.verdict, outcome.how) == (WRONG, EXACTLY), (name, fault)
            parameters = {one.partition("[")[0] for one in wrong_names(outcome)}
            assert parameters <= set(fault.wrong), (name, fault)
            assert parameters, (name, fault)
            if first_line(outcome) not in fault.lines:
                late.append((name, fault.line, first_line(outcome)))
    total = sum(len(faults) for faults in FAULTS.values())
    assert total == 75
    assert total - len(late) >= LEAST_LINES, late


def test_random_networks_are_proved_and_their_faults_found():
    texts, hits, late = set(), 0, []

    @settings(
        max_examples=SAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(written=networks())
    def collect(written):
        nonlocal hits
        if written.text in texts:
            return
        texts.add(written.text)
        outcome = examine.examine(recognised(written.text))
        assert (outcome.verdict, outcome.how, outcome.blamed) == (RIGHT, EXACTLY, []), written.text
        for k, fault in enumerate(written.faults[:2]):
            text, _ = faulty(written, k)
            outcome = examine.examine(recognised(text))
            assert (outcome.verdict, outcome.how) == (WRONG, EXACTLY), text
            if first_line(outcome) in fault.lines:
                hits += 1
            else:
                late.append((fault.mistake, fault.line, first_line(outcome)))

    collect()
    assert len(texts) > SAMPLES / 2
    assert hits >= LEAST_SHARE * (hits + len(late)), late


# Small functions of one array


POSITIVE = np.array([0.25, 0.5, 0.75])
SQUARES = "(W**2).sum()"


def code(body, W=POSITIVE, run=None):
    """The examine.Code of a `gradients(W)` with this body, or of the text itself where it says def."""
    indented = "\n".join(f"    {line}" for line in body.strip().split("\n"))
    text = body if "def " in body else f"import numpy as np\n\ndef gradients(W):\n{indented}\n"

    def call(namespace, inputs):
        L, gradient = namespace["gradients"](**inputs)
        return L, {"W": gradient}

    return examine.Code(text, "mine.py", Recipe("gradients(W)", lambda rng, n: {"W": W}, ("W",), run or call))


def examined_of(body, W=POSITIVE, run=None):
    return examine.examine(code(body, W, run))


def estimated(body, W=POSITIVE):
    """(why it leaves exact numbers, the Examined by an estimate)."""
    theirs = code(body, W)
    with pytest.raises(LeftExact) as left:
        examine.examine(theirs)
    return str(left.value), estimate.estimate(theirs, namespace_of(theirs.text), str(left.value))


def only(outcome):
    (gradient,) = outcome.gradients
    return gradient


@pytest.mark.parametrize(
    ("body", "W"),
    [
        (f"return {SQUARES}, 2 * W", POSITIVE),
        ("return W**2, 2 * W", np.array(0.5)),
        ("return W**2, 2 * W", 0.5),
        ("return W**2, np.array([2 * W])", 0.5),
        (f"return {SQUARES}, (2 * W).reshape(1, 3)", POSITIVE),
        (f"return {SQUARES}, (2 * W).ravel()", POSITIVE.reshape(1, 3)),
        (f"return {SQUARES}, (2 * W).tolist()", POSITIVE),
        ("return sum(float(w)**2 for w in W), 2 * W", POSITIVE),
        (f"return {SQUARES} * (1 / 3), 2 / 3 * W", POSITIVE),
        ("return sum((w**2).sum() for w in W), [2 * w for w in W]", [POSITIVE, POSITIVE.reshape(3, 1)]),
        ("return sum((w**2).sum() for w in W.values()), {k: 2 * w for k, w in W.items()}", {"a": POSITIVE, "b": 0.5}),
        ("mask = np.random.rand(3)\nreturn (mask * W**2).sum(), 2 * mask * W", POSITIVE),
        ("mask = np.random.default_rng().normal(size=3)\nreturn (mask * W**2).sum(), 2 * mask * W", POSITIVE),
    ],
)
def test_right_gradients_in_any_form(body, W):
    outcome = examined_of(body, W)
    assert (outcome.verdict, outcome.how, outcome.blamed) == (RIGHT, EXACTLY, [])


@pytest.mark.parametrize(
    ("body", "W", "why"),
    [
        (f"return {SQUARES}, (2 * W).reshape(3, 1)", POSITIVE, "its shape is (3, 1), not (3,)"),
        (f"return {SQUARES}, (2 * W).ravel()", POSITIVE.reshape(3, 1), "its shape is (3,), not (3, 1)"),
        (f"return {SQUARES}, None", POSITIVE, "there is none"),
        (f"return {SQUARES}, 'W'", POSITIVE, "str objects"),
        (f"return {SQUARES}, [[1], [1, 2]]", POSITIVE, "list objects"),
        (f"return {SQUARES}, W", POSITIVE, ""),
    ],
)
def test_wrong_gradients_and_why(body, W, why):
    outcome = examined_of(body, W)
    assert (outcome.verdict, outcome.how) == (WRONG, EXACTLY)
    assert why in only(outcome).why


def test_parts_of_lists_and_dicts_are_named():
    squares = "return sum((w**2).sum() for w in W), [2 * W[0], W[1]]"
    assert wrong_names(examined_of(squares, [POSITIVE, POSITIVE])) == {"W[1]"}
    missing = "return (W['a']**2).sum() + (W['b']**2).sum(), {'b': 2 * W['b']}"
    assert wrong_names(examined_of(missing, {"a": POSITIVE, "b": POSITIVE})) == {'W["a"]'}


def test_the_entry_that_is_wrong_is_given():
    outcome = examined_of(f"d = 2 * W\nd[1] = 3\nreturn {SQUARES}, d")
    assert (only(outcome).index, only(outcome).got, only(outcome).exact) == ([1], 3, 1)


def test_an_example_at_a_kink():
    at_kink = np.array([0.0, -1.0, 2.0])
    outcome = examined_of("return np.maximum(W, 0).sum(), (W > 0) * 1.0", at_kink)
    assert outcome.verdict == RIGHT
    assert outcome.notes == ["The example is at a kink, on line 4: np.maximum(W, 0). Next to it all is right."]
    assert examined_of("return np.maximum(W, 0).sum(), (W < 0) * 1.0", at_kink).verdict == WRONG


def test_a_guard_is_no_fault():
    guarded = "L = -np.log(W + 1e-8).sum()\nreturn L, {}"
    outcome = examined_of(guarded.format("-1 / W"))
    assert outcome.verdict == RIGHT
    assert outcome.notes == ["Right except for the guard, a tiny constant on line 4."]
    assert examined_of(guarded.format("-1 / (W + 1e-8)")).notes == []
    outcome = examined_of(guarded.format("1 / W"))
    assert (outcome.verdict, first_line(outcome)) == (WRONG, 5)


@pytest.mark.parametrize(
    ("body", "line", "what"),
    [
        ("s = np.linalg.svd(np.outer(W, W))[1]\nreturn (W**2).sum() + 0 * s.sum(), {}", 4, "numpy.linalg.svd"),
        (
            "from scipy.special import gamma\ndef gradients(W):\n"
            "    L = (W**2).sum() + 0 * gamma(W).sum()\n    return L, {}\n",
            3,
            "scipy.special.gamma",
        ),
    ],
)
def test_what_takes_no_exact_numbers_is_estimated(body, line, what):
    why, outcome = estimated(body.replace("{}", "2 * W"))
    assert why == f"line {line} leaves exact arithmetic: {what}"
    assert outcome.verdict == RIGHT
    assert outcome.how in {examined.COMPLEX_STEP, examined.DIFFERENCES}
    assert outcome.notes == [f"Not proved: {why}."]
    assert 9 <= (only(outcome).digits or 0) <= 16
    _, outcome = estimated(body.replace("{}", "W"))
    assert (outcome.verdict, only(outcome).digits) == (WRONG, 0)


def test_an_estimate_wants_the_same_loss_every_time():
    body = "mask = np.random.rand(3)\ns = np.linalg.svd(np.outer(W, W))[1]\n"
    _, outcome = estimated(f"{body}return (mask * W**2).sum() + 0 * s.sum(), 2 * mask * W")
    assert outcome.verdict == OPEN
    assert "draw no random numbers" in outcome.notes[-1]


def test_a_loss_of_no_parameter_is_not_proved():
    why, outcome = estimated("return 3, 2 * W")
    assert why.startswith("its loss is not exact")
    assert outcome.verdict == WRONG


def test_balls_that_grow_too_wide(monkeypatch):
    monkeypatch.setattr(examine, "BITS", (256, 512))
    chaos = "x, g = W, np.ones_like(W)\nfor _ in range({}):\n    g, x = g * (4 - 8 * x), 4 * x * (1 - x)\n"
    chaos += "return x.sum(), g"
    assert examined_of(chaos.format(50), np.array([0.3])).bits == 256
    with pytest.raises(Undecided):
        examined_of(chaos.format(600), np.array([0.3]))


# Updates in place of gradients


def stepped(rate, sign):
    def run(namespace, inputs):
        old = inputs["W"].copy()
        L, new = namespace["step"](inputs["W"])
        return L, {"W": Updated(old, new, rate, sign)}

    return run


@pytest.mark.parametrize(
    ("rate", "sign", "verdict"), [(0.5, -1, RIGHT), (0.25, -1, WRONG), (0.5, 1, WRONG)], ids=["right", "rate", "sign"]
)
def test_an_update_is_judged_by_its_rate_and_sign(rate, sign, verdict):
    text = "def step(W):\n    L = (W**2).sum()\n    W -= 0.5 * 2 * W\n    return L, W\n"
    outcome = examined_of(text, run=stepped(rate, sign))
    assert (outcome.verdict, outcome.how) == (verdict, EXACTLY)
    assert first_line(outcome) == (None if verdict == RIGHT else 3)
