"""A rejection as a few lines of Python that anybody can run: numbers to the last bit, as hexadecimal floats."""

LONGEST = 2000  # numbers; beyond that a script is no longer something to look at


CALLS = {
    "trace": "T = column.trace(X, Y, W1, W2, {activation})\nvalue = column.to_numpy(T.{quantity}){index}",
    "forward": "found = column.forward(X, W1, W2, {activation})\nvalue = column.to_numpy(found[{which}]){index}",
    "loss": "*_, Y_hat = column.forward(X, W1, W2, {activation})\n"
    "value = column.to_numpy(column.loss(Y_hat, Y)[{which}]){index}",
    "step": "found = column.step(X, Y, W1, W2, {lr}, {activation})\nvalue = column.to_numpy(found[{which}]){index}",
    "train": "path = column.train(X, Y, W1, W2, {lr}, 1, {activation})\n"
    "value = column.to_numpy(path[{which}])[0]{index}",
}
PLACES = {
    "forward": {"H": 0, "A": 1, "Y_hat": 2},
    "loss": {"R": 0, "L": 1},
    "step": {"W1": 0, "W2": 1, "L": 2},
    "train": {"W1": 0, "W2": 1, "L": 2},
}


def of_function(function, column, p, W1, W2, quantity, index, exact):
    """A script that calls one function at one seed's weights, and prints a quantity it gives beside the exact value."""
    return _script(column, p, W1, W2, CALLS[function], quantity, index, exact, PLACES.get(function, {}).get(quantity))


def of_run(column, p, W1, W2, quantity, index, exact, step):
    """The same for `train`, from the first weights up to the rejected step."""
    call = f"path = column.train(X, Y, W1, W2, {{lr}}, {step + 1}, {{activation}})\n"
    call += "value = column.to_numpy(path[{which}])[-1]{index}"
    return _script(column, p, W1, W2, call, quantity, index, exact, PLACES["train"][quantity])


def _script(column, p, W1, W2, call, quantity, index, exact, which):
    arrays = {"X": p.X, "Y": p.Y, "W1": W1, "W2": W2}
    if sum(Z.size for Z in arrays.values()) > LONGEST:
        return ""
    entry = f"[{', '.join(map(str, index))}]" if len(index) else ""
    lines = ["import numpy as np", "import impls", "", f"column = impls.load({column!r})"]
    lines += [
        "numbers = lambda text: np.array([float.fromhex(x) for x in text.split()])",
        f'native = lambda text, *shape: column.array(numbers(text).reshape(shape).astype("{p.dtype}"), "{p.dtype}")',
    ]
    for name, Z in arrays.items():
        text = " ".join(float(x).hex() for x in Z.ravel())
        lines.append(f'{name} = native("{text}", {", ".join(map(str, Z.shape))})')
    lines.append(call.format(activation=repr(p.activation), quantity=quantity, index=entry, lr=repr(p.lr), which=which))
    lines.append(f'print("got  ", float(value).hex(), "\\nexact", {float(exact).hex()!r})')
    return "\n".join(lines) + "\n"
