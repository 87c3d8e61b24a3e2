"""What answers the rows of a release: one protocol, and the table of those who keep it."""

from collections.abc import Callable, Mapping
from os import PathLike
from os.path import join
from typing import Any, Protocol

# One row's answer: a number (the positive class's probability, or a value), or several (every class, several outputs).
Scores = list[float] | list[list[float]]
Description = Mapping[str, Any]  # model.json
Folder = str | PathLike[str]  # a release's; pathlib would cost a start three milliseconds


class DamagedRelease(Exception):
    """The folder does not hold what the release's own description says."""


def read_file(folder: Folder, name: str) -> bytes:
    """A file of a release; raises OSError."""
    with open(join(folder, name), "rb") as file:
        return file.read()


class Engine(Protocol):
    """A model that is ready to answer."""

    def predict(self, rows: bytes) -> Scores:
        """One answer a row. `rows`: float32 in the machine's byte order, the features of one row after those of
        another, in the order of model.json; NaN is missing, +inf a category that the model never saw: missing too."""


def _onnx(folder: Folder, description: Description, threads: int) -> Engine:
    from mlspec.runtime.onnx_engine import OnnxEngine

    return OnnxEngine(folder, description, threads)


def _compiled(folder: Folder, description: Description, threads: int) -> Engine:
    from mlspec.runtime.compiled_engine import CompiledEngine

    return CompiledEngine(folder, description)


# Late imports: a release that needs no NumPy must not load it.
ENGINES: Mapping[str, Callable[[Folder, Description, int], Engine]] = {"onnx": _onnx, "compiled": _compiled}


def open_engine(name: str, folder: Folder, description: Description, *, threads: int = 1) -> Engine:
    """The engine `name` on the release in `folder`, warm; raises DamagedRelease where the two do not fit.

    It answers once, so that no request pays for first allocations, and so that the answer's shape is seen."""
    engine = ENGINES[name](folder, description, threads)
    answer = engine.predict(bytes(4 * len(description["features"])))[0]
    several = len(answer) if isinstance(answer, list) else 0
    if several != answers_each(description):
        raise DamagedRelease(f"the model answers one row with {several or 'one'} numbers")
    return engine


def answers_each(description: Description) -> int:
    """How many numbers a row's answer is: one for each of more than two classes, or of several outputs, or an
    embedding's; 0 where it is a number, no list."""
    if description.get("output") == "embedding":
        return int(description["width"])
    several = description["classes"] if description["task"] == "multiclass" else description.get("outputs", ())
    return len(several)
