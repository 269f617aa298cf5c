"""First weights that are read from a file, instead of drawn: W1 ... WK and, where there are any, b1 ... bK.

A file is JSON, {"W1": [[...], ...], ...}, or what `numpy.savez` writes. W is (d_k-1, d_k) and b (d_k,) or (1, d_k);
with several networks, each has one more axis in front. What `fourfold train --json` writes can be read again.
"""

import io
import json
import re
import zipfile
import zlib
from functools import partial
from typing import NamedTuple

import numpy as np

from fourfold.compare.cases.data import LARGEST_NUMBER
from fourfold.compare.errors import UsageError, nearest
from fourfold.compare.system import files

LARGEST_FILE = 2**28  # bytes, packed and unpacked
NAMES = "W1, W2 and so on, one for each layer, and b1, b2 and so on, for all layers or for none"
# What stands beside weights in files of ours: of `train --json`, and in a report's inputs.npz.
BESIDE = {"column", "dtype", "seed", "parameters", "losses", "Y_hat", "X", "Y", "grid"}
# How files of others begin that may hold weights.
OTHERS = {b"\x80": "a pickle", b"\x93NUMPY": "one array, of numpy.save", b"\x89HDF": "an HDF5 file"}
INSTEAD = (
    'write the weights with numpy.savez("weights.npz", W1=..., W2=...), W as (inputs, outputs), and give that file'
)


class FirstWeights(NamedTuple):
    """The first weights of one network, or of several of one shape."""

    path: str
    parameters: tuple  # float64: W1 ... WK (networks, d_k-1, d_k), then b1 ... bK (networks, 1, d_k) or nothing
    depth: int

    def widths(self):
        """d_in, the layers' widths, d_out."""
        W = self.parameters[: self.depth]
        return (W[0].shape[-2], *(Z.shape[-1] for Z in W))

    def biased(self):
        return len(self.parameters) > self.depth

    def networks(self):
        return len(self.parameters[0])

    def check(self, hidden, layers, bias, seeds):
        """Raises UsageError where options say something else: None, or False, where they say nothing."""
        widths, count = self.widths(), self.networks()
        shape = "-".join(map(str, widths))
        if layers is not None and tuple(layers) != widths:
            asked = ",".join(map(str, layers))
            raise UsageError(f"{self.path} has a network {shape}, not --layers {asked}: leave --layers out.")
        if hidden is not None and widths[1:-1] != (hidden,):
            raise UsageError(f"{self.path} has a network {shape}, not --hidden {hidden}: leave --hidden out.")
        if bias and not self.biased():
            raise UsageError(f"{self.path} has no biases: leave --bias out.")
        if seeds is not None and len(seeds) != count:
            networks = "1 network" if count == 1 else f"{count} networks"
            raise UsageError(f"{self.path} has {networks}, not {len(seeds)}: leave --seeds out.")


def read_weights(path):
    """The FirstWeights in a file. Raises UsageError, which says what is wrong with it."""
    content = files.read_bytes(path, LARGEST_FILE)
    for beginning, kind in OTHERS.items():
        if content.startswith(beginning):
            raise UsageError(f"{path} is {kind}: {INSTEAD}.")
    entries = _of_npz(path, content) if content.startswith(b"PK") else _of_json(path, content)
    depth, biased = _layers(path, [name for name in entries if name not in BESIDE])
    W = [_numbers(path, f"W{k}", entries) for k in range(1, depth + 1)]
    b = [_numbers(path, f"b{k}", entries) for k in range(1, depth + 1)] if biased else []
    leading = W[0].shape[:-2]
    for k, Z in enumerate(W, start=1):
        if Z.ndim not in {2, 3} or 0 in Z.shape:
            raise UsageError(f"{path}: W{k} has shape {Z.shape}, and must be a table of weights, (inputs, outputs).")
        rows = W[k - 2].shape[-1] if k > 1 else Z.shape[-2]
        if Z.shape[:-2] != leading:
            _check_shape(path, f"W{k}", Z, (*leading, rows, Z.shape[-1]))
        if Z.shape[-2] != rows:
            raise UsageError(f"{path}: {_misfit(k, W[k - 2].shape[-2:], Z.shape[-2:])}")
    parameters = [Z.reshape(-1, *Z.shape[-2:]) for Z in W]
    for k, Z in enumerate(b, start=1):
        width = W[k - 1].shape[-1]
        if Z.shape != (*leading, 1, width):
            _check_shape(path, f"b{k}", Z, (*leading, width))
        parameters.append(Z.reshape(-1, 1, width))
    return FirstWeights(str(path), tuple(parameters), depth)


def _of_json(path, content):
    try:
        entries = json.loads(content, object_pairs_hook=partial(_each_once, path))
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UsageError(f"{path} is neither a JSON file nor one of numpy.savez: {reason}.") from None
    if not isinstance(entries, dict):
        raise UsageError(f'{path} must name its weights, {{"W1": [[...], ...], "W2": ...}}.')
    return entries


def _each_once(path, pairs):
    entries = {}
    for name, value in pairs:
        if name in entries:
            raise UsageError(f"{path} has {name!r} twice: leave one of them out.")
        entries[name] = value
    return entries


def _of_npz(path, content):
    """{name: array}; what would have to be unpickled is refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(member.file_size for member in packed.infolist())
            if any(name.endswith("data.pkl") for name in packed.namelist()):
                raise UsageError(f"{path} is a file of torch.save: {INSTEAD}.")
        if unpacked > LARGEST_FILE:
            raise UsageError(f"{path} is larger than {LARGEST_FILE:,} bytes, the most that is read of such a file.")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, EOFError, SyntaxError, KeyError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        reason = " ".join(str(error).split())
        if "pickle" in reason:
            reason = "it has Python objects, and only numbers are read"
        raise UsageError(f"{path} is not a file of numpy.savez that can be read: {reason}.") from None


def _layers(path, names):
    """(how many layers the names speak of, whether they have biases). Raises UsageError for others, or missing ones."""
    there = {"W": set(), "b": set()}
    for name in names:
        match = re.fullmatch("([Wb])([1-9][0-9]{0,3})", name)
        if not match:
            near = nearest(name.upper(), ["W1", "W2"]) or nearest(name, ["b1", "b2"])
            hint = f"did you mean {near}?" if near else f"weights are called {NAMES}."
            raise UsageError(f"{path} has {name!r}: {hint}")
        there[match[1]].add(int(match[2]))
    if not there["W"]:
        raise UsageError(f"{path} has no weights: they are called {NAMES}.")
    depth = max(there["W"] | there["b"])
    for letter in ("W", "b") if there["b"] else ("W",):
        missing = sorted(set(range(1, depth + 1)) - there[letter])
        if missing:
            last = f"{'b' if depth in there['b'] else 'W'}{depth}"
            raise UsageError(f"{path} has {last}, but no {letter}{missing[0]}: it needs {NAMES}.")
    return depth, bool(there["b"])


def _numbers(path, name, entries):
    """One entry as float64. Raises UsageError where it is no array of finite numbers."""
    try:
        Z = np.array(entries[name])
    except (ValueError, OverflowError, RecursionError):  # lines of different lengths
        Z = np.array(None)
    if Z.dtype.kind not in "iuf":
        raise UsageError(f"{path}: {name} is not an array of numbers with lines of one length.")
    beyond = ~(np.abs(Z.astype(np.float64)) <= LARGEST_NUMBER)
    if beyond.any():
        index = np.argwhere(beyond)[0].tolist()
        raise UsageError(f"{path}: {name}{index} is {Z[tuple(index)]}, not a number of at most {LARGEST_NUMBER:g}.")
    return Z.astype(np.float64)


def _check_shape(path, name, Z, expected):
    if Z.shape != expected:
        raise UsageError(f"{path}: {name} has shape {Z.shape}, not {expected}.")


def _misfit(k, before, after):
    """What is wrong with the shapes of W{k-1} and W{k}, and which of them may be transposed."""
    sentence = (
        f"W{k - 1} {before} and W{k} {after} do not fit together: W is (inputs, outputs), "
        f"so that W{k - 1} gives {before[1]} and W{k} takes {after[0]}"
    )
    if before[1] == after[1]:
        return f"{sentence}; is W{k} transposed?"
    # a weight further on fits what is before it, and is as it should be
    if k == 2 and before[0] in after:
        which = "is W1" if before[0] == after[0] else "are both"
        return f"{sentence}; {which} transposed?"
    return f"{sentence}."
