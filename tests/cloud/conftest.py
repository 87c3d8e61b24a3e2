"""One mocked cloud for all tests of a worker, and what they deploy to it."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlspec.targets.local.client import Cloud, start, stop


@dataclass(frozen=True)
class Desk:
    """The cloud, a role that may do anything, and short ways to deploy to it."""

    cloud: Cloud
    role: str

    def function(self, name: str, source: str, **settings: Any) -> str:
        answer = self.cloud.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=self.role,
            Handler="index.handler",
            Code={"ZipFile": zipped({"index.py": source})},
            **{"Timeout": 20, **settings},
        )
        return str(answer["FunctionArn"])

    def call(self, name: str, event: Any = None, **settings: Any) -> tuple[dict[str, Any], Any]:
        answer = self.cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **settings)
        return answer, json.loads(answer["Payload"].read() or b"null")

    def queue(self, name: str) -> tuple[str, str]:
        sqs = self.cloud.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def received(self, url: str) -> list[Any]:
        assert self.cloud.settle(60)
        sqs = self.cloud.client("sqs")
        found = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in messages]
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def machine(self, name: str, states: dict[str, Any], first: str) -> str:
        definition = json.dumps({"StartAt": first, "States": states})
        states_client = self.cloud.client("stepfunctions")
        answer = states_client.create_state_machine(name=name, definition=definition, roleArn=self.role)
        return str(answer["stateMachineArn"])

    def execution(self, arn: str) -> dict[str, Any]:
        return dict(self.cloud.client("stepfunctions").describe_execution(executionArn=arn))


def zipped(files: dict[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def gone(pid: int) -> bool:
    """Whether a process has ended; one that has and waits for its parent's look counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def make_desk(cloud: Cloud) -> Desk:
    services = ["lambda.amazonaws.com", "states.amazonaws.com", "sagemaker.amazonaws.com"]
    statement = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = cloud.client("iam").create_role(RoleName="tests", AssumeRolePolicyDocument=policy)
    return Desk(cloud, role["Role"]["Arn"])


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    directory = tmp_path_factory.mktemp("cloud")
    yield make_desk(start(directory))
    stop(directory)


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[Callable[[], Desk]]:
    """A cloud of the test's own, for what must not disturb others."""
    yield lambda: make_desk(start(tmp_path / "own"))
    stop(tmp_path / "own")
