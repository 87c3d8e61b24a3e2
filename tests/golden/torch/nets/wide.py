"""One wide layer: what a team might write for its own table."""

import torch
from torch import nn


class Wide(nn.Module):
    def __init__(self, inputs: int, outputs: int, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, outputs)
        )

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.layers(rows)
