"""One small spec deployed in moto: its state machine, its functions, its alarms, and a job that writes an archive."""

import hashlib
import importlib.util
import io
import json
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from mlspec.compiler.graph import Join, Name, Ref, Unit
from mlspec.specs.checked import Checked
from mlspec.specs.models import Spec
from mlspec.specs.origins import Origins
from mlspec.targets.aws.lower.workflow import state_machine

ACCOUNT = "123456789012"
BUCKET = f"late-dev-store-{ACCOUNT}"
FUNCTION = "late-dev-inference"
CANARY = "late-dev-canary-errors-alarm"
DRIFT = "late-dev-data-drift-alarm"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "MLSPEC_MODEL": "late",
    "MLSPEC_ENVIRONMENT": "dev",
    "MLSPEC_STORE": BUCKET,
    "MLSPEC_FUNCTION": FUNCTION,
    "MLSPEC_ALIAS": "live",
    "MLSPEC_BASE_KEY": "code/inference-0123.zip",
    "MLSPEC_REGISTRY": "late-dev-registry",
    "MLSPEC_TRAINING_KEY": "code/training-0123/training.zip",
    "MLSPEC_DATA": "s3://lake/flights/",
    "MLSPEC_PACKAGE": "zip",
    "MLSPEC_MODEL_ROOM": str(128 * 2**20),
    "MLSPEC_CANARY_ALARMS": CANARY,
    "MLSPEC_DRIFT_ALARMS": DRIFT,
}
SPEC = {
    "apiVersion": "mlspec/v1",
    "name": "late",
    "owner": "ops@example.com",
    "data": {
        "source": {"uri": "s3://lake/flights/", "format": "parquet"},
        "columns": {"distance": {"type": "float"}, "late": {"type": "bool", "role": "label"}},
    },
    "training": {"estimator": {"_target_": "sklearn.linear_model.LogisticRegression"}, "compute": {"spot": True}},
    "gates": [
        {"metric": "roc_auc", "min": 0.6},
        {"metric": "roc_auc", "versus": "champion", "tolerance": 0.005, "confidence": "95%"},
        {"metric": "latency_p99", "max": "20ms"},
    ],
    "rollout": {"steps": ["5%", "25%", "100%"], "bake": "1s", "rollback_on": ["errors"]},
    "retraining": {"on": ["data_drift"], "cooldown": "1d", "max_per_month": 2, "min_new_rows": 5000},
}


def checked_spec(**blocks: Any) -> Checked:
    return Checked(Spec.model_validate_json(json.dumps({**SPEC, **blocks})), Origins())


def evaluation(release: str, *, auc: float = 0.7, champion: float | None = None) -> dict[str, Any]:
    rival = None if champion is None else {"roc_auc": champion, "latency_p99": 1.0}
    differences = {} if champion is None else {"roc_auc": {"mean": auc - champion, "lower": {"0.95": auc - champion}}}
    return {
        "format": 1,
        "release": release,
        "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-05-01T00:00:00Z"},
        "checks": [{"check": "unique", "passed": True, "detail": ""}],
        "metrics": {"challenger": {"roc_auc": auc, "latency_p99": 1.0}, "champion": rival},
        "segments": {},
        "differences": differences,
    }


def model_files(release: str, evaluated: Mapping[str, Any], *, onnx: bytes = b"onnx") -> dict[str, bytes]:
    model = {"release": release, "onnx_sha256": hashlib.sha256(onnx).hexdigest()}
    documents = {"model.json": model, "evaluation.json": evaluated, "profile.json": {}}
    return {"model.onnx": onnx, **{name: json.dumps(content).encode() for name, content in documents.items()}}


def archived(files: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return data.getvalue()


class Stack:
    """What a test sees of the deployed stack, and the two things it decides: the training's result, the calls' fate."""

    def __init__(self, folder: Path, checked: Checked) -> None:
        self.folder, self.checked = folder, checked
        self.auc, self.training_fault = 0.7, ""
        self.before_call: Callable[[str, dict[str, Any]], None] = lambda function, event: None
        self.handlers: dict[str, ModuleType] = {}
        self.jobs: list[dict[str, Any]] = []
        self._clients: dict[str, Any] = {}
        self._machine = ""

    def client(self, service: Any) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(service)
        return self._clients[service]

    def json(self, key: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
        return content

    def put(self, key: str, content: Mapping[str, Any] | bytes) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=data)

    def call(self, unit: str, **event: Any) -> dict[str, Any]:
        """The unit's generated handler, as Lambda would call it."""
        answer: dict[str, Any] = self.handlers[unit].handler(event, None)
        json.dumps(answer, allow_nan=False)
        return answer

    @property
    def traffic(self) -> tuple[str, dict[str, float]]:
        alias = self.client("lambda").get_alias(FunctionName=FUNCTION, Name="live")
        return alias["FunctionVersion"], (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})

    def alarm(self, name: str, state: str) -> None:
        self.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")

    @property
    def packages(self) -> list[str]:
        client = self.client("sagemaker")
        found = client.list_model_packages(ModelPackageGroupName="late-dev-registry")["ModelPackageSummaryList"]
        return [
            package["ModelApprovalStatus"]
            for package in sorted(found, key=lambda package: package["ModelPackageVersion"])
        ]

    def train(self, job: Mapping[str, Any]) -> None:
        """What the training job would leave: its archive in the store."""
        self.jobs.append(dict(job))
        if self.training_fault:
            raise RuntimeError(self.training_fault)
        told = job["HyperParameters"]
        rival = 0.7 if told["champion"] else None
        files = model_files(
            told["release"], evaluation(told["release"], auc=self.auc, champion=rival), onnx=told["release"].encode()
        )
        self.put(f"jobs/{job['TrainingJobName']}/output/model.tar.gz", archived(files))

    def run(self, trigger: str = "manual", *, name: str = "") -> dict[str, Any]:
        """Start the state machine and wait for its end."""
        client = self.client("stepfunctions")
        machine = self._machine = (
            self._machine
            or client.create_state_machine(
                name="late-dev-workflow",
                definition=json.dumps(resolved(state_machine(self.checked))),
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/role",
            )["stateMachineArn"]
        )
        name = name or f"run{len(client.list_executions(stateMachineArn=machine)['executions'])}"
        arn = client.start_execution(stateMachineArn=machine, name=name, input=json.dumps({"trigger": trigger}))[
            "executionArn"
        ]
        while (told := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(0.05)
        return {**told, "output": json.loads(told.get("output") or "{}")}

    def messages(self) -> list[str]:
        queue = self.client("sqs").get_queue_url(QueueName="told")["QueueUrl"]
        received = self.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"])["Subject"] for message in received]


def resolved(value: Any) -> Any:
    """What an apply makes of the document's references."""
    match value:
        case Ref("store", "bucket"):
            return BUCKET
        case Ref("aws", "region"):
            return "us-east-1"
        case Ref("key", "arn"):
            return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0f0f"
        case Ref("training-role", "arn"):
            return f"arn:aws:iam::{ACCOUNT}:role/late-dev-training-role"
        case Ref("alerts", "arn"):
            return f"arn:aws:sns:us-east-1:{ACCOUNT}:late-dev-alerts"
        case Ref("start" | "gate" | "rollout" as unit, "arn"):
            return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:late-dev-{unit}"
        case Join(parts):
            return "".join(resolved(part) for part in parts)
        case Ref() | Name():
            raise AssertionError(f"{value} is not an output that the contract names")
        case Mapping():
            return {key: resolved(item) for key, item in value.items()}
        case tuple():
            return [resolved(item) for item in value]
    return value


def zipped(files: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return data.getvalue()


def load_handler(unit: Unit, folder: Path) -> ModuleType:
    """Import a unit's generated entry the way Lambda does: its folder comes first."""
    home = folder / unit.name
    home.mkdir()
    for name, content in unit.files.items():
        (home / name).write_bytes(content)
    sys.path.insert(0, str(home))
    sys.modules.pop("settings", None)
    try:
        spec = importlib.util.spec_from_file_location(f"{unit.name}_handler", home / "handler.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(home))
        sys.modules.pop("settings", None)
    return module


ZIP = {
    "Runtime": "python3.12",
    "Handler": "handler.handler",
    "Code": {"S3Bucket": BUCKET, "S3Key": ENVIRONMENT["MLSPEC_BASE_KEY"]},
}
IMAGE = {"PackageType": "Image", "Code": {"ImageUri": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/late-dev-images:0"}}


def make_function(stack: Stack, name: str, form: str) -> None:
    """As an apply makes it; that which answers has a first version, and its alias."""
    functions, serves = stack.client("lambda"), name == FUNCTION
    role = f"arn:aws:iam::{ACCOUNT}:role/role"
    functions.create_function(FunctionName=name, Role=role, Publish=serves, **(IMAGE if form == "image" else ZIP))
    if serves:
        functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


def make_resources(stack: Stack, form: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    stack.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))
    stack.client("s3").create_bucket(Bucket=BUCKET)
    stack.put(ENVIRONMENT["MLSPEC_BASE_KEY"], zipped({"handler.py": b"handler = None\n"}))
    for name in (FUNCTION, "late-dev-start", "late-dev-gate", "late-dev-rollout"):
        make_function(stack, name, form if name == FUNCTION else "zip")
    stack.client("sagemaker").create_model_package_group(ModelPackageGroupName="late-dev-registry")
    for name in (CANARY, DRIFT):
        stack.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            AlarmDescription="watches",
            Namespace="mlspec",
            MetricName="errors",
            Statistic="Average",
            Period=60,
            EvaluationPeriods=3,
            DatapointsToAlarm=1,
            Threshold=0.01,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[f"arn:aws:sns:us-east-1:{ACCOUNT}:late-dev-alerts"],
            Dimensions=[
                {"Name": "model", "Value": "late"},
                {"Name": "environment", "Value": "dev"},
                {"Name": "version", "Value": "none"},
            ],
        )
    topic = stack.client("sns").create_topic(Name="late-dev-alerts")["TopicArn"]
    stack.client("sqs").create_queue(QueueName="told")
    stack.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:told")


def patch_moto(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    """moto runs no function without Docker and waits for no job: our handlers, and the stack's `train`, do."""
    from moto.awslambda.models import LambdaFunction
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import resource
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service_callback as callback,
    )
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service_unsupported as unsupported,
    )

    def invoke(function: Any, event: Any = None) -> tuple[str, bool, str]:
        unit = function.function_name.removeprefix("late-dev-")
        told = event if isinstance(event, dict) else json.loads(event)
        try:
            stack.before_call(unit, told)
            return json.dumps(stack.handlers[unit].handler(told, None)), False, ""
        except Exception as error:
            return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}), True, ""

    def prepare(service: Any) -> None:
        patterns: Any = {resource.ResourceCondition.WaitForTaskToken, resource.ResourceCondition.Sync}
        callback.StateTaskServiceCallback.__init__(service, supported_integration_patterns=patterns)

    def wait(service: Any, env: Any, normalised_parameters: dict[str, Any], **_: Any) -> Callable[[], Any]:
        env.stack.pop()
        parameters = normalised_parameters
        stack.train(parameters)
        told = boto3.client("sagemaker").describe_training_job(TrainingJobName=parameters["TrainingJobName"])
        uri = f"{parameters['OutputDataConfig']['S3OutputPath']}{parameters['TrainingJobName']}/output/model.tar.gz"
        answer = {"TrainingJobName": told["TrainingJobName"], "ModelArtifacts": {"S3ModelArtifacts": uri}}
        return lambda: answer

    monkeypatch.setattr(LambdaFunction, "_invoke_lambda", invoke)
    monkeypatch.setattr(unsupported.StateTaskServiceUnsupported, "__init__", prepare)
    monkeypatch.setattr(unsupported.StateTaskServiceUnsupported, "_build_sync_resolver", wait)
