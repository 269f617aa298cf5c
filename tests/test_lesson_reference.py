"""The committed lesson: its numbers are judged again, and it says what the sources say now."""

import base64
import re
import zlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image, ImageSequence

from fourfold.compare.cases.case import make_case
from fourfold.compare.cases.data import square_grid
from fourfold.compare.judge import judgement
from fourfold.compare.judge.quantities import internal, shown
from fourfold.compare.lesson import broken, numbers
from fourfold.compare.mistakes import planted
from fourfold.compare.mistakes.catalogue import find
from fourfold.reports import exercises
from fourfold.reports.lesson import page

FOLDER = Path("reports/reference")
TEXT = (FOLDER / "lesson.html").read_text(encoding="utf-8")
HEADER = msgspec.json.decode(re.findall('id="header">(.*?)</script>', TEXT)[0])
REMAKE = "the committed lesson is not what the sources say: make lesson"


def unpacked(name):
    (packed,) = re.findall(f'id="{name}">(.*?)</script>', TEXT)
    return zlib.decompress(base64.b64decode(packed))


def recorded():
    """The Lesson of the committed page, read back from it."""
    h, raw = HEADER, unpacked("packed")
    axes = tuple(len(h[name]) for name in ("columns", "activations", "seeds", "steps"))
    shapes = {name: (*axes, *shape) for name, shape in h["shapes"].items()}
    offset = 0

    def take(dtype, shape):
        nonlocal offset
        size = np.dtype(dtype).itemsize * int(np.prod(shape))
        columns = np.frombuffer(raw, np.uint8, size, offset).reshape(len(h["columns"]), -1).copy()
        columns[1:] ^= columns[0]
        offset += size
        return columns.view(dtype).reshape(shape)

    losses = (*axes[:3], len(h["epochs"]))
    values = {name: take("<f8", shape) for name, shape in shapes.items()}
    kept = take("<f8", losses)
    marks = {name: take(np.uint8, shape) for name, shape in shapes.items()}
    kept_marks = take(np.uint8, losses)
    levels = take(np.uint8, (*axes, h["side"] ** 2))
    assert offset == len(raw)
    (certified,) = re.findall(r"In all, ([\d,]+) numbers were judged, none", TEXT)
    return numbers.Lesson(
        h["columns"], h["activations"], h["seeds"], h["steps"], h["lr"], np.array(h["X"]), np.array(h["Y"]),
        values, marks, h["epochs"], kept, kept_marks, square_grid(h["side"], "0,1"), (levels - 127.0) / 128 + 0.5,
        numbers.drawn_weights(case(0)), int(certified.replace(",", "")), 0, {}, with_mistakes(),
    )  # fmt: skip


def case(activation):
    seeds = range(HEADER["seeds"][0], HEADER["seeds"][-1] + 1)
    return make_case("xor", HEADER["activations"][activation], HEADER["lr"], HEADER["steps"][-1], 3, seeds)


def with_mistakes():
    """The Brokens of the committed page."""
    steps, raw = len(HEADER["steps"]), unpacked("packed-broken")
    offset = 0

    def take(dtype):
        nonlocal offset
        arrays = {}
        for name, shape in HEADER["shapes"].items():
            count = steps * int(np.prod(shape))
            arrays[name] = np.frombuffer(raw, dtype, count, offset).reshape(steps, *shape)
            offset += arrays[name].nbytes
        return arrays

    values = [take("<f8") for _ in HEADER["mistakes"]]
    marks = [take(np.uint8) for _ in HEADER["mistakes"]]
    assert offset == len(raw)
    brokens = []
    for n, mistake in enumerate(HEADER["mistakes"]):
        known = find(mistake["name"])
        edits = planted.edits(broken.COLUMN, *known.planted[broken.COLUMN])
        usual = np.array(mistake["usual"], bool)
        facts = (mistake[name] for name in ("slug", "name", "equation", "quantity", "why", "story"))
        brokens.append(broken.Broken(*facts, edits, values[n], marks[n], usual))
    return brokens


@pytest.fixture(scope="module")
def lesson():
    return recorded()


def without_packed(text):
    """Without what is packed, and without the optimisers' numbers, which are packed nowhere."""
    text = re.sub('(<script type="text/plain" id="[^"]*">).*?(</script>)', r"\1\2", text)
    return re.sub('(?s)(<table class="steps">.*?<tbody>).*?(</tbody>)', r"\1\2", text)


def test_it_says_what_the_sources_say(lesson):
    (made,) = re.findall("<footer><p>(.*?)</p>", TEXT, re.DOTALL)
    anew = page.render(lesson, page.Markup(made), exercises.sections()).decode()
    if without_packed(anew) != without_packed(TEXT):
        lines = without_packed(TEXT).splitlines(), without_packed(anew).splitlines()
        for old, new in zip(*lines, strict=False):
            assert old[:2000] == new[:2000], REMAKE
    assert len(anew) == pytest.approx(len(TEXT), rel=0.01)


def test_every_number_of_it_is_certified_again(lesson):
    """Each column's at its own weights; and the marks are those of the judge."""
    checked = 0
    for a in range(len(lesson.activations)):
        p = judgement.problem(case(a), "float64")
        weights = tuple(lesson.values[name][:, a] for name in ("W1", "W2"))
        trace = {}
        for name, Z in lesson.values.items():
            if not name.startswith("W"):
                trace[internal(name, p.row)] = Z[:, a]
        for judged in judgement.judge_trace(trace, weights, p):
            assert not judged.wrong.any(), judged.quantity
            assert np.array_equal(lesson.marks[shown(judged.quantity, p.row)][:, a], numbers.mark(judged))
            checked += judged.value.size
    assert checked > 100_000


def test_its_mistakes_are_wrong_where_it_says_so(lesson):
    p = judgement.problem(case(0), "float64")
    for mistake in lesson.broken:
        trace = {}
        for name, Z in mistake.values.items():
            if not name.startswith("W"):
                trace[internal(name, p.row)] = Z
        for judged in judgement.judge_trace(trace, (mistake.values["W1"], mistake.values["W2"]), p):
            assert np.array_equal(mistake.marks[shown(judged.quantity, p.row)], numbers.mark(judged)), mistake.slug
    assert tuple(mistake.name for mistake in lesson.broken) == broken.TWENTY


def test_it_is_small_and_its_loop_is_readmes_first_picture():
    assert len(TEXT.encode()) < 2_000_000
    assert (FOLDER / "lesson.gif").stat().st_size < 1_000_000
    with Image.open(FOLDER / "lesson.gif") as loop:
        assert len([*ImageSequence.Iterator(loop)]) > 10
        assert loop.info["loop"] == 0
    first, *_ = re.findall(r"!\[.*?\]\((.*?)\)", Path("README.md").read_text(encoding="utf-8"))
    assert first == "reports/reference/lesson.gif"
