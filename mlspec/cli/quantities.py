"""Options that take a quantity with its unit, read as specs read them."""

from math import isnan
from typing import Any, Generic, TypeVar

import click
from pydantic_core import PydanticCustomError

from mlspec.specs.units import Quantity

Q = TypeVar("Q", bound=Quantity)


class RateOption(click.FloatRange):
    """A number within bounds: unlike click's own, one that is a number at all."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """click's: the number, or a usage error."""
        number = float(super().convert(value, param, ctx))
        if isnan(number):
            self.fail("nan is no number", param, ctx)
        return number


class QuantityOption(click.ParamType[Q], Generic[Q]):
    """A click type for one kind of quantity, such as Duration."""

    def __init__(self, kind: type[Q]) -> None:
        self._kind = kind
        self.name = kind.noun.split()[-1]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Q:
        """click's: the quantity, or a usage error that lists the units."""
        try:
            return self._kind.parse(value)
        except PydanticCustomError as error:
            self.fail(error.message(), param, ctx)
