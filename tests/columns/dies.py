"""A NumPy column whose train dies."""

import os
import signal
import sys
import time

from impls.two_layer.numpy_impl import array, forward, loss, step, to_numpy, trace

__all__ = ["array", "forward", "loss", "os", "signal", "step", "sys", "time", "to_numpy", "trace"]


def train(X, Y, W1, W2, lr, steps, activation):
    os.kill(os.getpid(), signal.SIGKILL)
