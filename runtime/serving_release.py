"""The folder of a release beside the handler, turned into what answers and what counts, or into why nothing can."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mlspec.runtime.engines import DamagedRelease, Description, Engine, open_engine
from mlspec.runtime.telemetry import Histograms

_MEGABYTES_PER_CPU = 1769  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html


class NoRelease(Exception):
    """Nothing can be served; the text is the caller's answer."""


class Release(NamedTuple):
    """What serves: its description (model.json), its engine and that one's name, the counts on its profile's bins,
    and that profile's digest."""

    description: Description
    engine: Engine
    engine_name: str
    histograms: Histograms
    profile: str

    @property
    def name(self) -> str:
        """The release's name."""
        return str(self.description["release"])

    @property
    def classes(self) -> list[Any]:
        """What the model tells apart, in the order of its scores."""
        classes: list[Any] = self.description["classes"]
        return classes


def load_release(folder: Path, features: Mapping[str, Sequence[str]], *, memory: int) -> Release:
    """The release in `folder`, for a contract of `features` and a function of `memory` MB; raises NoRelease."""
    if not folder.is_dir():
        raise NoRelease("no release is serving yet")
    try:
        return _release(folder, features, threads=max(1, round(memory / _MEGABYTES_PER_CPU)))
    except Exception as error:  # whatever is wrong with it, the function must live to say so and to be counted
        raise NoRelease("the release cannot be loaded") from error


def _release(folder: Path, features: Mapping[str, Sequence[str]], *, threads: int) -> Release:
    description = json.loads((folder / "model.json").read_bytes())
    profile = json.loads((folder / "profile.json").read_bytes())
    _check_contract(description, profile, features)
    name = _engine_name(folder)
    engine = open_engine(name, folder, description, threads=threads)
    return Release(description, engine, name, HISTOGRAMS[name](profile, list(features)), profile["digest"])


def _engine_name(folder: Path) -> str:
    """What the rollout was told by the gates; without its word there is a model alone, which ONNX Runtime answers."""
    record = folder / "release.json"
    told = json.loads(record.read_bytes()) if record.is_file() else {}
    return str(told.get("engine", {}).get("name", "onnx"))


def _with_numpy(profile: Mapping[str, Any], features: Sequence[str]) -> Histograms:
    from mlspec.runtime import histograms

    return histograms.Histograms(profile, features)


def _plain(profile: Mapping[str, Any], features: Sequence[str]) -> Histograms:
    from mlspec.runtime import plain_histograms

    return plain_histograms.Histograms(profile, features)


# Late imports: NumPy counts many rows faster, and is there only where the engine brings it.
HISTOGRAMS: Mapping[str, Callable[[Mapping[str, Any], Sequence[str]], Histograms]] = {
    "onnx": _with_numpy,
    "compiled": _plain,
}


def _check_contract(
    description: Description, profile: Mapping[str, Any], features: Mapping[str, Sequence[str]]
) -> None:
    """A model trained for other columns, or other categories, would answer: wrongly."""
    expected = [(name, tuple(values)) for name, values in features.items()]
    trained = [(feature["name"], tuple(feature.get("values", ()))) for feature in description["features"]]
    if trained != expected:
        raise DamagedRelease("the model was trained for another contract")
    for name, values in expected:
        column = profile["columns"][name]
        if tuple(column.get("values", ())) != values:
            raise DamagedRelease(f"the profile of {name} has other categories than the contract")
