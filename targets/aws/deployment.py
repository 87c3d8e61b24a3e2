"""Reads and drives what a stack deployed, through AWS clients: the same calls on AWS and on the mocked cloud."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of the workflow: its status, where it is, and what its steps returned, by state name."""

    arn: str
    status: str
    started: datetime
    stopped: datetime | None
    trigger: str
    state: str
    results: Mapping[str, Any]
    error: str
    cause: str


@dataclass(frozen=True)
class Deployment:
    """`client` gives a boto3 client for a service; `ids` and `outputs`: what the state recorded, by resource name."""

    client: Callable[[str], Any]
    ids: Mapping[str, str]
    outputs: Mapping[str, Mapping[str, Any]]

    # --- the workflow

    def start_workflow(self, *, name: str, trigger: str = "manual") -> str:
        """Start one execution and return its ARN."""
        states = self.client("stepfunctions")
        document = json.dumps({"trigger": trigger})
        arn: str = states.start_execution(stateMachineArn=self._arn("workflow"), name=name, input=document)[
            "executionArn"
        ]
        return arn

    def execution_arns(self) -> Iterator[str]:
        """All executions, newest first, a page at a time: whoever has seen enough stops."""
        states = self.client("stepfunctions")
        listed = _pages(states.list_executions, "executions", stateMachineArn=self._arn("workflow"), maxResults=10)
        return (entry["executionArn"] for entry in listed)

    def execution(self, arn: str) -> Execution:
        """One execution, told from its description and history."""
        states = self.client("stepfunctions")
        described = states.describe_execution(executionArn=arn)
        events = list(_pages(states.get_execution_history, "events", executionArn=arn, maxResults=1000))
        entered = [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]
        exited = (e["stateExitedEventDetails"] for e in events if "stateExitedEventDetails" in e)
        return Execution(
            arn,
            described["status"],
            described["startDate"],
            described.get("stopDate"),
            json.loads(described.get("input") or "{}").get("trigger", "manual"),
            entered[-1] if entered else "",
            {e["name"]: json.loads(e["output"]) for e in exited if e.get("output")},
            described.get("error") or "",
            described.get("cause") or "",
        )

    # --- releases

    def champion(self) -> dict[str, Any] | None:
        """The pointer to what serves, or None before the first release."""
        return self._document("champion.json")

    def releases(self) -> list[dict[str, Any]]:
        """Every release's record, oldest first."""
        listed = _pages(self.client("s3").list_objects_v2, "Contents", Bucket=self._store(), Prefix="releases/")
        names = sorted({entry["Key"].split("/")[1] for entry in listed})
        return [record for name in names if (record := self._document(f"releases/{name}/release.json"))]

    def verdict(self, release: str) -> dict[str, Any] | None:
        """The gates' verdict on a release."""
        return self._document(f"releases/{release}/gates.json")

    def evaluation(self, release: str) -> dict[str, Any] | None:
        """What the training job measured of a release."""
        return self._document(f"releases/{release}/model/evaluation.json")

    def file(self, key: str) -> bytes:
        """One object of the store; raises the client's own error when it is not there."""
        body: bytes = self.client("s3").get_object(Bucket=self._store(), Key=key)["Body"].read()
        return body

    def _document(self, key: str) -> dict[str, Any] | None:
        s3 = self.client("s3")
        try:
            document: dict[str, Any] = json.loads(s3.get_object(Bucket=self._store(), Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            return None
        return document

    # --- serving

    def weights(self) -> dict[str, float]:
        """Share of traffic by version of the inference function."""
        alias = self.client("lambda").get_alias(FunctionName=self._name("inference"), Name="live")
        extra = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        return {alias["FunctionVersion"]: round(1 - sum(extra.values()), 6), **extra}

    def predict(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """One request through the alias, as the function URL would pass it on: status and decoded answer."""
        event = {
            "version": "2.0",
            "rawPath": "/",
            "headers": {"content-type": "application/json"},
            "requestContext": {"http": {"method": "POST", "path": "/"}},
            "body": body.decode(),
            "isBase64Encoded": False,
        }
        function = self.client("lambda")
        answer = function.invoke(FunctionName=self._name("inference"), Qualifier="live", Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            return 502, {"error": payload.get("errorType", "error"), "detail": payload.get("errorMessage", "")}
        return int(payload["statusCode"]), json.loads(payload["body"])

    def rollback(self) -> dict[str, Any]:
        """Put the previous release back; the rollout unit does it, with its own permissions."""
        return self._roll("rollback")

    def restore(self) -> dict[str, Any]:
        """Give the champion its version and its traffic again, where the function was made anew."""
        return self._roll("restore")

    def _roll(self, action: str) -> dict[str, Any]:
        function = self.client("lambda")
        answer = function.invoke(FunctionName=self._name("rollout"), Payload=json.dumps({"action": action}))
        payload: dict[str, Any] = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise RuntimeError(payload.get("errorMessage", str(payload)))
        return payload

    # --- signals

    def alarms(self) -> list[dict[str, Any]]:
        """Name, state and reason of every alarm of the stack, by name."""
        names = [name for logical, name in sorted(self.ids.items()) if logical.endswith("-alarm")]
        if not names:
            return []
        described = self.client("cloudwatch").describe_alarms(AlarmNames=names, MaxRecords=100)["MetricAlarms"]
        wanted = ("AlarmName", "StateValue", "StateReason", "MetricName", "Threshold", "StateUpdatedTimestamp")
        return [
            {key: alarm.get(key) for key in wanted} for alarm in sorted(described, key=lambda a: str(a["AlarmName"]))
        ]

    def metric(self, name: str, *, since: datetime, until: datetime, period: int) -> list[tuple[datetime, float]]:
        """The largest value in each period of one of the model's own metrics, oldest first."""
        dimensions = [
            {"Name": "model", "Value": self.environment("inference")["MLSPEC_MODEL"]},
            {"Name": "environment", "Value": self.environment("inference")["MLSPEC_ENVIRONMENT"]},
        ]
        points = self.client("cloudwatch").get_metric_statistics(
            Namespace="mlspec",
            MetricName=name,
            Dimensions=dimensions,
            StartTime=since,
            EndTime=until,
            Period=period,
            Statistics=["Maximum"],
        )["Datapoints"]
        return sorted((point["Timestamp"], float(point["Maximum"])) for point in points)

    def logs(self, unit: str, *, limit: int = 100) -> Iterator[tuple[int, str]]:
        """(epoch ms, line) of a unit's last log lines, oldest first; none where nothing was ever logged."""
        group = "/aws/sagemaker/TrainingJobs" if unit == "training" else f"/aws/lambda/{self._name(unit)}"
        client = self.client("logs")
        prefix = {"logStreamNamePrefix": self.prefix} if unit == "training" else {}
        try:
            events = list(_pages(client.filter_log_events, "events", logGroupName=group, **prefix))
        except client.exceptions.ResourceNotFoundException:
            return
        for event in sorted(events, key=lambda e: int(e["timestamp"]))[-limit:]:
            yield int(event["timestamp"]), str(event["message"]).rstrip()

    # --- names

    @property
    def prefix(self) -> str:
        """`<spec>-<environment>`, which training jobs are named after."""
        variables = self.environment("inference")
        return f"{variables['MLSPEC_MODEL']}-{variables['MLSPEC_ENVIRONMENT']}"

    def environment(self, unit: str) -> dict[str, str]:
        """A unit's environment variables."""
        variables: dict[str, str] = self.outputs[unit]["environment"]["variables"]
        return variables

    def _arn(self, resource: str) -> str:
        return str(self.outputs[resource]["arn"])

    def _name(self, resource: str) -> str:
        return str(self.outputs[resource]["name"])

    def _store(self) -> str:
        return str(self.outputs["store"]["bucket"])


def _pages(call: Callable[..., Any], key: str, **arguments: Any) -> Iterator[Any]:
    """Every entry of a paged answer, whichever way the service names its token."""
    while True:
        page = call(**arguments)
        yield from page.get(key, [])
        following = next((k for k in ("nextToken", "NextToken", "NextContinuationToken") if page.get(k)), None)
        if following is None:
            return
        arguments["ContinuationToken" if following == "NextContinuationToken" else following] = page[following]
