"""Every command that a document or a command's help shows is run, and ends as promised.

What is slow is made small: other columns stand for NumPy's, steps and seeds are few, and columns run in this process.
That the very names and options of the text exist is asked as well.
"""

import contextlib
import functools
import importlib.util
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from concurrent.futures import Future
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest

from fourfold.compare.columns import starting, workers
from fourfold.compare.commands import cli, options
from fourfold.compare.mistakes import rewritings, trials
from fourfold.compare.system import worker
from tests.makers import activations, soak, thresholds
from tests.test_documents import DOCUMENTS, MADE, ROOT, commands, read

pytestmark = pytest.mark.xdist_group("fuzz")
MAKERS = {"soak": soak, "activations": activations, "thresholds": thresholds}
# What a reader makes first. The last is only begun in the recipe, the others are made by the test at the end.
READERS = {"numpy-einsum", "mymodule", "mine", "mean-target-tanh", "inputs shifted to the middle", "8"}
NAMES = {("diff",), ("check",), ("--help",)}  # names that are spoken of, and the help of all
BENCH = {("bench",), ("bench", "--quick")}  # tests/test_bench.py runs it
LITTLE = {"--impl": "numpy", "--steps": "3", "--seeds": "1", "--resolution": "2", "--suite": "quick"}
FRAMEWORKS = {"torch", "jax", "tensorflow"}
COLUMNS = r"\b(torch|jax|tf)\b(:[\w-]+)?(?!-nn)"  # and their modes, but not the template torch-nn


class Shown(NamedTuple):
    where: str
    argv: tuple

    def __str__(self):
        return shlex.join(self.argv)


def in_tables(document):
    """A command in a table's first cell, with the options in the other: all that are in one span together."""
    for command, text in re.findall(r"(?m)^\| `fourfold ([a-z]+)[^`]*` \| (.*) \|$", read(document)):
        for span in re.findall(r"`(--[^`]+)`", text):
            yield [command, *shlex.split(span)]


def examples(name):
    return re.findall(r"Example: fourfold (.*)", cli.app[name].help)


@functools.cache
def every():
    shown = {}
    for document in DOCUMENTS:
        for tokens in (*commands(document, "fourfold"), *in_tables(document)):
            shown.setdefault(tuple(tokens), document)
    for name in cli.COMMANDS:
        for line in examples(name):
            shown.setdefault(tuple(shlex.split(line)), f"fourfold {name} --help")
    return [Shown(where, argv) for argv, where in shown.items() if argv not in NAMES]


def test_every_help_has_an_example():
    assert [name for name in cli.COMMANDS if not examples(name)] == []


def columns_of(argv):
    named = [argv[1]] if argv[0] == "train" else []
    for option, value in pairwise(argv):
        named += value.split(",") if option == "--impl" else []
    return named


def test_every_column_that_is_named_is_one():
    named = {name for shown in every() for name in columns_of(shown.argv)}
    assert "fourfold.compare.mistakes.planted.torch_momentum" in named
    for name in named - READERS:
        assert options.column(name) == name


def test_every_module_that_is_named_is_there():
    named = [tokens[1] for document in DOCUMENTS for tokens in commands(document, "python") if tokens[0] == "-m"]
    for name in named:
        if not MADE.fullmatch(f"{name.split('.')[-1]}.py"):
            assert importlib.util.find_spec(f"fourfold.{name}"), name


def little(argv):
    """The same command with what is slow made small; what is said of files is said of those that are here."""
    command, *rest = (re.sub(COLUMNS, "numpy", re.sub("^/tmp/", "", token)) for token in argv)
    arguments = cli.app[command].assemble_argument_collection()
    known = {name for argument in arguments for name in argument.names} & LITTLE.keys()
    if command == "diff":  # two reports, which are compared as they are
        known = set()
    if command == "exercise":
        rest[0] = "7"  # the shortest
    if "planted" in str(argv):
        rest += ["--case", "xor", "--dtype", "float64"]
    tokens = []
    while rest:
        token = rest.pop(0)
        tokens.append(token)
        if token == "--impl":
            tokens.append(",".join(dict.fromkeys(rest.pop(0).split(","))))
        elif token in known:
            known.remove(token)
            tokens.append(LITTLE[token] if ":" not in rest[0] else rest[0])
            rest.pop(0)
        elif token == "--grid":
            tokens.append(re.sub(r"(lr=[^:]+:[^:]+):\d+", r"\1:2", rest.pop(0)))
    for option in sorted(known - {*tokens}):
        tokens += [option, LITTLE[option]]
    return [command, *tokens]


GRADIENTS = """
import numpy as np

def gradients(X, Y, W1, W2, activation):
    H = X @ W1
    if activation == "tanh":
        A = np.tanh(H)
        slope = (1 - A) * (1 + A)
    elif activation == "sigmoid":
        A = 1 / (1 + np.exp(-H))
        slope = A * (1 - A)
    else:
        A, slope = (np.maximum(H, 0), H > 0) if activation == "relu" else (H, 1)
    R = A @ W2 - Y
    dY = R / len(X)
    return (R * R).sum() / (2 * len(X)), X.T @ (dY @ W2.T * slope), A.T @ dY
"""


class AtOnce:
    """Stands in for worker.Worker: what it is given is done in this process."""

    def __init__(self, memory=None, surroundings=None):
        pass

    def submit(self, seconds, f, *args):
        future = Future()
        with np.errstate(all="ignore"):
            future.set_result(f(*args))
        return future

    def stop(self):
        pass


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs a command line in this process, in a folder with what is spoken of: (exit code, output, errors)."""
    folder = tmp_path_factory.mktemp("shown")
    (folder / "my.csv").write_text("a,b,y\n0,0.5,1\n-1,2e-3,0\n")
    (folder / "FILE").write_bytes((ROOT / "reports/reference/bench.json").read_bytes())
    (folder / "mine.py").write_text(GRADIENTS)
    (folder / "reports").mkdir()
    (folder / "reports/reference").symlink_to(ROOT / "reports/reference")
    target = [sys.executable, "-m", "fourfold.compare.check.target", str(folder / "mine.py"), str(folder)]
    (folder / "mine").write_text(f"#!/bin/sh\nexec {shlex.join(target)}\n")
    (folder / "mine").chmod(0o755)
    here, drawn = workers.package_installed, lambda *made: {"index.html": b"a page"}
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setattr(sys, "path", [*sys.path])
        patch.setattr("fourfold.compare.system.signals.handle", lambda handler: None)
        patch.setattr("webbrowser.open", lambda page: True)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))  # nothing that is kept is removed
        patch.setattr("fourfold.reports.render.pages", drawn)  # pictures take long
        patch.setattr("fourfold.reports.sweep.pages", drawn)
        patch.setattr("fourfold.compare.lesson.kernel.executed", lambda *notebook: b"run")
        patch.setattr(trials, "MISTAKES", dict([*trials.MISTAKES.items()][:2]))
        for row, right in rewritings.OF_ROW.items():
            patch.setitem(rewritings.OF_ROW, row, dict([*right.items()][:1]))
        patch.setattr(workers, "package_installed", lambda name: name not in FRAMEWORKS and here(name))
        for name in ("__init__", "submit", "stop"):
            patch.setattr(worker.Worker, name, vars(AtOnce)[name])

        def run(*argv):
            patch.setattr(sys, "argv", ["fourfold", *argv])
            to = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
            with contextlib.redirect_stdout(to[0]), contextlib.redirect_stderr(to[1]), pytest.raises(SystemExit) as end:
                cli.main()
            return end.value.code, *(stream.flush() or stream.buffer.getvalue().decode() for stream in to)

        assert run(*little(["report", "--suite", "quick", "--out", "before"]))[0] == 0
        for name in ("after", "reports/out/before", "reports/out/after"):
            shutil.copytree("before", name)
        yield run


@pytest.mark.parametrize("shown", every(), ids=str)
def test_a_command_that_is_shown_runs(run, shown):
    if READERS & {*shown.argv} or shown.argv in BENCH or "--with" in shown.argv:  # tests/test_upgrade.py installs
        pytest.skip("run by another test")
    if "planted.torch" in str(shown) and not importlib.util.find_spec("torch"):
        pytest.skip("torch is not installed")
    shutil.rmtree("reports/out/sweep", ignore_errors=True)
    code, out, err = run(*little(shown.argv))
    differs = "planted" in str(shown) or "eps-at=before" in str(shown)  # a mistake, or a convention not all have
    assert code == differs, (out, err)


IN_TURN = """
import io, json, sys
from fourfold.compare.commands import cli
from fourfold.compare.system import signals
signals.handle = lambda handler: None
ended = []
for argv in json.loads(sys.argv.pop()):
    sys.argv[1:] = argv
    try:
        cli.main()
    except SystemExit as end:
        ended.append(end.code)
print(json.dumps(ended))
"""


def recipe(start):
    """The code in CONTRIBUTING.md that starts so, without the indentation of a list."""
    (code,) = re.findall(rf"(?m)^ *```python\n( *{re.escape(start)}(?s:.*?))^ *```", "\n" + read("CONTRIBUTING.md"))
    return textwrap.dedent(code)


def inserted(file, before, text):
    content = file.read_text()
    assert content.count(before) == 1, before
    file.write_text(content.replace(before, text + before))


def test_what_a_reader_makes_by_a_recipe_runs(tmp_path):
    code = tmp_path / "fourfold"
    for room in ("impls", "compare", "reports"):
        hidden = shutil.ignore_patterns("reference", "out", "__pycache__")
        shutil.copytree(ROOT / room, code / room, ignore=hidden)
    column = (ROOT / "impls/two_layer/numpy_impl.py").read_text()
    changed = re.sub(r"    dL_dW2 = .*# E13.*\n", textwrap.indent(recipe("dL_dW2 ="), "    "), column)
    assert changed != column
    (code / "impls/two_layer/numpy_einsum_impl.py").write_text(changed)
    (tmp_path / "mymodule.py").write_text(column)
    (tmp_path / "mine.py").write_bytes(starting.template("numpy"))
    inserted(code / "impls/__init__.py", "}\nCOLUMNS = ", textwrap.indent(recipe('"numpy-einsum"'), "    "))
    mistake = textwrap.indent(recipe('mistake("inputs shifted'), "    ")
    inserted(code / "compare/mistakes/forward.py", '    mistake("epsilon in the loss"', mistake)
    suites = code / "compare/cases/suites.py"
    line = textwrap.indent(recipe("# every target is their mean"), "    ")
    inserted(suites, "    # no two sizes equal, two outputs", line)
    inserted(suites, "DATA = {", "def _mean_target():\n    X, Y = xor()\n    return X, 0 * Y + Y.mean()\n\n\n")
    inserted(suites, '    "xnor": _xnor,', '    "mean target": _mean_target,\n')
    few = ["--steps", "20", "--seeds", "1", "--dtype", "float64"]
    lines = [list(shown.argv) for shown in every() if READERS - {"8"} & {*shown.argv}]
    assert len(lines) == 5
    lines = [[*line, *few, "--case", "xor"] if "--impl" in line else line for line in lines]
    lines = [[*line, *few, "--impl", "numpy"] if "mean-target-tanh" in line else line for line in lines]
    planted = "fourfold.compare.mistakes.planted.numpy_inputs_shifted_to_the_middle"
    lines.append(["agree", "--impl", planted, *few, "--case", "xor"])
    done = subprocess.run(
        [sys.executable, "-c", IN_TURN, json.dumps(lines)], capture_output=True, text=True, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == [0, 0, 0, 0, 0, 1], done.stdout + done.stderr
    assert "mean-target-tanh" in done.stdout


def test_tests_that_are_named_exist():
    """Every pytest line that is to be typed chooses at least one test."""
    chosen = []
    for document in DOCUMENTS:
        for word in (".venv/bin/python", "pytest"):
            for tokens in commands(document, word):
                tokens = tokens[2:] if tokens[0] == "-m" else tokens
                chosen.append([*tokens, "--collect-only", "-q", "-p", "no:cacheprovider"])
    chosen = [tokens for tokens in chosen if "inputs_shifted_to_the_middle" not in tokens]
    assert len(chosen) == 2
    script = f"import pytest\nfor tokens in {chosen}: assert pytest.main(tokens) == 0, tokens"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
