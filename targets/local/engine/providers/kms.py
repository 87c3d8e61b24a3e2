"""KMS keys and aliases. A key has no name: it is found again by a tag with its URN."""

from collections.abc import Mapping

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

_URN_TAG = "mlspec:urn"


def _tags(inputs: Inputs) -> list[dict[str, str]]:
    return tag_list(inputs, "TagKey", "TagValue")


def _create_key(site: Site, inputs: Inputs) -> Made:
    client = site.client("kms")
    given = pick(inputs, {"description": "Description", "policy": "Policy"})
    made = client.create_key(Tags=[*_tags(inputs), {"TagKey": _URN_TAG, "TagValue": site.urn}], **given)["KeyMetadata"]
    _rotate(site, made["KeyId"], inputs)
    return Made(made["KeyId"], {"keyId": made["KeyId"], "arn": made["Arn"]})


def _rotate(site: Site, key: str, inputs: Inputs) -> None:
    client = site.client("kms")
    call = client.enable_key_rotation if inputs.get("enableKeyRotation") else client.disable_key_rotation
    call(KeyId=key)


def _update_key(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    client = site.client("kms")
    client.update_key_description(KeyId=existing.id, Description=inputs.get("description", ""))
    if inputs.get("policy"):
        client.put_key_policy(KeyId=existing.id, PolicyName="default", Policy=inputs["policy"])
    if dropped := dropped_tags(existing, inputs):
        client.untag_resource(KeyId=existing.id, TagKeys=dropped)
    client.tag_resource(KeyId=existing.id, Tags=_tags(inputs))
    _rotate(site, existing.id, inputs)
    arn = client.describe_key(KeyId=existing.id)["KeyMetadata"]["Arn"]
    return {"keyId": existing.id, "arn": arn}


def _delete_key(site: Site, existing: Existing) -> None:
    """AWS deletes no key at once: one that is scheduled for deletion counts as gone."""
    client = site.client("kms")
    if client.describe_key(KeyId=existing.id)["KeyMetadata"]["KeyState"] != "PendingDeletion":
        days = existing.inputs.get("deletionWindowInDays", 30)
        client.schedule_key_deletion(KeyId=existing.id, PendingWindowInDays=days)


def _find_key(site: Site, inputs: Inputs) -> str | None:
    client = site.client("kms")
    for page in client.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            tags = client.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            ours = any(tag["TagKey"] == _URN_TAG and tag["TagValue"] == site.urn for tag in tags)
            if ours and client.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled":
                return str(key["KeyId"])
    return None


def _read_key(site: Site, existing: Existing) -> Outputs:
    client = site.client("kms")
    rotation = client.get_key_rotation_status(KeyId=existing.id)["KeyRotationEnabled"]
    return {"enableKeyRotation": rotation} if "enableKeyRotation" in existing.inputs else {}


def _create_alias(site: Site, inputs: Inputs) -> Made:
    site.client("kms").create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
    return Made(inputs["name"], _alias_outputs(site, inputs))


def _update_alias(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    site.client("kms").update_alias(AliasName=existing.id, TargetKeyId=inputs["targetKeyId"])
    return _alias_outputs(site, inputs)


def _alias_outputs(site: Site, inputs: Inputs) -> Outputs:
    key = inputs["targetKeyId"]
    target = key if key.startswith("arn:") else site.arn("kms", f"key/{key}")
    return {"arn": site.arn("kms", inputs["name"]), "targetKeyArn": target}


def _delete_alias(site: Site, existing: Existing) -> None:
    site.client("kms").delete_alias(AliasName=existing.id)


def _find_alias(site: Site, inputs: Inputs) -> str | None:
    # describe_key follows an alias; the name alone says whether there is one
    found = attempt(site.client("kms").describe_key, KeyId=inputs["name"])
    return str(inputs["name"]) if found else None


PROVIDERS: Mapping[str, Provider] = {
    "aws:kms/key:Key": Provider(_create_key, _update_key, _delete_key, _find_key, _read_key),
    "aws:kms/alias:Alias": Provider(
        _create_alias, _update_alias, _delete_alias, _find_alias, replace_on=frozenset({"name"})
    ),
}
