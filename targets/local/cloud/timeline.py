"""Time passing: everything due on the way happens at its time, in order, and comes to rest before the next."""

import threading
from datetime import datetime, timedelta

from mlspec.targets.local.cloud import alarms, states
from mlspec.targets.local.cloud.schedules import Schedules
from mlspec.targets.local.cloud.world import World

_REST_SECONDS = 900.0
_CHAIN = 20  # alarms that set off one another are left at that


class Timeline:
    """Moves a world's clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._schedules = Schedules(world)
        self._moving = threading.Lock()

    def put(self, at: datetime) -> datetime:
        """The clock somewhere else, the past too; schedules count anew from there."""
        with self._moving:
            self._world.clock.set(at)
            self._schedules.reset()
            return self._world.clock.now()

    def advance(self, to: datetime, *, through_waits: bool = True) -> datetime:
        """Forward to `to`; a time that has passed already changes nothing. Unless `through_waits`, it stops where a
        workflow begins to wait, so that the caller can do what happens meanwhile."""
        with self._moving:
            return self._advanced(to, through_waits)

    def _advanced(self, to: datetime, through_waits: bool) -> datetime:
        world = self._world
        self._rest()
        while (due := self._next_due(to)) is not None and due <= to:
            if world.waits and not through_waits:
                return world.clock.now()
            world.clock.set(max(due, world.clock.now()))
            self._schedules.fire()
            if world.waits:
                self._woken(due)
            self._rest()
        if to > world.clock.now() and (through_waits or not world.waits):
            world.clock.set(to)
        self._rest()
        return world.clock.now()

    def _rest(self) -> None:
        """Come to rest; what then makes an alarm change its state may start more, and that comes to rest as well."""
        alarms.judge(self._world)
        self.settle()
        for _ in range(_CHAIN):
            if not alarms.judge(self._world):
                return
            self.settle()

    def tick(self) -> None:
        """What real time brings: schedules that are due, and a look at the alarms; not while the clock is moved."""
        if self._moving.acquire(blocking=False):
            try:
                due = self._schedules.next_due()
                if due is not None and due <= self._world.clock.now():
                    self._schedules.fire()
                alarms.judge(self._world)
            finally:
                self._moving.release()

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

    def _next_due(self, to: datetime) -> datetime | None:
        """When the next wait ends, schedule fires, or alarm changes by data that gets too old."""
        moments = [*self._world.waits.values()]
        moments += [due for due in (self._schedules.next_due(), alarms.next_change(self._world, to)) if due]
        return min(moments, default=None)

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
