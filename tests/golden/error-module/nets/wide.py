"""A class that cannot be trained as it is."""

import os

import transformers
from torch import nn

os.remove("/tmp/it-is-never-run")


class Wide(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.body = transformers.AutoModel.from_pretrained("x")
