"""SageMaker training jobs: the container's contract in a subprocess, its data from S3, its model back to S3."""

import copy
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mlspec.targets.local.cloud import events
from mlspec.targets.local.cloud.job_container import Container, Result
from mlspec.targets.local.cloud.log_lines import write_lines
from mlspec.targets.local.cloud.world import World

SHIM = (
    "SageMaker training jobs run their container's entry point in a process of this machine's Python, "
    "its clock the cloud's as it stood when the job began; the longest run time is measured in real time"
)
_GROUP = "/aws/sagemaker/TrainingJobs"


def install(world: World) -> None:
    """Put a real process behind each training job; a name can be used once, and a running job can be stopped."""
    from moto.core.responses import EmptyResult
    from moto.sagemaker.exceptions import ValidationError
    from moto.sagemaker.models import SageMakerModelBackend
    from moto.sagemaker.responses import SageMakerResponse

    plain_create = SageMakerModelBackend.create_training_job
    running = Running()
    world.pools["jobs"] = running

    def create(self: Any, training_job_name: str, **settings: Any) -> Any:
        if training_job_name in self.training_jobs:
            raise ValidationError(message=f"Training job names must be unique: {training_job_name} exists")
        specification = copy.deepcopy(settings["algorithm_specification"] or {})  # moto puts metrics of its own in
        job = plain_create(self, training_job_name=training_job_name, **settings)
        job.algorithm_specification = specification
        job.training_job_status, job.secondary_status = "InProgress", "Starting"
        job.final_metric_data_list, job.training_end_time = [], None  # type: ignore[assignment]
        container = running.add(training_job_name, Container(world, job))
        world.activity.background("jobs", lambda: _run(world, job, container, running))
        return job

    def stop(self: Any) -> Any:
        name = self._get_param("TrainingJobName")
        self.sagemaker_backend.describe_training_job(name)  # refuses a name that is not known
        job = self.sagemaker_backend.training_jobs[name]
        container = running.containers.get(name)
        if job.training_job_status == "InProgress" and container is not None:
            job.training_job_status = job.secondary_status = "Stopping"
            container.stop()
        return EmptyResult()

    SageMakerModelBackend.create_training_job = create  # type: ignore[assignment, method-assign]
    SageMakerResponse.stop_training_job = stop  # type: ignore[attr-defined]


class Running:
    """The containers that run now, by the name of their job."""

    def __init__(self) -> None:
        self.containers: dict[str, Container] = {}
        self._closed = False

    def add(self, name: str, container: Container) -> Container:
        """One more; it does not begin when the cloud is ending."""
        self.containers[name] = container
        if self._closed:
            container.stop()
        return container

    def close(self) -> None:
        """End them all; nothing of them is left behind."""
        self._closed = True
        for container in list(self.containers.values()):
            container.kill()


def _run(world: World, job: Any, container: Container, running: Running) -> None:
    if job.training_job_status == "InProgress":
        job.secondary_status = "Training"
    try:
        result = container.run()
    except Exception as error:  # the platform's own failure is the job's, as on AWS
        result = Result("Failed", "Failed", f"InternalServerError: {error}", ())
    running.containers.pop(job.training_job_name, None)
    now = world.clock.now()
    stream = f"{job.training_job_name}/algo-1-{int(now.timestamp())}"
    write_lines(world, _GROUP, stream=stream, lines=result.lines)
    definitions = job.algorithm_specification.get("MetricDefinitions") or []
    job.final_metric_data_list = _metrics(result.lines, definitions, now)
    job.training_end_time = job.last_modified_time = now
    if result.reason:
        job.failure_reason = result.reason[:1024]
    job.secondary_status, job.training_job_status = result.secondary, result.status
    detail = {
        "TrainingJobName": job.training_job_name,
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": result.status,
        "SecondaryStatus": result.secondary,
        **({"FailureReason": job.failure_reason} if result.reason else {}),
    }
    kind = "SageMaker Training Job State Change"
    events.put(world, source="aws.sagemaker", kind=kind, detail=detail, about=job.arn)


def _metrics(lines: Sequence[str], definitions: Sequence[dict[str, str]], now: datetime) -> list[dict[str, Any]]:
    """The last value each definition's pattern finds in the log."""
    found = {}
    for definition in definitions:
        for line in lines:
            match = re.search(definition["Regex"], line)
            if match:
                found[definition["Name"]] = float(match[1])
    return [{"MetricName": name, "Value": value, "Timestamp": now} for name, value in found.items()]
