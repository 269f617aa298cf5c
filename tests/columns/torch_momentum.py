"""The same by SGD with momentum."""

import torch

from tests.columns.torch_optimizers import trained

train = trained(lambda parameters, lr: torch.optim.SGD(parameters, lr, momentum=0.9))
