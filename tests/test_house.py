"""The house: which room may know which, and how a line of code is written."""

import ast
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from fourfold import impls

ROOT = Path(__file__).parent.parent
FILES = sorted(file for folder in ("impls", "compare", "reports") for file in (ROOT / folder).rglob("*.py"))
# Other libraries' code, and what becomes a student's: a file to fill in, a notebook.
SOMEBODY_ELSES = (
    "compare/bench/peers/",
    "compare/check/templates/",
    "compare/columns/templates/",
    "reports/lesson/templates/",
)
LOOSE = {"__init__.py", "__main__.py", "errors.py"}
LONGEST = 350
PRONOUNS = {"of", "said", "told", "found"}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FRAMEWORKS = {name: framework.package for name, framework in impls.FRAMEWORKS.items() if name != "numpy"}


class Arrow(NamedTuple):
    """Modules in `source` import nothing in `target`, but for what `but` names. "" is all that is ours."""

    source: str
    target: str
    but: tuple = ()
    sources_but: tuple = ()  # modules in `source` that may


NEVER = (
    Arrow("impls", "", ("impls.model",)),
    Arrow("compare.judge", "", ("compare.judge", "compare.errors", "impls.model")),
    Arrow("compare.exact", "", ("compare.exact", "compare.errors")),
    Arrow("compare.columns", "compare.judge", ("compare.judge.quantities",)),
    Arrow("compare.results", "compare.columns"),
    Arrow("compare.cases", "compare.results"),
    Arrow("compare.sweep", "compare.commands"),
    Arrow("compare.lesson", "compare.commands"),
    Arrow("compare.mistakes", "compare.check"),
    Arrow("reports", "compare.columns"),
    Arrow("reports", "compare.agreement"),
    # The notebook's cells are no module of reports: they are a text, and run by whoever reads it.
    Arrow("reports", "compare.judge", ("compare.judge.quantities",), ("reports.lesson.templates",)),
    Arrow("", "compare.commands", sources_but=("compare.__main__", "compare.commands")),
)


def module_of(path):
    """ "compare/judge/bounds.py" -> "compare.judge.bounds"; a package's __init__ has the package's name."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports(text, path):
    """(line, module) of every import, relative ones resolved, wherever in the file; `from a import b` is a.b."""
    package = module_of(path).split(".") if path.endswith("__init__.py") else module_of(path).split(".")[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            start = ["fourfold", *package[: len(package) - node.level + 1]] if node.level else []
            start += [node.module] if node.module else []
            for alias in node.names:
                yield node.lineno, ".".join([*start, alias.name])
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant):
                    yield node.lineno, str(argument.value)


def inside(module, room):
    return not room or module == room or module.startswith(f"{room}.")


def wrong_arrows(text, path):
    """A sentence for every import that must not be."""
    source = module_of(path)
    if path.startswith(SOMEBODY_ELSES):
        return
    for line, imported in imports(text, path):
        top, _, target = imported.partition(".")
        where = f"{path}:{line} imports {imported}"
        if top in {"impls", "compare", "reports"} or imported in {"fourfold", "fourfold.compare", "fourfold.reports"}:
            yield f"{where}: say fourfold.ROOM.MODULE"
        if top == "fourfold":
            for arrow in NEVER:
                exempt = any(inside(target, room) for room in arrow.but)
                exempt = exempt or any(inside(source, room) for room in arrow.sources_but)
                if inside(source, arrow.source) and inside(target, arrow.target) and not exempt:
                    yield f"{where}: {arrow.source or 'nobody'} must not know {arrow.target or 'that'}"
        for name, package in FRAMEWORKS.items():
            column = path.startswith("impls/") and path.endswith((f"/{name}_impl.py", f"modes/{name}_modes.py"))
            if top == package and not column:
                yield f"{where}: a framework is imported by its columns alone"


def nested_comprehensions(text, path):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, COMPREHENSIONS):
            inner = [n for n in ast.walk(node) if n is not node and isinstance(n, COMPREHENSIONS)]
            if inner:
                yield f"{path}:{node.lineno} has a comprehension in a comprehension"


def pronouns(text, path):
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.alias(asname=name):
                pass
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.ExceptHandler(name=name):
                pass
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.MatchAs(name=name) | ast.MatchStar(name=name):
                pass
            case _:
                continue
        if name in PRONOUNS:
            yield f"{path}:{getattr(node, 'lineno', 0)} names something {name!r}"


def lists_of_frameworks(text, path):
    """Literals that name every framework, but for the texts of mistakes: {column: what is planted in it}."""
    for node in ast.walk(ast.parse(text)):
        entries = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        names = {entry.value for entry in entries if isinstance(entry, ast.Constant)}
        texts = isinstance(node, ast.Dict) and path.startswith("compare/mistakes/")
        if not texts and (impls.FRAMEWORKS.keys() <= names or set(FRAMEWORKS.values()) <= names):
            yield f"{path}:{getattr(node, 'lineno', 0)} lists the frameworks: impls.FRAMEWORKS does"


def too_long(text, path):
    lines = len(text.splitlines())
    if lines > LONGEST:
        yield f"{path} has {lines} lines"


EVERYWHERE = (wrong_arrows, nested_comprehensions, pronouns, too_long)


def short(file):
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("rule", [*EVERYWHERE, lists_of_frameworks], ids=lambda rule: rule.__name__)
def test_no_file_breaks_a_rule(rule):
    broken = []
    for file in FILES:
        if rule is not lists_of_frameworks or not short(file).startswith("impls/"):
            broken += rule(file.read_text(encoding="utf-8"), short(file))
    assert not broken, "\n".join(broken)


def test_nothing_is_loose_in_compare():
    assert {file.name for file in (ROOT / "compare").glob("*.py")} == LOOSE
    rooms = [folder for folder in (ROOT / "compare").iterdir() if folder.is_dir() and folder.name != "__pycache__"]
    for room in rooms:
        assert ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))), f"what is {room.name}?"


def classes(files):
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node.name


def test_no_two_classes_have_one_name():
    files = [file for file in FILES if not short(file).startswith(SOMEBODY_ELSES)]
    assert [name for name, times in Counter(classes(files)).items() if times > 1] == []


# Every rule is seen to fail.


@pytest.mark.parametrize("arrow", NEVER, ids=lambda a: f"{a.source or 'all'}-{a.target or 'ours'}")
def test_an_arrow_that_must_not_be_is_seen(arrow):
    """As `from`, as `import`, relative, and inside a function."""
    source = (arrow.source or "compare.cases").replace(".", "/") + "/made_up.py"
    target = f"{arrow.target or 'compare.results'}.made_up"
    room, _, name = target.rpartition(".")
    up = "." * (source.count("/") + 1)
    ways = (
        f"from fourfold.{room} import {name}",
        f"from fourfold.{target} import something",
        f"import fourfold.{target}",
        f"import fourfold.{target} as m",
        f"from {up}{room} import {name}",
        f"def function():\n    from fourfold.{room} import {name}",
        f"from importlib import import_module\nimport_module('fourfold.{target}')",
    )
    if "compare/" in source and "compare." in room:
        ways += (f"from ..{room.removeprefix('compare.')} import {name}",)
    for way in ways:
        assert [*wrong_arrows(way, source)], way
    for allowed in arrow.but:
        room, _, name = allowed.rpartition(".")
        assert [*wrong_arrows(f"from fourfold.{room} import {name}", source)] == [], allowed
    for allowed in arrow.sources_but:
        assert [*wrong_arrows(f"import fourfold.{target}", f"{allowed.replace('.', '/')}.py")] == []


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_framework_outside_its_columns_is_seen(name):
    line = f"import {FRAMEWORKS[name]}.sub"
    for path in ("compare/columns/calls.py", "reports/page.py", "impls/__init__.py", "impls/deep/numpy_impl.py"):
        assert [*wrong_arrows(line, path)] == [
            f"{path}:1 imports {FRAMEWORKS[name]}.sub: a framework is imported by its columns alone"
        ]
    assert [*wrong_arrows(line, f"impls/deep/{name}_impl.py")] == []
    assert [*wrong_arrows(line, "compare/bench/peers/library.py")] == []


@pytest.mark.parametrize(
    "line", ["import compare", "from impls import load", "from fourfold import compare", "import fourfold"]
)
def test_a_way_round_the_arrows_is_seen(line):
    assert [*wrong_arrows(line, "compare/cases/case.py")]


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (nested_comprehensions, "a = [x for x in y if any(z for z in x)]", "a = [x for x in y]\nb = {z for z in a}"),
        (nested_comprehensions, "a = {k: [v for v in vs] for k, vs in y}", "a = [z for x in y for z in x]"),
        (nested_comprehensions, "f = lambda y: [g(z for z in x) for x in y]", "f = lambda y: sum(x for x in y)"),
        (pronouns, "of = 1", "print(told.of)"),
        (pronouns, "for said, x in y: pass", "f(of=1)"),
        (pronouns, "def f(a, *, told): pass", "def f(a): return found(a)"),
        (pronouns, "f = lambda found: 1", "f = lambda judged: 1"),
        (pronouns, "class A:\n    of: int", "class A:\n    owner: int"),
        (pronouns, "def said(): pass", "def say(): pass"),
        (pronouns, "self.found = 1", "self.first = 1"),
        (too_long, "\n" * 351, "\n" * 350),
        (lists_of_frameworks, "x = ('numpy', 'torch', 'jax', 'tf')", "x = ('jax', 'tf')"),
        (lists_of_frameworks, "x = {'numpy': 1, 'torch': 2, 'jax': 3, 'tf': 4, 'mine': 5}", "x = {'numpy': 1}"),
        (lists_of_frameworks, "x = {'torch', 'jax', 'tensorflow'}", "x = {'jax', 'tensorflow'}"),
    ],
)
def test_a_broken_rule_is_seen(rule, bad, good):
    assert [*rule(bad, "compare/cases/case.py")]
    assert [*rule(good, "compare/cases/case.py")] == []


def test_a_second_class_of_one_name_is_seen(tmp_path):
    (tmp_path / "a.py").write_text("class Row: pass")
    (tmp_path / "b.py").write_text("def f():\n    class Row: pass")
    assert Counter(classes(tmp_path.glob("*.py"))) == {"Row": 2}
