"""The scheduled Lambda that turns what the champion served, and the profile it was trained on, into drift metrics."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from mlspec.runtime.emf import write_line
from mlspec.runtime.monitor_rules import Finding, Watch, judge, metric_lines
from mlspec.runtime.windows import read_lines

_PATTERN = '"histogram"'  # a quoted term: finer patterns would have to be JSON ones, which fewer logs servers know


class Monitor:
    """Calling it is the Lambda handler; `clients` gives a client by its service's name."""

    def __init__(
        self,
        watches: Sequence[Watch],
        *,
        clients: Callable[[str], Any] | None = None,
        environ: Mapping[str, str] = os.environ,
        write: Callable[[str], None] = write_line,
    ) -> None:
        self._watches = watches
        self._clients = clients or _client
        self._environ = environ
        self._write = write

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Judge every watch at the event's time, print its metrics, and say what was found."""
        now = _moment(event)
        champion = self._document("champion.json")
        if champion is None:
            return {"release": None, "findings": []}
        release = champion["release"]
        profile = self._document(f"releases/{release}/model/profile.json")
        if profile is None:
            raise LookupError(f"release {release} has no profile")
        longest = max((watch.window for watch in self._watches), default=0)
        messages = self._messages(now - longest, now)
        lines = read_lines(messages, release=release, profile=profile["digest"])
        findings = [judge(watch, lines, profile, now=now) for watch in self._watches]
        for finding in findings:
            self._print(finding, now)
        return {"release": release, "findings": [_summary(finding) for finding in findings]}

    def _document(self, key: str) -> Any:
        """A JSON document of the store, None where there is none."""
        store = self._clients("s3")
        try:
            answer = store.get_object(Bucket=self._environ["MLSPEC_STORE"], Key=key)
        except store.exceptions.NoSuchKey:
            return None
        return json.loads(answer["Body"].read())

    def _messages(self, start: int, end: int) -> Iterator[str]:
        """The function's log between two moments, page by page."""
        arguments = {
            "logGroupName": self._environ["MLSPEC_LOG_GROUP"],
            "startTime": max(0, start),
            "endTime": end,
            "filterPattern": _PATTERN,
        }
        logs, token = self._clients("logs"), None
        while True:
            page = logs.filter_log_events(**arguments, **({"nextToken": token} if token else {}))
            yield from (event["message"] for event in page["events"])
            token = page.get("nextToken")
            if not token:
                return

    def _print(self, finding: Finding, now: int) -> None:
        model, environment = self._environ["MLSPEC_MODEL"], self._environ["MLSPEC_ENVIRONMENT"]
        for line in metric_lines(finding, model=model, environment=environment, stamp=now):
            self._write(line)


def _moment(event: Mapping[str, Any]) -> int:
    """The moment a schedule meant, in epoch ms; now, when somebody invokes the function by hand."""
    text = event.get("time")
    return int((datetime.fromisoformat(text).timestamp() if text else time.time()) * 1000)


def _summary(finding: Finding) -> dict[str, Any]:
    return {
        "signal": finding.signal,
        "rows": finding.rows,
        "drift": finding.largest,
        "columns": {name: value for name, value in finding.drift.items() if name},
    }


def _client(service: str) -> Any:
    import boto3

    return boto3.client(service)  # type: ignore[call-overload]
