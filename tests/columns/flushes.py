"""The PyTorch column where the processor makes 0 of what is below the smallest normal number."""

import torch

from fourfold.impls.two_layer.torch_impl import array, forward, loss, step, to_numpy, trace, train

__all__ = ["array", "forward", "loss", "step", "to_numpy", "trace", "train"]

torch.set_flush_denormal(True)
