"""S3 buckets and the objects the stack ships."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlspec.targets.local.engine.providers.contract import (
    Existing,
    Inputs,
    Made,
    Outputs,
    Provider,
    Refused,
    Site,
    attempt,
    pick,
    put_provider,
    tag_list,
)
from mlspec.targets.local.engine.providers.s3_settings import SETTINGS
from mlspec.targets.local.engine.wire import LocalFile

_BATCH = 1000  # DeleteObjects takes no more


def _create_bucket(site: Site, inputs: Inputs) -> Made:
    name, region = inputs["bucket"], site.cloud.region
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    site.client("s3").create_bucket(Bucket=name, **where)
    return Made(name, _settle_bucket(site, inputs))


def _update_bucket(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    return _settle_bucket(site, inputs)


def _settle_bucket(site: Site, inputs: Inputs) -> Outputs:
    name, region = inputs["bucket"], site.cloud.region
    client = site.client("s3")
    if tags := tag_list(inputs):
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    else:
        client.delete_bucket_tagging(Bucket=name)
    return {
        "arn": f"arn:aws:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "region": region,
    }


def _delete_bucket(site: Site, existing: Existing) -> None:
    client = site.client("s3")
    if site.force or existing.inputs.get("forceDestroy"):
        for batch in _versions(client, existing.id):
            client.delete_objects(Bucket=existing.id, Delete={"Objects": batch, "Quiet": True})
    elif next(_versions(client, existing.id), None):
        raise Refused(
            f"the bucket {existing.id} holds data",
            "empty it, or destroy the stack and say yes to losing its data",
        )
    client.delete_bucket(Bucket=existing.id)


def _versions(client: Any, bucket: str, **limits: str) -> Iterator[list[dict[str, str]]]:
    """Every version and every delete marker, in batches."""
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, **limits):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        batch = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in found]
        for start in range(0, len(batch), _BATCH):
            yield batch[start : start + _BATCH]


def _find_bucket(site: Site, inputs: Inputs) -> str | None:
    return inputs["bucket"] if attempt(site.client("s3").head_bucket, Bucket=inputs["bucket"]) else None


def _put_object(site: Site, inputs: Inputs) -> Made:
    source = inputs.get("source")
    body = source.location.read_bytes() if isinstance(source, LocalFile) else str(inputs.get("content", "")).encode()
    given = pick(
        inputs,
        {"contentType": "ContentType", "kmsKeyId": "SSEKMSKeyId", "serverSideEncryption": "ServerSideEncryption"},
    )
    put = site.client("s3").put_object(Bucket=inputs["bucket"], Key=inputs["key"], Body=body, **given)
    arn = f"arn:aws:s3:::{inputs['bucket']}/{inputs['key']}"
    version = put.get("VersionId", "")
    return Made(inputs["key"], {"arn": arn, "etag": put["ETag"].strip('"'), "versionId": version})


def _delete_object(site: Site, existing: Existing) -> None:
    client, bucket, key = site.client("s3"), existing.inputs["bucket"], existing.inputs["key"]
    for batch in _versions(client, bucket, Prefix=key):
        if ours := [entry for entry in batch if entry["Key"] == key]:
            client.delete_objects(Bucket=bucket, Delete={"Objects": ours, "Quiet": True})


def _find_object(site: Site, inputs: Inputs) -> str | None:
    found = attempt(site.client("s3").head_object, Bucket=inputs["bucket"], Key=inputs["key"])
    return inputs["key"] if found else None


PROVIDERS: Mapping[str, Provider] = {
    "aws:s3/bucket:Bucket": Provider(
        _create_bucket, _update_bucket, _delete_bucket, _find_bucket, replace_on=frozenset({"bucket"})
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": put_provider(
        _put_object, delete=_delete_object, find=_find_object, replace_on=frozenset({"bucket", "key"})
    ),
    **SETTINGS,
}
