"""Everything the mocked cloud does that moto only records, in the order it is put in place."""

from collections.abc import Callable

from mlspec.targets.local.cloud import (
    alarms,
    bucket_policies,
    emf,
    event_sources,
    events,
    gaps,
    images,
    jobs,
    lambdas,
    schedules,
    states,
    streams,
)
from mlspec.targets.local.cloud.world import World

BEHAVIOURS: tuple[Callable[[World], None], ...] = (
    images.install,
    lambdas.install,
    alarms.install,
    events.install,
    event_sources.install,
    states.install,
    jobs.install,
    bucket_policies.install,
    gaps.install,
)

SHIMS: tuple[str, ...] = (
    lambdas.SHIM,
    images.SHIM,
    emf.SHIM,
    alarms.SHIM,
    events.SHIM,
    event_sources.SHIM,
    streams.SHIM,
    schedules.SHIM,
    states.SHIM,
    jobs.SHIM,
    bucket_policies.SHIM,
    gaps.SHIM,
    "Time can be moved; functions see it through time.time() and datetime, all else in the cloud through its clock",
    "IAM policies are recorded and not enforced; function URLs take requests without a signature",
)


def install(world: World) -> None:
    """All of them."""
    for behaviour in BEHAVIOURS:
        behaviour(world)
