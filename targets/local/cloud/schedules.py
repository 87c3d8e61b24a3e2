"""Rules with a rate(...) or cron(...) fire on the cloud's clock."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from mlspec.targets.local.cloud import events
from mlspec.targets.local.cloud.world import World

SHIM = "Schedules fire on the cloud's clock: rate(...) from the rule's creation, cron(...) with *, lists, ranges, steps"

_RATE = re.compile(r"^rate\((\d+) (minute|hour|day)s?\)$")
_CRON = re.compile(r"^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class Schedules:
    """When each scheduled rule fires next."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._next: dict[str, tuple[str, datetime]] = {}

    def reset(self) -> None:
        """Forget all: the clock was put somewhere else."""
        self._next.clear()

    def next_due(self) -> datetime | None:
        """The earliest firing of all rules."""
        rules = self._rules()
        now = self._world.clock.now()
        for arn in set(self._next) - set(rules):
            del self._next[arn]
        for arn, rule in rules.items():
            if arn not in self._next or self._next[arn][0] != rule.scheduled_expression:
                self._next[arn] = (rule.scheduled_expression, next_after(rule.scheduled_expression, now))
        return min((moment for _, moment in self._next.values()), default=None)

    def fire(self) -> None:
        """Fire what is due by now, each rule once."""
        now = self._world.clock.now()
        for arn, rule in sorted(self._rules().items()):
            expression, moment = self._next.get(arn, ("", now + timedelta(1)))
            if moment <= now:
                self._next[arn] = (expression, next_after(expression, moment))
                event = events.event_of(self._world, source="aws.events", kind="Scheduled Event", detail={}, about=arn)
                event["time"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
                events.to_targets(self._world, rule, event)

    def _rules(self) -> dict[str, Any]:
        buses = self._world.backend("events").event_buses.values()
        rules = (rule for bus in buses for rule in list(bus.rules.values()))
        return {rule.arn: rule for rule in rules if rule.scheduled_expression and rule.state == "ENABLED"}


def next_after(expression: str, moment: datetime) -> datetime:
    """The first firing after `moment`; raises ValueError for an expression that is neither rate nor cron."""
    rate = _RATE.match(expression)
    if rate:
        return moment + timedelta(**{f"{rate[2]}s": int(rate[1])})
    cron = _CRON.match(expression)
    if not cron:
        raise ValueError(f"{expression} is neither rate(...) nor cron(...)")
    return _next_cron(cron.groups(), moment)


def _next_cron(fields: tuple[str, ...], moment: datetime) -> datetime:
    minutes, hours = _numbers(fields[0], 0, 59), _numbers(fields[1], 0, 23)
    days, months = _numbers(fields[2], 1, 31), _numbers(fields[3], 1, 12, _MONTHS, first=1)
    weekdays, years = _numbers(fields[4], 1, 7, _DAYS, first=1), _numbers(fields[5], 1970, 2199)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(366 * 5):
        fits = day.day in days and day.month in months and day.isoweekday() % 7 + 1 in weekdays and day.year in years
        for hour in sorted(hours) if fits else ():
            for minute in sorted(minutes):
                found = day.replace(hour=hour, minute=minute)
                if found > moment:
                    return found
        day += timedelta(days=1)
    return datetime(9999, 1, 1, tzinfo=UTC)


def _numbers(field: str, low: int, high: int, names: tuple[str, ...] = (), *, first: int = 0) -> set[int]:
    """The numbers one field of a cron expression allows."""
    for index, name in enumerate(names):
        field = field.upper().replace(name, str(index + first))
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        start, _, end = ("", "", "") if span in ("*", "?") else span.partition("-")
        begin = int(start) if start else low
        last = int(end) if end else (high if step or not start else begin)
        found |= set(range(begin, last + 1, int(step or 1)))
    return found
