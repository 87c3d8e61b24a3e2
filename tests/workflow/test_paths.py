"""The state machine runs in moto's interpreter through every path it has, with the functions that would be deployed."""

from typing import Any

import pytest

CANARY = "late-dev-canary-errors-alarm"


def test_first_release_gets_all_traffic_and_is_promoted(stack: Any) -> None:
    told = stack.run()
    assert told["status"] == "SUCCEEDED", told
    release = told["output"]["start"]["release"]
    assert stack.json("champion.json") == {"release": release, "version": "2", "previous": None}
    assert stack.traffic == ("2", {})
    assert stack.json(f"releases/{release}/release.json")["status"] == "champion"
    assert stack.packages == ["Approved"]
    assert stack.messages() == ["late-dev: new model serves"]


def test_challenger_goes_through_every_step(stack: Any) -> None:
    first = stack.run()["output"]["start"]["release"]
    seen = []
    stack.before_call = lambda unit, event: seen.append(stack.traffic) if event.get("action") == "check" else None
    told = stack.run()
    assert told["status"] == "SUCCEEDED", told
    release = told["output"]["start"]["release"]
    assert list(dict.fromkeys(map(str, seen))) == [str(("2", {"3": 0.05})), str(("2", {"3": 0.25})), str(("3", {}))]
    assert stack.json("champion.json") == {
        "release": release,
        "version": "3",
        "previous": {"release": first, "version": "2"},
    }
    assert stack.json(f"releases/{first}/release.json")["status"] == "retired"
    assert stack.jobs[1]["HyperParameters"]["champion"] == first
    assert stack.jobs[1]["CheckpointConfig"]["S3Uri"].endswith(f"/jobs/late-dev-{release}/checkpoints/")


def test_refused_model_is_told_and_never_serves(stack: Any) -> None:
    stack.auc = 0.5
    told = stack.run()
    assert (told["status"], told["error"]) == ("FAILED", "GateRefused")
    assert "roc_auc is 0.5, at least 0.6 is asked for" in told["cause"]
    assert stack.traffic == ("1", {})
    assert stack.packages == []
    assert stack.messages() == ["late-dev: model refused"]


def test_skipped_within_cooldown(stack: Any) -> None:
    assert stack.run()["status"] == "SUCCEEDED"
    told = stack.run("alarm")
    assert told["status"] == "SUCCEEDED"
    assert "the cooldown is 1 d" in told["output"]["start"]["reason"]
    assert len(stack.jobs) == 1


def test_canary_alarm_sends_traffic_back(stack: Any) -> None:
    first = stack.run()["output"]["start"]["release"]
    stack.before_call = lambda unit, event: (
        stack.alarm(CANARY, "ALARM") if event.get("action") == "check" and event["step"] == 1 else None
    )
    told = stack.run()
    assert (told["status"], told["error"]) == ("FAILED", "CanaryFailed")
    assert CANARY in told["cause"]
    assert stack.traffic == ("2", {})
    assert stack.json("champion.json")["release"] == first
    assert stack.packages == ["Approved", "Rejected"]


def test_training_failure_is_told(stack: Any) -> None:
    stack.training_fault = "the data broke its contract"
    told = stack.run()
    assert (told["status"], told["error"]) == ("FAILED", "WorkflowFailed")
    assert "the data broke its contract" in told["cause"]
    assert stack.messages() == ["late-dev: retraining failed"]


@pytest.mark.parametrize("action", ["register", "shift", "check", "promote"])
def test_error_of_a_function_is_recovered_from(stack: Any, action: str) -> None:
    stack.run()

    def fail(unit: str, event: dict[str, Any]) -> None:
        if event.get("action") == action:
            raise ValueError("broken")

    stack.before_call = fail
    told = stack.run()
    assert (told["status"], told["error"]) == ("FAILED", "WorkflowFailed")
    assert "broken" in told["cause"]
    assert stack.traffic == ("2", {})


def test_error_of_start_needs_no_recovery(stack: Any) -> None:
    def fail(unit: str, event: dict[str, Any]) -> None:
        raise ValueError(f"{unit} is broken")

    stack.before_call = fail
    told = stack.run()
    assert (told["status"], told["error"]) == ("FAILED", "WorkflowFailed")
    assert "start is broken" in told["cause"]
    assert stack.messages() == ["late-dev: retraining failed"]
