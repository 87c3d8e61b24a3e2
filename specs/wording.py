"""What Pydantic found wrong at one place -> a code, a sentence in the user's words, and a hint that can be acted on."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlspec.specs.keys import COMPOSED, homes
from mlspec.specs.nearest import hint_for, nearest, shortened
from mlspec.specs.schema import keys_at, schemas_at

_MOST_HOMES = 2  # of a key that stands in more blocks than these, none is likely


@dataclass(frozen=True, slots=True)
class Wording:
    """A diagnostic before it has a place; `at` is the path it belongs to, `key` whether at its key."""

    code: str
    message: str
    hint: str
    at: tuple[str, ...]
    key: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """One Pydantic error: its path in the tree, its type and context, and the value found."""

    path: tuple[str, ...]
    type: str
    context: Mapping[str, Any]
    message: str
    value: Any


_KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "int_from_float": "a whole number",
}
_PATTERNS = {
    r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$": "3 to 32 lower-case letters, digits and -, beginning with a letter",
    r"^[^@\s]+@[^@\s]+\.[^@\s]+$": "an e-mail address such as ml-team@example.com",
    r"^ml\.[a-z0-9-]+\.[a-z0-9]+$": "a SageMaker instance type such as ml.m5.xlarge",
    r"^(rate|cron)\(.+\)$": 'EventBridge\'s form, such as "rate(30 days)" or "cron(0 6 1 * ? *)"',
    r"^\d{4}-\d{2}-\d{2}$": "a date such as 2027-01-31",
}


def describe(value: Any) -> str:
    """A value as a reader would name it: `the text 'x'`, `the number 3`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value:g}" if isinstance(value, float) else f"the number {value}"
        case str():
            return f"the text '{shortened(value)}'"
        case dict():
            return "a mapping"
    return "a list"


def word(problems: Sequence[Problem]) -> Wording:
    """One wording for all that was found wrong with one value: the alternatives of a union each say their part."""
    quantities = [problem for problem in problems if problem.type == "quantity"]
    if quantities and (isinstance(problems[0].value, str) or len(quantities) == len(problems)):
        return _quantity(quantities)
    kinds = [problem for problem in problems if problem.type in _KINDS]
    if kinds and len(kinds) + len(quantities) == len(problems):
        return _kind(kinds, quantities)
    first = next((problem for problem in problems if problem.type not in _KINDS), problems[0])
    return _WORDS.get(first.type, _other)(first)


def _unknown_key(problem: Problem) -> Wording:
    *parent, key = problem.path
    where = f" in {'.'.join(parent)}" if parent else ""
    message = f"unknown key '{shortened(key)}'{where}"
    return Wording("ML201", message, misplaced(key, parent) or hint_for(key, keys_at(parent)), problem.path, True)


def misplaced(key: str, parent: Sequence[str]) -> str:
    """Where in the language a key stands that is not one of `parent`'s, where that is known; else nothing."""
    if not parent and key in COMPOSED:
        return f"{key} stands at the top of a spec, and in no overlay"
    if nearest(key, keys_at(parent)):
        return ""
    places = homes(key)
    if not places or len(places) > _MOST_HOMES:
        return ""
    said = " or ".join(f"of {'.'.join(place)}" if place else "at the top" for place in places)
    return f"{key} is a key {said}: check the indentation; here are allowed: {', '.join(keys_at(parent)) or 'none'}"


def _missing(problem: Problem) -> Wording:
    *parent, key = problem.path
    where = f" in {'.'.join(parent)}" if parent else ""
    meaning = next((schema.get("description", "") for schema in schemas_at(problem.path)), "")
    return Wording("ML202", f"key '{key}' is missing{where}", meaning, tuple(parent), True)


def _literal(problem: Problem) -> Wording:
    allowed = re.findall(r"'([^']*)'", str(problem.context.get("expected", "")))
    if problem.path[0] == "gates" and problem.path[-1] == "versus":
        message = f"gate compares with {_quoted(problem.value)}, which is not a known champion"
        return Wording("ML204", message, hint_for(str(problem.value), allowed), problem.path)
    message = f"{_name(problem)} is {_quoted(problem.value)}"
    quoted = not isinstance(problem.value, str) and str(problem.value) in allowed
    hint = f'put it in quotes: "{problem.value}"' if quoted else hint_for(str(problem.value), allowed)
    return Wording("ML203", f"{message}, which is not allowed", hint, problem.path)


def _name(problem: Problem) -> str:
    """The key, or of an item of a list the list's."""
    *above, last = problem.path
    return above[-1] if above and last.isdecimal() else last


def _quoted(value: Any) -> str:
    return f"'{shortened(value)}'" if isinstance(value, str) else describe(value)


def _quantity(problems: Sequence[Problem]) -> Wording:
    first = problems[0]
    bounds = [problem for problem in problems if "units" not in problem.context]  # right but for its size
    if bounds and len(bounds) < len(problems):
        return _quantity(bounds)
    expected = " or ".join(dict.fromkeys(p.message.removeprefix("expected ").partition(";")[0] for p in problems))
    units = ", ".join(dict.fromkeys(str(p.context["units"]) for p in problems if "units" in p.context))
    if not units:
        return Wording("ML206", f"{_quoted(first.value)}: {first.message}", "", first.path)
    meant = _meant(first.value, units.split(", "))
    hint = (f"write {meant}; " if meant else "") + f"units: {units}"
    return Wording("ML206", f"expected {expected}, found {describe(first.value)}", hint, first.path)


_SPELT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\Z")
_UNITS = {"millisecond": "ms", "second": "s", "sec": "s", "minute": "m", "min": "m", "hour": "h", "hr": "h", "day": "d"}
_UNITS |= {"week": "w", "percent": "%", "dollar": " USD", "euro": " EUR"}


def _meant(value: Any, units: Sequence[str]) -> str:
    """What `value` is in the language's own units, where it only spells the unit in another way: `90 days` is 90d."""
    spelt = _SPELT.match(value[:60]) if isinstance(value, str) else None
    unit = _UNITS.get(spelt[2].lower().removesuffix("s"), "") if spelt else ""
    return spelt[1] + unit if spelt and unit.strip() in units else ""


def _kind(kinds: Sequence[Problem], quantities: Sequence[Problem]) -> Wording:
    first = kinds[0]
    expected = dict.fromkeys(_KINDS[problem.type] for problem in kinds)
    expected.update(dict.fromkeys(p.message.removeprefix("expected ").partition(";")[0] for p in quantities))
    hint = ""
    if "a text" in expected and isinstance(first.value, bool | int | float):
        hint = "put it in quotes to make it a text"
    if "a list" in expected and isinstance(first.value, str):
        hint = f"write [{shortened(first.value)}]"
    if "a list" in expected and isinstance(first.value, dict):
        hint = "write `- ` before each item, or [ ] around them"
    if "a mapping" in expected and not isinstance(first.value, dict):
        hint = _as_mapping(first)
    return Wording("ML205", f"expected {' or '.join(expected)}, found {describe(first.value)}", hint, first.path)


def _as_mapping(problem: Problem) -> str:
    """How a mapping is written that is given as something else."""
    keys = ", ".join(keys_at(problem.path)[:24])
    if not keys and isinstance(problem.value, list | tuple):
        return "write `name: ...` for each in place of `- `"
    return f"write its keys below it: {keys}" if keys else "write its keys below it"


def _pattern(problem: Problem) -> Wording:
    expected = _PATTERNS.get(
        str(problem.context.get("pattern")), f"a text that matches {problem.context.get('pattern')}"
    )
    return Wording("ML208", f"{_name(problem)} is {_quoted(problem.value)}", f"expected {expected}", problem.path)


def _range(problem: Problem) -> Wording:
    asked = problem.message.removeprefix("Input should be ").removeprefix("String should have ")
    return Wording("ML207", f"{_name(problem)} is {describe(problem.value)}", f"expected {asked}", problem.path)


def _length(problem: Problem) -> Wording:
    least, most = problem.context.get("min_length"), problem.context.get("max_length")
    asked = f"at least {least}" if least is not None else f"at most {most}"
    found = problem.context.get("actual_length", len(problem.value) if isinstance(problem.value, str) else 0)
    return Wording("ML207", f"{_name(problem)} has {found}, expected {asked}", "", problem.path)


def _block(problem: Problem) -> Wording:
    key = str(problem.context.get("key", ""))
    inside = isinstance(problem.value, dict) and key in problem.value
    path = (*problem.path, key) if inside else problem.path
    return Wording("ML209", str(problem.context.get("problem", problem.message)), "", path, not inside)


def _other(problem: Problem) -> Wording:
    return Wording("ML205", f"{problem.message}, found {describe(problem.value)}", "", problem.path)


_WORDS: Mapping[str, Callable[[Problem], Wording]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "literal_error": _literal,
    "quantity": lambda problem: _quantity([problem]),
    "string_pattern_mismatch": _pattern,
    "string_too_short": _length,
    "string_too_long": _length,
    "too_short": _length,
    "too_long": _length,
    "greater_than": _range,
    "greater_than_equal": _range,
    "less_than": _range,
    "less_than_equal": _range,
    "finite_number": _range,
    "block": _block,
}
