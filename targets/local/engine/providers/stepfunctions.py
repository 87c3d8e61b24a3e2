"""Step Functions state machines."""

from collections.abc import Mapping
from typing import Any

from mlspec.targets.local.engine.providers.contract import (
    Existing,
    Inputs,
    Made,
    Outputs,
    Provider,
    Site,
    attempt,
    dropped_tags,
    pick,
    tag_list,
)


def _machine(inputs: Inputs) -> dict[str, Any]:
    given = pick(inputs, {"definition": "definition", "roleArn": "roleArn"})
    if tracing := inputs.get("tracingConfiguration"):
        given["tracingConfiguration"] = dict(tracing)
    if logging := inputs.get("loggingConfiguration"):
        given["loggingConfiguration"] = _logging(logging)
    if encryption := inputs.get("encryptionConfiguration"):
        given["encryptionConfiguration"] = dict(encryption)
    return given


def _logging(given: Inputs) -> dict[str, Any]:
    """Pulumi takes one ARN where the service takes a list of objects."""
    kept = pick(given, {"level": "level", "includeExecutionData": "includeExecutionData"})
    group = given.get("logDestination")
    where = {"destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]} if group else {}
    return {**kept, **where}


def _create(site: Site, inputs: Inputs) -> Made:
    made = site.client("stepfunctions").create_state_machine(
        name=inputs["name"],
        type=inputs.get("type", "STANDARD"),
        tags=tag_list(inputs, "key", "value"),
        **_machine(inputs),
    )
    return Made(made["stateMachineArn"], {"arn": made["stateMachineArn"], "status": "ACTIVE"})


def _update(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    client, arn = site.client("stepfunctions"), existing.id
    client.update_state_machine(stateMachineArn=arn, **_machine(inputs))
    if dropped := dropped_tags(existing, inputs):
        client.untag_resource(resourceArn=arn, tagKeys=dropped)
    if tags := tag_list(inputs, "key", "value"):
        client.tag_resource(resourceArn=arn, tags=tags)
    return {"arn": arn, "status": "ACTIVE"}


def _delete(site: Site, existing: Existing) -> None:
    site.client("stepfunctions").delete_state_machine(stateMachineArn=existing.id)


def _find(site: Site, inputs: Inputs) -> str | None:
    arn = site.arn("states", f"stateMachine:{inputs['name']}")
    return arn if attempt(site.client("stepfunctions").describe_state_machine, stateMachineArn=arn) else None


def _read(site: Site, existing: Existing) -> Outputs:
    found = site.client("stepfunctions").describe_state_machine(stateMachineArn=existing.id)
    return {"definition": found["definition"], "roleArn": found["roleArn"]}


PROVIDERS: Mapping[str, Provider] = {
    "aws:sfn/stateMachine:StateMachine": Provider(
        _create, _update, _delete, _find, _read, replace_on=frozenset({"name", "type"})
    ),
}
