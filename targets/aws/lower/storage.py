"""The one bucket: versioned, encrypted, closed to the public, TLS only, and cleaned up after itself."""

from collections.abc import Mapping

from mlspec.compiler.graph import Join, Json, Options, Ref, Resource, Value
from mlspec.targets.aws.lower.context import Context, Lowered
from mlspec.targets.aws.types import (
    BUCKET,
    BUCKET_ENCRYPTION,
    BUCKET_LIFECYCLE,
    BUCKET_POLICY,
    BUCKET_PUBLIC_ACCESS,
    BUCKET_VERSIONING,
)

STORE = Ref("store", "bucket")
# A training job's raw output is unpacked into its release at once, and older versions are only for mistakes.
_JOBS_DAYS = 30
_NONCURRENT_DAYS = 90

# What a client may do to the bucket and its objects; denied as a whole when it does not come over TLS.
_OVER_TLS = (
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:PutObject",
)


def lower_storage(context: Context) -> Lowered:
    """The bucket and the resources that make it what it is."""
    parts = (
        ("store-versioning", BUCKET_VERSIONING, {"versioningConfiguration": {"status": "Enabled"}}, _VERSIONED),
        (
            "store-encryption",
            BUCKET_ENCRYPTION,
            {"rules": (_encryption(),)},
            "Objects are encrypted with the stack's key.",
        ),
        ("store-public-access", BUCKET_PUBLIC_ACCESS, _CLOSED, "Nothing in the store can be made public."),
        ("store-policy", BUCKET_POLICY, {"policy": _tls_only()}, "The store answers over TLS only."),
        (
            "store-lifecycle",
            BUCKET_LIFECYCLE,
            {"rules": _lifecycle()},
            "What nobody needs any more goes away by itself.",
        ),
    )
    return Lowered((_bucket(context), *(_part(context, *part) for part in parts)))


_VERSIONED = "A release that is overwritten or deleted by mistake can be had back."
_CLOSED: Mapping[str, Value] = {
    "blockPublicAcls": True,
    "blockPublicPolicy": True,
    "ignorePublicAcls": True,
    "restrictPublicBuckets": True,
}


def _bucket(context: Context) -> Resource:
    return context.resource(
        BUCKET,
        "store",
        # A destroy is reviewed as a plan that says what is lost; a bucket left behind would block the next apply.
        {"forceDestroy": True},
        path="name",
        reviewer="operations",
        why="Code, training output, releases, and which of them is the champion.",
    )


def _part(context: Context, name: str, kind: str, properties: Mapping[str, Value], why: str) -> Resource:
    return context.resource(
        kind,
        name,
        {"bucket": STORE, **properties},
        path="name",
        reviewer="security",
        why=why,
        options=Options(depends_on=_AFTER.get(name, ())),
    )


# S3 answers 409 to a policy and a public access block at once, and old versions are cleaned only where there are any.
_AFTER = {"store-policy": ("store-public-access",), "store-lifecycle": ("store-versioning",)}


def _encryption() -> Value:
    return {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": Ref("key", "arn")},
        "bucketKeyEnabled": True,
    }


def _tls_only() -> Value:
    statement: Value = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": _OVER_TLS,
        "Resource": (Ref("store", "arn"), Join((Ref("store", "arn"), "/*"))),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return Json({"Version": "2012-10-17", "Statement": (statement,)})


def _lifecycle() -> Value:
    return (
        {
            "id": "jobs",
            "status": "Enabled",
            "filter": {"prefix": "jobs/"},
            "expiration": {"days": _JOBS_DAYS},
        },
        {
            "id": "old-versions",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "noncurrentVersionExpiration": {"noncurrentDays": _NONCURRENT_DAYS},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        },
    )
