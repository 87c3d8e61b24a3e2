"""Serving: the function, its alias `live` that traffic goes through, and the URL that IAM guards."""

from typing import Any

from mlspec.compiler.graph import ACCOUNT, Options, Ref, Resource, Value
from mlspec.targets.aws.lower.context import Context, Lowered
from mlspec.targets.aws.lower.event_sources import event_variables
from mlspec.targets.aws.lower.functions import Shape, function
from mlspec.targets.aws.lower.grants import logs_to
from mlspec.targets.aws.lower.images import POLICY, disk_for, image_code
from mlspec.targets.aws.types import ALIAS, FUNCTION_URL, PERMISSION

ALIAS_NAME = "live"
# The rollout moves traffic; an apply must not move it back.
_MOVED_BY_ROLLOUT = Options(ignore_changes=("functionVersion", "routingConfig"))


def lower_inference(context: Context) -> Lowered:
    """The function reads nothing but its own package: its role may write its log lines, and that is all, unless
    requests come from queues or streams too (event_sources.py), or it fetches its release (images.py)."""
    serving = context.spec.serving
    extra: dict[str, Value] = {"publish": True}
    if serving.concurrency is not None:
        extra["reservedConcurrentExecutions"] = serving.concurrency
    if serving.snap_start:
        extra["snapStart"] = {"applyOn": "PublishedVersions"}
    shape = Shape(
        memory=serving.memory.mebibytes,
        timeout=serving.timeout.seconds,
        path="serving",
        why=f"Answers predictions; the rollout publishes one version for each release. It ships as {context.form.why}.",
        variables=event_variables(context),
        extra=extra,
        **_image(context),
    )
    made = (*function(context, "inference", shape), _alias(context), *_url(context))
    return Lowered(made, (logs_to("inference-role", "inference-logs"),))


def _image(context: Context) -> dict[str, Any]:
    """What sets a function in an image apart: where it is, when it can be pulled, and disk for its model."""
    if context.form.name != "image":
        return {}
    return {"image": {**image_code(context, "inference"), **disk_for(context.form.room)}, "after": (POLICY,)}


def _alias(context: Context) -> Resource:
    return context.resource(
        ALIAS,
        ALIAS_NAME,
        {
            "name": ALIAS_NAME,
            "functionName": Ref("inference", "name"),
            "functionVersion": Ref("inference", "version"),
        },
        path="rollout",
        reviewer="operations",
        why="Where traffic goes; the rollout shifts it between versions.",
        options=_MOVED_BY_ROLLOUT,
    )


def _url(context: Context) -> tuple[Resource, ...]:
    url = context.resource(
        FUNCTION_URL,
        "inference-url",
        {
            "functionName": Ref("inference", "name"),
            "qualifier": Ref(ALIAS_NAME, "name"),
            "authorizationType": "AWS_IAM",
        },
        path="serving.auth",
        reviewer="security",
        why="The HTTPS address; every request is signed.",
    )
    permission = context.resource(
        PERMISSION,
        "inference-url-permission",
        {
            "function": Ref("inference", "name"),
            "qualifier": Ref(ALIAS_NAME, "name"),
            "action": "lambda:InvokeFunctionUrl",
            "principal": ACCOUNT,
            "functionUrlAuthType": "AWS_IAM",
        },
        path="serving.auth",
        reviewer="security",
        why="Callers of this account, as far as their own IAM permissions say so.",
    )
    return (url, permission)
