"""Whether a training may start: limits, one at a time, and one ledger that two starts cannot both write."""

import re
from typing import Any

import pytest

from mlspec.runtime.retraining import Limits, refusal
from tests.workflow.stack import ACCOUNT, BUCKET, DRIFT, evaluation

LIMITS = Limits(automatic=True, cooldown=3600.0, max_per_month=2, min_new_rows=0)
NOW = 1_767_225_600.0 + 40 * 86_400  # forty days into 2026
ARN = f"arn:aws:states:us-east-1:{ACCOUNT}:execution:late-dev-workflow:"


def run(time: str, trigger: str = "alarm") -> dict[str, Any]:
    return {"execution": "arn", "release": "one", "trigger": trigger, "time": time}


@pytest.mark.parametrize(
    ("trigger", "runs", "reason"),
    [
        ("alarm", [], ""),
        ("alarm", [run("2026-02-09T23:00:00Z")], ""),
        ("alarm", [run("2026-02-09T23:00:01Z")], "the last training started 60 m ago; the cooldown is 1 h"),
        (
            "alarm",
            [run("2026-02-09T23:30:00Z", "manual")],
            "the last training started 30 m ago; the cooldown is 1 h",
        ),
        ("manual", [run("2026-02-09T23:59:00Z")], ""),
        (
            "schedule",
            [run("2026-01-12T00:00:00Z"), run("2026-02-01T00:00:00Z")],
            "2 retrainings started within 30 days; 2 are allowed",
        ),
        ("schedule", [run("2026-01-11T00:00:00Z"), run("2026-02-01T00:00:00Z")], ""),
        ("schedule", [run("2026-01-12T00:00:00Z", "manual"), run("2026-02-01T00:00:00Z")], ""),
        ("recheck", [run("2026-02-10T00:00:00Z")], "the last training started 0 s ago; the cooldown is 1 h"),
    ],
)
def test_limits(trigger: str, runs: list[dict[str, Any]], reason: str) -> None:
    assert refusal(trigger, runs, LIMITS, now=NOW) == reason


def test_only_a_person_starts_what_the_spec_does_not_retrain() -> None:
    never = Limits(automatic=False, cooldown=0.0, max_per_month=0, min_new_rows=0)
    assert refusal("schedule", [], never, now=NOW) == "the spec asks for no retraining"
    assert refusal("manual", [], never, now=NOW) == ""


def started(stack: Any, name: str, trigger: str = "manual") -> Any:
    return stack.call("start", trigger=trigger, execution=ARN + name)


def test_what_the_job_gets(stack: Any) -> None:
    told = started(stack, "A_b.c-0123456789")
    assert told["proceed"] is True
    assert re.fullmatch(r"\d{14}-abc01234", told["release"])
    assert told["job"] == f"late-dev-{told['release']}"
    assert told["champion"] == ""
    assert {channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"] for channel in told["channels"]} == {
        "code": f"s3://{BUCKET}/code/training-0123/training.zip",
        "data": "s3://lake/flights/",
    }
    assert told["hyperparameters"] == {
        "release": told["release"],
        "now": stack.json("ledger.json")["runs"][0]["time"],
        "champion": "",
    }


def test_the_champion_and_new_rows_are_handed_on(stack: Any) -> None:
    stack.put("champion.json", {"release": "one", "version": "2", "previous": None})
    stack.put("releases/one/model/evaluation.json", evaluation("one"))
    told = started(stack, "first", "alarm")
    assert told["channels"][-1]["ChannelName"] == "champion"
    assert told["channels"][-1]["DataSource"]["S3DataSource"]["S3Uri"] == f"s3://{BUCKET}/releases/one/model/"
    assert told["hyperparameters"]["min_new_rows"] == "5000"
    assert told["hyperparameters"]["newer_than"] == "2026-05-01T00:00:00Z"


def test_a_person_need_not_wait_for_new_rows(stack: Any) -> None:
    stack.put("champion.json", {"release": "one", "version": "2", "previous": None})
    assert "min_new_rows" not in started(stack, "first")["hyperparameters"]


def test_a_job_name_fits(deploy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSPEC_MODEL", "m" * 32)
    monkeypatch.setenv("MLSPEC_ENVIRONMENT", "e" * 32)
    told = started(deploy(), "0123456789")
    assert len(told["job"]) <= 63
    assert told["job"].endswith(told["release"])


def test_a_repeated_call_gets_the_same_answer(stack: Any) -> None:
    assert started(stack, "first") == started(stack, "first")
    assert len(stack.json("ledger.json")["runs"]) == 1


def test_two_at_once_cannot_both_proceed(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second start runs from end to end just before the first one writes the ledger."""
    client = stack.handlers["start"].AROUND.store.client
    second: list[dict[str, Any]] = []

    def interrupt(**_: Any) -> None:
        if not second:
            second.append({})
            second[0] = started(stack, "second")

    both = {"executions": [{"executionArn": ARN + name} for name in ("first", "second")]}
    monkeypatch.setattr(stack.handlers["start"].AROUND.workflows, "list_executions", lambda **_: both)
    client.meta.events.register("before-call.s3.PutObject", interrupt)
    first = started(stack, "first")
    assert second[0]["proceed"] is True
    assert first["proceed"] is False
    assert first["reason"] == f"release {second[0]['release']} is still under way"
    assert [one["execution"] for one in stack.json("ledger.json")["runs"]] == [ARN + "second"]


def test_one_at_a_time_holds_for_manual_runs_too(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []

    def ask(unit: str, event: dict[str, Any]) -> None:
        if unit == "gate" and not told:
            told.append(started(stack, "other"))

    stack.before_call = ask
    release = stack.run()["output"]["start"]["release"]
    assert told[0]["proceed"] is False
    assert told[0]["reason"] == f"release {release} is still under way"
    assert started(stack, "later")["proceed"] is True


def test_recheck_goes_by_the_drift_alarms(stack: Any) -> None:
    assert started(stack, "first", "recheck")["reason"] == "no drift alarm is on"
    stack.alarm(DRIFT, "ALARM")
    assert started(stack, "second", "recheck")["proceed"] is True
