"""The source of a layered network with a right backward pass, in one of many forms, and the faults that fit in it.

A text has `gradients(X, Y, ...)` in a natural signature, and at its end `example(rng)` that gives its arguments.
"""

import re
from itertools import pairwise
from typing import NamedTuple

from tests.makers.formulas import LOSSES, SLOPES, SOFTMAX_BACK, VALUES, WRONG_SLOPES

NAMES = (("W", "b"), ("w", "b"), ("V", "c"), ("weight", "bias"))


class Choices(NamedTuple):
    """The form of one network."""

    hidden: tuple  # activations
    output: str
    loss: str
    samples: int
    widths: tuple  # d_in ... d_out
    columns: bool = False  # a sample is a column
    out_first: bool = False  # weights are (out, in): always so with columns
    bias: str = "flat"  # "none", "flat" (d,), "row" (1, d), "column" (d, 1)
    parameters: str = "separate"  # "list", "dict"
    names: tuple = NAMES[0]
    weights_first: bool = False  # W1, W2, b1, b2 in place of W1, b1, W2, b2
    returned: str = "flat"  # "tuple", "dict"
    in_place: bool = False
    functions: bool = False  # an activation is a function, or written out
    combined: bool = True  # out - Y at once, where the loss belongs to the activation
    integers: bool = False  # labels are (N,)


class Slip(NamedTuple):
    """One line in place of another."""

    line: int
    new: str
    mistake: str
    lines: frozenset  # those that a reasonable person accepts


class Written(NamedTuple):
    """The text of a right file, and its possible faults."""

    text: str
    faults: tuple
    choices: Choices

    def without_example(self):
        return self.text.partition("\n\ndef example")[0] + "\n"


class Page:
    """Lines as they are written, and what could be written in their place."""

    def __init__(self):
        self.lines, self.slips = [], []

    def add(self, text="", *slips):
        """Each slip is (text, mistake) or (text, mistake, the name whose later uses show it as well)."""
        self.lines.append(text)
        indent = text[: len(text) - len(text.lstrip())]
        for new, mistake, *name in slips:
            self.slips.append((len(self.lines), indent + new, mistake, *name))

    def finish(self, choices):
        faults = []
        for line, new, mistake, *names in self.slips:
            accepted = {line}
            for name in names:
                for later, text in enumerate(self.lines[line:], line + 1):
                    if re.search(rf"(?<![\w.]){re.escape(name)}\b", text):
                        accepted.add(later)
            faults.append(Slip(line, new, mistake, frozenset(accepted)))
        return Written("\n".join(self.lines) + "\n", tuple(faults), choices)


def faulty(written, k):
    """The text with fault k planted, and the number of its line."""
    slip = written.faults[k]
    lines = written.text.split("\n")
    lines[slip.line - 1] = slip.new
    return "\n".join(lines), slip.line


def network(choices):
    """The Written of some Choices, with all faults that can be planted, be they seen at its example or not."""
    page = Page()
    page.add("import numpy as np")
    used = dict.fromkeys([*choices.hidden, choices.output])
    if "gelu" in used:
        page.add()
        page.add("C = np.sqrt(2 / np.pi)")
    as_functions = choices.functions or choices.parameters == "list"
    if as_functions:
        for name in used:
            _activation(page, name, choices)
    (_in_a_loop if choices.parameters == "list" else _line_by_line)(page, choices)
    _example(page, choices)
    return page.finish(choices)


def _activation(page, name, c):
    fill = {"z": "z", "a": "a", "d": "d", "c": int(not c.columns)}
    page.add()
    page.add()
    page.add(f"def {name}(z):")
    page.add(f"    return {VALUES[name].format(**fill)}")
    page.add()
    page.add()
    page.add(f"def {name}_backward(d, z, a):")
    _times_slope(page, name, "d", "d", fill, c, "return ")
    if c.in_place:
        page.add("    return d")


def _times_slope(page, name, target, d, fill, c, start=None):
    """The line, or lines, that bring a gradient from behind an activation to before it."""
    fill = fill | {"d": d}
    start = f"{target} = " if start is None else start
    where = () if start == "return " else (target,)
    if c.in_place and start != "return ":
        page.add(f"    {target} = {d}")
    if name == "identity":
        if not c.in_place:
            page.add(f"    {start}{d}")
    elif name == "softmax" and c.in_place:
        page.add(f"    {target} -= ({target} * {fill['a']}).sum(axis={fill['c']}, keepdims=True)")
        page.add(f"    {target} *= {fill['a']}", (f"{target} *= {fill['a']} * (1 - {fill['a']})", "diagonal", *where))
    elif name == "softmax":
        back, diagonal = SOFTMAX_BACK.format(**fill), f"{d} * {fill['a']} * (1 - {fill['a']})"
        page.add(f"    {start}{back}", (f"{start}{diagonal}", "diagonal", *where), (f"{start}{d}", "none", *where))
    elif c.in_place:
        slips = [(f"{target} *= {slope.format(**fill)}", "slope", *where) for slope in WRONG_SLOPES[name]]
        page.add(f"    {target} *= {SLOPES[name].format(**fill)}", *slips, (f"{target} *= 1", "no slope", *where))
    else:
        slips = [(f"{start}{d} * ({slope.format(**fill)})", "slope", *where) for slope in WRONG_SLOPES[name]]
        slips.append((f"{start}{d}", "no slope", *where))
        page.add(f"    {start}{d} * ({SLOPES[name].format(**fill)})", *slips)


def _layer(c, A, W, b):
    """The text of one layer's linear part."""
    shift = {"none": "", "flat": f" + {b}[:, None]" if c.columns else f" + {b}"}.get(c.bias, f" + {b}")
    if c.columns:
        return f"{W} @ {A}{shift}"
    return f"{A} @ {W}{'.T' if c.out_first else ''}{shift}"


def _products(c, A, W, d):
    """The texts of a layer's gradients: by the weights, by what went in."""
    if c.columns:
        return f"{d} @ {A}.T", f"{W}.T @ {d}"
    if c.out_first:
        return f"{d}.T @ {A}", f"{d} @ {W}"
    return f"{A}.T @ {d}", f"{d} @ {W}.T"


def _bias_sum(c, d, how="sum"):
    return f"{d}.{how}(axis={int(c.columns)}{'' if c.bias == 'flat' else ', keepdims=True'})"


def _loss(page, c, d):
    """The loss, and its derivative; by the output's input where it is combined."""
    value, slope, wrong = LOSSES[c.loss]
    if c.integers:
        labels = "Y, np.arange(N)" if c.columns else "np.arange(N), Y"
        page.add(f"    L = -np.log(out[{labels}]).sum() / N")
        page.add(f"    {d} = out.copy()")
        page.add(f"    {d}[{labels}] -= 1", (f"{d}[{labels}] = -1", "label"), (f"{d}[{labels}] += 1", "label"))
        page.add(f"    {d} /= N", (f"{d} /= 2 * N", "factor", d))
        return
    page.add(f"    L = {value}")
    if c.combined:
        slope, wrong = "(out - Y) / N", ("(Y - out) / N", "(out - Y) * out * (1 - out) / N", "out - Y")
    page.add(f"    {d} = {slope}", *((f"{d} = {text}", "loss", d) for text in wrong))


def _signature(c):
    W, b = c.names
    layers = range(1, len(c.widths))
    if c.parameters == "dict":
        return ["params"]
    if c.parameters == "list":
        return [f"{W}s"] + ([f"{b}s"] if c.bias != "none" else [])
    if c.bias == "none":
        return [f"{W}{i}" for i in layers]
    if c.weights_first:
        return [f"{W}{i}" for i in layers] + [f"{b}{i}" for i in layers]
    return [f"{name}{i}" for i in layers for name in (W, b)]


def _line_by_line(page, c):
    depth, axis = len(c.widths) - 1, int(not c.columns)
    W, b = c.names
    place = (lambda name: f'params["{name}"]') if c.parameters == "dict" else str
    page.add()
    page.add()
    page.add(f"def gradients(X, Y, {', '.join(_signature(c))}):")
    page.add(f"    N = X.shape[{int(c.columns)}]")
    activations = [*c.hidden, c.output]
    came_out = ["X", *(f"a{i}" for i in range(1, depth)), "out"]
    for i, name in enumerate(activations, 1):
        page.add(f"    z{i} = {_layer(c, came_out[i - 1], place(f'{W}{i}'), place(f'{b}{i}'))}")
        value = f"{name}(z{i})" if c.functions else VALUES[name].format(z=f"z{i}", c=axis)
        page.add(f"    {came_out[i]} = {value}")
    _loss(page, c, f"dz{depth}" if c.combined else "d_out")
    for i in range(depth, 0, -1):
        fill = {"z": f"z{i}", "a": came_out[i], "c": axis}
        behind = "d_out" if i == depth else f"da{i}"
        if not (i == depth and c.combined):
            if c.functions:
                call = f"dz{i} = {activations[i - 1]}_backward({behind}, z{i}, {came_out[i]})"
                mixed = f"dz{i} = {activations[i - 1]}_backward({behind}, {came_out[i]}, z{i})"
                page.add(f"    {call}", (mixed, "z for a", f"dz{i}"), (f"dz{i} = {behind}", "no slope", f"dz{i}"))
            else:
                _times_slope(page, activations[i - 1], f"dz{i}", behind, fill, c)
        by_weights, by_input = _products(c, came_out[i - 1], place(f"{W}{i}"), f"dz{i}")
        slips = []
        if i > 1:
            slips.append((f"d{W}{i} = {_products(c, f'z{i - 1}', '', f'dz{i}')[0]}", "z for a"))
        page.add(f"    d{W}{i} = {by_weights}", *slips, (f"d{W}{i} = 2 * ({by_weights})", "factor"))
        if c.bias != "none":
            slip = (f"d{b}{i} = {_bias_sum(c, f'dz{i}', 'mean')}", "mean")
            page.add(f"    d{b}{i} = {_bias_sum(c, f'dz{i}')}", slip)
        if i > 1:
            wrong = _products(c, "", f"d{W}{i}", f"dz{i}")[1]
            page.add(f"    da{i - 1} = {by_input}", (f"da{i - 1} = {wrong}", "dW for W"))
    names = [
        name for i in range(1, depth + 1) for name in ((f"{W}{i}", f"{b}{i}") if c.bias != "none" else (f"{W}{i}",))
    ]
    _return(page, c, names if c.parameters == "dict" else _signature(c))


def _return(page, c, names):
    gradients = ", ".join(f"d{name}" for name in names)
    if c.returned == "dict" or c.parameters == "dict":
        entries = ", ".join(f'"{name}": d{name}' for name in names)
        page.add(f"    return L, {{{entries}}}")
    elif c.returned == "tuple":
        page.add(f"    return L, ({gradients}{',' if len(names) == 1 else ''})")
    else:
        page.add(f"    return L, {gradients}")


def _in_a_loop(page, c):
    W, b = _signature(c) if c.bias != "none" else (*_signature(c), "")
    hidden = c.hidden[0] if c.hidden else c.output
    page.add()
    page.add()
    page.add(f"def gradients(X, Y, {', '.join(_signature(c))}):")
    page.add(f"    N, depth = X.shape[{int(c.columns)}], len({W})")
    page.add("    zs, outputs = [], [X]")
    page.add("    for i in range(depth):")
    page.add(f"        z = {_layer(c, 'outputs[i]', f'{W}[i]', f'{b}[i]')}")
    page.add("        zs.append(z)")
    page.add(f"        outputs.append({hidden}(z) if i < depth - 1 else {c.output}(z))")
    page.add("    out = outputs[-1]")
    _loss(page, c, "d")
    if not c.combined:
        page.add(f"    d = {c.output}_backward(d, zs[-1], out)", ("d = d * 1", "no slope", "d"))
    for name in _signature(c):
        page.add(f"    d{name} = [{'np.zeros_like(p)' if c.in_place else 'None'} for p in {name}]")
    into = "[...] =" if c.in_place else " ="
    by_weights, by_input = _products(c, "outputs[i]", f"{W}[i]", "d")
    page.add("    for i in reversed(range(depth)):")
    page.add(f"        d{W}[i]{into} {by_weights}", (f"d{W}[i]{into} 2 * ({by_weights})", "factor"))
    if c.bias != "none":
        page.add(f"        d{b}[i]{into} {_bias_sum(c, 'd')}", (f"d{b}[i]{into} {_bias_sum(c, 'd', 'mean')}", "mean"))
    page.add("        if i > 0:")
    page.add(f"            d = {by_input}", (f"d = {_products(c, '', f'd{W}[i]', 'd')[1]}", "dW for W"))
    slips = ("d = d * 1", "no slope"), (f"d = {hidden}_backward(d, outputs[i], zs[i - 1])", "z for a")
    page.add(f"            d = {hidden}_backward(d, zs[i - 1], outputs[i])", *slips)
    _return(page, c, _signature(c))


def _example(page, c):
    turned = c.columns or c.out_first
    W, b = c.names
    size = lambda n: f"({n}, {c.samples})" if c.columns else f"({c.samples}, {n})"
    arrays = {}
    for i, (d_in, d) in enumerate(pairwise(c.widths), 1):
        arrays[f"{W}{i}"] = (d, d_in) if turned else (d_in, d)
        arrays[f"{b}{i}"] = {"flat": f"{d}", "row": (1, d), "column": (d, 1), "none": ""}[c.bias]
    d_out = c.widths[-1]
    Y = f"rng.normal(size={size(d_out)})"
    if c.loss == "bce":
        Y = f"rng.integers(0, 2, size={size(d_out)}) * 1.0"
    if c.loss == "softmax-ce":
        labels = f"rng.integers(0, {d_out}, size={c.samples})"
        Y = labels if c.integers else f"np.eye({d_out})[{labels}]{'.T' if c.columns else ''}"
    drawn = {name: f"rng.normal(size={shape})" for name, shape in arrays.items() if shape != ""}
    page.add()
    page.add()
    page.add("def example(rng):")
    page.add(f'    arguments = {{"X": rng.normal(size={size(c.widths[0])}), "Y": {Y}}}')
    if c.parameters == "dict":
        page.add(f'    arguments["params"] = {{{", ".join(f"{name!r}: {value}" for name, value in drawn.items())}}}')
    elif c.parameters == "list":
        for name in _signature(c):
            entries = [value for key, value in drawn.items() if key.startswith(name[:-1])]
            page.add(f'    arguments["{name}"] = [{", ".join(entries)}]')
    else:
        for name in _signature(c):
            page.add(f'    arguments["{name}"] = {drawn[name]}')
    page.add("    return arguments")
