"""Step Functions: moto's interpreter runs the machine; waits follow the cloud's clock, `.sync` waits for the job."""

import json
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mlspec.targets.local.cloud.world import World

SHIM = (
    "Step Functions runs the machine in moto's interpreter; Wait sleeps on the cloud's clock; .sync waits for the job"
)
_LOOK_SECONDS = 0.05  # between two looks at a job that somebody waits for


def install(world: World) -> None:
    """Fill what moto's interpreter lacks."""
    _executions(world)
    _waits(world)
    _sync(world)
    _one_client_each()
    _plain_results()


def running(world: World) -> list[str]:
    """ARNs of the executions that run now."""
    machines = world.backend("stepfunctions").state_machines
    return [
        execution.execution_arn
        for machine in machines
        for execution in list(machine.executions)
        if str(execution.status) == "RUNNING"
    ]


def _executions(world: World) -> None:
    """An execution that is given no name gets one; one that is stopped waits no more."""
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend

    start, stop = StepFunctionsParserBackend.start_execution, StepFunctionsParserBackend.stop_execution

    def started(
        self: Any, state_machine_arn: str, name: Any = None, execution_input: Any = None, trace_header: Any = None
    ) -> Any:
        return start(self, state_machine_arn, name or str(uuid.uuid4()), execution_input, trace_header)

    def stopped(self: Any, execution_arn: str) -> Any:
        execution = stop(self, execution_arn)
        with world.clock.moved:
            world.waits.pop(execution_arn, None)
            world.clock.moved.notify_all()
        return execution

    StepFunctionsParserBackend.start_execution = started  # type: ignore[method-assign]
    StepFunctionsParserBackend.stop_execution = stopped  # type: ignore[method-assign]


def _waits(world: World) -> None:
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction

    def wait(self: Any, env: Any, wait_seconds: int) -> None:
        arn = env.states.context_object.context_object_data["Execution"]["Id"]
        until = world.clock.now() + timedelta(seconds=wait_seconds)
        world.waits[arn] = until
        try:
            world.clock.wait_until(until, wanted=env.is_running)
        finally:
            world.waits.pop(arn, None)

    WaitFunction._wait_interval = wait  # type: ignore[method-assign]


def _sync(world: World) -> None:
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service_callback as callback,
    )
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service_unsupported as unsupported,
    )
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition

    patterns: Any = {ResourceCondition.WaitForTaskToken, ResourceCondition.Sync}
    service: Any = unsupported.StateTaskServiceUnsupported

    def init(self: Any) -> None:
        callback.StateTaskServiceCallback.__init__(self, supported_integration_patterns=patterns)

    def resolver(
        self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> "_Job":
        env.stack.pop()
        action = self._get_boto_service_action()
        if action != "create_training_job":
            raise RuntimeError(f"the mocked cloud waits for training jobs only, not for {action}")
        return _Job(world, self, env, normalised_parameters["TrainingJobName"])

    def wait(self: Any, env: Any, sync_resolver: "_Job", **_: Any) -> Any:
        while env.is_running():
            ended = sync_resolver.ended()
            if ended:
                return ended
            time.sleep(_LOOK_SECONDS)
        sync_resolver.stop()
        return None

    service.__init__ = init
    service._build_sync_resolver = resolver
    service._eval_sync = wait
    service._log_unsupported_warning = lambda self: None


@dataclass(frozen=True)
class _Job:
    """A training job that a task waits for."""

    world: World
    task: Any
    env: Any
    name: str

    def ended(self) -> Any:
        """Its description once it has completed, None while it runs; raises what a Catch can catch when it failed."""
        status = self.world.backend("sagemaker").training_jobs[self.name].training_job_status
        if status in ("InProgress", "Stopping"):
            return None
        described = self.world.client("sagemaker").describe_training_job(TrainingJobName=self.name)
        described.pop("ResponseMetadata", None)
        if status != "Completed":
            raise _task_failed(self.task, self.env, json.dumps(plain(described)))
        return plain(described)

    def stop(self) -> None:
        """Nobody waits for it any more: AWS stops the job of an execution that was stopped or ran out of time."""
        self.world.client("sagemaker").stop_training_job(TrainingJobName=self.name)


def _task_failed(task: Any, env: Any, cause: str) -> Exception:
    """The failure of a task as AWS names it, States.TaskFailed."""
    from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
    from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
        FailureEvent,
        FailureEventException,
    )
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
    from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

    kind = StatesErrorNameType.StatesTaskFailed
    details = TaskFailedEventDetails(
        resourceType=task._get_sfn_resource_type(), resource=task._get_sfn_resource(), error=kind.to_name(), cause=cause
    )
    event = FailureEvent(
        env=env,
        error_name=StatesErrorName(typ=kind),
        event_type=HistoryEventType.TaskFailed,
        event_details=EventDetails(taskFailedEventDetails=details),  # type: ignore[typeddict-item]
    )
    return FailureEventException(failure_event=event)


def _one_client_each() -> None:
    """The interpreter makes a new client for every call it sends; one of a kind is enough."""
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service_aws_sdk,
        state_task_service_events,
        state_task_service_sns,
        state_task_service_sqs,
        state_task_service_unsupported,
    )
    from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for

    clients: dict[tuple[str, str], Any] = {}
    lock = threading.Lock()

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        with lock:
            if (region, service) not in clients:
                clients[region, service] = boto_client_for(region, service, state_credentials)
            return clients[region, service]

    users: tuple[Any, ...] = (
        lambda_eval_utils,
        state_task_service_aws_sdk,
        state_task_service_events,
        state_task_service_sns,
        state_task_service_sqs,
        state_task_service_unsupported,
    )
    for module in users:
        module.boto_client_for = client_for


def _plain_results() -> None:
    """Results with dates are not JSON; AWS gives them as text."""
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service_aws_sdk as aws_sdk,
    )
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service_unsupported as unsupported,
    )

    services: tuple[Any, ...] = (aws_sdk.StateTaskServiceAwsSdk, unsupported.StateTaskServiceUnsupported)
    for service in services:
        evaluate = service._eval_service_task

        def made_plain(self: Any, *arguments: Any, _evaluate: Any = evaluate, **named: Any) -> None:
            _evaluate(self, *arguments, **named)
            env = arguments[0] if arguments else named["env"]
            env.stack.append(plain(env.stack.pop()))

        service._eval_service_task = made_plain


def plain(value: Any) -> Any:
    """`value` with only what JSON has."""
    return json.loads(json.dumps(value, default=str))
