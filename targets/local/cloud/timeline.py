"""Time passing: everything due on the way happens at its time, in order, and comes to rest before the next."""

from datetime import datetime, timedelta

from mlspec.targets.local.cloud import alarms, states
from mlspec.targets.local.cloud.schedules import Schedules
from mlspec.targets.local.cloud.world import World

_REST_SECONDS = 900.0


class Timeline:
    """Moves a world's clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._schedules = Schedules(world)

    def put(self, at: datetime) -> datetime:
        """The clock somewhere else, the past too; schedules count anew from there."""
        self._world.clock.set(at)
        self._schedules.reset()
        return self._world.clock.now()

    def advance(self, to: datetime, *, through_waits: bool = True) -> datetime:
        """Forward to `to`; a time that has passed already changes nothing. Unless `through_waits`, it stops where a
        workflow begins to wait, so that the caller can do what happens meanwhile."""
        world = self._world
        alarms.judge(world)
        self.settle()
        while (due := self._next_due()) is not None and due <= to:
            if self._world.waits and not through_waits:
                return world.clock.now()
            world.clock.set(max(due, world.clock.now()))
            self._schedules.fire()
            self._woken(due)
            alarms.judge(world)
            self.settle()
        if to > world.clock.now() and (through_waits or not world.waits):
            world.clock.set(to)
        alarms.judge(world)
        self.settle()
        return world.clock.now()

    def tick(self) -> None:
        """What real time brings: schedules that are due, and a look at the alarms."""
        due = self._schedules.next_due()
        if due is not None and due <= self._world.clock.now():
            self._schedules.fire()
        alarms.judge(self._world)

    def settle(self, timeout: float = _REST_SECONDS) -> bool:
        """Wait until all that runs is workflows that wait for the clock, or a job: those end by themselves."""
        return self._world.activity.settle(self._resting, timeout=timeout)

    def waiting(self) -> dict[str, object]:
        """What waits until when, and how much runs."""
        world = self._world
        counts = world.activity.counts()
        waits = dict(world.waits)
        busy = sum(counts.values()) - counts.get("jobs", 0) + sum(arn not in waits for arn in states.running(world))
        listed = [{"execution": arn, "until": until.isoformat()} for arn, until in sorted(waits.items())]
        return {"waits": listed, "jobs": counts.get("jobs", 0), "busy": busy}

    def _next_due(self) -> datetime | None:
        moments = [*self._world.waits.values()]
        scheduled = self._schedules.next_due()
        return min([*moments, scheduled] if scheduled else moments, default=None)

    def _woken(self, due: datetime) -> None:
        """Let every wait that ended by `due` leave before anything else is looked at."""
        world = self._world
        world.activity.settle(
            lambda: not any(until <= due + timedelta(milliseconds=1) for until in dict(world.waits).values()),
            timeout=10.0,
        )

    def _resting(self) -> bool:
        waits = dict(self._world.waits)
        return all(arn in waits for arn in states.running(self._world))
