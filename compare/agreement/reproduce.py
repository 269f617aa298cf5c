"""A rejection as a few lines of Python that anybody can run: numbers to the last bit, as hexadecimal floats."""

from fourfold.compare.columns.questions import WHOLE
from fourfold.compare.judge.formats import carrier
from fourfold.compare.judge.quantities import DEEP, kind_of, layer_of, parameter_names, shown

LONGEST = 2000  # numbers; beyond that a script is no longer something to look at

CALLS = {
    "trace": "T = column.trace(X, Y, {W}, {activation})\nvalue = column.to_numpy(T{which}){index}",
    "forward": "outputs = column.forward(X, {W}, {activation})\nvalue = column.to_numpy(outputs{which}){index}",
    "loss": "*_, Y_hat = column.forward(X, {W}, {activation})\n"
    "value = column.to_numpy(column.loss(Y_hat, Y){which}){index}",
    "gradients": "outputs = column.gradients(X, Y, {W}, {activation})\nvalue = column.to_numpy(outputs{which}){index}",
    "step": "outputs = column.step(X, Y, {W}, {lr}, {activation})\nvalue = column.to_numpy(outputs{which}){index}",
    "train": "path = column.train(X, Y, {W}, {lr}, {steps}, {activation})\n"
    "value = column.to_numpy(path{which})[-1]{index}",
}


def of_function(function, column, p, parameters, quantity, index, exact, steps=1, able=WHOLE):
    """A script that calls one function at one seed's parameters, and prints a quantity it gives beside the exact value.

    `steps` is how many `train` makes, the last of which shows it; `able` are the column's Abilities. "" where there are
    too many numbers.
    """
    depth = len(p.activations)
    names = parameter_names(depth, len(parameters))
    arrays = {"X": p.X, "Y": p.Y, **dict(zip(names, parameters, strict=True))}
    if sum(Z.size for Z in arrays.values()) > LONGEST:
        return ""
    W, activation = ", ".join(names), repr(p.activation)
    if p.row == DEEP:
        W, activation = f"{_tuple(names[:depth])}, {_tuple(names[depth:])}", repr(p.activations)
    entry = f"[{', '.join(map(str, index))}]" if len(index) else ""
    which = _place(function, quantity, p.row)
    call = CALLS[function].format(W=W, activation=activation, index=entry, lr=repr(p.lr), steps=steps, which=which)
    return _script(column, able, p, arrays, call, exact)


def _tuple(names):
    return f"({', '.join(names)},)" if names else "()"


def _place(function, quantity, row):
    """Where in what a function gives a quantity is."""
    name = shown(quantity, row)
    if function == "trace":
        return f".named()[{name!r}]" if row == DEEP else f".{name}"
    if function == "gradients":
        return _place_in_gradients(quantity, row)
    if quantity in {"Y_hat", "L"}:
        return "[-1]"
    if quantity == "R":
        return "[0]"
    if row == DEEP:
        first = kind_of(quantity) in {"H", "W"}
        return f"[{0 if first else 1}][{layer_of(quantity) - 1}]"
    return f"[{0 if name in {'H', 'W1'} else 1}]"


def _place_in_gradients(quantity, row):
    if quantity == "L":
        return "[0]"
    layer = layer_of(quantity)
    if row != DEEP:
        return f"[{layer}]"
    return f"[{1 if kind_of(quantity) == 'dL_dW' else 2}][{layer - 1}]"


def _script(column, able, p, arrays, call, exact):
    row = f", {p.row!r}" if p.row == DEEP else ""
    load = ("from fourfold import impls", f"column = impls.load({column!r}{row})")
    if able != WHOLE:
        imported = "from fourfold.compare.columns import complete"
        load = (imported, f"column, _ = complete.load({column!r}, {p.row!r})")
    held = carrier(p.dtype)
    lines = [
        "import numpy as np",
        load[0],
        "",
        load[1],
        "numbers = lambda text: np.array([float.fromhex(x) for x in text.split()])",
        f'native = lambda text, *shape: column.array(numbers(text).reshape(shape).astype("{held}"), "{p.dtype}")',
    ]
    for name, Z in arrays.items():
        text = " ".join(float(x).hex() for x in Z.ravel())
        lines.append(f'{name} = native("{text}", {", ".join(map(str, Z.shape))})')
    lines.append(call)
    lines.append(f'print("got  ", float(value), "\\nexact", {float(exact)!r})')
    return "\n".join(lines) + "\n"
