"""What is set on an S3 bucket: each setting is a resource of its own, and there is one of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mlspec.targets.local.engine.providers.contract import (
    Existing,
    Inputs,
    Made,
    Outputs,
    Provider,
    Site,
    attempt,
    pascal,
    put_provider,
)

_NAMES = {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID", "id": "ID"}


@dataclass(frozen=True, slots=True)
class _Setting:
    """The S3 operations of one setting, and how its inputs become the argument of `put`."""

    put: str
    get: str
    delete: str
    argument: Callable[[Inputs], dict[str, Any]]
    read: Callable[[dict[str, Any]], Outputs] = lambda response: {}


def _provider(setting: _Setting) -> Provider:
    def put(site: Site, inputs: Inputs) -> Made:
        getattr(site.client("s3"), setting.put)(Bucket=inputs["bucket"], **setting.argument(inputs))
        return Made(inputs["bucket"], {})

    def delete(site: Site, existing: Existing) -> None:
        if setting.delete:
            getattr(site.client("s3"), setting.delete)(Bucket=existing.id)

    def find(site: Site, inputs: Inputs) -> str | None:
        found = attempt(getattr(site.client("s3"), setting.get), Bucket=inputs["bucket"])
        return inputs["bucket"] if found else None

    def read(site: Site, existing: Existing) -> Outputs:
        return setting.read(getattr(site.client("s3"), setting.get)(Bucket=existing.id))

    return put_provider(put, delete=delete, find=find, read=read, replace_on=frozenset({"bucket"}))


def _rules(argument: str) -> Callable[[Inputs], dict[str, Any]]:
    return lambda inputs: {argument: {"Rules": pascal(inputs["rules"], _NAMES)}}


def _public_access(inputs: Inputs) -> dict[str, Any]:
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return {"PublicAccessBlockConfiguration": pascal({name: bool(inputs.get(name)) for name in names})}


_TABLE: Mapping[str, _Setting] = {
    "aws:s3/bucketVersioning:BucketVersioning": _Setting(
        "put_bucket_versioning",
        "get_bucket_versioning",
        "",  # S3 has no way back to a bucket that never had versions
        lambda inputs: {"VersioningConfiguration": {"Status": inputs["versioningConfiguration"]["status"]}},
        lambda response: {"versioningConfiguration": {"status": response.get("Status", "Disabled")}},
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _Setting(
        "put_bucket_encryption",
        "get_bucket_encryption",
        "delete_bucket_encryption",
        _rules("ServerSideEncryptionConfiguration"),
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _Setting(
        "put_public_access_block", "get_public_access_block", "delete_public_access_block", _public_access
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _Setting(
        "put_bucket_policy",
        "get_bucket_policy",
        "delete_bucket_policy",
        lambda inputs: {"Policy": inputs["policy"]},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _Setting(
        "put_bucket_lifecycle_configuration",
        "get_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
        _rules("LifecycleConfiguration"),
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _Setting(
        "put_bucket_ownership_controls",
        "get_bucket_ownership_controls",
        "delete_bucket_ownership_controls",
        lambda inputs: {"OwnershipControls": {"Rules": [pascal(inputs["rule"])]}},
    ),
}
SETTINGS: Mapping[str, Provider] = {token: _provider(setting) for token, setting in _TABLE.items()}
