"""First weights from a file: what is read, what is refused, and the example with public numbers."""

import io
import json
import pickle
import re
import zipfile

import numpy as np
import pytest

from fourfold.compare.cases.case import draw_weights
from fourfold.compare.cases.weights import read_weights
from fourfold.compare.columns.calls import InProcess
from fourfold.compare.columns.questions import about
from fourfold.compare.commands import options
from fourfold.compare.commands.options import Begun
from fourfold.compare.errors import UsageError
from fourfold.compare.judge import judgement
from fourfold.compare.results.environment import setting
from tests.test_cli import command, said
from tests.test_documents import ROOT, assert_printed, read

W1, W2 = [[0.4375, -1, 2], [0.25, 1, -2]], [[1], [2], [3]]
TWO = {"W1": W1, "W2": W2}
TURNED = [*zip(*W1, strict=True)]
b1, b2 = [0.25, 0.5, 1], [7]
GRADIENTS = """
def gradients(X, Y, W1, W2):
    A = X @ W1
    R = (A @ W2 - Y) / len(X)
    return (R**2).sum() * len(X) / 2, X.T @ (R @ W2.T), A.T @ R
"""
FOURFOLD = ("-m", "fourfold.compare")
EXAMPLE = ROOT / "reports/reference/two-two-two"
LESSON = "compare/lesson/README.md"


def written(tmp_path, entries, name="w.json"):
    path = tmp_path / name
    if name.endswith(".npz"):
        np.savez(path, **entries)
    else:
        path.write_text(entries if isinstance(entries, str) else json.dumps(entries))
    return path


def case_of(path, **more):
    return options.case(Begun(weights=str(path), **more), None)


@pytest.mark.parametrize("name", ["w.json", "w.npz"])
def test_weights_are_those_of_the_file_and_say_the_shape(tmp_path, name):
    case = case_of(written(tmp_path, TWO, name))
    assert [Z.tolist() for Z in case.weights] == [[W1], [W2]]
    assert {Z.dtype for Z in case.weights} == {np.dtype("float64")}
    assert (case.widths(), case.row, case.seeds, case.biased()) == ((2, 3, 1), "two_layer", range(1), False)


@pytest.mark.parametrize("name", ["w.json", "w.npz"])
@pytest.mark.parametrize("as_row", [False, True])
def test_several_networks_with_biases(tmp_path, name, as_row):
    first, second = (np.array(b1), np.array(b2)), (np.array(b1) + 1, np.array(b2) + 1)
    biases = {"b1": np.stack([first[0], second[0]]), "b2": np.stack([first[1], second[1]])}
    if as_row:
        biases = {key: b[:, None] for key, b in biases.items()}
    entries = {"W1": np.stack([W1, -np.array(W1)]), "W2": np.stack([W2, -np.array(W2)]), **biases}
    listed = {key: Z.tolist() for key, Z in entries.items()}
    case = case_of(written(tmp_path, entries if name == "w.npz" else listed, name))
    assert (case.row, len(case.seeds), case.biased()) == ("deep", 2, True)
    assert [Z.shape for Z in case.weights] == [(2, 2, 3), (2, 3, 1), (2, 1, 3), (2, 1, 1)]
    assert case.weights[2][1].tolist() == [[1.25, 1.5, 2]]


@pytest.mark.parametrize(("depth", "row"), [(1, "deep"), (2, "two_layer"), (4, "deep")])
def test_any_depth(tmp_path, depth, row):
    widths = (2, *[3] * (depth - 1), 1)
    drawn = draw_weights(range(1), widths)
    case = case_of(written(tmp_path, {f"W{k}": W[0] for k, W in enumerate(drawn, start=1)}, "w.npz"))
    assert (case.widths(), case.row) == (widths, row)
    assert all(map(np.array_equal, case.weights, drawn))


def test_the_hash_of_the_inputs_covers_them_and_the_result_says_where_they_are_from(tmp_path):
    one = setting(case_of(written(tmp_path, TWO)), ["float64"])
    other = setting(case_of(written(tmp_path, TWO | {"W2": [[1], [2], [4]]})), ["float64"])
    assert one.inputs_sha256 != other.inputs_sha256
    assert one.weights_file == str(tmp_path / "w.json")


WRONG = {
    "lines of two lengths": (TWO | {"W1": [[1, 2], [3]]}, "W1 is not an array of numbers"),
    "words": (TWO | {"W1": [["a", "b", "c"], ["d", "e", "f"]]}, "W1 is not an array of numbers"),
    "none": (TWO | {"W2": None}, "W2 is not an array of numbers"),
    "truth values": (TWO | {"W2": [[True], [False], [True]]}, "W2 is not an array of numbers"),
    "huge whole number": (TWO | {"W2": [[10**400], [1], [1]]}, "W2 is not an array of numbers"),
    "not a number": (TWO | {"W1": [[1, 2, 3], [4, float("nan"), 6]]}, r"W1\[1, 1\] is nan, not a number"),
    "infinite": (TWO | {"W2": [[1], [float("-inf")], [6]]}, r"W2\[1, 0\] is -inf, not a number"),
    "too large": (TWO | {"W2": [[1], [1e31], [6]]}, r"W2\[1, 0\] is 1e\+31, not a number of at most 1e\+30"),
    "a vector": (TWO | {"W1": [1, 2]}, r"W1 has shape \(2,\), and must be a table"),
    "nothing in it": (TWO | {"W1": [[], []]}, r"W1 has shape \(2, 0\), and must be a table"),
    "too many axes": (TWO | {"W1": [[W1]]}, r"W1 has shape \(1, 1, 2, 3\), and must be a table"),
    "widths that do not meet": (TWO | {"W2": [[1, 2, 3, 4]]}, r"so that W1 gives 3 and W2 takes 1\.$"),
    "first transposed": (TWO | {"W1": TURNED}, r"W1 \(3, 2\) and W2 \(3, 1\) .* 2 .* 3; is W1 transposed\?$"),
    "second transposed": ({"W1": W1, "W2": [[1, 2, 3]]}, r"W1 \(2, 3\) and W2 \(1, 3\) .* is W2 transposed"),
    "both transposed": ({"W1": TURNED, "W2": [[1, 2, 3]]}, r"W1 \(3, 2\) and W2 \(1, 3\) .* are both transposed"),
    "third too wide": (TWO | {"W2": [[1] * 4] * 3, "W3": [[1]] * 3}, r"W2 \(3, 4\) and W3 .* 4 and W3 takes 3\.$"),
    "twice": ('{"W1": [[1]], "W2": [[1]], "W1": [[2]]}', "has 'W1' twice: leave one of them out"),
    "some of several networks": (TWO | {"W2": [W2, W2]}, r"W2 has shape \(2, 3, 1\), not \(3, 1\)"),
    "two and three networks": ({"W1": [W1] * 2, "W2": [W2] * 3}, r"W2 has shape \(3, 3, 1\), not \(2, 3, 1\)"),
    "bias of another width": (TWO | {"b1": [1, 2], "b2": [1]}, r"b1 has shape \(2,\), not \(3,\)"),
    "a number for a bias": (TWO | {"b1": 1, "b2": [1]}, r"b1 has shape \(\), not \(3,\)"),
    "small letters": ({"w1": W1, "w2": W2}, "has 'w1': did you mean W1?"),
    "unknown name": (TWO | {"kernel": W1}, "has 'kernel': weights are called W1, W2 and so on"),
    "counted from 0": ({"W0": W1, "W1": W2}, "has 'W0': weights are called W1, W2"),
    "no weights": ({}, "has no weights: they are called W1, W2 and so on"),
    "biases alone": ({"b1": b1, "b2": b2}, "has no weights"),
    "a layer missing": ({"W1": W1, "W3": W2}, "has W3, but no W2"),
    "a bias missing": (TWO | {"b2": b2}, "has b2, but no b1"),
    "more biases than weights": (TWO | {"b1": b1, "b2": b2, "b3": b2}, "has b3, but no W3"),
    "a list": ([W1, W2], "must name its weights"),
    "no JSON": ("W1 = [[1]]", r"is neither a JSON file nor one of numpy\.savez"),
    "half of a file": ('{"W1": [[1, ', r"is neither a JSON file nor one of numpy\.savez"),
    "deep": ("[" * 100_000, r"is neither a JSON file nor one of numpy\.savez: it is nested too deeply"),
    "empty": ("", r"is neither a JSON file nor one of numpy\.savez"),
}  # fmt: skip


@pytest.mark.parametrize("entries", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path, entries):
    content, complaint = WRONG[entries]
    path = written(tmp_path, content)
    with pytest.raises(UsageError, match=complaint) as refused:
        read_weights(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def archive(**entries):
    content = io.BytesIO()
    np.savez(content, **entries)
    return content.getvalue()


class Harmful:
    """Makes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_objects_and_pickles_are_refused_and_not_run(tmp_path):
    harmful = Harmful(tmp_path / "run")
    objects = np.array([[harmful, None]], object)
    damaged = bytearray(archive(W1=np.ones((2, 3)), W2=np.ones((3, 1))))
    damaged[60] ^= 0xFF
    alone, saved_by_torch = io.BytesIO(), io.BytesIO()
    np.save(alone, np.ones((2, 3)))
    with zipfile.ZipFile(saved_by_torch, "w") as packed:
        packed.writestr("w/data.pkl", pickle.dumps(harmful))
    for content, complaint in (
        (archive(W1=objects, W2=np.ones((2, 1))), "has Python objects, and only numbers are read"),
        (pickle.dumps(harmful), r'is a pickle: write the weights with numpy\.savez\("weights\.npz", W1='),
        (alone.getvalue(), r"is one array, of numpy\.save: write the weights with numpy\.savez"),
        (saved_by_torch.getvalue(), r"is a file of torch\.save: write the weights with numpy\.savez"),
        (archive(W1=np.ones((2, 3)), W2=np.ones((3, 1)))[:-30], r"is not a file of numpy\.savez"),
        (bytes(damaged), r"is not a file of numpy\.savez"),
        (archive(W1=np.ones((2, 3)) * 1j, W2=np.ones((3, 1))), "W1 is not an array of numbers"),
        (archive(W1=np.ones((2, 3)), W2=np.array(["a"])), "W2 is not an array of numbers"),
        (archive(arr_0=np.ones((2, 3))), "has 'arr_0': weights are called W1"),
    ):
        (tmp_path / "w.npz").write_bytes(content)
        with pytest.raises(UsageError, match=complaint) as refused:
            read_weights(tmp_path / "w.npz")
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_a_file_that_unpacks_to_more_than_is_read_is_not_unpacked(tmp_path, monkeypatch):
    packed = io.BytesIO()
    np.savez_compressed(packed, W1=np.zeros((1000, 1000)), W2=np.zeros((1000, 1)))
    (tmp_path / "w.npz").write_bytes(packed.getvalue())
    monkeypatch.setattr("fourfold.compare.cases.weights.LARGEST_FILE", 1_000_000)
    with pytest.raises(UsageError, match="larger than 1,000,000 bytes"):
        read_weights(tmp_path / "w.npz")


@pytest.mark.parametrize("more", [{"hidden": 3}, {"layers": "2,3,1"}, {"lr": 0.5, "steps": 3}])
def test_options_that_say_the_same_are_welcome(tmp_path, more):
    assert case_of(written(tmp_path, TWO), **more).widths() == (2, 3, 1)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"hidden": 4}, "has a network 2-3-1, not --hidden 4: leave --hidden out"),
        ({"layers": "2,2,1"}, "has a network 2-3-1, not --layers 2,2,1: leave --layers out"),
        ({"bias": True}, "has no biases: leave --bias out"),
        ({"activation": "tanh,relu,tanh"}, "--activation has 3 names"),
        ({"data": "reports/reference/two-two-two/data.csv"}, "has 2 inputs and 2 targets: the network 2-3-1 of"),
    ],
)
def test_options_that_contradict_the_file(tmp_path, monkeypatch, more, complaint):
    monkeypatch.chdir(ROOT)
    with pytest.raises(UsageError, match=complaint):
        case_of(written(tmp_path, TWO), **more)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("train numpy --weights nowhere.json", "Cannot read nowhere.json: No such file or directory."),
        ("train numpy --weights .", "Cannot read .: Is a directory."),
        ("train numpy --weights w.json --seed 1", "w.json has 1 network, the first called 0: there is no --seed 1."),
        (
            "train numpy --weights two.json --seed 2",
            "two.json has 2 networks, the first called 0: there is no --seed 2.",
        ),
        ("train numpy-loop --weights deep.json", "numpy-loop can only have two layers and no biases"),
        ("agree --impl numpy --weights w.json --seeds 2", "w.json has 1 network, not 2: leave --seeds out."),
        ("check mine.py --weights w.json --case xor", "--case chooses among fourfold's own cases"),
        ("check mine.py --weights deep.json", "mine.py takes X, Y, W1 and W2: deep.json must have W1 and W2"),
    ],
)
def test_the_command_ends_with_one_sentence(tmp_path, line, complaint):
    written(tmp_path, TWO)
    written(tmp_path, TWO | {"b1": b1, "b2": b2}, "deep.json")
    written(tmp_path, {"W1": [W1, W1], "W2": [W2, W2]}, "two.json")
    (tmp_path / "mine.py").write_text(GRADIENTS)
    done = command(*line.split(), cwd=tmp_path, python=FOURFOLD)
    assert complaint in said(done, 2)
    assert said(done, 2).count("\n") <= 1


@pytest.mark.parametrize("name", ["w.json", "w.npz"])
def test_training_goes_on_from_what_train_wrote(tmp_path, name):
    first = ["train", "numpy", "--activation", "tanh", "--steps"]
    assert said(command(*first, 10, "--json", tmp_path / "all.json"), 0) == ""
    assert said(command(*first, 5, "--json", tmp_path / "w.json"), 0) == ""
    done = json.loads((tmp_path / "w.json").read_text())
    if name == "w.npz":
        np.savez(tmp_path / name, **{key: done[key] for key in ("W1", "W2")})
    again = command(*first, 5, "--weights", tmp_path / name, "--json", "-")
    assert said(again, 0) == ""
    after, expected = json.loads(again.stdout), json.loads((tmp_path / "all.json").read_text())
    assert (after["W1"], after["W2"]) == (expected["W1"], expected["W2"])


def test_train_says_which_of_several_networks_it_trains(tmp_path):
    written(tmp_path, {"W1": [W1, W1], "W2": [W2, W2]})
    first, second = (
        command("train", "numpy", "--weights", "w.json", "--steps", 1, "--seed", n, cwd=tmp_path, python=FOURFOLD)
        for n in (0, 1)
    )
    assert "w.json (network 0 of 2, counted from 0: --seed chooses), 1 epoch," in first.stdout
    assert "w.json (network 1 of 2, counted from 0: --seed chooses), 1 epoch," in second.stdout
    written(tmp_path, TWO)
    one = command("train", "numpy", "--weights", "w.json", "--steps", 1, cwd=tmp_path, python=FOURFOLD)
    assert "9 parameters, w.json, 1 epoch," in one.stdout


def test_agree_judges_the_weights_of_the_file_and_says_so(tmp_path):
    written(tmp_path, {"W1": [W1, W1], "W2": [W2, W2]})
    few = ["--impl", "numpy", "--steps", "3", "--case", "xor", "--json", "r.json"]
    done = command("agree", "--weights", "w.json", *few, cwd=tmp_path, python=FOURFOLD)
    assert said(done, 0) == ""
    assert "learning rate 0.1, w.json, 3 steps" in done.stdout
    asked = json.loads((tmp_path / "r.json").read_text())["settings"][0]
    assert (asked["weights_file"], asked["seeds"]) == ("w.json", 2)


def test_check_asks_about_the_file_alone(tmp_path):
    written(tmp_path, TWO)
    wrong_there_alone = GRADIENTS.replace("A.T @ R", "A.T @ R * (1 + (W1[0, 0] == 0.4375))")
    (tmp_path / "mine.py").write_text(wrong_there_alone)
    done = command("check", "mine.py", "--weights", "w.json", "--activation", "identity", cwd=tmp_path, python=FOURFOLD)
    assert said(done, 1) == ""
    assert "dL_dW2 is 2 times what it should be" in done.stdout
    assert "Judged: gradients, 1 case × 1 seed × identity × float64" in done.stdout
    elsewhere = command("check", "mine.py", "--data", "xor", "--activation", "identity", cwd=tmp_path, python=FOURFOLD)
    assert said(elsewhere, 0) == ""


# The example with public numbers.


def one_round(column="numpy"):
    """({name: array} after one step, the case)"""
    more = {"data": str(EXAMPLE / "data.csv"), "activation": "sigmoid,sigmoid", "lr": 0.5, "steps": 1}
    case = case_of(EXAMPLE / "weights.json", **more)
    p = judgement.problem(case, "float64")
    return InProcess(column).ask(about(p, "step", list(case.weights), case.lr)), case


def error_of(path):
    """The error of the example's network with the weights of a file."""
    case = case_of(path, data=str(EXAMPLE / "data.csv"), activation="sigmoid,sigmoid")
    p = judgement.problem(case, "float64")
    return InProcess("numpy").ask(about(p, "trace", list(case.weights)))["L"][0]


def test_the_example_has_its_public_numbers():
    after, _ = one_round()
    assert f"{after['L'][0]:.9f}" == "0.298371109"
    assert f"{error_of(EXAMPLE / 'after.json'):.9f}" == "0.291027774"
    assert f"{error_of(EXAMPLE / 'after-mistake.json'):.9f}" == "0.291027924"
    # w1 ... w8 after one round, as they are printed
    printed = [0.149780716, 0.19956143, 0.24975114, 0.29950229, 0.35891648, 0.408666186, 0.511301270, 0.561370121]
    w = [*after["W1"][0].T.ravel(), *after["W2"][0].T.ravel()]
    assert w == pytest.approx(printed, abs=6e-9)


def test_the_weights_after_one_round_are_those_that_a_column_gives():
    after, case = one_round()
    right, mistaken = read_weights(EXAMPLE / "after.json"), read_weights(EXAMPLE / "after-mistake.json")
    for name, Z in zip(("W1", "W2"), right.parameters, strict=False):
        assert after[name] == pytest.approx(Z, abs=1e-15)
    before = read_weights(EXAMPLE / "weights.json").parameters
    for given in (right, mistaken):
        assert all(map(np.array_equal, given.parameters[2:], before[2:])), "the text leaves the biases as they are"
    X, Y = case.X, case.Y
    W1, W2, b1, b2 = (Z[0] for Z in before)
    A = 1 / (1 + np.exp(-(X @ W1 + b1)))
    out = 1 / (1 + np.exp(-(A @ W2 + b2)))
    new_W2 = W2 - 0.5 * A.T @ ((out - Y) * out * (1 - out))
    dL_dH = ((out - Y) * out * (1 - out)) @ new_W2.T * A * (1 - A)
    assert mistaken.parameters[0][0] == pytest.approx(W1 - 0.5 * X.T @ dL_dH, abs=1e-15)
    assert mistaken.parameters[1][0] == pytest.approx(new_W2, abs=1e-15)


TRAINED = re.findall(r"(?m)^\$ (fourfold train numpy .*two-two-two.*)$", read(LESSON))


@pytest.mark.parametrize("line", TRAINED)
def test_the_example_is_trained_as_in_the_readme(line):
    done = command(*line.split()[1:])
    assert said(done, 0) == ""
    assert_printed(LESSON, line, done.stdout)


def test_the_mistake_of_the_example_is_named_as_in_the_readme(tmp_path):
    assert len(TRAINED) == 3
    (mine,) = re.findall(r"(?ms)^```python\n(import numpy.*?)^```", read(LESSON))
    (tmp_path / "mine.py").write_text(mine)
    done = command("check", "mine.py", cwd=tmp_path, python=FOURFOLD)
    assert said(done, 1) == ""
    assert_printed(LESSON, "fourfold check mine.py", done.stdout)
