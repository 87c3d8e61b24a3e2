"""Bucket policies with conditions, and the count of what is there."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlspec.targets.local.cloud.bucket_policies import applies
from tests.cloud.conftest import Desk
from tests.cloud.test_jobs import ended, start


def deny(desk: Desk, bucket: str, condition: dict[str, Any], action: str = "s3:PutObject") -> None:
    s3 = desk.cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    arn = f"arn:aws:s3:::{bucket}"
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": [arn, f"{arn}/*"]}
    document = {
        "Version": "2012-10-17",
        "Statement": [{**statement, "Condition": condition} if condition else statement],
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def test_a_rule_for_tls_lets_loopback_pass(desk: Desk) -> None:
    deny(desk, "tls-only", {"Bool": {"aws:SecureTransport": "false"}}, action="s3:*")
    desk.cloud.client("s3").put_object(Bucket="tls-only", Key="k", Body=b"")


def test_a_rule_without_a_condition_holds(desk: Desk) -> None:
    deny(desk, "closed", {})
    with pytest.raises(ClientError, match=r"403|Forbidden|denied"):
        desk.cloud.client("s3").put_object(Bucket="closed", Key="k", Body=b"")


def test_a_rule_for_encryption_looks_at_the_request(desk: Desk) -> None:
    deny(desk, "encrypted", {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}})
    s3 = desk.cloud.client("s3")
    with pytest.raises(ClientError, match=r"403|Forbidden|denied"):
        s3.put_object(Bucket="encrypted", Key="k", Body=b"")
    s3.put_object(Bucket="encrypted", Key="k", Body=b"", ServerSideEncryption="aws:kms")


def test_a_condition_that_is_not_judged_is_refused(desk: Desk) -> None:
    with pytest.raises(ClientError, match="NumericLessThan"):
        deny(desk, "refused", {"NumericLessThan": {"s3:TlsVersion": "1.2"}})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"aws:PrincipalAccount": "1"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": ["2", "3"]}}, False),
        ({"StringEquals": {"aws:Absent": "1"}}, False),
        ({"StringEqualsIfExists": {"aws:Absent": "1"}}, True),
        ({"StringNotEquals": {"aws:Absent": "1"}}, True),
        ({"StringNotLike": {"aws:PrincipalAccount": ["1*", "2*"]}}, False),
        ({"Null": {"aws:Absent": "true"}}, True),
        ({"Null": {"aws:PrincipalAccount": True}}, False),
        ({"Bool": {"aws:SecureTransport": False}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:PrincipalAccount": "2"}}, False),
        ({}, True),
    ],
)
def test_conditions(condition: Mapping[str, Mapping[str, Any]], expected: bool) -> None:
    assert applies(condition, {"aws:principalaccount": "1", "aws:securetransport": "true"}) is expected


def test_what_is_there_is_counted(own_desk: Callable[[], Desk]) -> None:
    desk = own_desk()
    before = desk.cloud.inventory()
    desk.function("counted", "def handler(event, context): return 1")
    client = desk.cloud.client("lambda")
    client.publish_version(FunctionName="counted")
    client.create_alias(FunctionName="counted", Name="live", FunctionVersion="1")
    machine = desk.machine("counted", {"Done": {"Type": "Pass", "End": True}}, "Done")
    start(desk, "counted", "print('well')")
    ended(desk, "counted")
    after = desk.cloud.inventory()
    grown = {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]}
    assert grown.pop("s3 objects") == 2
    assert grown == {
        "history: training jobs": 1,
        "lambda aliases": 1,
        "lambda functions": 1,
        "lambda versions": 1,
        "logs groups": 1,
        "s3 buckets": 1,
        "states machines": 1,
    }
    client.delete_function(FunctionName="counted")
    desk.cloud.client("stepfunctions").delete_state_machine(stateMachineArn=machine)
    left = desk.cloud.inventory()
    kinds = ("lambda aliases", "lambda functions", "lambda versions", "states machines")
    assert [left[kind] for kind in kinds] == [0, 0, 0, 0]
