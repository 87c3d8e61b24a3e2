"""Quantities that carry their unit in a spec (`10m`, `2 GiB`, `20%`, `200 USD`) and are exact inside."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

_DIGITS = r"[0-9]{1,15}(\.[0-9]{1,15})?"  # more could be neither exact nor meant, and take quadratic time to convert
_NUMBER = re.compile(rf"^\s*(?P<number>{_DIGITS})\s*(?P<unit>[A-Za-z%]+)\s*$")


class Quantity:
    """A number with a unit; subclasses say which units there are and what one of each is worth."""

    scale: ClassVar[dict[str, int]]
    example: ClassVar[str]
    noun: ClassVar[str]

    @classmethod
    def parse(cls, text: Any) -> Self:
        """Read `text`; raises a PydanticCustomError that lists the units allowed."""
        if isinstance(text, cls):
            return text
        match = _NUMBER.match(text) if isinstance(text, str) else None
        if match is None or match["unit"] not in cls.scale:
            raise PydanticCustomError(
                "quantity",
                "expected {noun} such as {example}; units: {units}",
                {"noun": cls.noun, "example": cls.example, "units": ", ".join(cls.scale)},
            )
        return cls._make(Decimal(match["number"]) * cls.scale[match["unit"]], match["unit"])

    @classmethod
    def _make(cls, amount: Decimal, unit: str) -> Self:
        if amount != amount.to_integral_value():
            raise PydanticCustomError("quantity", "{noun} must be whole in its base unit", {"noun": cls.noun})
        return cls(int(amount))  # type: ignore[call-arg]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        units = "|".join(cls.scale)
        return {"type": "string", "pattern": rf"^\s*{_DIGITS}\s*({units})\s*$", "examples": [cls.example]}


@dataclass(frozen=True, slots=True, order=True)
class Duration(Quantity):
    """A length of time, in milliseconds."""

    milliseconds: int
    scale: ClassVar[dict[str, int]] = {
        "ms": 1,
        "s": 1000,
        "m": 60_000,
        "h": 3_600_000,
        "d": 86_400_000,
        "w": 604_800_000,
    }
    example: ClassVar[str] = "10m"
    noun: ClassVar[str] = "a duration"

    @property
    def seconds(self) -> int:
        """Whole seconds, rounded up."""
        return -(-self.milliseconds // 1000)

    @property
    def days(self) -> int:
        """Whole days, rounded up."""
        return -(-self.milliseconds // 86_400_000)

    def __str__(self) -> str:
        return _largest(self.milliseconds, {k: v for k, v in self.scale.items() if k != "w"}, "")


@dataclass(frozen=True, slots=True, order=True)
class Size(Quantity):
    """An amount of memory or storage, in bytes."""

    bytes: int
    scale: ClassVar[dict[str, int]] = {
        "B": 1,
        "KB": 10**3,
        "MB": 10**6,
        "GB": 10**9,
        "KiB": 2**10,
        "MiB": 2**20,
        "GiB": 2**30,
        "TiB": 2**40,
    }
    example: ClassVar[str] = "2 GiB"
    noun: ClassVar[str] = "a size"

    @property
    def mebibytes(self) -> int:
        """Whole MiB, rounded up: what Lambda counts memory in."""
        return -(-self.bytes // 2**20)

    def __str__(self) -> str:
        return _largest(self.bytes, {k: v for k, v in self.scale.items() if k == "B" or "i" in k}, " ")


@dataclass(frozen=True, slots=True, order=True)
class Percent(Quantity):
    """A share between 0% and 100%, kept as an exact decimal fraction."""

    fraction: Decimal
    scale: ClassVar[dict[str, int]] = {"%": 1}
    example: ClassVar[str] = "20%"
    noun: ClassVar[str] = "a percentage"

    @classmethod
    def _make(cls, amount: Decimal, unit: str) -> Self:
        if amount > 100:
            raise PydanticCustomError("quantity", "a percentage is between 0% and 100%", {})
        return cls(amount / 100)

    def __str__(self) -> str:
        return f"{(self.fraction * 100).normalize():f}%"


@dataclass(frozen=True, slots=True, order=True)
class Money(Quantity):
    """An amount in a currency."""

    amount: Decimal
    currency: str = "USD"
    scale: ClassVar[dict[str, int]] = {"USD": 1, "EUR": 1}
    example: ClassVar[str] = "200 USD"
    noun: ClassVar[str] = "an amount of money"

    @classmethod
    def _make(cls, amount: Decimal, unit: str) -> Self:
        return cls(amount, unit)

    def __str__(self) -> str:
        return f"{self.amount.normalize():f} {self.currency}"


def _largest(amount: int, scale: dict[str, int], gap: str) -> str:
    """`amount` in the largest unit that divides it."""
    unit = max((u for u in scale if amount % scale[u] == 0), key=lambda u: scale[u], default="")
    if amount == 0:
        unit = min(scale, key=lambda u: scale[u])
    return f"{amount // scale[unit]}{gap}{unit}"
