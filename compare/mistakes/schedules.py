"""Mistakes that only a run shows: schedules, patience, what begins late, what is averaged over the steps."""

from fourfold.compare.mistakes import loops, right, right_deep
from fourfold.compare.mistakes.deep import deep
from fourfold.compare.mistakes.mistake import mistake

WHOLE_RUN = "whole-run"

PLATEAU = """\
    path, best, waited = [], np.inf, 0
    for _ in range(steps):
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        best, waited = (L.sum(), 0) if L.sum() < best * (1 - 1e-4) else (best, waited + 1)
        if waited > 10:
            lr, waited = 0.1 * lr, 0
        path.append((W1, W2, L))"""
PATIENCE = """\
    path, best, waited = [], np.inf, 0
    for _ in range(steps):
        old = W1, W2
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        best, waited = (L.sum(), 0) if L.sum() < best - 1e-4 else (best, waited + 1)
        W1, W2 = old if waited >= 10 else (W1, W2)
        path.append((W1, W2, L))"""
UNDONE = """\
    path, best = [], np.inf
    for _ in range(steps):
        old = W1, W2
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        W1, W2 = (W1, W2) if L.sum() <= best else old
        best = min(best, L.sum())
        path.append((W1, W2, L))"""
BOLD = """\
    path = []
    for _ in range(steps):
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        lr = lr if not path else 1.05 * lr if L.sum() < path[-1][2].sum() else 0.5 * lr
        path.append((W1, W2, L))"""
LATE_MOMENTUM = "            d = state[k] = (0.9 if t > 100 else 0) * state[k] + g\n"
GROWING_MOMENTUM = "            d = state[k] = min(0.9, 0.001 * t) * state[k] + g\n"
TWO_AT_A_TIME = """\
            d = (state[k] + g) / 2 if t % 2 == 0 else 0
            state[k] = g
"""
AVERAGED = """\
    path, mean = [], (W1, W2)
    for _ in range(steps):
        W1, W2, L = step(X, Y, W1, W2, lr, activation)
        mean = tuple(0.99 * M + 0.01 * W for M, W in zip(mean, (W1, W2), strict=True))
        path.append((*mean, L))"""
NOISE = """\
        noise = lambda W: 1e-3 * np.random.default_rng(t).standard_normal(W.shape).astype(W.dtype)
        W1, W2 = W1 - lr * noise(W1), W2 - lr * noise(W2)"""
DEEP_PATIENCE = """\
    path, best, waited = [], np.inf, 0
    for _ in range(steps):
        old = W, b
        W, b, L = step(X, Y, W, b, lr, activations)
        best, waited = (L.sum(), 0) if L.sum() < best - 1e-4 else (best, waited + 1)
        W, b = old if waited >= 10 else (W, b)
        path.append((*W, *b, L))"""


def schedule(factor):
    """NumPy's loop with a rate that depends on the number t of the step."""
    return loops.counted("lr,", f"lr * {factor},")


def scheduled(scheduler):
    """PyTorch's with one of its schedulers of the rate."""
    return loops.torch_loop("SGD((W1, W2), lr)", scheduler=scheduler)


# fmt: off
# A few lines a mistake: its name and what it breaks first; why people make it; the text, right and wrong, by column.
SCHEDULES = (
    mistake("rate divided by ten after 1,000 steps", "every W2", case=WHOLE_RUN, equation="E24",
        why="A step decay is left on, and no short run reaches it.",
        numpy=schedule("0.1 ** (t // 1000)"),
        torch=scheduled("StepLR(optimizer, 1000, 0.1)")),
    mistake("rate decayed every hundred steps", "every W2", case=WHOLE_RUN, equation="E24",
        why="A staircase decay is left on.",
        numpy=schedule("0.96 ** (t // 100)"),
        torch=scheduled("StepLR(optimizer, 100, 0.96)")),
    mistake("rate decayed by a thousandth a step", "every W2", equation="E24",
        why="An exponential schedule is left switched on.",
        numpy=schedule("0.999**t"),
        torch=scheduled("ExponentialLR(optimizer, 0.999)")),
    mistake("rate along a cosine", "every W2", equation="E24",
        why="Cosine annealing ends at a rate of 0.",
        numpy=schedule("(0.5 + 0.5 * np.cos(np.pi * t / steps)).item()"),
        torch=scheduled("CosineAnnealingLR(optimizer, steps)")),
    mistake("rate falls to 0 along a line", "every W2", equation="E24",
        why="A linear schedule ends at a rate of 0.",
        numpy=schedule("(1 - t / steps)"),
        torch=scheduled("LambdaLR(optimizer, lambda t: 1 - t / steps)")),
    mistake("rate warms up", "every W2", equation="E24",
        why="The first hundred steps are smaller, as large networks need.",
        numpy=schedule("min(1, (t + 1) / 100)"),
        torch=scheduled("LambdaLR(optimizer, lambda t: min(1, (t + 1) / 100))")),
    mistake("rate goes up and down", "every W2", equation="E24",
        why="A cyclic schedule is left switched on.",
        numpy=schedule("(1.5 - abs(t % 200 - 100) / 100)")),
    mistake("rate halved at half time", "every W2", equation="E24",
        why="A milestone is set at half of the steps, however many there are.",
        numpy=schedule("(0.5 if t > 0 and 2 * t >= steps else 1)")),
    mistake("rate reduced on a plateau", "every W2", case="chaotic", equation="E24",
        why="ReduceLROnPlateau waits ten steps for the loss to fall by a ten-thousandth.",
        numpy=(right.train, PLATEAU),
        torch=loops.torch_loop("SGD((W1, W2), lr)", scheduler="ReduceLROnPlateau(optimizer)", watched="L.sum()")),
    mistake("patience", "every W2", case=WHOLE_RUN, equation="E24",
        why="Early stopping waits ten steps for the loss to fall by 0.0001.",
        numpy=(right.train, PATIENCE)),
    mistake("step undone where the loss has grown", "every W2", case="chaotic", equation="E24",
        why="The best weights so far are kept, and a step that made the loss worse is undone.",
        numpy=(right.train, UNDONE)),
    mistake("rate raised while the loss falls", "every W2", equation="E24",
        why="The rate is adapted to the loss.",
        numpy=(right.train, BOLD)),
    mistake("momentum from the hundredth step", "every W2", case=WHOLE_RUN, equation="E24",
        why="Momentum is switched on once the first, wild steps are over.",
        numpy=loops.numpy_loop(LATE_MOMENTUM, "[0, 0]")),
    mistake("momentum that grows", "every W2", equation="E24",
        why="Momentum has a schedule of its own.",
        numpy=loops.numpy_loop(GROWING_MOMENTUM, "[0, 0]")),
    mistake("gradients of two steps gathered", "every W2", equation="E24",
        why="Gradient accumulation makes one large batch from small ones; here every step is a batch.",
        numpy=loops.numpy_loop(TWO_AT_A_TIME, "[0, 0]")),
    mistake("weights averaged over the steps", "every W2", equation="E24",
        why="The moving average is for evaluation, but it is stored as the weights.",
        numpy=(right.train, AVERAGED)),
    mistake("noise in the weights", "every W2", equation="E24",
        why="A little noise is said to help training out of flat places.",
        numpy=loops.after_counted_step(NOISE.lstrip())),
    mistake("weights dropped in training", "every W2", equation="E24",
        why="DropConnect is left switched on.",
        numpy=loops.after_counted_step("W2 = W2 * (np.random.default_rng(t).random(W2.shape) < 0.99)")),
    mistake("weights clipped at 3", "every W2", case=WHOLE_RUN, equation="E24",
        why="A constraint that no short run reaches is left in the loop.",
        numpy=loops.before_keeping("W2 = np.clip(W2, -3, 3)")),
    mistake("loss logged every hundredth step", "every L", equation="E24",
        why="The last logged value is repeated in between.",
        numpy=loops.after_counted_step("L = L if t % 100 == 0 else path[-1][2]")),
    mistake("every hundredth step for validation", "every W2", case=WHOLE_RUN, equation="E24",
        why="The network is evaluated then, and the step is left out.",
        numpy=loops.after_counted_step("W1, W2 = (W1, W2) if t % 100 < 99 else path[-1][:2]")),
    mistake("checkpoint in float32 every hundredth step", "every W2", case=WHOLE_RUN, equation="E24",
        why="Training goes on from a checkpoint, which was saved in float32.",
        numpy=loops.after_counted_step("W2 = W2 if t % 100 < 99 else W2.astype('f4').astype(W2.dtype)")),
    mistake("set back after 1,000 steps", "every W2", case=WHOLE_RUN, equation="E24",
        why="A new epoch creates the network again.",
        numpy=loops.after_counted_step("W1, W2 = (W1, W2) if t != 1000 else path[0][:2]")),
)

DEEP_SCHEDULES = (
    deep("every layer's rate divided by ten after 1,000 steps", "every W3", case=f"deep-{WHOLE_RUN}", equation="E24",
        why="A step decay is left on, and no short run reaches it.",
        numpy=loops.deep_counted("lr,", "lr * 0.1 ** (t // 1000),")),
    deep("every layer's rate along a cosine", "every W3", equation="E24",
        why="Cosine annealing ends at a rate of 0.",
        numpy=loops.deep_counted("lr,", "lr * (0.5 + 0.5 * np.cos(np.pi * t / steps)).item(),")),
    deep("every layer's rate warms up", "every W3", equation="E24",
        why="The first hundred steps are smaller, as large networks need.",
        numpy=loops.deep_counted("lr,", "lr * min(1, (t + 1) / 100),")),
    deep("momentum in every layer from the hundredth step", "every W3", case=f"deep-{WHOLE_RUN}", equation="E24",
        why="Momentum is switched on once the first, wild steps are over.",
        numpy=loops.deep_numpy_loop("(0.9 if len(path) >= 100 else 0) * V_k + dL_dZ")),
    deep("patience with every layer", "every W3", case=f"deep-{WHOLE_RUN}", equation="E24",
        why="Early stopping waits ten steps for the loss to fall by 0.0001.",
        numpy=(right_deep.train, DEEP_PATIENCE)),
)
