"""A Lesson's numbers: packed into the page bit by bit, and as JSON, in the shortest digits that give them back."""

import base64
import zlib

import msgspec
import numpy as np

from fourfold.compare.judge.quantities import of_every_step
from fourfold.compare.results import result
from fourfold.reports.lesson import source

FILES = {"index.html", "lesson.json"}
START = b'{"columns":['


def header(lesson):
    """What the page has to know to find its way in the packed numbers."""
    return {
        "columns": lesson.columns,
        "activations": lesson.activations,
        "seeds": lesson.seeds,
        "steps": lesson.steps,
        "epochs": lesson.epochs,
        "lr": lesson.lr,
        "X": lesson.X.tolist(),
        "Y": lesson.Y.tolist(),
        "shapes": {name: Z.shape[4:] for name, Z in lesson.values.items()},
        "side": round(len(lesson.grid) ** 0.5),
        "low": float(lesson.grid.min()),
        "high": float(lesson.grid.max()),
        "drawn": _drawn(lesson),
        "mistakes": [_mistake(lesson, broken) for broken in lesson.broken],
    }


def _drawn(lesson):
    """{"3": [[W1, W2] a seed]}: what the live network starts from."""
    drawn = {}
    for width, (W1s, W2s) in lesson.drawn.items():
        drawn[str(width)] = [[W1.tolist(), W2.tolist()] for W1, W2 in zip(W1s, W2s, strict=True)]
    return drawn


def _mistake(lesson, broken):
    """A Broken without its numbers; it was recorded with the first activation and the first seed."""
    edits = []
    for first, last, lines in broken.edits:
        edits.append({"first": first, "last": last, "code": [*map(str, source.highlight("\n".join(lines)))]})
    return {
        "slug": broken.slug,
        "name": broken.name,
        "equation": broken.equation,
        "quantity": of_every_step(broken.quantity),
        "why": broken.why,
        "story": broken.story,
        "activation": 0,
        "seed": 0,
        "edits": edits,
        "usual": broken.usual.astype(int).tolist(),
    }


def pack(lesson):
    """Base64 of deflated bytes: values in the header's order, losses; their marks; levels of the grid.

    All columns after the first are XORed with the first: where columns agree to the last bits, zeros are left.
    """
    parts = []
    for Z in (*lesson.values.values(), lesson.losses):
        parts.append(_bytes(Z.astype("<f8")))
    for Z in (*lesson.marks.values(), lesson.loss_marks, levels(lesson.on_grid)):
        parts.append(_bytes(Z))
    return base64.b64encode(zlib.compress(b"".join(parts), 9)).decode()


def _bytes(Z):
    columns = np.ascontiguousarray(Z).reshape(len(Z), -1).view(np.uint8)
    return np.concatenate([columns[:1], columns[1:] ^ columns[0]]).tobytes()


def pack_broken(lesson):
    """Base64 of deflated bytes: of every mistake its values in the header's order, then of every one its marks."""
    parts = []
    for broken in lesson.broken:
        parts += [broken.values[name].astype("<f8").tobytes() for name in lesson.values]
    for broken in lesson.broken:
        parts += [broken.marks[name].tobytes() for name in lesson.values]
    return base64.b64encode(zlib.compress(b"".join(parts), 9)).decode()


def levels(Y_hat):
    """Predictions from -½ to 1½ as 0 ... 255; above 127 exactly where the class, the prediction rounded, is above 0."""
    with np.errstate(invalid="ignore"):
        return np.clip(127 + np.ceil((np.nan_to_num(Y_hat) - 0.5) * 128), 0, 255).astype(np.uint8)


def as_json(lesson):
    """The bytes of lesson.json: what the page shows, but for the grid; axes as in compare.lesson.numbers.Lesson."""
    shown = header(lesson) | {"certified": lesson.certified, "wrong": lesson.wrong, "values": {}, "marks": {}}
    for name, Z in lesson.values.items():
        shown["values"][name] = _numbers(Z)
        shown["marks"][name] = lesson.marks[name].tolist()
    shown["by_rule"] = {}
    for rule, by_column in lesson.by_rule.items():
        steps = {column: result.numbers(seen.values) for column, seen in by_column.items()}
        settings = next(iter(by_column.values())).settings
        shown["by_rule"][rule] = {"settings": settings, "W2": steps}
    shown |= {"losses": _numbers(lesson.losses), "loss_marks": lesson.loss_marks.tolist(), "broken": []}
    for broken in lesson.broken:
        values, marks = {}, {}
        for name, Z in broken.values.items():
            values[name] = _numbers(Z)
            marks[name] = broken.marks[name].tolist()
        shown["broken"].append({"slug": broken.slug, "values": values, "marks": marks})
    return msgspec.json.encode(shown)


def _numbers(Z):
    """As result.numbers has it; what is finite, as nearly all is, in less time."""
    return Z.tolist() if np.isfinite(Z).all() else result.numbers(Z)


def strange(folder):
    """What keeps a folder from being replaced, or None: only an empty one, or a lesson and nothing else, may be."""
    if not folder.is_dir():
        return "is a file"
    paths = sorted(folder.iterdir())
    for path in paths:
        if path.name not in FILES | {"lesson.ipynb"} or not path.is_file():
            return f"holds something other than a lesson ({path.name})"
    names = {path.name for path in paths}
    if names and not names >= FILES:
        return f"holds something other than a lesson ({paths[0].name})"
    if names and not (folder / "lesson.json").read_bytes().startswith(START):
        return "holds something other than a lesson (lesson.json is not its numbers)"
    return None
