"""Turns a spec's training block into the parameters of the workflow's CreateTrainingJob."""

import re
from typing import Any

from mlspec.compiler.graph import REGION, Join, Ref, Value
from mlspec.compiler.units.training_settings import framework_of_spec
from mlspec.specs.checked import Checked
from mlspec.specs.models import Compute, Spec

# AWS's Deep Learning Containers; they lend Python, and torch where it is asked for: other libraries come with the code.
# https://github.com/aws/deep-learning-containers/blob/master/available_images.md
_IMAGES = {
    "cpu": "pytorch-training:2.6.0-cpu-py312-ubuntu22.04-sagemaker",
    "gpu": "pytorch-training:2.6.0-gpu-py312-cu126-ubuntu22.04-sagemaker",
}
_TORCH_IMAGES = {
    "cpu": "pytorch-training:2.9.0-cpu-py312-ubuntu22.04-sagemaker",
    "gpu": "pytorch-training:2.9.0-gpu-py312-cu130-ubuntu22.04-sagemaker",
}
_GPU = re.compile(r"ml\.[gp]\d")
# Instances with their own disk take no volume key: that disk is encrypted by its hardware.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html (VolumeKmsKeyId)
_OWN_DISK = re.compile(r"ml\.(g4dn|g5|g6|g6e|p4d|p4de|p5|p5e|p5en|p3dn|trn1|trn1n|trn2|[cmr]\d[a-z]*d)\.")
_ENTRYPOINT = (
    "sh",
    "-c",
    "BASE=${SAGEMAKER_BASE_DIR:-/opt/ml} && python3 -m zipfile -e $BASE/input/data/code/training.zip $BASE/code"
    " && cd $BASE/code && exec python3 main.py",
)
_STORE = Ref("store", "bucket")


def training_parameters(checked: Checked) -> dict[str, Any]:
    """The job that `start` has named; what it decided lies under `$.start`."""
    spec = checked.spec
    compute = spec.training.compute
    return {
        "TrainingJobName.$": "$.start.job",
        "HyperParameters.$": "$.start.hyperparameters",
        "InputDataConfig.$": "$.start.channels",
        "RoleArn": Ref("training-role", "arn"),
        "AlgorithmSpecification": {
            "TrainingImage": _image(spec),
            "TrainingInputMode": "File",
            "ContainerEntrypoint": _ENTRYPOINT,
        },
        "OutputDataConfig": {"S3OutputPath": Join(("s3://", _STORE, "/jobs/")), "KmsKeyId": Ref("key", "arn")},
        "ResourceConfig": _machine(compute),
        "RetryStrategy": {"MaximumRetryAttempts": 2},
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": compute.count > 1,
        "Tags": _tags(spec),
        **_stopping(compute),
    }


def longest(compute: Compute) -> int:
    """Seconds a job may take with all its waiting: spare capacity may be long in coming."""
    return compute.max_runtime.seconds * (2 if compute.spot else 1)


def _image(spec: Spec) -> Value:
    if spec.training.image:
        return spec.training.image
    kind = "gpu" if _GPU.match(spec.training.compute.instance) else "cpu"
    images = _TORCH_IMAGES if framework_of_spec(spec) == "torch" else _IMAGES
    return Join(("763104351884.dkr.ecr.", REGION, f".amazonaws.com/{images[kind]}"))


def _machine(compute: Compute) -> dict[str, Any]:
    machine = {
        "InstanceType": compute.instance,
        "InstanceCount": compute.count,
        "VolumeSizeInGB": max(1, -(-compute.volume.bytes // 2**30)),
    }
    return machine if _OWN_DISK.match(compute.instance) else {**machine, "VolumeKmsKeyId": Ref("key", "arn")}


def _stopping(compute: Compute) -> dict[str, Any]:
    limit = {"MaxRuntimeInSeconds": compute.max_runtime.seconds}
    if not compute.spot:
        return {"StoppingCondition": limit}
    path = Join(("States.Format('s3://", _STORE, "/jobs/{}/checkpoints/', $.start.job)"))
    return {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {**limit, "MaxWaitTimeInSeconds": longest(compute)},
        "CheckpointConfig": {"S3Uri.$": path},
    }


def _tags(spec: Spec) -> tuple[dict[str, str], ...]:
    tags = {"mlspec:environment": spec.environment, "mlspec:resource": "training", "mlspec:spec": spec.name}
    return tuple({"Key": key, "Value": value} for key, value in tags.items())
