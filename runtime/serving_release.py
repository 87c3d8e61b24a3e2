"""The folder of a release beside the handler, turned into what answers and what counts, or into why nothing can."""

import json
from collections.abc import Callable, Mapping, Sequence
from os.path import isdir, isfile, join
from typing import TYPE_CHECKING, Any, NamedTuple

from mlspec.runtime.engines import DamagedRelease, Description, Engine, Folder, Scores, open_engine, read_file
from mlspec.runtime.payload import Decoded, ServingContract
from mlspec.runtime.telemetry import Histograms

if TYPE_CHECKING:
    from mlspec.runtime.explainer import Explainer

_MEGABYTES_PER_CPU = 1769  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_EXPLAINING = 1 / 3  # of a request's time, which explanations may take: a server's other requests wait meanwhile


class NoRelease(Exception):
    """Nothing can be served; the text is the caller's answer."""


class Release(NamedTuple):
    """What serves: its description (model.json), its engine and that one's name, the counts on its profile's bins,
    that profile's digest, and what explains its answers."""

    description: Description
    engine: Engine
    engine_name: str
    histograms: Histograms
    profile: str
    explaining: "Explaining"

    def explanations(self, decoded: Decoded, scores: Scores) -> list[dict[str, Any]] | None:
        """One for each row, where the caller asked for them; raises Refusal (400, 413) where there are none to give."""
        if not decoded.explain:
            return None
        return self.explaining.explanations(decoded, scores)

    @property
    def name(self) -> str:
        """The release's name."""
        return str(self.description["release"])

    @property
    def classes(self) -> list[Any]:
        """What the model tells apart, in the order of its scores."""
        classes: list[Any] = self.description["classes"]
        return classes


class Explaining:
    """What explains the answers of the release in `folder`, read when it is first wanted: no start pays for it.

    One request's explanations may take `seconds` of a processor."""

    def __init__(self, folder: Folder, description: Description, seconds: float) -> None:
        self._folder = folder
        self._description = description
        self._seconds = seconds
        self._explainer: Explainer | None = None

    def open(self) -> "Explainer":
        """Read it; raises DamagedRelease, and Refusal (400) where there is none."""
        if self._explainer is None:
            from mlspec.runtime.explainer import open_explainer

            self._explainer = open_explainer(self._folder, self._description)
        return self._explainer

    def explanations(self, decoded: Decoded, scores: Scores) -> list[dict[str, Any]]:
        """One for each row; raises as `open` does, and Refusal (413) where there are too many rows."""
        return self.open().explained(decoded, scores, seconds=self._seconds)


def load_release(folder: Folder, contract: ServingContract, *, memory: int, server: bool = False) -> Release:
    """The release in `folder`, for a function of `memory` MB, 0 where that is not known; raises NoRelease.

    A server has NumPy whatever the engine, and its folder may soon hold another release: it reads everything now."""
    if not isdir(folder):
        raise NoRelease("no release is serving yet") from FileNotFoundError(f"there is no folder {folder}")
    try:
        return _release(folder, contract, processors=memory / _MEGABYTES_PER_CPU or 1.0, server=server)
    except Exception as error:  # whatever is wrong with it, the function must live to say so and to be counted
        raise NoRelease("the release cannot be loaded") from error


def _release(folder: Folder, contract: ServingContract, *, processors: float, server: bool) -> Release:
    description = json.loads(read_file(folder, "model.json"))
    profile = json.loads(read_file(folder, "profile.json"))
    _check_contract(description, profile, contract.FEATURES)
    name = _engine_name(folder)
    engine = open_engine(name, folder, description, threads=max(1, round(processors)))
    histograms = (_with_numpy if server else HISTOGRAMS[name])(profile, list(contract.FEATURES))
    explaining = Explaining(folder, description, contract.TIMEOUT * min(1.0, processors) * _EXPLAINING)
    if server and "explainer_sha256" in description:
        explaining.open()
    return Release(description, engine, name, histograms, profile["digest"], explaining)


def _engine_name(folder: Folder) -> str:
    """What the rollout was told by the gates; without its word there is a model alone, which ONNX Runtime answers."""
    record = "release.json"
    told = json.loads(read_file(folder, record)) if isfile(join(folder, record)) else {}
    return str(told.get("engine", {}).get("name", "onnx"))


def _with_numpy(profile: Mapping[str, Any], features: Sequence[str]) -> Histograms:
    from mlspec.runtime import histograms

    return histograms.Histograms(profile, features)


def _plain(profile: Mapping[str, Any], features: Sequence[str]) -> Histograms:
    from mlspec.runtime import plain_histograms

    return plain_histograms.Histograms(profile, features)


# Late imports: NumPy counts many rows faster, but a function has it only where the engine brings it.
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
