"""Mistakes in what a step makes of gradients, planted in impls/optimizers; U1 ... U11 are the equations there.

A run by an optimiser shows them: `update` is what --update asks for, on the case.
"""

from fourfold.compare.mistakes.mistake import OPTIMIZERS, mistake

# Text of the NumPy column
VELOCITY = "    u = momentum * state[0] - lr * g\n"
OF_MOMENTUM = "def momentum(w, g, state, t, lr, momentum):\n"
MOMENTUM = f"{OF_MOMENTUM}{VELOCITY}"
HEAVY_STEP = "return w + u, (u,)"
NESTEROV = "w + momentum * u - lr * g"
SQUARES = "v = rho * state[0] + (1 - rho) * g**2"
RMSPROP = "np.sqrt(v + eps)"
M = "m = beta1 * state[0] + (1 - beta1) * g\n"
V = "v = beta2 * state[1] + (1 - beta2) * g**2"
CORRECTED = "m / (1 - beta1**t), v / (1 - beta2**t)"
ADAM = "m_hat / (np.sqrt(v_hat) + eps)"
KEPT_OF_ADAM = "(np.sqrt(v_hat) + eps), (m, v)"
L2 = "g = g + l2 * w if l2 else g"
DECAY = "return new - lr * decay * w if decay else new, state"
ZEROS = "(np.zeros_like(w_k),) * n for w_k in w]"
FIRST = f"    w, state, path = [*w], [{ZEROS}, []\n"
GRADIENTS = "        L, g = gradients(w)\n"
UPDATE = "update(w[k], g[k], state[k], t)"
# The mistake that shows in a second run alone
GOES_ON = "what the optimiser keeps goes on in the next training"
# One array more is kept and not shown: state[-1], for the rules here that need it
ONE_MORE = (
    ZEROS, ZEROS.replace("* n", "* (n + 1)"),
    "state = [kept[n * k : n * (k + 1)]", "state = [(*kept[n * k : n * (k + 1)], kept[n * (k + 1) - 1])",
    "sum(state, ())", "sum((kept[:n] for kept in state), ())",
)  # fmt: skip
# No mistakes: the choices at each point of judge/updates.POINTS that are not the papers'
CONVENTIONS = {
    "rate-at": (
        f"{VELOCITY}    {HEAVY_STEP}", "    u = momentum * state[0] + g\n    return w - lr * u, (u,)",
        f"{VELOCITY}    return {NESTEROV}", "    u = momentum * state[0] + g\n    return w - lr * (g + momentum * u)",
    ),
    "eps-at": (
        RMSPROP, "(np.sqrt(v) + eps)",
        ADAM, "m_hat / (np.sqrt(v_hat) + eps / np.sqrt(1 - beta2**t))",
    ),
    "decay-by": ("lr * decay * w", "decay * w"),
}  # fmt: skip
# And of the frameworks'
TORCH_SGD = 'SGD(w, lr, s["momentum"], nesterov=name == "nesterov"'
TORCH_RMSPROP = 'RMSprop(w, lr, alpha=s["rho"], eps=s["eps"]'
TORCH_ADAM = 'Adam(w, lr, (s["beta1"], s["beta2"]), s["eps"], l2)'
TORCH_ADAMW = 'AdamW(w, lr, (s["beta1"], s["beta2"]), s["eps"], decay)'
TORCH_STATE = "dict(zip(KEPT[name], state, strict=True))"
TORCH_STEP = "    for _ in range(steps):\n"
JAX_SGD = 's["momentum"], nesterov=name == "nesterov"'
JAX_RMSPROP = 'optax.rmsprop(lr, decay=s["rho"], eps=s["eps"])'
JAX_ADAM = 'optax.adam(lr, s["beta1"], s["beta2"], s["eps"])'
JAX_L2 = "optax.add_decayed_weights(l2)] if l2"
JAX_DECAY = "[optax.add_decayed_weights(-lr * decay)] if decay and name"
TF_SGD = 's["momentum"], nesterov=name == "nesterov"'
TF_DECAY = "decay, s = number(decay) or None"
TF_ADAM = 'keras.Adam(lr, s["beta1"], s["beta2"], s["eps"]'
TF_L2 = "        if l2:\n"
SWAPPED = 's["beta1"], s["beta2"]', 's["beta2"], s["beta1"]'


def by(update, equation, name, quantity, why, **how):
    """A mistake in a run by what --update asks for."""
    return mistake(name, quantity, why=why, equation=equation, update=update, row=OPTIMIZERS, **how)


# fmt: off
MOMENTA = (
    by("momentum", "U4", "momentum's rate twice", "every W2",
        "The rate is in u already, and is multiplied with u once more.",
        numpy=(HEAVY_STEP, "return w + lr * u, (u,)")),
    by("momentum", "U3", "momentum's new part made smaller", "every W2",
        "An average (1 - μ) g, as Adam has it, in the place of g: steps are a tenth as long.",
        numpy=(MOMENTUM, f"{OF_MOMENTUM}    u = momentum * state[0] - (1 - momentum) * lr * g\n")),
    by("momentum", "U3", "momentum's new part made smaller, but for the first", "every W2",
        "torch.optim.SGD has dampening, which begins with the second step.",
        numpy=(MOMENTUM, f"{OF_MOMENTUM}    u = momentum * state[0] - (1 - momentum * (t > 1)) * lr * g\n"),
        torch=(TORCH_SGD, TORCH_SGD.replace("nesterov=", 'dampening=s["momentum"], nesterov='))),
    by("momentum", "U3", "momentum's sign", "every W2",
        "The step before is taken back: u is a step, and it is subtracted as a gradient is.",
        numpy=(MOMENTUM, f"{OF_MOMENTUM}    u = -momentum * state[0] - lr * g\n")),
    by("momentum", "U4", "momentum climbs", "every W2",
        "u has its minus sign already, and is subtracted.",
        numpy=(HEAVY_STEP, "return w - u, (u,)")),
    by("nesterov", "U5", "Nesterov without its look-ahead", "every W2",
        "The weights go on by u alone, which is plain momentum.",
        numpy=(NESTEROV, "w + u"),
        torch=(TORCH_SGD, TORCH_SGD.partition("name ==")[0] + "False"),
        jax=(JAX_SGD, 's["momentum"], nesterov=False'),
        tf=(TF_SGD, 's["momentum"], nesterov=False')),
    by("nesterov", "U5", "Nesterov's μ once too often", "every W2",
        "The form w + μ² u - (1 + μ) λ g is of the u before the step, and is given the new one.",
        numpy=(NESTEROV, "w + momentum**2 * u - (1 + momentum) * lr * g")),
    by("nesterov", "U5", "Nesterov's gradient counted twice", "every W2",
        "The look-ahead is added to a whole step of momentum.",
        numpy=(NESTEROV, "w + u + momentum * u - lr * g")),
)

SQUARED = (
    by("rmsprop", "U6", "RMSProp's v a sum", "every W2",
        "Squares are added up and never forgotten: that is Adagrad.",
        numpy=(SQUARES, "v = state[0] + g**2")),
    by("rmsprop", "U6", "RMSProp's square without its weight", "every W2",
        "1 - ρ is left out, and v is ten times what it should be.",
        numpy=(SQUARES, "v = rho * state[0] + g**2")),
    by("rmsprop", "U6", "RMSProp's weights swapped", "every W2",
        "Other texts call ρ the weight of what is new.",
        numpy=(SQUARES, "v = (1 - rho) * state[0] + rho * g**2")),
    by("rmsprop", "U6", "RMSProp's v begins at 1", "every W2",
        "What is kept begins at 1, as TensorFlow 1 had it, to make the first steps small.",
        numpy=(ZEROS, ZEROS.replace("zeros_like", "ones_like"))),
    by("rmsprop", "U7", "RMSProp with bias correction", "every W2",
        "Adam's correction is put into RMSProp, which has none.",
        numpy=(RMSPROP, "np.sqrt(v / (1 - rho**t) + eps)"),
        jax=(JAX_RMSPROP, 'optax.rmsprop(lr, decay=s["rho"], eps=s["eps"], bias_correction=True)')),
    by("rmsprop", "U7", "RMSProp's v after the step", "every W2",
        "The step divides by the v of the step before, and v is updated afterwards.",
        numpy=(RMSPROP, "np.sqrt(state[0] + eps)")),
    by("rmsprop", "U7", "RMSProp's ε forgotten", "every W2",
        "Nothing keeps the divisor from 0.",
        numpy=(RMSPROP, "np.sqrt(v)")),
    by("rmsprop", "U7", "RMSProp's root forgotten", "every W2",
        "g is divided by v, not by its root.",
        numpy=(RMSPROP, "(v + eps)")),
    by("rmsprop", "U7", "RMSProp centred", "every W2",
        "The square of the mean gradient is taken from v: an option of the frameworks.",
        numpy=(*ONE_MORE,
               "(v + eps), (v,)", "(v - mean**2 + eps), (v, mean)",
               SQUARES, f"mean = rho * state[1] + (1 - rho) * g\n    {SQUARES}"),
        jax=(JAX_RMSPROP, 'optax.rmsprop(lr, decay=s["rho"], eps=s["eps"], centered=True)')),
)

MOMENTS = (
    by("adam", "U10", "Adam's bias correction forgotten", "every W2",
        "m and v themselves are used: they begin at 0 and are too small at first, m more than √v.",
        numpy=(CORRECTED, "m, v")),
    by("adam", "U10", "Adam's bias correction of m forgotten", "every W2",
        "m is used in the place of m̂.",
        numpy=(CORRECTED, "m, v / (1 - beta2**t)")),
    by("adam", "U10", "Adam's bias correction of v forgotten", "every W2",
        "v is used in the place of v̂.",
        numpy=(CORRECTED, "m / (1 - beta1**t), v")),
    by("adam", "U10", "Adam's steps counted from 0", "every W2",
        "`for t in range(steps)`: at first 1 - β⁰ is 0, and it is divided by it.",
        numpy=(CORRECTED, "m / (1 - beta1 ** (t - 1)), v / (1 - beta2 ** (t - 1))")),
    by("adam", "U10", "Adam's steps counted from 2", "every W2",
        "The counter begins at 1, and is counted up before it is used.",
        numpy=(CORRECTED, "m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))")),
    by("adam", "U10", "Adam's steps never counted", "every W2",
        "t stays 1, and so do both corrections.",
        numpy=(CORRECTED, "m / (1 - beta1), v / (1 - beta2)")),
    by("adam", "E24", "Adam's steps counted for every array", "every W2",
        "One t for all arrays of weights, counted up at each of them.",
        numpy=(UPDATE, UPDATE.replace("t)", "len(w) * (t - 1) + k + 1)"))),
    by("adam", "U10", "Adam's correction of v outside the root", "every W2",
        "√v is divided by 1 - β₂ᵗ, and v is what should be.",
        numpy=(CORRECTED, "m / (1 - beta1**t), v / (1 - beta2**t) ** 2")),
    by("adam", "U10", "Adam's corrected moments kept", "every m_W2",
        "m̂ and v̂ are written into m and v, and the next step goes on from them.",
        numpy=(KEPT_OF_ADAM, KEPT_OF_ADAM.replace("(m, v)", "(m_hat, v_hat)"))),
    by("adam", "U8", "Adam's betas swapped", "every m_W2",
        "β₁ and β₂ are given the wrong way round; the first step is the same.",
        numpy=(f"    {M}", f"    beta1, beta2 = beta2, beta1\n    {M}"),
        torch=SWAPPED, jax=SWAPPED, tf=SWAPPED),
    by("adam", "U8", "Adam's gradient without its weight", "every W2",
        "1 - β₁ is left out of m, as momentum has it.",
        numpy=(M, "m = beta1 * state[0] + g\n")),
    by("adam", "U9", "Adam's square without its weight", "every W2",
        "1 - β₂ is left out of v, which is a thousand times what it should be.",
        numpy=(V, "v = beta2 * state[1] + g**2")),
    by("adam", "U9", "Adam's v of m", "every W2",
        "m is squared in the place of g.",
        numpy=(V, "v = beta2 * state[1] + (1 - beta2) * m**2")),
    by("adam", "U9", "Adam's v a sum", "every W2",
        "Squares are added up and never forgotten, as in Adagrad.",
        numpy=(V, "v = state[1] + g**2")),
    by("adam", "U9", "Adam's v of g without the square", "every W2",
        "The magnitude of the gradient is averaged, not its square.",
        numpy=(V, "v = beta2 * state[1] + (1 - beta2) * abs(g)")),
    by("adam", "U9", "one v for a whole array", "every W2",
        "The squares of an array are averaged: all its weights have one rate.",
        numpy=(V, V.replace("g**2", "(g**2).mean(axis=(-2, -1), keepdims=True)"))),
    by("adam", "U11", "AMSGrad", "every W2", case="chaotic",
        why="The greatest v so far in the place of v: an option of the frameworks, which takes smaller steps.",
        numpy=(*ONE_MORE,
               CORRECTED, "m / (1 - beta1**t), np.maximum(state[2], v) / (1 - beta2**t)",
               KEPT_OF_ADAM, KEPT_OF_ADAM.replace("v)", "v, np.maximum(state[2], v))")),
        torch=(TORCH_ADAM, TORCH_ADAM.replace("l2)", "l2, amsgrad=True)"),
               TORCH_STATE, TORCH_STATE.replace("True)", "True), max_exp_avg_sq=state[-1]"))),
    by("adam", "U11", "AMSGrad of v̂", "every W2",
        "The greatest v̂ so far: optax has it so. The first v̂ are the greatest where gradients shrink.",
        numpy=(*ONE_MORE,
               CORRECTED, "m / (1 - beta1**t), np.maximum(state[2], v / (1 - beta2**t))",
               KEPT_OF_ADAM, KEPT_OF_ADAM.replace("v)", "v, v_hat)")),
        jax=(JAX_ADAM, JAX_ADAM.replace("adam", "amsgrad"))),
    by("adam", "U11", "Adam's ε inside the root", "every W2",
        "√(v̂ + ε), as RMSProp has it, in the place of √v̂ + ε.",
        numpy=(ADAM, "m_hat / np.sqrt(v_hat + eps)"),
        jax=(JAX_ADAM, JAX_ADAM.replace('s["eps"]', '0, s["eps"]'))),
    by("adam", "U11", "Adam's ε forgotten", "every W2",
        "Nothing keeps the divisor from 0; elsewhere it hardly shows.",
        numpy=(ADAM, "m_hat / np.sqrt(v_hat)")),
    by("adam", "U11", "Adam's root forgotten", "every W2",
        "m̂ is divided by v̂, not by its root.",
        numpy=(ADAM, "m_hat / (v_hat + eps)")),
    by("adam", "U11", "Adam's gradient in the place of m̂", "every W2",
        "m is kept, and never used.",
        numpy=(ADAM, ADAM.replace("m_hat", "g"))),
)

DECAYS = (
    by("adamw", "U2", "AdamW's decay coupled", "every W2",
        "The decay is added to the gradient, as Adam has it, and goes through both moments.",
        numpy=(L2, "g = g + (l2 + decay) * w", DECAY, "return new, state"),
        torch=(TORCH_ADAMW, TORCH_ADAMW.replace("W", "")),
        jax=(JAX_L2, "optax.add_decayed_weights(decay)] if decay",
             "optax.adamw(", "optax.adam(", ", weight_decay=decay", "")),
    by("adam,l2=0.01", "U1", "l2 decoupled", "every W2",
        "The decay is taken from the weights, as AdamW has it: Keras' weight_decay does so in every optimiser.",
        numpy=(L2, "g = g", DECAY, "return new - lr * (l2 + decay) * w, state"),
        torch=(TORCH_ADAM, TORCH_ADAM.replace("Adam", "AdamW")),
        jax=(JAX_L2, "optax.identity()] if l2", JAX_DECAY, "[optax.add_decayed_weights(-lr * (l2 + decay))] if name"),
        tf=(TF_DECAY, "decay, s = number(l2 + decay) or None", TF_L2, "        if False:\n")),
    by("adamw", "U1", "decay twice", "every W2",
        "It is added to the gradient, and taken from the weights too.",
        numpy=(L2, "g = g + (l2 + decay) * w")),
    by("adamw", "U2", "decay of the new weights", "every W2",
        "The decay is taken from what the step has made of the weights.",
        numpy=(DECAY, DECAY.replace("* w", "* new"))),
    by("adamw", "U2", "decay forgotten", "every W2",
        "The decay is set and never used.",
        numpy=(DECAY, "return new, state"),
        torch=(TORCH_ADAMW, TORCH_ADAMW.replace("decay", "0"))),
    by("adam,l2=0.01", "U1", "l2 forgotten", "every W2",
        "The decay is set and never used.",
        numpy=(L2, "g = g"),
        torch=(TORCH_ADAM, TORCH_ADAM.replace("l2", "0")),
        tf=(TF_L2, "        if not l2:\n")),
    by("adam,l2=0.01", "U1", "l2 twice", "every W2",
        "The loss has λ w² in the place of ½ λ w², and its gradient a 2 before it.",
        numpy=(L2, "g = g + 2 * l2 * w")),
    by("adam,l2=0.01", "U1", "l2's sign", "every W2",
        "The decay is taken from the gradient, and the weights grow.",
        numpy=(L2, "g = g - l2 * w")),
    by("adam,l2=0.01", "U1", "l2 of one array alone", "every W1",
        "Only the last layer has a decay.",
        numpy=(UPDATE, "update(w[k], g[k], state[k], t) if k else plain(w[k], g[k], state[k], t)",
               "KEPT[name]\n    w", "KEPT[name]\n    plain = optimizer(w, name, **{**settings, \"l2\": 0})\n    w")),
)

RUNS = (
    by("adam", "E24", "optimiser made anew at every step", "every W2",
        "It is made inside the loop: what it keeps is always 0, and every step is the first.",
        numpy=(GRADIENTS, f"        state = [{ZEROS}\n{GRADIENTS}", UPDATE, UPDATE.replace("t)", "1)")),
        torch=(TORCH_STEP, f"{TORCH_STEP}        update = optimizer(w, name, **settings)\n"),
        jax=("update.update(tuple(g), state, w)", "update.update(tuple(g), update.init(w), w)")),
    by("adam", "E24", "what the optimiser keeps reset every step", "every W2",
        "It is set to 0 before every step, and t goes on.",
        numpy=(GRADIENTS, f"        state = [{ZEROS}\n{GRADIENTS}")),
    by("adam", "E24", "what the optimiser keeps shared by all arrays", "every W2", case="square-sigmoid",
        why="One m and one v are used for all arrays of weights, which only fit where these have one shape.",
        numpy=(f"w[k], state[k] = {UPDATE}", f"w[k], state[0] = {UPDATE}".replace("g[k], state[k]", "g[k], state[0]"))),
    by("adam", "E24", GOES_ON, "every W2",
        "A list as default argument, or an optimiser used again: a second run begins where the first has ended.",
        numpy=("name, settings):\n    update", "name, settings, state=[]):\n    update",
               FIRST, f"    w, path = [*w], []\n    state += [] if state else [{ZEROS}\n")),
    by("adam", "E24", "the optimiser a gradient behind", "every W2",
        "It is given the gradients of the step before.",
        numpy=(GRADIENTS, "        L, new = gradients(w)\n        g, old = (old if path else new), new\n")),
    by("adam", "E24", "the optimiser's gradients not zeroed", "every W2",
        "backward() adds to .grad, and zero_grad() is forgotten: each step is by the sum of all gradients so far.",
        numpy=(GRADIENTS,
               "        L, new = gradients(w)\n"
               "        g = [a + b for a, b in zip(g, new, strict=True)] if path else new\n"),
        torch=("w_k.grad = g_k", "w_k.grad = g_k if w_k.grad is None else w_k.grad + g_k")),
    by("momentum", "E24", "loss scale left in the gradients", "every W2",
        "The loss is multiplied so that half precision holds its gradients, and they are not divided by it again.",
        numpy=(GRADIENTS, f"{GRADIENTS}        g = [1024 * g_k for g_k in g]\n"),
        torch=("w_k.grad = g_k", "w_k.grad = 1024 * g_k")),
    by("momentum", "E24", "loss scale divided out twice", "every W2",
        "The gradients are divided by what the loss was multiplied by, and then the optimiser does so again.",
        numpy=(GRADIENTS, f"{GRADIENTS}        g = [g_k / 1024 for g_k in g]\n"),
        torch=("w_k.grad = g_k", "w_k.grad = g_k / 1024")),
)
# fmt: on
