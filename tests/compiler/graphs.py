"""A small stack made by hand, and the types it needs: what the compiler's tests start from."""

from dataclasses import replace

from mlspec.compiler.graph import (
    ACCOUNT,
    PARTITION,
    REGION,
    Asset,
    Grant,
    Graph,
    Join,
    Json,
    Name,
    Options,
    Ref,
    Resource,
    ResourceType,
    Unit,
    Value,
)
from mlspec.compiler.vendor import unit_digest
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Span
from mlspec.specs.models import Spec
from mlspec.specs.origins import Origin, Origins, Source

KEY = "aws:kms/key:Key"
BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"
URL = "aws:lambda/functionUrl:FunctionUrl"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
TOPIC = "aws:sns/topic:Topic"
MACHINE = "aws:sfn/stateMachine:StateMachine"

_SSE = "BucketServerSideEncryptionConfigurationRule"
_TABLE = (
    ResourceType(KEY, "kms", "Key", stateful=True),
    ResourceType(
        BUCKET, "s3", "Bucket", "bucket", 63, r"[a-z0-9.-]+", "account", replace_on=frozenset({"bucket"}), stateful=True
    ),
    ResourceType(
        ENCRYPTION,
        "s3",
        "BucketServerSideEncryptionConfiguration",
        taggable=False,
        blocks={
            "rules": f"{_SSE}Args",
            "rules.applyServerSideEncryptionByDefault": f"{_SSE}ApplyServerSideEncryptionByDefaultArgs",
        },
    ),
    ResourceType(
        VERSIONING,
        "s3",
        "BucketVersioning",
        taggable=False,
        blocks={"versioningConfiguration": "BucketVersioningVersioningConfigurationArgs"},
    ),
    ResourceType(OBJECT, "s3", "BucketObjectv2", taggable=False, replace_on=frozenset({"bucket", "key"})),
    ResourceType(ROLE, "iam", "Role", "name", 64, r"[\w+=,.@-]+", replace_on=frozenset({"name"})),
    ResourceType(POLICY, "iam", "RolePolicy", taggable=False, replace_on=frozenset({"name", "role"})),
    ResourceType(
        FUNCTION,
        "lambda_",
        "Function",
        "name",
        blocks={"environment": "FunctionEnvironmentArgs"},
        replace_on=frozenset({"name", "packageType"}),
    ),
    ResourceType(ALIAS, "lambda_", "Alias", taggable=False, replace_on=frozenset({"name", "functionName"})),
    ResourceType(URL, "lambda_", "FunctionUrl", taggable=False, replace_on=frozenset({"functionName", "qualifier"})),
    ResourceType(LOGS, "cloudwatch", "LogGroup", "name", 512, r"[\w./#-]+", "path", replace_on=frozenset({"name"})),
    ResourceType(ALARM, "cloudwatch", "MetricAlarm", "name", 255, replace_on=frozenset({"name"})),
    ResourceType(DASHBOARD, "cloudwatch", "Dashboard", "dashboardName", 255, taggable=False),
    ResourceType(TOPIC, "sns", "Topic", "name", 256, replace_on=frozenset({"name"})),
    ResourceType(MACHINE, "sfn", "StateMachine", "name", 80, replace_on=frozenset({"name"})),
)
TYPES = {kind.token: kind for kind in _TABLE}

UNIT = Unit("inference", {"handler.py": b'"""Answers."""\n'}, (), ("numpy==2.0.0",), "3.12", "x86_64", "lambda")


def at(line: int) -> Origin:
    """A place in the hand-made spec."""
    return Origin(Source.SPEC, Span("flight.yaml", line, 3))


def trusted(service: str) -> Json:
    """The document that lets a service take a role."""
    return Json(
        {
            "Version": "2012-10-17",
            "Statement": ({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},),
        }
    )


def resource(type_: str, name: str, properties: dict[str, Value], *, options: Options | None = None) -> Resource:
    """A resource of operations, asked for by line 7."""
    return Resource(type_, name, properties, at(7), "operations", f"The {name} of the stack.", options or Options())


def graph(unit: Unit = UNIT) -> Graph:
    """Key, store, one Lambda behind an alias and a URL, alarm, dashboard and state machine; intentions only."""
    package = Asset("packages/inference.zip", unit_digest(unit))
    return Graph("flight", "dev", _storage(package) + _serving() + _watching(), _grants(), (unit,), _outputs())


def _storage(package: Asset) -> tuple[Resource, ...]:
    encryption: dict[str, Value] = {
        "bucket": Ref("store", "id"),
        "rules": (
            {
                "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": Ref("key", "arn")},
                "bucketKeyEnabled": True,
            },
        ),
    }
    versioning: dict[str, Value] = {"bucket": Ref("store", "id"), "versioningConfiguration": {"status": "Enabled"}}
    code: dict[str, Value] = {
        "bucket": Ref("store", "id"),
        "key": f"code/inference-{package.digest[:16]}.zip",
        "source": package,
    }
    return (
        resource(KEY, "key", {"enableKeyRotation": True, "deletionWindowInDays": 30}),
        resource(BUCKET, "store", {"forceDestroy": False}, options=Options(protect=True)),
        resource(ENCRYPTION, "store-encryption", encryption),
        resource(VERSIONING, "store-versioning", versioning),
        resource(OBJECT, "inference-code", code),
    )


def _serving() -> tuple[Resource, ...]:
    function: dict[str, Value] = {
        "role": Ref("inference-role", "arn"),
        "runtime": "python3.12",
        "handler": "handler.handler",
        "memorySize": 1024,
        "publish": True,
        "s3Bucket": Ref("store", "id"),
        "s3Key": Ref("inference-code", "key"),
        "environment": {"variables": {"MLSPEC_MODEL": "flight", "MLSPEC_STORE": Name("store")}},
    }
    alias: dict[str, Value] = {
        "name": "live",
        "functionName": Ref("inference", "name"),
        "functionVersion": Ref("inference", "version"),
    }
    url: dict[str, Value] = {
        "functionName": Ref("inference", "name"),
        "qualifier": Ref("live", "name"),
        "authorizationType": "AWS_IAM",
    }
    moved = Options(ignore_changes=("functionVersion", "routingConfig"))
    return (
        resource(ROLE, "inference-role", {"assumeRolePolicy": trusted("lambda.amazonaws.com")}),
        resource(FUNCTION, "inference", function),
        resource(LOGS, "inference-logs", {"name": Join(("/aws/lambda/", Name("inference"))), "retentionInDays": 365}),
        resource(ALIAS, "live", alias, options=moved),
        resource(URL, "inference-url", url),
    )


def _watching() -> tuple[Resource, ...]:
    alarm: dict[str, Value] = {
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 1,
        "metricName": "data_drift",
        "namespace": "mlspec",
        "period": 3600,
        "statistic": "Maximum",
        "threshold": 0.2,
        "dimensions": {"model": "flight", "environment": "dev"},
        "alarmActions": (Ref("alerts", "arn"),),
        "treatMissingData": "ignore",
    }
    page: Value = {"widgets": ({"type": "metric", "properties": {"region": REGION, "title": 'the "drift" of it'}},)}
    invoke: dict[str, Value] = {
        "Type": "Task",
        "Resource": Join(("arn:", PARTITION, ":states:::lambda:invoke")),
        "Parameters": {"FunctionName": Ref("inference", "arn"), "Payload.$": "$"},
        "End": True,
    }
    definition = Json({"StartAt": "Ask", "States": {"Ask": invoke}})
    machine: dict[str, Value] = {"roleArn": Ref("workflow-role", "arn"), "definition": definition}
    return (
        resource(TOPIC, "alerts", {}),
        resource(ALARM, "data-drift-alarm", alarm),
        resource(DASHBOARD, "dashboard", {"dashboardBody": Json(page)}),
        resource(ROLE, "workflow-role", {"assumeRolePolicy": trusted("states.amazonaws.com")}),
        resource(MACHINE, "workflow", machine),
    )


def _grants() -> tuple[Grant, ...]:
    store = Ref("store", "arn")
    group = Join(
        ("arn:", PARTITION, ":logs:", REGION, ":", ACCOUNT, ":log-group:/aws/lambda/", Name("inference"), ":*")
    )
    return (
        Grant("inference-role", ("logs:CreateLogStream", "logs:PutLogEvents"), (group,), "write its log"),
        Grant("inference-role", ("s3:GetObject",), (Join((store, "/releases/*")),), "read releases"),
        Grant("workflow-role", ("lambda:InvokeFunction",), (Ref("inference", "arn"),), "ask the model"),
    )


def _outputs() -> dict[str, Value]:
    return {"url": Ref("inference-url", "functionUrl"), "store": Ref("store", "id")}


SPEC_TEXT = {
    "apiVersion": "mlspec/v1",
    "name": "flight",
    "owner": "ops@example.com",
    "data": {
        "source": {"uri": "s3://lake/flights/"},
        "columns": {
            "hour": {"type": "int", "min": 0, "max": 23},
            "carrier": {"type": "category", "values": ["AA", "UA"]},
            "late": {"type": "bool", "role": "label"},
        },
    },
    "training": {"estimator": {"_target_": "sklearn.linear_model.LogisticRegression"}},
    "gates": [{"metric": "roc_auc", "min": 0.6}, {"metric": "roc_auc", "min": 0.5, "each": "carrier"}],
    "monitors": [{"signal": "data_drift", "method": "psi", "threshold": 0.2, "window": "7d"}],
}


def checked(**changes: object) -> Checked:
    """The hand-made spec, with some of its blocks changed."""
    import json

    spec = Spec.model_validate_json(json.dumps({**SPEC_TEXT, **changes}))
    places = {f"gates.{number}": at(30 + number) for number in range(len(spec.gates))}
    places |= {f"monitors.{number}": at(40 + number) for number in range(len(spec.monitors))}
    return Checked(spec, Origins(places), {"flight.yaml": "name: flight\n"})


def changed(base: Graph, which: str, /, **properties: Value) -> Graph:
    """`base` with some properties of one resource set."""
    return replace(
        base,
        resources=tuple(
            replace(item, properties={**item.properties, **properties}) if item.name == which else item
            for item in base.resources
        ),
    )
