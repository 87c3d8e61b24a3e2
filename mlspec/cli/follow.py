"""Follows one execution of the workflow and tells each step as it happens."""

import json
import time
from collections.abc import Callable
from typing import Any

from mlspec.cli.exits import Exit
from mlspec.cli.terminal import say, table
from mlspec.targets.aws.deployment import Deployment, Execution

_ENDINGS = {
    "Promoted": ("promoted: it serves all traffic", "good", Exit.DONE),
    "Skipped": ("skipped", "dim", Exit.DONE),
    "Refused": ("refused by the gates; it never serves", "bad", Exit.GATE_FAILED),
    "RolledBack": ("failed in its canary; the champion has all traffic again", "bad", Exit.GATE_FAILED),
}


class Follower:
    """Prints what is new in an execution at every `update`."""

    def __init__(self, deployment: Deployment, arn: str, *, clock: Callable[[], Any] | None = None) -> None:
        self.deployment = deployment
        self.arn = arn
        self._clock = clock
        self._told: set[str] = set()
        self._weights: dict[str, float] = {}

    def update(self) -> Execution:
        """Tell what happened since the last call; returns the execution as it is now."""
        execution = self.deployment.execution(self.arn)
        for step, tell in (
            ("Start", self._start),
            ("Gate", self._gate),
            ("Register", self._register),
        ):
            if step in execution.results and step not in self._told:
                self._told.add(step)
                tell(execution)
        if "Register" in self._told or "Shift" in execution.results:
            self._tell_weights(execution)
        return execution

    def finish(self, execution: Execution) -> Exit:
        """Tell how it ended."""
        failed = (f"failed: {reason_of(execution)}", "bad", Exit.ERROR)
        text, kind, code = _ENDINGS.get(execution.state, failed)
        release = release_of(execution)
        reason = _start_of(execution).get("reason", "") if execution.state == "Skipped" else ""
        say(f"  {release} {text}{': ' + reason if reason else ''}".replace("  ", "  "), kind)
        return code

    def _start(self, execution: Execution) -> None:
        start = _start_of(execution)
        if start.get("proceed"):
            against = f"against champion {start['champion']}" if start.get("champion") else "no champion yet"
            say(f"  release {start['release']} ({execution.trigger}; {against})")

    def _gate(self, execution: Execution) -> None:
        release = release_of(execution)
        evaluation = self.deployment.evaluation(release)
        if evaluation:
            tell_evaluation(evaluation)
        verdict = self.deployment.verdict(release)
        if verdict:
            tell_verdict(verdict)

    def _register(self, execution: Execution) -> None:
        record = next((r for r in self.deployment.releases() if r["release"] == release_of(execution)), {})
        say(f"  registered as version {record.get('version', '?')}")

    def _tell_weights(self, execution: Execution) -> None:
        weights = self.deployment.weights()
        if weights != self._weights:
            self._weights = weights
            shares = ", ".join(f"version {version} {share:.0%}" for version, share in weights.items())
            say(f"  traffic: {shares}")


def tell_evaluation(evaluation: dict[str, Any]) -> None:
    """Rows, data checks and parity of a training job, in three lines."""
    rows, window = evaluation["rows"], evaluation["window"]
    since = f" from {window['start'][:10]}" if window["start"] else ""  # rows without a time column have no window
    tested = f" from {window['test_start'][:10]} to {window['end'][:10]}" if window["test_start"] else ""
    say(f"  trained on {rows['train']:,} rows{since}, judged on {rows['test']:,} rows{tested}")
    failed = [check for check in evaluation["checks"] if not check["passed"]]
    say(f"  data checks: {len(evaluation['checks']) - len(failed)} passed, {len(failed)} failed")
    parity = evaluation["parity"]
    say(f"  ONNX equals the trained model on {parity['rows']:,} rows within {parity['max_difference']:.1e}")


def tell_verdict(verdict: dict[str, Any]) -> None:
    """The table of gates with their values."""
    rows = [
        (
            gate["gate"] + (f" [{gate['segment']}]" if gate.get("segment") else ""),
            _number(gate.get("value")),
            _number(gate.get("limit")),
            _number(gate.get("champion")),
            "pass" if gate["passed"] else "FAIL",
            "" if gate["passed"] else gate.get("reason", ""),
        )
        for gate in verdict["gates"]
    ]
    table(("gate", "value", "limit", "champion", "", ""), rows, indent="    ")


def reason_of(execution: Execution) -> str:
    """Why an execution failed: of a failed job's whole description, its own reason."""
    try:
        described = json.loads(execution.cause)
    except ValueError:
        return f"{execution.error} {execution.cause}".strip()
    reason = described.get("FailureReason") if isinstance(described, dict) else None
    return str(reason or f"{execution.error} {execution.cause}")


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "-" if value is None else str(value)


def _start_of(execution: Execution) -> dict[str, Any]:
    result = execution.results.get("Start") or {}
    found: dict[str, Any] = result.get("start", result)
    return found


def release_of(execution: Execution) -> str:
    """The release an execution is making, once its first step has named it."""
    return str(_start_of(execution).get("release", ""))


def wait_for(follower: Follower, *, pause: float = 0.25, on_wait: Callable[[], bool] | None = None) -> Execution:
    """Follow to the end. `on_wait` is asked between looks whether it moved things on (a clock, traffic)."""
    while True:
        execution = follower.update()
        if execution.status != "RUNNING":
            return execution
        if on_wait is None or not on_wait():
            time.sleep(pause)
