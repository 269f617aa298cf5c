"""The same by AdamW."""

import torch

from tests.columns.torch_optimizers import trained

train = trained(torch.optim.AdamW)
