import numpy as np
import pytest

from fourfold.compare.cases import situations
from fourfold.compare.cases.case import draw_weights, make_case
from fourfold.compare.cases.data import read_csv
from fourfold.compare.errors import UsageError


def csv(tmp_path, text):
    path = tmp_path / "data.csv"
    path.write_text(text)
    return str(path)


def test_seed_7_is_the_same_network_however_many_there_are():
    alone = draw_weights(range(7, 8), (2, 3, 1))
    among = draw_weights(range(20), (2, 3, 1))
    assert all((a[0] == b[7]).all() for a, b in zip(alone, among, strict=True))


def test_weights_use_all_the_bits_of_float64():
    W1, _ = draw_weights(range(50), (2, 3, 1))
    assert (W1.astype(np.float32) != W1).mean() > 0.99


def test_the_default_network_has_nine_parameters():
    assert make_case("xor", "sigmoid", 0.1, 1, 3, range(1)).parameters() == 9


@pytest.mark.parametrize(
    ("text", "X", "Y"),
    [
        ("1,2,3\n4,5,6\n", [[1, 2], [4, 5]], [[3], [6]]),
        ("a,b,c\n1,2,3\n", [[1, 2]], [[3]]),
        ("y1,x,Y2\n1,2,3\n\n4,5,6\n", [[2], [5]], [[1, 3], [4, 6]]),
        ("\ufeffx,y\n 0.1 ,1e-3\n", [[0.1]], [[0.001]]),
    ],
)
def test_csv(tmp_path, text, X, Y):
    got = read_csv(csv(tmp_path, text))
    assert [Z.tolist() for Z in got] == [X, Y]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has no samples"),
        ("a,b\n", "has no samples"),
        ("1,2\n3\n", "line 2 has 1 values where 2 are expected"),
        ("1,2\n3,4,5\n", "line 2 has 3 values where 2 are expected"),
        ("1,2\n3,cat\n", "line 2: 'cat' is not a number"),
        ("1,2\n3,nan\n", "line 2: 'nan' is not a finite number"),
        ("x,y\n1,inf\n", "line 2: 'inf' is not a finite number"),
        ("1,2,x\n4,5,6\n", "line 1: 'x' is not a number"),
        ("1,,3\n4,5,6\n", "line 1: '' is not a number"),
        ("x1,x2,2020\n4,5,6\n", "line 1: 'x1' is not a number"),
        ("\n\n1,y\n4,5\n", "line 3: 'y' is not a number"),
        ("1\n2\n", "has no inputs"),
        ("y1,y2\n1,2\n", "has no inputs"),
    ],
)
def test_a_bad_csv_is_named_for_what_it_is(tmp_path, text, complaint):
    with pytest.raises(UsageError, match=complaint):
        read_csv(csv(tmp_path, text))


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(UsageError, match="not a CSV file of text"):
        read_csv(path)


def test_a_folder_is_no_csv(tmp_path):
    with pytest.raises(UsageError, match=r"Cannot read .*: Is a directory"):
        read_csv(tmp_path)


@pytest.mark.parametrize("activations", [None, ["tanh"], ["tanh", "relu", "identity"]])
def test_every_layered_case_takes_the_widths_it_is_given(activations):
    for case in situations.layered(activations, [2, 5], True, "full", None, "float64", range(2)):
        assert case.widths()[1:-1] == (2, 5)
        assert len(case.activations) == 3
