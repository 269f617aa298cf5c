"""Rewrites code so that every operation says what it does: `a * b` becomes `_ff_op(place, "Mult", a, b)`.

What it does is in record.py. The meaning stays: operands are evaluated once, in the order they were.
"""

import ast
from typing import NamedTuple

PREFIX = "_ff_"  # of the functions that are called instead
# They look at where they are called from, or are asked nothing about numbers.
LEFT_ALONE = {"super", "locals", "globals", "vars", "eval", "exec", "dir", "print", "input", "isinstance", "hasattr"}
TRANSPOSED = {"T", "mT"}
COMPARISONS = {"Gt", "GtE", "Lt", "LtE", "Eq", "NotEq"}


class Place(NamedTuple):
    """Where an operation is written. Lines begin at 1, columns at 0, as in `ast`."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    statement: int  # the line in which its statement begins
    operands: tuple[str, ...] = ()  # their texts


def rewritten(text, file, places):
    """The syntax tree of the rewritten text; the Places of its operations are appended to a list."""
    tree = _Rewriter(text, file, places).visit(ast.parse(text, file))
    return ast.fix_missing_locations(tree)


def _hook(name, *arguments, keywords=()):
    return ast.Call(ast.Name(PREFIX + name, ast.Load()), list(arguments), list(keywords))


class _Rewriter(ast.NodeTransformer):
    def __init__(self, text, file, places):
        self.lines, self.file, self.places = text.splitlines(), file, places
        self.statement = 0

    def visit(self, node):
        if isinstance(node, ast.stmt):
            before, self.statement = self.statement, node.lineno
            node = super().visit(node)
            self.statement = before
            return node
        return super().visit(node)

    def _place(self, node, *operands):
        """Its number, as a node. To be called before the node's own parts are rewritten."""
        place = Place(
            self.file,
            node.lineno,
            node.col_offset,
            node.end_lineno,
            node.end_col_offset,
            self._text(node),
            self.statement,
            tuple(map(self._text, operands)),
        )
        self.places.append(place)
        return ast.Constant(len(self.places) - 1)

    def _text(self, node):
        if node.lineno != node.end_lineno:
            return " ".join(ast.unparse(node).split())
        line = self.lines[node.lineno - 1].encode()
        return line[node.col_offset : node.end_col_offset].decode()

    def visit_BinOp(self, node):
        place = self._place(node, node.left, node.right)
        self.generic_visit(node)
        return _hook("op", place, ast.Constant(type(node.op).__name__), node.left, node.right)

    def visit_UnaryOp(self, node):
        if not isinstance(node.op, ast.USub) or isinstance(node.operand, ast.Constant):
            return self.generic_visit(node)
        place = self._place(node, node.operand)
        self.generic_visit(node)
        return _hook("op", place, ast.Constant("USub"), node.operand)

    def visit_Compare(self, node):
        if len(node.ops) > 1 or type(node.ops[0]).__name__ not in COMPARISONS:
            return self.generic_visit(node)
        place = self._place(node, node.left, *node.comparators)
        self.generic_visit(node)
        return _hook("op", place, ast.Constant(type(node.ops[0]).__name__), node.left, *node.comparators)

    def visit_Attribute(self, node):
        if node.attr not in TRANSPOSED or not isinstance(node.ctx, ast.Load):
            return self.generic_visit(node)
        place = self._place(node, node.value)
        self.generic_visit(node)
        return _hook("attribute", place, node.value, ast.Constant(node.attr))

    def visit_Subscript(self, node):
        if not isinstance(node.ctx, ast.Load):
            return self.generic_visit(node)
        place = self._place(node, node.value)
        self.generic_visit(node)
        return _hook("item", place, node.value, _key(node.slice))

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id in LEFT_ALONE:
            return self.generic_visit(node)
        place = self._place(node, *_operands_of_call(node))
        self.generic_visit(node)
        return _hook("call", place, node.func, *node.args, keywords=node.keywords)

    def visit_AugAssign(self, node):
        target, name = node.target, ast.Constant(type(node.op).__name__)
        place = self._place(node, target, node.value)
        self.generic_visit(node)
        if isinstance(target, ast.Name):
            changed = _hook("in_place", place, name, ast.Name(target.id, ast.Load()), node.value)
            changed = _hook("name", place, ast.Constant(target.id), changed)
            return ast.copy_location(ast.Assign([target], changed), node)
        if isinstance(target, ast.Attribute):
            changed = _hook("attribute_in_place", place, name, target.value, ast.Constant(target.attr), node.value)
        else:
            changed = _hook("item_in_place", place, name, target.value, _key(target.slice), node.value)
        return ast.copy_location(ast.Expr(changed), node)

    def visit_Assign(self, node):
        target = node.targets[0]
        if len(node.targets) > 1 or isinstance(target, ast.Tuple | ast.List):
            return self._several(node)
        place = self._place(node, target, node.value)
        self.generic_visit(node)
        if isinstance(target, ast.Subscript):
            stored = _hook("store", place, node.value, target.value, _key(target.slice))
            return ast.copy_location(ast.Expr(stored), node)
        node.value = _hook("name", place, ast.Constant(self.places[place.value].operands[0]), node.value)
        return node

    def _several(self, node):
        """`a, b = f(), g()`: every part has its name; of what else is taken apart the parts have."""
        targets = node.targets[0]
        both = len(node.targets) == 1 and isinstance(node.value, ast.Tuple)
        plain = both and len(targets.elts) == len(node.value.elts)
        if plain and not any(isinstance(part, ast.Starred) for part in (*targets.elts, *node.value.elts)):
            named = []
            for target, part in zip(targets.elts, node.value.elts, strict=True):
                place, label = self._place(part, part), self._text(target)
                named.append(_hook("name", place, ast.Constant(label), self.visit(part)))
            node.value.elts = named
            node.targets = [self.visit(targets)]
            return node
        if len(node.targets) == 1 and all(isinstance(part, ast.Name) for part in targets.elts):
            names = [part.id for part in targets.elts]
            place = self._place(node.value)
            self.generic_visit(node)
            node.value = _hook("names", place, ast.Tuple(list(map(ast.Constant, names)), ast.Load()), node.value)
            return node
        return self.generic_visit(node)

    def visit_Return(self, node):
        """What a function was given and gives back as it is, is an operation too: one that may do too little."""
        names = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        places = [self._place(name) if isinstance(name, ast.Name) else None for name in names]
        self.generic_visit(node)
        names = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        passed = []
        for name, place in zip(names, places, strict=True):
            passed.append(name if place is None else _hook("passed", place, name))
        if isinstance(node.value, ast.Tuple):
            node.value.elts = passed
        else:
            node.value = passed[0]
        return node

    def visit_AnnAssign(self, node):
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_FunctionDef(self, node):
        return self._function(node)

    def _function(self, node):
        node.args.defaults = list(map(self.visit, node.args.defaults))
        node.args.kw_defaults = [default and self.visit(default) for default in node.args.kw_defaults]
        body = []
        for statement in node.body:
            body.append(self.visit(statement))
        node.body = body
        return node

    def visit_AsyncFunctionDef(self, node):
        return self._function(node)


def _key(node):
    """What is between the brackets, as a value."""
    if isinstance(node, ast.Slice):
        parts = []
        for part in (node.lower, node.upper, node.step):
            parts.append(part or ast.Constant(None))
        return ast.Call(ast.Name(PREFIX + "slice", ast.Load()), parts, [])
    if isinstance(node, ast.Tuple):
        return ast.Tuple(list(map(_key, node.elts)), ast.Load())
    return node


def _operands_of_call(node):
    """Of a method the array it is called on comes first."""
    own = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    return (*own, *node.args, *(keyword.value for keyword in node.keywords))
