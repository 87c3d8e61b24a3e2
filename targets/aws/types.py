"""The table of AWS types: every Pulumi token that lowering uses -> what the compiler must know of it."""

from collections.abc import Mapping

from mlspec.compiler.graph import ResourceType

KEY = "aws:kms/key:Key"
KEY_ALIAS = "aws:kms/alias:Alias"
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
BUCKET_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BUCKET_PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
BUCKET_OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"
FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl"
PERMISSION = "aws:lambda/permission:Permission"
REPOSITORY = "aws:ecr/repository:Repository"
REPOSITORY_POLICY = "aws:ecr/repositoryPolicy:RepositoryPolicy"
EVENT_SOURCE = "aws:lambda/eventSourceMapping:EventSourceMapping"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
MODEL_PACKAGE_GROUP = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
QUEUE = "aws:sqs/queue:Queue"
TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
STATE_MACHINE = "aws:sfn/stateMachine:StateMachine"

_ENCRYPTION = "BucketServerSideEncryptionConfiguration"
_LIFECYCLE = "BucketLifecycleConfiguration"

# Limits and characters of names are AWS's own, from each service's API reference of its Create call; what replaces
# a resource is what the AWS provider marks as ForceNew.
_TABLE = (
    ResourceType(
        KEY, "kms", "Key", stateful=True, replace_on=frozenset({"customerMasterKeySpec", "keyUsage", "multiRegion"})
    ),
    ResourceType(
        KEY_ALIAS, "kms", "Alias", "name", 256, r"alias/[A-Za-z0-9/_-]+", taggable=False, replace_on=frozenset({"name"})
    ),
    ResourceType(
        BUCKET,
        "s3",
        "Bucket",
        "bucket",
        63,
        r"[a-z0-9][a-z0-9-]*[a-z0-9]",
        "account",
        stateful=True,
        replace_on=frozenset({"bucket", "objectLockEnabled"}),
    ),
    ResourceType(
        BUCKET_VERSIONING,
        "s3",
        "BucketVersioning",
        taggable=False,
        replace_on=frozenset({"bucket"}),
        blocks={"versioningConfiguration": "BucketVersioningVersioningConfigurationArgs"},
    ),
    ResourceType(
        BUCKET_ENCRYPTION,
        "s3",
        "BucketServerSideEncryptionConfiguration",
        taggable=False,
        replace_on=frozenset({"bucket"}),
        blocks={
            "rules": f"{_ENCRYPTION}RuleArgs",
            "rules.applyServerSideEncryptionByDefault": f"{_ENCRYPTION}RuleApplyServerSideEncryptionByDefaultArgs",
        },
    ),
    ResourceType(
        BUCKET_PUBLIC_ACCESS, "s3", "BucketPublicAccessBlock", taggable=False, replace_on=frozenset({"bucket"})
    ),
    ResourceType(BUCKET_POLICY, "s3", "BucketPolicy", taggable=False, replace_on=frozenset({"bucket"})),
    ResourceType(
        BUCKET_LIFECYCLE,
        "s3",
        "BucketLifecycleConfiguration",
        taggable=False,
        replace_on=frozenset({"bucket"}),
        blocks={
            "rules": f"{_LIFECYCLE}RuleArgs",
            "rules.filter": f"{_LIFECYCLE}RuleFilterArgs",
            "rules.expiration": f"{_LIFECYCLE}RuleExpirationArgs",
            "rules.noncurrentVersionExpiration": f"{_LIFECYCLE}RuleNoncurrentVersionExpirationArgs",
            "rules.abortIncompleteMultipartUpload": f"{_LIFECYCLE}RuleAbortIncompleteMultipartUploadArgs",
        },
    ),
    ResourceType(BUCKET_OBJECT, "s3", "BucketObjectv2", replace_on=frozenset({"bucket", "key"})),
    ResourceType(ROLE, "iam", "Role", "name", 64, r"[\w+=,.@-]+", replace_on=frozenset({"name", "namePrefix", "path"})),
    ResourceType(
        ROLE_POLICY,
        "iam",
        "RolePolicy",
        "name",
        128,
        r"[\w+=,.@-]+",
        taggable=False,
        replace_on=frozenset({"name", "namePrefix", "role"}),
    ),
    ResourceType(
        FUNCTION,
        "lambda_",
        "Function",
        "name",
        64,
        replace_on=frozenset({"name", "packageType"}),
        blocks={
            "environment": "FunctionEnvironmentArgs",
            "loggingConfig": "FunctionLoggingConfigArgs",
            "deadLetterConfig": "FunctionDeadLetterConfigArgs",
            "snapStart": "FunctionSnapStartArgs",
            "ephemeralStorage": "FunctionEphemeralStorageArgs",
        },
    ),
    ResourceType(
        REPOSITORY,
        "ecr",
        "Repository",
        "name",
        256,
        r"[a-z0-9]+([._-][a-z0-9]+)*",
        stateful=True,
        replace_on=frozenset({"name", "encryptionConfigurations"}),
        blocks={
            "encryptionConfigurations": "RepositoryEncryptionConfigurationArgs",
            "imageScanningConfiguration": "RepositoryImageScanningConfigurationArgs",
        },
    ),
    ResourceType(REPOSITORY_POLICY, "ecr", "RepositoryPolicy", taggable=False, replace_on=frozenset({"repository"})),
    ResourceType(
        EVENT_SOURCE,
        "lambda_",
        "EventSourceMapping",
        replace_on=frozenset({"eventSourceArn", "functionName", "startingPosition"}),
        blocks={
            "destinationConfig": "EventSourceMappingDestinationConfigArgs",
            "destinationConfig.onFailure": "EventSourceMappingDestinationConfigOnFailureArgs",
        },
    ),
    ResourceType(
        ALIAS,
        "lambda_",
        "Alias",
        "name",
        128,
        taggable=False,
        replace_on=frozenset({"name", "functionName"}),
        blocks={"routingConfig": "AliasRoutingConfigArgs"},
    ),
    ResourceType(
        FUNCTION_URL, "lambda_", "FunctionUrl", taggable=False, replace_on=frozenset({"functionName", "qualifier"})
    ),
    ResourceType(
        PERMISSION,
        "lambda_",
        "Permission",
        "statementId",
        100,
        taggable=False,
        replace_on=frozenset(
            {
                "action",
                "eventSourceToken",
                "function",
                "functionUrlAuthType",
                "principal",
                "principalOrgId",
                "qualifier",
                "sourceAccount",
                "sourceArn",
                "statementId",
            }
        ),
    ),
    ResourceType(
        LOG_GROUP,
        "cloudwatch",
        "LogGroup",
        "name",
        512,
        r"[A-Za-z0-9_/.#-]+",
        stateful=True,
        replace_on=frozenset({"name", "namePrefix", "logGroupClass"}),
    ),
    ResourceType(
        MODEL_PACKAGE_GROUP,
        "sagemaker",
        "ModelPackageGroup",
        "modelPackageGroupName",
        63,
        r"[A-Za-z0-9](-*[A-Za-z0-9])*",
        stateful=True,
        replace_on=frozenset({"modelPackageGroupName", "modelPackageGroupDescription"}),
    ),
    ResourceType(QUEUE, "sqs", "Queue", "name", 80, stateful=True, replace_on=frozenset({"name", "fifoQueue"})),
    ResourceType(TOPIC, "sns", "Topic", "name", 256, replace_on=frozenset({"name", "fifoTopic"})),
    ResourceType(
        SUBSCRIPTION,
        "sns",
        "TopicSubscription",
        taggable=False,
        replace_on=frozenset({"endpoint", "protocol", "topic"}),
    ),
    ResourceType(
        EVENT_RULE,
        "cloudwatch",
        "EventRule",
        "name",
        64,
        r"[A-Za-z0-9_.-]+",
        replace_on=frozenset({"name", "eventBusName"}),
    ),
    ResourceType(
        EVENT_TARGET,
        "cloudwatch",
        "EventTarget",
        "targetId",
        64,
        r"[A-Za-z0-9_.-]+",
        taggable=False,
        replace_on=frozenset({"eventBusName", "rule", "targetId"}),
        blocks={
            "inputTransformer": "EventTargetInputTransformerArgs",
            "retryPolicy": "EventTargetRetryPolicyArgs",
            "deadLetterConfig": "EventTargetDeadLetterConfigArgs",
        },
    ),
    ResourceType(ALARM, "cloudwatch", "MetricAlarm", "name", 255, replace_on=frozenset({"name"})),
    ResourceType(
        DASHBOARD,
        "cloudwatch",
        "Dashboard",
        "dashboardName",
        255,
        taggable=False,
        replace_on=frozenset({"dashboardName"}),
    ),
    ResourceType(
        STATE_MACHINE,
        "sfn",
        "StateMachine",
        "name",
        80,
        replace_on=frozenset({"name", "type"}),
        blocks={
            "loggingConfiguration": "StateMachineLoggingConfigurationArgs",
            "encryptionConfiguration": "StateMachineEncryptionConfigurationArgs",
        },
    ),
)

TYPES: Mapping[str, ResourceType] = {kind.token: kind for kind in _TABLE}
