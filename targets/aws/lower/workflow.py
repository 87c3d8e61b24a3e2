"""Turns a checked spec into its state machine: train, gate, register, shift traffic in steps, promote or roll back."""

from collections.abc import Mapping
from typing import Any

from mlspec.compiler.graph import Ref
from mlspec.compiler.units.rollout import shares
from mlspec.specs.checked import Checked
from mlspec.specs.models import Rollout, Spec
from mlspec.targets.aws.lower.training_parameters import longest, training_parameters

State = dict[str, Any]

_LAMBDA = "arn:aws:states:::lambda:invoke"
_TRAIN = "arn:aws:states:::sagemaker:createTrainingJob.sync"
_PUBLISH = "arn:aws:states:::sns:publish"
# What passes by itself. A function's own errors are none of these: they go to Recover at once.
_TRANSIENT = {
    _LAMBDA: (
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "ResourceConflictException",
    ),
    # No job exists when the call itself fails; a job that fails ends in States.TaskFailed and is not run again.
    _TRAIN: ("SageMaker.AmazonSageMakerException", "SageMaker.ResourceLimitExceededException"),
    _PUBLISH: ("SNS.AmazonSNSException", "SNS.InternalErrorException", "SNS.ThrottledException"),
}
_FUNCTION_SECONDS = 900  # Lambda's own limit


def state_machine(checked: Checked) -> dict[str, Any]:
    """The Amazon States Language document, with references where ARNs will be."""
    spec = checked.spec
    return {
        "Comment": f"Trains, judges and rolls out {spec.stack}",
        "StartAt": "Start",
        "TimeoutSeconds": _longest(spec),
        "States": {**_training(checked), **_rollout(spec), **_ends(spec.stack)},
    }


def check_interval(rollout: Rollout) -> int:
    """Seconds between two looks at the alarms: a fifth of the bake, between 30 s and all of it."""
    fifth = -(-rollout.bake.milliseconds // 5000)
    return max(1, fifth, min(30, rollout.bake.seconds))


def _training(checked: Checked) -> dict[str, State]:
    start = {
        "trigger.$": "$.trigger",
        "execution.$": "$$.Execution.Id",
    }
    gate = {
        "release.$": "$.start.release",
        "champion.$": "$.start.champion",
        "job.$": "$.train.job",
        "artifact.$": "$.train.artifact",
        "trigger.$": "$.trigger",
    }
    job = {"job.$": "$.TrainingJobName", "artifact.$": "$.ModelArtifacts.S3ModelArtifacts"}
    started = ("proceed", "reason", "release", "job", "champion", "channels", "hyperparameters")
    judged = ("passed", "summary", "gates", "refused")
    return {
        "Start": _call("start", start, _payload(started), then="Proceed?", error="NotifyFailed"),
        "Proceed?": _choose({"Variable": "$.start.proceed", "BooleanEquals": True}, then="Train", other="Skipped"),
        "Skipped": {"Type": "Succeed"},
        "Train": {
            **_task(_TRAIN, training_parameters(checked), then="Gate", error="Recover"),
            "TimeoutSeconds": longest(checked.spec.training.compute) + 3600,
            "ResultSelector": job,
            "ResultPath": "$.train",
        },
        "Gate": _call("gate", gate, _payload(judged), then="Passed?"),
        "Passed?": _choose(
            {"Variable": "$.gate.passed", "BooleanEquals": True}, then="Register", other="NotifyRefused"
        ),
    }


def _rollout(spec: Spec) -> dict[str, State]:
    moved = _payload(("step", "version"))
    checked = _payload(("status", "step", "alarms"))
    status = "$.rollout.status"
    return {
        "Register": _roll("register", moved, then="Shift"),
        "Shift": _roll("shift", moved, then="Bake", stepwise=True),
        "Bake": {"Type": "Wait", "Seconds": check_interval(spec.rollout), "Next": "Check"},
        "Check": _roll("check", checked, then="Healthy?", stepwise=True),
        "Healthy?": {
            "Type": "Choice",
            "Choices": (
                {"Variable": status, "StringEquals": "bake", "Next": "Bake"},
                {"Variable": status, "StringEquals": "next", "Next": "Shift"},
                {"Variable": status, "StringEquals": "done", "Next": "Promote"},
            ),
            "Default": "RollBack",
        },
        "Promote": _roll("promote", _payload(("status", "version")), then="NotifyPromoted"),
        "RollBack": _roll("rollback", _payload(("status", "version")), then="NotifyRolledBack", keep="$.back"),
        "Recover": _roll("recover", _payload(("status",)), then="NotifyFailed", error="NotifyFailed", keep="$.recover"),
    }


def _ends(stack: str) -> dict[str, State]:
    refused, error = "$.gate.summary", "$.error.Cause"
    alarms = "States.JsonToString($.rollout.alarms)"
    alarmed = f"States.Format('Release {{}} was rolled back; alarms: {{}}', $.start.release, {alarms})"
    promoted = "States.Format('Release {} is champion now. {}', $.start.release, $.gate.summary)"
    return {
        "NotifyPromoted": _notify(f"{stack}: new model serves", promoted, then="Promoted"),
        "Promoted": {"Type": "Succeed"},
        "NotifyRefused": _notify(f"{stack}: model refused", refused, then="Refused"),
        "Refused": {"Type": "Fail", "Error": "GateRefused", "CausePath": refused},
        "NotifyRolledBack": _notify(f"{stack}: model rolled back", alarmed, then="RolledBack"),
        "RolledBack": {"Type": "Fail", "Error": "CanaryFailed", "CausePath": alarmed},
        "NotifyFailed": _notify(f"{stack}: retraining failed", error, then="Failed"),
        "Failed": {"Type": "Fail", "Error": "WorkflowFailed", "CausePath": error},
    }


def _roll(
    action: str,
    result: Mapping[str, str],
    *,
    then: str,
    stepwise: bool = False,
    error: str = "Recover",
    keep: str = "$.rollout",
) -> State:
    payload = {"action": action, "release.$": "$.start.release"}
    step = {"step.$": "$.rollout.step"} if stepwise else {}
    return {**_call("rollout", {**payload, **step}, result, then=then, error=error), "ResultPath": keep}


def _call(
    unit: str, payload: Mapping[str, Any], result: Mapping[str, str], *, then: str, error: str = "Recover"
) -> State:
    """Call a function; the fields of its answer that are named in `result` go under `$.<unit>`."""
    return {
        **_task(_LAMBDA, {"FunctionName": Ref(unit, "arn"), "Payload": dict(payload)}, then=then, error=error),
        "TimeoutSeconds": _FUNCTION_SECONDS,
        "ResultSelector": dict(result),
        "ResultPath": f"$.{unit}",
    }


def _notify(subject: str, message: str, *, then: str) -> State:
    """Tell people; when that fails the outcome stays what it is."""
    told = {"TopicArn": Ref("alerts", "arn"), "Subject": subject[:100], "Message.$": message}
    return {
        **_task(_PUBLISH, told, then=then, error=then, keep="$.notification"),
        "TimeoutSeconds": 60,
        "ResultPath": None,
    }


def _task(resource: str, parameters: Mapping[str, Any], *, then: str, error: str, keep: str = "$.error") -> State:
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": dict(parameters),
        "Retry": (_again(resource),),
        "Catch": ({"ErrorEquals": ("States.ALL",), "ResultPath": keep, "Next": error},),
        "Next": then,
    }


def _again(resource: str) -> State:
    slow = resource == _TRAIN  # capacity comes back in minutes, not in seconds
    return {
        "ErrorEquals": _TRANSIENT[resource],
        "IntervalSeconds": 60 if slow else 2,
        "MaxAttempts": 5,
        "BackoffRate": 2.0,
        "MaxDelaySeconds": 900 if slow else 60,
        "JitterStrategy": "FULL",
    }


def _choose(rule: Mapping[str, Any], *, then: str, other: str) -> State:
    return {"Type": "Choice", "Choices": ({**rule, "Next": then},), "Default": other}


def _payload(fields: tuple[str, ...]) -> dict[str, str]:
    return {f"{field}.$": f"$.Payload.{field}" for field in fields}


def _longest(spec: Spec) -> int:
    """Seconds after which something hangs: the slowest job, every step twice over, every function at its limit."""
    steps = len(shares(spec.rollout))
    baked = steps * 2 * (spec.rollout.bake.seconds + check_interval(spec.rollout))
    return 4 * 3600 + longest(spec.training.compute) + baked + (steps + 6) * _FUNCTION_SECONDS
