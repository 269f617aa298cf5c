"""Somebody's implementation: found, called, and its answers made into NumPy arrays.

`python -m fourfold.compare.check.target TARGET FOLDER` answers the questions of protocol.py on standard input. Imports nothing but
NumPy before the implementation does.
"""

import difflib
import importlib.util
import inspect
import json
import mmap
import os
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fourfold import impls
from fourfold.compare.check import protocol
from fourfold.compare.errors import Misfit, UsageError
from fourfold.impls.model import Model

MODEL = tuple(name for name in vars(Model) if not name.startswith("_"))
ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity")
# what is given beside X and Y: two arrays, or lists with an array a layer
TWO_LAYER, WEIGHTS, BIASED = ("W1", "W2"), ("W",), ("W", "b")
MORE = {"gradients": (), "trace": (), "train": ("lr", "steps")}
LISTS = {"H", "A", "dL_dH", "dL_dW", "dL_db", "dL_dA"}  # of a trace of any depth
# `from numpy import *` brings a `trace` along that is another thing
NOT_MEANT = {"autograd", *map(impls.framework, impls.NAMES)}
NOT_THEIRS = ("<", str(Path(__file__).parent), str(Path(os.__file__).parent))


def split(target):
    """ "mine.py:NAME" -> ("mine.py", "NAME"); NAME may be missing."""
    where, colon, name = target.rpartition(":")
    return (where, name) if colon else (target, "")


def load(target, folder, layers=False, biases=False):
    """The functions of a target, {name of protocol.FUNCTIONS: function}, and what they take; or its module and ().

    It is the module where that is a Model. `folder` is where a relative path, or a module that is not installed, is
    looked for; `layers` and `biases` are as in `takes`. Raises UsageError where there is no such thing, where it
    lacks `gradients`, or where a function cannot be called.
    """
    where, name = split(target)
    namespace = _file(Path(folder) / where, where) if where.endswith(".py") else _module(where, folder)
    for part in name.split(".") if name else ():
        if not hasattr(namespace, part):
            raise UsageError(f"{where} has no {name}.{_near(part, vars(namespace))}")
        namespace = getattr(namespace, part)
    if all(callable(getattr(namespace, f, None)) for f in MODEL):
        return namespace, ()
    functions = functions_of(namespace, target)
    given = takes(functions["gradients"], layers, biases)
    for name, function in functions.items():
        check_signature(name, function, given)
    return functions, given


def functions_of(namespace, target):
    """{name: function} of a module, an object or a function. Raises UsageError where there is no `gradients`."""
    if inspect.isclass(namespace):
        raise UsageError(f"{target} is a class: give the name of an instance, or of a function.")
    if callable(namespace) and not hasattr(namespace, "gradients"):
        return {"gradients": namespace}
    found = {name: getattr(namespace, name, None) for name in protocol.FUNCTIONS}
    functions = {name: f for name, f in found.items() if callable(f) and _package(f) not in NOT_MEANT}
    if "gradients" not in functions:
        near = _near("gradients", [n for n in dir(namespace) if callable(getattr(namespace, n))])
        wanted = "gradients(X, Y, W1, W2) that returns (L, dL_dW1, dL_dW2)"
        raise UsageError(f"{target} has no function {wanted}; one of another name is given as {target}:NAME.{near}")
    return functions


def _package(f):
    return (getattr(f, "__module__", None) or "").partition(".")[0]


def _near(word, words):
    near = difflib.get_close_matches(word, words, 1)
    return f" Did you mean {near[0]}?" if near else ""


def _file(path, shown):
    if not path.is_file():
        raise UsageError(f"There is no file {shown}.")
    sys.path.append(str(path.resolve().parent))  # last, so that it shadows nothing
    spec = importlib.util.spec_from_file_location(f"checked_{path.stem}", path)
    assert spec
    assert spec.loader
    module, loader = importlib.util.module_from_spec(spec), spec.loader
    sys.modules[spec.name] = module
    return _imported(shown, lambda: loader.exec_module(module) or module)


def _module(name, folder):
    sys.path.append(str(folder))
    try:
        there = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        there = False
    if not there:
        raise UsageError(f"There is no module {name!r}: give one that can be imported here, or a .py file.")
    return _imported(name, lambda: importlib.import_module(name))


def _imported(shown, load_it):
    try:
        return load_it()
    except BaseException as error:
        raise UsageError(f"{shown} does not import: {explain('it', error)}.") from None


def check_signature(name, f, given):
    """Raises UsageError where a function cannot be called with X, Y and what is `given` beside them."""
    signature, arguments, own = _signature(f), ("X", "Y", *given, *MORE[name]), takes_activation(f, given)
    try:
        if signature:
            signature.bind(*arguments, **({own: own} if own else {}))
    except TypeError as error:
        called = getattr(f, "__name__", name)
        raise UsageError(f"{called}{signature} cannot be called as {name}({', '.join(arguments)}): {error}.") from None


def _signature(f):
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):  # some built-in functions have none
        return None


def takes(f, layers=False, biases=False):
    """What `gradients` is given beside X and Y: TWO_LAYER, WEIGHTS or BIASED.

    A parameter called b, or three parameters alone, say so; or else `layers` and `biases`, as they are asked for.
    """
    signature = _signature(f)
    parameters = signature.parameters.values() if signature else ()
    if biases or any(p.name == "b" for p in parameters):
        return BIASED
    kinds = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    three = len([p for p in parameters if p.kind in kinds and not p.name.startswith("activation")]) == 3
    return WEIGHTS if layers or three else TWO_LAYER


def takes_activation(f, given):
    """The parameter of a function that the activation is given to, or that of every layer; or None."""
    signature, name = _signature(f), "activation" if given == TWO_LAYER else "activations"
    return name if signature and name in signature.parameters else None


def ask(functions, question, given=TWO_LAYER):
    """Call a function with copies of a Question's arrays; its answer as {name: NumPy array}.

    `given`: what it takes. Raises Misfit where the answer is none, and what the function raises.
    """
    q, f = question, functions[question.call]
    arrays = {name: Z.copy() for name, Z in {"X": q.X, "Y": q.Y, **q.parameters}.items()}
    X, Y, *own = arrays.values()
    K, name = len(q.activations), takes_activation(f, given)
    parameters = own if given == TWO_LAYER else [own[:K], own[K:]][: len(given)]
    keywords = {name: q.activations[0] if name == "activation" else q.activations} if name else {}
    value = f(X, Y, *parameters, *q.train.values(), **keywords)
    for (name, Z), old in zip(arrays.items(), (q.X, q.Y, *q.parameters.values()), strict=True):
        if Z.shape != old.shape or Z.tobytes() != old.tobytes():
            raise Misfit(f"{q.call} changed the {name} it was given: let it work on a copy")
    return {name: _array(q.call, name, part, q.dtype) for name, part in _parts(q, value, given).items()}


def _parts(q, value, given):
    """{name: what was given for it}, lists of layers taken apart."""
    if q.call == "trace":
        return _quantities(q, value)
    names = ("L", *(f"dL_d{name}" for name in given)) if q.call == "gradients" else (*given, "losses")
    wanted = f"({', '.join(names)})"
    if not isinstance(value, tuple | list):
        raise Misfit(f"{q.call} gives {_kind(value)}, not {wanted}")
    if len(value) != len(names):
        raise Misfit(f"{q.call} gives {len(value)} values, not {len(names)}: {wanted}")
    parts, K = dict(zip(names, value, strict=True)), len(q.activations)
    if given == TWO_LAYER:
        return parts
    return {key: Z for name, part in parts.items() for key, Z in _layers(q.call, name, part, K).items()}


def _layers(call, name, part, K):
    """{name with the number of its layer: what was given for it}."""
    if name in {"L", "losses"}:
        return {name: part}
    if not isinstance(part, tuple | list):
        raise Misfit(f"{call} gives {_kind(part)} for {name}, not a list with an array a layer")
    if len(part) != K:
        raise Misfit(f"{call} gives {len(part)} arrays for {name}, not {K}, one a layer")
    return {f"{name}{k}": Z for k, Z in enumerate(part, start=1)}


def _quantities(q, value):
    value = value._asdict() if hasattr(value, "_asdict") else value
    if not isinstance(value, Mapping):
        raise Misfit(f"trace gives {_kind(value)}, not a mapping from names such as dL_dW1 to arrays")
    if q.row == "deep":  # lists with an array a layer may be given too
        lists = {name: Z for name, Z in value.items() if name in LISTS and isinstance(Z, tuple | list)}
        value = {**value, **{f"{name}{k}": Z for name, Zs in lists.items() for k, Z in enumerate(Zs, start=1)}}
    wanted = q.wanted()
    known = {name: value[name] for name in wanted if name in value}
    if not known:
        raise Misfit(f"trace gives {', '.join(map(str, value)) or 'nothing'}: none of {', '.join(wanted)}")
    return known


def _kind(value):
    return "None" if value is None else f"one {type(value).__name__}"


def _array(call, name, value, dtype):
    """A copy as a NumPy array. What has no precision of its own (numbers of Python's) becomes float64."""
    if value is None:
        raise Misfit(f"{call} gives None for {name}")
    try:
        Z = np.array(_without_graph(value))
    except Exception as error:
        raise Misfit(f"{call} gives {name} as {_kind(value)}, which NumPy cannot take: {_brief(error)}") from None
    if Z.dtype.kind == "O" and Z.size:
        inside = type(Z.flat[0]).__name__
        raise Misfit(f"{call} gives {name} as {_kind(value)} of {inside} objects: numbers are wanted")
    if Z.dtype.kind in "USO":
        raise Misfit(f"{call} gives {name} as {_kind(value)}, which holds no numbers")
    if Z.dtype.kind == "c":
        raise Misfit(f"{call} gives complex numbers for {name}")
    if _is_plain(value) and Z.dtype.kind in "iuf":
        return Z.astype(np.float64)
    if Z.dtype != dtype:
        hint = ': jax.config.update("jax_enable_x64", True)' if _package(type(value)) in {"jax", "jaxlib"} else ""
        hint = hint or (f": --dtype {Z.dtype} judges that" if Z.dtype in ("float32", "float64") else "")
        raise Misfit(f"{call} gives {name} as {Z.dtype}, not {dtype}{hint}")
    return Z


def _without_graph(value):
    """Tensors that autograd is watching as NumPy arrays, in lists too."""
    if isinstance(value, list | tuple):
        return [_without_graph(v) for v in value]
    return np.asarray(value.detach()) if hasattr(value, "detach") else value


def _is_plain(value):
    return all(map(_is_plain, value)) if isinstance(value, list | tuple) else type(value) in {int, float}


def _brief(error):
    return " ".join(str(error).split())[:300].rstrip(".") or "no message"


def explain(who, error):
    """What somebody's code raised, with the line of theirs that did, and no traceback."""
    if isinstance(error, SystemExit):
        said = f"{who} called sys.exit({'' if error.code is None else repr(error.code)})"
    else:
        said = f"{who} raised {type(error).__name__}: {_brief(error)}"
    if isinstance(error, SyntaxError) and error.filename:
        return f"{said.partition(' (')[0]} ({Path(error.filename).name}, line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if not f.filename.startswith(NOT_THEIRS) and "site-packages" not in f.filename]
    return f"{said} ({Path(theirs[-1].filename).name}, line {theirs[-1].lineno})" if theirs else said


# Below: what runs in the process of its own.


def main():
    target, folder = sys.argv[1:]
    # the questions and answers move aside; what the target prints goes to standard error, what it reads is empty
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # pyright: ignore[reportAttributeAccessIssue]
    np.seterr(all="ignore")  # what diverges overflows
    sys.dont_write_bytecode = True  # nothing of ours is left beside their files
    sys.argv = [split(target)[0]]
    me, forks, came_back, functions, given = os.getpid(), [], mmap.mmap(-1, 1), {}, ()
    os.register_at_fork(after_in_parent=lambda: forks.append(1))
    for line in questions:
        message = json.loads(line)
        call = message["call"]
        try:
            if call == "hello":
                functions, given = load(target, folder, message.get("layers", False), message.get("biases", False))
                answer = introduce(functions, given)
            else:
                found = ask(functions, protocol.question(message), given)
                answer = {name: protocol.numbers(Z) for name, Z in found.items()}
        except UsageError as error:
            answer = {"error": str(error), "kind": "usage"}
        except Misfit as error:
            answer = {"error": str(error), "kind": "misfit"}
        except BaseException as error:
            answer = {"error": explain(call, error), "kind": "raised"}
        if os.getpid() != me:
            came_back[0] = 1
            os._exit(0)
        if _forked(forks, came_back):
            answer = {"error": f"{call} forked, and came back from both processes", "kind": "raised"}
        answers.write(protocol.line(answer))


def introduce(functions, given):
    """The answer to "hello"."""
    if not isinstance(functions, dict):
        deep = "activations" in inspect.signature(functions.trace).parameters
        return {"functions": [], "model": True, "protocol": 2 if deep else 1}
    answer = {"functions": list(functions), "protocol": 1 if given == TWO_LAYER else 2, "biases": given == BIASED}
    several = all(takes_activation(f, given) for f in functions.values())
    return answer | ({"activations": ACTIVATIONS} if several else {})


def _forked(forks, came_back):
    """Whether a child process came back from the call as well; it gets a moment for it."""
    if not forks:
        return False
    forks.clear()
    time.sleep(0.2)
    return bool(came_back[0])


if __name__ == "__main__":
    main()
