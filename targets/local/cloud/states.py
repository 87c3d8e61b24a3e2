"""Step Functions: moto's interpreter runs the machine; waits follow the cloud's clock, `.sync` waits for the job."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from mlspec.targets.local.cloud.world import World

SHIM = (
    "Step Functions runs the machine in moto's interpreter; Wait sleeps on the cloud's clock; .sync waits for the job"
)


def install(world: World) -> None:
    """Fill what moto's interpreter lacks."""
    _waits(world)
    _sync(world)
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


def _waits(world: World) -> None:
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction

    def wait(self: Any, env: Any, wait_seconds: int) -> None:
        arn = env.states.context_object.context_object_data["Execution"]["Id"]
        until = world.clock.now() + timedelta(seconds=wait_seconds)
        world.waits[arn] = until
        try:
            while env.is_running() and world.clock.now() < until:
                with world.clock.moved:
                    left = (until - world.clock.now()).total_seconds()
                    if left > 0:
                        world.clock.moved.wait(min(left, 0.1))
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

    patterns = {ResourceCondition.WaitForTaskToken, ResourceCondition.Sync}
    service: Any = unsupported.StateTaskServiceUnsupported

    def init(self: Any) -> None:
        callback.StateTaskServiceCallback.__init__(self, supported_integration_patterns=patterns)

    def resolver(
        self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> Callable[[], Any]:
        env.stack.pop()
        action = self._get_boto_service_action()
        if action != "create_training_job":
            raise RuntimeError(f"the mocked cloud waits for training jobs only, not for {action}")
        name = normalised_parameters["TrainingJobName"]
        return lambda: _ended_job(world, name)

    service.__init__ = init
    service._build_sync_resolver = resolver
    service._log_unsupported_warning = lambda self: None
    # The interpreter looks this often whether a job has ended.
    callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = 0.1  # type: ignore[misc]


def _ended_job(world: World, name: str) -> Any:
    """The job's description once it has completed, None while it runs; raises when it failed."""
    described = world.client("sagemaker").describe_training_job(TrainingJobName=name)
    status = described["TrainingJobStatus"]
    if status in ("InProgress", "Stopping"):
        return None
    described.pop("ResponseMetadata", None)
    if status != "Completed":
        raise RuntimeError(json.dumps(plain(described)))
    return plain(described)


def _plain_results() -> None:
    """Results with dates are not JSON; AWS gives them as text."""
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service_aws_sdk as aws_sdk,
    )
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service_unsupported as unsupported,
    )

    for service in (aws_sdk.StateTaskServiceAwsSdk, unsupported.StateTaskServiceUnsupported):
        evaluate = service._eval_service_task

        def made_plain(self: Any, *arguments: Any, _evaluate: Any = evaluate, **named: Any) -> None:
            _evaluate(self, *arguments, **named)
            env = arguments[0] if arguments else named["env"]
            env.stack.append(plain(env.stack.pop()))

        service._eval_service_task = made_plain  # type: ignore[method-assign, assignment]


def plain(value: Any) -> Any:
    """`value` with only what JSON has."""
    return json.loads(json.dumps(value, default=str))
