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
