"""A rejection as a few lines of Python that anybody can run: numbers to the last bit, as hexadecimal floats."""

LONGEST = 2000  # numbers; beyond that a script is no longer something to look at


def of_trace(column, p, W1, W2, quantity, index, exact):
    """A script that evaluates one quantity at one seed's weights and prints it beside the exact value."""
    call = "T = column.trace(X, Y, W1, W2, {activation})\nvalue = column.to_numpy(T.{quantity}){index}"
    return _script(column, p, W1, W2, call, quantity, index, exact)


def of_step(column, p, W1, W2, quantity, index, exact):
    """The same for the loss or the weights that one step of `train` gives."""
    call = "path = column.train(X, Y, W1, W2, {lr}, 1, {activation})\nvalue = column.to_numpy(path[{which}])[0]{index}"
    return _script(column, p, W1, W2, call, quantity, index, exact)


def of_run(column, p, W1, W2, quantity, index, exact, step):
    """The same for `train` from the first weights up to the rejected step."""
    call = f"path = column.train(X, Y, W1, W2, {{lr}}, {step + 1}, {{activation}})\n"
    call += "value = column.to_numpy(path[{which}])[-1]{index}"
    return _script(column, p, W1, W2, call, quantity, index, exact)


def _script(column, p, W1, W2, call, quantity, index, exact):
    arrays = {"X": p.X, "Y": p.Y, "W1": W1, "W2": W2}
    if sum(Z.size for Z in arrays.values()) > LONGEST:
        return ""
    which = {"W1": 0, "W2": 1, "L": 2}.get(quantity)
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
