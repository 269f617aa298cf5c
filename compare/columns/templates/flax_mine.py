"""Your own network in Flax, every number of it judged: fourfold agree --impl mine

What is yours comes first; put your own there. Below it is what fourfold calls: leave it, or leave one function out.
Any depth: --layers 2,8,8,1 --bias --activation tanh
"""

from functools import partial

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

jax.config.update("jax_enable_x64", True)  # or all is float32

ACTIVATIONS = {"sigmoid": nn.sigmoid, "tanh": nn.tanh, "relu": nn.relu, "identity": lambda H: H}


class Network(nn.Module):
    widths: tuple  # of the layers' outputs
    activations: tuple
    bias: bool

    @nn.compact
    def __call__(self, X):
        for width, activation in zip(self.widths, self.activations, strict=True):
            X = ACTIVATIONS[activation](nn.Dense(width, use_bias=self.bias, param_dtype=X.dtype)(X))
        return X


def half_mean_square(Y_hat, Y):
    return ((Y_hat - Y) ** 2).sum() / (2 * len(Y))


def descent(lr):
    return optax.sgd(lr)


# What fourfold calls, with one network at a time, in NumPy arrays of float64 or float32: X (N, d_in), Y (N, d_out), and
# for K layers tuples, W of K arrays (d_in, d_out) and b of K arrays (1, d_out), or () without biases.


def gradients(X, Y, W, b, activations):
    """The loss, and its gradients in tuples like W and b."""
    L, slopes = loss_and_slopes(filled(W, b), X, Y, activations)
    return L, *taken(slopes)


@partial(jax.jit, static_argnames=("steps", "activations"))
def train(X, Y, W, b, lr, steps, activations):
    """W and b after every step, along a new first axis of each array, and the loss before it."""
    optimiser = descent(lr)

    def step(state, _):
        variables, memory = state
        L, slopes = loss_and_slopes(variables, X, Y, activations)
        updates, memory = optimiser.update(slopes, memory)
        variables = optax.apply_updates(variables, updates)
        return (variables, memory), (*taken(variables), L)

    variables = filled(W, b)
    _, path = jax.lax.scan(step, (variables, optimiser.init(variables)), length=steps)
    return path


@partial(jax.jit, static_argnames="activations")
def loss_and_slopes(variables, X, Y, activations):
    layers = in_order(variables)
    widths = tuple(layer["kernel"].shape[1] for layer in layers)
    network = Network(widths, activations, all("bias" in layer for layer in layers))
    return jax.value_and_grad(lambda v: half_mean_square(network.apply(v, X), Y))(variables)


def in_order(variables):
    """The layers by number: JAX sorts their names, and puts Dense_10 before Dense_2."""
    layers = variables["params"]
    return [layers[f"Dense_{k}"] for k in range(len(layers))]


def filled(W, b):
    """Flax's variables with these weights."""
    layers = {}
    for k, Z in enumerate(W):
        layers[f"Dense_{k}"] = {"kernel": jnp.array(Z)} | ({"bias": jnp.array(b[k][0])} if b else {})
    return {"params": layers}


def taken(variables):
    """W and b, or their gradients, out of Flax's variables."""
    layers = in_order(variables)
    biases = [layer["bias"][None] for layer in layers if "bias" in layer]
    return [layer["kernel"] for layer in layers], biases
