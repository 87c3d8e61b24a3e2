"""CloudWatch alarms and dashboards."""

from collections.abc import Mapping
from typing import Any

from mlspec.targets.local.engine.providers.contract import (
    Existing,
    Inputs,
    Made,
    Outputs,
    Provider,
    Site,
    attempt,
    pick,
    put_provider,
    tag_list,
)

_ALARM = {
    "name": "AlarmName", "alarmDescription": "AlarmDescription", "actionsEnabled": "ActionsEnabled",
    "okActions": "OKActions", "alarmActions": "AlarmActions", "insufficientDataActions": "InsufficientDataActions",
    "metricName": "MetricName", "namespace": "Namespace", "statistic": "Statistic",
    "extendedStatistic": "ExtendedStatistic", "period": "Period", "unit": "Unit",
    "evaluationPeriods": "EvaluationPeriods", "datapointsToAlarm": "DatapointsToAlarm", "threshold": "Threshold",
    "comparisonOperator": "ComparisonOperator", "treatMissingData": "TreatMissingData",
    "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile", "thresholdMetricId": "ThresholdMetricId",
}  # fmt: skip
_METRIC = {"metricName": "MetricName", "namespace": "Namespace"}
_READ = (
    "metricName", "namespace", "threshold", "period", "evaluationPeriods", "comparisonOperator", "treatMissingData",
)  # fmt: skip


def _dimensions(given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(given.items())]


def _put_alarm(site: Site, inputs: Inputs) -> Made:
    given = pick(inputs, _ALARM)
    if "dimensions" in inputs:
        given["Dimensions"] = _dimensions(inputs["dimensions"] or {})
    if inputs.get("metricQueries"):
        given["Metrics"] = [_query(query) for query in inputs["metricQueries"]]
    site.client("cloudwatch").put_metric_alarm(Tags=tag_list(inputs), **given)
    return Made(inputs["name"], {"arn": site.arn("cloudwatch", f"alarm:{inputs['name']}")})


def _query(query: Inputs) -> dict[str, Any]:
    names = {"id": "Id", "expression": "Expression", "label": "Label", "returnData": "ReturnData", "period": "Period"}
    given = pick(query, names)
    if metric := query.get("metric"):
        about = {**pick(metric, _METRIC), "Dimensions": _dimensions(metric.get("dimensions") or {})}
        given["MetricStat"] = {"Metric": about, **pick(metric, {"period": "Period", "stat": "Stat", "unit": "Unit"})}
    return given


def _delete_alarm(site: Site, existing: Existing) -> None:
    site.client("cloudwatch").delete_alarms(AlarmNames=[existing.id])


def _alarm(site: Site, name: str) -> Any | None:
    found = site.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found[0] if found else None


def _find_alarm(site: Site, inputs: Inputs) -> str | None:
    return inputs["name"] if _alarm(site, inputs["name"]) else None


def _read_alarm(site: Site, existing: Existing) -> Outputs:
    found = _alarm(site, existing.id)
    if found is None:
        return {"name": None}
    told = {name: found.get(_ALARM[name]) for name in _READ if name in existing.inputs}
    if "dimensions" in existing.inputs:
        told["dimensions"] = {entry["Name"]: entry["Value"] for entry in found.get("Dimensions", [])}
    return told


def _put_dashboard(site: Site, inputs: Inputs) -> Made:
    name = inputs["dashboardName"]
    site.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=inputs["dashboardBody"])
    return Made(name, {"dashboardArn": f"arn:aws:cloudwatch::{site.cloud.account}:dashboard/{name}"})


def _delete_dashboard(site: Site, existing: Existing) -> None:
    site.client("cloudwatch").delete_dashboards(DashboardNames=[existing.id])


def _find_dashboard(site: Site, inputs: Inputs) -> str | None:
    found = attempt(site.client("cloudwatch").get_dashboard, DashboardName=inputs["dashboardName"])
    return inputs["dashboardName"] if found else None


PROVIDERS: Mapping[str, Provider] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": put_provider(
        _put_alarm, delete=_delete_alarm, find=_find_alarm, read=_read_alarm, replace_on=frozenset({"name"})
    ),
    "aws:cloudwatch/dashboard:Dashboard": put_provider(
        _put_dashboard, delete=_delete_dashboard, find=_find_dashboard, replace_on=frozenset({"dashboardName"})
    ),
}
