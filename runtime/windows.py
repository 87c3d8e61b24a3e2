"""Histogram lines of a function's log turned into one set of counts for each window that is judged."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Counts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One flush of one instance of the function: when it ended (epoch ms), its rows, and counts by column.

    A column's nulls are its last count; predictions have none. Of one thing answered the name is empty."""

    end: int
    rows: int
    columns: Mapping[str, Counts]
    predictions: Mapping[str, Counts]


def read_lines(messages: Iterable[str], *, release: str, profile: str) -> list[Line]:
    """The histogram lines of one release on one profile's bins; whatever else a log holds is passed over."""
    lines = []
    for message in messages:
        try:
            entry = json.loads(message)
        except ValueError:
            continue
        if isinstance(entry, dict) and _key(entry) == ("histogram", release, profile):
            lines.append(_line(entry))
    return lines


def merge(lines: Iterable[Line]) -> Line:
    """The sum of lines, as if one instance had counted it all; raises ValueError where their bins differ."""
    lines = list(lines)
    return Line(
        end=max((line.end for line in lines), default=0),
        rows=sum(line.rows for line in lines),
        columns=_sums([line.columns for line in lines]),
        predictions=_sums([line.predictions for line in lines]),
    )


def reference_counts(column: Mapping[str, Any]) -> Counts:
    """The counts of a profile's column in the shape of a line's."""
    return (*column["counts"], column["nulls"])


def prediction_counts(prediction: Mapping[str, Any]) -> dict[str, Counts]:
    """The counts of a profile's or a line's prediction: of each of several outputs, or of the one thing answered."""
    outputs = prediction.get("outputs", {"": prediction})
    return {name: tuple(output["counts"]) for name, output in outputs.items()}


def _key(entry: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return (entry.get("mlspec"), entry.get("release"), entry.get("profile"))


def _line(entry: Mapping[str, Any]) -> Line:
    columns = {name: reference_counts(column) for name, column in entry["columns"].items()}
    return Line(entry["to"], entry["rows"], columns, prediction_counts(entry["prediction"]))


def _sums(counted: list[Mapping[str, Counts]]) -> dict[str, Counts]:
    return {name: _sum(counts[name] for counts in counted) for name in (counted[0] if counted else ())}


def _sum(counts: Iterable[Counts]) -> Counts:
    return tuple(map(sum, zip(*counts, strict=True)))
