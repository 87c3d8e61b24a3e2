"""Stacks the tests of the engine deploy: every resource type there is, and small variations of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

from mlspec.compiler.graph import Asset, Join, Json, Options, Ref, Resource
from mlspec.specs.diagnostics import Span
from mlspec.specs.origins import Origin, Source

TRUST = Json(
    {
        "Version": "2012-10-17",
        "Statement": (
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ),
    }
)
ALARM = {
    "comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1, "metricName": "m", "namespace": "mlspec",
    "period": 60, "statistic": "Average", "threshold": 0.25, "treatMissingData": "ignore",
}  # fmt: skip
_KINDS = {
    "Repository": "ecr/repository", "RepositoryPolicy": "ecr/repositoryPolicy",
    "Key": "kms/key", "Bucket": "s3/bucket", "BucketObjectv2": "s3/bucketObjectv2", "Role": "iam/role",
    "RolePolicy": "iam/rolePolicy", "Function": "lambda/function", "Alias": "lambda/alias",
    "FunctionUrl": "lambda/functionUrl", "Permission": "lambda/permission", "LogGroup": "cloudwatch/logGroup",
    "MetricAlarm": "cloudwatch/metricAlarm", "Dashboard": "cloudwatch/dashboard", "Topic": "sns/topic",
    "TopicSubscription": "sns/topicSubscription", "Queue": "sqs/queue", "StateMachine": "sfn/stateMachine",
    "ModelPackageGroup": "sagemaker/modelPackageGroup", "EventRule": "cloudwatch/eventRule",
    "EventTarget": "cloudwatch/eventTarget", "BucketVersioning": "s3/bucketVersioning",
    "BucketPolicy": "s3/bucketPolicy", "BucketPublicAccessBlock": "s3/bucketPublicAccessBlock",
    "BucketLifecycleConfiguration": "s3/bucketLifecycleConfiguration",
    "BucketServerSideEncryptionConfiguration": "s3/bucketServerSideEncryptionConfiguration",
}  # fmt: skip


def made(kind: str, name: str, properties: Mapping[str, Any], *, line: int = 7, **options: Any) -> Resource:
    """One resource, asked for by line `line` of demo.yaml."""
    token = "aws:kms/alias:Alias" if kind == "KeyAlias" else f"aws:{_KINDS[kind]}:{kind}"
    origin = Origin(Source.SPEC, Span("demo.yaml", line, 3))
    return Resource(token, name, properties, origin, "operations", "the test asks", Options(**options))


def alarm(name: str = "errors-alarm", *, options: Mapping[str, Any] | None = None, **changes: Any) -> Resource:
    return made("MetricAlarm", name, {**ALARM, "name": f"demo-dev-{name}", **changes}, **(options or {}))


def package(directory: Path, content: str = "1") -> None:
    """The zips of the units `start` and `inference`, the same bytes each time."""
    (directory / "packages").mkdir(parents=True, exist_ok=True)
    for unit in ("start", "inference"):
        with ZipFile(directory / "packages" / f"{unit}.zip", "w") as archive:
            archive.writestr(ZipInfo("handler.py"), f"def handler(event, context):\n    return {content}\n")


def everything(*, digest: str = "a" * 16, memory: int = 256) -> list[Resource]:
    """One of each type, with the references a real stack has."""
    store = Ref("store", "id")
    return [
        made("Key", "key", {"description": "all of it", "enableKeyRotation": True, "tags": {"owner": "ops"}}),
        made("KeyAlias", "key-alias", {"name": "alias/demo-dev", "targetKeyId": Ref("key", "keyId")}),
        made(
            "Bucket", "store",
            {"bucket": Join(("demo-dev-store-", Ref("aws", "accountId"))), "tags": {"owner": "ops"}},
        ),
        made(
            "BucketVersioning", "store-versioning",
            {"bucket": store, "versioningConfiguration": {"status": "Enabled"}},
        ),
        made(
            "BucketServerSideEncryptionConfiguration", "store-encryption",
            {"bucket": store, "rules": ({
                "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": Ref("key", "arn")},
                "bucketKeyEnabled": True,
            },)},
        ),
        made("BucketPublicAccessBlock", "store-public-access", {"bucket": store, "blockPublicAcls": True}),
        made(
            "BucketLifecycleConfiguration", "store-lifecycle",
            {"bucket": store, "rules": ({
                "id": "jobs", "status": "Enabled", "filter": {"prefix": "jobs/"}, "expiration": {"days": 30},
                "noncurrentVersionExpiration": {"noncurrentDays": 7},
            },)},
        ),
        made(
            "BucketPolicy", "store-policy",
            {"bucket": store, "policy": Json({"Version": "2012-10-17", "Statement": ({
                "Effect": "Allow", "Principal": {"AWS": Ref("start-role", "arn")}, "Action": "s3:GetObject",
                "Resource": Join((Ref("store", "arn"), "/*")),
            },)})},
        ),
        made(
            "BucketObjectv2", "start-code",
            {"bucket": store, "key": f"code/start-{digest}.zip", "source": Asset("packages/start.zip", digest)},
            depends_on=("store-versioning",),
        ),
        made("Role", "start-role", {"name": "demo-dev-start", "assumeRolePolicy": TRUST}),
        made(
            "RolePolicy", "start-policy",
            {"name": "demo-dev-start", "role": Ref("start-role", "name"), "policy": Json({
                "Version": "2012-10-17",
                "Statement": (
                    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": Join((Ref("store", "arn"), "/*"))},
                ),
            })},
        ),
        made(
            "LogGroup", "start-logs",
            {"name": "/aws/lambda/demo-dev-start", "retentionInDays": 30, "kmsKeyId": Ref("key", "arn")},
        ),
        made(
            "Function", "start",
            {
                "name": "demo-dev-start", "role": Ref("start-role", "arn"), "runtime": "python3.12",
                "handler": "handler.handler", "memorySize": memory, "timeout": 30, "publish": True,
                "s3Bucket": store, "s3Key": Ref("start-code", "key"), "architectures": ("arm64",),
                "environment": {"variables": {"MLSPEC_STORE": store, "MLSPEC_MODEL": "demo"}},
            },
            depends_on=("start-logs",),
        ),
        made(
            "Repository", "images",
            {
                "name": "demo-dev-images", "imageTagMutability": "IMMUTABLE",
                "imageScanningConfiguration": {"scanOnPush": True}, "tags": {"owner": "ops"},
                "encryptionConfigurations": ({"encryptionType": "KMS", "kmsKey": Ref("key", "arn")},),
            },
        ),
        made(
            "RepositoryPolicy", "images-policy",
            {"repository": Ref("images", "name"), "policy": Json({"Version": "2012-10-17", "Statement": ({
                "Sid": "LambdaPulls", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "ecr:BatchGetImage",
            },)})},
        ),
        made(
            "Function", "inference",
            {
                "name": "demo-dev-inference", "role": Ref("start-role", "arn"), "packageType": "Image",
                "imageUri": Join((Ref("images", "repositoryUrl"), ":", digest)), "memorySize": memory,
            },
            depends_on=("images-policy",),
        ),
        made(
            "Alias", "live",
            {"name": "live", "functionName": Ref("start", "name"), "functionVersion": Ref("start", "version")},
            ignore_changes=("functionVersion", "routingConfig"),
        ),
        made(
            "FunctionUrl", "url",
            {"functionName": Ref("start", "name"), "qualifier": Ref("live", "name"), "authorizationType": "AWS_IAM"},
        ),
        made(
            "Permission", "url-permission",
            {
                "statementId": "demo-dev-url", "action": "lambda:InvokeFunctionUrl", "functionUrlAuthType": "AWS_IAM",
                "principal": Ref("aws", "accountId"), "function": Ref("start", "name"),
                "qualifier": Ref("live", "name"),
            },
        ),
        made("Queue", "dead-letters", {"name": "demo-dev-dead-letters", "messageRetentionSeconds": 1209600}),
        made("Topic", "alerts", {"name": "demo-dev-alerts", "kmsMasterKeyId": Ref("key", "id")}),
        made(
            "TopicSubscription", "alerts-1",
            {"topic": Ref("alerts", "arn"), "protocol": "email", "endpoint": "ops@example.com"},
        ),
        alarm(alarmActions=(Ref("alerts", "arn"),), dimensions={"model": "demo"}),
        made("Dashboard", "dashboard", {"dashboardName": "demo-dev", "dashboardBody": Json({"widgets": ()})}),
        made("ModelPackageGroup", "registry", {"modelPackageGroupName": "demo-dev-registry"}),
        made(
            "StateMachine", "workflow",
            {"name": "demo-dev-workflow", "roleArn": Ref("start-role", "arn"), "definition": Json({
                "StartAt": "Start",
                "States": {"Start": {"Type": "Task", "Resource": Ref("start", "arn"), "End": True}},
            })},
        ),
        made("EventRule", "schedule", {"name": "demo-dev-schedule", "scheduleExpression": "rate(1 day)"}),
        made(
            "EventTarget", "schedule-target",
            {"rule": Ref("schedule", "name"), "targetId": "start", "arn": Ref("start", "arn"), "input": Json({"a": 1})},
        ),
    ]  # fmt: skip


def contents(cloud: Any) -> dict[str, Any]:
    """What is in the cloud, as far as the stacks above go, without what two clean applies differ in."""
    client = cloud.client
    buckets = [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]
    functions = [function["FunctionName"] for function in client("lambda").list_functions()["Functions"]]
    keys = [client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in client("kms").list_keys()["Keys"]]
    alive = sorted(key["KeyId"] for key in keys if key["KeyState"] == "Enabled")
    topics = [topic["TopicArn"] for topic in client("sns").list_topics()["Topics"]]
    aliases = [entry["AliasName"] for entry in client("kms").list_aliases()["Aliases"]]
    return {
        "keys": len(alive),
        "key aliases": sorted(name for name in aliases if not name.startswith("alias/aws/")),
        "objects": {bucket: _objects(client("s3"), bucket) for bucket in buckets},
        "functions": {name: _function(client("lambda"), name) for name in functions},
        "images": {
            entry["repositoryName"]: sorted(
                image["imageTag"]
                for image in client("ecr").list_images(repositoryName=entry["repositoryName"])["imageIds"]
            )
            for entry in client("ecr").describe_repositories()["repositories"]
        },
        "roles": {
            role["RoleName"]: client("iam").list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
            for role in client("iam").list_roles()["Roles"]
        },
        "groups": [
            (group["logGroupName"], group.get("retentionInDays"))
            for group in client("logs").describe_log_groups()["logGroups"]
        ],
        "alarms": [alarm["AlarmName"] for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "dashboards": [entry["DashboardName"] for entry in client("cloudwatch").list_dashboards()["DashboardEntries"]],
        "topics": {
            arn: [
                entry["Endpoint"] for entry in client("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
            ]
            for arn in topics
        },
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "machines": [m["name"] for m in client("stepfunctions").list_state_machines()["stateMachines"]],
        "rules": {
            rule["Name"]: [t["Id"] for t in client("events").list_targets_by_rule(Rule=rule["Name"])["Targets"]]
            for rule in client("events").list_rules()["Rules"]
        },
        "registries": [
            group["ModelPackageGroupName"]
            for group in client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
        ],
    }


def _objects(s3: Any, bucket: str) -> Any:
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return sorted((entry["Key"], entry["Size"]) for entry in listed)


def _function(lambda_: Any, name: str) -> Any:
    versions = lambda_.list_versions_by_function(FunctionName=name)["Versions"]
    aliases = lambda_.list_aliases(FunctionName=name)["Aliases"]
    if not aliases:
        return lambda_.get_function(FunctionName=name)["Code"].get("ImageUri")
    return (
        sorted((version["Version"], version["MemorySize"]) for version in versions),
        [(alias["Name"], alias["FunctionVersion"]) for alias in aliases],
        lambda_.get_function_url_config(FunctionName=name, Qualifier="live")["AuthType"],
        len(lambda_.get_policy(FunctionName=name, Qualifier="live")["Policy"]) > 0,
    )
