"""The state machine that runs a retraining from start to end, its log, and what it may call."""

from mlspec.compiler.graph import Grant, Join, Json, Ref
from mlspec.targets.aws.lower.context import Context, Lowered, arn
from mlspec.targets.aws.lower.functions import log_group
from mlspec.targets.aws.lower.grants import invokes, uses_key
from mlspec.targets.aws.lower.roles import service_role
from mlspec.targets.aws.types import STATE_MACHINE

ROLE = "workflow-role"
# The rule by which Step Functions hears that a job has ended; AWS gives it this name.
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
_SYNC_RULE = "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
# Delivery of its log knows no resource.
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
_LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)


def lower_machine(context: Context) -> Lowered:
    """The machine does nothing itself: it trains by SageMaker and decides by the control functions."""
    role = service_role(
        context, ROLE, service="states", path="retraining", why="What the workflow may do, and nothing else."
    )
    machine = context.resource(
        STATE_MACHINE,
        "workflow",
        {
            "roleArn": Ref(ROLE, "arn"),
            "definition": Json(context.workflow),
            "type": "STANDARD",
            "loggingConfiguration": {
                "level": "ALL",
                "includeExecutionData": False,
                "logDestination": Join((Ref("workflow-logs", "arn"), ":*")),
            },
        },
        path="retraining",
        reviewer="ml",
        why="Start, train, gate, register, shift, bake, check, promote or roll back.",
    )
    return Lowered((role, log_group(context, "workflow", "/aws/vendedlogs/states/"), machine), _grants(context))


def _grants(context: Context) -> tuple[Grant, ...]:
    jobs = arn("sagemaker", f"training-job/{context.spec.stack}-*")
    train = (
        "sagemaker:AddTags",
        "sagemaker:CreateTrainingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:StopTrainingJob",
    )
    hears = ("events:DescribeRule", "events:PutRule", "events:PutTargets")
    passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    return (
        invokes(ROLE, ("gate", "rollout", "start"), why="the steps between"),
        Grant(ROLE, train, (jobs,), "training jobs of this stack"),
        Grant(ROLE, ("iam:PassRole",), (Ref("training-role", "arn"),), "what training jobs run as", passed),
        Grant(ROLE, hears, (arn("events", _SYNC_RULE),), "to hear that a job has ended"),
        Grant(ROLE, ("sns:Publish",), (Ref("alerts", "arn"),), "how it ended"),
        uses_key(ROLE, write=True),
        Grant(ROLE, _LOG_DELIVERY, ("*",), "its log"),
    )
