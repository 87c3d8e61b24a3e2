"""The stack churn-dev, written by mlspec; change the spec, not this file."""

import json

import pulumi
import pulumi_aws as aws

account = aws.get_caller_identity().account_id
region = aws.get_region().region
partition = aws.get_partition().partition

# default: What gate may do, and nothing else.
gate_role = aws.iam.Role(
    "gate-role",
    assume_role_policy=json.dumps(
        {
            "Statement": [
                {
                    "Action": "sts:AssumeRole",
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    name="churn-dev-gate-role",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "gate-role",
        "mlspec:spec": "churn",
    },
)

# default: What inference may do, and nothing else.
inference_role = aws.iam.Role(
    "inference-role",
    assume_role_policy=json.dumps(
        {
            "Statement": [
                {
                    "Action": "sts:AssumeRole",
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    name="churn-dev-inference-role",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "inference-role",
        "mlspec:spec": "churn",
    },
)

# spec.yaml:2:7: One key encrypts the store, the logs, the queues and the topics of this
# model.
key = aws.kms.Key(
    "key",
    deletion_window_in_days=30,
    description="Everything that churn-dev keeps",
    enable_key_rotation=True,
    policy=json.dumps(
        {
            "Statement": [
                {
                    "Action": [
                        "kms:CancelKeyDeletion",
                        "kms:CreateAlias",
                        "kms:CreateGrant",
                        "kms:Decrypt",
                        "kms:DeleteAlias",
                        "kms:DescribeKey",
                        "kms:DisableKey",
                        "kms:DisableKeyRotation",
                        "kms:EnableKey",
                        "kms:EnableKeyRotation",
                        "kms:Encrypt",
                        "kms:GenerateDataKey",
                        "kms:GenerateDataKeyWithoutPlaintext",
                        "kms:GetKeyPolicy",
                        "kms:GetKeyRotationStatus",
                        "kms:ListGrants",
                        "kms:ListKeyPolicies",
                        "kms:ListResourceTags",
                        "kms:PutKeyPolicy",
                        "kms:ReEncryptFrom",
                        "kms:ReEncryptTo",
                        "kms:RevokeGrant",
                        "kms:ScheduleKeyDeletion",
                        "kms:TagResource",
                        "kms:UntagResource",
                        "kms:UpdateAlias",
                        "kms:UpdateKeyDescription",
                    ],
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
                    "Resource": "*",
                    "Sid": "AccountByIam",
                },
                {
                    "Action": [
                        "kms:Decrypt",
                        "kms:DescribeKey",
                        "kms:Encrypt",
                        "kms:GenerateDataKey",
                        "kms:GenerateDataKeyWithoutPlaintext",
                        "kms:ReEncryptFrom",
                        "kms:ReEncryptTo",
                    ],
                    "Condition": {
                        "ArnLike": {
                            "kms:EncryptionContext:aws:logs:arn": f"arn:{partition}:logs:{region}:{account}:log-group:*",
                        },
                    },
                    "Effect": "Allow",
                    "Principal": {"Service": f"logs.{region}.amazonaws.com"},
                    "Resource": "*",
                    "Sid": "Logs",
                },
                {
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                    "Effect": "Allow",
                    "Principal": {
                        "Service": [
                            "cloudwatch.amazonaws.com",
                            "delivery.logs.amazonaws.com",
                            "events.amazonaws.com",
                        ],
                    },
                    "Resource": "*",
                    "Sid": "Deliveries",
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "key",
        "mlspec:spec": "churn",
    },
)

# default: Alarms, and how every retraining ended.
alerts = aws.sns.Topic(
    "alerts",
    kms_master_key_id=key.arn,
    name="churn-dev-alerts",
    policy=json.dumps(
        {
            "Statement": [
                {
                    "Action": "sns:Publish",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Resource": f"arn:{partition}:sns:{region}:{account}:churn-dev-alerts",
                    "Sid": "Alarms",
                },
                {
                    "Action": "sns:Publish",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    "Effect": "Deny",
                    "Principal": "*",
                    "Resource": f"arn:{partition}:sns:{region}:{account}:churn-dev-alerts",
                    "Sid": "TlsOnly",
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "alerts",
        "mlspec:spec": "churn",
    },
)

# default: Sends traffic back when errors of a new release is above 0.01.
aws.cloudwatch.MetricAlarm(
    "canary-errors-alarm",
    alarm_actions=[alerts.arn],
    alarm_description="churn-dev: errors of the release being rolled out above 0.01",
    comparison_operator="GreaterThanThreshold",
    datapoints_to_alarm=1,
    dimensions={"environment": "dev", "model": "churn", "version": "none"},
    evaluation_periods=10,
    metric_name="errors",
    name="churn-dev-canary-errors-alarm",
    namespace="mlspec",
    period=60,
    statistic="Average",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "canary-errors-alarm",
        "mlspec:spec": "churn",
    },
    threshold=0.01,
    treat_missing_data="notBreaching",
    opts=pulumi.ResourceOptions(ignore_changes=["dimensions"]),
)

# spec.yaml:2:7: Events that could not be delivered, kept for two weeks instead of lost.
aws.sqs.Queue(
    "dead-letters",
    kms_master_key_id=key.arn,
    message_retention_seconds=1209600,
    name="churn-dev-dead-letters",
    policy=json.dumps(
        {
            "Statement": [
                {
                    "Action": "sqs:SendMessage",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Resource": f"arn:{partition}:sqs:{region}:{account}:churn-dev-dead-letters",
                    "Sid": "Events",
                },
                {
                    "Action": "sqs:SendMessage",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    "Effect": "Deny",
                    "Principal": "*",
                    "Resource": f"arn:{partition}:sqs:{region}:{account}:churn-dev-dead-letters",
                    "Sid": "TlsOnly",
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "dead-letters",
        "mlspec:spec": "churn",
    },
)

# default: The log of gate, kept as long as the spec says.
gate_logs = aws.cloudwatch.LogGroup(
    "gate-logs",
    kms_key_id=key.arn,
    name="/aws/lambda/churn-dev-gate",
    retention_in_days=365,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "gate-logs",
        "mlspec:spec": "churn",
    },
)

# default: The log of inference, kept as long as the spec says.
inference_logs = aws.cloudwatch.LogGroup(
    "inference-logs",
    kms_key_id=key.arn,
    name="/aws/lambda/churn-dev-inference",
    retention_in_days=365,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "inference-logs",
        "mlspec:spec": "churn",
    },
)

# default: What inference-role may do: its own log lines.
inference_role_policy = aws.iam.RolePolicy(
    "inference-role-policy",
    name="churn-dev-inference-role-policy",
    policy=pulumi.Output.json_dumps(
        {
            "Statement": [
                {
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(inference_logs.arn, ":*"),
                    "Sid": "LogsCreateLogStreamAnd1More",
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    role=inference_role.id,
)

# spec.yaml:2:7: The key under a name that people can read.
aws.kms.Alias("key-alias", name="alias/churn-dev", target_key_id=key.key_id)

# spec.yaml:2:7: The record of every release that passed its gates.
registry = aws.sagemaker.ModelPackageGroup(
    "registry",
    model_package_group_description="Releases of churn-dev",
    model_package_group_name="churn-dev-registry",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "registry",
        "mlspec:spec": "churn",
    },
)

# default: The log of rollout, kept as long as the spec says.
rollout_logs = aws.cloudwatch.LogGroup(
    "rollout-logs",
    kms_key_id=key.arn,
    name="/aws/lambda/churn-dev-rollout",
    retention_in_days=365,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "rollout-logs",
        "mlspec:spec": "churn",
    },
)

# default: What rollout may do, and nothing else.
rollout_role = aws.iam.Role(
    "rollout-role",
    assume_role_policy=json.dumps(
        {
            "Statement": [
                {
                    "Action": "sts:AssumeRole",
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    name="churn-dev-rollout-role",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "rollout-role",
        "mlspec:spec": "churn",
    },
)

# default: The log of start, kept as long as the spec says.
start_logs = aws.cloudwatch.LogGroup(
    "start-logs",
    kms_key_id=key.arn,
    name="/aws/lambda/churn-dev-start",
    retention_in_days=365,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "start-logs",
        "mlspec:spec": "churn",
    },
)

# default: What start may do, and nothing else.
start_role = aws.iam.Role(
    "start-role",
    assume_role_policy=json.dumps(
        {
            "Statement": [
                {
                    "Action": "sts:AssumeRole",
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    name="churn-dev-start-role",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "start-role",
        "mlspec:spec": "churn",
    },
)

# spec.yaml:2:7: Code, training output, releases, and which of them is the champion.
store = aws.s3.Bucket(
    "store",
    bucket=f"churn-dev-store-{account}",
    force_destroy=True,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "store",
        "mlspec:spec": "churn",
    },
)

# spec.yaml:5:17: Rows from beside the spec, where the training job can read them.
aws.s3.BucketObjectv2(
    "data-1",
    bucket=store.bucket,
    bucket_key_enabled=True,
    key="data/rows.csv",
    kms_key_id=key.arn,
    server_side_encryption="aws:kms",
    source=pulumi.FileAsset("../data/rows.csv"),
    source_hash="8d50e76572d948931c9a38ccbb4349bb59fc4805cbc0e821353d37f3a3b3fe9d",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "data-1",
        "mlspec:spec": "churn",
    },
)

# default: The code of gate; another digest is another object.
gate_code = aws.s3.BucketObjectv2(
    "gate-code",
    bucket=store.bucket,
    bucket_key_enabled=True,
    key="code/gate-<gate>.zip",
    kms_key_id=key.arn,
    server_side_encryption="aws:kms",
    source=pulumi.FileAsset("../packages/gate.zip"),
    source_hash="<gate>",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "gate-code",
        "mlspec:spec": "churn",
    },
)

# default: What gate-role may do: its own log lines; what it handles is encrypted with
# the stack's key; what was trained; whether what it looks for is there; the release and
# the verdict on it.
gate_role_policy = aws.iam.RolePolicy(
    "gate-role-policy",
    name="churn-dev-gate-role-policy",
    policy=pulumi.Output.json_dumps(
        {
            "Statement": [
                {
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Effect": "Allow",
                    "Resource": key.arn,
                    "Sid": "KmsDecryptAnd1More",
                },
                {
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(gate_logs.arn, ":*"),
                    "Sid": "LogsCreateLogStreamAnd1More",
                },
                {
                    "Action": ["s3:GetObject"],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(store.arn, "/jobs/*"),
                    "Sid": "S3GetObject",
                },
                {
                    "Action": ["s3:GetObject", "s3:PutObject"],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(store.arn, "/releases/*"),
                    "Sid": "S3GetObjectAnd1More",
                },
                {
                    "Action": ["s3:ListBucket"],
                    "Effect": "Allow",
                    "Resource": store.arn,
                    "Sid": "S3ListBucket",
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    role=gate_role.id,
)

# default: Unpacks what was trained and judges it; what fails here never serves.
gate = aws.lambda_.Function(
    "gate",
    architectures=["x86_64"],
    environment=aws.lambda_.FunctionEnvironmentArgs(
        variables={
            "MLSPEC_ENVIRONMENT": "dev",
            "MLSPEC_KEY": key.arn,
            "MLSPEC_MODEL": "churn",
            "MLSPEC_MODEL_ROOM": "134217728",
            "MLSPEC_PACKAGE": "zip",
            "MLSPEC_STORE": store.bucket,
        },
    ),
    handler="handler.handler",
    kms_key_arn=key.arn,
    logging_config=aws.lambda_.FunctionLoggingConfigArgs(
        log_format="Text",
        log_group=gate_logs.name,
    ),
    memory_size=1024,
    name="churn-dev-gate",
    role=gate_role.arn,
    runtime="python3.12",
    s3_bucket=store.bucket,
    s3_key=gate_code.key,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "gate",
        "mlspec:spec": "churn",
    },
    timeout=300,
    opts=pulumi.ResourceOptions(depends_on=[gate_role_policy]),
)

# default: The code of inference; another digest is another object.
inference_code = aws.s3.BucketObjectv2(
    "inference-code",
    bucket=store.bucket,
    bucket_key_enabled=True,
    key="code/inference-<inference>.zip",
    kms_key_id=key.arn,
    server_side_encryption="aws:kms",
    source=pulumi.FileAsset("../packages/inference.zip"),
    source_hash="<inference>",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "inference-code",
        "mlspec:spec": "churn",
    },
)

# default: Answers predictions; the rollout publishes one version for each release. It
# ships as a zip: 109 MiB unpacked leave 128 MiB for a model.
inference = aws.lambda_.Function(
    "inference",
    architectures=["x86_64"],
    environment=aws.lambda_.FunctionEnvironmentArgs(
        variables={
            "MLSPEC_ENVIRONMENT": "dev",
            "MLSPEC_MODEL": "churn",
            "MLSPEC_STORE": store.bucket,
        },
    ),
    handler="handler.handler",
    kms_key_arn=key.arn,
    logging_config=aws.lambda_.FunctionLoggingConfigArgs(
        log_format="Text",
        log_group=inference_logs.name,
    ),
    memory_size=1024,
    name="churn-dev-inference",
    publish=True,
    role=inference_role.arn,
    runtime="python3.12",
    s3_bucket=store.bucket,
    s3_key=inference_code.key,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "inference",
        "mlspec:spec": "churn",
    },
    timeout=30,
    opts=pulumi.ResourceOptions(depends_on=[inference_role_policy]),
)

# default: The code of inference-compiled; another digest is another object.
aws.s3.BucketObjectv2(
    "inference-compiled-code",
    bucket=store.bucket,
    bucket_key_enabled=True,
    key="code/inference-compiled-<inference-compiled>.zip",
    kms_key_id=key.arn,
    server_side_encryption="aws:kms",
    source=pulumi.FileAsset("../packages/inference-compiled.zip"),
    source_hash="<inference-compiled>",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "inference-compiled-code",
        "mlspec:spec": "churn",
    },
)

# default: Where traffic goes; the rollout shifts it between versions.
live = aws.lambda_.Alias(
    "live",
    function_name=inference.name,
    function_version=inference.version,
    name="live",
    opts=pulumi.ResourceOptions(ignore_changes=["function_version", "routing_config"]),
)

# default: The HTTPS address; every request is signed.
inference_url = aws.lambda_.FunctionUrl(
    "inference-url",
    authorization_type="AWS_IAM",
    function_name=inference.name,
    qualifier=live.name,
)

# default: Callers of this account, as far as their own IAM permissions say so.
aws.lambda_.Permission(
    "inference-url-permission",
    action="lambda:InvokeFunctionUrl",
    function=inference.name,
    function_url_auth_type="AWS_IAM",
    principal=account,
    qualifier=live.name,
    statement_id="churn-dev-inference-url-permission",
)

# default: The code of rollout; another digest is another object.
rollout_code = aws.s3.BucketObjectv2(
    "rollout-code",
    bucket=store.bucket,
    bucket_key_enabled=True,
    key="code/rollout-<rollout>.zip",
    kms_key_id=key.arn,
    server_side_encryption="aws:kms",
    source=pulumi.FileAsset("../packages/rollout.zip"),
    source_hash="<rollout>",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "rollout-code",
        "mlspec:spec": "churn",
    },
)

# default: What rollout-role may do: its own log lines; what it handles is encrypted
# with the stack's key; releases, and the code that serves them; whether what it looks
# for is there; which release is the champion, and what became of the others; a version
# for each release; the shares of traffic; the registry's record of a release; the state
# of its alarms; the alarms that watch a new release.
rollout_role_policy = aws.iam.RolePolicy(
    "rollout-role-policy",
    name="churn-dev-rollout-role-policy",
    policy=pulumi.Output.json_dumps(
        {
            "Statement": [
                {
                    "Action": [
                        "cloudwatch:DescribeAlarms",
                        "cloudwatch:PutMetricAlarm",
                        "cloudwatch:SetAlarmState",
                    ],
                    "Effect": "Allow",
                    "Resource": f"arn:{partition}:cloudwatch:{region}:{account}:alarm:churn-dev-canary-errors-alarm",
                    "Sid": "CloudwatchDescribeAlarmsAnd2More",
                },
                {
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Effect": "Allow",
                    "Resource": key.arn,
                    "Sid": "KmsDecryptAnd1More",
                },
                {
                    "Action": [
                        "lambda:GetAlias",
                        "lambda:GetFunctionConfiguration",
                        "lambda:PublishVersion",
                        "lambda:UpdateAlias",
                        "lambda:UpdateFunctionCode",
                    ],
                    "Effect": "Allow",
                    "Resource": inference.arn,
                    "Sid": "LambdaGetAliasAnd4More",
                },
                {
                    "Action": ["lambda:GetAlias", "lambda:UpdateAlias"],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(inference.arn, ":live"),
                    "Sid": "LambdaGetAliasAnd1More",
                },
                {
                    "Action": [
                        "lambda:GetFunctionConfiguration",
                        "lambda:PublishVersion",
                        "lambda:UpdateFunctionCode",
                    ],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(inference.arn, ":*"),
                    "Sid": "LambdaGetFunctionConfigurationAnd2More",
                },
                {
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(rollout_logs.arn, ":*"),
                    "Sid": "LogsCreateLogStreamAnd1More",
                },
                {
                    "Action": ["s3:GetObject"],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(store.arn, "/code/inference-*"),
                    "Sid": "S3GetObject",
                },
                {
                    "Action": ["s3:GetObject", "s3:PutObject"],
                    "Effect": "Allow",
                    "Resource": [
                        pulumi.Output.concat(store.arn, "/champion.json"),
                        pulumi.Output.concat(store.arn, "/releases/*"),
                    ],
                    "Sid": "S3GetObjectAnd1More",
                },
                {
                    "Action": ["s3:ListBucket"],
                    "Effect": "Allow",
                    "Resource": store.arn,
                    "Sid": "S3ListBucket",
                },
                {
                    "Action": [
                        "sagemaker:CreateModelPackage",
                        "sagemaker:UpdateModelPackage",
                    ],
                    "Effect": "Allow",
                    "Resource": [
                        f"arn:{partition}:sagemaker:{region}:{account}:model-package-group/churn-dev-registry",
                        f"arn:{partition}:sagemaker:{region}:{account}:model-package/churn-dev-registry/*",
                    ],
                    "Sid": "SagemakerCreateModelPackageAnd1More",
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    role=rollout_role.id,
)

# default: Registers a release, shifts traffic to it step by step, and back when an
# alarm goes off.
rollout = aws.lambda_.Function(
    "rollout",
    architectures=["x86_64"],
    environment=aws.lambda_.FunctionEnvironmentArgs(
        variables={
            "MLSPEC_ALIAS": "live",
            "MLSPEC_BASE_KEY": "code/inference-<inference>.zip",
            "MLSPEC_CANARY_ALARMS": "churn-dev-canary-errors-alarm",
            "MLSPEC_COMPILED_BASE_KEY": "code/inference-compiled-<inference-compiled>.zip",
            "MLSPEC_ENVIRONMENT": "dev",
            "MLSPEC_FUNCTION": "churn-dev-inference",
            "MLSPEC_KEY": key.arn,
            "MLSPEC_MODEL": "churn",
            "MLSPEC_REGISTRY": "churn-dev-registry",
            "MLSPEC_STORE": store.bucket,
        },
    ),
    handler="handler.handler",
    kms_key_arn=key.arn,
    logging_config=aws.lambda_.FunctionLoggingConfigArgs(
        log_format="Text",
        log_group=rollout_logs.name,
    ),
    memory_size=1024,
    name="churn-dev-rollout",
    role=rollout_role.arn,
    runtime="python3.12",
    s3_bucket=store.bucket,
    s3_key=rollout_code.key,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "rollout",
        "mlspec:spec": "churn",
    },
    timeout=300,
    opts=pulumi.ResourceOptions(depends_on=[rollout_role_policy]),
)

# default: The code of start; another digest is another object.
start_code = aws.s3.BucketObjectv2(
    "start-code",
    bucket=store.bucket,
    bucket_key_enabled=True,
    key="code/start-<start>.zip",
    kms_key_id=key.arn,
    server_side_encryption="aws:kms",
    source=pulumi.FileAsset("../packages/start.zip"),
    source_hash="<start>",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "start-code",
        "mlspec:spec": "churn",
    },
)

# default: What start-role may do: its own log lines; what it handles is encrypted with
# the stack's key; what was trained, and when; whether what it looks for is there; the
# retraining it starts; whether a retraining runs.
start_role_policy = aws.iam.RolePolicy(
    "start-role-policy",
    name="churn-dev-start-role-policy",
    policy=pulumi.Output.json_dumps(
        {
            "Statement": [
                {
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Effect": "Allow",
                    "Resource": key.arn,
                    "Sid": "KmsDecryptAnd1More",
                },
                {
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(start_logs.arn, ":*"),
                    "Sid": "LogsCreateLogStreamAnd1More",
                },
                {
                    "Action": ["s3:GetObject"],
                    "Effect": "Allow",
                    "Resource": [
                        pulumi.Output.concat(store.arn, "/champion.json"),
                        pulumi.Output.concat(store.arn, "/releases/*"),
                    ],
                    "Sid": "S3GetObject",
                },
                {
                    "Action": ["s3:GetObject", "s3:PutObject"],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(store.arn, "/ledger.json"),
                    "Sid": "S3GetObjectAnd1More",
                },
                {
                    "Action": ["s3:ListBucket"],
                    "Effect": "Allow",
                    "Resource": store.arn,
                    "Sid": "S3ListBucket",
                },
                {
                    "Action": ["states:ListExecutions"],
                    "Effect": "Allow",
                    "Resource": [
                        f"arn:{partition}:states:{region}:{account}:mapRun:churn-dev-workflow/*:*",
                        f"arn:{partition}:states:{region}:{account}:stateMachine:churn-dev-workflow",
                    ],
                    "Sid": "StatesListExecutions",
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    role=start_role.id,
)

# default: Decides whether a retraining is due: cooldown, most per month, one at a time.
start = aws.lambda_.Function(
    "start",
    architectures=["x86_64"],
    environment=aws.lambda_.FunctionEnvironmentArgs(
        variables={
            "MLSPEC_DATA": pulumi.Output.concat(
                "s3://",
                store.bucket,
                "/data/rows.csv",
            ),
            "MLSPEC_DRIFT_ALARMS": "",
            "MLSPEC_ENVIRONMENT": "dev",
            "MLSPEC_KEY": key.arn,
            "MLSPEC_MODEL": "churn",
            "MLSPEC_STORE": store.bucket,
            "MLSPEC_TRAINING_KEY": "code/training-<training>/training.zip",
            "MLSPEC_WORKFLOW": f"arn:{partition}:states:{region}:{account}:stateMachine:churn-dev-workflow",
        },
    ),
    handler="handler.handler",
    kms_key_arn=key.arn,
    logging_config=aws.lambda_.FunctionLoggingConfigArgs(
        log_format="Text",
        log_group=start_logs.name,
    ),
    memory_size=256,
    name="churn-dev-start",
    role=start_role.arn,
    runtime="python3.12",
    s3_bucket=store.bucket,
    s3_key=start_code.key,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "start",
        "mlspec:spec": "churn",
    },
    timeout=60,
    opts=pulumi.ResourceOptions(depends_on=[start_role_policy]),
)

# spec.yaml:2:7: Objects are encrypted with the stack's key.
aws.s3.BucketServerSideEncryptionConfiguration(
    "store-encryption",
    bucket=store.bucket,
    rules=[
        aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                kms_master_key_id=key.arn,
                sse_algorithm="aws:kms",
            ),
            bucket_key_enabled=True,
        ),
    ],
)

# spec.yaml:2:7: Nothing in the store can be made public.
store_public_access = aws.s3.BucketPublicAccessBlock(
    "store-public-access",
    block_public_acls=True,
    block_public_policy=True,
    bucket=store.bucket,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)

# spec.yaml:2:7: The store answers over TLS only.
aws.s3.BucketPolicy(
    "store-policy",
    bucket=store.bucket,
    policy=pulumi.Output.json_dumps(
        {
            "Statement": [
                {
                    "Action": [
                        "s3:DeleteObject",
                        "s3:DeleteObjectVersion",
                        "s3:GetObject",
                        "s3:GetObjectVersion",
                        "s3:ListBucket",
                        "s3:ListBucketVersions",
                        "s3:PutObject",
                    ],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    "Effect": "Deny",
                    "Principal": "*",
                    "Resource": [store.arn, pulumi.Output.concat(store.arn, "/*")],
                    "Sid": "TlsOnly",
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    opts=pulumi.ResourceOptions(depends_on=[store_public_access]),
)

# spec.yaml:2:7: A release that is overwritten or deleted by mistake can be had back.
store_versioning = aws.s3.BucketVersioning(
    "store-versioning",
    bucket=store.bucket,
    versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(
        status="Enabled",
    ),
)

# spec.yaml:2:7: What nobody needs any more goes away by itself.
aws.s3.BucketLifecycleConfiguration(
    "store-lifecycle",
    bucket=store.bucket,
    rules=[
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=30),
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix="jobs/"),
            id="jobs",
            status="Enabled",
        ),
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=7,
            ),
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            id="old-versions",
            noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=90,
            ),
            status="Enabled",
        ),
    ],
    opts=pulumi.ResourceOptions(depends_on=[store_versioning]),
)

# spec.yaml:11:1: The code of training; another digest is another object.
aws.s3.BucketObjectv2(
    "training-code",
    bucket=store.bucket,
    bucket_key_enabled=True,
    key="code/training-<training>/training.zip",
    kms_key_id=key.arn,
    server_side_encryption="aws:kms",
    source=pulumi.FileAsset("../packages/training.zip"),
    source_hash="<training>",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "training-code",
        "mlspec:spec": "churn",
    },
)

# spec.yaml:11:1: What a training job may do, and nothing else.
training_role = aws.iam.Role(
    "training-role",
    assume_role_policy=json.dumps(
        {
            "Statement": [
                {
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                    "Effect": "Allow",
                    "Principal": {"Service": "sagemaker.amazonaws.com"},
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    name="churn-dev-training-role",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "training-role",
        "mlspec:spec": "churn",
    },
)

# spec.yaml:11:1: What training-role may do: its code, local data, the champion,
# checkpoints; the model it trained, and checkpoints; the files of its channels; what it
# handles is encrypted with the stack's key; the encrypted disk of its instance; its
# log; the job's own metrics; the training image.
training_role_policy = aws.iam.RolePolicy(
    "training-role-policy",
    name="churn-dev-training-role-policy",
    policy=pulumi.Output.json_dumps(
        {
            "Statement": [
                {
                    "Action": ["cloudwatch:PutMetricData"],
                    "Condition": {
                        "StringEquals": {
                            "cloudwatch:namespace": "/aws/sagemaker/TrainingJobs",
                        },
                    },
                    "Effect": "Allow",
                    "Resource": "*",
                    "Sid": "CloudwatchPutMetricData",
                },
                {
                    "Action": [
                        "ecr:BatchCheckLayerAvailability",
                        "ecr:BatchGetImage",
                        "ecr:GetDownloadUrlForLayer",
                    ],
                    "Effect": "Allow",
                    "Resource": f"arn:{partition}:ecr:{region}:763104351884:repository/pytorch-training",
                    "Sid": "EcrBatchCheckLayerAvailabilityAnd2More",
                },
                {
                    "Action": ["ecr:GetAuthorizationToken"],
                    "Effect": "Allow",
                    "Resource": "*",
                    "Sid": "EcrGetAuthorizationToken",
                },
                {
                    "Action": ["kms:CreateGrant"],
                    "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
                    "Effect": "Allow",
                    "Resource": key.arn,
                    "Sid": "KmsCreateGrant",
                },
                {
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Effect": "Allow",
                    "Resource": key.arn,
                    "Sid": "KmsDecryptAnd1More",
                },
                {
                    "Action": [
                        "logs:CreateLogGroup",
                        "logs:CreateLogStream",
                        "logs:DescribeLogStreams",
                        "logs:PutLogEvents",
                    ],
                    "Effect": "Allow",
                    "Resource": [
                        f"arn:{partition}:logs:{region}:{account}:log-group:/aws/sagemaker/TrainingJobs",
                        f"arn:{partition}:logs:{region}:{account}:log-group:/aws/sagemaker/TrainingJobs:*",
                    ],
                    "Sid": "LogsCreateLogGroupAnd3More",
                },
                {
                    "Action": ["s3:GetObject"],
                    "Effect": "Allow",
                    "Resource": [
                        pulumi.Output.concat(store.arn, "/code/training-*"),
                        pulumi.Output.concat(store.arn, "/data/*"),
                        pulumi.Output.concat(store.arn, "/releases/*"),
                    ],
                    "Sid": "S3GetObject",
                },
                {
                    "Action": ["s3:GetObject", "s3:PutObject"],
                    "Effect": "Allow",
                    "Resource": pulumi.Output.concat(store.arn, "/jobs/*"),
                    "Sid": "S3GetObjectAnd1More",
                },
                {
                    "Action": ["s3:ListBucket"],
                    "Condition": {
                        "StringLike": {
                            "s3:prefix": [
                                "code/training-*",
                                "data/*",
                                "releases/*",
                                "jobs/*",
                            ],
                        },
                    },
                    "Effect": "Allow",
                    "Resource": store.arn,
                    "Sid": "S3ListBucket",
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    role=training_role.id,
)

# default: The log of workflow, kept as long as the spec says.
workflow_logs = aws.cloudwatch.LogGroup(
    "workflow-logs",
    kms_key_id=key.arn,
    name="/aws/vendedlogs/states/churn-dev-workflow",
    retention_in_days=365,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "workflow-logs",
        "mlspec:spec": "churn",
    },
)

# default: What the workflow may do, and nothing else.
workflow_role = aws.iam.Role(
    "workflow-role",
    assume_role_policy=json.dumps(
        {
            "Statement": [
                {
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                    "Effect": "Allow",
                    "Principal": {"Service": "states.amazonaws.com"},
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    name="churn-dev-workflow-role",
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "workflow-role",
        "mlspec:spec": "churn",
    },
)

# default: What workflow-role may do: the steps between; training jobs of this stack;
# what training jobs run as; to hear that a job has ended; how it ended; what it handles
# is encrypted with the stack's key; its log.
workflow_role_policy = aws.iam.RolePolicy(
    "workflow-role-policy",
    name="churn-dev-workflow-role-policy",
    policy=pulumi.Output.json_dumps(
        {
            "Statement": [
                {
                    "Action": [
                        "events:DescribeRule",
                        "events:PutRule",
                        "events:PutTargets",
                    ],
                    "Effect": "Allow",
                    "Resource": f"arn:{partition}:events:{region}:{account}:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule",
                    "Sid": "EventsDescribeRuleAnd2More",
                },
                {
                    "Action": ["iam:PassRole"],
                    "Condition": {
                        "StringEquals": {
                            "iam:PassedToService": "sagemaker.amazonaws.com",
                        },
                    },
                    "Effect": "Allow",
                    "Resource": training_role.arn,
                    "Sid": "IamPassRole",
                },
                {
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Effect": "Allow",
                    "Resource": key.arn,
                    "Sid": "KmsDecryptAnd1More",
                },
                {
                    "Action": ["lambda:InvokeFunction"],
                    "Effect": "Allow",
                    "Resource": [gate.arn, rollout.arn, start.arn],
                    "Sid": "LambdaInvokeFunction",
                },
                {
                    "Action": [
                        "logs:CreateLogDelivery",
                        "logs:DeleteLogDelivery",
                        "logs:DescribeLogGroups",
                        "logs:DescribeResourcePolicies",
                        "logs:GetLogDelivery",
                        "logs:ListLogDeliveries",
                        "logs:PutResourcePolicy",
                        "logs:UpdateLogDelivery",
                    ],
                    "Effect": "Allow",
                    "Resource": "*",
                    "Sid": "LogsCreateLogDeliveryAnd7More",
                },
                {
                    "Action": [
                        "sagemaker:AddTags",
                        "sagemaker:CreateTrainingJob",
                        "sagemaker:DescribeTrainingJob",
                        "sagemaker:StopTrainingJob",
                    ],
                    "Effect": "Allow",
                    "Resource": f"arn:{partition}:sagemaker:{region}:{account}:training-job/churn-dev-*",
                    "Sid": "SagemakerAddTagsAnd3More",
                },
                {
                    "Action": ["sns:Publish"],
                    "Effect": "Allow",
                    "Resource": alerts.arn,
                    "Sid": "SnsPublish",
                },
            ],
            "Version": "2012-10-17",
        },
        sort_keys=True,
    ),
    role=workflow_role.id,
    opts=pulumi.ResourceOptions(depends_on=[training_role_policy]),
)

# default: Start, train, gate, register, shift, bake, check, promote or roll back.
workflow = aws.sfn.StateMachine(
    "workflow",
    definition=pulumi.Output.json_dumps(
        {
            "Comment": "Trains, judges and rolls out churn-dev",
            "StartAt": "Start",
            "States": {
                "Bake": {"Next": "Check", "Seconds": 120, "Type": "Wait"},
                "Check": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "Recover",
                            "ResultPath": "$.error",
                        },
                    ],
                    "Next": "Healthy?",
                    "Parameters": {
                        "FunctionName": rollout.arn,
                        "Payload": {
                            "action": "check",
                            "release.$": "$.start.release",
                            "step.$": "$.rollout.step",
                        },
                    },
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "ResultPath": "$.rollout",
                    "ResultSelector": {
                        "alarms.$": "$.Payload.alarms",
                        "status.$": "$.Payload.status",
                        "step.$": "$.Payload.step",
                    },
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "Lambda.ClientExecutionTimeoutException",
                                "Lambda.ServiceException",
                                "Lambda.AWSLambdaException",
                                "Lambda.SdkClientException",
                                "Lambda.TooManyRequestsException",
                                "ResourceConflictException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 900,
                    "Type": "Task",
                },
                "Failed": {
                    "CausePath": "$.error.Cause",
                    "Error": "WorkflowFailed",
                    "Type": "Fail",
                },
                "Gate": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "Recover",
                            "ResultPath": "$.error",
                        },
                    ],
                    "Next": "Passed?",
                    "Parameters": {
                        "FunctionName": gate.arn,
                        "Payload": {
                            "artifact.$": "$.train.artifact",
                            "champion.$": "$.start.champion",
                            "job.$": "$.train.job",
                            "release.$": "$.start.release",
                            "trigger.$": "$.trigger",
                        },
                    },
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "ResultPath": "$.gate",
                    "ResultSelector": {
                        "gates.$": "$.Payload.gates",
                        "passed.$": "$.Payload.passed",
                        "refused.$": "$.Payload.refused",
                        "summary.$": "$.Payload.summary",
                    },
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "Lambda.ClientExecutionTimeoutException",
                                "Lambda.ServiceException",
                                "Lambda.AWSLambdaException",
                                "Lambda.SdkClientException",
                                "Lambda.TooManyRequestsException",
                                "ResourceConflictException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 900,
                    "Type": "Task",
                },
                "Healthy?": {
                    "Choices": [
                        {
                            "Next": "Bake",
                            "StringEquals": "bake",
                            "Variable": "$.rollout.status",
                        },
                        {
                            "Next": "Shift",
                            "StringEquals": "next",
                            "Variable": "$.rollout.status",
                        },
                        {
                            "Next": "Promote",
                            "StringEquals": "done",
                            "Variable": "$.rollout.status",
                        },
                    ],
                    "Default": "RollBack",
                    "Type": "Choice",
                },
                "NotifyFailed": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "Failed",
                            "ResultPath": "$.notification",
                        },
                    ],
                    "Next": "Failed",
                    "Parameters": {
                        "Message.$": "$.error.Cause",
                        "Subject": "churn-dev: retraining failed",
                        "TopicArn": alerts.arn,
                    },
                    "Resource": "arn:aws:states:::sns:publish",
                    "ResultPath": None,
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "SNS.AmazonSNSException",
                                "SNS.InternalErrorException",
                                "SNS.ThrottledException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 60,
                    "Type": "Task",
                },
                "NotifyPromoted": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "Promoted",
                            "ResultPath": "$.notification",
                        },
                    ],
                    "Next": "Promoted",
                    "Parameters": {
                        "Message.$": "States.Format('Release {} is champion now. {}', $.start.release, $.gate.summary)",
                        "Subject": "churn-dev: new model serves",
                        "TopicArn": alerts.arn,
                    },
                    "Resource": "arn:aws:states:::sns:publish",
                    "ResultPath": None,
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "SNS.AmazonSNSException",
                                "SNS.InternalErrorException",
                                "SNS.ThrottledException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 60,
                    "Type": "Task",
                },
                "NotifyRefused": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "Refused",
                            "ResultPath": "$.notification",
                        },
                    ],
                    "Next": "Refused",
                    "Parameters": {
                        "Message.$": "$.gate.summary",
                        "Subject": "churn-dev: model refused",
                        "TopicArn": alerts.arn,
                    },
                    "Resource": "arn:aws:states:::sns:publish",
                    "ResultPath": None,
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "SNS.AmazonSNSException",
                                "SNS.InternalErrorException",
                                "SNS.ThrottledException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 60,
                    "Type": "Task",
                },
                "NotifyRolledBack": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "RolledBack",
                            "ResultPath": "$.notification",
                        },
                    ],
                    "Next": "RolledBack",
                    "Parameters": {
                        "Message.$": "States.Format('Release {} was rolled back; alarms: {}', $.start.release, States.JsonToString($.rollout.alarms))",
                        "Subject": "churn-dev: model rolled back",
                        "TopicArn": alerts.arn,
                    },
                    "Resource": "arn:aws:states:::sns:publish",
                    "ResultPath": None,
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "SNS.AmazonSNSException",
                                "SNS.InternalErrorException",
                                "SNS.ThrottledException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 60,
                    "Type": "Task",
                },
                "Passed?": {
                    "Choices": [
                        {
                            "BooleanEquals": True,
                            "Next": "Register",
                            "Variable": "$.gate.passed",
                        },
                    ],
                    "Default": "NotifyRefused",
                    "Type": "Choice",
                },
                "Proceed?": {
                    "Choices": [
                        {
                            "BooleanEquals": True,
                            "Next": "Train",
                            "Variable": "$.start.proceed",
                        },
                    ],
                    "Default": "Skipped",
                    "Type": "Choice",
                },
                "Promote": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "Recover",
                            "ResultPath": "$.error",
                        },
                    ],
                    "Next": "NotifyPromoted",
                    "Parameters": {
                        "FunctionName": rollout.arn,
                        "Payload": {
                            "action": "promote",
                            "release.$": "$.start.release",
                        },
                    },
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "ResultPath": "$.rollout",
                    "ResultSelector": {
                        "status.$": "$.Payload.status",
                        "version.$": "$.Payload.version",
                    },
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "Lambda.ClientExecutionTimeoutException",
                                "Lambda.ServiceException",
                                "Lambda.AWSLambdaException",
                                "Lambda.SdkClientException",
                                "Lambda.TooManyRequestsException",
                                "ResourceConflictException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 900,
                    "Type": "Task",
                },
                "Promoted": {"Type": "Succeed"},
                "Recover": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "NotifyFailed",
                            "ResultPath": "$.error",
                        },
                    ],
                    "Next": "NotifyFailed",
                    "Parameters": {
                        "FunctionName": rollout.arn,
                        "Payload": {
                            "action": "recover",
                            "release.$": "$.start.release",
                        },
                    },
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "ResultPath": "$.recover",
                    "ResultSelector": {"status.$": "$.Payload.status"},
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "Lambda.ClientExecutionTimeoutException",
                                "Lambda.ServiceException",
                                "Lambda.AWSLambdaException",
                                "Lambda.SdkClientException",
                                "Lambda.TooManyRequestsException",
                                "ResourceConflictException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 900,
                    "Type": "Task",
                },
                "Refused": {
                    "CausePath": "$.gate.summary",
                    "Error": "GateRefused",
                    "Type": "Fail",
                },
                "Register": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "Recover",
                            "ResultPath": "$.error",
                        },
                    ],
                    "Next": "Shift",
                    "Parameters": {
                        "FunctionName": rollout.arn,
                        "Payload": {
                            "action": "register",
                            "release.$": "$.start.release",
                        },
                    },
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "ResultPath": "$.rollout",
                    "ResultSelector": {
                        "step.$": "$.Payload.step",
                        "version.$": "$.Payload.version",
                    },
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "Lambda.ClientExecutionTimeoutException",
                                "Lambda.ServiceException",
                                "Lambda.AWSLambdaException",
                                "Lambda.SdkClientException",
                                "Lambda.TooManyRequestsException",
                                "ResourceConflictException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 900,
                    "Type": "Task",
                },
                "RollBack": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "Recover",
                            "ResultPath": "$.error",
                        },
                    ],
                    "Next": "NotifyRolledBack",
                    "Parameters": {
                        "FunctionName": rollout.arn,
                        "Payload": {
                            "action": "rollback",
                            "release.$": "$.start.release",
                        },
                    },
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "ResultPath": "$.back",
                    "ResultSelector": {
                        "status.$": "$.Payload.status",
                        "version.$": "$.Payload.version",
                    },
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "Lambda.ClientExecutionTimeoutException",
                                "Lambda.ServiceException",
                                "Lambda.AWSLambdaException",
                                "Lambda.SdkClientException",
                                "Lambda.TooManyRequestsException",
                                "ResourceConflictException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 900,
                    "Type": "Task",
                },
                "RolledBack": {
                    "CausePath": "States.Format('Release {} was rolled back; alarms: {}', $.start.release, States.JsonToString($.rollout.alarms))",
                    "Error": "CanaryFailed",
                    "Type": "Fail",
                },
                "Shift": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "Recover",
                            "ResultPath": "$.error",
                        },
                    ],
                    "Next": "Bake",
                    "Parameters": {
                        "FunctionName": rollout.arn,
                        "Payload": {
                            "action": "shift",
                            "release.$": "$.start.release",
                            "step.$": "$.rollout.step",
                        },
                    },
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "ResultPath": "$.rollout",
                    "ResultSelector": {
                        "step.$": "$.Payload.step",
                        "version.$": "$.Payload.version",
                    },
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "Lambda.ClientExecutionTimeoutException",
                                "Lambda.ServiceException",
                                "Lambda.AWSLambdaException",
                                "Lambda.SdkClientException",
                                "Lambda.TooManyRequestsException",
                                "ResourceConflictException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 900,
                    "Type": "Task",
                },
                "Skipped": {"Type": "Succeed"},
                "Start": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "NotifyFailed",
                            "ResultPath": "$.error",
                        },
                    ],
                    "Next": "Proceed?",
                    "Parameters": {
                        "FunctionName": start.arn,
                        "Payload": {
                            "execution.$": "$$.Execution.Id",
                            "trigger.$": "$.trigger",
                        },
                    },
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "ResultPath": "$.start",
                    "ResultSelector": {
                        "champion.$": "$.Payload.champion",
                        "channels.$": "$.Payload.channels",
                        "hyperparameters.$": "$.Payload.hyperparameters",
                        "job.$": "$.Payload.job",
                        "proceed.$": "$.Payload.proceed",
                        "reason.$": "$.Payload.reason",
                        "release.$": "$.Payload.release",
                    },
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "Lambda.ClientExecutionTimeoutException",
                                "Lambda.ServiceException",
                                "Lambda.AWSLambdaException",
                                "Lambda.SdkClientException",
                                "Lambda.TooManyRequestsException",
                                "ResourceConflictException",
                            ],
                            "IntervalSeconds": 2,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 60,
                        },
                    ],
                    "TimeoutSeconds": 900,
                    "Type": "Task",
                },
                "Train": {
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Next": "Recover",
                            "ResultPath": "$.error",
                        },
                    ],
                    "Next": "Gate",
                    "Parameters": {
                        "AlgorithmSpecification": {
                            "ContainerEntrypoint": [
                                "sh",
                                "-c",
                                "BASE=${SAGEMAKER_BASE_DIR:-/opt/ml} && python3 -m zipfile -e $BASE/input/data/code/training.zip $BASE/code && cd $BASE/code && exec python3 main.py",
                            ],
                            "TrainingImage": f"763104351884.dkr.ecr.{region}.amazonaws.com/pytorch-training:2.6.0-cpu-py312-ubuntu22.04-sagemaker",
                            "TrainingInputMode": "File",
                        },
                        "EnableInterContainerTrafficEncryption": False,
                        "EnableNetworkIsolation": True,
                        "HyperParameters.$": "$.start.hyperparameters",
                        "InputDataConfig.$": "$.start.channels",
                        "OutputDataConfig": {
                            "KmsKeyId": key.arn,
                            "S3OutputPath": pulumi.Output.concat(
                                "s3://",
                                store.bucket,
                                "/jobs/",
                            ),
                        },
                        "ResourceConfig": {
                            "InstanceCount": 1,
                            "InstanceType": "ml.m5.xlarge",
                            "VolumeKmsKeyId": key.arn,
                            "VolumeSizeInGB": 30,
                        },
                        "RetryStrategy": {"MaximumRetryAttempts": 2},
                        "RoleArn": training_role.arn,
                        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
                        "Tags": [
                            {"Key": "mlspec:environment", "Value": "dev"},
                            {"Key": "mlspec:resource", "Value": "training"},
                            {"Key": "mlspec:spec", "Value": "churn"},
                        ],
                        "TrainingJobName.$": "$.start.job",
                    },
                    "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                    "ResultPath": "$.train",
                    "ResultSelector": {
                        "artifact.$": "$.ModelArtifacts.S3ModelArtifacts",
                        "job.$": "$.TrainingJobName",
                    },
                    "Retry": [
                        {
                            "BackoffRate": 2.0,
                            "ErrorEquals": [
                                "SageMaker.AmazonSageMakerException",
                                "SageMaker.ResourceLimitExceededException",
                            ],
                            "IntervalSeconds": 60,
                            "JitterStrategy": "FULL",
                            "MaxAttempts": 5,
                            "MaxDelaySeconds": 900,
                        },
                    ],
                    "TimeoutSeconds": 7200,
                    "Type": "Task",
                },
            },
            "TimeoutSeconds": 30420,
        },
        sort_keys=True,
    ),
    logging_configuration=aws.sfn.StateMachineLoggingConfigurationArgs(
        include_execution_data=False,
        level="ALL",
        log_destination=pulumi.Output.concat(workflow_logs.arn, ":*"),
    ),
    name="churn-dev-workflow",
    role_arn=workflow_role.arn,
    tags={
        "mlspec:environment": "dev",
        "mlspec:owner": "growth@example.com",
        "mlspec:resource": "workflow",
        "mlspec:spec": "churn",
    },
    type="STANDARD",
    opts=pulumi.ResourceOptions(
        depends_on=[training_role_policy, workflow_role_policy],
    ),
)

# default: How the model does, on one page.
dashboard = aws.cloudwatch.Dashboard(
    "dashboard",
    dashboard_body=pulumi.Output.json_dumps(
        {
            "widgets": [
                {
                    "height": 6,
                    "properties": {
                        "metrics": [
                            [
                                "mlspec",
                                "requests",
                                "model",
                                "churn",
                                "environment",
                                "dev",
                            ],
                            ["mlspec", "rows", "model", "churn", "environment", "dev"],
                        ],
                        "period": 300,
                        "region": region,
                        "stat": "Sum",
                        "title": "Traffic",
                        "view": "timeSeries",
                    },
                    "type": "metric",
                    "width": 12,
                    "x": 0,
                    "y": 0,
                },
                {
                    "height": 6,
                    "properties": {
                        "metrics": [
                            [
                                "mlspec",
                                "errors",
                                "model",
                                "churn",
                                "environment",
                                "dev",
                            ],
                            [
                                "mlspec",
                                "rejects",
                                "model",
                                "churn",
                                "environment",
                                "dev",
                            ],
                        ],
                        "period": 300,
                        "region": region,
                        "stat": "Average",
                        "title": "Errors and rejects, share of requests",
                        "view": "timeSeries",
                    },
                    "type": "metric",
                    "width": 12,
                    "x": 12,
                    "y": 0,
                },
                {
                    "height": 6,
                    "properties": {
                        "metrics": [
                            [
                                "mlspec",
                                "latency",
                                "model",
                                "churn",
                                "environment",
                                "dev",
                                {"stat": "p50"},
                            ],
                            [
                                "mlspec",
                                "latency",
                                "model",
                                "churn",
                                "environment",
                                "dev",
                                {"stat": "p99"},
                            ],
                        ],
                        "period": 300,
                        "region": region,
                        "stat": "p99",
                        "title": "Latency, ms",
                        "view": "timeSeries",
                    },
                    "type": "metric",
                    "width": 12,
                    "x": 0,
                    "y": 6,
                },
                {
                    "height": 6,
                    "properties": {
                        "metrics": [
                            [
                                "AWS/States",
                                "ExecutionsStarted",
                                "StateMachineArn",
                                workflow.arn,
                            ],
                            [
                                "AWS/States",
                                "ExecutionsSucceeded",
                                "StateMachineArn",
                                workflow.arn,
                            ],
                            [
                                "AWS/States",
                                "ExecutionsFailed",
                                "StateMachineArn",
                                workflow.arn,
                            ],
                        ],
                        "period": 86400,
                        "region": region,
                        "stat": "Sum",
                        "title": "Retrainings",
                        "view": "timeSeries",
                    },
                    "type": "metric",
                    "width": 12,
                    "x": 12,
                    "y": 6,
                },
            ],
        },
        sort_keys=True,
    ),
    dashboard_name="churn-dev-dashboard",
)

pulumi.export("alias", live.arn)
pulumi.export("dashboard", dashboard.dashboard_name)
pulumi.export("function", inference.name)
pulumi.export("registry", registry.model_package_group_name)
pulumi.export("store", store.bucket)
pulumi.export("topic", alerts.arn)
pulumi.export("url", inference_url.function_url)
pulumi.export("workflow", workflow.arn)
