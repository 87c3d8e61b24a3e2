"""Merges what a role was granted into the fewest IAM statements that allow exactly that."""

import re
from collections.abc import Iterable, Mapping
from itertools import count

from mlspec.compiler.encoding import shown_text
from mlspec.compiler.graph import Grant, Value


def statements(grants: Iterable[Grant]) -> tuple[Value, ...]:
    """Sorted statements with Sids. Nothing is widened: what is allowed are the pairs of action and resource granted."""
    grants = tuple(grants)
    resources = {shown_text(value): value for grant in grants for value in grant.resources}
    conditions = {shown_text(grant.conditions): grant.conditions for grant in grants}
    taken: set[str] = set()
    return tuple(
        _statement(actions, [resources[text] for text in texts], conditions[condition], taken=taken)
        for (actions, condition), texts in sorted(_merged(grants).items())
    )


def _merged(grants: Iterable[Grant]) -> dict[tuple[tuple[str, ...], str], list[str]]:
    """Resources for each set of actions with one condition; everything by its text, which sorts."""
    by_action: dict[tuple[str, str], set[str]] = {}
    for grant in grants:
        for action in grant.actions:
            granted = by_action.setdefault((action, shown_text(grant.conditions)), set())
            granted.update(shown_text(resource) for resource in grant.resources)
    by_resource: dict[tuple[str, str], set[str]] = {}
    for (action, condition), resources in by_action.items():
        for resource in _uncovered(resources):
            by_resource.setdefault((resource, condition), set()).add(action)
    merged: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (resource, condition), actions in sorted(by_resource.items()):
        merged.setdefault((tuple(sorted(actions)), condition), []).append(resource)
    return merged


def _uncovered(resources: set[str]) -> set[str]:
    """The resources that no wider one (`bucket/*` for `bucket/models/*`) stands for already."""
    wide = [resource[:-1] for resource in resources if resource.endswith("*")]
    return {
        resource
        for resource in resources
        if not any(resource.startswith(prefix) and resource != f"{prefix}*" for prefix in wide)
    }


def _statement(
    actions: tuple[str, ...],
    resources: list[Value],
    conditions: Mapping[str, Mapping[str, Value]],
    *,
    taken: set[str],
) -> Value:
    statement: dict[str, Value] = {
        "Sid": _sid(actions, taken),
        "Effect": "Allow",
        "Action": actions,
        "Resource": tuple(resources) if len(resources) > 1 else resources[0],
    }
    return {**statement, "Condition": conditions} if conditions else statement


def _sid(actions: tuple[str, ...], taken: set[str]) -> str:
    """`S3GetObjectAnd2More`, with a number behind it where that is taken."""
    service, _, verb = actions[0].partition(":")
    stem = re.sub(r"[^A-Za-z0-9]", "", service.title() + verb)
    stem += f"And{len(actions) - 1}More" if len(actions) > 1 else ""
    sid = next(name for number in count(1) if (name := stem if number == 1 else f"{stem}{number}") not in taken)
    taken.add(sid)
    return sid
