"""Calls somebody's functions, and makes NumPy arrays of what they give.

`python -m fourfold.compare.check.target TARGET FOLDER` answers the questions of protocol.py on standard input. Imports
nothing but NumPy before the implementation does.
"""

import inspect
import itertools
import json
import mmap
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fourfold.compare.check import protocol, recognise
from fourfold.compare.check.forms import sources
from fourfold.compare.check.recognise import TWO_ARRAYS, WEIGHTS_AND_BIASES
from fourfold.compare.errors import Misfit, UsageError, WrongPrecision
from fourfold.compare.judge.quantities import DEEP, gradient, internal, kind_of, layer_of, shown

KINDS = {UsageError: "usage", Misfit: "misfit", WrongPrecision: "precision"}  # of complaints, as peer.py knows them
_places = {}  # the arrays that functions are given, by name, shape and dtype


def ask(functions, question, given=TWO_ARRAYS):
    """Calls a function with copies of a Question's arrays; its answer as {name: NumPy array}.

    `given`: what it takes. Raises Misfit where the answer is none, and what the function raises.
    """
    q, f = question, functions[question.call]
    arrays = {"X": q.X, "Y": q.Y, **q.parameters}
    copies = {name: _copied(name, Z) for name, Z in arrays.items()}
    array = recognise.maker_of_arrays(f)
    natives = {name: array(Z, q.dtype) for name, Z in copies.items()} if array else copies
    if array and (name := _changed(natives, arrays)):
        raise Misfit(f"array gives another {name} than it was given")
    value = f(*_arguments(q, natives, given), **_keywords(q, f, given))
    if name := _changed(natives, arrays):
        raise Misfit(f"{q.call} changed the {name} it was given: let it work on a copy")
    answer = {}
    for name, part in _parts(q, value, given).items():
        answer[internal(name, q.row)] = _array(q, name, part)
    return _at_the_end(q, answer) if q.call == "train" else answer


def _changed(natives, arrays):
    """The name of the first array that no longer has the bits it had; or None."""
    for name, native in natives.items():
        Z = np.asarray(_without_graph(native))
        if Z.shape != arrays[name].shape or Z.tobytes() != arrays[name].tobytes():
            return name
    return None


def _at_the_end(q, answer):
    """The answer to "train" of parameters after all steps, where they are given after every step, as columns do."""
    for name, Z in q.parameters.items():
        if answer[name].shape != (q.steps, *Z.shape):
            return answer
    last = {name: answer[name][-1] for name in q.parameters}
    return answer | last


def _copied(name, Z):
    """A copy, in the very array that a question of this shape had before: as in training in place."""
    key = name, Z.shape, Z.dtype
    place = _places.get(key)
    if place is None or place.shape != Z.shape or not place.flags.writeable:  # or else they have made it another one
        place = _places[key] = np.empty(Z.shape, Z.dtype)
    place[...] = Z
    return place


def _arguments(q, copies, given):
    X, Y, *parameters = copies.values()
    depth = len(q.activations)
    if given != TWO_ARRAYS:
        lists = {"W": parameters[:depth], "b": parameters[depth:]}
        parameters = [lists[name] for name in given]
    return (X, Y, *parameters, q.lr, q.steps) if q.call == "train" else (X, Y, *parameters)


def _keywords(q, f, given):
    name = recognise.takes_activation(f, given)
    if name is None:
        return {}
    return {name: q.activations[0] if name == "activation" else q.activations}


def _parts(q, value, given):
    """{name people know: what was given for it}, lists of layers taken apart."""
    if q.call == "trace":
        return _quantities(q, value)
    names = ("L", *map(gradient, given)) if q.call == "gradients" else (*given, "losses")
    wanted = f"({', '.join(names)})"
    if not isinstance(value, tuple | list):
        raise Misfit(f"{q.call} gives {_kind(value)}, not {wanted}")
    if len(value) != len(names):
        raise Misfit(f"{q.call} gives {len(value)} values, not {len(names)}: {wanted}")
    parts = {}
    for name, part in zip(names, value, strict=True):
        if given == TWO_ARRAYS or name in {"L", "losses"}:
            parts[name] = part
        else:
            parts |= _layers(q, name, part)
    return parts


def _layers(q, name, part):
    """{name with the number of its layer: what was given for it}."""
    depth = len(q.activations)
    if not isinstance(part, tuple | list):
        raise Misfit(f"{q.call} gives {_kind(part)} for {name}, not a list with one array per layer")
    if len(part) != depth:
        raise Misfit(f"{q.call} gives {len(part)} arrays for {name}, not {depth}, one per layer")
    return _numbered(name, part)


def _numbered(name, part):
    return {f"{name}{k}": Z for k, Z in enumerate(part, start=1)}


def _quantities(q, value):
    """The same of a trace: any of what is wanted."""
    value = value._asdict() if hasattr(value, "_asdict") else value
    if not isinstance(value, Mapping):
        raise Misfit(f"trace gives {_kind(value)}, not a mapping from names such as dL_dW1 to arrays")
    wanted = [shown(name, q.row) for name in q.wanted()]
    if q.row == DEEP:  # lists with an array a layer may be given too
        lists = {}
        for kind in map(kind_of, filter(layer_of, wanted)):
            if isinstance(value.get(kind), tuple | list):
                lists |= _numbered(kind, value[kind])
        value = {**value, **lists}
    known = {name: value[name] for name in wanted if name in value}
    if not known:
        raise Misfit(f"trace gives {', '.join(map(str, value)) or 'nothing'}: none of {', '.join(wanted)}")
    return known


def _kind(value):
    return "None" if value is None else f"one {type(value).__name__}"


def _array(q, name, value):
    """A copy as a NumPy array. What has no precision of its own (numbers of Python's) becomes float64."""
    gives = f"{q.call} gives {name} as"
    if value is None:
        raise Misfit(f"{q.call} gives None for {name}")
    try:
        Z = np.array(_without_graph(value))
    except Exception as error:
        reason = recognise.brief(error)
        raise Misfit(f"{gives} {_kind(value)}, which NumPy cannot take: {reason}") from None
    if Z.dtype.kind == "O" and Z.size:
        inside = type(Z.flat[0]).__name__
        raise Misfit(f"{gives} {_kind(value)} of {inside} objects: it has to hold numbers")
    if Z.dtype.kind in "USO":
        raise Misfit(f"{gives} {_kind(value)}, which holds no numbers")
    if Z.dtype.kind == "c":
        raise Misfit(f"{q.call} gives complex numbers for {name}")
    if _is_plain(value) and Z.dtype.kind in "iuf":
        return Z.astype(np.float64)
    if Z.dtype != q.dtype:
        kind = WrongPrecision if Z.dtype.kind == "f" else Misfit
        raise kind(f"{gives} {Z.dtype}, not {q.dtype}{_way_out(value, Z.dtype)}")
    return Z


def _way_out(value, dtype):
    """What to do about a wrong precision."""
    if recognise.package_of(type(value)) in {"jax", "jaxlib"}:
        return ': jax.config.update("jax_enable_x64", True)'
    return f": --dtype {dtype} judges that" if dtype in ("float32", "float64") else ""


def _without_graph(value):
    """Tensors that autograd is watching as NumPy arrays, in lists too."""
    if isinstance(value, list | tuple):
        return list(map(_without_graph, value))
    return np.asarray(value.detach()) if hasattr(value, "detach") else value


def _is_plain(value):
    return all(map(_is_plain, value)) if isinstance(value, list | tuple) else type(value) in {int, float}


# Below: what runs in the process of its own.


def main():
    target, folder = sys.argv[1:]
    # The questions and answers move aside: what the target prints goes to standard error, what it reads is empty.
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # pyright: ignore[reportAttributeAccessIssue]
    np.seterr(all="ignore")  # what diverges overflows
    sys.dont_write_bytecode = True  # nothing of ours is left beside their files
    sys.argv = [sources.split(target)[0]]
    me, forks = os.getpid(), []
    came_back = mmap.mmap(-1, 1)  # shared with children: 1 once one of them has come back from a call
    os.register_at_fork(after_in_parent=lambda: forks.append(1))
    functions, given = {}, ()
    for line in questions:
        message = json.loads(line)
        call = message["call"]
        try:
            if call == "prove":
                answer = _proof(target, folder, message)
            elif call == "hello":
                asked = message.get("layers", False), message.get("biases", False)
                functions, given = recognise.load(target, folder, *asked)
                answer = protocol.line(introduce(functions, given))
            else:
                question = protocol.question(message)
                answer = protocol.answer_line(ask(functions, question, given), question.row)
        except BaseException as error:
            answer = _complaint(call, error)
        if os.getpid() != me:
            came_back[0] = 1
            os._exit(0)
        if forks and _forked(came_back):
            complaint = {"error": f"{call} forked, and came back from both processes", "kind": "raised"}
            answer = protocol.line(complaint)
        forks.clear()
        answers.write(answer)


def _proof(target, folder, message):
    """The answer to "prove", as a line: {"proof": proof.Proof}, or why there is "none"."""
    where, name = sources.split(target)
    module = recognise.module_of(where, folder)
    if imported := sorted(recognise.FRAMEWORKS & sys.modules.keys()):
        return protocol.line({"none": f"{where} uses {imported[0]}, which does not take exact numbers"})
    with recognise.compiled():
        from fourfold.compare.check import proof, wanting

    fits = _fits(target, folder)
    with wanting.wanting():
        return proof.answer(Path(folder) / where, vars(module), name, message, fits)


def _fits(target, folder):
    """Whether the questions of protocol.py can be put to it."""
    try:
        functions, given = recognise.load(target, folder)
    except UsageError:
        return False
    return isinstance(functions, dict) and (given == TWO_ARRAYS or _is_of_any_depth(functions["gradients"], given))


def _is_of_any_depth(gradients, given):
    """Whether lists of three layers are as good as any."""
    widths, activations = (2, 3, 4, 1), ("sigmoid", "sigmoid", "identity")
    lists = {"W": [np.full(shape, 0.5) for shape in itertools.pairwise(widths)]}
    lists["b"] = [np.full((1, width), 0.5) for width in widths[1:]]
    name = recognise.takes_activation(gradients, given)
    try:
        _, *gradients_of = gradients(
            np.ones((5, 2)), np.ones((5, 1)), *(lists[part] for part in given), **({name: activations} if name else {})
        )
        return all(len(arrays) == len(activations) for arrays in gradients_of)
    except Exception:  # whatever it is that they raise where it does not fit
        return False


def introduce(functions, given):
    """The answer to "hello"."""
    if not isinstance(functions, dict):
        deep = "activations" in inspect.signature(functions.trace).parameters
        return {"functions": [], "model": True, "protocol": 2 if deep else 1}
    answer = {
        "functions": list(functions),
        "protocol": 1 if given == TWO_ARRAYS else 2,
        "biases": given == WEIGHTS_AND_BIASES,
    }
    if all(recognise.takes_activation(f, given) for f in functions.values()):
        answer["activations"] = protocol.ACTIVATIONS
    return answer


def _complaint(call, error):
    """The answer instead, as a line."""
    kind = KINDS.get(type(error), "raised")
    sentence = recognise.explain(call, error) if kind == "raised" else str(error)
    return protocol.line({"error": sentence, "kind": kind})


def _forked(came_back):
    """Whether a child process came back from the call as well; it gets a moment for it."""
    time.sleep(0.2)
    return bool(came_back[0])


if __name__ == "__main__":
    main()
