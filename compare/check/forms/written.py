"""What somebody's text says about its functions: their arguments, what they return, what they index by."""

import ast
import inspect
import re
from functools import cached_property

import numpy as np

from fourfold.compare.check.forms import names

MOST_ATTEMPTS = 4000  # at calling their functions
NOT_THEIRS = ("site-packages", "dist-packages", "<frozen", "/lib/python")


class WrittenFunction:
    """A function of somebody's: the names of its arguments, and its text where it is known."""

    def __init__(self, name, function, node, text):
        self.name, self.node, self.text = name, node, text
        self.arguments, self.default_of, self.keyword_only = [], {}, []
        for argument in inspect.signature(function).parameters.values():
            if argument.kind is argument.VAR_POSITIONAL or argument.kind is argument.VAR_KEYWORD:
                continue
            self.arguments.append(argument.name)
            if argument.default is not argument.empty:
                self.default_of[argument.name] = argument.default
            if argument.kind is argument.KEYWORD_ONLY:
                self.keyword_only.append(argument.name)

    @property
    def defaults(self):
        """The arguments that need not be given."""
        return self.default_of.keys()

    @cached_property
    def calls(self):
        """Names of the functions that it calls."""
        if self.node is None:
            return frozenset()
        return frozenset(n.func.id for n in _nodes(self.node, ast.Call) if isinstance(n.func, ast.Name))

    @cached_property
    def local_names(self):
        """Its arguments, and the variables that it sets, but for those of the module."""
        nodes = _nodes(self.node, ast.Name, ast.Global) if self.node else []
        outer = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
        stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        return set(self.arguments) | (stored - outer)

    @cached_property
    def returns(self):
        """The expressions it returns, the last one first; functions inside it left out."""
        if self.node is None:
            return []
        if isinstance(self.node, ast.Lambda):
            return [self.node.body]
        inner = {n for f in _nodes(self.node, ast.FunctionDef, ast.Lambda) if f is not self.node for n in ast.walk(f)}
        values = [n.value for n in _nodes(self.node, ast.Return) if n not in inner and n.value is not None]
        return values[::-1]

    def returned(self, length=None):
        """What it returns, by name: a list with a name or "" for each part of the tuple; one name where it is none."""
        for value in self.returns:
            parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
            if length is None or len(parts) == length:
                return [_name(part) for part in parts]
        return [""] * (length or 1)

    def uses(self, pattern):
        return re.search(pattern, self.text) is not None


class WrittenText:
    """The functions of somebody's text, in a namespace in which it was run."""

    def __init__(self, namespace, text):
        self.text = text
        self.tree = ast.parse(text)
        self.namespace = namespace
        self.variables = {name: value for name, value in namespace.items() if hasattr(value, "shape")}  # before trials
        self.functions = {}
        self.left = MOST_ATTEMPTS
        nodes = {}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                nodes[node.name] = node
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
                nodes |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
        for name, value in namespace.items():
            if name.startswith("__") or not _is_theirs(value, name in nodes):
                continue
            node = nodes.get(name) or nodes.get(value.__name__)
            segment = ast.get_source_segment(text, node) if node else ""
            try:
                self.functions[name] = WrittenFunction(name, value, node, segment or "")
            except (ValueError, TypeError):
                continue

    def __getitem__(self, name):
        return self.functions[name]

    def involved(self, name):
        """A function and all of theirs that it calls."""
        seen, waiting = {}, [name]
        while waiting:
            one = waiting.pop()
            if one in self.functions and one not in seen:
                seen[one] = self.functions[one]
                waiting += sorted(self.functions[one].calls)
        return list(seen.values())

    def outer(self, name):
        """Variables of the module, by name parameters, that a function or what it calls uses."""
        result = []
        for variable in self._outer(name):
            value = self.variables[variable]
            if (names.is_weight(variable) or names.is_bias(variable)) and value.dtype.kind == "f":
                result.append(variable)
        return result

    def outer_data(self, name):
        """{"X": variable of the module, "Y": another} that a function or what it calls uses, as far as there are."""
        result = {}
        for variable in self._outer(name):
            if variable in self.outer(name):
                continue
            if names.is_one(variable, names.TARGETS):
                result.setdefault("Y", variable)
            elif names.is_one(variable, names.DATA):
                result.setdefault("X", variable)
        return result

    def _outer(self, name):
        """Arrays of the module that a function or what it calls uses."""
        result = []
        for function in self.involved(name):
            for node in _nodes(function.node, ast.Name) if function.node else ():
                value = self.variables.get(node.id)
                numbers = isinstance(value, np.ndarray) and value.dtype.kind in "fiu"
                if numbers and node.id not in function.local_names and node.id not in result:
                    result.append(node.id)
        return result

    def start_attempts(self):
        """Allows for as many attempts as there may be."""
        self.left = MOST_ATTEMPTS

    def has_attempts_left(self):
        """Whether one more attempt is worth its time; it counts as one."""
        self.left -= 1
        return self.left >= 0

    @cached_property
    def has_classes(self):
        return any(isinstance(node, ast.ClassDef) for node in self.tree.body)

    @cached_property
    def keys(self):
        """{name of a dict: the constant keys it is indexed by}, in the order of the text."""
        result = {}
        for node in _nodes(self.tree, ast.Subscript):
            if (
                isinstance(node.value, ast.Name)
                and isinstance(node.slice, ast.Constant)
                and isinstance(node.slice.value, str)
            ):
                keys = result.setdefault(node.value.id, [])
                keys += [node.slice.value] if node.slice.value not in keys else []
        return result

    @cached_property
    def attributes(self):
        """{name: the attributes that are read or set of it}."""
        result = {}
        for node in _nodes(self.tree, ast.Attribute):
            if isinstance(node.value, ast.Name):
                attributes = result.setdefault(node.value.id, [])
                attributes += [node.attr] if node.attr not in attributes else []
        return result

    @cached_property
    def strings(self):
        """All constant strings that could be keys, in the order of the text."""
        strings = [
            n.value for n in _nodes(self.tree, ast.Constant) if isinstance(n.value, str) and n.value.isidentifier()
        ]
        return list(dict.fromkeys(strings))

    @cached_property
    def counted(self):
        """Beginnings of keys that a number is put after: "W" + str(l), f"b{l}", "W%d" % l."""
        result = []
        for node in ast.walk(self.tree):
            start = None
            if (
                isinstance(node, ast.BinOp)
                and isinstance(node.op, ast.Add | ast.Mod)
                and isinstance(node.left, ast.Constant)
            ):
                start = node.left.value
            elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
                start = node.values[0].value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
                start = getattr(node.func.value, "value", None)
            if isinstance(start, str) and (start := re.sub(r"%\w$|\{.*\}$", "", start)).isidentifier():
                result += [start] if start not in result else []
        return result

    def classes(self):
        """Numbers of classes that the text has as constants, beyond two."""
        written = re.findall(r"\beye\((\d+)\)|num_?classes ?= ?(\d+)|, ?(10)\)", self.text)
        return sorted({int(number) for numbers in written for number in numbers if number and 2 < int(number) < 30})

    def one_output(self):
        """Whether the text may mean that the network has one output: a shape in words, or targets with one column."""
        return re.search(r"\((m|n|N|n_samples), *1?\)", self.text) is not None or self.has_one_output()

    def has_one_output(self):
        """Whether the text says so."""
        if re.search(r"\(1, *(m|n|N|number of examples|n_samples|examples|batch)\b", self.text):
            return True
        if re.search(r"\b[yYtT]\w* = [yYtT]\w*(\.reshape\(-1, ?1\)|\[:, ?(np\.newaxis|None)\])", self.text):
            return True
        for name, value in self.variables.items():
            shape = getattr(value, "shape", None)
            if names.is_one(name, names.TARGETS) and isinstance(shape, tuple):
                return (len(shape) == 1 and getattr(value.dtype, "kind", "") == "f") or 1 in shape[-2:]
        return False


def _nodes(tree, *kinds) -> list:
    """The nodes of some kinds, in the order of the text."""
    return sorted((n for n in ast.walk(tree) if isinstance(n, kinds)), key=lambda n: (n.lineno, n.col_offset))  # pyright: ignore


def _name(node):
    """The name of an expression: a variable, an attribute, or that of what is indexed or changed in form."""
    name = ""
    match node:
        case ast.Name(id=name):
            pass
        case ast.Attribute(attr="T", value=value):
            name = _name(value)
        case ast.Attribute(attr=name):
            pass
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            name = key
        case ast.BinOp(op=ast.Div() | ast.Mult(), left=left, right=right):
            name = _name(left) if isinstance(right, ast.Constant) or not _name(right) else ""
        case (
            ast.Call(func=ast.Attribute(value=value, attr="copy" | "reshape" | "item" | "tolist"))
            | ast.Call(func=ast.Name(id="float"), args=[value])
            | ast.Call(func=ast.Attribute(attr="squeeze" | "array" | "asarray"), args=[value, *_])
            | ast.Subscript(value=value)
        ):
            name = _name(value)
    return name


def _is_theirs(value, defined):
    if not inspect.isfunction(value):
        return False
    return defined or not any(part in value.__code__.co_filename for part in NOT_THEIRS)
