"""State machines: jobs that are waited for, what can be caught under which name, executions that are stopped."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.cloud.conftest import Desk

FAILS = "import sys; print('no rows'); sys.exit(4)"


def train(desk: Desk, source: str, **settings: Any) -> dict[str, Any]:
    parameters = {
        "TrainingJobName.$": "$$.Execution.Name",
        "RoleArn": desk.role,
        "AlgorithmSpecification": {
            "TrainingInputMode": "File", "TrainingImage": "image", "ContainerEntrypoint": ["python3", "-c", source],
        },
        "OutputDataConfig": {"S3OutputPath": "s3://trained/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }  # fmt: skip
    resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **settings}


def invoke(function: str, **settings: Any) -> dict[str, Any]:
    parameters = {"FunctionName": function, "Payload.$": "$"}
    resource = "arn:aws:states:::lambda:invoke"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **settings}


def started(desk: Desk, name: str, states: dict[str, Any]) -> str:
    machine = desk.machine(name, states, next(iter(states)))
    client = desk.cloud.client("stepfunctions")
    return str(client.start_execution(stateMachineArn=machine, name=f"{name}-run", input="{}")["executionArn"])


def run(desk: Desk, name: str, states: dict[str, Any]) -> dict[str, Any]:
    arn = started(desk, name, states)
    assert desk.cloud.settle(120)
    return desk.execution(arn)


def caught_by(name: str) -> dict[str, Any]:
    return {"Catch": [{"ErrorEquals": [name], "Next": "Caught"}]}


CAUGHT = {"Caught": {"Type": "Pass", "End": True}}


def test_a_task_waits_for_its_job(desk: Desk) -> None:
    desk.cloud.client("s3").create_bucket(Bucket="trained")
    done = run(desk, "waits-for-job", {"Train": train(desk, "print('well')")})
    assert done["status"] == "SUCCEEDED"
    output = json.loads(done["output"])
    assert output["TrainingJobName"] == "waits-for-job-run"
    assert output["TrainingJobStatus"] == "Completed"
    assert output["ModelArtifacts"]["S3ModelArtifacts"] == "s3://trained/waits-for-job-run/output/model.tar.gz"


def test_a_failed_job_fails_the_execution(desk: Desk) -> None:
    done = run(desk, "job-fails", {"Train": train(desk, FAILS)})
    assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(done["cause"])["FailureReason"] == "AlgorithmError: the container ended with exit code 4"


@pytest.mark.parametrize("name", ["States.TaskFailed", "States.ALL"])
def test_a_failed_job_can_be_caught(desk: Desk, name: str) -> None:
    done = run(desk, f"job-{name[7:]}", {"Train": train(desk, FAILS, **caught_by(name)), **CAUGHT})
    assert done["status"] == "SUCCEEDED"
    output = json.loads(done["output"])
    assert output["Error"] == "States.TaskFailed"
    assert json.loads(output["Cause"])["TrainingJobStatus"] == "Failed"


def test_a_name_that_was_used_fails_at_once(desk: Desk) -> None:
    states = {"Train": train(desk, "print('well')")}
    states["Train"]["Parameters"]["TrainingJobName"] = "used-name"
    del states["Train"]["Parameters"]["TrainingJobName.$"]
    desk.cloud.client("s3").create_bucket(Bucket="trained")
    assert run(desk, "first-use", states)["status"] == "SUCCEEDED"
    again = run(desk, "second-use", states)
    assert again["status"] == "FAILED"
    assert "must be unique" in again["cause"]


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("raise ValueError('bad')", "ValueError"),
        ("import os; os._exit(3)", "Runtime.ExitError"),
    ],
)
def test_functions_fail_under_the_name_of_their_error(desk: Desk, how: str, error: str) -> None:
    name = f"fails-{error.rpartition('.')[2]}"
    desk.function(name, f"def handler(event, context):\n    {how}\n")
    done = run(desk, name, {"Call": invoke(name, **caught_by(error)), **CAUGHT})
    assert done["status"] == "SUCCEEDED"
    output = json.loads(done["output"])
    assert output["Error"] == error
    assert json.loads(output["Cause"])["errorType"] == error
    uncaught = run(desk, f"{name}-2", {"Call": invoke(name, **caught_by("Other")), **CAUGHT})
    assert (uncaught["status"], uncaught["error"]) == ("FAILED", error)
    by_class = run(desk, f"{name}-3", {"Call": invoke(name, **caught_by("States.TaskFailed")), **CAUGHT})
    assert by_class["status"] == "SUCCEEDED"


def test_a_function_that_is_not_there(desk: Desk) -> None:
    done = run(desk, "absent", {"Call": invoke("nosuchfunction")})
    assert (done["status"], done["error"]) == ("FAILED", "Lambda.ResourceNotFoundException")


def test_an_execution_without_a_name_has_one(desk: Desk) -> None:
    states = {"Name": {"Type": "Pass", "Parameters": {"name.$": "$$.Execution.Name"}, "End": True}}
    machine = desk.machine("named", states, "Name")
    arn = desk.cloud.client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]
    assert desk.cloud.settle(60)
    assert json.loads(desk.execution(arn)["output"]) == {"name": arn.rpartition(":")[2]}


def test_a_wait_is_woken_by_a_stop(desk: Desk) -> None:
    arn = started(desk, "stopped-wait", {"Sleep": {"Type": "Wait", "Seconds": 864000, "End": True}})
    assert desk.cloud.settle(60)
    desk.cloud.client("stepfunctions").stop_execution(executionArn=arn, error="Enough", cause="a test")
    assert desk.cloud.settle(60)
    assert desk.execution(arn)["status"] == "ABORTED"
    assert arn not in [wait["execution"] for wait in desk.cloud.waiting()["waits"]]


def test_a_job_is_stopped_with_its_execution(desk: Desk) -> None:
    arn = started(desk, "stopped-job", {"Train": train(desk, "import time; time.sleep(600)")})
    jobs = desk.cloud.client("sagemaker")
    while not jobs.list_training_jobs(NameContains="stopped-job-run")["TrainingJobSummaries"]:
        assert desk.execution(arn)["status"] == "RUNNING"
    desk.cloud.client("stepfunctions").stop_execution(executionArn=arn)
    assert desk.cloud.settle(60)
    assert desk.execution(arn)["status"] == "ABORTED"
    assert jobs.describe_training_job(TrainingJobName="stopped-job-run")["TrainingJobStatus"] == "Stopped"


def test_waits_end_in_the_order_of_their_times(desk: Desk) -> None:
    url, _ = desk.queue("woken")
    send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
    soon = (desk.cloud.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    waits: dict[str, dict[str, Any]] = {"b-late": {"Seconds": 7200}, "a-soon": {"Timestamp": soon}}
    for name, wait in waits.items():
        body = {"QueueUrl": url, "MessageBody": {"name": name, "time.$": "$$.State.EnteredTime"}}
        states = {"Sleep": {"Type": "Wait", **wait, "Next": "Send"}, "Send": {**send, "Parameters": body}}
        started(desk, name, states)
    assert desk.cloud.settle(60)
    before = desk.cloud.now()
    desk.cloud.advance(seconds=3 * 3600)
    received = desk.received(url)
    assert [message["name"] for message in received] == ["a-soon", "b-late"]
    assert received[1]["time"] >= (before + timedelta(seconds=7100)).isoformat()[:19]
