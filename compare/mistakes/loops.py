"""Mistakes in the text of a training loop: (right, wrong) where a line is added, or the whole loop is another one."""

from fourfold.compare.mistakes import right, right_deep

# The loop of `train` with a number for every step.
COUNTED = right.each_step.replace("for _ in", "for t in")


def counted(old, new):
    """What `step` is given, changed with the number t of the step."""
    return right.each_step, COUNTED.replace(old, new)


def after_step(line):
    return right.each_step, f"{right.each_step}        {line}\n"


def after_counted_step(line):
    """The same of a line with the number t of the step in it."""
    return right.each_step, f"{COUNTED}        {line}\n"


def before_keeping(line):
    return right.keep, f"        {line}\n{right.keep}"


def deep_counted(old, new):
    """The same in the row of any depth."""
    return right_deep.each_step, right_deep.each_step.replace("for _ in", "for t in").replace(old, new)


WHOLE_BATCH = """\
        _, L = loss(forward(X, W1, W2, activation)[-1], Y)
        L.sum().backward()
"""


ZEROED = "        optimizer.zero_grad()\n"


def torch_loop(optimizer, clip="", zero=ZEROED, scheduler="", watched="", passes=WHOLE_BATCH, L="L.detach()"):
    """PyTorch's with one of its optimisers; `passes` are forward and back, and `clip` is a line after them.

    `scheduler` is one of the rate, and `watched` what it is told after every step; L is what is kept of the loss.
    """
    start = f"    scheduler = torch.optim.lr_scheduler.{scheduler}\n" if scheduler else ""
    tell = f"        scheduler.step({watched})\n" if scheduler else ""
    loop = f"""\
    W1, W2 = (W.clone().requires_grad_() for W in (W1, W2))
    optimizer = torch.optim.{optimizer}
{start}\
    path = []
    for _ in range(steps):
{zero}{passes}{clip}        optimizer.step()
{tell}        path.append((W1.detach().clone(), W2.detach().clone(), {L}))"""
    return right.train, loop


def deep_torch_loop(optimizer, zero=ZEROED):
    """The same of any depth."""
    loop = f"""\
    W, b = (tuple(Z.clone().requires_grad_() for Z in Zs) for Zs in (W, b))
    optimizer = torch.optim.{optimizer}
    path = []
    for _ in range(steps):
{zero}        _, L = loss(forward(X, W, b, activations)[-1], Y)
        L.sum().backward()
        optimizer.step()
        path.append((*(Z.detach().clone() for Z in (*W, *b)), L.detach()))"""
    return right_deep.train, loop


def numpy_loop(direction, start):
    """NumPy's: `direction` makes the update d of gradient g and state; `start` is the state before the first step."""
    loop = f"""\
    path, state = [], {start}
    for t in range(1, steps + 1):
        T = trace(X, Y, W1, W2, activation)
        new, d = [], []
        for k, (W, g) in enumerate(((W1, T.dL_dW1), (W2, T.dL_dW2))):
{direction}            new.append(W - lr * d)
        W1, W2 = new
        path.append((W1, W2, T.L))"""
    return right.train, loop


MOMENTUM = "            d = state[k] = 0.9 * state[k] + g\n"
NESTEROV = """\
            state[k] = 0.9 * state[k] + g
            d = g + 0.9 * state[k]
"""
AVERAGE = "            d = state[k] = 0.9 * state[k] + 0.1 * g\n"
DAMPENED = "            d = state[k] = g if t == 1 else 0.9 * state[k] + 0.1 * g\n"
ADAM = """\
            m, v = state[k] = 0.9 * state[k][0] + 0.1 * g, 0.999 * state[k][1] + 0.001 * g * g
            d = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
"""
RMSPROP = """\
            state[k] = 0.99 * state[k] + 0.01 * g * g
            d = g / (np.sqrt(state[k]) + 1e-8)
"""
ACCUMULATED = "            d = state[k] = state[k] + g\n"

STALE = """\
    path, old = [], trace(X, Y, W1, W2, activation)
    for _ in range(steps):
        T = trace(X, Y, W1, W2, activation)
        W1, W2, old = W1 - lr * old.dL_dW1, W2 - lr * old.dL_dW2, T
        path.append((W1, W2, T.L))"""

STOPPED = """\
    path = []
    for _ in range(steps):
        old = W1, W2
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        W1, W2 = (W1, W2) if L.mean() > 0.5 else old
"""

LOGGED_BEFORE = f"""\
        old = W1, W2
{right.one_step}        path.append((*old, L))"""

IN_PLACE = right.each_step.replace("W1, W2, L =", "W1[:], W2[:], L =")


def one_array(copy):
    """The update in place, in one array for all steps; `copy` is the framework's method that makes it."""
    return IN_PLACE.replace("path = []", f"path, W1, W2 = [], W1.{copy}(), W2.{copy}()")


def aliased(copy):
    """The update in place, in the caller's arrays."""
    return f"{IN_PLACE}        path.append((W1.{copy}(), W2.{copy}(), L))"


def deep_numpy_loop(velocity):
    """NumPy's of any depth; `velocity` makes the update V_k of one array from the update before and the gradient."""
    loop = f"""\
    path, V = [], [0] * len(W + b)
    for _ in range(steps):
        T = trace(X, Y, W, b, activations)
        V = [{velocity} for V_k, dL_dZ in zip(V, T.dL_dW + T.dL_db, strict=True)]
        Z, L = [Z_k - lr * V_k for Z_k, V_k in zip(W + b, V, strict=True)], T.L
        W, b = tuple(Z[: len(W)]), tuple(Z[len(W) :])
{right_deep.keep}"""
    return right_deep.train, loop
