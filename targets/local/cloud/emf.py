"""CloudWatch's embedded metric format: JSON log lines become metric data, as the format's specification says."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mlspec.targets.local.cloud.world import World

SHIM = "Metrics written as embedded JSON log lines become CloudWatch metric data at the cloud's time"


def take(world: World, lines: Iterable[str]) -> None:
    """Every metric of every line that holds some, under each of its dimension sets."""
    for line in lines:
        if '"_aws"' in line and line.startswith("{"):
            try:
                document = json.loads(line)
            except ValueError:
                continue
            for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
                _put(world, directive, document)


def _put(world: World, directive: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    data = []
    for names in directive.get("Dimensions", [[]]):
        dimensions = [{"Name": name, "Value": str(document[name])} for name in names if name in document]
        for metric in directive.get("Metrics", []):
            value = document.get(metric["Name"])
            values = [float(v) for v in (value if isinstance(value, list) else [value]) if v is not None]
            if values:
                data.append({"MetricName": metric["Name"], "Dimensions": dimensions, "Values": values})
    stamp = world.clock.now().replace(tzinfo=None)  # as moto keeps all times of metric data
    for datum in data:
        datum["Timestamp"] = stamp
    if data:
        world.backend("cloudwatch").put_metric_data(directive["Namespace"], data)
