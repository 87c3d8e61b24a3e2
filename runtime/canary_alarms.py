"""Points the canary's alarms at the version that is rolled out, and reads them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CanaryAlarms:
    """`client` is boto3's for CloudWatch."""

    client: Any
    names: tuple[str, ...]

    def watch(self, version: str) -> None:
        """Make every alarm watch `version`; one that does already is left alone."""
        for alarm in self._described():
            watched = [_pointed(dimension, version) for dimension in alarm["Dimensions"]]
            if watched != alarm["Dimensions"]:
                self.client.put_metric_alarm(**self._settings(alarm), Dimensions=watched)
                self._forget(alarm["AlarmName"], version)

    def on(self) -> list[str]:
        """The names of those in state ALARM."""
        return sorted(alarm["AlarmName"] for alarm in self._described() if alarm["StateValue"] == "ALARM")

    def _described(self) -> list[Any]:
        if not self.names:
            return []
        alarms: list[Any] = self.client.describe_alarms(AlarmNames=list(self.names))["MetricAlarms"]
        missing = sorted(set(self.names) - {alarm["AlarmName"] for alarm in alarms})
        if missing:  # without its alarms a canary would only look healthy
            raise RuntimeError(f"the canary alarms {', '.join(missing)} do not exist")
        return alarms

    def _settings(self, alarm: Any) -> dict[str, Any]:
        """All that PutMetricAlarm takes of what DescribeAlarms tells: a put replaces the whole alarm."""
        taken = self.client.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
        return {key: value for key, value in alarm.items() if key in taken and key != "Dimensions"}

    def _forget(self, name: str, version: str) -> None:
        """A put leaves the state as it was: that of the version watched before."""
        reason = f"now watches version {version}"
        self.client.set_alarm_state(AlarmName=name, StateValue="INSUFFICIENT_DATA", StateReason=reason)


def _pointed(dimension: dict[str, str], version: str) -> dict[str, str]:
    return {**dimension, "Value": version} if dimension["Name"] == "version" else dimension
