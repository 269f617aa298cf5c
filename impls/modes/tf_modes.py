"""Modes of TensorFlow."""

import tensorflow as tf


def eager(column):
    """Operation by operation: `tf.config.run_functions_eagerly`."""
    tf.config.run_functions_eagerly(True)


def no_xla(column):
    """`train` is a graph that XLA does not compile."""
    column.train = tf.function(column.train.python_function)


def xla(column):
    """`trace` is compiled by XLA as `train` is."""
    column.trace = tf.function(column.trace, jit_compile=True)


def mixed(column):
    """The arithmetic of Keras' policy mixed_bfloat16: layers compute in bfloat16, weights and loss are float32."""
    forward, loss, to_numpy = column.forward, column.loss, column.to_numpy

    def in_bfloat16(*arguments):
        *arrays, activation = arguments
        return forward(*tf.nest.map_structure(lambda Z: tf.cast(Z, tf.bfloat16), arrays), activation)

    column.forward = in_bfloat16
    column.loss = lambda Y_hat, Y: loss(tf.cast(Y_hat, tf.float32), Y)
    column.to_numpy = lambda Z: to_numpy(tf.cast(Z, tf.float32))
