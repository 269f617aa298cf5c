"""The page "your backward pass, line by line" shows what was proved, and computes nothing."""

import re

import pytest

from fourfold.compare.check.checked import FunctionVerdict, settled
from fourfold.compare.check.proven import Mistaken, Proof
from fourfold.compare.commands.check import How, check
from fourfold.compare.errors import UsageError
from fourfold.compare.exact.examined import RIGHT, WRONG, Blamed, Examined, Proven, Step
from fourfold.reports import explained

EVIL = '<img src=x onerror="alert(1)">'
SOURCE = "import numpy\n\ndef gradients(x, w):\n    d = 2 * x\n    µ = d * x  # wide\n    return d, µ\n"
STEPS = [
    Step("mine.py", 4, "d", "2 * x", "∂L/∂z"),
    Step("mine.py", 5, "µ", "d * x", ""),
    Step("mine.py", 6, "dw", "µ", "2 · ∂L/∂w"),
]
BLAMED = Blamed("mine.py", 5, 9, 5, 14, "d * x", ["∂L/∂z is given ✓", "the factor is `w`"], ["w"])
MISTAKE = Mistaken("x for w", "They are mixed up.", "E15: ∂L/∂A = ∂L/∂Z Wᵀ", "d * x", "d * w")
WRONG_ONE = Examined(
    WRONG, "gradients(x, w)", bits=256, gradients=[Proven("w", False, [1, 0], 0.5, 0.25)], blamed=[BLAMED], steps=STEPS
)
RIGHT_ONE = Examined(RIGHT, "gradients(x, w)", bits=256, gradients=[Proven("w", True)], steps=STEPS[:1])
TRUE = """import numpy as np

def loss(x, w):
    return np.sum((x @ w) ** 2)

def gradient(x, w):
    z = x @ w
    dz = 2 * z
    dw = x.T @ dz
    return dw
"""


class Judged:
    """What settled asks of a peer."""

    def __init__(self, proof, name="mine.py"):
        self.name, self.proof = name, proof

    def printed(self):
        return ""


def page_of(proof, source=SOURCE, name="mine.py"):
    return explained.page(settled(Judged(proof, name)), source).decode()


def row_of(page, number):
    return next(row for row in page.splitlines() if f'<td class="number">{number}</td>' in row)


def test_a_wrong_file_is_shown_with_the_line_the_mistake_and_the_entries():
    page = page_of(Proof(WRONG_ONE, "tanh, sigmoid", mistakes=[MISTAKE], others=["another"]))
    assert '<p class="verdict bad">WRONG: mine.py, line 5: the gradient for w is wrong.</p>' in page
    assert "Recognised: gradients(x, w); tanh, sigmoid." in page
    assert "✓" in row_of(page, 4)
    assert "d = ∂L/∂z" in row_of(page, 4)
    assert "✗" in row_of(page, 5)
    assert "µ = <mark>d * x</mark>  # wide" in row_of(page, 5)
    assert "<p>∂L/∂z is given ✓</p><p>The factor is <code>w</code>.</p>" in page
    for shown in ("They are mixed up.", '<code class="bad">d * x</code>', '<code class="good">d * w</code>'):
        assert shown in page
    assert '<p class="equation">E15: ∂L/∂A = ∂L/∂Z Wᵀ</p>' in page
    assert "These give the same numbers: another." in page
    assert re.search(r"∂L/∂w</th>.*✗ wrong.*\[1, 0\].*>0.5<.*>0.25<", page)
    assert "If it still does not learn" not in page


def test_behind_a_wrong_line_a_gradient_but_for_a_factor_has_no_tick():
    row = row_of(page_of(Proof(WRONG_ONE)), 6)
    assert "dw = 2 · ∂L/∂w" in row
    assert "✓" not in row


def test_a_right_file_is_shown_with_ticks_and_what_else_to_look_at():
    page = page_of(Proof(RIGHT_ONE))
    assert '<p class="verdict">RIGHT: mine.py: ' in page
    assert "✗ wrong" not in page
    assert "every entry is equal" in page
    assert "If it still does not learn" in page
    assert "The mistake" not in page


def test_where_numbers_were_judged_too_they_are_shown():
    checked = settled(Judged(Proof(WRONG_ONE, mistakes=[MISTAKE])))
    numbers = FunctionVerdict("gradients", "wrong", 100, 7)
    fields = {name: getattr(checked, name) for name in checked.__struct_fields__}
    fields |= {"functions": [numbers], "diagnosis": "First wrong: dL_dW1.", "cases": ["xor"], "activations": ["tanh"]}
    page = explained.page(type(checked)(**fields), SOURCE).decode()
    assert "WRONG: mine.py, line 5" in page
    assert "First wrong: dL_dW1." in page
    assert "100 numbers, 7 wrong" in page


def test_a_long_file_is_shown_around_what_is_marked():
    source = "# before\n" * 300 + SOURCE + "# after\n" * 300
    blamed = Blamed("mine.py", 305, 9, 305, 14, "d * x", ["no"], ["w"])
    outcome = Examined(WRONG, "f", gradients=[Proven("w", False)], blamed=[blamed])
    lines = explained.lines(Proof(outcome), source)
    assert [line.number for line in lines] == [0, *range(295, 316), 0]
    assert [lines[0].code[0], lines[-1].code[0]] == ["⋯ lines 1 to 294 ⋯", "⋯ lines 316 to 606 ⋯"]


def test_lines_of_a_notebook_have_the_numbers_of_their_cells():
    places = {1: (1, 1), 2: (1, 2), 3: (4, 1), 4: (4, 2), 5: (4, 3), 6: (4, 4)}
    shown = explained.in_cells(explained.lines(Proof(WRONG_ONE), SOURCE), places)
    assert [line.number for line in shown] == [0, 1, 2, 0, 1, 2, 3, 4]
    assert [shown[0].code[0], shown[3].code[0]] == ["cell 1", "cell 4"]
    page = explained.page(settled(Judged(Proof(WRONG_ONE), "mine.ipynb")), SOURCE, places).decode()
    assert "WRONG: mine.ipynb, cell 4, line 3: the gradient for w is wrong." in page


def test_the_page_needs_nothing_else_and_nothing_in_it_runs():
    outcome = Examined(WRONG, EVIL, gradients=[Proven(EVIL, False, why=EVIL)], blamed=[BLAMED], notes=[EVIL])
    mistake = Mistaken(EVIL, EVIL, EVIL, EVIL, EVIL)
    page = page_of(Proof(outcome, EVIL, mistakes=[mistake]), SOURCE.replace("import numpy", EVIL), EVIL)
    assert "<img" not in page
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page)


def test_the_command_writes_the_page_whole(tmp_path, capsys):
    file, page = tmp_path / "mine.py", tmp_path / "page.html"
    file.write_text(TRUE)
    assert check(str(file), out=str(page), how=How(explain=True)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"Page: {page}"
    shown = page.read_text()
    assert shown.startswith("<!doctype html>")
    assert "dw = ∂L/∂w" in row_of(shown, 9)


@pytest.mark.parametrize(
    ("target", "out", "how"),
    [
        ("mine.py", "page.html", How()),
        ("mine.py", "page.txt", How(explain=True)),
        ("mine.py", "page.html", How(explain=True, hint=True)),
        ("mine.py", "page.html", How(explain=True, suite="quick")),
        ("a.module", "page.html", How(explain=True)),
        ("mine.py", "no/page.html", How(explain=True)),
    ],
)
def test_a_page_that_cannot_be_is_a_sentence_before_anything_is_judged(monkeypatch, tmp_path, target, out, how):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"^(--out|Cannot write) .*\.$"):
        check(target, out=out, how=how)
