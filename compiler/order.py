"""The order in which things can be made, from what each of them needs."""

import heapq
from collections.abc import Iterable, Mapping

from mlspec.compiler.graph import Resource
from mlspec.compiler.values import refs

PSEUDO = "aws"


def dependencies(resource: Resource) -> frozenset[str]:
    """The names of the resources that must exist before `resource`."""
    named = {ref.resource for ref in refs(resource.properties) if ref.resource != PSEUDO}
    return frozenset(named | set(resource.options.depends_on))


def needs_of(resources: Iterable[Resource]) -> dict[str, frozenset[str]]:
    """What each resource needs, by name."""
    return {resource.name: dependencies(resource) for resource in resources}


def in_order(needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Names so that each stands after all it needs, alphabetical where free; names in a cycle are left out."""
    missing = {name: {need for need in wanted if need in needs} for name, wanted in needs.items()}
    users: dict[str, list[str]] = {name: [] for name in needs}
    for name, wanted in missing.items():
        for need in wanted:
            users[need].append(name)
    ready = sorted(name for name, wanted in missing.items() if not wanted)
    done: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        done.append(name)
        for user in users[name]:
            missing[user].discard(name)
            if not missing[user]:
                heapq.heappush(ready, user)
    return tuple(done)


def cycle_in(needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """One cycle, its first name repeated at its end; empty when there is none."""
    left = set(needs) - set(in_order(needs))
    # A name that is left may only wait for a cycle; walking along needs always ends inside one.
    path: list[str] = []
    name = min(left, default="")
    while name and name not in path:
        path.append(name)
        name = min((need for need in needs[name] if need in left), default="")
    return (*path[path.index(name) :], name) if name else ()


def reaches(needs: Mapping[str, Iterable[str]], *, start: str, goal: str) -> bool:
    """Whether `start` needs `goal`, directly or through others."""
    seen: set[str] = set()
    stack = [start]
    while stack:
        name = stack.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            stack.extend(needs.get(name, ()))
    return False
