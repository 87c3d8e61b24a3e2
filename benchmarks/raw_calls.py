"""Most of what the example's stack is made of, made or deleted by plain boto3 calls: a limit for apply and destroy.

python raw_calls.py ENDPOINT create|delete FOLDER_OF_ZIPS; prints how many calls it made."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3

BUCKET = "raw-store"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]})  # fmt: skip
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}]})  # fmt: skip
ROLES, LOGS, ALARMS, RULES = 8, 6, 5, 3

Call = Callable[[], Any]


def creates(client: Callable[[str], Any], zips: list[Path]) -> Iterator[Call]:
    """One call a resource, in the order they need each other."""
    s3, iam, functions = client("s3"), client("iam"), client("lambda")
    yield lambda: s3.create_bucket(Bucket=BUCKET)
    yield lambda: client("kms").create_key()
    yield lambda: client("sns").create_topic(Name="raw-alerts")
    yield lambda: client("sqs").create_queue(QueueName="raw-dead-letters")
    for path in zips:
        yield lambda path=path: s3.put_object(Bucket=BUCKET, Key=path.name, Body=path.read_bytes())
    for n in range(ROLES):
        yield lambda n=n: iam.create_role(RoleName=f"raw-{n}", AssumeRolePolicyDocument=TRUST)
        yield lambda n=n: iam.put_role_policy(RoleName=f"raw-{n}", PolicyName="raw", PolicyDocument=POLICY)
    for n in range(LOGS):
        yield lambda n=n: client("logs").create_log_group(logGroupName=f"/raw/{n}")
    role = iam.get_role(RoleName="raw-0")["Role"]["Arn"]
    for path in (path for path in zips if path.stem != "training"):
        yield lambda path=path: functions.create_function(
            FunctionName=f"raw-{path.stem}", Role=role, Runtime="python3.12", Handler="handler.handler",
            Code={"S3Bucket": BUCKET, "S3Key": path.name},
        )  # fmt: skip
    for n in range(ALARMS):
        yield lambda n=n: client("cloudwatch").put_metric_alarm(
            AlarmName=f"raw-{n}", Namespace="raw", MetricName="raw", Statistic="Maximum", Period=60,
            EvaluationPeriods=1, Threshold=1.0, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
    for n in range(RULES):
        yield lambda n=n: client("events").put_rule(Name=f"raw-{n}", ScheduleExpression="rate(1 day)", State="DISABLED")


def deletes(client: Callable[[str], Any], zips: list[Path]) -> Iterator[Call]:
    """The same resources deleted."""
    s3, iam = client("s3"), client("iam")
    for n in range(RULES):
        yield lambda n=n: client("events").delete_rule(Name=f"raw-{n}")
    for n in range(ALARMS):
        yield lambda n=n: client("cloudwatch").delete_alarms(AlarmNames=[f"raw-{n}"])
    for path in (path for path in zips if path.stem != "training"):
        yield lambda path=path: client("lambda").delete_function(FunctionName=f"raw-{path.stem}")
    for n in range(LOGS):
        yield lambda n=n: client("logs").delete_log_group(logGroupName=f"/raw/{n}")
    for n in range(ROLES):
        yield lambda n=n: iam.delete_role_policy(RoleName=f"raw-{n}", PolicyName="raw")
        yield lambda n=n: iam.delete_role(RoleName=f"raw-{n}")
    for path in zips:
        yield lambda path=path: s3.delete_object(Bucket=BUCKET, Key=path.name)
    yield lambda: s3.delete_bucket(Bucket=BUCKET)


def main(endpoint: str, action: str, folder: str) -> None:
    """Make the calls one after the other, over one client a service."""

    @cache
    def client(service: str) -> Any:
        return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1",
                            aws_access_key_id="local", aws_secret_access_key="local")  # fmt: skip

    calls = {"create": creates, "delete": deletes}[action](client, sorted(Path(folder).glob("*.zip")))
    print(sum(1 for call in calls if call() is not None))


if __name__ == "__main__":
    main(*sys.argv[1:])
