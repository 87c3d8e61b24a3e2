"""Turns grants into one smallest inline policy for each role, and makes what uses the role wait for its policy."""

from collections.abc import Iterator
from dataclasses import replace

from mlspec.compiler.graph import Grant, Graph, Json, Ref, Resource
from mlspec.compiler.order import needs_of, reaches
from mlspec.compiler.passes.name import physical_name
from mlspec.compiler.passes.result import Passed, Types, fault
from mlspec.compiler.passes.statements import statements
from mlspec.compiler.values import refs
from mlspec.specs.diagnostics import Diagnostic

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def grant(graph: Graph, types: Types) -> Passed:
    """Policies are named `<role>-policy`; grants that are refused make none."""
    roles = {resource.name: resource for resource in graph.resources if resource.type == ROLE}
    faults = [fault for given in graph.grants for fault in _faults(given, roles.get(given.principal))]
    sound = [given for given in graph.grants if not list(_faults(given, roles.get(given.principal)))]
    policies = tuple(
        _policy(graph, roles[name], [given for given in sound if given.principal == name])
        for name in sorted({given.principal for given in sound})
    )
    waiting = _waiting((*graph.resources, *policies), policies)
    return Passed(replace(graph, resources=waiting, grants=()), tuple(faults))


def _policy(graph: Graph, role: Resource, grants: list[Grant]) -> Resource:
    name = f"{role.name}-policy"
    document = Json({"Version": "2012-10-17", "Statement": statements(grants)})
    whys = "; ".join(dict.fromkeys(given.why.rstrip(".") for given in grants))
    return Resource(
        type=ROLE_POLICY,
        name=name,
        properties={"name": physical_name(graph, name), "role": Ref(role.name, "id"), "policy": document},
        origin=role.origin,
        reviewer="security",
        why=f"What {role.name} may do: {whys}.",
    )


def _waiting(resources: tuple[Resource, ...], policies: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """A user of a role waits for the policy: a Lambda that starts before it is refused. Not where that is a cycle."""
    needs = {name: set(wanted) for name, wanted in needs_of(resources).items()}
    used = {resource.name: {ref.resource for ref in refs(resource.properties)} for resource in resources}
    waits: dict[str, list[str]] = {}
    for policy in policies:
        role = policy.name.removesuffix("-policy")
        for user in sorted(name for name in used if role in used[name] and name != policy.name):
            if not reaches(needs, start=policy.name, goal=user):
                needs[user].add(policy.name)
                waits.setdefault(user, []).append(policy.name)
    return tuple(_after(resource, waits.get(resource.name, [])) for resource in resources)


def _after(resource: Resource, policies: list[str]) -> Resource:
    wanted = tuple(sorted({*resource.options.depends_on, *policies}))
    return replace(resource, options=replace(resource.options, depends_on=wanted))


def _faults(given: Grant, role: Resource | None) -> Iterator[Diagnostic]:
    if role is None:
        yield fault("ML471", f"'{given.principal}' is granted something, and no role has that name")
    for action in given.actions:
        service, colon, verb = action.partition(":")
        if "*" in action or not (service and colon and verb):
            yield fault("ML470", f"'{given.principal}' is granted '{action}'", at=role, hint="name each action")
    alone = given.resources == ("*",)
    if not given.actions or not given.resources or ("*" in given.resources and not alone):
        yield fault(
            "ML472",
            f"'{given.principal}' is granted something with no definite resource: {given.why}",
            at=role,
            hint="name the resources, or give '*' alone for actions that know none",
        )
