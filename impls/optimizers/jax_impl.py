"""What a step makes of gradients, in JAX: by optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)  # without it float64 is silently float32

# What an optimiser keeps for every array of weights
KEPT = {
    "sgd": (),
    "momentum": ("trace",),
    "nesterov": ("trace",),
    "rmsprop": ("nu",),
    "adam": ("mu", "nu"),
    "adamw": ("mu", "nu"),
}


def array(values, dtype):
    return jnp.array(values, dtype)


def to_numpy(Z):
    return np.array(Z)


def optimizer(w, name, lr, l2, decay, **settings):
    s = settings
    match name:
        case "sgd":
            rule = optax.sgd(lr)  # E23
        case "momentum" | "nesterov":
            rule = optax.sgd(lr, s["momentum"], nesterov=name == "nesterov")  # U3-U5
        case "rmsprop":
            rule = optax.rmsprop(lr, decay=s["rho"], eps=s["eps"])  # U6, U7
        case "adam":
            rule = optax.adam(lr, s["beta1"], s["beta2"], s["eps"])  # U8-U11
        case _:
            rule = optax.adamw(lr, s["beta1"], s["beta2"], s["eps"], weight_decay=decay)  # U2, U8-U11
    before = [optax.add_decayed_weights(l2)] if l2 else []  # U1
    after = [optax.add_decayed_weights(-lr * decay)] if decay and name != "adamw" else []  # U2
    return optax.chain(*before, rule, *after)


def train(gradients, w, kept, done, steps, name, settings):
    update, keys = optimizer(w, name, **settings), KEPT[name]

    def next_step(carried, _):
        w, state = carried
        L, g = gradients(w)
        changes, state = update.update(tuple(g), state, w)
        w = optax.apply_updates(w, changes)
        each = [optax.tree.get(state, key) for key in keys]
        return (w, state), (*w, *sum(zip(*each, strict=True), ()), L)  # pyright: ignore

    w = tuple(w)
    state = update.init(w)
    if done:
        given = {key: tuple(kept[place :: len(keys)]) for place, key in enumerate(keys)}
        count = {"count": jnp.array(done, "int32")} if "mu" in keys else {}
        state = optax.tree.set(state, **given, **count)
    _, path = jax.lax.scan(next_step, (w, state), length=steps)  # E24
    return path
