"""A network for tables, to be named in a spec: `_target_: mlspec.runtime.networks.TabularMLP`. Needs torch."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

_WIDEST = 50  # of an embedding: more helps only where rows are many for each category


class TabularMLP(nn.Module):  # type: ignore[misc]  # torch is not looked into: it need not be installed
    """Categories as learned embeddings beside the numbers, then layers of `hidden` units, each with dropout.

    Embeddings are as wide as half of the categories, at most 50: https://docs.fast.ai/tabular.learner.html"""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        categories: Sequence[int],
        hidden: Sequence[int] = (128, 64),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        # One row more, for a category that is null or unknown.
        sizes = [(count + 1, min(_WIDEST, (count + 1) // 2)) for count in categories]
        self.embeddings = nn.ModuleList([nn.Embedding(count, width) for count, width in sizes])
        widths = [inputs + sum(width for _, width in sizes), *hidden]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], outputs))

    def forward(self, numbers: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """Scores [rows, outputs] of float32 numbers [rows, inputs] and int64 codes [rows, categories]."""
        return self.layers[-1](self.embed(numbers, codes))

    def embed(self, numbers: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """The activation [rows, last of hidden] of the last hidden layer, from which the scores are made."""
        embedded = [embedding(codes[:, index]) for index, embedding in enumerate(self.embeddings)]
        return self.layers[:-1](torch.cat([numbers, *embedded], dim=1))
