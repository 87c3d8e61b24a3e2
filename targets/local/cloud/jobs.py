"""SageMaker training jobs: the container's contract in a subprocess, its data from S3, its model back to S3."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mlspec.targets.local.cloud import events
from mlspec.targets.local.cloud.job_container import Container, Result
from mlspec.targets.local.cloud.log_lines import write_lines
from mlspec.targets.local.cloud.world import World

SHIM = (
    "SageMaker training jobs run their container's entry point in a process on this machine; its Python is the image's"
)
_GROUP = "/aws/sagemaker/TrainingJobs"


def install(world: World) -> None:
    """Put a real process behind each training job; a name can be used once, and a running job can be stopped."""
    from moto.core.responses import EmptyResult
    from moto.sagemaker.exceptions import ValidationError
    from moto.sagemaker.models import SageMakerModelBackend
    from moto.sagemaker.responses import SageMakerResponse

    plain_create = SageMakerModelBackend.create_training_job
    stops: dict[str, Callable[[], None]] = {}

    def create(self: Any, training_job_name: str, **settings: Any) -> Any:
        if training_job_name in self.training_jobs:
            raise ValidationError(message=f"Training job names must be unique: {training_job_name} exists")
        job = plain_create(self, training_job_name=training_job_name, **settings)
        definitions = (settings["algorithm_specification"] or {}).get("MetricDefinitions") or []
        job.training_job_status, job.secondary_status = "InProgress", "Starting"
        job.final_metric_data_list, job.training_end_time = [], None
        container = Container(world, job)
        stops[training_job_name] = container.stop
        world.activity.background("jobs", lambda: _run(world, job, container, definitions))
        return job

    def stop(self: Any) -> Any:
        name = self._get_param("TrainingJobName")
        job = self.sagemaker_backend.training_jobs[name]
        if job.training_job_status == "InProgress":
            job.training_job_status = "Stopping"
            stops[name]()
        return EmptyResult()

    SageMakerModelBackend.create_training_job = create  # type: ignore[assignment, method-assign]
    SageMakerResponse.stop_training_job = stop  # type: ignore[attr-defined]


def _run(world: World, job: Any, container: Container, definitions: list[dict[str, str]]) -> None:
    job.secondary_status = "Training"
    try:
        result = container.run()
    except Exception as error:  # the platform's own failure is the job's, as on AWS
        result = Result(False, f"InternalServerError: {error}", ())
    stream = f"{job.training_job_name}/algo-1-{int(world.clock.now().timestamp())}"
    write_lines(world, _GROUP, stream=stream, lines=result.lines)
    job.final_metric_data_list = _metrics(result, definitions, world.clock.now())
    job.training_end_time = job.last_modified_time = world.clock.now()
    if job.training_job_status == "Stopping":
        job.secondary_status = job.training_job_status = "Stopped"
    elif result.completed:
        job.secondary_status = job.training_job_status = "Completed"
    else:
        job.failure_reason = result.reason[:1024]
        job.secondary_status = job.training_job_status = "Failed"
    detail = {"TrainingJobName": job.training_job_name, "TrainingJobStatus": job.training_job_status}
    kind = "SageMaker Training Job State Change"
    events.put(world, source="aws.sagemaker", kind=kind, detail=detail, about=job.arn)


def _metrics(result: Result, definitions: list[dict[str, str]], now: datetime) -> list[dict[str, Any]]:
    """The last value each definition's pattern finds in the log."""
    found = {}
    for definition in definitions:
        for line in result.lines:
            match = re.search(definition["Regex"], line)
            if match:
                found[definition["Name"]] = float(match[1])
    return [{"MetricName": name, "Value": value, "Timestamp": now} for name, value in found.items()]
