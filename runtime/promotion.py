"""Changes who is champion: a release is promoted, withdrawn, or gives way to its predecessor."""

from typing import Any

from mlspec.runtime import releases
from mlspec.runtime.releases import ReleaseError
from mlspec.runtime.surroundings import Surroundings


def promote(release: str, around: Surroundings) -> dict[str, Any]:
    """Make the release champion. champion.json decides: what comes after it can be done again by anybody."""
    known, champion = releases.record(around.store, release), releases.champion(around.store)
    if champion.content.get("release") != release:
        _require_whole(known, release, around)
        previous = _named(champion.content) if champion else None
        after = {"release": release, "version": known["version"], "previous": previous}
        around.traffic.all_to(known["version"])
        around.store.replace(releases.CHAMPION, after, read=champion)
    else:
        after = champion.content
        around.traffic.all_to(after["version"])
    releases.note(around.store, release, status="champion")
    if after["previous"]:
        releases.note(around.store, after["previous"]["release"], status="retired")
    around.registry.decide(known["package"], approved=True, why="passed its gates and its rollout")
    return {"status": "champion", "release": release, "version": after["version"]}


def withdraw(release: str, around: Surroundings, *, why: str) -> dict[str, Any]:
    """All traffic to the champion, or to what served before there was one; a release that got none leaves no mark."""
    known, champion = releases.record(around.store, release), releases.champion(around.store)
    if known.get("status") not in ("registered", "canary", "rolled_back"):
        return {"status": known.get("status", "unknown"), "release": release, "version": ""}
    version = champion.content.get("version") or known["before"]
    if known["status"] != "rolled_back":  # a repeated call must not touch the traffic of a later rollout
        around.traffic.all_to(version)
        releases.note(around.store, release, status="rolled_back", why=why)
    around.registry.decide(known["package"], approved=False, why=why)
    return {"status": "rolled_back", "release": release, "version": version}


def go_back(around: Surroundings) -> dict[str, Any]:
    """The champion gives way to its predecessor; a second call finds none and changes nothing."""
    champion = releases.champion(around.store)
    previous, left = champion.content.get("previous"), champion.content.get("left")
    if previous:
        left = champion.content["release"]
        around.traffic.all_to(previous["version"])
        around.store.replace(releases.CHAMPION, {**previous, "previous": None, "left": left}, read=champion)
        champion = releases.champion(around.store)
    if not left:
        return {
            "status": "unchanged",
            "reason": "there is no earlier release to go back to",
            "release": "",
            "version": "",
        }
    return _gone_back(champion.content, around)


def _gone_back(champion: dict[str, Any], around: Surroundings) -> dict[str, Any]:
    """The records and the registry after going back; safe to repeat after a failure halfway."""
    left = releases.record(around.store, champion["left"])
    if left["status"] != "rolled_back":
        releases.note(around.store, champion["left"], status="rolled_back", why="somebody went back")
        around.registry.decide(left["package"], approved=False, why="somebody went back to its predecessor")
    releases.note(around.store, champion["release"], status="champion")
    return {"status": "champion", **_named(champion)}


def _require_whole(known: dict[str, Any], release: str, around: Surroundings) -> None:
    """Only a release that has all the traffic already, and passed its gates, becomes champion."""
    passed = around.store.document(releases.verdict_path(release)).content.get("passed") is True
    if not passed or known.get("status") != "canary" or known["shifted"]["share"] < 1:
        raise ReleaseError(f"release {release} is {known.get('status', 'unknown')}: it cannot be promoted")


def _named(champion: dict[str, Any]) -> dict[str, Any]:
    return {"release": champion["release"], "version": champion["version"]}
