"""A NumPy column whose train raises."""

import os
import signal
import sys
import time

from fourfold.impls.two_layer.numpy_impl import array, forward, loss, step, to_numpy, trace

__all__ = ["array", "forward", "loss", "os", "signal", "step", "sys", "time", "to_numpy", "trace"]


def train(X, Y, W1, W2, lr, steps, activation):
    raise ValueError("out of cheese")
