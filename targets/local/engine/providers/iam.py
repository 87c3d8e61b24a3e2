"""IAM roles and their inline policies."""

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
    put_provider,
    tag_list,
)

_ROLE = {
    "path": "Path", "description": "Description",
    "maxSessionDuration": "MaxSessionDuration", "permissionsBoundary": "PermissionsBoundary",
}  # fmt: skip


def _create_role(site: Site, inputs: Inputs) -> Made:
    role = site.client("iam").create_role(
        RoleName=inputs["name"],
        AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
        Tags=tag_list(inputs),
        **pick(inputs, _ROLE),
    )["Role"]
    return Made(inputs["name"], {"arn": role["Arn"], "uniqueId": role["RoleId"]})


def _update_role(site: Site, existing: Existing, inputs: Inputs) -> Outputs:
    client, name = site.client("iam"), existing.id
    client.update_assume_role_policy(RoleName=name, PolicyDocument=inputs["assumeRolePolicy"])
    settings = pick(inputs, {"maxSessionDuration": "MaxSessionDuration"})
    client.update_role(RoleName=name, Description=inputs.get("description", ""), **settings)
    if dropped := dropped_tags(existing, inputs):
        client.untag_role(RoleName=name, TagKeys=dropped)
    client.tag_role(RoleName=name, Tags=tag_list(inputs))
    role = client.get_role(RoleName=name)["Role"]
    return {"arn": role["Arn"], "uniqueId": role["RoleId"]}


def _delete_role(site: Site, existing: Existing) -> None:
    """IAM deletes no role that still has policies; those the stack made are gone by now, others go with the role."""
    client = site.client("iam")
    for policy in client.list_role_policies(RoleName=existing.id)["PolicyNames"]:
        client.delete_role_policy(RoleName=existing.id, PolicyName=policy)
    for attached in client.list_attached_role_policies(RoleName=existing.id)["AttachedPolicies"]:
        client.detach_role_policy(RoleName=existing.id, PolicyArn=attached["PolicyArn"])
    client.delete_role(RoleName=existing.id)


def _find_role(site: Site, inputs: Inputs) -> str | None:
    return inputs["name"] if attempt(site.client("iam").get_role, RoleName=inputs["name"]) else None


def _policy_name(site: Site, inputs: Inputs) -> str:
    return str(inputs.get("name") or site.name)


def _put_policy(site: Site, inputs: Inputs) -> Made:
    name = _policy_name(site, inputs)
    site.client("iam").put_role_policy(RoleName=inputs["role"], PolicyName=name, PolicyDocument=inputs["policy"])
    return Made(f"{inputs['role']}:{name}", {"name": name})


def _delete_policy(site: Site, existing: Existing) -> None:
    role, _, name = existing.id.partition(":")
    site.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


def _find_policy(site: Site, inputs: Inputs) -> str | None:
    name = _policy_name(site, inputs)
    found = attempt(site.client("iam").get_role_policy, RoleName=inputs["role"], PolicyName=name)
    return f"{inputs['role']}:{name}" if found else None


PROVIDERS: Mapping[str, Provider] = {
    "aws:iam/role:Role": Provider(
        _create_role, _update_role, _delete_role, _find_role,
        replace_on=frozenset({"name", "path"}),
    ),
    "aws:iam/rolePolicy:RolePolicy": put_provider(
        _put_policy, delete=_delete_policy, find=_find_policy, replace_on=frozenset({"name", "role"})
    ),
}  # fmt: skip
