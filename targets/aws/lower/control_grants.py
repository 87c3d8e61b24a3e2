"""What the control functions may do: exactly what their code calls, on exactly what it calls it on."""

from collections.abc import Mapping
from typing import TypeAlias

from mlspec.compiler.graph import Grant, Join, Name, Ref, Value
from mlspec.targets.aws.lower.canary import canary_names
from mlspec.targets.aws.lower.context import Context, arn
from mlspec.targets.aws.lower.grants import misses, reads, writes
from mlspec.targets.aws.lower.inference import ALIAS_NAME
from mlspec.targets.aws.lower.monitors import drift_alarm_names

Conditions: TypeAlias = Mapping[str, Mapping[str, Value]]


def control_grants(context: Context) -> tuple[Grant, ...]:
    """Of all three functions."""
    return (*_start_grants(context), *_gate_grants(), *_rollout_grants(context))


def _start_grants(context: Context) -> tuple[Grant, ...]:
    role = "start-role"
    # AWS knows the action on machines and on their map runs; this machine has none of the latter.
    machine = (arn("states", "stateMachine:", Name("workflow")), arn("states", "mapRun:", Name("workflow"), "/*:*"))
    return (
        reads(role, "champion.json", "ledger.json", "releases/*", why="what was trained, and when"),
        misses(role),
        writes(role, "ledger.json", why="the retraining it starts"),
        Grant(role, ("states:ListExecutions",), machine, "whether a retraining runs"),
        *_describes_alarms(role, drift_alarm_names(context)),
    )


def _gate_grants() -> tuple[Grant, ...]:
    role = "gate-role"
    return (
        reads(role, "jobs/*", "releases/*", why="what was trained"),
        misses(role),
        writes(role, "releases/*", why="the release and the verdict on it"),
    )


def _rollout_grants(context: Context) -> tuple[Grant, ...]:
    role = "rollout-role"
    function, canaries = Ref("inference", "arn"), canary_names(context)
    change = "UpdateFunctionConfiguration" if context.form.name == "image" else "UpdateFunctionCode"
    publish = ("lambda:GetFunctionConfiguration", "lambda:PublishVersion", f"lambda:{change}")
    group = arn("sagemaker", "model-package-group/", Name("registry"))
    packages = arn("sagemaker", "model-package/", Name("registry"), "/*")
    register = ("sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage")
    return (
        reads(role, "champion.json", *_bases(context), "releases/*", why="releases, and the code that serves them"),
        misses(role),
        writes(role, "champion.json", "releases/*", why="which release is the champion, and what became of the others"),
        *_names_releases(context),
        Grant(role, publish, (function, Join((function, ":*"))), "a version for each release"),
        Grant(
            role,
            ("lambda:GetAlias", "lambda:UpdateAlias"),
            (function, Join((function, f":{ALIAS_NAME}"))),
            "the shares of traffic",
        ),
        Grant(role, register, (group, packages), "the registry's record of a release"),
        *_describes_alarms(role, canaries),
        *_points_alarms(role, canaries),
    )


def _bases(context: Context) -> tuple[str, ...]:
    return () if context.form.name == "image" else ("code/inference-*",)


def _names_releases(context: Context) -> tuple[Grant, ...]:
    """Whoever sets variables that lie under a key of ours must be allowed to encrypt with it.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html"""
    if context.form.name != "image":
        return ()
    role, key, why = "rollout-role", (Ref("key", "arn"),), "the variables that name a release"
    for_lambda: Conditions = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return (Grant(role, ("kms:Encrypt",), key, why), Grant(role, ("kms:CreateGrant",), key, why, for_lambda))


def _describes_alarms(role: str, names: tuple[Name, ...]) -> tuple[Grant, ...]:
    if not names:
        return ()
    return (Grant(role, ("cloudwatch:DescribeAlarms",), _alarms(names), "the state of its alarms"),)


def _points_alarms(role: str, names: tuple[Name, ...]) -> tuple[Grant, ...]:
    if not names:
        return ()
    actions = ("cloudwatch:PutMetricAlarm", "cloudwatch:SetAlarmState")
    return (Grant(role, actions, _alarms(names), "the alarms that watch a new release"),)


def _alarms(names: tuple[Name, ...]) -> tuple[Value, ...]:
    return tuple(arn("cloudwatch", "alarm:", name) for name in names)
