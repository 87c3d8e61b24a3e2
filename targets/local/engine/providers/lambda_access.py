"""How a Lambda function is reached: aliases, function URLs, permissions, what happens to failed events."""

import json
from collections.abc import Mapping
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
    pascal,
    pick,
    put_provider,
)

_ALIAS = {"functionVersion": "FunctionVersion", "description": "Description"}


def _routing(inputs: Inputs) -> dict[str, Any]:
    weights = (inputs.get("routingConfig") or {}).get("additionalVersionWeights") or {}
    return {"AdditionalVersionWeights": dict(weights)}


def _create_alias(site: Site, inputs: Inputs) -> Made:
    given = pick(inputs, _ALIAS)
    if inputs.get("routingConfig"):
        given["RoutingConfig"] = _routing(inputs)
    made = site.client("lambda").create_alias(FunctionName=inputs["functionName"], Name=inputs["name"], **given)
    return Made(made["AliasArn"], _alias_outputs(site, made["AliasArn"]))


def _update_alias(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    given = pick(inputs, _ALIAS)
    if existing.changed(inputs, "routingConfig"):
        given["RoutingConfig"] = _routing(inputs)
    updated = site.client("lambda").update_alias(FunctionName=inputs["functionName"], Name=inputs["name"], **given)
    return _alias_outputs(site, updated["AliasArn"])


def _alias_outputs(site: Site, arn: str) -> Outputs:
    region = site.cloud.region
    return {
        "arn": arn,
        "invokeArn": f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations",
    }


def _alias(site: Site, inputs: Inputs) -> Any | None:
    client = site.client("lambda")
    return attempt(client.get_alias, FunctionName=inputs["functionName"], Name=inputs["name"])


def _delete_alias(site: Site, existing: Existing) -> None:
    names = pick(existing.inputs, {"functionName": "FunctionName", "name": "Name"})
    site.client("lambda").delete_alias(**names)


def _find_alias(site: Site, inputs: Inputs) -> str | None:
    found = _alias(site, inputs)
    return str(found["AliasArn"]) if found else None


def _read_alias(site: Site, existing: Existing) -> Outputs:
    found = _alias(site, existing.inputs)
    if found is None:
        return {"name": None}
    weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
    told = {"name": found["Name"], "functionVersion": found["FunctionVersion"]}
    return {**told, "routingConfig": {"additionalVersionWeights": weights}} if weights else told


_URL = {"authorizationType": "AuthType", "invokeMode": "InvokeMode"}


def _target(inputs: Inputs) -> dict[str, Any]:
    return pick(inputs, {"functionName": "FunctionName", "qualifier": "Qualifier"})


def _qualified(inputs: Inputs) -> str:
    return "/".join(filter(None, [inputs["functionName"], inputs.get("qualifier")]))


def _url(inputs: Inputs) -> dict[str, Any]:
    cors = {"Cors": pascal(inputs["cors"])} if inputs.get("cors") else {}
    return {**_target(inputs), **pick(inputs, _URL), **cors}


def _url_outputs(found: Mapping[str, Any]) -> Outputs:
    url = found["FunctionUrl"]
    host = url.partition("://")[2] or url
    return {"functionUrl": url, "functionArn": found["FunctionArn"], "urlId": host.partition(".")[0]}


def _create_url(site: Site, inputs: Inputs) -> Made:
    made = site.client("lambda").create_function_url_config(**_url(inputs))
    return Made(_qualified(inputs), _url_outputs(made))


def _update_url(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    return _url_outputs(site.client("lambda").update_function_url_config(**_url(inputs)))


def _delete_url(site: Site, existing: Existing) -> None:
    site.client("lambda").delete_function_url_config(**_target(existing.inputs))


def _find_url(site: Site, inputs: Inputs) -> str | None:
    found = attempt(site.client("lambda").get_function_url_config, **_target(inputs))
    return _qualified(inputs) if found else None


_PERMISSION = {
    "action": "Action", "principal": "Principal", "qualifier": "Qualifier", "sourceArn": "SourceArn",
    "sourceAccount": "SourceAccount", "functionUrlAuthType": "FunctionUrlAuthType",
    "principalOrgId": "PrincipalOrgID", "eventSourceToken": "EventSourceToken",
    "invokedViaFunctionUrl": "InvokedViaFunctionUrl",
}  # fmt: skip


def _statement(site: Site, inputs: Inputs) -> str:
    return str(inputs.get("statementId") or site.name)


def _create_permission(site: Site, inputs: Inputs) -> Made:
    name = _statement(site, inputs)
    site.client("lambda").add_permission(FunctionName=inputs["function"], StatementId=name, **pick(inputs, _PERMISSION))
    return Made(name, {"statementId": name})


def _update_permission(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    """A statement cannot be changed, only said again."""
    where = pick(inputs, {"function": "FunctionName", "qualifier": "Qualifier"})
    attempt(site.client("lambda").remove_permission, StatementId=existing.id, **where)
    return _create_permission(site, inputs).outputs


def _delete_permission(site: Site, existing: Existing) -> None:
    where = pick(existing.inputs, {"function": "FunctionName", "qualifier": "Qualifier"})
    site.client("lambda").remove_permission(StatementId=existing.id, **where)


def _find_permission(site: Site, inputs: Inputs) -> str | None:
    where = pick(inputs, {"function": "FunctionName", "qualifier": "Qualifier"})
    found = attempt(site.client("lambda").get_policy, **where)
    name = _statement(site, inputs)
    statements = json.loads(found["Policy"])["Statement"] if found else []
    return name if any(statement["Sid"] == name for statement in statements) else None


def _put_invoke_config(site: Site, inputs: Inputs) -> Made:
    numbers = {"maximumRetryAttempts": "MaximumRetryAttempts", "maximumEventAgeInSeconds": "MaximumEventAgeInSeconds"}
    destination = inputs.get("destinationConfig")
    given = {"DestinationConfig": pascal(destination)} if destination else {}
    site.client("lambda").put_function_event_invoke_config(**_target(inputs), **pick(inputs, numbers), **given)
    return Made(_qualified(inputs), {})


def _delete_invoke_config(site: Site, existing: Existing) -> None:
    site.client("lambda").delete_function_event_invoke_config(**_target(existing.inputs))


def _find_invoke_config(site: Site, inputs: Inputs) -> str | None:
    found = attempt(site.client("lambda").get_function_event_invoke_config, **_target(inputs))
    return _qualified(inputs) if found else None


_MAPPING = {
    "batchSize": "BatchSize", "maximumBatchingWindowInSeconds": "MaximumBatchingWindowInSeconds",
    "functionResponseTypes": "FunctionResponseTypes", "startingPosition": "StartingPosition",
    "bisectBatchOnFunctionError": "BisectBatchOnFunctionError", "maximumRetryAttempts": "MaximumRetryAttempts",
}  # fmt: skip


def _mapping(inputs: Inputs) -> dict[str, Any]:
    """Pulumi has destinationArn where AWS has Destination."""
    failed = inputs.get("destinationConfig", {}).get("onFailure")
    told = {"DestinationConfig": {"OnFailure": {"Destination": failed["destinationArn"]}}} if failed else {}
    return {**pick(inputs, _MAPPING), **told}


def _create_mapping(site: Site, inputs: Inputs) -> Made:
    where = pick(inputs, {"eventSourceArn": "EventSourceArn", "functionName": "FunctionName"})
    try:
        made = site.client("lambda").create_event_source_mapping(**where, **_mapping(inputs))
    except site.client("lambda").exceptions.ResourceNotFoundException as error:
        raise _absent(site, inputs["eventSourceArn"]) from error
    return Made(made["UUID"], _mapping_outputs(made))


def _absent(site: Site, arn: str) -> Refused:
    """What the stack makes itself is made before; the rest has an owner, who makes it."""
    *_, service, region, _, name = arn.split(":")
    made = f"sqs create-queue --queue-name {name}"
    if service == "kinesis":
        made = f"kinesis create-stream --shard-count 1 --stream-name {name.rpartition('/')[2]}"
    where = f"--region {region} --endpoint-url {site.client(service).meta.endpoint_url}"
    hint = f"it has an owner, who makes it first; to make one on the mocked cloud: aws {made} {where}"
    return Refused(f"{arn} is not there", hint)


def _mapping_outputs(found: Mapping[str, Any]) -> Outputs:
    return {"uuid": found["UUID"], "arn": found.get("EventSourceMappingArn", ""), "functionArn": found["FunctionArn"]}


def _update_mapping(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    given = {name: value for name, value in _mapping(inputs).items() if name != "StartingPosition"}
    client = site.client("lambda")
    return _mapping_outputs(
        client.update_event_source_mapping(UUID=existing.id, FunctionName=inputs["functionName"], **given)
    )


def _delete_mapping(site: Site, existing: Existing) -> None:
    site.client("lambda").delete_event_source_mapping(UUID=existing.id)


def _find_mapping(site: Site, inputs: Inputs) -> str | None:
    listed = site.client("lambda").list_event_source_mappings(EventSourceArn=inputs["eventSourceArn"])
    target = inputs["functionName"]
    found = (m["UUID"] for m in listed["EventSourceMappings"] if m["FunctionArn"] == target)
    return next(found, None)


ACCESS: Mapping[str, Provider] = {
    "aws:lambda/eventSourceMapping:EventSourceMapping": Provider(
        _create_mapping, _update_mapping, _delete_mapping, _find_mapping,
        replace_on=frozenset({"eventSourceArn", "functionName", "startingPosition"}),
    ),
    "aws:lambda/alias:Alias": Provider(
        _create_alias, _update_alias, _delete_alias, _find_alias, _read_alias,
        replace_on=frozenset({"functionName", "name"}),
    ),
    "aws:lambda/functionUrl:FunctionUrl": Provider(
        _create_url, _update_url, _delete_url, _find_url, replace_on=frozenset({"functionName", "qualifier"})
    ),
    "aws:lambda/permission:Permission": Provider(
        _create_permission, _update_permission, _delete_permission, _find_permission,
        replace_on=frozenset({"function", "statementId", *_PERMISSION} - {"invokedViaFunctionUrl"}),
    ),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": put_provider(
        _put_invoke_config, delete=_delete_invoke_config, find=_find_invoke_config,
        replace_on=frozenset({"functionName", "qualifier"}),
    ),
}  # fmt: skip
