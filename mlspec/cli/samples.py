"""A record such as a model takes, to be shown and typed."""

import json
import math
from collections.abc import Mapping
from typing import Any

from mlspec.cli.project import Project

_VALUES: dict[str, Any] = {"float": 1.5, "int": 1, "bool": True, "string": "text", "datetime": "2013-05-16T10:00:00Z"}


def sample_record(project: Project) -> str:
    """JSON with a value for each feature, of its type and within its limits."""
    columns = project.spec["data"]["columns"]
    features = {name: column for name, column in columns.items() if column.get("role", "feature") == "feature"}
    return json.dumps({name: _value(column) for name, column in features.items()}, ensure_ascii=False)


def _value(column: Mapping[str, Any]) -> Any:
    if column.get("values"):
        return column["values"][0]
    value = _VALUES[column["type"]]
    if column["type"] not in ("float", "int"):
        return value
    low, high = column.get("min"), column.get("max")
    within = min(max(value, -math.inf if low is None else low), math.inf if high is None else high)
    return math.ceil(within) if column["type"] == "int" else within
