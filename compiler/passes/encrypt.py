"""Encrypts with the stack's key every resource that can take it, and refuses what would lie in the open."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from mlspec.compiler.graph import Graph, Ref, Resource, Value
from mlspec.compiler.passes.result import Passed, Types, fault
from mlspec.compiler.values import refs
from mlspec.specs.diagnostics import Diagnostic

KEY = "aws:kms/key:Key"
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"

Fill = Callable[[Ref], Value]


def _key(key: Ref) -> Value:
    return key


def _table_encryption(key: Ref) -> Value:
    return {"enabled": True, "kmsKeyArn": key}


def _repository_encryption(key: Ref) -> Value:
    return ({"encryptionType": "KMS", "kmsKey": key},)


# The property that takes the key, by type, and how it takes it.
ENCRYPTED: Mapping[str, tuple[str, Fill]] = {
    "aws:cloudwatch/logGroup:LogGroup": ("kmsKeyId", _key),
    "aws:dynamodb/table:Table": ("serverSideEncryption", _table_encryption),
    "aws:ecr/repository:Repository": ("encryptionConfigurations", _repository_encryption),
    "aws:lambda/function:Function": ("kmsKeyArn", _key),
    "aws:s3/bucketObject:BucketObject": ("kmsKeyId", _key),
    "aws:s3/bucketObjectv2:BucketObjectv2": ("kmsKeyId", _key),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": ("kmsKeyArn", _key),
    "aws:secretsmanager/secret:Secret": ("kmsKeyId", _key),
    "aws:sns/topic:Topic": ("kmsMasterKeyId", _key),
    "aws:sqs/queue:Queue": ("kmsMasterKeyId", _key),
}


def encrypt(graph: Graph, types: Types) -> Passed:
    """Fills the key where lowering left it out; a bucket is encrypted by a resource of its own, which must be there."""
    key = next((Ref(resource.name, "arn") for resource in graph.resources if resource.type == KEY), None)
    done = replace(graph, resources=tuple(_encrypted(resource, key) for resource in graph.resources))
    return Passed(done, tuple(_faults(done)))


def _encrypted(resource: Resource, key: Ref | None) -> Resource:
    rule = ENCRYPTED.get(resource.type)
    if rule is None or key is None or rule[0] in resource.properties:
        return resource
    takes, fill = rule
    return replace(resource, properties={**resource.properties, takes: fill(key)})


def _faults(graph: Graph) -> Iterator[Diagnostic]:
    kept = {
        ref.resource
        for resource in graph.resources
        if resource.type == BUCKET_ENCRYPTION
        for ref in refs(resource.properties.get("bucket"))
    }
    for resource in graph.resources:
        rule = ENCRYPTED.get(resource.type)
        plain = rule is not None and resource.properties.get(rule[0]) in (None, "")
        if plain or (resource.type == BUCKET and resource.name not in kept):
            yield fault(
                "ML460",
                f"'{resource.name}' ({resource.type}) would be stored unencrypted",
                at=resource,
                hint=f"give the graph a {KEY}, and a bucket its {BUCKET_ENCRYPTION.rpartition(':')[2]}",
            )
