"""Puts a user's module between the matrix that is served and the answer: what both need done is in the graph."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from mlspec.runtime.contract import Column

if TYPE_CHECKING:
    import numpy as np

_FURTHEST = 100.0  # spreads from the mean: a value beyond counts as this far, so that no sum overflows
Module = Callable[..., Any]


class Prepared(nn.Module):  # type: ignore[misc]
    """The matrix taken apart: numbers with NaN filled in, centred and scaled as in training; categories as codes, of
    which one more stands for null and unknown."""

    def __init__(self, matrix: "np.ndarray", features: Sequence[Column]) -> None:
        super().__init__()
        self.counts = tuple(len(column.values) for column in features if column.type == "category")
        numbers = [index for index, column in enumerate(features) if column.type != "category"]
        codes = [index for index, column in enumerate(features) if column.type == "category"]
        for name, values in _scales(matrix[:, numbers]).items():
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32))
        self.register_buffer("number_places", torch.tensor(numbers, dtype=torch.int64))
        self.register_buffer("code_places", torch.tensor(codes, dtype=torch.int64))
        self.register_buffer("absent", torch.tensor(self.counts, dtype=torch.float32))

    def forward(self, matrix: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Float32 [rows, numbers] and int64 [rows, categories] of the float32 matrix [rows, features]."""
        numbers, codes = matrix.index_select(1, self.number_places), matrix.index_select(1, self.code_places)
        scaled = (torch.where(numbers.isnan(), self.median, numbers) - self.mean) / self.spread
        known = (codes >= 0) & (codes < self.absent)
        return scaled.clamp(-_FURTHEST, _FURTHEST), torch.where(known, codes, self.absent).to(torch.int64)


def _scales(numbers: "np.ndarray") -> Mapping[str, "np.ndarray"]:
    """Of each column what is known of it: 0 and 1 where nothing is, or where it never varies."""
    import numpy as np

    if not numbers.shape[1]:
        return {name: np.zeros(0) for name in ("median", "mean", "spread")}
    empty = np.isnan(numbers).all(axis=0)
    wide = np.where(empty, 0.0, numbers.astype(np.float64))
    spread = np.nanstd(wide, axis=0)
    scales = {"median": np.nanmedian(wide, axis=0), "mean": np.nanmean(wide, axis=0)}
    return {**scales, "spread": np.where(spread > 0, spread, 1.0)}


class Scored(nn.Module):  # type: ignore[misc]
    """The user's module, given what it asks for: `categories` in its constructor has it called with numbers and codes,
    any other with one matrix, a column for each category."""

    def __init__(self, module: Module, arguments: Mapping[str, Any], prepared: Prepared, outputs: int) -> None:
        super().__init__()
        self.prepared = prepared
        self.apart = "categories" in inspect.signature(module).parameters
        numbers, counts = len(prepared.number_places), prepared.counts
        told = {"categories": counts} if self.apart else {}
        inputs = numbers if self.apart else numbers + sum(counts)
        self.module = module(inputs=inputs, outputs=outputs, **told, **arguments)

    def forward(self, matrix: torch.Tensor) -> torch.Tensor:
        """Scores [rows, outputs] of the float32 matrix [rows, features]."""
        numbers, codes = self.prepared(matrix)
        if self.apart:
            return self.module(numbers, codes)
        columns = [
            (codes[:, index : index + 1] == torch.arange(count, device=codes.device)).to(torch.float32)
            for index, count in enumerate(self.prepared.counts)
        ]
        return self.module(torch.cat([numbers, *columns], dim=1))


class Answering(nn.Module):  # type: ignore[misc]
    """What is exported: probabilities [rows, classes], or values [rows, outputs] on the labels' own scales: `centre`
    and `spread` are a number each, or of several labels [outputs]."""

    def __init__(
        self, scored: Scored, *, classes: int, centre: "float | np.ndarray" = 0.0, spread: "float | np.ndarray" = 1.0
    ) -> None:
        super().__init__()
        self.scored, self.classes = scored, classes
        for name, scale in (("centre", centre), ("spread", spread)):
            if isinstance(scale, float):
                setattr(self, name, scale)
            else:
                self.register_buffer(name, torch.tensor(scale, dtype=torch.float32))

    def forward(self, matrix: torch.Tensor) -> torch.Tensor:
        """The answers to the float32 matrix [rows, features]."""
        return self.answers(self.scored(matrix))

    def answers(self, scores: torch.Tensor) -> torch.Tensor:
        """The answers that the module's scores [rows, outputs] stand for."""
        return torch.softmax(scores, dim=1) if self.classes else scores * self.spread + self.centre


class WithEmbedding(nn.Module):  # type: ignore[misc]
    """What is exported of a network whose embedding is served: its answers too, which are what training judges."""

    def __init__(self, answering: Answering) -> None:
        super().__init__()
        self.answering = answering

    def forward(self, matrix: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The answers to the float32 matrix [rows, features], and the embedding [rows, width] they are made from."""
        scored = self.answering.scored
        embedding = scored.module.embed(*scored.prepared(matrix))
        return self.answering.answers(scored.module.layers[-1](embedding)), embedding
