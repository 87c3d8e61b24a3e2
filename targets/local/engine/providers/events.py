"""EventBridge rules, their targets, and schedules."""

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
    pascal,
    pick,
    put_provider,
    tag_list,
)

_RULE = {
    "name": "Name", "description": "Description", "eventPattern": "EventPattern", "roleArn": "RoleArn",
    "scheduleExpression": "ScheduleExpression", "state": "State", "eventBusName": "EventBusName",
}  # fmt: skip
_TARGET = {"arn": "Arn", "roleArn": "RoleArn", "input": "Input", "inputPath": "InputPath"}
_NESTED = {"deadLetterConfig": "DeadLetterConfig", "retryPolicy": "RetryPolicy"}
_SCHEDULE = {
    "name": "Name", "groupName": "GroupName", "description": "Description", "state": "State",
    "scheduleExpression": "ScheduleExpression", "scheduleExpressionTimezone": "ScheduleExpressionTimezone",
}  # fmt: skip


def _bus(inputs: Inputs) -> dict[str, Any]:
    return pick(inputs, {"eventBusName": "EventBusName"})


def _put_rule(site: Site, inputs: Inputs) -> Made:
    made = site.client("events").put_rule(Tags=tag_list(inputs), **pick(inputs, _RULE))
    return Made(inputs["name"], {"arn": made["RuleArn"]})


def _delete_rule(site: Site, existing: Existing) -> None:
    client, bus = site.client("events"), _bus(existing.inputs)
    targets = client.list_targets_by_rule(Rule=existing.id, **bus)["Targets"]
    if targets:
        client.remove_targets(Rule=existing.id, Ids=[target["Id"] for target in targets], **bus)
    client.delete_rule(Name=existing.id, **bus)


def _rule(site: Site, inputs: Inputs) -> Any | None:
    return attempt(site.client("events").describe_rule, Name=inputs["name"], **_bus(inputs))


def _find_rule(site: Site, inputs: Inputs) -> str | None:
    return inputs["name"] if _rule(site, inputs) else None


def _read_rule(site: Site, existing: Existing) -> Outputs:
    found = _rule(site, existing.inputs) or {}
    return {name: found.get(_RULE[name]) for name in ("scheduleExpression", "state") if name in existing.inputs}


def _target_id(site: Site, inputs: Inputs) -> str:
    return str(inputs.get("targetId") or site.name)


def _put_target(site: Site, inputs: Inputs) -> Made:
    name = _target_id(site, inputs)
    target = {"Id": name, **pick(inputs, _TARGET)}
    target |= {theirs: pascal(inputs[ours]) for ours, theirs in _NESTED.items() if inputs.get(ours)}
    if transformer := inputs.get("inputTransformer"):
        paths = dict(transformer.get("inputPaths") or {})
        target["InputTransformer"] = {"InputPathsMap": paths, "InputTemplate": transformer["inputTemplate"]}
    answer = site.client("events").put_targets(Rule=inputs["rule"], Targets=[target], **_bus(inputs))
    if answer.get("FailedEntryCount"):
        raise RuntimeError(answer["FailedEntries"][0].get("ErrorMessage", "the target was refused"))
    return Made(f"{inputs['rule']}-{name}", {"targetId": name})


def _delete_target(site: Site, existing: Existing) -> None:
    name = existing.outputs.get("targetId") or _target_id(site, existing.inputs)
    site.client("events").remove_targets(Rule=existing.inputs["rule"], Ids=[name], **_bus(existing.inputs))


def _find_target(site: Site, inputs: Inputs) -> str | None:
    name = _target_id(site, inputs)
    found = attempt(site.client("events").list_targets_by_rule, Rule=inputs["rule"], **_bus(inputs))
    there = found and any(target["Id"] == name for target in found["Targets"])
    return f"{inputs['rule']}-{name}" if there else None


def _schedule(inputs: Inputs) -> dict[str, Any]:
    nested = {"FlexibleTimeWindow": pascal(inputs["flexibleTimeWindow"]), "Target": pascal(inputs["target"])}
    return {**pick(inputs, _SCHEDULE), **nested}


def _schedule_names(inputs: Inputs) -> dict[str, Any]:
    return pick(inputs, {"name": "Name", "groupName": "GroupName"})


def _schedule_id(inputs: Inputs) -> str:
    return f"{inputs.get('groupName', 'default')}/{inputs['name']}"


def _create_schedule(site: Site, inputs: Inputs) -> Made:
    made = site.client("scheduler").create_schedule(**_schedule(inputs))
    return Made(_schedule_id(inputs), {"arn": made["ScheduleArn"]})


def _update_schedule(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    return {"arn": site.client("scheduler").update_schedule(**_schedule(inputs))["ScheduleArn"]}


def _delete_schedule(site: Site, existing: Existing) -> None:
    site.client("scheduler").delete_schedule(**_schedule_names(existing.inputs))


def _find_schedule(site: Site, inputs: Inputs) -> str | None:
    found = attempt(site.client("scheduler").get_schedule, **_schedule_names(inputs))
    return _schedule_id(inputs) if found else None


PROVIDERS: Mapping[str, Provider] = {
    "aws:cloudwatch/eventRule:EventRule": put_provider(
        _put_rule, delete=_delete_rule, find=_find_rule, read=_read_rule,
        replace_on=frozenset({"name", "eventBusName"}),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": put_provider(
        _put_target, delete=_delete_target, find=_find_target,
        replace_on=frozenset({"rule", "targetId", "eventBusName"}),
    ),
    "aws:scheduler/schedule:Schedule": Provider(
        _create_schedule, _update_schedule, _delete_schedule, _find_schedule,
        replace_on=frozenset({"name", "groupName"}),
    ),
}  # fmt: skip
