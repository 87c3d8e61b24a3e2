"""Log groups."""

from collections.abc import Mapping

from mlspec.targets.local.engine.providers.contract import (
    Existing,
    Inputs,
    Made,
    Outputs,
    Provider,
    Site,
    dropped_tags,
    pick,
)


def _create(site: Site, inputs: Inputs) -> Made:
    given = pick(inputs, {"kmsKeyId": "kmsKeyId", "tags": "tags"})
    site.client("logs").create_log_group(logGroupName=inputs["name"], **given)
    return Made(inputs["name"], _retain(site, inputs))


def _update(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    client, name = site.client("logs"), existing.id
    if existing.changed(inputs, "tags"):
        if dropped := dropped_tags(existing, inputs):
            client.untag_log_group(logGroupName=name, tags=dropped)
        if inputs.get("tags"):
            client.tag_log_group(logGroupName=name, tags=dict(inputs["tags"]))
    key = inputs.get("kmsKeyId")
    if (_described(site, name) or {}).get("kmsKeyId") != key:
        call = client.associate_kms_key if key else client.disassociate_kms_key
        call(logGroupName=name, **({"kmsKeyId": key} if key else {}))
    return _retain(site, inputs)


def _retain(site: Site, inputs: Inputs) -> Outputs:
    client, name = site.client("logs"), inputs["name"]
    if inputs.get("retentionInDays"):
        client.put_retention_policy(logGroupName=name, retentionInDays=inputs["retentionInDays"])
    else:
        client.delete_retention_policy(logGroupName=name)
    return {"arn": site.arn("logs", f"log-group:{name}")}


def _delete(site: Site, existing: Existing) -> None:
    site.client("logs").delete_log_group(logGroupName=existing.id)


def _find(site: Site, inputs: Inputs) -> str | None:
    return inputs["name"] if _described(site, inputs["name"]) else None


def _read(site: Site, existing: Existing) -> Outputs:
    group = _described(site, existing.id) or {}
    wanted = existing.inputs.get("retentionInDays") is not None
    return {"retentionInDays": group.get("retentionInDays")} if wanted else {}


def _described(site: Site, name: str) -> Outputs | None:
    groups = site.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next((group for group in groups if group["logGroupName"] == name), None)


# A function that ran before its log group was made has made it: it is taken over.
PROVIDERS: Mapping[str, Provider] = {
    "aws:cloudwatch/logGroup:LogGroup": Provider(
        _create, _update, _delete, _find, _read, replace_on=frozenset({"name"}), shared=True
    ),
}
