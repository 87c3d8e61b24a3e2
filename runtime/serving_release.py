"""The folder of a release beside the handler, turned into what answers and what counts, or into why nothing can."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlspec.runtime.histograms import Histograms
from mlspec.runtime.predictor import DamagedRelease, Predictor

_MEGABYTES_PER_CPU = 1769  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html


class NoRelease(Exception):
    """Nothing can be served; the text is the caller's answer."""


@dataclass(frozen=True)
class Release:
    """What serves: its name, its model, the counts on its profile's bins, and that profile's digest."""

    name: str
    predictor: Predictor
    histograms: Histograms
    profile: str

    @property
    def classes(self) -> list[Any]:
        """What the model tells apart, in the order of its outputs."""
        classes: list[Any] = self.predictor.description["classes"]
        return classes


def load_release(folder: Path, features: Mapping[str, Sequence[str]], *, memory: int) -> Release:
    """The release in `folder`, for a contract of `features` and a function of `memory` MB; raises NoRelease."""
    if not folder.is_dir():
        raise NoRelease("no release is serving yet")
    try:
        predictor = Predictor(folder, threads=max(1, round(memory / _MEGABYTES_PER_CPU)))
        profile = json.loads((folder / "profile.json").read_bytes())
        _check_contract(predictor, profile, features)
        histograms = Histograms(profile, list(features))
    except Exception as error:  # whatever is wrong with it, the function must live to say so and to be counted
        raise NoRelease("the release cannot be loaded") from error
    return Release(predictor.description["release"], predictor, histograms, profile["digest"])


def _check_contract(predictor: Predictor, profile: Mapping[str, Any], features: Mapping[str, Sequence[str]]) -> None:
    """A model trained for other columns, or other categories, would answer: wrongly."""
    expected = [(name, tuple(values)) for name, values in features.items()]
    if list(predictor.features.items()) != expected:
        raise DamagedRelease("the model was trained for another contract")
    for name, values in expected:
        column = profile["columns"][name]
        if tuple(column.get("values", ())) != values:
            raise DamagedRelease(f"the profile of {name} has other categories than the contract")
