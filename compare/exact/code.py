"""Loads somebody's code for exact numbers: rewritten, with stand-ins for the libraries it imports."""

import ast
import builtins
import types
from pathlib import Path

from fourfold.compare.exact import standin
from fourfold.compare.exact.rewrite import rewritten

GUARDS = 1e-4  # constants up to this size may protect a logarithm, or a denominator
NOTHING = 1e-150  # stands for them, when it is asked what they change


class Unguarded(ast.NodeTransformer):
    """Makes guards nearly 0; `lines` are those where there are any."""

    def __init__(self):
        self.lines = []

    def visit_Constant(self, node):
        if isinstance(node.value, float) and 0 < node.value <= GUARDS:
            self.lines.append(node.lineno)
            return ast.copy_location(ast.Constant(NOTHING), node)
        return node


def load(text, path, recorder, guarded=True):
    """The namespace of a text that is run, and tells a Recorder what it does; modules beside it are loaded alike.

    guarded: whether its tiny constants stay what they are. Raises what the code raises.
    """
    return _Loader(Path(path), recorder, guarded).load(text, str(path), "theirs")


def guards(text):
    """Lines with a constant so small that it may be a guard."""
    transformer = Unguarded()
    transformer.visit(ast.parse(text))
    return sorted(set(transformer.lines))


class _Loader:
    def __init__(self, path, recorder, guarded):
        self.folder, self.recorder, self.guarded = path.resolve().parent, recorder, guarded
        self.stand_ins, self.modules = standin.modules(), {}
        self.builtins = {**vars(builtins), **standin.builtins(), "__import__": self._import}

    def load(self, text, file, name):
        module = types.ModuleType(name)
        self.modules[name] = module
        namespace = vars(module)
        namespace |= {"__builtins__": self.builtins, "__file__": file, **self.recorder.hooks}
        self.recorder.files.add(file)
        self.recorder.modules.add(name)
        tree = rewritten(text, file, self.recorder.places)
        if not self.guarded:
            tree = ast.fix_missing_locations(Unguarded().visit(tree))
        exec(compile(tree, file, "exec"), namespace)
        return namespace

    def _import(self, name, into=None, local=None, names=(), level=0):
        """What `import` gives: a stand-in, a module beside the file, or what Python finds."""
        beside = self.folder / f"{name.partition('.')[0]}.py"
        if name in self.stand_ins:
            top = self.stand_ins[name.partition(".")[0]]
            return self.stand_ins[name] if names else top
        if level or beside.exists():
            return self._beside(name, names)
        return builtins.__import__(name, into, local, names or (), level)

    def _beside(self, name, names):
        if not name:  # from . import name
            package = types.ModuleType("")
            for part in names:
                setattr(package, part, self._beside(part, ()))
            return package
        if name not in self.modules:
            path = self.folder / (name.replace(".", "/") + ".py")
            self.load(path.read_text(encoding="utf-8"), str(path), name)
        return self.modules[name]
