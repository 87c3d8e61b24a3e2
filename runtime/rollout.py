"""Turns the workflow's actions into traffic moved to a release that passed its gates, and back, repeatably."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from mlspec.runtime import releases
from mlspec.runtime.canary_alarms import CanaryAlarms
from mlspec.runtime.promotion import go_back, promote, withdraw
from mlspec.runtime.publishing import engine_of, published
from mlspec.runtime.registry import Registry
from mlspec.runtime.releases import ReleaseError
from mlspec.runtime.restoration import restore
from mlspec.runtime.store import Store
from mlspec.runtime.surroundings import Surroundings
from mlspec.runtime.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Steps:
    """The share of traffic at each step, the last one 1, and for how many seconds each is watched."""

    shares: tuple[float, ...]
    bake: float


def connect(environment: Mapping[str, str]) -> Surroundings:
    """The surroundings that the function's environment variables name."""
    names = filter(None, environment.get("MLSPEC_CANARY_ALARMS", "").split(","))
    return Surroundings(
        store=Store(boto3.client("s3"), environment["MLSPEC_STORE"], environment.get("MLSPEC_KEY", "")),
        traffic=Traffic(boto3.client("lambda"), environment["MLSPEC_FUNCTION"], environment["MLSPEC_ALIAS"]),
        alarms=CanaryAlarms(boto3.client("cloudwatch"), tuple(names)),
        registry=Registry(boto3.client("sagemaker"), environment["MLSPEC_REGISTRY"]),
        base=environment.get("MLSPEC_BASE_KEY", ""),
        compiled_base=environment.get("MLSPEC_COMPILED_BASE_KEY", ""),
        image=environment.get("MLSPEC_PACKAGE") == "image",
    )


def roll(event: Mapping[str, Any], around: Surroundings, steps: Steps) -> dict[str, Any]:
    """Do the event's action and tell what is so now."""
    action = _ACTIONS.get(event["action"])
    if action is None:
        raise ValueError(f"unknown action {event['action']!r}; known: {', '.join(_ACTIONS)}")
    return action(event, around, steps)


def _restore(event: Mapping[str, Any], around: Surroundings, steps: Steps) -> dict[str, Any]:
    return restore(around)


def _register(event: Mapping[str, Any], around: Surroundings, steps: Steps) -> dict[str, Any]:
    """Publish a version that runs the release; no request reaches it yet, and the champion has its version."""
    _restore(event, around, steps)
    release, store = event["release"], around.store
    known = releases.record(store, release)
    if known.get("status") in ("trained", "registered"):
        engine = engine_of(known, around)
        version = published(release, engine, around)
        folder = f"s3://{store.bucket}/releases/{release}"
        entry = known.get("package") or around.registry.register(
            release, folder=folder, package="serving.json" if around.image else "inference.zip"
        )
        before = known.get("before") or around.traffic.version
        facts = {"version": version, "package": entry, "before": before, "engine": engine}
        known = releases.note(store, release, status="registered", **facts)
    elif known.get("status") not in ("canary", "champion"):
        raise ReleaseError(f"release {release} is {known.get('status', 'unknown')}: it cannot be registered")
    first = 0 if releases.champion(store) else len(steps.shares) - 1
    return {"release": release, "version": known["version"], "step": first, "status": known["status"]}


def _shift(event: Mapping[str, Any], around: Surroundings, steps: Steps) -> dict[str, Any]:
    """Give the release the step's share of traffic, watched by the canary alarms; all of it without a champion."""
    release, step = event["release"], int(event["step"])
    known = releases.record(around.store, release)
    if known.get("status") == "champion":
        return {"release": release, "version": known["version"], "step": step, "share": 1.0}
    if known.get("status") not in ("registered", "canary"):
        raise ReleaseError(f"release {release} is {known.get('status', 'unknown')}: it may not serve")
    champion = releases.champion(around.store).content
    share = steps.shares[step] if champion else 1.0
    around.alarms.watch(known["version"])
    if share < 1:
        around.traffic.split(champion["version"], known["version"], share)
    else:
        around.traffic.all_to(known["version"])
    shifted = known.get("shifted", {})
    if shifted.get("step") != step:
        shifted = {"step": step, "share": share, "at": time.time()}
    releases.note(around.store, release, status="canary", shifted=shifted)
    return {"release": release, "version": known["version"], "step": step, "share": share}


def _check(event: Mapping[str, Any], around: Surroundings, steps: Steps) -> dict[str, Any]:
    """Whether the step was watched for long enough, and whether an alarm is on: that comes first."""
    step = int(event["step"])
    known = releases.record(around.store, event["release"])
    alarms = around.alarms.on()
    if alarms or known.get("status") not in ("canary", "champion"):
        return {"status": "alarm", "step": step, "alarms": alarms}
    if time.time() - known["shifted"]["at"] < steps.bake:
        return {"status": "bake", "step": step, "alarms": []}
    last = step + 1 >= len(steps.shares) or known["shifted"]["share"] >= 1
    return {"status": "done" if last else "next", "step": step if last else step + 1, "alarms": []}


def _promote(event: Mapping[str, Any], around: Surroundings, steps: Steps) -> dict[str, Any]:
    return promote(event["release"], around)


def _roll_back(event: Mapping[str, Any], around: Surroundings, steps: Steps) -> dict[str, Any]:
    champion = releases.champion(around.store).content
    if event.get("release", champion.get("release")) == champion.get("release"):
        return go_back(around)
    return withdraw(event["release"], around, why=event.get("reason", "an alarm of the canary was on"))


def _recover(event: Mapping[str, Any], around: Surroundings, steps: Steps) -> dict[str, Any]:
    """After an error: finish a promotion that was decided, else take the release's traffic away."""
    if releases.champion(around.store).content.get("release") == event["release"]:
        return promote(event["release"], around)
    return withdraw(event["release"], around, why="the workflow failed")


_ACTIONS: Mapping[str, Callable[[Mapping[str, Any], Surroundings, Steps], dict[str, Any]]] = {
    "register": _register,
    "shift": _shift,
    "check": _check,
    "promote": _promote,
    "rollback": _roll_back,
    "recover": _recover,
    "restore": _restore,
}
