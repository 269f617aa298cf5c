"""`fourfold train` on columns that have not every function, and where a run diverges."""

import json
import re

import numpy as np
import pytest

from fourfold.compare.columns import starting
from tests.test_cli import command, said

TRAINS_ALONE = """
import numpy as np

def train(X, Y, W1, W2, lr, steps):
    path = []
    for _ in range(steps):
        A = 1 / (1 + np.exp(-X @ W1))
        R = A @ W2 - Y
        D = R / len(X)
        L = (R * R).sum() / (2 * len(X))
        W1, W2 = W1 - lr * X.T @ (D @ W2.T * A * (1 - A)), W2 - lr * A.T @ D
        path.append((W1, W2, L))
    return tuple(map(np.array, zip(*path)))
"""
FORWARD = """
def forward(X, W1, W2):
    H = X @ W1
    A = 1 / (1 + np.exp(-H))
    return H, A, A @ W2
"""


@pytest.mark.parametrize("more", ["", FORWARD])
def test_train_trains_what_has_no_trace(tmp_path, more):
    (tmp_path / "mine.py").write_text(TRAINS_ALONE + more)
    done = command("train", "mine", "--steps", 201, "--json", "r.json", cwd=tmp_path, python=("-m", "fourfold.compare"))
    assert said(done, 0) == ""
    assert done.stdout.count("class") == (4 if more else 0)
    assert ("mine has neither trace nor forward: there are no predictions" in done.stdout) == (not more)
    record = json.loads((tmp_path / "r.json").read_text())
    expected = json.loads(command("train", "numpy", "--steps", 201, "--json", "-").stdout)
    if not more:
        assert "Y_hat" not in record
        del expected["Y_hat"]
    for name in {*expected} - {"column", "losses"}:
        assert record[name] == (pytest.approx(np.array(expected[name])) if name[0] in "WY" else expected[name])
    assert np.array(record["losses"]) == pytest.approx(np.array(expected["losses"]))


def test_train_says_at_once_what_a_column_cannot_do(tmp_path):
    gradients = "def gradients(X, Y, W1, W2, activation):\n    raise ValueError\n"
    for source, complaint in (
        (gradients, "mine has no train and no step"),
        (TRAINS_ALONE, "mine computes sigmoid alone, not tanh: ask with --activation sigmoid, or let it say"),
    ):
        (tmp_path / "mine.py").write_text(source)
        args = ["train", "mine", "--activation", "tanh", "--steps", 3, "--json", "r.json"]
        done = command(*args, cwd=tmp_path, python=("-m", "fourfold.compare"))
        assert complaint in said(done, 3)
        assert done.stdout == ""


def test_train_says_once_where_it_diverges():
    args = ["train", "numpy", "--activation", "identity", "--lr", 100, "--steps"]
    long, short = command(*args, 401).stdout, command(*args, 1).stdout
    (epoch,) = re.findall(r"The loss at epoch (\d+) is no finite number: the run diverged\. Take a smaller", long)
    assert "diverged" not in short
    assert "1 epoch," in short
    last, before = (command(*args, int(epoch) - n).stdout for n in (0, 1))
    assert f"The loss at epoch {epoch} is no finite number" in last
    assert "diverged" not in before


def test_the_template_of_flax_has_its_layers_in_order(tmp_path):
    pytest.importorskip("flax")
    network = ("--layers", "2,3,4,3,3,3,2,3,3,5,3,3,1", "--bias", "--activation", "tanh", "--steps", 3, "--json", "-")
    (tmp_path / "mine.py").write_bytes(starting.template("flax"))
    done = command("train", "mine", *network, cwd=tmp_path, python=("-m", "fourfold.compare"))
    assert said(done, 0) == ""
    record, expected = json.loads(done.stdout), json.loads(command("train", "numpy", *network).stdout)
    for name in {*record} - {"column"}:
        if name[0] in "Wbl":
            assert np.concatenate([np.ravel(Z) for Z in record[name]]) == pytest.approx(
                np.concatenate([np.ravel(Z) for Z in expected[name]]), rel=1e-9
            )
