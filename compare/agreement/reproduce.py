"""A rejection as a few lines of Python that anybody can run: numbers to the last bit, as hexadecimal floats."""

from fourfold.compare.judge.quantities import parameter_names

LONGEST = 2000  # numbers; beyond that a script is no longer something to look at


CALLS = {
    "trace": "T = column.trace(X, Y, {W}, {activation})\nvalue = column.to_numpy(T{which}){index}",
    "forward": "found = column.forward(X, {W}, {activation})\nvalue = column.to_numpy(found{which}){index}",
    "loss": "*_, Y_hat = column.forward(X, {W}, {activation})\n"
    "value = column.to_numpy(column.loss(Y_hat, Y){which}){index}",
    "step": "found = column.step(X, Y, {W}, {lr}, {activation})\nvalue = column.to_numpy(found{which}){index}",
    "train": "path = column.train(X, Y, {W}, {lr}, {steps}, {activation})\n"
    "value = column.to_numpy(path{which})[-1]{index}",
}


def of_function(function, column, p, parameters, quantity, index, exact, steps=1):
    """A script that calls one function at one seed's parameters, and prints a quantity it gives beside the exact value.

    `steps` is how many `train` makes, the last of which shows it.
    """
    names = parameter_names(parameters, p)
    K = len(p.activations)
    W, activation = "W1, W2", repr(p.activation)
    if p.row == "deep":
        own = lambda some: f"({', '.join(some)},)" if some else "()"
        W, activation = f"{own(names[:K])}, {own(names[K:])}", repr(p.activations)
    which, entry = _place(function, quantity, p.row), f"[{', '.join(map(str, index))}]" if len(index) else ""
    call = CALLS[function].format(W=W, activation=activation, index=entry, lr=repr(p.lr), steps=steps, which=which)
    return _script(column, p, dict(zip(names, parameters, strict=True)), call, exact)


def _place(function, quantity, row):
    """Where in what a function gives a quantity is."""
    if function == "trace":
        return f".{quantity}" if row == "two_layer" else f".named()[{quantity!r}]"
    if quantity in {"Y_hat", "L"}:
        return "[-1]"
    first = quantity in {"R", "H", "W1"} if row == "two_layer" else quantity[0] in "RHW"
    return f"[{0 if first else 1}]" + (f"[{int(quantity[1:]) - 1}]" if row == "deep" and quantity != "R" else "")


def _script(column, p, parameters, call, exact):
    arrays = {"X": p.X, "Y": p.Y, **parameters}
    if sum(Z.size for Z in arrays.values()) > LONGEST:
        return ""
    row = "" if p.row == "two_layer" else f", {p.row!r}"
    lines = ["import numpy as np", "from fourfold import impls", "", f"column = impls.load({column!r}{row})"]
    lines += [
        "numbers = lambda text: np.array([float.fromhex(x) for x in text.split()])",
        f'native = lambda text, *shape: column.array(numbers(text).reshape(shape).astype("{p.dtype}"), "{p.dtype}")',
    ]
    for name, Z in arrays.items():
        text = " ".join(float(x).hex() for x in Z.ravel())
        lines.append(f'{name} = native("{text}", {", ".join(map(str, Z.shape))})')
    lines.append(call)
    lines.append(f'print("got  ", float(value).hex(), "\\nexact", {float(exact).hex()!r})')
    return "\n".join(lines) + "\n"
