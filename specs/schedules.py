"""The text of a schedule -> what EventBridge would refuse about it, or why it never comes.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_RATE = re.compile(r"rate\((?P<number>[0-9]{1,9}) (?P<unit>[a-z]+)\)\Z")
_CRON = re.compile(r"cron\((?P<fields>[^\s()]+(?: [^\s()]+){5})\)\Z")
_UNITS = ("minute", "hour", "day")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
NEVER, MALFORMED = "ML242", "ML208"


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: Mapping[str, int] = field(default_factory=dict)
    special: str = r"(?!)"  # what else AWS takes there


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31, special=r"\?|L|LW|([1-9]|[12][0-9]|3[01])W"),
    _Field("month", 1, 12, {word: number for number, word in enumerate(_MONTHS, 1)}),
    _Field(
        "day of week", 1, 7, {word: n for n, word in enumerate(_DAYS, 1)}, special=r"\?|L|([1-7]|[A-Z]{3})(L|#[1-5])"
    ),
    _Field("year", 1970, 2199),
)


def schedule_problem(text: str) -> tuple[str, str] | None:
    """The code and the reason, or None when the schedule can come."""
    if rate := _RATE.match(text):
        return _rate_problem(int(rate["number"]), rate["unit"])
    if cron := _CRON.match(text):
        return _cron_problem(cron["fields"].split(" "))
    return MALFORMED, "it is neither rate(<number> <unit>) nor cron(<six fields>)"


_MILLISECONDS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


def shortest_gap(text: str) -> int | None:
    """The milliseconds between two times of a rate, or of a cron that comes on every day; None for other schedules."""
    if rate := _RATE.match(text):
        return int(rate["number"]) * _MILLISECONDS.get(rate["unit"].removesuffix("s"), 0) or None
    cron = _CRON.match(text)
    _, hours, *days = cron["fields"].split(" ") if cron else ("", "", "")
    if cron is None or any(one not in ("*", "?") for one in days):
        return None
    at = _values(hours.upper(), _FIELDS[1]) or set()
    return _MILLISECONDS["day"] // len(at) if at else None


def _rate_problem(number: int, unit: str) -> tuple[str, str] | None:
    if unit.removesuffix("s") not in _UNITS:
        return MALFORMED, "a rate goes by minutes, hours or days"
    if number == 0:
        return MALFORMED, "a rate of 0 never comes"
    wanted = unit.removesuffix("s") + ("" if number == 1 else "s")
    return None if unit == wanted else (MALFORMED, f"AWS wants rate({number} {wanted})")


def _cron_problem(texts: list[str]) -> tuple[str, str] | None:
    read = [_values(text.upper(), part) for text, part in zip(texts, _FIELDS, strict=True)]
    for text, part, values in zip(texts, _FIELDS, read, strict=True):
        if values is None:
            return MALFORMED, f"'{text[:20]}' is not a {part.name}: {part.low} to {part.high}"
    if (texts[2] == "?") == (texts[4] == "?"):
        return MALFORMED, "exactly one of day of month and day of week is ?"
    days, months = read[2] or set(), read[3] or set()
    if days and not any(min(days) <= _LONGEST[month - 1] for month in months):
        return NEVER, f"no such month has a day {min(days)}"
    return None


def _values(text: str, part: _Field) -> set[int] | None:
    """The numbers a field stands for, none for its special words; None when it is malformed."""
    if re.fullmatch(part.special, text):
        return set()
    found: set[int] = set()
    for item in text.split(","):
        numbers = _item(item, part)
        if not numbers:
            return None
        found |= numbers
    return found


def _item(item: str, part: _Field) -> set[int]:
    """`*`, `5`, `MON-FRI`, and any of them with `/step`; nothing when it is none of these."""
    span, slash, step = item.partition("/")
    first, dash, last = span.partition("-")
    low = part.low if span == "*" else _number(first, part)
    high = part.high if span == "*" or (slash and not dash) else _number(last if dash else first, part)
    if low is None or high is None or low > high or (slash and not re.fullmatch(r"[1-9][0-9]{0,3}", step)):
        return set()
    return set(range(low, high + 1, int(step) if slash else 1))


def _number(text: str, part: _Field) -> int | None:
    number = part.words.get(text, int(text) if re.fullmatch(r"[0-9]{1,4}", text) else -1)
    return number if part.low <= number <= part.high else None
