"""Optimisers that are wrong: every mistake is caught at the first step that can show it, and named by its numbers."""

from types import SimpleNamespace

import numpy as np
import pytest

from fourfold import impls
from fourfold.compare.agreement import conventions
from fourfold.compare.agreement.certify import certify
from fourfold.compare.agreement.suite import agreement
from fourfold.compare.cases import suites, update
from fourfold.compare.columns import workers
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.commands import mistakes as verb
from fourfold.compare.judge import updates
from fourfold.compare.mistakes import matrix, planted
from fourfold.compare.mistakes.catalogue import MISTAKES, find, of_row
from fourfold.compare.mistakes.optimizers import CONVENTIONS, GOES_ON
from fourfold.compare.results.result import Rejection
from tests.conftest import each_column

RECIPES = suites.by_name(*suites.TABLE, *suites.DEEP)
ALL = of_row("optimizers")
NAMED = [mistake for mistake in ALL if mistake.name != GOES_ON]
# What shows after the first step: it is in what is carried on. The greatest v is another one once v has fallen.
LATER = {
    "momentum's new part made smaller, but for the first": 1,
    "momentum's sign": 1,
    "Adam's steps never counted": 1,
    "AMSGrad": 3,
    "AMSGrad of v̂": 1,
    "Adam's gradient in the place of m̂": 1,
    "optimiser made anew at every step": 1,
    "what the optimiser keeps reset every step": 1,
    "the optimiser a gradient behind": 1,
    "the optimiser's gradients not zeroed": 1,
}
RATE, STEPS = 0.05, 8

STRANGER = """
import numpy as np

ACTIVATION = "sigmoid"


def train(X, Y, W1, W2, lr, steps):
    W, m, v, path = [W1, W2], [0, 0], [0, 0], []
    for t in range(1, steps + 1):
        A = 1 / (1 + np.exp(-(X @ W[0])))
        R = A @ W[1] - Y
        L, D = (R**2).sum() / (2 * len(Y)), R / len(Y)
        g = X.T @ (D @ W[1].T * A * (1 - A)), A.T @ D
        for k in range(2):
            m[k] = 0.9 * m[k] + 0.1 * g[k]
            v[k] = 0.999 * v[k] + 0.001 * g[k] ** 2
            m_hat, v_hat = m[k] / (1 - 0.9**t), v[k] / (1 - 0.999**t)
            W[k] = W[k] - lr * m_hat / (np.sqrt(v_hat) + 1e-8)
        path.append((*W, L))
    return tuple(map(np.stack, zip(*path, strict=True)))
"""


class OnePlace(workers.Pool):
    """A pool whose tasks run in this process."""

    def __init__(self):
        pass

    def submit(self, name, task, *args):
        return lambda: task(name, *args)

    def result(self, name, future):
        return future()


def case_of(asked, name="asymmetric-sigmoid", steps=STEPS):
    rule, _ = update.parse(asked)
    (case,) = update.by_update([suites.build(RECIPES[name])._replace(steps=steps, lr=RATE)], rule)
    return case


def judged(column, case, dtype="float64"):
    """The Rejection of a column by its name, diagnosed; None where there is none."""
    with np.errstate(all="ignore"):
        evidence = certify(OnePlace(), column, case, dtype, lambda n: None)
        return evidence.rejection and conventions.diagnosed(InProcess(column), case, evidence)


@pytest.fixture
def stranger(monkeypatch, tmp_path):
    """The Rejection of somebody's own Adam, with texts of it replaced."""
    monkeypatch.syspath_prepend(tmp_path)
    number = iter(range(9))

    def judge(asked, *texts, dtype="float64"):
        source = STRANGER
        for old, new in zip(texts[::2], texts[1::2], strict=True):
            assert old in source
            source = source.replace(old, new)
        name = f"stranger_{tmp_path.name}_{next(number)}"
        (tmp_path / f"{name}.py").write_text(source)
        return judged(name, case_of(asked), dtype)

    return judge


@pytest.mark.parametrize("mistake", NAMED, ids=lambda m: m.slug)
def test_a_mistake_is_caught_at_the_first_step_it_shows_in_and_named(mistake):
    r = judged(planted.module_name("numpy", mistake.name), case_of(mistake.update, mistake.case))
    assert (r.step, f"every {r.quantity}") == (LATER.get(mistake.name, 0), mistake.quantity)
    assert r.mistakes == [mistake.name]
    assert f"The mistake: {mistake.name}.\n    {mistake.why}" in r.diagnosis


@pytest.mark.parametrize("mistake", NAMED, ids=lambda m: m.slug)
def test_it_is_named_in_float32_too(mistake):
    """But for an ε that is less than a rounding there."""
    r = judged(planted.module_name("numpy", mistake.name), case_of(mistake.update, mistake.case), "float32")
    assert (r.mistakes if r else "unseen") == ("unseen" if "ε forgotten" in mistake.name else [mistake.name])


@pytest.mark.parametrize("column", each_column(("torch", "jax", "tf")))
def test_it_is_named_in_frameworks(column):
    own = [mistake for mistake in NAMED if column in mistake.planted]
    if column == "tf":  # JAX is faster with its loop compiled
        matrix._leave_uncompiled(column, "two_layer")
    try:
        for mistake in own:
            case = case_of(mistake.update, mistake.case, 3 if column == "tf" else STEPS)
            r = judged(planted.module_name(column, mistake.name), case)
            assert r.mistakes == [mistake.name], mistake.name
    finally:
        matrix._leave_uncompiled(column, "two_layer", eager=False)
    assert len(own) >= 4


def test_what_goes_on_in_the_next_training_shows_there():
    name, case = planted.module_name("numpy", GOES_ON), case_of("adam")
    assert judged(name, case) is None
    r = judged(name, case)
    assert (r.step, r.mistakes) == (0, [GOES_ON])
    assert f"every {r.quantity}" == find(GOES_ON).quantity


def right(asked, texts=()):
    """([names], words) on a run that is right but for texts replaced, as if it had been rejected."""
    case = case_of(asked)
    module = impls.load("numpy")
    optimizer = planted.changed("numpy", *texts, row="optimizers")
    names = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    column = InProcess("right", SimpleNamespace(**names, OPTIMIZER=optimizer))
    rejection = Rejection("right", case.name, "float64", 0, case.seeds[0], "W2", value="1")
    fits = SimpleNamespace(fitting=[])
    r = conventions.diagnosed(column, case, SimpleNamespace(rejection=rejection, conventions=fits))
    return r.mistakes, r.diagnosis


@pytest.mark.parametrize("asked", [*updates.RULES, "adam,l2=0.01", "momentum,decay=0.01"])
def test_a_right_rule_has_no_mistake(asked):
    assert judged("numpy", case_of(asked)) is None
    assert right(asked) == ([], "")


@pytest.mark.parametrize(
    ("asked", "texts"),
    [
        ("momentum", CONVENTIONS["rate-at"]),
        ("nesterov", CONVENTIONS["rate-at"]),
        ("rmsprop,eps=1e-3", CONVENTIONS["eps-at"]),
        ("adam,eps=1e-3", CONVENTIONS["eps-at"]),
        ("adamw", CONVENTIONS["decay-by"]),
    ],
)
def test_a_convention_is_no_mistake(asked, texts):
    assert right(asked, texts) == ([], "")
    point, choice = updates.conventions(update.parse(asked)[0], "float32")[-1].popitem()
    r = judged("numpy", case_of(f"{asked},{point}={choice}"))
    assert r.mistakes == []
    assert r.diagnosis.startswith(f"It is right by another convention: {point} ")


@pytest.mark.parametrize(
    ("mistake", "texts"),
    [
        ("Adam's ε inside the root", ("np.sqrt(v_hat) + 1e-8", "np.sqrt(v_hat + 1e-8)")),
        ("Adam's steps counted for every array", ("**t", "**(2 * t + k - 1)")),
        ("Adam's v a sum", ("0.999 * v[k] + 0.001 *", "v[k] +")),
        ("decay forgotten", ()),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mistake_of_somebody_else_is_named(stranger, mistake, texts, dtype):
    assert stranger(find(mistake).update, *texts, dtype=dtype).mistakes == [mistake]


def test_it_is_named_beside_another_convention(stranger):
    """Keras' ε, and the betas swapped."""
    before = "1e-8 / np.sqrt(1 - 0.9**t)"
    swapped = "0.9 * m[k] + 0.1", "0.999 * m[k] + 0.001", "0.999 * v[k] + 0.001 *", "0.9 * v[k] + 0.1 *"
    hats = "m[k] / (1 - 0.9**t), v[k] / (1 - 0.999**t)", "m[k] / (1 - 0.999**t), v[k] / (1 - 0.9**t)"
    assert stranger("adam", *swapped, *hats, "1e-8", before).mistakes == ["Adam's betas swapped"]


@pytest.mark.parametrize(
    ("asked", "texts", "words"),
    [
        ("adam", ("1e-8", "1e-7"), "It is right with eps 1e-07, not 1e-08."),
        ("adam", ("0.999", "0.99", "0.001", "0.01"), "It is right with beta2 0.99, not 0.999."),
        ("adam,lr=0.1", ("lr * m_hat", "0.001 * m_hat"), "It is right with lr 0.001, not 0.05."),
        ("rmsprop", (), "These are the steps of another optimiser: adam, beta1 0.9, beta2 0.999, eps 1e-08."),
    ],
)
def test_another_setting_is_named_and_another_optimiser(stranger, asked, texts, words):
    r = stranger(asked, *texts)
    assert (r.mistakes, r.diagnosis) == ([], words)


@pytest.mark.parametrize(
    "texts",
    [
        ("lr * m_hat", "lr * np.clip(m_hat, -0.01, 0.01)"),
        ("v_hat) + 1e-8", "v_hat + 1e-8)", "0.1 * g[k]", "g[k]"),  # two at once
        ("X @ W[0]", "1.001 * X @ W[0]"),  # of the network
        ("lr * m_hat", "lr * (1 + 1e-9) * m_hat"),
    ],
)
def test_what_no_mistake_gives_is_not_named(stranger, texts):
    r = stranger("adam", *texts)
    assert (r.mistakes, r.diagnosis) == ([], "")


def test_numbers_drawn_anew_are_not_called_what_goes_on(stranger):
    """The loss is another one too."""
    r = stranger(
        "adam", "R = A @ W[1] - Y", "A = A * np.random.default_rng().uniform(0.9, 1.1, A.shape); R = A @ W[1] - Y"
    )
    assert (r.mistakes, r.diagnosis) == ([], "")


def test_agree_names_it():
    name = planted.module_name("numpy", "Adam's betas swapped")
    result, _ = agreement([name], [case_of("adam")], ["float64"], 60, "")
    (r,) = result.rejections
    assert r.mistakes == ["Adam's betas swapped"]


def test_the_catalogue_shows_them(capsys):
    assert verb.mistakes("Adam's ε inside the root") == 0
    printed = capsys.readouterr().out
    assert "Breaks every W2 first (U11). The case asymmetric-sigmoid shows it, by --update adam." in printed
    assert "m_hat / np.sqrt(v_hat + eps)" in printed
    assert verb.mistakes("U10") == 0
    printed = capsys.readouterr().out
    assert "optimisers, Adam" in printed
    assert "Adam's bias correction forgotten" in printed


def test_no_text_of_theirs_is_one_of_a_network():
    """Or a mistake of an optimiser would be named in a network."""
    for mistake in ALL:
        for row in ("two_layer", "deep"):
            with pytest.raises(ValueError, match="to plant a mistake in"):
                planted.wrong_source("numpy", *mistake.planted["numpy"], row=row)


def test_names_say_what_they_ask_for():
    assert {mistake.update.partition(",")[0] for mistake in ALL} == updates.RULES.keys() - {"sgd"}
    assert all(mistake.update for mistake in ALL)
    assert not any(mistake.update for mistake in MISTAKES.values() if mistake not in ALL)
