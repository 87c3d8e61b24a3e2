"""Where the cloud takes over from moto: each place is there, takes what we expect, and none is missing here."""

import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

_ASL = "moto.stepfunctions.parser.asl.component.state"
_SERVICE = f"{_ASL}.exec.state_task.service.state_task_service"
_TASK = "self env resource_runtime_part normalised_parameters state_credentials"
_CLIENT = "region service state_credentials"

# where -> what moto's own takes; "..." where more follows, None where moto has nothing
SEAMS: dict[str, str | None] = {
    "moto.awslambda.models:LambdaBackend._send_sqs_message": "self function_arn message queue_arn",
    "moto.awslambda.models:LambdaBackend.create_event_source_mapping": "self spec",
    "moto.awslambda.models:LambdaBackend.delete_event_source_mapping": "self uuid",
    "moto.awslambda.models:LambdaBackend.update_event_source_mapping": "self uuid spec",
    "moto.awslambda.models:LambdaBackend.send_kinesis_message":
        "self function_name kinesis_stream kinesis_partition_key kinesis_sequence_number ...",
    "moto.awslambda.models:LambdaBackend.invoke": "self function_name qualifier body headers response_headers",
    "moto.awslambda.models:LambdaFunction._invoke_lambda": "self event",
    "moto.awslambda.responses:LambdaResponse.invoke": "self",
    "moto.cloudwatch.models:Alarm.update_state": "self reason reason_data state_value",
    "moto.cloudwatch.models:CloudWatchBackend.put_metric_alarm": "self name namespace ...",
    "moto.cloudwatch.models:CloudWatchBackend.put_metric_data": "self namespace metric_data",
    "moto.ecr.models:ECRBackend.complete_layer_upload": "self repository_name upload_id layer_digests registry_id",
    "moto.events.models:Rule.send_to_targets": "self original_event transform_input",
    "moto.s3.models:FakeBucket.get_permission": "self action resource",
    "moto.s3.models:S3Backend.put_bucket_policy": "self bucket_name policy",
    "moto.sagemaker.models:SageMakerModelBackend.create_training_job":
        "self training_job_name hyper_parameters algorithm_specification ...",
    "moto.sagemaker.responses:SageMakerResponse.delete_model_package": None,
    "moto.sagemaker.responses:SageMakerResponse.delete_model_package_group": None,
    "moto.sagemaker.responses:SageMakerResponse.stop_training_job": None,
    "moto.stepfunctions.parser.models:StepFunctionsParserBackend.start_execution":
        "self state_machine_arn name execution_input trace_header",
    "moto.stepfunctions.parser.models:StepFunctionsParserBackend.stop_execution": "self execution_arn",
    f"{_ASL}.wait.wait_function.wait_function:WaitFunction._wait_interval": "self env wait_seconds",
    f"{_ASL}.exec.state_task.lambda_eval_utils:boto_client_for": _CLIENT,
    f"{_SERVICE}_events:boto_client_for": _CLIENT,
    f"{_SERVICE}_sns:boto_client_for": _CLIENT,
    f"{_SERVICE}_sqs:boto_client_for": _CLIENT,
    f"{_SERVICE}_aws_sdk:boto_client_for": _CLIENT,
    f"{_SERVICE}_aws_sdk:StateTaskServiceAwsSdk._eval_service_task": _TASK,
    f"{_SERVICE}_unsupported:boto_client_for": _CLIENT,
    f"{_SERVICE}_unsupported:StateTaskServiceUnsupported.__init__": "self",
    f"{_SERVICE}_unsupported:StateTaskServiceUnsupported._build_sync_resolver": _TASK,
    f"{_SERVICE}_unsupported:StateTaskServiceUnsupported._eval_service_task": _TASK,
    f"{_SERVICE}_unsupported:StateTaskServiceUnsupported._eval_sync":
        "self env sync_resolver timeout_seconds callback_endpoint heartbeat_endpoint",
    f"{_SERVICE}_unsupported:StateTaskServiceUnsupported._log_unsupported_warning": "self",
}  # fmt: skip

# Run apart, because it changes moto for good: prints every function of moto's that is ours.
_INSTALLED = """
import inspect, json, pathlib, sys
from mlspec.targets.local.cloud.behaviours import install
from mlspec.targets.local.cloud.clock import Clock
from mlspec.targets.local.cloud.world import World
install(World("id", pathlib.Path("."), Clock(pathlib.Path("clock"))))
def ours(holder, prefix):
    return [prefix + name for name, value in list(vars(holder).items())
            if inspect.isfunction(value) and value.__module__.startswith("mlspec.")]
found = []
for name, module in list(sys.modules.items()):
    if name.startswith("moto."):
        found += ours(module, name + ":")
        for kind in list(vars(module).values()):
            if inspect.isclass(kind) and kind.__module__ == name:
                found += ours(kind, f"{name}:{kind.__name__}.")
print(json.dumps(found))
"""


@pytest.mark.parametrize(("place", "expected"), sorted(SEAMS.items(), key=str))
def test_moto_has_what_is_replaced(place: str, expected: str | None) -> None:
    module, _, path = place.partition(":")
    found: object = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    if expected is None:
        assert found is None
        return
    assert callable(found)
    taken = list(inspect.signature(found).parameters)
    wanted = expected.split()
    assert (taken[: len(wanted) - 1] if wanted[-1] == "..." else [*taken]) == [w for w in wanted if w != "..."]


def test_all_that_is_replaced_is_in_the_table(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _INSTALLED], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert sorted(json.loads(done.stdout)) == sorted(SEAMS)
