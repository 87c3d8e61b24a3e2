"""Lambda functions: code, configuration, versions."""

from collections.abc import Mapping
from typing import Any

from mlspec.targets.local.engine.images import push_image
from mlspec.targets.local.engine.providers.contract import (
    Existing,
    Inputs,
    Made,
    Outputs,
    Provider,
    Site,
    attempt,
    dropped_tags,
    pascal,
    pick,
)
from mlspec.targets.local.engine.providers.lambda_access import ACCESS
from mlspec.targets.local.engine.wire import LocalFile

_CONFIGURATION = {
    "role": "Role", "handler": "Handler", "runtime": "Runtime", "description": "Description",
    "memorySize": "MemorySize", "timeout": "Timeout", "kmsKeyArn": "KMSKeyArn", "layers": "Layers",
}  # fmt: skip
_NESTED = {
    "environment": "Environment", "deadLetterConfig": "DeadLetterConfig", "tracingConfig": "TracingConfig",
    "ephemeralStorage": "EphemeralStorage", "loggingConfig": "LoggingConfig", "snapStart": "SnapStart",
    "vpcConfig": "VpcConfig",
}  # fmt: skip
_CODE = ("s3Bucket", "s3Key", "s3ObjectVersion", "code", "imageUri", "sourceCodeHash")


def _configuration(inputs: Inputs) -> dict[str, Any]:
    nested = {theirs: pascal(inputs[ours]) for ours, theirs in _NESTED.items() if inputs.get(ours)}
    if "Environment" in nested:  # the names of variables are the program's own
        nested["Environment"] = {"Variables": dict(inputs["environment"].get("variables") or {})}
    return {"FunctionName": inputs["name"], **pick(inputs, _CONFIGURATION), **nested}


def _code(site: Site, inputs: Inputs) -> dict[str, Any]:
    """Where the code is; an image is pushed first, where this apply has built it."""
    if uri := inputs.get("imageUri"):
        if site.packages is not None:
            push_image(site.client("ecr"), uri, site.packages / f"{site.name}.zip")
        return {"ImageUri": uri}
    if isinstance(inputs.get("code"), LocalFile):
        return {"ZipFile": inputs["code"].location.read_bytes()}
    return pick(inputs, {"s3Bucket": "S3Bucket", "s3Key": "S3Key", "s3ObjectVersion": "S3ObjectVersion"})


def _create(site: Site, inputs: Inputs) -> Made:
    client = site.client("lambda")
    made = client.create_function(
        Code=_code(site, inputs),
        PackageType=inputs.get("packageType", "Zip"),
        Tags=dict(inputs.get("tags") or {}),
        **_configuration(inputs),
        **pick(inputs, {"architectures": "Architectures"}),
    )
    _reserve(client, inputs)
    return Made(inputs["name"], _outputs(site, inputs, made))


def _update(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    client = site.client("lambda")
    if existing.changed(inputs, "architectures", *_CODE):
        given = {**_code(site, inputs), **pick(inputs, {"architectures": "Architectures"})}
        client.update_function_code(FunctionName=existing.id, **given)
    cleared: dict[str, Any] = {"Environment": {"Variables": {}}} if existing.inputs.get("environment") else {}
    updated = client.update_function_configuration(**{**cleared, **_configuration(inputs)})
    arn = updated["FunctionArn"]
    if dropped := dropped_tags(existing, inputs):
        client.untag_resource(Resource=arn, TagKeys=dropped)
    if inputs.get("tags"):
        client.tag_resource(Resource=arn, Tags=dict(inputs["tags"]))
    _reserve(client, inputs)
    return _outputs(site, inputs, updated)


def _reserve(client: Any, inputs: Inputs) -> None:
    reserved = inputs.get("reservedConcurrentExecutions")
    if reserved is not None and reserved >= 0:
        client.put_function_concurrency(FunctionName=inputs["name"], ReservedConcurrentExecutions=reserved)


def _outputs(site: Site, inputs: Inputs, made: Mapping[str, Any]) -> Outputs:
    name = inputs["name"]
    arn = site.arn("lambda", f"function:{name}")
    version = _published(site.client("lambda"), name) if inputs.get("publish") else "$LATEST"
    return {
        "arn": arn,
        "invokeArn": invoke_arn(site, arn),
        "version": version,
        "qualifiedArn": f"{arn}:{version}",
        "qualifiedInvokeArn": invoke_arn(site, f"{arn}:{version}"),
        "codeSha256": made["CodeSha256"],
    }


def invoke_arn(site: Site, function: str) -> str:
    """The ARN API gateways call a function by."""
    region = site.cloud.region
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations"


_VERSIONED = (
    "CodeSha256",
    "Handler",
    "Runtime",
    "Role",
    "MemorySize",
    "Timeout",
    "Environment",
    "Layers",
    "Description",
)


def _published(client: Any, name: str) -> str:
    """Publish what is there, unless the last version says the same: a killed run may have published it."""
    versions = client.list_versions_by_function(FunctionName=name)["Versions"]
    latest = client.get_function_configuration(FunctionName=name)
    numbered = [version for version in versions if version["Version"] != "$LATEST"]
    if numbered:
        last = max(numbered, key=lambda version: int(version["Version"]))
        if all(last.get(key) == latest.get(key) for key in _VERSIONED):
            return str(last["Version"])
    return str(client.publish_version(FunctionName=name)["Version"])


def _delete(site: Site, existing: Existing) -> None:
    """All versions go with the function, also those a rollout published."""
    site.client("lambda").delete_function(FunctionName=existing.id)


def _find(site: Site, inputs: Inputs) -> str | None:
    found = attempt(site.client("lambda").get_function_configuration, FunctionName=inputs["name"])
    return inputs["name"] if found else None


def _read(site: Site, existing: Existing) -> Outputs:
    found = site.client("lambda").get_function_configuration(FunctionName=existing.id)
    told = {
        "handler": found.get("Handler"),
        "runtime": found.get("Runtime"),
        "role": found.get("Role"),
        "memorySize": found.get("MemorySize"),
        "timeout": found.get("Timeout"),
        "codeSha256": found.get("CodeSha256"),
    }
    return {name: value for name, value in told.items() if name in existing.inputs or name in existing.outputs}


PROVIDERS: Mapping[str, Provider] = {
    "aws:lambda/function:Function": Provider(
        _create, _update, _delete, _find, _read, replace_on=frozenset({"name", "packageType"})
    ),
    **ACCESS,
}
