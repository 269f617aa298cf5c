"""JAX with optax: a compiled step, called in a Python loop."""

import jax
import jax.numpy as jnp
import optax

jax.config.update("jax_enable_x64", True)


def trainer(X, Y, W1, W2, lr):
    X, Y = jnp.array(X), jnp.array(Y)
    optimizer = optax.sgd(lr)
    params = {"W1": jnp.array(W1), "W2": jnp.array(W2)}
    state = optimizer.init(params)

    def loss(params):
        Y_hat = jax.nn.sigmoid(X @ params["W1"]) @ params["W2"]
        return optax.l2_loss(Y_hat, Y).sum() / len(X)  # halved, as L is

    @jax.jit
    def step(params, state):
        L, gradients = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(gradients, state)
        return optax.apply_updates(params, updates), state, L

    def train(steps):
        nonlocal params, state
        losses = []
        for _ in range(steps):
            params, state, L = step(params, state)
            losses.append(L)
        return jax.block_until_ready(losses)

    return train
